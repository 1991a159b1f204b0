from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.clock import Clock, ScaledClock
from bot.database import Database
from bot.scheduler import ACTS, TIMETABLE, Act, Entry, Scheduler
from bot.transactions import Transactions, open_transactions
from handlers.announcements import sentence
from handlers.context import House
from models.base import insert_row, insert_rows
from models.community import Street
from models.conversation import Conversation, Inbound, SeenNonce
from models.due import Due
from models.issue import Issue
from models.member import Account, Member
from models.notice import Notice
from models.rules.house import HouseRules
from models.rules.posts import Role, ScopeKind
from services import retention, timetable
from services.timetable import OwedAct
from tests.neighbourhood import settle, staffed
from understanding import Gazetteer

HOUSE = House(HouseRules(), Gazetteer.build([]))
START = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)  # half past nine in the morning in Shanghai
HOUR = timedelta(hours=1)


class Hand(Clock):
    """A clock set by hand."""

    def __init__(self, time: datetime = START) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time


def write_down(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    """The effect of an act is a row that cannot be there twice: the name is unique."""
    insert_row(session, Street, name=f"{owed.kind} {owed.subject}{owed.slot}")
    return None


HOURLY = {"chime": Entry("0 * * * *", act=write_down)}


def written(database: Database) -> list[str]:
    with Session(database.reader) as session:
        return list(session.scalars(select(Street.name).order_by(Street.id)))


def play(
    database: Database,
    story: Callable[..., Awaitable[Any]],
    *,
    clock: Clock,
    processes: int = 1,
    entries: dict[str, Entry] | None = None,
    acts: dict[str, Act] | None = None,
    **more: Any,
) -> Any:
    async def main() -> Any:
        lanes: list[Transactions] = [open_transactions(database) for _ in range(processes)]
        schedulers = [
            Scheduler(lane, clock, HOUSE, entries=HOURLY if entries is None else entries, acts=acts or {}, **more)
            for lane in lanes
        ]
        try:
            return await story(*schedulers)
        finally:
            for lane in lanes:
                await lane.close()

    return asyncio.run(main())


def slots(first: int, last: int) -> list[str]:
    """Names of the full hours, counted from the first after the start."""
    begin = START.replace(minute=0)
    return [f"chime {(begin + HOUR * n).isoformat()}" for n in range(first, last + 1)]


def owe(database: Database, subject: str, due_at: datetime, kind: str = "act") -> None:
    with Session(database.engine) as session, session.begin():
        timetable.owe(session, kind=kind, subject=subject, slot="", due_at=due_at)


def test_three_schedulers_strike_each_hour_once_whatever_the_clock_does(database: Database) -> None:
    clock = Hand()

    async def story(*schedulers: Scheduler) -> None:
        async def tick() -> int:
            return sum(await asyncio.gather(*(scheduler.tick() for scheduler in schedulers)))

        assert await tick() == 0  # the hours before the very first start are nobody's
        for minutes, struck in ((29, 0), (1, 1), (0, 0), (60, 1), (-60, 0), (30, 0), (30, 0), (60, 1), (180, 3)):
            clock.time += timedelta(minutes=minutes)
            assert await tick() == struck, minutes
        clock.time += timedelta(days=40)
        assert await tick() == 40 * 24

    play(database, story, clock=clock, processes=3)
    assert written(database) == slots(1, 6 + 40 * 24)


def test_hours_missed_while_nobody_ran_are_struck_late_and_in_order(database: Database) -> None:
    async def tick(*schedulers: Scheduler) -> int:
        return sum([await scheduler.tick() for scheduler in schedulers])

    assert play(database, tick, clock=Hand()) == 0
    assert play(database, tick, clock=Hand(START + 3 * HOUR), processes=3) == 3
    assert play(database, tick, clock=Hand(START + HOUR)) == 0
    assert written(database) == slots(1, 3)


def test_of_upkeep_missed_for_days_the_latest_does_for_all(database: Database) -> None:
    upkeep = {"chime": Entry("0 * * * *", act=write_down, once_for_all=True)}

    async def tick(*schedulers: Scheduler) -> int:
        return sum([await scheduler.tick() for scheduler in schedulers])

    assert play(database, tick, clock=Hand(), entries=upkeep) == 0
    assert play(database, tick, clock=Hand(START + 240 * HOUR), processes=3, entries=upkeep) == 1
    assert play(database, tick, clock=Hand(START + 241 * HOUR), entries=upkeep) == 1
    assert written(database) == slots(240, 241)


def test_a_scheduler_killed_before_the_commit_leaves_the_act_to_another(database: Database) -> None:
    """The act and its mark are one transaction; what is not committed did not happen."""
    clock = Hand()
    owe(database, "1", START)

    def killed(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
        write_down(session, owed, at=at, house=house)
        raise ConnectionAbortedError

    async def tick(scheduler: Scheduler) -> int:
        return await scheduler.tick()

    assert play(database, tick, clock=clock, acts={"act": killed}, entries={}) == 0
    assert written(database) == []
    clock.time += timedelta(minutes=1)
    assert play(database, tick, clock=clock, acts={"act": write_down}, entries={}) == 1
    assert written(database) == ["act 1"]


def test_an_act_owed_twice_is_done_once_and_not_before_its_time(database: Database) -> None:
    clock = Hand()
    for _ in range(2):
        owe(database, "1", START + HOUR)

    async def story(scheduler: Scheduler) -> None:
        assert await scheduler.tick() == 0
        clock.time += HOUR
        assert await scheduler.tick() == 1
        owe(database, "1", START)
        assert await scheduler.tick() == 0

    play(database, story, clock=clock, acts={"act": write_down}, entries={})
    assert written(database) == ["act 1"]


def test_an_act_may_ask_to_be_called_again(database: Database) -> None:
    clock = Hand()
    owe(database, "1", START)
    asked: list[datetime] = []

    def not_yet(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
        asked.append(at)
        return at + 6 * HOUR if len(asked) < 3 else None

    async def story(scheduler: Scheduler) -> list[int]:
        done = []
        for _ in range(5):
            done.append(await scheduler.tick())
            clock.time += 6 * HOUR
        return done

    assert play(database, story, clock=clock, acts={"act": not_yet}, entries={}) == [0, 0, 1, 0, 0]


def test_a_failing_act_is_tried_again_and_stands_in_nobodys_way(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Hand()
    for subject in ("bad", "good"):
        owe(database, subject, START)
    tried: list[datetime] = []

    def act(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
        write_down(session, owed, at=at, house=house)
        if owed.subject == "bad":
            tried.append(at)
            raise LookupError("words of a person")
        return None

    async def story(scheduler: Scheduler) -> None:
        for _ in range(8 * 60):
            await scheduler.tick()
            clock.time += timedelta(minutes=1)

    play(database, story, clock=clock, acts={"act": act}, entries={})
    assert written(database) == ["act good"]
    assert [(at - START) // timedelta(minutes=1) for at in tried] == [0, 1, 6, 36, 156]
    with Session(database.reader) as session:
        assert session.execute(select(Due.attempts, Due.last_error).where(Due.subject == "bad")).one() == (
            5,
            "LookupError",
        )
    assert "words of a person" not in caplog.text


def test_a_slot_that_fails_does_not_stop_the_next(database: Database) -> None:
    clock = Hand()

    def moody(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
        if owed.slot == (START.replace(minute=0) + HOUR).isoformat() and at < START + 3 * HOUR:
            raise LookupError
        return write_down(session, owed, at=at, house=house)

    async def story(scheduler: Scheduler) -> None:
        await scheduler.tick()
        clock.time += 2 * HOUR
        assert await scheduler.tick() == 1
        clock.time += HOUR
        assert await scheduler.tick() == 2

    play(database, story, clock=clock, entries={"chime": Entry("0 * * * *", act=moody)})
    assert sorted(written(database)) == slots(1, 3)


def test_what_the_nightly_look_finds_is_told(database: Database) -> None:
    clock, told = Hand(), []

    async def story(*schedulers: Scheduler) -> None:
        for _ in range(3):
            await asyncio.gather(*(scheduler.tick() for scheduler in schedulers))
            clock.time += timedelta(days=1)

    def look(session: Session, *, at: datetime, house: House) -> list[str]:
        return [f"{session.scalar(select(func.count()).select_from(Street))} streets"]

    play(
        database,
        story,
        clock=clock,
        processes=2,
        entries={"night": Entry("20 3 * * *", look=look)},
        on_findings=lambda kind, findings: told.append((kind, findings)),
    )
    assert told == [("night", ["0 streets"])] * 2


def test_every_administrator_hears_once_a_night_what_the_audit_found(database: Database) -> None:
    with Session(database.engine) as session:
        here = settle(session)
        here.now = START
        staffed(here)
        chen, guo = here.person("chen"), here.person("guo")
        for person in (chen, guo):
            here.appoint(person, Role.ADMINISTRATOR, ScopeKind.COMMUNITY, here.ids.community, "兰宁社区")
        who = {chen.member_id, guo.member_id}
        here.person("wang").reports()
        session.execute(update(Issue).values(look_at=None))
        session.commit()

    clock = Hand()

    async def story(*schedulers: Scheduler) -> None:
        for _ in range(3):
            await asyncio.gather(*(scheduler.tick() for scheduler in schedulers))
            clock.time += timedelta(days=1)

    play(database, story, clock=clock, processes=2, entries={"audit": TIMETABLE["audit"]})
    with Session(database.engine) as session:
        told = session.execute(
            select(Notice.member_id, Notice.params).where(Notice.kind == "audit_broken").order_by(Notice.id)
        ).all()
    what = {"count": 1, "subjects": ["LN-2026-0001"], "more": False}
    assert [params for _, params in told] == [what] * 4
    assert {member for member, _ in told} == who
    assert sentence("audit_broken", what).startswith("夜里查账发现 1 处不对：LN-2026-0001。请")


def test_the_clock_on_the_wall_is_the_houses_clock() -> None:
    nightly = Entry("20 3 * * *").slots("Asia/Shanghai", after=START, until=START + timedelta(days=2))
    assert list(nightly) == [datetime(2026, 3, 1, 19, 20, tzinfo=UTC), datetime(2026, 3, 2, 19, 20, tzinfo=UTC)]
    first = datetime(2026, 3, 1, 19, 20, tzinfo=UTC)
    assert list(Entry("20 3 * * *").slots("Asia/Shanghai", after=first, until=first + timedelta(hours=23))) == []


def test_it_runs_by_itself_and_finishes_what_it_began(database: Database) -> None:
    async def story(scheduler: Scheduler) -> None:
        task = asyncio.create_task(scheduler.run())
        while not await asyncio.to_thread(written, database):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    play(database, story, clock=ScaledClock(10_000, START))
    assert written(database)[0] == slots(1, 1)[0]


def test_a_bug_in_the_timetable_itself_is_not_swallowed(database: Database) -> None:
    async def story(scheduler: Scheduler) -> None:
        await asyncio.wait_for(scheduler.run(), 30)

    with pytest.raises(ValueError, match="Wrong number of fields"):
        play(database, story, clock=ScaledClock(10_000, START), entries={"wrong": Entry("never", act=write_down)})


def test_every_entry_of_the_timetable_can_be_read() -> None:
    for entry in TIMETABLE.values():
        assert (entry.act is None) != (entry.look is None)
        assert list(entry.slots("Asia/Shanghai", after=START, until=START + timedelta(days=1)))
    assert set(ACTS).isdisjoint(TIMETABLE)


def test_what_is_kept_for_a_while_is_forgotten_after_it(session: Session) -> None:
    rules = HOUSE.rules
    member = insert_row(session, Member, created_at=START)
    for name, age in (("old", 31), ("young", 29)):
        past = START - timedelta(days=age)
        account = insert_row(session, Account, member_id=member, platform="chat", external_id=name)
        insert_row(session, Inbound, platform="chat", event_key=name, raw="words", received_at=past)
        seen_at = START - rules.nonces_kept * (age / 30)
        insert_rows(session, SeenNonce, [{"key": name, "body_hash": "", "seen_at": seen_at}])
        draft_at = START - rules.draft_kept * (age / 30)
        insert_row(
            session, Conversation, account_id=account, frames=[], draft=[{"step": "x"}], draft_at=draft_at, recent=[],
            updated_at=past,
        )  # fmt: skip
        for subject in (name, ""):
            insert_row(session, Due, kind="act", subject=subject, slot=past.isoformat(), due_at=past, done_at=past)
    assert retention.purge(session, at=START, rules=rules) is None
    assert session.scalars(select(Inbound.event_key)).all() == ["young"]
    assert session.scalars(select(SeenNonce.key)).all() == ["young"]
    assert session.scalars(select(Conversation.draft).order_by(Conversation.account_id)).all() == [[], [{"step": "x"}]]
    assert sorted(session.scalars(select(Due.subject))) == ["", "", "young"]


def test_much_to_forget_is_forgotten_little_by_little(session: Session) -> None:
    insert_rows(session, SeenNonce, [{"key": str(n), "body_hash": "", "seen_at": START} for n in range(2_001)])
    later = START + timedelta(days=1)
    assert retention.purge(session, at=later, rules=HOUSE.rules) == later + timedelta(seconds=1)
    assert retention.purge(session, at=later, rules=HOUSE.rules) is None
    assert session.scalar(select(func.count()).select_from(SeenNonce)) == 0
