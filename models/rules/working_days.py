"""Working days as China keeps them, weekends that are worked (调休) included.

Which days these are is asked in this order: the community's own file, the library with the State Council's notices,
and, for years not yet announced, the weekends: an estimate (预计) that is marked as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from models.rules.limits import Limit, Span

_SATURDAY = 5
#: Fixed by date in the State Council's regulation on holidays, whatever is announced.
_BY_LAW = {
    (1, 1): "new_year",
    (5, 1): "labour",
    (5, 2): "labour",
    (10, 1): "national",
    (10, 2): "national",
    (10, 3): "national",
}
_NAMES = {
    "New Year's Day": "new_year",
    "Spring Festival": "spring",
    "Tomb-sweeping Day": "tombs",
    "Labour Day": "labour",
    "Dragon Boat Festival": "dragon_boat",
    "Mid-autumn Festival": "mid_autumn",
    "National Day": "national",
}
_LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True)
class WorkCalendar:
    """``overrides``: True for a day that is worked, False for one that is not."""

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        known = self._known(day)
        return day.weekday() < _SATURDAY if known is None else known

    def is_estimated(self, day: date) -> bool:
        """Nobody has said yet whether it is worked."""
        return self._known(day) is None

    def holiday(self, day: date) -> str | None:
        """The public holiday that a free day belongs to ("spring", "national", …; "other" where only the community's
        file says so). None for an ordinary day, an ordinary weekend included. Of years not yet announced only the days
        that the law fixes by date are known."""
        if day in self.overrides:
            free, name = not self.overrides[day], self._announced(day)[1]
            return (name or (None if day.weekday() >= _SATURDAY else "other")) if free else None
        free, name = self._announced(day)
        return name if free else None

    def is_shifted(self, day: date) -> bool:
        """A Saturday or Sunday that is worked (调休)."""
        return day.weekday() >= _SATURDAY and self.is_workday(day)

    def due(self, since: datetime, limit: Limit, *, timezone: str) -> datetime:
        """When a limit that began at ``since`` ends, in UTC.

        Working days count from the day after, and the limit ends with the last of them, at 23:59:59, whatever the time
        of day at which it began (Civil Code, articles 201 and 203). So what comes at night, on a weekend or on a
        holiday is never due before what came earlier, and always has that many whole working days.
        """
        if limit.span is Span.HOURS:
            return since + timedelta(hours=limit.amount)
        if limit.span is Span.DAYS:
            return since + timedelta(days=limit.amount)
        zone = ZoneInfo(timezone)
        day, left = since.astimezone(zone).date(), limit.amount
        while left:
            day += timedelta(days=1)
            left -= self.is_workday(day)
        return datetime.combine(day, _LAST_SECOND, tzinfo=zone).astimezone(UTC)

    def due_is_estimated(self, since: datetime, limit: Limit, *, timezone: str) -> bool:
        """Whether the end of a limit in working days rests on a day that nobody has announced yet."""
        return limit.span is Span.WORKDAYS and self.counts_estimated(
            since, self.due(since, limit, timezone=timezone), timezone=timezone
        )

    def counts_estimated(self, since: datetime, ends: datetime, *, timezone: str) -> bool:
        """Whether one of the days counted, from the day after ``since`` to that of ``ends``, is not announced yet."""
        zone = ZoneInfo(timezone)
        began = since.astimezone(zone).date()
        days = (ends.astimezone(zone).date() - began).days
        return any(self.is_estimated(began + timedelta(days=count)) for count in range(1, days + 1))

    def _announced(self, day: date) -> tuple[bool, str | None]:
        try:
            free, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            name = _BY_LAW.get((day.month, day.day))
            return name is not None, name
        return bool(free), _NAMES.get(name, "other") if name else None

    def _known(self, day: date) -> bool | None:
        if day in self.overrides:
            return self.overrides[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return None
