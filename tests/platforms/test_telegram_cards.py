"""A card in Telegram is edited where it stands; where that cannot be done the answer comes as a message of its own."""

from __future__ import annotations

import pytest

from handlers.messages import Button, Kind, Outgoing
from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import EDITING, FakeTelegram
from tests.platforms.contract import Served, until
from tests.platforms.telegram_stage import CHAT, Deliver

NEXT = Outgoing("第二个议题", (Button("下一项", "s:b:0"),), live=True)


def test_the_answer_to_a_press_takes_the_place_of_the_message(
    api: FakeTelegram, deliver: Deliver, served: Served
) -> None:
    served.recorder.reply = NEXT
    assert deliver(updates.press(5, CHAT, "s:a:0", callback_id="c5")) == 200
    (edit,) = api.calls(EDITING)
    pressed = updates.press(5, CHAT, "s:a:0")["callback_query"]["message"]["message_id"]
    assert (edit.chat, int(edit.params["message_id"]), edit.text) == (CHAT, pressed, "第二个议题")
    assert edit.rows == [[{"text": "下一项", "callback_data": "s:b:0"}]]
    assert edit.params["link_preview_options"] == {"is_disabled": True}
    assert api.messages(CHAT) == []
    until(lambda: api.calls("answerCallbackQuery"))
    assert served.recorder.heard[0].kind is Kind.PRESS


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (400, "Bad Request: message to edit not found"),
        (400, "Bad Request: message can't be edited"),
        (429, ""),
        (502, ""),
    ],
)
def test_what_cannot_be_edited_is_sent_anew(
    api: FakeTelegram, deliver: Deliver, served: Served, status: int, description: str
) -> None:
    api.fail(method=EDITING, status=status, description=description, retry_after=1 if status == 429 else 0)
    served.recorder.reply = NEXT
    assert deliver(updates.press(5, CHAT, "s:a:0")) == 200
    (message,) = api.messages(CHAT)
    assert (message.text, message.webhook) == ("第二个议题", True)
    assert api.calls(EDITING) == []


def test_a_card_that_may_have_been_edited_is_sent_as_well(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    api.fail(method=EDITING, cut=True)
    served.recorder.reply = NEXT
    assert deliver(updates.press(5, CHAT, "s:a:0")) == 200
    assert [m.text for m in api.messages(CHAT)] == ["第二个议题"]


def test_a_press_delivered_again_changes_nothing(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    served.recorder.reply = NEXT
    for _ in range(2):
        assert deliver(updates.press(5, CHAT, "s:a:0")) == 200
    assert [edit.text for edit in api.calls(EDITING)] == ["第二个议题"]
    assert api.messages(CHAT) == []


def test_a_late_repeat_does_not_bring_back_an_older_card(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    first, second = updates.press(5, CHAT, "s:a:0"), updates.press(6, CHAT, "s:b:0")
    second["callback_query"]["message"]["message_id"] = first["callback_query"]["message"]["message_id"]
    served.recorder.reply = NEXT
    deliver(first)
    served.recorder.reply = Outgoing("第三个议题", live=True)
    deliver(second)
    deliver(first)
    assert [edit.text for edit in api.calls(EDITING)] == ["第二个议题", "第三个议题"]
    assert api.messages(CHAT) == []


def test_what_is_no_card_is_sent_as_ever(api: FakeTelegram, deliver: Deliver, served: Served) -> None:
    served.recorder.reply = Outgoing("谢谢。")
    deliver(updates.press(5, CHAT, "s:a:0"))
    served.recorder.reply = NEXT
    deliver(updates.text(7, CHAT, "下一项"))
    served.recorder.reply = Outgoing("字" * 5000, live=True)
    deliver(updates.press(9, CHAT, "s:b:0"))
    until(lambda: len(api.messages(CHAT)) == 4)
    assert [m.text[:3] for m in api.messages(CHAT)] == ["谢谢。", "第二个", "字字字", "字字字"]
    assert api.calls(EDITING) == []


def test_a_reply_that_leaves_late_is_a_message(api: FakeTelegram, served: Served) -> None:
    served.notify(str(CHAT), NEXT)
    assert [m.text for m in api.messages(CHAT)] == ["第二个议题"]
