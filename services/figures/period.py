"""Months of the house's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, order=True)
class Month:
    year: int
    number: int  # 1 to 12

    @classmethod
    def read(cls, written: str) -> Month | None:
        """ "2026-11"; None for anything else, and for years that no issue can be of."""
        year, _, number = written.partition("-")
        if not (len(year) == 4 and len(number) == 2 and (year + number).isascii() and (year + number).isdecimal()):
            return None
        return cls(int(year), int(number)) if 2000 <= int(year) < 2200 and 1 <= int(number) <= 12 else None

    def plus(self, months: int) -> Month:
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    def begins(self, timezone: str) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=ZoneInfo(timezone)).astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


@dataclass(frozen=True)
class Period:
    """So many months from ``first`` on, in the house's time."""

    first: Month
    timezone: str
    count: int = 1

    @property
    def months(self) -> tuple[Month, ...]:
        return tuple(self.first.plus(n) for n in range(self.count))

    @property
    def since(self) -> datetime:
        return self.first.begins(self.timezone)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return self.first.plus(self.count).begins(self.timezone)


def month_of(at: datetime, timezone: str) -> Month:
    local = at.astimezone(ZoneInfo(timezone))
    return Month(local.year, local.month)
