"""``python -m bench district [--long]``: a city district for a year, through the services, with the audit every month.

200 communities, 5,000 grids, 100,000 issues and twelve months (short: 10 communities, 250 grids, 3,000 issues, three
months), on SQLite. Everything that people do to an issue happens as a service's deed at its own moment; at the end of
each hour the sweep, the closing of what is settled and the delivery of what is owed run as in the program, and the hour
is committed. The file is thrown away afterwards, so commits do not wait for the disk (``synchronous = OFF``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from bench.district_holders import Holders
from bench.district_town import build
from bench.speed.measure import heading
from bot.due_acts import ACTS, SWEEPS
from handlers.context import House
from models.base import Base
from models.issue import HistoryEntry, Issue
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN
from services import doorstep, support, timetable
from services.audit import Breach, audit
from services.claims import claim_due
from services.outbox import Outcome, SendResult, record
from services.routes import Channel
from tests.database import fresh_database, opened
from understanding import Gazetteer

_START = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=8)  # New Year in China
_HOUR = timedelta(hours=1)
_CHANNELS = (
    Channel("webchat"),
    Channel("telegram"),
    Channel("wechat", window=timedelta(hours=48), window_sends=5),
)
_RETRIES = (5.0, 30.0, 120.0, 600.0, 3600.0)
_AT_ONCE = 5_000
_TOLD_PER_ISSUE = 1.27
_NEVER = datetime.max.replace(tzinfo=UTC)
_LEAVES_AT = select(func.min(Notice.not_before)).where(text("notices.state IN ('owed','sending')"))
_TOLD_AT_THE_DOOR = 0.9  # of what is parked, every Saturday

_OF_ISSUES = range(1, 9)  # invariants; its meetings schedule and decide out of nothing


@dataclass(frozen=True)
class Size:
    communities: int
    issues: int
    months: int


_SHORT, _LONG = Size(10, 3_000, 3), Size(200, 100_000, 12)


@dataclass
class Spent:
    """Seconds by what they were spent on, and how many times it was done."""

    seconds: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[what] += time.perf_counter() - began
        self.times[what] += 1


def run_district(long: bool) -> None:
    size = _LONG if long else _SHORT
    began, used = time.perf_counter(), time.process_time()
    with fresh_database("sqlite") as url, opened(url) as database:

        @event.listens_for(database.engine, "connect")
        def hurry(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -400000")

        database.engine.dispose()
        with Session(database.engine, expire_on_commit=False) as session:
            Rehearsal(session, size).run()
        megabytes = Path(str(database.url.database)).stat().st_size / 1e6
    took, worked = time.perf_counter() - began, time.process_time() - used
    print(f"  database {megabytes:,.0f} MB; in all {took:,.0f} s, {worked:,.0f} s of the processor", flush=True)


class Rehearsal:
    def __init__(self, session: Session, size: Size) -> None:
        self.session = session
        self.size = size
        self.random = Random(f"district {size.communities}")
        rules = HouseRules()
        self.house = House(rules, Gazetteer.build(()))
        began = time.perf_counter()
        district = build(session, communities=size.communities, random=self.random, at=_START - timedelta(days=1))
        session.commit()
        heading(f"district: {size.communities:,} communities, {district.grids:,} grids, {size.issues:,} issues")
        print(f"  built in {time.perf_counter() - began:.0f} s", flush=True)
        self.life = Holders(session, district, rules=rules, random=self.random)

    def run(self) -> None:
        breaches: list[Breach] = []
        moment = _START
        for month in range(1, self.size.months + 1):
            ends = _month_after(moment)
            self._plan_reports(moment, ends)
            spent, deeds_before = Spent(), self.life.deeds.total()
            began = time.perf_counter()
            while moment < ends:
                moment += _HOUR
                self._hour(moment, spent)
            took = time.perf_counter() - began
            breaches = self._audit(moment, spent)
            self._tell(month, took, self.life.deeds.total() - deeds_before, spent, breaches)
        deeds = ", ".join(f"{action} {count:,}" for action, count in self.life.deeds.most_common())
        refused = ", ".join(f"{what} {count:,}" for what, count in self.life.refused.most_common(12))
        print(f"  deeds: {deeds}\n  refused: {refused}", flush=True)
        for breach in breaches[:10]:
            print(f"  BREACH {breach.invariant} {breach.subject}: {breach.what}")
        print(f"  audit at the end: {'clean' if not breaches else f'NOT HELD, {len(breaches)} breaches'}", flush=True)

    def _plan_reports(self, begins: datetime, ends: datetime) -> None:
        """Some join what is known already, so more is told than there are issues."""
        hours = int((ends - begins) / _HOUR)
        for _ in range(round(self.size.issues / self.size.months * _TOLD_PER_ISSUE)):
            day, hour = divmod(self.random.randrange(hours), 24)
            by_day = 7 + hour * 14 // 24
            self.life.plan(begins + timedelta(days=day, hours=by_day, seconds=self.random.randrange(3600)), "report")

    def _hour(self, now: datetime, spent: Spent) -> None:
        with spent.on("people"):
            self.life.live_until(now)
        self.life.now = now
        with spent.on("sweep"):
            spent.times["swept"] += self._sweep(now)
        with spent.on("closing"):
            self._acts(now)
        with spent.on("delivery"):
            spent.times["delivered"] += self._deliver(now)
        with spent.on("news"):
            self.life.read_news()
        if now.hour == 0:
            with spent.on("daily"):
                self._daily(now)
        with spent.on("commit"):
            self.session.commit()

    def _sweep(self, now: datetime) -> int:
        done = 0
        for sweep in SWEEPS.values():
            while rows := sweep.due(self.session, now=now, limit=_AT_ONCE):
                done += sum(sweep.do(self.session, row, at=now, house=self.house) for row in rows)
        return done

    def _acts(self, now: datetime) -> None:
        while waiting := timetable.waiting(self.session, kinds=set(ACTS), now=now, limit=_AT_ONCE):
            for each in waiting:
                again = ACTS[each.kind](self.session, each, at=now, house=self.house)
                timetable.settle(self.session, due_id=each.id, at=now, again=again)

    def _deliver(self, now: datetime) -> int:
        """Rounds of one message a person, as in the program, until nothing is due."""
        delivered = 0
        while (self.session.connection().scalar(_LEAVES_AT) or _NEVER) <= now:
            envelopes = claim_due(
                self.session, now=now, limit=_AT_ONCE, lease=timedelta(minutes=1), platforms=_CHANNELS
            )
            if not envelopes:
                break
            results = [(envelope, self._fate()) for envelope in envelopes]
            record(self.session, results, now=now, retries=_RETRIES)
            delivered += len(envelopes)
        return delivered

    def _fate(self) -> SendResult:
        chance = self.random.random()
        if chance < 0.985:
            return SendResult(Outcome.SENT)
        if chance < 0.9995:
            return SendResult(Outcome.UNSURE if chance < 0.988 else Outcome.LATER, "cut")
        return SendResult(Outcome.BLOCKED, "blocked")

    def _daily(self, now: datetime) -> None:
        support.tell_of_lost_holders(self.session, at=now, rules=self.house.rules)
        if now.weekday() == 5:
            parked = self.session.scalars(select(Notice.id).where(Notice.state == NoticeState.PARKED)).all()
            told = [notice for notice in parked if self.random.random() < _TOLD_AT_THE_DOOR]
            for begin in range(0, len(told), 1_000):
                doorstep.told(self.session, notice_ids=told[begin : begin + 1_000], by=None, at=now)

    def _audit(self, now: datetime, spent: Spent) -> list[Breach]:
        support.tell_of_lost_holders(self.session, at=now, rules=self.house.rules)
        self.session.commit()
        with spent.on("audit"):
            return [breach for breach in audit(self.session, at=now) if breach.invariant in _OF_ISSUES]

    def _tell(self, month: int, took: float, deeds: int, spent: Spent, breaches: list[Breach]) -> None:
        def count(table: type[Base]) -> int:
            return self.session.scalar(select(func.count()).select_from(table)) or 0

        still_open = self.session.scalar(select(func.count()).where(Issue.state.in_(OPEN)))
        parts = ", ".join(f"{what} {seconds:.0f}" for what, seconds in spent.seconds.most_common())
        sweeps, swept = spent.times["sweep"], spent.times["swept"]
        print(
            f"  month {month:>2}: {took:6.1f} s, {deeds:,} deeds, {took / max(deeds, 1) * 1e3:.2f} ms a deed"
            f" | stored: {count(Issue):,} issues ({still_open:,} open), {count(Report):,} reports,"
            f" {count(HistoryEntry):,} entries, {count(Notice):,} notices"
            f" | sweep {spent.seconds['sweep'] / sweeps * 1e3:.1f} ms an hour, {swept:,} acts,"
            f" {spent.seconds['sweep'] / max(swept, 1) * 1e3:.2f} ms an act"
            f" | delivered {spent.times['delivered']:,}"
            f" | audit {spent.seconds['audit']:.1f} s: {len(breaches)} breaches | {parts}",
            flush=True,
        )
        self.session.commit()


def _month_after(moment: datetime) -> datetime:
    """The same time on the first of the next month in China."""
    local = moment + timedelta(hours=8)
    first = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first - timedelta(hours=8)
