"""Two who act in the same instant: one wins, the other is told politely, and the history knows of one deed only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.transactions import open_transactions
from handlers import dispatcher
from handlers.context import House
from handlers.dispatcher import Received
from handlers.messages import Incoming, Kind, Outgoing
from models.base import insert_row
from models.issue import HistoryEntry, Issue
from models.member import Account, Grant, Member
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Nature, State
from services.audit import audit
from services.intake import Told, Where, join_issue
from tests.neighbourhood import SENTENCE, settle, staffed

DONE = "这件事刚才已经办过这一步了"
GONE = ("这件事", "没有找到这个编号")


@dataclass
class Street:
    """The neighbourhood in a committed database, and everybody's phone in the same instant."""

    database: Database
    house: House
    now: datetime
    sent: int = 0

    def at_once(self, *incoming: Incoming) -> list[Outgoing]:
        """Each in a transaction of its own, all begun together. The answers in the order of the messages."""

        async def all_of_them() -> Sequence[Received]:
            transactions = open_transactions(self.database)
            works = [partial(dispatcher.receive, incoming=one, at=self.now, house=self.house) for one in incoming]
            try:
                return await asyncio.gather(*(transactions.run(work) for work in works))
            finally:
                await transactions.close()

        self.now += timedelta(seconds=20)
        return [received.outgoing for received in asyncio.run(all_of_them())]

    def says(self, who: str, *words: str) -> Outgoing:
        """One after the other."""
        for each in words:
            (answer,) = self.at_once(self.text(who, each))
        return answer

    def text(self, who: str, words: str) -> Incoming:
        self.sent += 1
        return Incoming("webchat", f"race{self.sent}", who, text=words, raw="{}")

    def press(self, who: str, shown: Outgoing, label: str) -> Incoming:
        self.sent += 1
        data = next(button.data for button in shown.buttons if button.label == label)
        return Incoming("webchat", f"race{self.sent}", who, kind=Kind.PRESS, press=data, raw="{}")

    def asks(self, question: Callable[[Session], object]) -> object:
        with Session(self.database.engine) as session:
            return question(session)

    def deeds(self, number: str = "LN-2026-0001") -> object:
        return self.asks(
            lambda session: session.scalars(
                select(HistoryEntry.action)
                .join(Issue, Issue.id == HistoryEntry.issue_id)
                .where(Issue.number == number)
                .order_by(HistoryEntry.id)
            ).all()
        )

    def is_clean(self) -> bool:
        return self.asks(lambda session: audit(session, at=self.now)) == []


@pytest.fixture
def street(database: Database) -> Iterator[Street]:
    with Session(database.engine, expire_on_commit=False) as session:
        here = settle(session)
        staffed(here)
        session.commit()
        yield Street(database, here.house, here.now)


def reported(street: Street, who: str = "wang") -> None:
    street.says(who, SENTENCE, "1", "以后再说")


def test_a_button_pressed_three_times_at_once_submits_one_issue(street: Street) -> None:
    card = street.says("wang", SENTENCE)
    answers = street.at_once(*(street.press("wang", card, "同意并提交") for _ in range(3)))
    assert sum("已收到，编号 LN-2026-0001" in answer.text for answer in answers) == 1
    assert sum(answer.text.startswith("这个按钮已经过时了") for answer in answers) == 2
    assert street.asks(lambda session: session.scalar(select(func.count()).select_from(Issue))) == 1
    assert street.is_clean()


def test_the_stewards_button_pressed_three_times_at_once_accepts_once(street: Street) -> None:
    reported(street)
    page = street.says("li", "LN-2026-0001")
    page_buttons = [street.press("li", page, "受理") for _ in range(3)]
    answers = [answer.text for answer in street.at_once(*page_buttons)]
    assert sum(answer.startswith("已受理 LN-2026-0001") for answer in answers) == 1
    assert street.deeds() == [Action.REPORT, Action.ACCEPT]
    assert street.is_clean()


def test_the_same_event_three_times_at_once_is_one_event(street: Street) -> None:
    street.says("wang", SENTENCE)
    submit = street.text("wang", "1")
    answers = street.at_once(submit, submit, submit)
    assert {answer.text for answer in answers} == {answers[0].text}
    assert "LN-2026-0001" in answers[0].text
    assert street.deeds() == [Action.REPORT]


@pytest.mark.parametrize("turn", range(4))
def test_steward_and_secretary_act_in_the_same_instant(street: Street, turn: int) -> None:
    reported(street)
    street.says("li", "上报 1")
    street.says("zhao", "派单 1")
    passes_on, assigns = street.text("li", "线路老化"), street.text("zhao", "1")
    pair = (passes_on, assigns) if turn % 2 else (assigns, passes_on)
    answers = {m.sender: a.text for m, a in zip(pair, street.at_once(*pair), strict=True)}
    # Whoever comes second finds another state: assigning is allowed from either, passing on only to the holder.
    assert answers["zhao"].startswith("LN-2026-0001 已交给安居物业")
    if answers["li"].startswith("LN-2026-0001 已转给"):
        assert street.deeds() == [Action.REPORT, Action.HAND_OVER, Action.ASSIGN]
    else:
        assert answers["li"].startswith(GONE)
        assert street.deeds() == [Action.REPORT, Action.ASSIGN]
    assert street.is_clean()


def test_two_answers_to_one_issue_one_is_sent(street: Street) -> None:
    """Two who hold the same post answer in the same instant."""
    with Session(street.database.engine) as session:
        member = insert_row(session, Member, name="li 2", created_at=street.now)
        insert_row(session, Account, member_id=member, platform="webchat", external_id="li 2")
        _appoint_as(session, member, "li", street.now)
        session.commit()
    reported(street)
    for who in ("li", "li 2"):
        street.says(who, "当场办结 1")
    answers = [a.text for a in street.at_once(street.text("li", "换了灯泡"), street.text("li 2", "修了开关"))]
    assert sorted(a.startswith("LN-2026-0001 已办结") for a in answers) == [False, True]
    assert sum(a.startswith(DONE) for a in answers) == 1
    assert street.deeds() == [Action.REPORT, Action.ANSWER]
    assert street.is_clean()


@pytest.mark.parametrize("turn", range(4))
def test_one_raiser_rates_while_another_opens_it_again(street: Street, turn: int) -> None:
    reported(street)
    with Session(street.database.engine) as session:
        _joins(session, "liu", street.now)
        session.commit()
    street.says("li", "当场办结 1", "换了灯泡")
    street.says("liu", "重新办理 1")
    content, angry = street.text("wang", "满意 1"), street.text("liu", "我家门口还是黑的")
    pair = (content, angry) if turn % 2 else (angry, content)
    answers = {m.sender: a.text for m, a in zip(pair, street.at_once(*pair), strict=True)}
    assert "已经重新办理" in answers["liu"]
    deeds = [Action.REPORT, Action.JOIN, Action.ANSWER, Action.REOPEN]
    if answers["wang"].startswith("谢谢您的评价"):
        deeds.insert(3, Action.RATE)
    else:
        assert answers["wang"].startswith("这件事现在不能这样办")
    assert street.deeds() == deeds
    assert street.asks(lambda session: session.scalar(select(Issue.state))) == State.RECEIVED
    assert street.is_clean()


def test_withdrawing_while_the_steward_accepts(street: Street) -> None:
    reported(street)
    street.says("wang", "撤回 1")
    answers = [a.text for a in street.at_once(street.text("wang", "确定"), street.text("li", "受理 1"))]
    assert answers[0] == "LN-2026-0001 已撤回。有事随时再说。"
    assert answers[1].startswith(("已受理", *GONE))
    assert street.is_clean()


def test_the_first_words_of_somebody_new_make_one_member(street: Street) -> None:
    answers = street.at_once(*(street.text("new", words) for words in ("你好", "帮助", "进度", "你好")))
    assert all(answer.text for answer in answers)
    counts = street.asks(
        lambda session: (
            session.scalar(select(func.count()).select_from(Account).where(Account.external_id == "new")),
            session.scalar(
                select(func.count()).select_from(Member).where(~select(Account.id).exists().where(
                    Account.member_id == Member.id
                ))
            ),
        )
    )  # fmt: skip
    assert counts == (1, 0)


def test_issues_in_the_same_instant_are_numbered_without_a_gap(street: Street) -> None:
    people = [f"neighbour {n}" for n in range(8)]
    street.at_once(*(street.text(who, SENTENCE) for who in people))
    answers = street.at_once(*(street.text(who, "1") for who in people))
    assert all("已收到，编号 LN-2026-" in answer.text for answer in answers)
    numbers = street.asks(lambda session: session.scalars(select(Issue.serial).order_by(Issue.serial)).all())
    assert numbers == list(range(1, 9))
    assert street.is_clean()


def _appoint_as(session: Session, member_id: int, whom: str, at: datetime) -> None:
    """A second person on the posts of another."""
    other = session.scalars(select(Account.member_id).where(Account.external_id == whom)).one()
    for post_id in session.scalars(select(Grant.post_id).where(Grant.member_id == other)).all():
        insert_row(session, Grant, member_id=member_id, post_id=post_id, starts_at=at, confirmed_at=at)


def _joins(session: Session, who: str, at: datetime) -> None:
    """A neighbour whose report belongs to the same issue."""
    member = insert_row(session, Member, name=who, consent_version="2026-11", created_at=at)
    insert_row(session, Account, member_id=member, platform="webchat", external_id=who)
    issue = session.scalars(select(Issue)).one()
    told = Told("一样", "一样", "lighting", Nature.HELP, False, Where(issue.compound_id))
    join_issue(
        session, issue_id=issue.id, raiser_id=member, platform="webchat", told=told, at=at, rules=HouseRules()
    )
