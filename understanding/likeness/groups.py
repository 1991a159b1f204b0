"""Which tellings of a file seem to tell the same event, when nothing but their texts says where they are.

Two tellings are alike where they name the same and say the same of it: the geometric mean of the cosine of their names
and the cosine of their other words. Tellings are joined by the mean likeness of their groups, so that one odd pair
joins nothing, and a group is of one matter, not of one place.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import exp, log, sqrt
from typing import NamedTuple

from understanding.category.classify import classify
from understanding.dictionary import tokenizer
from understanding.likeness.scope import doors_differ, own_doors, told_of
from understanding.likeness.telling import Telling
from understanding.likeness.terms import TITLE_COUNTS, Terms, terms
from understanding.segment import LONGEST, plain

_PAGES = 1000
"""A smaller file is taken for a piece of one of so many texts: words common in Chinese stay common in it."""
_WORDS_A_TEXT = 150
_READ = 60
"""Characters from which a category is taken: people name the matter first."""
_USUAL_MARK = 0.1
"""Share of all texts that have an object or a category in common, where the file is too small to tell."""
_JOIN, _JOIN_ALONE = 0.08, 0.10
"""Groups of a and b tellings are joined from a mean likeness of _JOIN + _JOIN_ALONE / sqrt(ab): two single letters need
0.18, large groups little more than 0.08, for a mean over many pairs is surer. From 0.06 to 0.10 the events measured
stay the same but for a row or two; what changes is how many small groups there are beside them."""
_COPY = 0.6
"""Cosine of the words from which a text is the other one's copy, though nothing in it is found to be a name."""
_APART = 0.3
_LEAST = 0.01
_YEAR = 365.0

Vector = Mapping[str, float]
Near = dict[int, dict[int, float]]


class Suggestions(NamedTuple):
    """`groups` have no member in common, and `pairs` are all pairs inside them, with a score from 0.5 (worth asking)
    to 1 (the same words); both in the order of the ids."""

    pairs: list[tuple[str, str, float]]
    groups: list[list[str]]


def suggest(tellings: Sequence[Telling]) -> Suggestions:
    """What would be suggested as the same event, one raiser's second telling included. The order of the tellings does
    not matter; ids must differ."""
    ordered = sorted(tellings, key=lambda telling: telling.id)
    near = _near(ordered)
    groups = [sorted(group) for group in _join(len(ordered), near) if len(group) > 1]
    found = []
    for group in groups:
        inside = list(combinations(group, 2))
        mean = sum(near[a].get(b, 0.0) for a, b in inside) / len(inside)
        for a, b in inside:
            score = 0.5 + 0.5 * min(1.0, max(mean, near[a].get(b, 0.0)))
            found.append((ordered[a].id, ordered[b].id, round(score, 3)))
    return Suggestions(sorted(found), sorted([ordered[index].id for index in group] for group in groups))


class _Told(NamedTuple):
    telling: Telling
    terms: Terms
    doors: frozenset[tuple[str, str]]


def _near(tellings: Sequence[Telling]) -> Near:
    """The likeness of all pairs that are alike at all, both ways."""
    told = [_told(telling) for telling in tellings]
    names, matters = _vectors([each.terms.names for each in told]), _vectors([each.terms.matter for each in told])
    named = _products(names)
    near: Near = {index: {} for index in range(len(tellings))}
    for a, b in sorted(named.keys() | _copies([each.terms.matter for each in told])):
        matter = _cosine(matters[a], matters[b])
        likeness = sqrt(named.get((a, b), 0.0) * matter)
        if likeness > _LEAST or matter >= _COPY:
            apart = _apart(told[a], told[b])
            if matter >= _COPY and (not apart or _one_raiser(told[a], told[b])):
                likeness = max(likeness, matter)
            elif apart:
                likeness *= _APART
            near[a][b] = near[b][a] = min(1.0, likeness * _fading(told[a], told[b]))
    return near


def _told(telling: Telling) -> _Told:
    """With the objects it is about as further words, one word for all their names, and its category as another; no
    more than one, or all that a school's neighbours tell of it would be one matter."""
    title, detail = telling.title[:LONGEST], telling.detail[:LONGEST]
    found = terms(title, detail)
    matter = Counter(found.matter)
    for text, count in ((title, TITLE_COUNTS), (detail, 1)):
        matter.update({f"#{name}": count for name in told_of(plain(text))})
    category = telling.category or classify(plain((title or detail)[:_READ])).label
    if category != "other":
        matter[f"@{category}"] = 1
    return _Told(telling, found._replace(matter=matter), own_doors(title or detail))


def _fading(one: _Told, other: _Told) -> float:
    """1 within a year, then less."""
    if one.telling.at is None or other.telling.at is None:
        return 1.0
    days = abs(one.telling.at - other.telling.at).days
    return min(1.0, exp((_YEAR - days) / _YEAR))


def _one_raiser(one: _Told, other: _Told) -> bool:
    return bool(one.telling.raiser) and one.telling.raiser == other.telling.raiser


def _apart(one: _Told, other: _Told) -> bool:
    """Whether each is of places of which the other knows nothing, or both are of doors, none of them the same, in a
    matter that is a door's own."""
    if doors_differ(one.doors, other.doors):
        return True
    return _elsewhere(one.terms, other.terms) and _elsewhere(other.terms, one.terms)


def _elsewhere(one: Terms, other: Terms) -> bool:
    """Whether the first is of known places, and the second knows at most half the pairs of each."""
    return bool(one.places) and all(len(place & other.all) <= 0.5 * len(place) for place in one.places)


def _vectors(counted: Sequence[Mapping[str, int]]) -> list[dict[str, float]]:
    """Of length 1, each term weighing the more, the fewer texts tell it."""
    texts = Counter(term for terms_ in counted for term in terms_)
    padding = max(0, _PAGES - len(counted))
    dictionary = tokenizer() if padding else None
    total = len(counted) + padding
    weight = {}
    for term, count in texts.items():
        usual = _USUAL_MARK if term[0] in "#@" else 0.0
        if dictionary is not None and not usual:
            usual = 1 - exp(-_WORDS_A_TEXT * dictionary.FREQ.get(term, 0) / dictionary.total)
        weight[term] = log(total / (count + padding * usual)) if count + padding * usual < total / 2 else 0.0
    vectors = []
    for terms_ in counted:
        vector = {term: (1 + log(count)) * weight[term] for term, count in terms_.items() if weight[term] > 0}
        length = sqrt(sum(value * value for value in vector.values()))
        vectors.append({term: value / length for term, value in vector.items()})
    return vectors


def _products(vectors: Sequence[Vector]) -> dict[tuple[int, int], float]:
    """The cosines above nothing, found term by term; the first of each pair is the smaller index."""
    tellers: dict[str, list[tuple[int, float]]] = {}
    products: dict[tuple[int, int], float] = {}
    for index, vector in enumerate(vectors):
        for term, value in vector.items():
            for before, weight in tellers.get(term, ()):
                products[before, index] = products.get((before, index), 0.0) + weight * value
            tellers.setdefault(term, []).append((index, value))
    return products


def _copies(counted: Sequence[Mapping[str, int]]) -> Iterable[tuple[int, int]]:
    """Pairs with five and more terms in common that hardly anybody else tells."""
    tellers: dict[str, list[int]] = {}
    for index, terms_ in enumerate(counted):
        for term in terms_:
            tellers.setdefault(term, []).append(index)
    common = Counter(pair for told in tellers.values() if 2 <= len(told) <= 4 for pair in combinations(told, 2))
    return {pair for pair, count in common.items() if count >= 5}


def _cosine(one: Vector, other: Vector) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(value * other[term] for term, value in one.items() if term in other)


def _join(count: int, near: Near) -> list[list[int]]:
    """The nearest groups first, by mean likeness, until none is near enough."""
    groups = {index: [index] for index in range(count)}
    sums = {index: dict(neighbours) for index, neighbours in near.items()}
    queue: list[tuple[float, tuple[int, int], int, int]] = []

    def consider(one: int, other: int) -> None:
        links = len(groups[one]) * len(groups[other])
        mean = sums[one][other] / links
        if mean >= _JOIN + _JOIN_ALONE / sqrt(links):
            first = (groups[one][0], groups[other][0])
            heapq.heappush(queue, (-round(mean, 9), (min(first), max(first)), one, other))

    for one, neighbours in near.items():
        for other in neighbours:
            if one < other:
                consider(one, other)
    fresh = count
    while queue:
        _, _, one, other = heapq.heappop(queue)
        if one not in groups or other not in groups:
            continue
        groups[fresh] = sorted(groups.pop(one) + groups.pop(other))
        merged = sums.pop(one)
        for index, value in sums.pop(other).items():
            merged[index] = merged.get(index, 0.0) + value
        sums[fresh] = {index: value for index, value in merged.items() if index in groups}
        for index, value in sums[fresh].items():
            sums[index].pop(one, None)
            sums[index].pop(other, None)
            sums[index][fresh] = value
            consider(fresh, index)
        fresh += 1
    return list(groups.values())
