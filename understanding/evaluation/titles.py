"""The trainable classifier: any texts with labels, cross-validated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from understanding.category.training import Progress, judge_in_folds, read_rows
from understanding.evaluation.report import Evaluation, Mistake, Score

_SHOWN = 140


def evaluate(path: Path, folds: int = 5, progress: Progress | None = None) -> Evaluation:
    return cross_validate(read_rows(path), folds=folds, progress=progress)


def cross_validate(rows: Iterable[tuple[str, str]], *, folds: int = 5, progress: Progress | None = None) -> Evaluation:
    """Stratified folds, each judged by the file trained on the others; macro-F1, accuracy and the surest mistakes."""
    given = list(rows)
    return _evaluated(given, judge_in_folds(given, folds=folds, progress=progress))


def _evaluated(rows: Sequence[tuple[str, str]], got: Sequence[tuple[str, float]]) -> Evaluation:
    pairs = Counter((label, judged) for (_, label), (judged, _) in zip(rows, got, strict=True))
    right = sum(number for (label, judged), number in pairs.items() if label == judged)
    shares = shares_of(pairs)
    mistakes = [
        Mistake("label", str(at + 1), text[:_SHOWN], label, judged, sure)
        for at, ((text, label), (judged, sure)) in enumerate(zip(rows, got, strict=True))
        if label != judged
    ]
    return Evaluation(
        "titles",
        len(rows),
        (
            Score("macro-F1", sum(shares.values()) / len(shares)),
            Score("accuracy", right / len(rows), right, len(rows)),
            *(Score(f"F1 of {label}", share) for label, share in shares.items()),
        ),
        dict(pairs),
        tuple(sorted(mistakes, key=lambda mistake: -mistake.confidence)),
    )


def shares_of(pairs: Mapping[tuple[str, str], int]) -> dict[str, float]:
    """F1 of each label expected."""
    shares = {}
    for label in dict.fromkeys(expected for expected, _ in pairs):
        right = pairs.get((label, label), 0)
        expected = sum(number for (one, _), number in pairs.items() if one == label)
        found = sum(number for (_, other), number in pairs.items() if other == label)
        shares[label] = 2 * right / (expected + found)
    return shares
