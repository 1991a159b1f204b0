"""Address lines with labelled spans: how many of the spans `spans.parse` finds exactly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from understanding.address.numbers import CELL, FLOOR, HOUSE, ROOM
from understanding.address.spans import POI, Labelled, parse
from understanding.evaluation.report import Evaluation, Mistake, Score, f1

KIND = "addresses"
LABELS = (HOUSE, CELL, FLOOR, ROOM, POI)

_LONGEST_TEXT = 80


def evaluate(
    path: Path, limit: int | None = None, *, read_with: Callable[[str], Iterable[Labelled]] = parse
) -> Evaluation:
    """F1 of exact (label, start, end) for each label over a file of JSON lines with `text` and `spans`, of which
    `limit` are read. The confusion table counts spans found at the right place under another label; the worst rows
    first."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    confusion: Counter[tuple[str, str]] = Counter()
    worst: list[tuple[int, Mistake]] = []
    rows = 0
    for rows, (text, labelled) in enumerate(islice(_rows(path), limit), start=1):
        read = set(read_with(text))
        for label, spans in ((right, labelled & read), (found, read), (expected, labelled)):
            label.update(span[0] for span in spans)
        confusion.update(_confused(labelled, read))
        if wrong := len(labelled ^ read):
            shown = text[:_LONGEST_TEXT]
            mistake = Mistake("spans", str(rows), shown, _shown(text, labelled - read), _shown(text, read - labelled))
            worst.append((wrong, mistake))
    worst.sort(key=lambda each: -each[0])
    scores = tuple(
        Score(f"{label} F1", f1(right[label], found[label], expected[label]), right[label], expected[label])
        for label in LABELS
    )
    return Evaluation(KIND, rows, scores, dict(confusion), tuple(mistake for _, mistake in worst))


def _rows(path: Path) -> Iterator[tuple[str, set[Labelled]]]:
    with path.open(encoding="utf-8-sig") as lines:
        for line in lines:
            if line.strip():
                row = json.loads(line)
                yield row["text"], {(label, start, end) for label, start, end in row["spans"] if label in LABELS}


def _confused(labelled: set[Labelled], read: set[Labelled]) -> Iterator[tuple[str, str]]:
    given = {(start, end): label for label, start, end in read}
    for label, start, end in labelled:
        yield label, given.get((start, end), "")


def _shown(text: str, spans: Iterable[Labelled]) -> str:
    return " ".join(f"{label}:{text[start:end]}" for label, start, end in sorted(spans, key=lambda span: span[1]))
