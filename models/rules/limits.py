"""How long something may take: hours, calendar days or working days, as people write it ("48小时", "5个工作日")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Span(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WORKDAYS = "workdays"


_WRITTEN = re.compile(r"(\d{1,4})\s*个?\s*(小时|h|天|日|d|工作日|w)", re.IGNORECASE)
_SPANS = {
    "小时": Span.HOURS,
    "h": Span.HOURS,
    "天": Span.DAYS,
    "日": Span.DAYS,
    "d": Span.DAYS,
    "工作日": Span.WORKDAYS,
    "w": Span.WORKDAYS,
}


@dataclass(frozen=True)
class Limit:
    amount: int
    span: Span

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError("a limit is at least one")

    @classmethod
    def read(cls, written: str) -> Limit:
        """Raises ValueError for what is no limit."""
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            raise ValueError("not a limit")
        return cls(int(found[1]), _SPANS[found[2].lower()])
