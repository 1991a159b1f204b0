"""The plain way to tell categories: character n-grams, TF-IDF and a linear model in scikit-learn, on the same texts.

For the figures of ``zhuoluo evaluate`` to stand beside: the same corpus, the same rows, the same folds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from understanding.category.training import corpus, read_rows
from understanding.evaluation.report import Score


def plain_classifier() -> Pipeline:
    """Nothing chosen by us: scikit-learn's own values, n-grams of one to three characters."""
    return make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True), LinearSVC())


def residents(path: Path) -> list[Score]:
    """Category and nature of the rows of residents-dev.jsonl, learnt from the shipped corpus."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    samples = corpus()
    scores = []
    for head, key in (("category", "categories"), ("nature", "natures")):
        learnt = plain_classifier().fit([s.text for s in samples], [s.answers[head] for s in samples])
        whole = [f"{row['title']}。{row['detail']}" for row in rows]
        for form, texts in (("title + detail", whole), ("title", [row["title"] for row in rows])):
            scores.append(_share(f"{head}, {form}", learnt.predict(texts), [row[key] for row in rows]))
    return scores


def titles(path: Path, folds: int = 5) -> list[Score]:
    """Macro-F1 and accuracy of the titles, in the folds in which ours is measured."""
    rows = read_rows(path)
    labels = [label for _, label in rows]
    folded = StratifiedKFold(folds, shuffle=True, random_state=0)
    got = cross_val_predict(plain_classifier(), [text for text, _ in rows], labels, cv=folded)
    right = sum(one == other for one, other in zip(got, labels, strict=True))
    return [
        Score("macro-F1", float(f1_score(labels, got, average="macro"))),
        Score("accuracy", right / len(rows), right, len(rows)),
    ]


def _share(name: str, got: Sequence[str], accepted: Sequence[Sequence[str]]) -> Score:
    right = sum(one in any_of for one, any_of in zip(got, accepted, strict=True))
    return Score(name, right / len(accepted), right, len(accepted))
