"""The figures themselves: what each is called, and how a numerator and a denominator become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Label, Select, case


class Kind(StrEnum):
    """In the order in which they are shown."""

    HELD = "held"  # 着落率
    TOLD = "told"  # 回音率
    PROMPT = "prompt"  # 响应率
    ON_TIME = "on_time"  # 按时办结率
    SOLVED = "solved"  # 解决率
    CONTENT = "content"  # 满意率
    REOPENED = "reopened"  # 重办率
    DECLINED = "declined"  # 退单率
    FIRST_RIGHT = "first_right"  # 首次派单准确率
    MERGED_RIGHT = "merged_right"  # 合并准确率
    RECURRED = "recurred"  # 重复率
    HALF = "half"  # p50 landing time
    MOST = "most"  # p90 landing time


#: Of the landing times: so many in a hundred landed within it.
PERCENTILES = {Kind.HALF: 50, Kind.MOST: 90}
#: These count raisers, each once an issue.
OF_RAISERS = frozenset({Kind.TOLD, Kind.SOLVED, Kind.CONTENT})
#: Here what counts is what should not be; with the others it is what is missing.
OF_FAULTS = frozenset({Kind.REOPENED, Kind.DECLINED, Kind.RECURRED})


@dataclass(frozen=True)
class Figure:
    """``numerator`` of ``denominator``. ``took``: of a landing time, within which so many landed.

    ``silent``: of 满意率, the raisers who were answered and have not rated. Nothing of nothing has no value.
    """

    kind: Kind
    numerator: Decimal
    denominator: int
    took: timedelta | None = None
    silent: int = 0

    @property
    def value(self) -> float | None:
        """The share, 0 to 1."""
        return float(self.numerator / self.denominator) if self.denominator else None


@dataclass(frozen=True)
class Counted:
    """``of``: belongs to the denominator. ``counts``: of these, how much goes to the numerator, in parts of SCALE."""

    of: ColumnElement[bool]
    counts: ColumnElement[int]


#: One row for each thing that is counted: ``issue``, ``key`` (its group), and ``of_KIND``, ``counted_KIND`` as numbers.
Rows = Select[*tuple[Any, ...]]

#: ``counted_content`` is in tenths, so that 0.9 is exact.
SCALE: Mapping[Kind, int] = {Kind.CONTENT: 10}


def columns(figures: Mapping[Kind, Counted]) -> list[Label[int]]:
    found = []
    for kind, figure in figures.items():
        counted = case((figure.of, figure.counts), else_=0)
        found += [one(figure.of).label(f"of_{kind}"), counted.label(f"counted_{kind}")]
    return found


def one(holds: ColumnElement[bool]) -> ColumnElement[int]:
    """1 or 0; what is not known does not hold."""
    return case((holds, 1), else_=0)
