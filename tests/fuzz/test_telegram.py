from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import telegram_updates
from tests.fuzz.conftest import Target
from tests.fuzz.strategies import encoded, few, many, mutated, trees, words

numbers = st.integers(0, 2**62)
file_ids = st.text("abc-_", min_size=1, max_size=20)


def a(kind: Any, *arguments: Any, **more: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, numbers, numbers.map(lambda n: n + 1), *arguments, **more)


updates = st.one_of(
    a(telegram_updates.text, words),
    a(telegram_updates.edited, words),
    a(telegram_updates.photo, file_ids, caption=words, album=file_ids),
    a(telegram_updates.document, file_ids, mime_type=st.sampled_from(["image/png", "text/plain"])),
    a(telegram_updates.location, st.floats(), st.floats()),
    a(telegram_updates.voice),
    a(telegram_updates.sticker),
    a(telegram_updates.press, st.text(max_size=40) | st.sampled_from(["s:x:0", "n:1:0", "o:1:accept", "s:", ":::"])),
    a(telegram_updates.membership, st.sampled_from(["member", "kicked", "left", "administrator"])),
)


@few
@given(body=st.binary(max_size=3000))
def test_any_bytes(plain: Target, body: bytes) -> None:
    assert plain.telegram(body) < 500


@many
@given(tree=trees | st.fixed_dictionaries({"update_id": numbers, "message": trees}))
def test_any_json(plain: Target, tree: Any) -> None:
    assert plain.telegram(encoded(tree)) < 500


@many
@given(update=updates)
def test_good_updates_are_taken_whatever_they_say(plain: Target, update: Any) -> None:
    assert plain.telegram(encoded(update)) in (200, 400)


@many
@given(update=mutated(updates))
def test_good_updates_with_something_changed(plain: Target, update: Any) -> None:
    assert plain.telegram(encoded(update)) < 500


@few
@given(secret=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(str.strip))
def test_no_other_secret_opens_the_door(plain: Target, secret: str) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    assert plain.http.post("/telegram", content=b"{}", headers=headers).status_code == 403


def test_a_good_message_still_works(plain: Target) -> None:
    plain.good_messages_still_work()
