"""What an evaluation tells, whatever was evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Score:
    """``value`` from 0 to 1; ``right`` of ``total`` where it is a share, else both 0."""

    name: str
    value: float
    right: int = 0
    total: int = 0


@dataclass(frozen=True)
class Mistake:
    """One row understood wrongly: ``id`` and ``text`` from the file, shortened; shown, never stored."""

    what: str
    id: str
    text: str
    expected: str
    got: str
    confidence: float = 1.0


@dataclass(frozen=True)
class Evaluation:
    """``confusion`` gives, for each (expected, got) pair of labels, the number of rows; the worst mistakes first."""

    kind: str
    rows: int
    scores: tuple[Score, ...]
    confusion: Mapping[tuple[str, str], int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()


def f1(right: int, found: int, expected: int) -> float:
    """The harmonic mean of precision and recall; 1.0 where nothing was expected and nothing found."""
    return 1.0 if found + expected == 0 else 2 * right / (found + expected)
