"""Training of a model from texts with labels. The only module that imports scikit-learn, and only when it trains.

The classifier is a linear support vector machine on sublinear TF-IDF, each feature scaled by how much it tells of the
class (Wang and Manning, Baselines and Bigrams, 2012); of a community's own rows those most like a text vote too. What
is returned is what is measured: rounded to eight bits.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from understanding.category.classify import CATEGORIES, clues, hints
from understanding.category.features import HINT, HINTED, Floats, count, weighed
from understanding.category.labelled import UnfitRows, read_rows
from understanding.category.model import Head, Model
from understanding.category.neighbours import Neighbours
from understanding.courtesy import without_courtesy, without_doors
from understanding.segment import LONGEST, cut, plain

__all__ = [
    "LEAST_ROWS",
    "Progress",
    "Sample",
    "TrainingUnavailable",
    "UnfitRows",
    "corpus_digest",
    "fit",
    "judge_in_folds",
    "read_rows",
    "train",
]

LEAST_ROWS = 5
"""Rows a label needs: one for each fold."""
_RARE = 2
"""Texts in which a feature must occur."""
_PLAIN_SHARE = 0.5
"""Added to the class-wise scale of each feature, so that those which tell little still count."""
_STRICTNESS = 0.2
"""C of the support vector machine."""
_REACH = 3
"""Words apart that are learnt together from a community's rows; from our own texts it gains nothing."""

Progress = Callable[[int, int], None]
"""Steps done, steps in all."""


LEANINGS: Mapping[str, Mapping[str, float]] = {}


class TrainingUnavailable(RuntimeError):
    """scikit-learn is not installed."""

    def __init__(self) -> None:
        super().__init__("training needs scikit-learn: pip install 'zhuoluo[train]'")


class Sample(NamedTuple):
    """A text, its answer to each head, and hints as at run time."""

    text: str
    answers: Mapping[str, str]
    hints: Mapping[str, float] = {}


def train(rows: Iterable[tuple[str, str]], *, progress: Progress | None = None) -> bytes:
    """A model file with one head, "label". The same rows in the same order give the same bytes."""
    given = list(rows)
    check([label for _, label in given])
    return _fit_own(_samples(given), progress=progress).dumps()


def _samples(rows: Sequence[tuple[str, str]]) -> list[Sample]:
    return [Sample(text, {"label": label}, clues(text)) for text, label in rows]


def _fit_own(samples: Sequence[Sample], *, calibrated: bool = True, progress: Progress | None = None) -> Model:
    return fit(samples, reach=_REACH, neighbours=True, calibrated=calibrated, progress=progress)


def check(labels: Sequence[str]) -> None:
    """Raises UnfitRows unless there are two labels and enough rows of each."""
    numbers = Counter(labels)
    if len(numbers) < 2:
        raise UnfitRows("one_label", f"two labels are needed, found {len(numbers)}", labels=tuple(numbers))
    rare = {label: number for label, number in numbers.items() if number < LEAST_ROWS}
    if rare:
        named = ", ".join(f"{label} ({number})" for label, number in rare.items())
        raise UnfitRows("few_rows", f"labels with fewer than {LEAST_ROWS} rows: {named}", labels=rare)


def fit(
    samples: Sequence[Sample],
    *,
    reach: int = 0,
    neighbours: bool = False,
    of: str = "",
    leanings: Mapping[str, Mapping[str, float]] | None = None,
    calibrated: bool = True,
    progress: Progress | None = None,
) -> Model:
    """A model of all heads the samples answer. `leanings` are added to the scores of a head's labels, in logits.
    With `neighbours`, which is for one head, the texts most like one are asked too."""
    near = [sample.text for sample in samples] if neighbours else None
    texts = _Texts(samples, reach)
    heads: list[Head] = []
    columns: list[tuple[NDArray[Any], NDArray[Any]]] = []
    names = list(samples[0].answers)
    report = progress or (lambda done, of: None)
    for number, name in enumerate(names):
        report(number, len(names))
        answers = np.array([sample.answers[name] for sample in samples])
        labels = tuple(dict.fromkeys(answers.tolist()))
        weights, offsets = _separate(texts.features, answers, labels)
        heat = _temperature(texts.features, answers, labels, near) if calibrated else 0.3
        offsets += heat * np.array([(leanings or {}).get(name, {}).get(label, 0.0) for label in labels])
        heads.append(Head(name, labels, sum([len(head.labels) for head in heads]), heat))
        columns.append((weights, offsets))
    report(len(names), len(names))
    weights = np.concatenate([part for part, _ in columns], axis=1)
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    rounded = np.rint(weights / scales).astype(np.int8)
    offsets = np.concatenate([part for _, part in columns]).astype(np.float32)
    return Model(
        heads,
        texts.vocabulary,
        texts.rarity,
        rounded,
        scales.astype(np.float32),
        offsets,
        reach=reach,
        of=of,
        neighbours=None if near is None else Neighbours.among(near, _numbered(answers, labels)),
    )


class _Texts:
    """The texts as a sparse matrix of features, exactly as a model weighs them."""

    def __init__(self, samples: Sequence[Sample], reach: int = 0) -> None:
        known: dict[str, int] = {}
        texts = [sample.text[:LONGEST] for sample in samples]
        counted = [
            count(text, cut(plain(text)), lambda gram: known.setdefault(gram, len(known)), reach=reach)
            for text in texts
        ]
        numbers = np.zeros(len(known), np.int64)
        for whole, *_ in counted:
            numbers[list(whole)] += 1
        kept = np.flatnonzero(numbers >= _RARE).tolist()
        grams = list(known)
        hints = sorted({name for sample in samples for name in sample.hints})
        self.vocabulary = [grams[old] for old in kept] + [HINT + name for name in hints]
        idf = np.log((1 + len(samples)) / (1 + numbers[kept])) + 1
        self.rarity: Floats = np.concatenate([idf, np.zeros(len(hints))]).astype(np.float32)
        new = {old: at for at, old in enumerate(kept)}
        column = {name: len(kept) + at for at, name in enumerate(hints)}
        rows = []
        for sample, counts in zip(samples, counted, strict=True):
            frequent = [{new[old]: times for old, times in each.items() if old in new} for each in counts]
            hinted = {column[name]: HINTED * strength for name, strength in sample.hints.items()}
            rows.append(weighed(frequent, self.rarity) | hinted)
        self.features = _sparse(rows, len(self.vocabulary))


def _sparse(rows: Sequence[Mapping[int, float]], columns: int) -> Any:
    try:
        from scipy.sparse import csr_matrix
    except ImportError:
        raise TrainingUnavailable from None
    ends = np.cumsum([0, *(len(row) for row in rows)])
    ids = np.fromiter((number for row in rows for number in row), np.int32, int(ends[-1]))
    values = np.fromiter((value for row in rows for value in row.values()), np.float64, int(ends[-1]))
    return csr_matrix((values, ids, ends), shape=(len(rows), columns))


def _separate(features: Any, answers: NDArray[Any], labels: Sequence[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    """One column of weights and one offset for each label."""
    try:
        from scipy.sparse import diags
        from sklearn.svm import LinearSVC
    except ImportError:
        raise TrainingUnavailable from None
    present = (features > 0).astype(np.float64)
    everywhere = np.asarray(present.sum(axis=0)).ravel()
    weights = np.zeros((features.shape[1], len(labels)))
    offsets = np.zeros(len(labels))
    for at, label in enumerate(labels):
        chosen = answers == label
        inside = np.asarray(present[chosen].sum(axis=0)).ravel() + 1
        outside = everywhere - inside + 2
        telling = np.abs(np.log((inside / inside.sum()) / (outside / outside.sum()))) + _PLAIN_SHARE
        machine = LinearSVC(C=_STRICTNESS, random_state=0).fit(features @ diags(telling), chosen)
        weights[:, at] = machine.coef_[0] * telling
        offsets[at] = machine.intercept_[0]
    return weights, offsets


def _numbered(answers: NDArray[Any], labels: Sequence[str]) -> list[int]:
    numbers = {label: number for number, label in enumerate(labels)}
    return [numbers[answer] for answer in answers.tolist()]


def _temperature(features: Any, answers: NDArray[Any], labels: Sequence[str], near: Sequence[str] | None) -> float:
    """By which scores are divided so that confidences are true, found on thirds that were not learnt."""
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros((len(answers), len(labels)))
    for learnt, held in StratifiedKFold(3, shuffle=True, random_state=0).split(answers, answers):
        weights, offsets = _separate(features[learnt], answers[learnt], labels)
        scores[held] = features[held] @ weights + offsets
        if near is not None:
            neighbours = Neighbours.among([near[at] for at in learnt], _numbered(answers[learnt], labels))
            scores[held] += [neighbours.votes(near[at], len(labels)) for at in held]
    right = np.array(_numbered(answers, labels))

    def surprise(heat: float) -> float:
        heated = scores / heat
        heated -= heated.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(heated).sum(axis=1)) - heated[np.arange(len(right)), right]))

    return min((round(float(heat), 3) for heat in np.geomspace(0.05, 2.0, 60)), key=surprise)


def judge_in_folds(
    rows: Sequence[tuple[str, str]], *, folds: int = 5, progress: Progress | None = None
) -> list[tuple[str, float]]:
    """Label and confidence for each row, by the model file that the other (stratified) folds make."""
    try:
        from sklearn.model_selection import StratifiedKFold
    except ImportError:
        raise TrainingUnavailable from None
    labels = np.array([label for _, label in rows])
    check(labels.tolist())
    report = progress or (lambda done, of: None)
    samples = _samples(rows)
    got = [("", 0.0)] * len(rows)
    for number, (learnt, held) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=0).split(labels, labels)):
        report(number, folds)
        model = Model.loads(_fit_own([samples[at] for at in learnt], calibrated=False).dumps())
        for at in held.tolist():
            judged = model.judge(samples[at].text, hints=samples[at].hints)
            got[at] = (judged.label, judged.confidence)
    report(folds, folds)
    return got


CORPUS = files("understanding.category").joinpath("corpus")


def corpus() -> list[Sample]:
    """The texts written for this program, one file for each category."""
    samples = []
    for category in sorted(CATEGORIES):
        with CORPUS.joinpath(f"{category}.csv").open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                answers = {"category": category, "nature": row["nature"]}
                text = without_courtesy(without_doors(plain(row["text"])))
                samples.append(Sample(text, answers, hints(text)))
    return samples


def corpus_digest() -> str:
    """Of the texts and the known words: changed with either."""
    digest = hashlib.sha256()
    read = [CORPUS.joinpath(f"{category}.csv") for category in sorted(CATEGORIES)]
    for file in (*read, files("understanding.category").joinpath("keywords.toml")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Trains the shipped model anew and writes it where the program reads it."""
    made = fit(corpus(), of=corpus_digest(), leanings=LEANINGS).dumps()
    path = Path(__file__).with_name("shipped.model")
    path.write_bytes(made)
    sys.stdout.write(f"{path.name}: {len(made)} bytes\n")


if __name__ == "__main__":
    main()
