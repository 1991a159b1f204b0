"""Telegram's webhook: stored first, answered in the acknowledgement; nothing secret in the logs."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from bot.errors import Busy
from bot.platforms.base import Answer
from bot.platforms.telegram import Telegram
from handlers.messages import SILENCE, Button, Incoming, Kind, Outgoing
from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import FakeTelegram
from tests.platforms.contract import TELEGRAM_SECRET, Served, until
from tests.platforms.telegram_stage import CHAT, Deliver, a_deps


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
