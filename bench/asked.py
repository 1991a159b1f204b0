"""The figures asked of understanding, by the names that `understanding.evaluation` gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from understanding.evaluation.report import Score

FORMS = ("title + detail", "title")


class Asked(NamedTuple):
    """`limit` must be reached, `aim` is wanted; `most` says that less is better."""

    limit: float
    aim: float
    most: bool = False

    def held(self, value: float) -> bool:
        return value <= self.limit if self.most else value >= self.limit

    def reached(self, value: float) -> bool:
        return value <= self.aim if self.most else value >= self.aim

    def __str__(self) -> str:
        return f"{'<=' if self.most else '>='} {self.limit:.3g} / {self.aim:.3g}"


_HALF = Asked(0.5, 0.5)
_PART, _FALSE = Asked(0.88, 0.97), Asked(0.03, 0.01, most=True)

RESIDENTS: Mapping[str, Asked | None] = {
    "category, title + detail": Asked(0.80, 0.90),
    "category, title": Asked(0.75, 0.85),
    **{f"nature, {form}": Asked(0.75, 0.85) for form in FORMS},
    "urgent recall": Asked(0.90, 0.97),
    "urgent precision": _HALF,
    **{
        f"{part}{found}, {form}": asked
        for form in FORMS
        for part in ("building", "unit", "room")
        for found, asked in (("", _PART), (" found where none is named", _FALSE))
    },
    **{f"compound first, {form}": Asked(0.92, 0.98) for form in FORMS},
    **{f"compound found where none is named, {form}": None for form in FORMS},
}
TITLES: Mapping[str, Asked | None] = {"macro-F1": Asked(0.90, 0.93)}
ADDRESSES: Mapping[str, Asked | None] = {
    **{f"{label} F1": Asked(0.90, 0.96) for label in ("houseno", "cellno", "floorno", "roomno")},
    "poi F1": None,
}
LIKENESS: Mapping[str, Asked | None] = {
    "pair F1": Asked(0.85, 0.95),
    "hard rows over-merged": Asked(1 / 14, 0.0, most=True),
    "resubmissions recall": Asked(0.85, 0.95),
}
"""One of the 14 hard rows at most."""


def short_of(asked: Mapping[str, Asked | None], scores: Sequence[Score]) -> list[str]:
    """What was not reached, in words; a figure that nobody measured is not reached either."""
    values = {score.name: score.value for score in scores}
    return [
        f"{name}: {values.get(name, float('nan')):.3f}, asked {limit}"
        for name, limit in asked.items()
        if limit and not (name in values and limit.held(values[name]))
    ]
