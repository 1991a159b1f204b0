"""Writing first on WeChat: customer-service messages, the token, photos, and every way it can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from bot.clock import Clock
from bot.platforms.wechat import WINDOW, WINDOW_SENDS, WeChat
from bot.platforms.wechat_client import ApiError, NotSent, Unsure, WeChatClient
from handlers.messages import SILENCE, Button, Outgoing
from services.outbox import Outcome, SendResult
from tests.fakes.wechat_api import (
    CUT,
    GET,
    HANG,
    HTML,
    SEND,
    TOKEN,
    UPLOAD,
    FakeWeChatApi,
    Fault,
    errcode,
    late,
    status,
)
from tests.platforms.contract import a_photo, until
from tests.platforms.wechat_stage import SECRET, StillClock, deps, settings

T = TypeVar("T")
LI = "oResident_0000000000000000001"
NEWS = Outgoing("LN-2026-0031 办好了:换了灯泡。", (Button("满意", "rate:1"), Button("不满意", "rate:3")))
SENT = SendResult(Outcome.SENT)
FIRST, SECOND = "A" * 22, "B" * 22


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def api(clock: StillClock) -> Iterator[FakeWeChatApi]:
    with FakeWeChatApi(now=clock.now) as api:
        yield api


def using(
    api: FakeWeChatApi, clock: Clock, work: Callable[[WeChat], Awaitable[T]], *, photo: bytes = b"", **wechat: object
) -> T:
    """Runs the work with a platform of its own. ``photo``: lies in the store as FIRST."""

    async def run(platform: WeChat) -> T:
        try:
            return await work(platform)
        finally:
            await platform.close()

    with deps(clock, **{"api_url": api.url} | wechat) as made:
        if photo:
            made.media.save(FIRST, photo)
        return asyncio.run(run(WeChat(made)))


def send(
    api: FakeWeChatApi, clock: Clock, message: Outgoing = NEWS, *, photo: bytes = b"", **wechat: object
) -> SendResult:
    return using(api, clock, lambda platform: platform.send(LI, message, repeat=False), photo=photo, **wechat)


def test_a_notice_reaches_the_phone_in_chinese_not_in_escapes(api: FakeWeChatApi, clock: StillClock) -> None:
    assert send(api, clock) == SENT
    (message,) = api.accepted
    assert (message.to, message.text) == (LI, "LN-2026-0031 办好了:换了灯泡。\n1 满意\n2 不满意")
    assert "办好了" in message.raw


def test_an_empty_notice_is_not_sent(api: FakeWeChatApi, clock: StillClock) -> None:
    assert send(api, clock, SILENCE) == SENT
    assert api.calls == []


def test_the_first_photo_travels_as_a_picture_before_the_words_and_the_others_as_links(
    api: FakeWeChatApi, clock: StillClock
) -> None:
    jpeg = a_photo()
    assert send(api, clock, Outgoing("办好了。", photos=(FIRST, SECOND)), photo=jpeg) == SENT
    picture, words = api.accepted
    assert api.media[picture.media_id][1] == jpeg
    assert words.text == f"办好了。\nhttps://zhuoluo.example/photo/{SECOND}.jpg"
    assert send(api, clock, Outgoing("", photos=(FIRST,)), photo=jpeg) == SENT
    assert len(api.accepted) == 3


@pytest.mark.parametrize(
    ("path", "fault"), [(UPLOAD, HTML), (UPLOAD, errcode(45009)), (UPLOAD, status(502)), (SEND, errcode(40007))]
)
def test_a_photo_that_cannot_travel_goes_as_a_link(
    api: FakeWeChatApi, clock: StillClock, path: str, fault: Fault
) -> None:
    api.script(path, fault)
    assert send(api, clock, Outgoing("办好了。", photos=(FIRST,)), photo=a_photo()) == SENT
    assert [m.text for m in api.accepted] == [f"办好了。\nhttps://zhuoluo.example/photo/{FIRST}.jpg"]
    assert send(api, clock, Outgoing("又一张", photos=("missing",))) == SENT
    assert api.accepted[-1].text == "又一张\nhttps://zhuoluo.example/photo/missing.jpg"


def test_a_long_notice_takes_several_messages_and_never_more_than_the_window_allows(
    api: FakeWeChatApi, clock: StillClock
) -> None:
    lines = "\n".join(f"第{n}件:三号楼二单元楼道灯坏了一个星期" for n in range(400))
    assert send(api, clock, Outgoing(lines[:3000])) == SENT
    assert "\n".join(m.text for m in api.accepted) == lines[:3000]
    api.accepted.clear()
    assert send(api, clock, Outgoing(lines, NEWS.buttons)) == SENT
    assert len(api.accepted) == WINDOW_SENDS
    assert api.accepted[-1].text.endswith("…\n1 满意\n2 不满意")


def test_an_account_that_is_not_verified_never_writes_first(api: FakeWeChatApi, clock: StillClock) -> None:
    assert send(api, clock, verified=False).outcome is Outcome.CLOSED
    assert api.calls == []


def test_the_window_is_the_one_wechat_keeps(api: FakeWeChatApi, clock: StillClock) -> None:
    api.enforce_window = True
    assert (WeChat.window and WeChat.window.duration, WeChat.window and WeChat.window.sends) == (WINDOW, 5)

    async def story(platform: WeChat) -> list[str]:
        async def told() -> str:
            result = await platform.send(LI, NEWS, repeat=False)
            return result.reason or result.outcome

        stranger = await told()
        api.heard(LI)
        within = [await told() for _ in range(WINDOW_SENDS)]
        sixth = await told()
        api.heard(LI)
        clock.at += WINDOW
        last_minute = await told()
        clock.at += timedelta(seconds=1)
        return [stranger, *within, sixth, last_minute, await told()]

    assert using(api, clock, story) == ["45015", *["sent"] * 5, "45047", "sent", "45015"]


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (errcode(45015), SendResult(Outcome.CLOSED, "45015")),
        (errcode(45047), SendResult(Outcome.CLOSED, "45047")),
        (errcode(48001), SendResult(Outcome.CLOSED, "48001")),
        (errcode(43004), SendResult(Outcome.BLOCKED, "43004")),
        (errcode(40003), SendResult(Outcome.BLOCKED, "40003")),
        (errcode(45009), SendResult(Outcome.LATER, "45009", 3600, True)),
        (errcode(-1), SendResult(Outcome.LATER, "-1")),
        (errcode(40008), SendResult(Outcome.IMPOSSIBLE, "40008")),
        (status(404), SendResult(Outcome.LATER, "http 404")),
        (status(502), SendResult(Outcome.UNSURE, "http 502")),
        (HTML, SendResult(Outcome.UNSURE, "no JSON")),
    ],
)
def test_what_wechat_answers_decides_what_happens_to_the_notice(
    api: FakeWeChatApi, clock: StillClock, fault: Fault, result: SendResult
) -> None:
    api.script(SEND, fault)
    assert send(api, clock) == result
    assert api.accepted == []


@pytest.mark.parametrize(("fault", "arrived"), [(CUT, 1), (HANG, 0), (late(60), 1)], ids=["cut", "hang", "late"])
def test_silence_leaves_a_doubt(api: FakeWeChatApi, clock: StillClock, fault: Fault, arrived: int) -> None:
    api.script(SEND, fault)
    assert send(api, clock, patience=20 if fault is CUT else 2).outcome is Outcome.UNSURE
    assert len(api.accepted) == arrived


def test_nobody_at_the_address_is_certainly_not_delivered(clock: StillClock) -> None:
    with FakeWeChatApi(now=clock.now) as api:

        async def cut_off(platform: WeChat) -> SendResult:
            await platform.send(LI, NEWS, repeat=False)
            api.server.stop()
            return await platform.send(LI, NEWS, repeat=False)

        assert using(api, clock, cut_off) == SendResult(Outcome.LATER, "ConnectError")
        assert send(api, clock) == SendResult(Outcome.LATER, "token: ConnectError", 30, True)


def test_a_failure_after_something_arrived_leaves_a_doubt(api: FakeWeChatApi, clock: StillClock) -> None:
    api.script(SEND, late(0), errcode(-1))
    assert send(api, clock, Outgoing("很长的话\n" * 300)) == SendResult(Outcome.UNSURE, "-1")
    assert len(api.accepted) == 1


def test_one_token_serves_all_at_once_until_shortly_before_it_ends(api: FakeWeChatApi) -> None:
    clock = StillClock()
    api.now = clock.now
    api.token_lifetime = 7200

    class Ticking(StillClock):
        def monotonic(self) -> float:
            return clock.at.timestamp()

    async def story(platform: WeChat) -> None:
        results = await asyncio.gather(*(platform.send(f"o{n}", NEWS, repeat=False) for n in range(20)))
        assert results == [SENT] * 20
        assert len(api.token_requests) == 1
        clock.at += timedelta(minutes=110)
        assert await platform.send(LI, NEWS, repeat=False) == SENT
        assert len(api.token_requests) == 1
        clock.at += timedelta(minutes=6)
        assert await platform.send(LI, NEWS, repeat=False) == SENT
        assert len(api.token_requests) == 2

    using(api, Ticking(), story)


@pytest.mark.parametrize("number", [40001, 40014, 42001])
def test_a_token_that_is_refused_is_renewed_by_force_exactly_once(
    api: FakeWeChatApi, clock: StillClock, number: int
) -> None:
    api.script(SEND, errcode(number))
    assert send(api, clock) == SENT
    assert [wish["force_refresh"] for wish in api.token_requests] == [False, True]

    api.calls.clear()
    api.script(SEND, errcode(number), errcode(number), errcode(number))
    assert send(api, clock) == SendResult(Outcome.LATER, f"token refused twice: {number}", 60, True)
    assert api.calls == [TOKEN, SEND, TOKEN, SEND]


def test_a_token_taken_away_by_another_program_is_renewed_once_for_all_who_wait(
    api: FakeWeChatApi, clock: StillClock
) -> None:
    async def story(platform: WeChat) -> None:
        await platform.send(LI, NEWS, repeat=False)
        api.expire_tokens()
        results = await asyncio.gather(*(platform.send(f"o{n}", NEWS, repeat=False) for n in range(10)))
        assert results == [SENT] * 10

    using(api, clock, story)
    assert [wish["force_refresh"] for wish in api.token_requests] == [False, True]


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (errcode(45009), SendResult(Outcome.LATER, "token: 45009", 3600, True)),
        (errcode(40164), SendResult(Outcome.LATER, "token: 40164", 60, True)),
        (HTML, SendResult(Outcome.LATER, "token: no JSON", 30, True)),
        (HANG, SendResult(Outcome.LATER, "token: timeout", 30, True)),
    ],
    ids=["quota", "address not allowed", "html", "hang"],
)
def test_without_a_token_nothing_is_sent_and_everybody_waits(
    api: FakeWeChatApi, clock: StillClock, fault: Fault, result: SendResult
) -> None:
    api.script(TOKEN, fault)
    assert send(api, clock, patience=2 if fault is HANG else 20) == result
    assert send(api, clock, app_secret="wrong").reason == "token: 40125"
    assert api.accepted == []


def test_a_photo_left_on_wechat_is_fetched_from_the_configured_address(api: FakeWeChatApi, clock: StillClock) -> None:
    jpeg = a_photo()
    media_id = api.keep(jpeg)
    api.script(GET, errcode(42001))
    assert using(api, clock, lambda platform: platform.fetch(media_id)) == jpeg


def test_a_photo_that_is_gone_is_told_from_one_to_be_tried_again(api: FakeWeChatApi, clock: StillClock) -> None:
    film, huge = api.keep(b'{"video_url":"http://x.invalid"}', "application/json"), api.keep(b"x" * (11 << 20))
    for media_id in ("never-there", film, huge):
        with pytest.raises(ValueError):  # noqa: PT011
            using(api, clock, lambda platform, media_id=media_id: platform.fetch(media_id))
    media_id = api.keep(a_photo())
    for fault in (errcode(45009), status(502), HTML, HANG, errcode(-1)):
        api.script(GET, fault)
        with pytest.raises(OSError, match=r".+"):
            using(api, clock, lambda platform: platform.fetch(media_id), patience=2 if fault is HANG else 20)


def test_neither_logs_nor_errors_hold_an_address_a_secret_or_a_token(
    api: FakeWeChatApi, clock: StillClock, caplog: pytest.LogCaptureFixture
) -> None:
    """wechatpy's exceptions print the AppSecret and the token, and httpx logs every address at INFO."""
    caplog.set_level(logging.DEBUG)
    errors: list[BaseException] = []

    @asynccontextmanager
    async def client(**wechat: object) -> AsyncIterator[WeChatClient]:
        made = WeChatClient(settings(api_url=api.url, **wechat).wechat, clock, timeout=1)
        try:
            yield made
        finally:
            await made.close()

    async def provoke() -> None:
        for path, fault in ((SEND, status(502)), (SEND, HTML), (SEND, CUT), (SEND, HANG), (SEND, errcode(40008))):
            async with client() as own:
                api.script(path, fault)
                try:
                    await own.send_text(LI, "你好")
                except (ApiError, NotSent, Unsure) as error:
                    errors.append(error)
        async with client(app_secret="another-secret") as own:
            with contextlib.suppress(NotSent):
                await own.get_media("m")
        api.server.stop()
        async with client() as own:
            try:
                await own.send_text(LI, "你好")
            except NotSent as error:
                errors.append(error)

    asyncio.run(provoke())
    assert len(errors) == 6
    assert all(error.__suppress_context__ or error.__context__ is None for error in errors)
    told = caplog.text + "".join(map(repr, errors))
    for hidden in (SECRET, "another-secret", "access_token", "token-", LI, "你好", "/cgi-bin", "127.0.0.1:"):
        assert hidden not in "\n".join(line for line in told.splitlines() if "asyncio" not in line), hidden


def test_the_fake_runs_as_a_process_and_writes_down_what_arrived(tmp_path: Path, clock: StillClock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    record = tmp_path / "accepted.jsonl"
    command = [sys.executable, "-m", "tests.fakes.wechat_api", "--port", str(port), "--record", str(record)]
    process = subprocess.Popen([*command, "--enforce-window"])
    try:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            try:
                return httpx.get(f"{url}/fake/accepted", trust_env=False).status_code == 200
            except httpx.TransportError:
                return False

        until(answers, seconds=30)
        httpx.post(f"{url}/fake/heard", json={"openid": LI}, trust_env=False)
        script = {"path": SEND, "faults": [{"kind": "errcode", "value": 45047}]}
        httpx.post(f"{url}/fake/script", json=script, trust_env=False)
        with FakeWeChatApi(now=clock.now) as unused:
            assert send(unused, clock, api_url=url).reason == "45047"
            assert send(unused, clock, api_url=url) == SENT
        (line,) = record.read_text().splitlines()
        assert json.loads(line)["text"].startswith("LN-2026-0031")
    finally:
        process.terminate()
        process.wait(10)
