"""What people do on Telegram, as the program hears it."""

from __future__ import annotations

import json

import pytest

from bot.platforms.telegram_parse import parse_body, parse_update
from handlers.messages import Incoming, IncomingPhoto, Kind
from tests.fakes import telegram_updates as updates
from tests.platforms.telegram_stage import CHAT, wrong


def heard_of(update: updates.Update) -> Incoming:
    raw = json.dumps(update)
    parsed = parse_update(update, raw)
    assert parsed is not None
    assert parsed.incoming.platform == "telegram"
    assert parsed.incoming.sender == str(CHAT)
    assert parsed.incoming.event_key == str(update["update_id"])
    assert parsed.incoming.raw == raw
    return parsed.incoming


def test_words_are_a_text() -> None:
    heard = heard_of(updates.text(5, CHAT, "楼道灯坏了"))
    assert (heard.kind, heard.text) == (Kind.TEXT, "楼道灯坏了")


def test_an_edited_message_is_not_a_new_one() -> None:
    heard = heard_of(updates.edited(5, CHAT, "楼道灯又坏了"))
    assert (heard.kind, heard.text) == (Kind.EDITED, "楼道灯又坏了")


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        ("/start", Kind.FOLLOW, ""),
        ("/start ab_C-9", Kind.FOLLOW, "ab_C-9"),
        ("/start@zhuoluo_bot " + "x" * 64, Kind.FOLLOW, "x" * 64),
        ("/start " + "x" * 65, Kind.TEXT, "/start " + "x" * 65),
        ("/start 楼道灯坏了", Kind.TEXT, "/start 楼道灯坏了"),
        ("/started", Kind.TEXT, "/started"),
    ],
)
def test_a_deep_link_follows_with_its_payload(words: str, kind: Kind, text: str) -> None:
    heard = heard_of(updates.text(5, CHAT, words))
    assert (heard.kind, heard.text) == (kind, text)


def test_blocking_us_is_leaving_and_coming_back_is_following() -> None:
    assert heard_of(updates.membership(5, CHAT, "kicked")).kind is Kind.LEAVE
    assert heard_of(updates.membership(6, CHAT, "member", before="kicked")).kind is Kind.FOLLOW


def test_of_a_photo_the_largest_size_is_taken_with_its_caption() -> None:
    heard = heard_of(updates.photo(5, CHAT, "large", caption="三号楼"))
    assert (heard.kind, heard.text, heard.photos) == (Kind.PHOTO, "三号楼", (IncomingPhoto(remote_id="large"),))


def test_a_picture_sent_as_a_file_is_a_photo_and_other_files_are_not() -> None:
    assert heard_of(updates.document(5, CHAT, "f", mime_type="image/png")).photos == (IncomingPhoto(remote_id="f"),)
    assert heard_of(updates.document(5, CHAT, "f", mime_type="application/pdf")).kind is Kind.OTHER


def test_a_place_a_voice_and_a_sticker_are_told_apart() -> None:
    place = heard_of(updates.location(5, CHAT, 30.52, 114.31))
    assert (place.kind, place.location) == (Kind.LOCATION, (30.52, 114.31))
    assert heard_of(updates.voice(5, CHAT)).kind is Kind.VOICE
    assert heard_of(updates.sticker(5, CHAT)).kind is Kind.OTHER


def test_a_shop_picked_on_the_map_is_the_place_where_it_is() -> None:
    heard = heard_of(updates.venue(5, CHAT, 36.0603, 103.8291))
    assert (heard.kind, heard.text, heard.location) == (Kind.LOCATION, "", (36.0603, 103.8291))


def test_a_live_location_is_heard_once_and_its_moves_are_passed_over() -> None:
    heard = heard_of(updates.live_location(5, CHAT, 36.0603, 103.8291))
    assert (heard.kind, heard.location) == (Kind.LOCATION, (36.0603, 103.8291))
    moved = updates.live_location(6, CHAT, 36.0604, 103.8292, moved=True)
    assert parse_update(moved, json.dumps(moved)) is None


def test_a_press_is_its_data_even_when_the_message_is_too_old_to_see() -> None:
    assert heard_of(updates.press(5, CHAT, "rate:31:good")).press == "rate:31:good"
    old = wrong(updates.press(5, CHAT, "rate:31:good"), "callback_query", "message", "date", value=0)
    assert heard_of(old).press == "rate:31:good"


def test_half_characters_and_nul_become_text_that_can_be_kept() -> None:
    body = json.dumps(updates.text(5, CHAT, "a\ud83d\0b")).encode()
    assert b"\\ud83d\\u0000" in body
    parsed = parse_body(body)
    assert parsed is not None
    assert parsed.incoming.text == "a\ufffdb"
