"""What all sides accept and where they split: people grouped by what they answered (k-means on the answer matrix).

In plain Python, for an item has some hundred people and some dozen sentences; the same answers always give the same
groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

AGREE, DISAGREE, UNDECIDED = 1, -1, 0
_MOST_GROUPS = 3
_SMALLEST = 0.15  # of all people; fewer are no side
_APART = 0.25  # mean silhouette from which there are sides at all
_ROUNDS = 50
_ACCEPTED = 0.7  # of a side, with one more for and one more against, so that few answers prove little
_SPLIT = 0.3  # between two sides

Answers = Mapping[int, int]  # question -> AGREE, DISAGREE or UNDECIDED
_Point = tuple[float, ...]


@dataclass(frozen=True)
class Count:
    """What some people answered to one question."""

    agree: int = 0
    disagree: int = 0
    undecided: int = 0

    @property
    def answers(self) -> int:
        return self.agree + self.disagree + self.undecided

    @property
    def leaning(self) -> float:
        """The share that agrees, drawn towards a half where few answered."""
        return (self.agree + 1) / (self.agree + self.disagree + 2)


@dataclass(frozen=True)
class Findings:
    """``total`` and ``sides``: by question; ``sides`` is empty where there are none. ``sizes``: people of each side,
    the largest first. ``accepted``: questions that all sides agree to, the clearest first; ``split``: where they differ
    most."""

    people: int
    total: Mapping[int, Count]
    sizes: tuple[int, ...]
    sides: tuple[Mapping[int, Count], ...]
    accepted: tuple[int, ...]
    split: tuple[int, ...]


def find(answers: Mapping[int, Answers], *, groups_from: int) -> Findings:
    """``answers``: of each person. From so many people on they are grouped; below, all count as one side."""
    questions = sorted({question for given in answers.values() for question in given})
    total = {question: _count(answers.values(), question) for question in questions}
    groups = _grouped(answers, questions) if len(answers) >= groups_from else []
    sides = tuple(
        {question: _count([answers[person] for person in group], question) for question in questions}
        for group in groups
    )
    judged = sides or (total,)
    weakest = {question: min(side[question].leaning for side in judged) for question in questions}
    gap = {
        question: max(side[question].leaning for side in judged) - weakest[question]
        if sides
        else 0.5 - abs(total[question].leaning - 0.5)
        for question in questions
    }
    accepted = [question for question in questions if weakest[question] >= _ACCEPTED]
    split = [question for question in questions if gap[question] >= _SPLIT and question not in accepted]
    if not sides:
        split = [question for question in split if min(total[question].agree, total[question].disagree) > 0]
    return Findings(
        len(answers),
        total,
        tuple(len(group) for group in groups),
        sides,
        tuple(sorted(accepted, key=lambda question: (-weakest[question], question))),
        tuple(sorted(split, key=lambda question: (-gap[question], question))),
    )


def _count(given: Iterable[Answers], question: int) -> Count:
    said = Counter(each[question] for each in given if question in each)
    return Count(said[AGREE], said[DISAGREE], said[UNDECIDED])


def _grouped(answers: Mapping[int, Answers], questions: Sequence[int]) -> list[list[int]]:
    """The people of each side, the largest first; nothing where they do not fall apart."""
    points = {
        person: tuple(float(given.get(question, 0)) for question in questions)
        for person, given in sorted(answers.items())
    }
    weights = Counter(points.values())
    best: tuple[float, list[int], list[_Point]] = (_APART, [], [])
    distinct = sorted(weights)
    for many in range(2, min(_MOST_GROUPS, len(distinct)) + 1):
        centres = _centres(distinct, weights, many)
        of = [_nearest(point, centres) for point in distinct]
        sizes: Counter[int] = Counter()
        for point, group in zip(distinct, of, strict=True):
            sizes[group] += weights[point]
        if min(sizes[group] for group in range(many)) < _SMALLEST * len(points):
            continue
        apart = _silhouette(distinct, weights, of, centres)
        if apart > best[0]:
            best = (apart, of, distinct)
    if not best[1]:
        return []
    group_of = dict(zip(best[2], best[1], strict=True))
    groups: dict[int, list[int]] = {}
    for person, point in points.items():
        groups.setdefault(group_of[point], []).append(person)
    return sorted(groups.values(), key=lambda group: (-len(group), group))


def _centres(points: Sequence[_Point], weights: Mapping[_Point, int], many: int) -> list[_Point]:
    """Lloyd's steps from the commonest answers and those farthest from them."""
    centres = [max(points, key=lambda point: (weights[point], point))]
    while len(centres) < many:
        centres.append(max(points, key=lambda point: (min(_far(point, centre) for centre in centres), point)))
    for _ in range(_ROUNDS):
        of = [_nearest(point, centres) for point in points]
        moved = []
        for n, centre in enumerate(centres):
            own = [point for point, group in zip(points, of, strict=True) if group == n]
            weight = sum(weights[point] for point in own)
            moved.append(
                tuple(sum(weights[p] * p[axis] for p in own) / weight for axis in range(len(centre)))
                if weight
                else centre
            )
        if moved == centres:
            break
        centres = moved
    return centres


def _silhouette(
    points: Sequence[_Point], weights: Mapping[_Point, int], of: Sequence[int], centres: Sequence[_Point]
) -> float:
    """How much nearer people are to their own side than to the next, on average (by the centres): 0 to 1."""
    found = 0.0
    for point, group in zip(points, of, strict=True):
        own = _far(point, centres[group]) ** 0.5
        next_best = min(_far(point, centre) for n, centre in enumerate(centres) if n != group) ** 0.5
        found += weights[point] * ((next_best - own) / next_best if next_best else 0.0)
    return found / sum(weights.values())


def _nearest(point: _Point, centres: Sequence[_Point]) -> int:
    return min(range(len(centres)), key=lambda n: (_far(point, centres[n]), n))


def _far(one: _Point, other: _Point) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
