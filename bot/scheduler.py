"""When something happens by itself. What is owed lies in the table ``due``; APScheduler only strikes the hour."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.errors import Busy
from bot.transactions import Transactions
from handlers.context import House
from services import audit, handling, retention, support, timetable
from services.timetable import OwedAct

log = logging.getLogger(__name__)

_TICK = 5.0  # seconds
_SLOTS_AT_ONCE = 1_000
_ACTS_AT_ONCE = 100


class Act(Protocol):
    """Runs in the transaction that marks it as done. A moment as result: not yet, ask again then."""

    def __call__(self, session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None: ...


class Look(Protocol):
    """Runs outside of any writing transaction, because it may take long. Findings go to the observer."""

    def __call__(self, session: Session, *, at: datetime) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Entry:
    """``when``: minute, hour, day, month, weekday on the house's clock."""

    when: str
    act: Act | None = None
    look: Look | None = None

    def slots(self, zone: str, *, after: datetime, until: datetime) -> Iterator[datetime]:
        """CronTrigger as calendar arithmetic."""
        trigger = CronTrigger.from_crontab(self.when, timezone=zone)
        moment = trigger.get_next_fire_time(after, after)
        while moment is not None and moment <= until:
            if moment > after:
                yield moment.astimezone(UTC)
            moment = trigger.get_next_fire_time(moment, moment)


def _close_issue(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    return handling.close_when_settled(session, issue_id=int(owed.subject), at=at, rules=house.rules)


def _forget(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    return retention.purge(session, at=at, rules=house.rules)


def _find_lost_holders(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    support.tell_of_lost_holders(session, at=at, rules=house.rules)
    return None


#: Recurring: each slot once, in order, late if nobody was there.
TIMETABLE: Mapping[str, Entry] = {
    "lost_holders": Entry("7 * * * *", act=_find_lost_holders),
    "retention": Entry("17 * * * *", act=_forget),
    "audit": Entry("20 3 * * *", look=audit.audit),
}

#: One-off: kinds of rows that services owe.
ACTS: Mapping[str, Act] = {
    "close_issue": _close_issue,
}


class Scheduler:
    """Any number of processes may run one; each act happens once."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Clock,
        house: House,
        *,
        entries: Mapping[str, Entry] = TIMETABLE,
        acts: Mapping[str, Act] = ACTS,
        on_findings: Callable[[str, Sequence[Any]], None] = lambda kind, findings: None,
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._house = house
        self._entries = entries
        self._acts = {**acts, **{kind: entry.act for kind, entry in entries.items() if entry.act is not None}}
        self._kinds = frozenset({*acts, *entries})
        self._on_findings = on_findings
        self._ticking = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled; a bug in the timetable itself comes out here."""
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def strike() -> None:
            try:
                await self.tick()
            except Busy:
                log.warning("the database is busy; the timetable waits")
            except Exception as error:
                if not broken.done():
                    broken.set_exception(error)

        clock = AsyncIOScheduler(timezone=UTC)
        clock.add_job(
            strike,
            IntervalTrigger(seconds=self._clock.real(_TICK), timezone=UTC),
            next_run_time=datetime.now(UTC),
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
        )
        clock.start()
        try:
            await broken
        finally:
            clock.pause()
            async with self._ticking:  # finish what was begun
                clock.shutdown(wait=False)

    async def tick(self) -> int:
        """Do all that is due by the clock. Returns how many acts were done. Raises Busy."""
        async with self._ticking:
            now = self._clock.now()
            for kind, entry in self._entries.items():
                await self._owe_slots(kind, entry, now)
            done, progress = 0, True
            while progress:
                waiting = partial(timetable.waiting, kinds=self._kinds, now=now, limit=_ACTS_AT_ONCE)
                progress, elsewhere = False, set[str]()
                for owed in await self._transactions.read(waiting):
                    if owed.kind in elsewhere and not owed.subject:
                        continue  # its slots are done in order, and another process is at them
                    result = await self._do(owed, now)
                    progress = progress or result is not None
                    done += bool(result)
                    if result is None:
                        elsewhere.add(owed.kind)
            return done

    async def _owe_slots(self, kind: str, entry: Entry, now: datetime) -> None:
        last = await self._transactions.read(partial(timetable.last_slot, kind=kind))
        if last is None:
            await self._transactions.run(partial(timetable.begin, kind=kind, at=now))
            return
        slots = list(islice(entry.slots(self._house.rules.timezone, after=last, until=now), _SLOTS_AT_ONCE))
        if slots:
            await self._transactions.run(lambda session: _owe(session, kind, slots))

    async def _do(self, owed: OwedAct, now: datetime) -> bool | None:
        """True: done. False: to be done later. None: in other hands."""
        entry = self._entries.get(owed.kind)
        look = entry.look if entry else None
        try:
            findings = await self._transactions.read(partial(look, at=now)) if look else ()
            done = await self._transactions.run(lambda session: self._act(session, owed.id, now))
        except Busy:
            raise
        except Exception as error:
            name = type(error).__name__
            log.error("%s (due %d) failed and is tried again: %s", owed.kind, owed.id, name)
            await self._transactions.run(partial(timetable.postpone, due_id=owed.id, error=name, at=now))
            return False
        if look and done:
            (log.error if findings else log.info)("%s of %s: %d findings", owed.kind, owed.slot, len(findings))
            self._on_findings(owed.kind, findings)
        return done

    def _act(self, session: Session, due_id: int, now: datetime) -> bool | None:
        owed = timetable.claim(session, due_id=due_id, now=now)
        if owed is None:
            return None
        act = self._acts.get(owed.kind)
        again = act(session, owed, at=now, house=self._house) if act else None
        timetable.settle(session, due_id=due_id, at=now, again=again)
        return again is None


def _owe(session: Session, kind: str, slots: Sequence[datetime]) -> None:
    for slot in slots:
        timetable.owe_slot(session, kind=kind, at=slot)
