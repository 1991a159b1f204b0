"""When something happens by itself. What is owed lies in the table ``due``; APScheduler only strikes the hour."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.due_acts import ACTS, SWEEPS, TIMETABLE, Act, Entry, Sweep, owe_slots
from bot.errors import Busy
from bot.transactions import Transactions
from handlers.context import House
from services import timetable
from services.timetable import OwedAct

log = logging.getLogger(__name__)

_TICK = 5.0  # seconds
_ROWS_AT_ONCE = 500
_ACTS_AT_ONCE = 100


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
        sweeps: Mapping[str, Sweep] = SWEEPS,
        on_findings: Callable[[str, Sequence[Any]], None] = lambda kind, findings: None,
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._house = house
        self._entries = entries
        self._sweeps = sweeps
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
            for name, sweep in self._sweeps.items():
                done += await self._sweep(name, sweep, now)
            return done

    async def _sweep(self, name: str, sweep: Sweep, now: datetime) -> int:
        """All rows that are due, a transaction each. One that fails is put off, and the others go on."""
        done = 0
        while rows := await self._transactions.read(partial(sweep.due, now=now, limit=_ROWS_AT_ONCE)):
            for row in rows:
                try:
                    done += await self._transactions.run(partial(_do_to, sweep, row, now, self._house))
                except Busy:
                    raise
                except Exception as error:
                    log.error("%s %d failed and is tried again: %s", name, row, type(error).__name__)
                    await self._transactions.run(partial(_put_off, sweep, row, now))
        return done

    async def _owe_slots(self, kind: str, entry: Entry, now: datetime) -> None:
        last = await self._transactions.read(partial(timetable.last_slot, kind=kind))
        zone = self._house.rules.timezone
        if last is None or next(entry.slots(zone, after=last, until=now), None) is not None:
            await self._transactions.run(partial(owe_slots, kind=kind, entry=entry, zone=zone, now=now))

    async def _do(self, owed: OwedAct, now: datetime) -> bool | None:
        """True: done. False: to be done later. None: in other hands."""
        entry = self._entries.get(owed.kind)
        look = entry.look if entry else None
        try:
            findings = await self._transactions.read(partial(look, at=now, house=self._house)) if look else ()
            done = await self._transactions.run(lambda session: self._act(session, owed.id, now, findings))
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

    def _act(self, session: Session, due_id: int, now: datetime, findings: Sequence[Any]) -> bool | None:
        owed = timetable.claim(session, due_id=due_id, now=now)
        if owed is None:
            return None
        act = self._acts.get(owed.kind)
        again = act(session, owed, at=now, house=self._house) if act else None
        entry = self._entries.get(owed.kind)
        if findings and entry is not None and entry.tell is not None:
            entry.tell(session, owed, findings, at=now, house=self._house)
        timetable.settle(session, due_id=due_id, at=now, again=again)
        return again is None


def _do_to(sweep: Sweep, row: int, at: datetime, house: House, session: Session) -> bool:
    return sweep.do(session, row, at=at, house=house)


def _put_off(sweep: Sweep, row: int, at: datetime, session: Session) -> None:
    sweep.put_off(session, row, at=at)
