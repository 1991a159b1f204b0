"""What Telegram sends, read: webhook and long polling against the fake Bot API, over real HTTP."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bot.clock import ScaledClock
from bot.errors import Busy
from bot.platforms.base import Answer, Deps
from bot.platforms.telegram import Telegram
from bot.platforms.telegram_parse import UPDATES, parse_body, parse_update
from bot.platforms.telegram_polling import pauses
from handlers.messages import SILENCE, Button, Incoming, IncomingPhoto, Kind, Outgoing
from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import FakeTelegram, State
from tests.platforms.contract import TELEGRAM_SECRET, Recorder, Served, serve, settings, until

CHAT = 7001


@pytest.fixture(scope="module")
def running_api() -> Iterator[FakeTelegram]:
    with FakeTelegram() as api:
        yield api


@pytest.fixture
def api(running_api: FakeTelegram) -> FakeTelegram:
    running_api.state = State()
    return running_api


def telegram_settings(api: FakeTelegram, folder: Path, *, public_url: str = "http://127.0.0.1", **more: Any) -> Any:
    telegram = {"enabled": True, "token": api.token, "webhook_secret": TELEGRAM_SECRET, "api_url": api.url, **more}
    return settings(folder, telegram=telegram, server={"public_url": public_url}, delivery={"timeout_seconds": 2})


@pytest.fixture(scope="module")
def running(running_api: FakeTelegram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("telegram")
    with serve(Telegram, folder, telegram_settings(running_api, folder, mode="webhook")) as served:
        yield served


@pytest.fixture
def served(running: Served) -> Served:
    running.recorder.forget()
    return running


@pytest.fixture
def deliver(api: FakeTelegram, served: Served) -> Callable[[updates.Update | bytes], int]:
    return lambda update: api.deliver(f"{served.server.url}/telegram", update, secret=TELEGRAM_SECRET)


Deliver = Callable[[updates.Update | bytes], int]


# The door


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


def wrong(update: updates.Update, *path: str | int, value: object) -> updates.Update:
    """The update with one value of a wrong type."""
    changed = json.loads(json.dumps(update))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return cast(updates.Update, changed)


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


# What people do


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


# Answering in the acknowledgement


def test_the_reply_is_the_acknowledgement_with_its_buttons(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    served.recorder.reply = Outgoing("已受理。", (Button("好", "ok"), Button("撤回", "withdraw")))
    assert deliver(updates.text(5, CHAT, "楼道灯坏了")) == 200
    (message,) = api.messages(CHAT)
    assert message.webhook
    assert message.text == "已受理。"
    assert message.rows == [
        [{"text": "好", "callback_data": "ok"}, {"text": "撤回", "callback_data": "withdraw"}],
    ]
    assert "parse_mode" not in message.params
    assert message.params["link_preview_options"] == {"is_disabled": True}


def test_an_update_delivered_again_gets_the_stored_reply(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    served.recorder.reply = Outgoing("编号 LN-2026-0031。")
    deliver(updates.text(5, CHAT, "楼道灯坏了"))
    served.recorder.reply = Outgoing("编号 LN-2026-0032。")
    deliver(updates.text(5, CHAT, "楼道灯坏了"))
    assert [m.text for m in api.messages(CHAT)] == ["编号 LN-2026-0031。"] * 2
    assert {i.event_key for i in served.recorder.heard} == {"5"}


def test_an_update_that_comes_late_is_not_taken_for_a_repeat(deliver: Deliver, served: Served) -> None:
    """Ids are a set: a lower one after a higher one is news."""
    for number in (12, 10, 11, 10):
        deliver(updates.text(number, CHAT, f"第{number}条"))
    assert [i.event_key for i in served.recorder.heard] == ["12", "10", "11", "10"]
    assert len({i.text for i in served.recorder.heard}) == 3


def test_what_could_not_be_stored_is_asked_for_again(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    served.recorder.failure = Busy()
    assert deliver(updates.text(5, CHAT, "楼道灯坏了")) == 503
    served.recorder.failure = None
    served.recorder.reply = Outgoing("已受理。")
    assert deliver(updates.text(5, CHAT, "楼道灯坏了")) == 200
    assert [m.text for m in api.messages(CHAT)] == ["已受理。"]


def test_an_album_is_one_update_a_photo_and_is_answered_once(
    api: FakeTelegram, deliver: Deliver, served: Served
) -> None:
    served.recorder.reply = Outgoing("收到照片。")
    deliver(updates.photo(5, CHAT, "one", caption="楼道", album="a"))
    served.recorder.reply = SILENCE
    deliver(updates.photo(6, CHAT, "two", album="a"))
    deliver(updates.photo(7, CHAT, "three", album="a"))
    assert [i.photos[0].remote_id for i in served.recorder.heard] == ["one", "two", "three"]
    assert [m.text for m in api.messages(CHAT)] == ["收到照片。"]


def test_a_late_answer_leaves_by_the_outbox_alone(api: FakeTelegram, tmp_path: Path) -> None:
    async def late(incoming: Incoming) -> Answer:
        return Answer(Outgoing("稍后。"), late=True)

    async def post() -> httpx.Response:
        telegram = Telegram(a_deps(api, tmp_path, mode="webhook"))
        (route,) = telegram.routes(late)
        transport = httpx.ASGITransport(cast(Any, route))
        headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.post("/telegram", json=updates.text(5, CHAT, "灯坏了"), headers=headers)
        await telegram.close()
        return answer

    answer = asyncio.run(post())
    assert (answer.status_code, answer.content) == (200, b"")


def test_nobody_writes_to_one_who_has_left(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    served.recorder.reply = Outgoing("再见。")
    assert deliver(updates.membership(5, CHAT, "kicked")) == 200
    assert served.recorder.heard[0].kind is Kind.LEAVE
    assert api.messages() == []


def test_a_press_is_acknowledged_after_it_was_stored(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    served.recorder.reply = Outgoing("谢谢。")
    assert deliver(updates.press(5, CHAT, "rate:31:good", callback_id="c5")) == 200
    (call,) = until(lambda: api.calls("answerCallbackQuery"))
    assert call.params["callback_query_id"] == "c5"
    assert [m.text for m in api.messages(CHAT)] == ["谢谢。"]


def test_a_press_counts_though_its_acknowledgement_fails(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    """Telegram refuses to hear of a press after some seconds, and may be away altogether."""
    api.fail(method="answerCallbackQuery", status=400, description="Bad Request: query is too old")
    served.recorder.reply = Outgoing("谢谢。")
    assert deliver(updates.press(5, CHAT, "a")) == 200
    until(lambda: api.state.refused)
    api.refuse()
    headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
    answer = httpx.post(f"{served.server.url}/telegram", json=updates.press(7, CHAT, "a"), headers=headers)
    assert (answer.status_code, answer.json()["text"]) == (200, "谢谢。")
    api.accept()


def test_the_rest_of_a_long_reply_follows_in_order(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    lines = [f"第{n}行" + "长" * 95 for n in range(130)]
    served.recorder.reply = Outgoing("\n".join(lines), (Button("好", "ok"),))
    deliver(updates.text(5, CHAT, "进度"))
    until(lambda: len(api.messages(CHAT)) == 4)
    first, *_, last = api.messages(CHAT)
    assert (first.webhook, first.rows, last.webhook) == (True, [], False)
    assert last.rows == [[{"text": "好", "callback_data": "ok"}]]
    assert "\n".join(m.text for m in api.messages(CHAT)).split("\n") == lines


def test_photos_of_a_reply_follow_its_words(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    for name in ("A" * 22, "B" * 22):
        served.media.save(name, b"jpeg")
    served.recorder.reply = Outgoing("第31号", photos=("A" * 22, "B" * 22))
    deliver(updates.text(5, CHAT, "31"))
    until(lambda: len(api.messages(CHAT)) == 2)
    assert [(m.method, m.files) for m in api.messages(CHAT)] == [("sendMessage", ()), ("sendMediaGroup", (4, 4))]


# Registering


def a_deps(api: FakeTelegram, folder: Path, *, clock: ScaledClock | None = None, **more: Any) -> Deps:
    given = telegram_settings(api, folder, **more)
    nothing = cast(Any, None)
    return Deps(given, nothing, nothing, clock or ScaledClock(200))


def in_time(work: Callable[[Telegram], Awaitable[None]], deps: Deps) -> None:
    async def go() -> None:
        telegram = Telegram(deps)
        try:
            await asyncio.wait_for(work(telegram), 20)
        finally:
            await telegram.close()

    asyncio.run(go())


def test_the_webhook_is_set_with_its_secret_once_telegram_can_be_reached(api: FakeTelegram, tmp_path: Path) -> None:
    api.fail(status=502, times=2)
    deps = a_deps(api, tmp_path, mode="webhook", public_url="https://zhuoluo.example")
    in_time(lambda telegram: telegram.run(Recorder()), deps)
    (call,) = api.calls("setWebhook")
    assert call.params["url"] == "https://zhuoluo.example/telegram"
    assert call.params["secret_token"] == TELEGRAM_SECRET
    assert call.params["allowed_updates"] == list(UPDATES)


def test_without_https_no_webhook_is_set_and_the_log_says_so(
    api: FakeTelegram, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_time(lambda telegram: telegram.run(Recorder()), a_deps(api, tmp_path, mode="webhook"))
    assert api.calls() == []
    assert "not https" in caplog.text


# Long polling


def polling(api: FakeTelegram, folder: Path, answer: Any, done: Callable[[], object]) -> None:
    """Polls until ``done``, then dies in the middle of whatever it does."""

    async def work(telegram: Telegram) -> None:
        running = asyncio.create_task(telegram.run(answer))
        while not done():
            assert not running.done(), running.exception()
            await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert Telegram(a_deps(api, folder)).routes(answer) == []
    in_time(work, a_deps(api, folder))


def test_polling_removes_the_webhook_and_answers_by_the_api(api: FakeTelegram, tmp_path: Path) -> None:
    api.state.webhook = {"url": "https://old.example"}
    api.state.updates = [updates.text(5, CHAT, "灯坏了"), updates.press(7, CHAT, "ok")]
    recorder = Recorder()
    recorder.reply = Outgoing("已受理。", (Button("好", "ok"),))
    polling(api, tmp_path, recorder, lambda: 8 in api.state.offsets)
    assert [(i.event_key, i.kind) for i in recorder.heard] == [("5", Kind.TEXT), ("7", Kind.PRESS)]
    assert [(m.text, m.webhook) for m in api.messages(CHAT)] == [("已受理。", False)] * 2
    assert len(api.calls("answerCallbackQuery")) == 1


def test_the_offset_never_passes_what_is_not_stored(api: FakeTelegram, tmp_path: Path) -> None:
    """Killed with three updates in hand: those that were not committed come again, none is lost."""
    api.state.updates = [updates.text(n, CHAT, f"第{n}条") for n in (5, 6, 7)]
    stored: list[str] = []

    async def answer_one_then_hang(incoming: Incoming) -> Answer:
        if stored:
            await asyncio.Event().wait()
        stored.append(incoming.event_key)
        return Answer(SILENCE)

    polling(api, tmp_path, answer_one_then_hang, lambda: stored)
    assert stored == ["5"]
    assert all(offset is None or offset <= 6 for offset in api.state.offsets)
    recorder = Recorder()
    polling(api, tmp_path, recorder, lambda: 8 in api.state.offsets)
    assert {*stored, *(i.event_key for i in recorder.heard)} == {"5", "6", "7"}


def test_while_the_database_is_away_the_offset_waits_and_others_are_not_asked_twice(
    api: FakeTelegram, tmp_path: Path
) -> None:
    api.state.updates = [updates.text(5, 1, "甲"), updates.text(6, 2, "乙"), updates.text(7, 1, "丙")]
    recorder, tries = Recorder(), []
    recorder.reply = Outgoing("好。")

    async def answer(incoming: Incoming) -> Answer:
        if incoming.event_key == "5":
            tries.append(max(o or 0 for o in api.state.offsets))
            if len(tries) < 3:
                raise Busy
        return await recorder(incoming)

    polling(api, tmp_path, answer, lambda: 8 in api.state.offsets)
    assert len(tries) == 3
    assert max(tries) <= 5
    assert [i.text for i in recorder.heard if i.sender == "1"] == ["甲", "丙"]  # one person's order is kept
    assert [i.text for i in recorder.heard if i.sender == "2"] == ["乙"]
    assert len(api.messages(2)) == 1


def test_a_bug_in_the_answer_loses_nothing(api: FakeTelegram, tmp_path: Path) -> None:
    api.state.updates = [updates.text(5, CHAT, "灯坏了")]
    recorder = Recorder()
    recorder.failure = RuntimeError("a bug")
    polling(api, tmp_path, recorder, lambda: len(recorder.heard) == 3)
    assert api.state.updates != []
    recorder.failure = None
    polling(api, tmp_path, recorder, lambda: 6 in api.state.offsets)


def test_an_update_nobody_can_read_holds_up_no_other(
    api: FakeTelegram, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = wrong(updates.text(5, CHAT, "秘密"), "message", "date", value="yesterday")
    api.state.updates = [odd, updates.text(6, CHAT, "灯坏了")]
    recorder = Recorder()
    polling(api, tmp_path, recorder, lambda: 7 in api.state.offsets)
    assert [i.text for i in recorder.heard] == ["灯坏了"]
    assert "update 5 is malformed" in caplog.text
    assert "秘密" not in caplog.text


def test_a_reply_telegram_does_not_take_yet_is_sent_again(api: FakeTelegram, tmp_path: Path) -> None:
    api.fail(method="sendMessage", status=429, retry_after=1)
    api.state.updates = [updates.text(5, CHAT, "灯坏了")]
    recorder = Recorder()
    recorder.reply = Outgoing("已受理。")
    polling(api, tmp_path, recorder, lambda: 6 in api.state.offsets)
    assert [m.text for m in api.messages(CHAT)] == ["已受理。"]


def test_two_programs_with_one_token_are_told(
    api: FakeTelegram, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail(method="getUpdates", status=409)
    api.fail(method="getUpdates", status=502)
    api.fail(method="getUpdates", html=True)
    api.state.updates = [updates.text(5, CHAT, "灯坏了")]
    polling(api, tmp_path, Recorder(), lambda: 6 in api.state.offsets)
    assert "another program receives with the same token" in caplog.text
    assert api.token not in caplog.text


def test_pauses_grow_and_have_an_end() -> None:
    assert list(islice(pauses(), 8)) == [1, 2, 4, 8, 16, 32, 60, 60]


# Logs


def test_no_log_line_holds_the_token_or_what_people_wrote(
    api: FakeTelegram, deliver: Deliver, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        served.recorder.reply = Outgoing("回话在此")
        deliver(updates.text(5, CHAT, "来话在此"))
        deliver(updates.press(7, CHAT, "ok"))
        until(lambda: api.calls("answerCallbackQuery"))
        api.fail(method="sendMessage", html=True)
        api.fail(method="sendMessage", status=500)
        api.fail(method="sendMessage", status=401)
        for _ in range(4):
            served.notify(str(CHAT), Outgoing("通知在此"))
        with pytest.raises(ValueError, match="no longer") as gone:
            served.run(served.platform.fetch("nothing"))
        logging.getLogger("test").error("with all that is known of it", exc_info=gone.value)
        api.refuse()
        served.notify(str(CHAT), Outgoing("通知在此"))
        api.accept()
    for secret in (api.token, TELEGRAM_SECRET, "在此", str(CHAT)):
        assert secret not in caplog.text


def test_the_library_is_a_client_and_nothing_more() -> None:
    """Not ConversationHandler, not PicklePersistence: they lose what was acknowledged."""
    for file in Path("bot").rglob("*.py"):
        assert "telegram.ext" not in file.read_text(encoding="utf-8"), file
