from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.database import Database
from bot.errors import Busy
from bot.inbox import Inbox, Receive
from bot.transactions import open_transactions
from handlers.context import House
from handlers.dispatcher import Received
from handlers.messages import SILENCE, Incoming, Outgoing
from models.base import insert_row
from models.community import Street
from models.conversation import Inbound
from models.dialect import insert_ignore
from models.member import Account, Member
from models.notice import Notice
from models.rules.house import HouseRules
from tests.database import on_sqlite
from texts import text
from understanding import Gazetteer

HOUSE = House(HouseRules(), Gazetteer.build([]))
HELLO = Incoming("chat", "1", "old wang", text="楼道灯坏了", raw="raw 楼道灯坏了")


def thanks(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
    """Does for these tests what the dispatcher does: one effect and one stored reply for an event."""
    key = {"platform": incoming.platform, "event_key": incoming.event_key}
    if not insert_ignore(session, Inbound, key | {"raw": incoming.raw, "received_at": at}, conflict=list(key)):
        stored = session.scalars(select(Inbound).filter_by(**key)).one()
        return Received(stored.id, Outgoing.from_json(stored.reply or {}), late=stored.late, repeated=True)
    inbound = session.scalars(select(Inbound).filter_by(**key)).one()
    member = insert_row(session, Member, created_at=at)
    inbound.account_id = insert_row(session, Account, member_id=member, platform="chat", external_id=incoming.event_key)
    insert_row(session, Street, name=f"{incoming.text} {incoming.event_key}")
    inbound.reply = Outgoing("收到").to_json()
    return Received(inbound.id, Outgoing("收到"))


class FixedClock(Clock):
    """Durations pass when told; waiting for the work ends when the test says so."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed


def with_inbox(
    database: Database,
    play: Callable[[Inbox], Awaitable[Any]],
    *,
    receive: Receive = thanks,
    clock: Clock | None = None,
    seen: list[str] | None = None,
) -> Any:
    async def main() -> Any:
        transactions = open_transactions(database)
        outcomes = seen if seen is not None else []
        inbox = Inbox(
            transactions,
            clock or Clock(),
            HOUSE,
            receive=receive,
            on_answer=lambda platform, outcome, seconds: outcomes.append(f"{platform} {outcome}"),
        )
        try:
            return await play(inbox)
        finally:
            await inbox.close()
            await transactions.close()

    return asyncio.run(main())


def rows(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    with Session(database.reader) as session:
        return [tuple(row) for row in session.execute(select(*columns))]


def test_a_retry_takes_effect_once_and_hears_the_same_answer(database: Database) -> None:
    seen: list[str] = []

    async def play(inbox: Inbox) -> list[Any]:
        return await asyncio.gather(*(inbox.answer(HELLO, answer_within=30) for _ in range(5)))

    answers = with_inbox(database, play, seen=seen)
    assert {answer.outgoing for answer in answers} == {Outgoing("收到")}
    assert sorted(answer.repeated for answer in answers) == [False, True, True, True, True]
    assert rows(database, Street.name) == [("楼道灯坏了 1",)]
    assert sorted(seen) == ["chat answered"] + ["chat repeated"] * 4


def test_an_answer_that_took_too_long_leaves_by_the_outbox(database: Database) -> None:
    clock = FixedClock()

    def slow(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        received = thanks(session, incoming, at=at, house=house)
        clock.passed += 4.2
        return received

    async def play(inbox: Inbox) -> tuple[Any, Any]:
        return await inbox.answer(HELLO, answer_within=4.5), await inbox.answer(HELLO, answer_within=4.5)

    first, again = with_inbox(database, play, receive=slow, clock=clock)
    assert (first.outgoing, first.late, first.repeated) == (SILENCE, True, False)
    assert (again.outgoing, again.late, again.repeated) == (SILENCE, True, True)
    ((kind, key, params),) = rows(database, Notice.kind, Notice.key, Notice.params)
    assert (kind, key.split(":")[0]) == ("late_reply", "late")
    assert Outgoing.from_json(params["outgoing"]) == Outgoing("收到")


def test_what_is_not_stored_yet_is_not_acknowledged_and_the_retry_gets_the_answer(database: Database) -> None:
    """The platform waits too short a time; the work goes on without it."""
    go_on, begun = threading.Event(), threading.Event()

    def slow(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        received = thanks(session, incoming, at=at, house=house)
        begun.set()
        go_on.wait(30)
        return received

    async def play(inbox: Inbox) -> Any:
        with pytest.raises(Busy):
            await inbox.answer(HELLO, answer_within=0.01)
        await asyncio.to_thread(begun.wait, 30)
        assert rows(database, Inbound.id) == []
        go_on.set()
        await inbox.close()
        return await inbox.answer(HELLO, answer_within=30)

    seen: list[str] = []
    again = with_inbox(database, play, receive=slow, seen=seen)
    assert (again.outgoing, again.late, again.repeated) == (SILENCE, True, True)
    assert seen == ["chat busy", "chat late"]
    assert rows(database, Notice.kind) == [("late_reply",)]


def test_an_answer_committed_after_everybody_left_is_owed_too(database: Database) -> None:
    """By its own measure the work was in time; only the commit was not."""
    clock, go_on = FixedClock(), threading.Event()

    def slow(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        received = thanks(session, incoming, at=at, house=house)
        go_on.wait(30)
        return received

    async def play(inbox: Inbox) -> None:
        with pytest.raises(Busy):
            await inbox.answer(HELLO, answer_within=0.6)
        go_on.set()

    with_inbox(database, play, receive=slow, clock=clock)
    assert rows(database, Inbound.late) == [(True,)]
    assert rows(database, Notice.kind) == [("late_reply",)]


def test_after_a_bug_the_event_is_kept_and_its_sender_told(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        thanks(session, incoming, at=at, house=house)
        raise KeyError(incoming.text)

    seen: list[str] = []

    async def play(inbox: Inbox) -> tuple[Any, Any]:
        return await inbox.answer(HELLO), await inbox.answer(HELLO, answer_within=30)

    with caplog.at_level(logging.INFO):
        first, again = with_inbox(database, play, receive=bug, seen=seen)
    assert first.outgoing == again.outgoing == Outgoing(text("common.broken"))
    assert rows(database, Street.name) == []
    assert rows(database, Inbound.failed, Inbound.raw) == [(True, HELLO.raw)]
    assert "KeyError" in caplog.text
    assert "楼道灯" not in caplog.text
    assert "old wang" not in caplog.text


def test_no_character_is_too_strange_to_be_stored(database: Database) -> None:
    strange = Incoming("chat", "\0 1", "\ud800", text="灯\0坏\udfff了", raw="\0\ud83d", press="\0")

    def echo(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        thanks(session, incoming, at=at, house=house)
        return Received(1, Outgoing(incoming.text + incoming.sender + incoming.press))

    async def play(inbox: Inbox) -> Any:
        return await inbox.answer(strange)

    assert with_inbox(database, play, receive=echo).outgoing == Outgoing("灯坏?了?")


@on_sqlite
def test_when_nothing_can_be_stored_the_platform_is_asked_to_come_again(database: Database) -> None:
    impatient = Database.open(str(database.url), busy_timeout=0.05)
    seen: list[str] = []

    async def play(inbox: Inbox) -> Any:
        with database.engine.begin():
            with pytest.raises(Busy):
                await inbox.answer(HELLO)
            with pytest.raises(Busy):
                await inbox.answer(HELLO, answer_within=30)
        return await inbox.answer(HELLO)

    assert with_inbox(impatient, play, seen=seen).outgoing == Outgoing("收到")
    impatient.close()
    assert seen == ["chat busy", "chat busy", "chat answered"]


def test_a_person_who_hangs_up_is_answered_all_the_same(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        begun.set()
        go_on.wait(30)
        return thanks(session, incoming, at=at, house=house)

    async def play(inbox: Inbox) -> None:
        call = asyncio.ensure_future(inbox.answer(HELLO))
        assert await asyncio.to_thread(begun.wait, 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        go_on.set()

    with_inbox(database, play, receive=slow)
    assert rows(database, Street.name) == [("楼道灯坏了 1",)]


def test_an_event_is_received_at_the_time_of_the_clock(database: Database) -> None:
    times: list[datetime] = []

    def note(session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        times.append(at)
        return thanks(session, incoming, at=at, house=house)

    async def play(inbox: Inbox) -> None:
        await inbox.answer(HELLO)

    before = Clock().now()
    with_inbox(database, play, receive=note)
    assert before <= times[0] <= before + timedelta(minutes=1)
