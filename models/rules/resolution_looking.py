"""What the timer has to do with a resolution next, and when: the one place that knows (meetings.md, from T+3w on)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from models.rules.deadlines import due
from models.rules.house import HouseRules
from models.rules.resolution_workflow import RUNNING, ResolutionState

_LAST = time(23, 59)
_DAILY = timedelta(days=1)
_AT_WORK = frozenset({ResolutionState.IN_FORCE, ResolutionState.ACCEPTED})


class Look(StrEnum):
    """In the order in which they are done where several are due at one moment."""

    END_OBJECTIONS = "end_objections"
    ASK_VERIFICATION = "ask_verification"  # then nobody asks its owner to make haste
    JUDGE = "judge"
    WARN = "warn"


class Running(Protocol):
    """As much of a resolution as its clocks need."""

    @property
    def state(self) -> ResolutionState: ...
    @property
    def due_on(self) -> date: ...
    @property
    def objections_until(self) -> datetime | None: ...
    @property
    def delayed_at(self) -> datetime | None: ...
    @property
    def noted_at(self) -> datetime | None: ...
    @property
    def warned_at(self) -> datetime | None: ...
    @property
    def verify_asked_at(self) -> datetime | None: ...
    @property
    def convener_asked_at(self) -> datetime | None: ...
    @property
    def begun_at(self) -> datetime | None: ...


def last_moment(day: date, *, rules: HouseRules) -> datetime:
    """The end of a day on the house's clock, still within it, as it is shown to people."""
    return datetime.combine(day, _LAST, ZoneInfo(rules.timezone))


def over_at(day: date, *, rules: HouseRules) -> datetime:
    """When a day is over on the house's clock."""
    return datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(rules.timezone))


def overdue_days(day: date, *, at: datetime, rules: HouseRules) -> int:
    """How many days it is past its due day; 0 on that day and before."""
    return max(0, (at.astimezone(ZoneInfo(rules.timezone)).date() - day).days)


def silent_days(resolution: Running, *, at: datetime, rules: HouseRules) -> int:
    """Days without a word of its owner where those are too many, else 0; while it is judged, nobody waits for one."""
    if resolution.state not in _AT_WORK or resolution.noted_at is None:
        return 0
    silent = at - resolution.noted_at
    return silent.days if silent >= rules.resolution_silent else 0


def next_look(resolution: Running, *, rules: HouseRules) -> tuple[datetime, Look] | None:
    """The earliest; None where nothing is left to do by itself."""
    return min(_looks(resolution, rules), key=lambda look: (look[0], list(Look).index(look[1])), default=None)


def look_at(resolution: Running, *, rules: HouseRules) -> datetime | None:
    look = next_look(resolution, rules=rules)
    return look[0] if look else None


def judge_at(resolution: Running, *, rules: HouseRules) -> datetime | None:
    """Until when the follow-up group and the raisers are waited for."""
    if resolution.verify_asked_at is None:
        return None
    return due(resolution.verify_asked_at, rules.verification_answers, rules=rules)


def _looks(resolution: Running, rules: HouseRules) -> Iterator[tuple[datetime, Look]]:
    state = resolution.state
    if state is ResolutionState.PUBLISHED and resolution.objections_until is not None:
        again = resolution.delayed_at + _DAILY if resolution.delayed_at else resolution.objections_until
        yield again, Look.END_OBJECTIONS
    if state not in RUNNING:
        return
    ends = over_at(resolution.due_on, rules=rules)
    if state in _AT_WORK and resolution.begun_at is not None and resolution.begun_at < ends:
        yield ends, Look.ASK_VERIFICATION
    waited = judge_at(resolution, rules=rules)
    if state is ResolutionState.VERIFYING and waited is not None and resolution.convener_asked_at is None:
        yield waited, Look.JUDGE
    if state is ResolutionState.VERIFYING:  # the convener alone is waited for, who was asked
        moments = [resolution.convener_asked_at + rules.resolution_silent] if resolution.convener_asked_at else []
    else:
        moments = [ends, *([resolution.noted_at + rules.resolution_silent] if resolution.noted_at else [])]
    if not moments:
        return
    warns = min(moments)
    if resolution.warned_at is not None:
        warns = max(warns, resolution.warned_at + rules.resolution_silent)
    yield warns, Look.WARN
