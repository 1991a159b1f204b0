"""Several notices for one person in one message, through real HTTP to a fake Telegram."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.database import Database
from models.base import insert_row
from models.conversation import Conversation
from models.member import Account
from models.notice import Notice, NoticeState
from tests.bot.test_delivery import add_person, delivering, owe, run, states
from tests.bot.test_delivery import telegram as telegram  # a fixture
from tests.fakes.telegram_api import FakeTelegram


def human(words: str) -> dict[str, Any]:
    return {"kind": "human", "params": {"name": "", "home": "", "note": words}}


def role(grant: int) -> dict[str, Any]:
    params = {"grant": grant, "name": "王建国", "role": "steward", "label": "西苑小区3号楼2单元"}
    return {"kind": "confirm_role", "params": params}


def drain(database: Database, telegram: FakeTelegram, folder: Path) -> None:
    async def story() -> None:
        async with delivering(database, telegram, folder) as delivery:
            await delivery.drain()

    run(story())


def test_four_that_wait_leave_as_one_message(database: Database, telegram: FakeTelegram, tmp_path: Path) -> None:
    member = add_person(database, 11)
    for words in ("一", "二", "三", "四"):
        owe(database, member, "", **human(words))
    drain(database, telegram, tmp_path)
    (message,) = telegram.messages(11)
    assert message.text == "您有 4 条消息：\n\n" + "\n\n".join(
        f"· 有居民要找工作人员。说的是：“{words}”。请尽快联系。" for words in ("一", "二", "三", "四")
    )
    assert states(database) == [(NoticeState.SENT, "")] * 4


def test_a_reply_and_a_question_without_a_number_keep_to_themselves(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    member = add_person(database, 11)
    with Session(database.engine) as session:
        account, now = session.scalars(select(Account.id)).one(), Clock().now()
        insert_row(session, Conversation, account_id=account, frames=[], draft=[], recent=[], updated_at=now)
        session.commit()
    for words in ("一", "二", "三"):
        owe(database, member, "", **human(words))
    owe(database, member, "晚到的答复")
    for grant in (5, 6, 7):
        owe(database, member, "", **role(grant))
    drain(database, telegram, tmp_path)
    together, *alone = telegram.messages(11)
    assert together.text.startswith("您有 3 条消息")
    assert [call.text[:5] for call in alone] == ["晚到的答复", *["有人接受了"] * 3]
    assert [len(call.rows) for call in alone] == [0, 1, 1, 1]


def test_what_cannot_be_rendered_fails_alone(database: Database, telegram: FakeTelegram, tmp_path: Path) -> None:
    member = add_person(database, 11)
    for words in ("一", "二", "三"):
        owe(database, member, "", **human(words))
    owe(database, member, "", kind="human", params={})
    for words in ("五", "六", "七"):
        owe(database, member, "", **human(words))
    drain(database, telegram, tmp_path)
    assert [call.text[:9] for call in telegram.messages(11)] == ["您有 3 条消息："] * 2
    sent = (NoticeState.SENT, "")
    assert states(database) == [sent] * 3 + [(NoticeState.FAILED, "cannot be rendered")] + [sent] * 3


def test_a_message_that_telegram_refuses_is_sent_one_by_one(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    member = add_person(database, 11)
    for words in ("一", "二", "三"):
        owe(database, member, "", **human(words))
    telegram.fail(status=400)
    drain(database, telegram, tmp_path)
    assert [call.text[-9] for call in telegram.messages(11)] == ["一", "二", "三"]
    assert states(database) == [(NoticeState.SENT, "")] * 3


@pytest.mark.parametrize("fault", [{"cut": True}, {"status": 502}, {"html": True}], ids=["cut", "502", "html"])
def test_a_doubt_is_a_doubt_for_all_of_them(
    database: Database, telegram: FakeTelegram, tmp_path: Path, fault: dict[str, Any]
) -> None:
    member = add_person(database, 11)
    for words in ("一", "二", "三"):
        owe(database, member, "", **human(words))
    telegram.fail(**fault)
    drain(database, telegram, tmp_path)
    with Session(database.engine) as session:
        held = [(n.state, n.in_doubt, n.attempts, n.not_before) for n in session.scalars(select(Notice))]
        assert len(set(held)) == 1
        assert held[0][:3] == (NoticeState.OWED, True, 1)
        for notice in session.scalars(select(Notice)):
            notice.not_before = notice.created_at
        session.commit()
    drain(database, telegram, tmp_path)
    assert telegram.messages(11)[-1].text.count("【补发】") == 3
    assert states(database) == [(NoticeState.SENT, "")] * 3
