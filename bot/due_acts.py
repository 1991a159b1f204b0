"""What happens by itself: the timetable, the one-off acts that services owe, and the sweeps that ask what is due."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.orm import Session

from handlers.context import House
from services import (
    absence,
    audit,
    clearing,
    clocks,
    consultations,
    doorstep,
    handling,
    referral_answers,
    retention,
    support,
    timetable,
)
from services.audit import nightly
from services.meetings import dispersing, series, voting
from services.meetings import steps as meeting_steps
from services.meetings.resolutions import clocks as resolution_clocks
from services.timetable import OwedAct

_AT_ONCE = 500


class Act(Protocol):
    """Runs in the transaction that marks it as done. A moment as result: not yet, ask again then."""

    def __call__(self, session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None: ...


class Look(Protocol):
    """Runs outside of any writing transaction, because it may take long. Findings go to the observer."""

    def __call__(self, session: Session, *, at: datetime, house: House) -> Sequence[Any]: ...


class Tell(Protocol):
    """Runs in the transaction that marks a look as done, where it found something."""

    def __call__(
        self, session: Session, owed: OwedAct, findings: Sequence[Any], *, at: datetime, house: House
    ) -> None: ...


@dataclass(frozen=True)
class Entry:
    """``when``: minute, hour, day, month, weekday on the house's clock. ``once_for_all``: however many slots went by
    while nobody was there, the latest does for all of them."""

    when: str
    act: Act | None = None
    look: Look | None = None
    tell: Tell | None = None
    once_for_all: bool = False

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


def _clear(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    day = datetime.fromisoformat(owed.slot).astimezone(ZoneInfo(house.rules.timezone)).date()
    clearing.owe_clearings(session, day=day, at=at, rules=house.rules)
    return None


def _clear_community(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    clearing.clear_community(session, community_id=int(owed.subject), at=at, rules=house.rules)
    return None


def _tell_visitors(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    doorstep.tell_visitors(session, at=at, rules=house.rules)
    return None


def _end_absence(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    until = datetime.fromisoformat(owed.slot)
    absence.tell_over(session, member_id=int(owed.subject), until=until, at=at, rules=house.rules)
    return None


def _end_consultation(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    return consultations.end_when_over(session, consultation_id=int(owed.subject), at=at, rules=house.rules)


def _digest(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    slot = datetime.fromisoformat(owed.slot).astimezone(ZoneInfo(house.rules.timezone)).date()
    resolution_clocks.owe_digests(session, slot=slot, at=at, rules=house.rules)
    return None


def _digest_community(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    resolution_clocks.digest_community(
        session, community_id=int(owed.subject), slot=date.fromisoformat(owed.slot), at=at, rules=house.rules
    )
    return None


def _close_meeting(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    dispersing.close_forgotten(session, meeting_id=int(owed.subject), at=at, rules=house.rules)
    return None


def _close_ballot(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    voting.close_ballot(session, ballot_id=int(owed.subject), member_id=None, at=at, rules=house.rules)
    return None


def _plan_meetings(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    series.plan_meetings(session, at=at, rules=house.rules)
    return None


def _take_meeting_step(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    meeting, step = int(owed.subject), owed.slot
    return meeting_steps.take_step(session, meeting_id=meeting, step=step, at=at, rules=house.rules)


def _audit(session: Session, *, at: datetime, house: House) -> Sequence[audit.Breach]:
    return audit.audit(session, at=at, rules=house.rules)


def _tell_of_breaches(
    session: Session, owed: OwedAct, findings: Sequence[audit.Breach], *, at: datetime, house: House
) -> None:
    nightly.tell_administrators(session, breaches=findings, night=owed.slot, at=at, rules=house.rules)


def _remind_of_referral(session: Session, owed: OwedAct, *, at: datetime, house: House) -> datetime | None:
    referral = int(owed.subject)
    return referral_answers.remind_of_referral(session, referral_id=referral, at=at, rules=house.rules)


#: Recurring: each slot once, in order, late if nobody was there; of upkeep the latest alone.
TIMETABLE: Mapping[str, Entry] = {
    "visits": Entry("0 9 * * *", act=_tell_visitors),
    "lost_holders": Entry("7 * * * *", act=_find_lost_holders, once_for_all=True),
    "retention": Entry("17 * * * *", act=_forget, once_for_all=True),
    "audit": Entry("20 3 * * *", look=_audit, tell=_tell_of_breaches),
    "resolution_digest": Entry("0 9 * * *", act=_digest),  # daily, because a month ends when it does
    "plan_meetings": Entry("5 2 * * *", act=_plan_meetings, once_for_all=True),
    "clearing": Entry("0 9 * * *", act=_clear),  # daily, because only the calendar knows which day begins a week's work
}

#: One-off: kinds of rows that services owe.
ACTS: Mapping[str, Act] = {
    "close_issue": _close_issue,
    "absence_over": _end_absence,
    "clear_community": _clear_community,
    meeting_steps.KIND: _take_meeting_step,
    "close_ballot": _close_ballot,
    "close_meeting": _close_meeting,
    "resolution_digest_community": _digest_community,
    "referral_due": _remind_of_referral,
    "consultation_ends": _end_consultation,
}


@dataclass(frozen=True)
class Sweep:
    """Rows that say themselves when there is something to do with them. ``due`` names them, ``do`` does it to one and
    finds nothing left where somebody else was quicker; ``put_off`` is for one with which it failed."""

    due: Due
    do: Do
    put_off: PutOff


class Due(Protocol):
    def __call__(self, session: Session, *, now: datetime, limit: int) -> Sequence[int]: ...


class Do(Protocol):
    def __call__(self, session: Session, row: int, *, at: datetime, house: House) -> bool: ...


class PutOff(Protocol):
    def __call__(self, session: Session, row: int, *, at: datetime) -> None: ...


def _put_off_issue(session: Session, row: int, *, at: datetime) -> None:
    clocks.put_off(session, issue_id=row, at=at)


def _look_at_issue(session: Session, row: int, *, at: datetime, house: House) -> bool:
    return bool(clocks.look_at(session, issue_id=row, at=at, rules=house.rules))


def _put_off_resolution(session: Session, row: int, *, at: datetime) -> None:
    resolution_clocks.put_off_resolution(session, resolution_id=row, at=at)


def _look_at_resolution(session: Session, row: int, *, at: datetime, house: House) -> bool:
    return bool(resolution_clocks.look_at_resolution(session, resolution_id=row, at=at, rules=house.rules))


SWEEPS: Mapping[str, Sweep] = {
    "issues": Sweep(clocks.due_issues, _look_at_issue, _put_off_issue),
    "resolutions": Sweep(resolution_clocks.due_resolutions, _look_at_resolution, _put_off_resolution),
}


def owe_slots(session: Session, kind: str, entry: Entry, *, zone: str, now: datetime, at_most: int = 1_000) -> None:
    """Write down the slots of a recurring act that have come since the last one."""
    last = timetable.last_slot(session, kind=kind)
    if last is None:
        timetable.begin(session, kind=kind, at=now)
        return
    slots = entry.slots(zone, after=last, until=now)
    for slot in deque(slots, maxlen=1) if entry.once_for_all else islice(slots, at_most):
        timetable.owe_slot(session, kind=kind, at=slot)


def run_due(
    session: Session, *, now: datetime, house: House, entries: Mapping[str, Entry] = TIMETABLE
) -> int:
    """Do all that is due, in one thread and without committing: for rehearsals and tests. Returns how many acts.

    Looks (the nightly audit) are left to the caller, who wants their findings.
    """
    done = 0
    for kind, entry in entries.items():
        owe_slots(session, kind, entry, zone=house.rules.timezone, now=now)
    acts = {**ACTS, **{kind: entry.act for kind, entry in entries.items() if entry.act is not None}}
    while waiting := timetable.waiting(session, kinds=frozenset({*ACTS, *entries}), now=now, limit=_AT_ONCE):
        for each in waiting:
            owed = timetable.claim(session, due_id=each.id, now=now)
            if owed is None:
                continue
            act = acts.get(owed.kind)
            again = act(session, owed, at=now, house=house) if act else None
            timetable.settle(session, due_id=each.id, at=now, again=again)
            done += 1
    for sweep in SWEEPS.values():
        while rows := sweep.due(session, now=now, limit=_AT_ONCE):
            for row in rows:
                done += sweep.do(session, row, at=now, house=house)
    return done
