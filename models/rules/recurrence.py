"""The days of a series: an RFC 5545 rule as dates, moved off public holidays."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from models.rules.working_days import WorkCalendar

#: The same weekday so many weeks later is tried before any other day.
_WEEKS = (1, 2)
_DAYS = 60


@dataclass(frozen=True)
class Sitting:
    """One meeting as the rule gives it. ``slot``: the moment of the rule; ``meets_at``: that, or a later one where it
    falls on a public holiday, and then ``holiday`` says which. In UTC."""

    slot: datetime
    meets_at: datetime
    holiday: str | None = None


def sittings(
    rule: str, *, begins: str, starts_on: date, after: datetime, calendar: WorkCalendar, timezone: str
) -> Iterator[Sitting]:
    """The meetings whose slot is later than ``after``, without end. ``begins``: "HH:MM" on the house's clock.

    Raises ValueError for what is no rule.
    """
    zone, clock = ZoneInfo(timezone), time.fromisoformat(begins)
    before: date | None = None
    for day, following in pairwise(_days(rule, starts_on)):
        slot = datetime.combine(day, clock, zone).astimezone(UTC)
        moved, holiday = off_holiday(day, calendar, taken={before, following} - {None}, until=following)
        before = moved
        if slot <= after:
            continue
        yield Sitting(slot, datetime.combine(moved, clock, zone).astimezone(UTC), holiday)


def off_holiday(
    day: date, calendar: WorkCalendar, *, taken: Collection[date | None] = (), until: date | None = None
) -> tuple[date, str | None]:
    """The day itself; where it is a public holiday, the next ordinary day of the same weekday, else the next day that
    is no holiday, with the holiday's name. ``taken``: days of other meetings; the same weekday is only looked for
    before ``until``."""
    holiday = calendar.holiday(day)
    if holiday is None:
        return day, None
    for weeks in _WEEKS:
        same = day + timedelta(weeks=weeks)
        ordinary = calendar.holiday(same) is None and not calendar.is_shifted(same)
        if ordinary and same not in taken and (until is None or same < until):
            return same, holiday
    others = (day + timedelta(days=count) for count in range(1, _DAYS))
    return next(other for other in others if calendar.holiday(other) is None and other not in taken), holiday


def _days(rule: str, starts_on: date) -> Iterator[date]:
    start = datetime(starts_on.year, starts_on.month, starts_on.day)  # noqa: DTZ001 - a day, not a moment
    for moment in rrulestr(rule, dtstart=start):
        yield moment.date()
