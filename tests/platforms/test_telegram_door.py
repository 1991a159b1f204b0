"""Who may post to Telegram's webhook, and what of it is read: forged, large, malformed, not for us."""

from __future__ import annotations

import hmac
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bot.platforms.base import Deps
from bot.platforms.telegram import Telegram
from bot.platforms.telegram_parse import parse_body
from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import FakeTelegram
from tests.platforms.contract import TELEGRAM_SECRET, Served
from tests.platforms.telegram_stage import CHAT, Deliver, telegram_settings, wrong


@pytest.mark.parametrize("secret", ["", "wrong", TELEGRAM_SECRET[:-1], TELEGRAM_SECRET + "x", "密码"])
def test_who_does_not_know_the_secret_is_refused(served: Served, secret: str) -> None:
    headers = {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    answer = httpx.post(f"{served.server.url}/telegram", json=updates.text(1, CHAT, "你好"), headers=headers)
    assert answer.status_code == 403
    assert httpx.post(f"{served.server.url}/telegram", json=updates.text(1, CHAT, "你好")).status_code == 403
    assert served.recorder.heard == []


def test_the_secret_is_compared_in_constant_time(deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    compare = hmac.compare_digest

    def noted(given: bytes, expected: bytes) -> bool:
        compared.append((given, expected))
        return compare(given, expected)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    assert deliver(updates.text(1, CHAT, "你好")) == 200
    assert compared == [(TELEGRAM_SECRET.encode(), TELEGRAM_SECRET.encode())]


def test_a_stranger_is_refused_before_the_body_is_read(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=5) as line:
        line.sendall(b"POST /telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")  # and not one byte of it
        assert line.recv(100).startswith(b"HTTP/1.1 403")


def test_a_webhook_without_a_long_secret_does_not_start(api: FakeTelegram, tmp_path: Path) -> None:
    for secret in ("", "short"):
        given = telegram_settings(api, tmp_path, mode="webhook", webhook_secret=secret)
        with pytest.raises(ValueError, match="webhook_secret"):
            Telegram(Deps(given, *cast(Any, (None, None, None))))


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_a_body_is_refused_whatever_it_declares(served: Served, chunked: bool) -> None:
    body = json.dumps(updates.text(1, CHAT, "长" * 300_000)).encode()
    content = (body[n : n + 65536] for n in range(0, len(body), 65536)) if chunked else body
    headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
    answer = httpx.post(f"{served.server.url}/telegram", content=content, headers=headers)
    assert answer.status_code == 413
    assert served.recorder.heard == []


MALFORMED = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    b"{}",
    b"[" * 100_000,
    b'{"update_id": 1' + b"0" * 5000 + b"}",
    b'{"update_id": true, "message": {}}',
    b'{"update_id": -1, "message": {}}',
    b'{"update_id": 1, "message": {}}',
    b'{"update_id": 1, "message": []}',
    b'{"update_id": 1, "message": "x"}',
    b'{"update_id": 1, "callback_query": {"id": 5}}',
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_update_is_refused(deliver: Deliver, served: Served, body: bytes) -> None:
    assert deliver(body) == 400
    assert served.recorder.heard == []


@pytest.mark.parametrize(
    "update",
    [
        wrong(updates.text(1, CHAT, "x"), "message", "text", value=["x"]),
        wrong(updates.text(1, CHAT, "x"), "message", "text", value={"a": 1}),
        wrong(updates.text(1, CHAT, "x"), "message", "chat", "id", value="7001"),
        wrong(updates.text(1, CHAT, "x"), "message", "chat", "id", value=2**70),
        wrong(updates.text(1, CHAT, "x"), "message", "date", value=10**30),
        wrong(updates.photo(1, CHAT, "f"), "message", "photo", 2, "width", value="wide"),
        wrong(updates.photo(1, CHAT, "f"), "message", "photo", value=5),
        wrong(updates.location(1, CHAT, 1, 1), "message", "location", "latitude", value="north"),
        wrong(updates.location(1, CHAT, 1, 1), "message", "location", "latitude", value=float("nan")),
        wrong(updates.location(1, CHAT, 1, 1), "message", "location", "longitude", value=500),
        wrong(updates.press(1, CHAT, "x"), "callback_query", "data", value="长" * 22),
        wrong(updates.press(1, CHAT, "x"), "callback_query", "data", value=7),
        wrong(updates.membership(1, CHAT, "kicked"), "my_chat_member", "new_chat_member", value=None),
    ],
)
def test_a_wrong_type_is_refused(deliver: Deliver, served: Served, update: updates.Update) -> None:
    assert deliver(update) == 400
    assert served.recorder.heard == []


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 1, "poll": {"whatever": 5}},
        {"update_id": 1, "something_new_in_2030": {"text": "?"}},
        updates.message(1, -100, chat_type="group", text="大家好"),
        updates.message(1, -100, chat_type="supergroup", text="大家好"),
        updates.message(1, -100, kind="channel_post", chat_type="channel", text="公告"),
        updates.message(1, CHAT, pinned_message=updates.text(1, CHAT, "x")["message"]),
        updates.message(1, CHAT, kind="edited_message", location={"latitude": 1, "longitude": 2, "live_period": 60}),
        wrong(updates.press(1, -100, "x"), "callback_query", "message", "chat", "type", value="group"),
        wrong(updates.press(1, CHAT, "x"), "callback_query", "message", value=None),
        updates.membership(1, CHAT, "left"),
    ],
)
def test_what_is_not_for_us_is_acknowledged_and_ignored(
    deliver: Deliver, served: Served, update: updates.Update
) -> None:
    assert deliver(update) == 200
    assert served.recorder.heard == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SAMPLES = [
    updates.text(1, CHAT, "灯坏了"),
    updates.edited(2, CHAT, "灯坏了"),
    updates.photo(3, CHAT, "f", caption="灯", album="a"),
    updates.location(4, CHAT, 30.5, 114.3),
    updates.press(6, CHAT, "ok"),
    updates.membership(7, CHAT, "kicked"),
    updates.voice(8, CHAT),
    updates.sticker(9, CHAT),
    updates.document(10, CHAT, "f", mime_type="image/png"),
]


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@st.composite
def broken_updates(draw: st.DrawFn) -> updates.Update:
    update = draw(st.sampled_from(SAMPLES))
    for path in draw(st.lists(st.sampled_from(list(places(update))), min_size=1, max_size=2)):
        try:
            update = wrong(update, *path, value=draw(json_values))
        except (KeyError, TypeError, IndexError):
            continue  # an earlier change took this place away
    return update


@effort(max_examples=300, deadline=None)
@given(broken_updates())
def test_no_odd_value_anywhere_does_more_than_be_refused(update: updates.Update) -> None:
    try:
        parsed = parse_body(json.dumps(update).encode())
    except ValueError:
        return
    if parsed is not None:
        incoming = parsed.incoming
        assert int(incoming.sender) in range(-(2**63), 2**63)
        for words in (incoming.text, incoming.press, incoming.raw, *(photo.remote_id for photo in incoming.photos)):
            assert "\0" not in words
            words.encode()


def test_odd_posts_never_bring_the_server_down(deliver: Deliver, served: Served) -> None:
    @effort(max_examples=60, deadline=None)
    @given(st.binary(max_size=200) | broken_updates().map(lambda update: json.dumps(update).encode()))
    def post(body: bytes) -> None:
        assert deliver(body) in (200, 400)

    post()
    served.recorder.heard.clear()
    assert deliver(updates.text(99, CHAT, "楼道灯坏了")) == 200
    assert [i.text for i in served.recorder.heard] == ["楼道灯坏了"]
