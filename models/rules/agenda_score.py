"""Which matters come first on an agenda, by published parts, and how many of them fit into a meeting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Part(StrEnum):
    """What is counted. A new part needs a weight here and its words in texts/zh_CN/agenda.toml."""

    HOUSEHOLDS = "households"  # distinct ones affected
    URGENT = "urgent"
    DAYS_WAITING = "days_waiting"  # since the first report
    DAYS_OVERDUE = "days_overdue"
    RECURRENCE = "recurrence"  # answered and there again, reopened, carried over: how often
    REFERRED = "referred"  # from another level
    REVIEW = "review"  # a resolution that was to be looked at again by now


#: Points of one: a household, a day, a time.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        Part.HOUSEHOLDS: 2.0,
        Part.URGENT: 20.0,
        Part.DAYS_WAITING: 0.5,
        Part.DAYS_OVERDUE: 1.0,
        Part.RECURRENCE: 5.0,
        Part.REFERRED: 15.0,
        Part.REVIEW: 15.0,
    }
)
#: More than so many count no further, so that age alone does not outweigh whole buildings.
CAPS: Mapping[str, int] = MappingProxyType({Part.DAYS_WAITING: 90, Part.DAYS_OVERDUE: 60})

#: Minutes of an item.
MINUTES_ISSUE, MINUTES_ALIKE, MINUTES_MOST, MINUTES_REVIEW = 20, 5, 30, 10

Parts = Mapping[str, tuple[int, float]]


@dataclass(frozen=True)
class Case:
    """What is known of one matter."""

    households: int = 0
    urgent: bool = False
    days_waiting: int = 0
    days_overdue: int = 0
    recurrence: int = 0
    referred: bool = False
    review: bool = False


def score(case: Case, *, weights: Mapping[str, float]) -> tuple[float, Parts]:
    """The points, and each part that is there with its count and its points. ``weights``: what differs from ours."""
    parts: dict[str, tuple[int, float]] = {}
    for part in Part:
        count = max(0, int(getattr(case, part)))
        weight = max(0.0, float(weights.get(part, WEIGHTS[part])))
        if count:
            parts[part.value] = (count, round(weight * min(count, CAPS.get(part, count)), 2))
    return round(sum(points for _, points in parts.values()), 2), parts


def minutes_for(alike: int) -> int:
    """Of an item of so many issues."""
    return min(MINUTES_MOST, MINUTES_ISSUE + MINUTES_ALIKE * (alike - 1))


@dataclass(frozen=True)
class Entry:
    """A candidate. ``key`` names it, and decides between two that are alike in all else."""

    key: int
    minutes: int
    mandatory: bool
    score: float
    since: datetime


def fit(entries: Iterable[Entry], *, minutes: int) -> tuple[Sequence[int], Sequence[int]]:
    """The keys that are on the agenda, and those that wait, both in their order.

    What is mandatory is on it, whatever the time. The others follow by score, then by age; the first for which there is
    no time left ends the agenda, so that nothing gets in before what has more points. One that is longer than a whole
    meeting gets the meeting to itself.
    """
    ordered = sorted(entries, key=lambda entry: (not entry.mandatory, -entry.score, entry.since, entry.key))
    listed: list[int] = []
    queued: list[int] = []
    left = minutes
    for entry in ordered:
        if entry.mandatory or (not queued and (entry.minutes <= left or not listed)):
            listed.append(entry.key)
            left -= entry.minutes
        else:
            queued.append(entry.key)
    return listed, queued
