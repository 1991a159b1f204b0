"""Whether two tellings are of one event: the same object, a compatible category, near in place and time. Never by text
alone: without a place in common two tellings are not alike, however they are worded."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import exp
from typing import NamedTuple

from rapidfuzz import fuzz

from understanding.likeness_groups import Suggestions, suggest
from understanding.likeness_scope import compatible, is_wide, objects, same_object, shared_by_all
from understanding.likeness_telling import Likeness, Match, Telling
from understanding.likeness_terms import pairs
from understanding.segment import plain

__all__ = ["FLOOR", "Index", "Likeness", "Match", "Suggestions", "Telling", "alike", "likeness", "suggest"]

FLOOR = 0.5
"""From here on a person is asked; what is only near in place and category stays below."""
_READ = 200
"""Characters of a telling that are compared: people name the matter first."""
_WEEK, _FADES = 7.0, 60.0
"""Days in which nothing fades, and in which the rest falls to a third: after 30 days 0.68, after 60 0.41."""
_COMPARED = 12
_OTHER_ROOM = 0.5
_VOTES = 160
"""How often the rarest pairs of characters of a telling may name another one in all."""
_LEVELS = ("grid", "compound", "building", "unit", "spot")


class _Read(NamedTuple):
    telling: Telling
    text: str
    objects: dict[str, str]
    pairs: frozenset[str]
    wide: bool
    ids: tuple[int | None, ...]


def likeness(one: Telling, other: Telling) -> Likeness:
    """The score is the same both ways; `here` and `there` change sides."""
    here, there = _read(one), _read(other)
    score = _score(here, there)
    return Likeness(0.0) if score == 0.0 else _told(here, there, score)


def alike(
    telling: Telling, others: Iterable[Telling], *, limit: int = 3, floor: float = FLOOR
) -> list[tuple[str, Likeness]]:
    """As `Index.like`, for the few hundred that a query has narrowed down: about 5 µs each, more where one is read for
    the first time."""
    here, found = _read(telling), []
    for position, other in enumerate(others):
        there = _read(other)
        if (score := _score(here, there, floor)) >= floor and score > 0:
            found.append((-score, position, there))
    found.sort(key=lambda each: each[:2])
    return [(there.telling.id, _told(here, there, -score)) for score, _, there in found[:limit]]


class Index:
    """The open issues of a place. About 30 µs to add one, 100 µs to ask among 2,000."""

    def __init__(self, tellings: Iterable[Telling] = ()) -> None:
        self._read: dict[str, _Read] = {}
        self._areas: dict[tuple[str, int], dict[object, list[str]]] = {}
        for telling in tellings:
            self.add(telling)

    def __len__(self) -> int:
        return len(self._read)

    def add(self, telling: Telling) -> None:
        """A telling of a known id takes the earlier one's place."""
        if telling.id in self._read:
            self.remove(telling.id)
        read = _read(telling)
        self._read[telling.id] = read
        for area in _areas(telling):
            told = self._areas.setdefault(area, {})
            for key in _keys(read):
                if key in told:
                    told[key].append(telling.id)
                else:
                    told[key] = [telling.id]

    def remove(self, telling_id: str) -> None:
        read = self._read.pop(telling_id)
        for area in _areas(read.telling):
            for key in _keys(read):
                self._areas[area][key].remove(telling_id)

    def like(self, telling: Telling, *, limit: int = 3, floor: float = FLOOR) -> list[tuple[str, Likeness]]:
        """The likest first; the telling itself is not among them."""
        here = _read(telling)
        found = []
        for other_id in self._candidates(here):
            there = self._read[other_id]
            if other_id != telling.id and (score := _score(here, there, floor)) >= floor and score > 0:
                found.append((-score, other_id, there))
        found.sort()
        return [(other_id, _told(here, there, -score)) for score, other_id, there in found[:limit]]

    def _candidates(self, read: _Read) -> list[str]:
        """Those in the same place with the same object or most rare pairs of characters in common, the later added of
        many; at most `_COMPARED`."""
        votes: dict[str, int] = {}
        for area in _areas(read.telling):
            told = self._areas.get(area, {})
            for name in _widened(read.objects):
                for weight, key in ((8, ("unit", name, read.telling.unit_id)), (4, ("object", name))):
                    for other_id in told.get(key, ())[-_COMPARED:]:
                        votes[other_id] = votes.get(other_id, 0) + weight
            left = _VOTES
            for posting in sorted([told[pair] for pair in read.pairs if pair in told], key=len):
                left -= len(posting)
                if left < 0:
                    break
                for other_id in posting:
                    votes[other_id] = votes.get(other_id, 0) + 1
        return sorted(votes, key=votes.__getitem__, reverse=True)[:_COMPARED]


@lru_cache(maxsize=2048)
def _read(telling: Telling) -> _Read:
    """Some 3 kB each; the open issues of a compound are compared again and again."""
    text = plain(telling.text[:_READ])
    named = objects(text)
    ids = (telling.grid_id, telling.compound_id, telling.building_id, telling.unit_id, telling.spot_id)
    return _Read(telling, text, named, frozenset(pairs(text)), is_wide(telling.category, named), ids)


def _areas(telling: Telling) -> list[tuple[str, int]]:
    """Where it is looked for: its compound, and its grid, for one of the two may not have said the compound."""
    areas = (("compound", telling.compound_id), ("grid", telling.grid_id))
    return [(kind, area) for kind, area in areas if area is not None]


def _keys(read: _Read) -> list[object]:
    keys: list[object] = list(read.pairs)
    for name in _widened(read.objects):
        keys.append(("object", name))
        if read.telling.unit_id is not None:
            keys.append(("unit", name, read.telling.unit_id))
    return keys


def _widened(found: Iterable[str]) -> set[str]:
    return {part for name in found for part in (name, name.partition(".")[0])}


def _score(here: _Read, there: _Read, floor: float = 0.0) -> float:
    """0 for what cannot reach the floor, whatever the words."""
    one, other = here.telling, there.telling
    near = compatible(one.category, other.category)
    if near:
        near *= _place(one, other, here.wide and there.wide)
    if near:
        near *= _time(one, other) * _rooms(here, there)
    return near * _words(here, there) if near and near >= floor else 0.0


def _place(one: Telling, other: Telling, wide: bool) -> float:
    """0 where the places differ or nothing is known of one of them."""
    if one.compound_id is None or other.compound_id is None:
        return 0.6 if one.grid_id is not None and one.grid_id == other.grid_id else 0.0
    if one.compound_id != other.compound_id:
        return 0.0
    spots = None not in (one.spot_id, other.spot_id)
    if spots and one.spot_id == other.spot_id:
        return 1.0
    if one.unit_id is not None and one.unit_id == other.unit_id:
        return 1.0
    if wide:
        return 0.6 if spots else 0.9
    if None not in (one.unit_id, other.unit_id):
        return 0.0
    if None in (one.building_id, other.building_id):
        return 0.7
    return 0.8 if one.building_id == other.building_id else 0.0


def _rooms(here: _Read, there: _Read) -> float:
    """What two flats name is each one's own, unless it is of a kind that all of them have."""
    one, other = here.telling.room, there.telling.room
    if not one or not other or one == other or shared_by_all(here.objects.keys() & there.objects.keys()):
        return 1.0
    return _OTHER_ROOM


def _time(one: Telling, other: Telling) -> float:
    if one.at is None or other.at is None:
        return 0.9
    days = _days(one, other)
    return 1.0 if days <= _WEEK else exp((_WEEK - days) / _FADES)


def _days(one: Telling, other: Telling) -> float:
    if one.at is None or other.at is None:
        return 0.0
    apart = abs(one.at - other.at)
    return apart.days + apart.seconds / 86_400


def _words(here: _Read, there: _Read) -> float:
    """The same object is most of it; how it is worded, the rest; other objects are another matter."""
    ratio: float = fuzz.ratio(here.text, there.text) / 100
    if _common(here, there):
        return 0.75 + 0.25 * ratio
    fewer = min(len(here.pairs), len(there.pairs))
    text = max(ratio, len(here.pairs & there.pairs) / fewer) if fewer else ratio
    if not here.objects and not there.objects:
        return 0.9 * text
    return 0.4 * text if here.objects and there.objects else 0.25 + 0.65 * text


def _common(here: _Read, there: _Read) -> list[tuple[str, str]]:
    return [(one, other) for one in here.objects for other in there.objects if same_object(one, other)]


def _told(here: _Read, there: _Read, score: float) -> Likeness:
    one, other = here.telling, there.telling
    matched, differs = [], []
    same, unlike = _levels(here, there)
    if same:
        matched.append(Match("place", same, same))
    if unlike:
        differs.append(Match("place", unlike, unlike))
    common = _common(here, there)
    if not common and (run := _run_in_common(here, there)):
        matched.append(Match("words", (run,), (run,)))
    if common:
        words = (_unique(here.objects[a] for a, _ in common), _unique(there.objects[b] for _, b in common))
        matched.append(Match("words", *words))
    met_here, met_there = {a for a, _ in common}, {b for _, b in common}
    alone = tuple(word for name, word in here.objects.items() if name not in met_here)
    alone_there = tuple(word for name, word in there.objects.items() if name not in met_there)
    if alone or alone_there:
        differs.append(Match("words", alone, alone_there))
    if one.at is not None and other.at is not None:
        times = Match("time", (one.at.isoformat(),), (other.at.isoformat(),))
        (matched if _days(one, other) <= _WEEK else differs).append(times)
    if one.category and other.category:
        categories = Match("category", (one.category,), (other.category,))
        (matched if one.category == other.category else differs).append(categories)
    return Likeness(min(1.0, score), tuple(matched), tuple(differs))


def _levels(here: _Read, there: _Read) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The levels of the place known of both, alike and not."""
    same: list[str] = []
    unlike: list[str] = []
    for level, a, b in zip(_LEVELS, here.ids, there.ids, strict=True):
        if a is not None and b is not None:
            (same if a == b else unlike).append(level)
    return tuple(same), tuple(unlike)


def _run_in_common(here: _Read, there: _Read) -> str:
    """The longest words both have, of three characters and more."""
    best = ""
    for start in range(len(here.text)):
        while here.text[start : start + max(3, len(best) + 1)] in there.text:
            longer = here.text[start : start + max(3, len(best) + 1)]
            if len(longer) <= len(best) or len(longer) < 3:
                break
            best = longer
    return best.strip()


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
