"""What leaves for Telegram: limits, photos, and what each failure means for a notice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bot.clock import Clock
from bot.media import MediaStore
from bot.platforms.base import Deps, Limits
from bot.platforms.telegram import Telegram
from bot.platforms.telegram_render import render, split, units
from handlers.messages import Button, Outgoing
from services.outbox import Outcome, SendResult
from tests.fakes.telegram_api import FakeTelegram
from tests.platforms.contract import a_photo, settings

T = TypeVar("T")
CHAT = 7001
WORDS = Outgoing("LN-2026-0031 办好了。", (Button("满意", "rate:31:good"),))


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def using(
    api: FakeTelegram,
    media: MediaStore,
    work: Callable[[Telegram], Awaitable[T]],
    *,
    patience: float = 20,
    **telegram: Any,
) -> T:
    """``patience``: seconds in which a message must have left; short only where Telegram is to hang."""
    given = settings(
        Path("unused"),
        telegram={"enabled": True, "token": api.token, "api_url": api.url, **telegram},
        delivery={"timeout_seconds": patience},
    )

    async def go() -> T:
        platform = Telegram(Deps(given, cast(Any, None), media, Clock()))
        try:
            return await work(platform)
        finally:
            await platform.close()

    return asyncio.run(go())


def send(
    api: FakeTelegram, media: MediaStore, message: Outgoing = WORDS, to: str = str(CHAT), *, patience: float = 20
) -> SendResult:
    return using(api, media, lambda telegram: telegram.send(to, message, repeat=False), patience=patience)


# What a failure means


def test_what_arrived_is_sent(api: FakeTelegram, media: MediaStore) -> None:
    assert send(api, media) == SendResult(Outcome.SENT)
    (call,) = api.calls()
    assert (call.method, call.chat, call.text) == ("sendMessage", CHAT, WORDS.text)
    assert "parse_mode" not in call.params


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        ({"status": 429, "retry_after": 35}, SendResult(Outcome.LATER, "too many requests", 35.0)),
        ({"status": 429}, SendResult(Outcome.LATER, "too many requests")),
        ({"status": 403}, SendResult(Outcome.BLOCKED, "blocked")),
        ({"status": 403, "description": "Forbidden: user is deactivated"}, SendResult(Outcome.BLOCKED, "blocked")),
        ({"status": 400}, SendResult(Outcome.IMPOSSIBLE, "refused")),
        ({"status": 401}, SendResult(Outcome.LATER, "token not accepted", whole_platform=True)),
        ({"status": 500}, SendResult(Outcome.UNSURE, "NetworkError")),
        ({"status": 502}, SendResult(Outcome.UNSURE, "NetworkError")),
        ({"cut": True}, SendResult(Outcome.UNSURE, "NetworkError")),
        ({"drop": True}, SendResult(Outcome.UNSURE, "NetworkError")),
        ({"hang": 1.0}, SendResult(Outcome.UNSURE, "timed out")),
        ({"html": True}, SendResult(Outcome.UNSURE, "TelegramError")),
    ],
    ids=str,
)
def test_each_failure_says_what_became_of_the_notice(
    api: FakeTelegram, media: MediaStore, fault: dict[str, Any], result: SendResult
) -> None:
    api.fail(**fault)
    assert send(api, media, patience=0.4 if "hang" in fault else 20) == result


def test_a_refused_connection_means_certainly_not_delivered(api: FakeTelegram, media: MediaStore) -> None:
    api.refuse()
    assert send(api, media) == SendResult(Outcome.LATER, "no connection")
    api.accept()
    assert send(api, media) == SendResult(Outcome.SENT)


def test_who_blocked_us_or_is_unknown_is_not_written_to_again(api: FakeTelegram, media: MediaStore) -> None:
    api.state.blocked.add(1)
    api.state.unknown.add(2)
    assert send(api, media, to="1") == SendResult(Outcome.BLOCKED, "blocked")
    assert send(api, media, to="2") == SendResult(Outcome.BLOCKED, "chat not found")
    assert send(api, media, to="not a number").outcome is Outcome.IMPOSSIBLE


def test_one_chats_pause_does_not_stop_the_others(api: FakeTelegram, media: MediaStore) -> None:
    """AIORateLimiter would hold back everybody."""
    api.fail(chat=1, status=429, retry_after=300)

    async def both(telegram: Telegram) -> list[SendResult]:
        return [await telegram.send(to, WORDS, repeat=False) for to in ("1", "2")]

    assert using(api, media, both) == [
        SendResult(Outcome.LATER, "too many requests", 300.0, whole_platform=False),
        SendResult(Outcome.SENT),
    ]


def test_the_rates_come_from_the_settings(api: FakeTelegram, media: MediaStore) -> None:
    async def limits(telegram: Telegram) -> Limits:
        return telegram.limits

    assert using(api, media, limits) == Limits(per_second=30, chat_interval=1)
    quicker = {"messages_per_second": 25, "chat_interval_seconds": 0.5}
    assert using(api, media, limits, **quicker) == Limits(per_second=25, chat_interval=0.5)


def test_a_notice_that_arrived_in_part_is_in_doubt_and_not_simply_later(api: FakeTelegram, media: MediaStore) -> None:
    api.fail(method="sendPhoto", status=429, retry_after=9)
    media.save("A" * 22, a_photo())
    long = Outgoing("长" * 1100, photos=("A" * 22,))
    assert send(api, media, long) == SendResult(Outcome.UNSURE, "arrived in part, then: too many requests", 9.0)


# Limits


def test_a_long_text_is_split_at_lines_with_the_buttons_last(api: FakeTelegram, media: MediaStore) -> None:
    lines = [f"第{n}行" + "长" * 95 for n in range(130)]
    assert send(api, media, Outgoing("\n".join(lines), WORDS.buttons)).outcome is Outcome.SENT
    calls = api.messages(CHAT)
    assert "\n".join(call.text for call in calls).split("\n") == lines
    assert [bool(call.rows) for call in calls] == [False] * (len(calls) - 1) + [True]


def test_the_limit_counts_utf_16_units() -> None:
    assert split("😀" * 2048, 4096) == ("😀" * 2048,)
    assert split("😀" * 2049, 4096) == ("😀" * 2048, "😀")
    assert split("长" * 4097, 4096) == ("长" * 4096, "长")


FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize("character", [FAMILY, "🇨🇳", "👍🏽", "☀️", "1️⃣", "e\u0301"])
@pytest.mark.parametrize("before", range(12))
def test_no_visible_character_is_torn(character: str, before: int) -> None:
    text = "x" * before + character * 40
    parts = split(text, 64)
    assert "".join(parts) == text
    assert all(part.removeprefix("x" * before).replace(character, "") == "" for part in parts)


@effort(max_examples=200, deadline=None)
@given(st.text(alphabet="字 \n。a😀\u200d\u0301", max_size=300), st.integers(8, 40))
def test_splitting_loses_nothing_and_keeps_the_limit(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < units(part) <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)


def test_short_labels_share_a_row_and_long_ones_do_not() -> None:
    def rows(*labels: str) -> list[int]:
        keyboard = render(Outgoing("?", tuple(Button(label, "x") for label in labels))).keyboard
        assert keyboard is not None
        return [len(row) for row in keyboard.inline_keyboard]

    assert rows("满意", "基本满意", "不满意", "撤回") == [3, 1]
    assert rows("同意并提交", "修改", "不提交") == [2, 1]
    assert rows("我说的就是这件,一起跟进", "不是同一件") == [1, 1]


def test_buttons_telegram_would_refuse_become_numbered_lines(api: FakeTelegram, media: MediaStore) -> None:
    assert send(api, media, Outgoing("选哪个?", (Button("甲", "x" * 65), Button("乙", "y")))).outcome is Outcome.SENT
    (call,) = api.messages(CHAT)
    assert (call.text, call.rows) == ("选哪个?\n1 甲\n2 乙", [])


# Photos


def test_one_photo_carries_the_words_and_the_buttons(api: FakeTelegram, media: MediaStore) -> None:
    jpeg = a_photo()
    media.save("A" * 22, jpeg)
    message = Outgoing(WORDS.text, WORDS.buttons, ("A" * 22,))
    assert send(api, media, message).outcome is Outcome.SENT
    (call,) = api.messages(CHAT)
    assert (call.method, call.text, call.files) == ("sendPhoto", WORDS.text, (len(jpeg),))
    assert call.rows == [[{"text": "满意", "callback_data": "rate:31:good"}]]


def test_words_too_long_for_a_caption_go_before_the_photo(api: FakeTelegram, media: MediaStore) -> None:
    media.save("A" * 22, a_photo())
    assert send(api, media, Outgoing("长" * 1025, photos=("A" * 22,))).outcome is Outcome.SENT
    assert [call.method for call in api.messages(CHAT)] == ["sendMessage", "sendPhoto"]


def test_many_photos_go_as_albums_of_ten(api: FakeTelegram, media: MediaStore) -> None:
    names = tuple(f"{n:022}" for n in range(12))
    for name in names:
        media.save(name, a_photo())
    assert send(api, media, Outgoing("十二张", photos=names)).outcome is Outcome.SENT
    assert [(call.method, len(call.files)) for call in api.messages(CHAT)] == [
        ("sendMessage", 0),
        ("sendMediaGroup", 10),
        ("sendMediaGroup", 2),
    ]


def test_a_missing_or_refused_photo_does_not_keep_back_the_words(api: FakeTelegram, media: MediaStore) -> None:
    assert send(api, media, Outgoing("办好了。", photos=("Z" * 22,))).outcome is Outcome.SENT
    media.save("A" * 22, a_photo())
    api.fail(method="sendPhoto", status=400, description="Bad Request: IMAGE_PROCESS_FAILED")
    assert send(api, media, Outgoing("办好了。", photos=("A" * 22,))).outcome is Outcome.SENT
    assert [(call.method, call.text) for call in api.messages(CHAT)] == [("sendMessage", "办好了。")] * 2


def test_nothing_but_a_missing_photo_cannot_be_sent(api: FakeTelegram, media: MediaStore) -> None:
    assert send(api, media, Outgoing("", photos=("Z" * 22,))).outcome is Outcome.IMPOSSIBLE


# Files people sent


def fetch(api: FakeTelegram, media: MediaStore, remote_id: str, *, patience: float = 20) -> bytes:
    return using(api, media, lambda telegram: telegram.fetch(remote_id), patience=patience)


def test_a_photo_is_loaded(api: FakeTelegram, media: MediaStore) -> None:
    api.state.files["lamp"] = a_photo()
    assert fetch(api, media, "lamp") == a_photo()


def test_a_photo_that_is_gone_or_too_large_is_not_asked_for_again(api: FakeTelegram, media: MediaStore) -> None:
    with pytest.raises(ValueError, match="no longer"):
        fetch(api, media, "nothing")
    api.state.files["film"] = bytes(20 * 1024 * 1024 + 1)
    with pytest.raises(ValueError, match="may be loaded"):
        fetch(api, media, "film")
    api.state.files["lamp"] = a_photo()
    api.fail(method="download", status=404)
    with pytest.raises(ValueError, match="no longer"):
        fetch(api, media, "lamp")


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "getFile", "status": 502},
        {"method": "getFile", "status": 429, "retry_after": 3},
        {"method": "getFile", "status": 401},
        {"method": "getFile", "hang": 1.0},
        {"method": "getFile", "html": True},
        {"method": "getFile", "status": 400, "description": "Bad Request: file is temporarily unavailable"},
        {"method": "download", "status": 502},
    ],
    ids=str,
)
def test_a_photo_that_cannot_be_loaded_now_is_asked_for_later(
    api: FakeTelegram, media: MediaStore, fault: dict[str, Any]
) -> None:
    api.state.files["lamp"] = a_photo()
    api.fail(**fault)
    with pytest.raises(OSError, match="telegram") as failure:
        fetch(api, media, "lamp", patience=0.4 if "hang" in fault else 20)
    assert api.token not in repr(failure.value)
    # What the library said may hold the address with the token.
    assert failure.value.__context__ is None or failure.value.__suppress_context__
    assert fetch(api, media, "lamp") == a_photo()


def test_a_file_of_this_machine_is_never_taken_for_one_of_telegrams(
    api: FakeTelegram, media: MediaStore, tmp_path: Path
) -> None:
    """The library leaves a path that exists here as it is, and would read it."""
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    api.state.files["x"] = b"x"
    api.state.paths["x"] = str(secret)
    with pytest.raises(ValueError, match="may be loaded"):
        fetch(api, media, "x")
