"""Telegram without a public address: long polling that loses nothing; and how a webhook is registered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Busy
from bot.platforms.base import Answer, Deps
from bot.platforms.telegram import Telegram
from bot.platforms.telegram_parse import UPDATES
from bot.platforms.telegram_polling import pauses
from handlers.messages import SILENCE, Button, Incoming, Kind, Outgoing
from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import FakeTelegram
from tests.platforms.contract import TELEGRAM_SECRET, Recorder
from tests.platforms.telegram_stage import CHAT, a_deps, wrong

# Registering


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
