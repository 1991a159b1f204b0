"""What residents write, judged whole: category, nature, urgency and place, of the title alone and with its detail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from understanding import CompoundEntry, Gazetteer, understand
from understanding.evaluation.report import Evaluation, Mistake, Score
from understanding.evaluation.residents_place import Find, score_places
from understanding.place.finding import find_place

_SHOWN = 60


class Row(NamedTuple):
    """``accepted`` gives for each question (categories, natures, urgent …) the answers of which any is right."""

    id: str
    title: str
    detail: str
    accepted: dict[str, list[Any]]

    @property
    def whole(self) -> str:
        return f"{self.title}。{self.detail}"


class Judged(NamedTuple):
    category: str
    nature: str
    urgent: bool
    confidence: float


def judge(text: str, gazetteer: Gazetteer) -> Judged:
    understood = understand(text, gazetteer=gazetteer)
    return Judged(understood.category, understood.nature, understood.urgency.urgent, understood.category_confidence)


def evaluate(
    path: Path,
    gazetteer_names: Iterable[str] = (),
    *,
    judge_with: Callable[[str, Gazetteer], Judged] = judge,
    find_with: Find = find_place,
) -> Evaluation:
    """Of a file of rows with id, title, detail, categories, natures, urgent, compounds, buildings, units and rooms. The
    gazetteer holds the compounds of the file and the names given, which nobody means."""
    with path.open(encoding="utf-8-sig") as lines:
        given = [json.loads(line) for line in lines if line.strip()]
    rows = [Row(str(row["id"]), row["title"], row["detail"], row) for row in given]
    names = list(gazetteer_names)
    gazetteer = gazetteer_of(rows, names)
    short = [judge_with(row.title, gazetteer) for row in rows]
    whole = [judge_with(row.whole, gazetteer) for row in rows]
    scores, mistakes = [], []
    for form, judged in (("title + detail", whole), ("title", short)):
        for what, key in (("category", "categories"), ("nature", "natures")):
            wrong = [
                (row, each)
                for row, each in zip(rows, judged, strict=True)
                if getattr(each, what) not in row.accepted[key]
            ]
            right = len(rows) - len(wrong)
            scores.append(Score(f"{what}, {form}", right / len(rows), right, len(rows)))
            mistakes += [_mistake(f"{what}, {form}", row, key, getattr(each, what), each) for row, each in wrong]
    urgent, missed = _urgency(rows, whole)
    places, misplaced = score_places(given, names, find_with)
    return Evaluation(
        "residents",
        len(rows),
        (*scores, *urgent, *places),
        Counter(_pair(row, each.category) for row, each in zip(rows, whole, strict=True)),
        (*missed, *sorted(mistakes, key=lambda mistake: -mistake.confidence), *misplaced),
    )


def gazetteer_of(rows: Sequence[Row], names: Iterable[str] = ()) -> Gazetteer:
    """Every compound that is right for a row, and the names given."""
    right = (name for row in rows for name in row.accepted["compounds"] if name)
    return Gazetteer.build(
        CompoundEntry(number, name) for number, name in enumerate(dict.fromkeys((*right, *names)), 1)
    )


def _pair(row: Row, got: str) -> tuple[str, str]:
    accepted: list[str] = row.accepted["categories"]
    return (got if got in accepted else accepted[0], got)


def _mistake(what: str, row: Row, key: str, got: str, judged: Judged) -> Mistake:
    accepted = " / ".join(row.accepted[key])
    return Mistake(what, row.id, row.whole[:_SHOWN], accepted, got, judged.confidence)


def _urgency(rows: Sequence[Row], judged: Sequence[Judged]) -> tuple[list[Score], list[Mistake]]:
    """Rows on which both answers are right count for neither figure."""
    clear = [(row, each) for row, each in zip(rows, judged, strict=True) if len(row.accepted["urgent"]) == 1]
    needed = [(row, each) for row, each in clear if row.accepted["urgent"] == [1]]
    alarmed = [(row, each) for row, each in clear if each.urgent]
    hits = sum(each.urgent for _, each in needed)
    return (
        [
            Score("urgent recall", hits / len(needed) if needed else 1.0, hits, len(needed)),
            Score("urgent precision", hits / len(alarmed) if alarmed else 1.0, hits, len(alarmed)),
        ],
        [Mistake("urgent", row.id, row.whole[:_SHOWN], "1", "0") for row, each in needed if not each.urgent]
        + [
            Mistake("urgent", row.id, row.whole[:_SHOWN], "0", "1", 0.0)
            for row, each in alarmed
            if row.accepted["urgent"] == [0]
        ],
    )
