"""The timetable of the month of one meeting: which step comes when, before or after it (meetings.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil
from zoneinfo import ZoneInfo

from models.rules.working_days import WorkCalendar


class Step(StrEnum):
    """What happens by itself, in this order."""

    COLLECT = "collect"
    DRAFT = "draft"
    REMIND_APPROVAL = "remind_approval"
    CLIMB = "climb"
    ASK_OPINIONS = "ask_opinions"
    REMIND_DAY = "remind_day"
    REMIND_HOURS = "remind_hours"
    OPEN_CHECK_IN = "open_check_in"
    MISS = "miss"
    REMIND_MINUTES = "remind_minutes"
    REMIND_PUBLISH = "remind_publish"


#: Said again before the new day of a meeting that is moved.
REMINDERS = frozenset(
    {Step.REMIND_APPROVAL, Step.CLIMB, Step.REMIND_DAY, Step.REMIND_HOURS, Step.OPEN_CHECK_IN}
)
#: Before the meeting, or after.
AFTER = frozenset({Step.MISS, Step.REMIND_MINUTES, Step.REMIND_PUBLISH})

OFFSETS: Mapping[Step, str] = {
    Step.COLLECT: "-14d",
    Step.DRAFT: "-7d",
    Step.REMIND_APPROVAL: "-5d",
    Step.CLIMB: "-4d",
    Step.ASK_OPINIONS: "-3d",
    Step.REMIND_DAY: "-1d",
    Step.REMIND_HOURS: "-2h",
    Step.OPEN_CHECK_IN: "-30min",
    Step.MISS: "+1d",
    Step.REMIND_MINUTES: "+1w",
    Step.REMIND_PUBLISH: "+3w",
}

_WRITTEN = re.compile(r"(?P<sign>[+-])(?P<amount>\d{1,3})(?P<unit>d|w|h|min)")
_MORNING = time(9)
_LONGEST_HOLIDAY = 9  # days, with its weekends: the Spring Festival of 2026
_CLOCK = {"h": "hours", "min": "minutes"}


@dataclass(frozen=True)
class Offset:
    """So far from the meeting: ``amount`` days, working days ("w"), hours or minutes; before it where negative."""

    amount: int
    unit: str

    @classmethod
    def read(cls, written: str) -> Offset:
        """Raises ValueError for what is none."""
        found = _WRITTEN.fullmatch(written.strip().lower())
        if found is None or not int(found["amount"]):
            raise ValueError("not an offset")
        return cls(int(found["sign"] + found["amount"]), found["unit"])

    @property
    def days(self) -> tuple[float, float]:
        """At the earliest and at the latest, in days from the meeting: over weekends and a long holiday."""
        if self.unit in _CLOCK:
            exactly = self.amount / (24 if self.unit == "h" else 24 * 60)
            return exactly, exactly
        if self.unit == "d":
            return self.amount, self.amount
        way, count = (1, self.amount) if self.amount > 0 else (-1, -self.amount)
        most = count + 2 * ceil(count / 5) + _LONGEST_HOLIDAY
        return min(way * count, way * most), max(way * count, way * most)

    def moment(self, meets_at: datetime, *, calendar: WorkCalendar, timezone: str) -> datetime:
        """In UTC. Hours and minutes count exactly; what counts in days comes in the morning of that day."""
        if self.unit in _CLOCK:
            return meets_at + timedelta(**{_CLOCK[self.unit]: self.amount})
        zone = ZoneInfo(timezone)
        day = meets_at.astimezone(zone).date()
        day = day + timedelta(days=self.amount) if self.unit == "d" else _workdays(day, self.amount, calendar)
        return datetime.combine(day, _MORNING, zone).astimezone(UTC)


def read_offsets(written: Mapping[str, str]) -> dict[Step, Offset]:
    """All steps with the offsets that differ. Raises ValueError for an unknown step, for what is no offset, for one
    on the wrong side of the meeting, and where two steps could change places, over whatever holiday."""
    known = {Step(step): offset for step, offset in written.items()}
    read = {step: Offset.read(known.get(step, OFFSETS[step])) for step in Step}
    if any((offset.amount > 0) != (step in AFTER) for step, offset in read.items()):
        raise ValueError("on the wrong side of the meeting")
    held = [offset for step, offset in read.items() if step is not Step.MISS]  # a meeting is missed or has minutes
    if not all(_in_order(*pair) for pair in pairwise(held)):
        raise ValueError("out of order")
    return read


def _in_order(first: Offset, second: Offset) -> bool:
    """Whether ``first`` comes before ``second`` whatever the calendar; in working days both wait for the same ones."""
    if first.unit == second.unit or (first.amount < 0) != (second.amount < 0):
        return first.amount <= second.amount
    return first.days[1] <= second.days[0]


def step_at(
    step: Step, meets_at: datetime, *, offsets: Mapping[str, str], calendar: WorkCalendar, timezone: str
) -> datetime:
    """When a step is to be taken. ``offsets``: those that differ, of the series before those of the house."""
    return Offset.read(offsets.get(step, OFFSETS[step])).moment(meets_at, calendar=calendar, timezone=timezone)


def next_morning(at: datetime, *, calendar: WorkCalendar, timezone: str) -> datetime:
    """Of the next working day, in UTC."""
    zone = ZoneInfo(timezone)
    return datetime.combine(_workdays(at.astimezone(zone).date(), 1, calendar), _MORNING, zone).astimezone(UTC)


def _workdays(day: date, amount: int, calendar: WorkCalendar) -> date:
    """That many working days later, or earlier."""
    way, left = (1, amount) if amount > 0 else (-1, -amount)
    while left:
        day += timedelta(days=way)
        left -= calendar.is_workday(day)
    return day
