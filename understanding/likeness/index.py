"""Whether two tellings are of one event: the same object, a compatible category, near in place and time. Never by text
alone: without a place in common two tellings are not alike, however they are worded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import exp
from sys import intern
from typing import NamedTuple

from rapidfuzz import fuzz

from understanding.likeness.groups import Suggestions, suggest
from understanding.likeness.scope import compatible, is_wide, objects, same_object, shared_by_all
from understanding.likeness.telling import Likeness, Match, Telling
from understanding.likeness.terms import pairs
from understanding.segment import plain

__all__ = ["FLOOR", "Index", "Likeness", "Match", "Suggestions", "Telling", "alike", "compare", "likeness", "suggest"]

FLOOR = 0.5
"""From here on a person is asked; what is only near in place and category stays below."""
_READ = 200
"""Characters of a telling that are compared: people name the matter first."""
_WEEK, _FADES = 7.0, 60.0
"""Days in which nothing fades, and in which the rest falls to a third: after 30 days 0.68, after 60 0.41."""
_COMPARED = 12
_OTHER_ROOM = 0.5
_NO_OBJECT = 0.25 + 0.65
"""What the same words are worth where they name no object."""
_VOTES = 160
"""How often the rarest pairs of characters of a telling may name another one in all."""
_LEVELS = ("grid", "compound", "building", "unit", "spot")


class _Read(NamedTuple):
    """What a text names. `widened` are the names and the kinds they are of."""

    text: str
    objects: Mapping[str, str]
    widened: frozenset[str]
    wide: bool


class _Near(NamedTuple):
    """One that may be alike: `most` is the score it has at most, whatever the words, `near` that of the same words."""

    most: float
    order: int | str
    telling: Telling
    read: _Read
    near: float


def likeness(one: Telling, other: Telling) -> Likeness:
    """The score is the same both ways; `here` and `there` change sides."""
    found = _best(one, [(0, other)], limit=1, floor=0.0)
    return found[0][1] if found else Likeness(0.0)


def compare(one: Telling, other: Telling) -> Likeness:
    """As `likeness`, and what matches and what differs even where they cannot be of one event."""
    found = likeness(one, other)
    if found.matched or found.differs:
        return found
    return _told(one, _read_of(one), _Near(0.0, 0, other, _read_of(other), 0.0), 0.0)


def alike(
    telling: Telling, others: Iterable[Telling], *, limit: int = 3, floor: float = FLOOR
) -> list[tuple[str, Likeness]]:
    """As `Index.like`, for the few hundred that a query has narrowed down: about 2 µs each, 15 where one is read for
    the first time."""
    return _best(telling, enumerate(others), limit=limit, floor=floor)


class Index:
    """The open issues of a place. About 30 µs to add one, 100 µs to ask among 2,000."""

    def __init__(self, tellings: Iterable[Telling] = ()) -> None:
        self._tellings: dict[str, Telling] = {}
        self._areas: dict[tuple[str, int], dict[object, list[str]]] = {}
        for telling in tellings:
            self.add(telling)

    def __len__(self) -> int:
        return len(self._tellings)

    def add(self, telling: Telling) -> None:
        """A telling of a known id takes the earlier one's place."""
        if telling.id in self._tellings:
            self.remove(telling.id)
        self._tellings[telling.id] = telling
        keys = _keys(telling)
        for area in _areas(telling):
            told = self._areas.setdefault(area, {})
            for key in keys:
                if key in told:
                    told[key].append(telling.id)
                else:
                    told[key] = [telling.id]

    def remove(self, telling_id: str) -> None:
        telling = self._tellings.pop(telling_id)
        keys = _keys(telling)
        for area in _areas(telling):
            for key in keys:
                self._areas[area][key].remove(telling_id)

    def like(self, telling: Telling, *, limit: int = 3, floor: float = FLOOR) -> list[tuple[str, Likeness]]:
        """The likest first; the telling itself is not among them."""
        ids = [each for each in self._candidates(telling) if each != telling.id]
        return _best(telling, [(each, self._tellings[each]) for each in ids], limit=limit, floor=floor)

    def _candidates(self, telling: Telling) -> list[str]:
        """Those in the same place with the same object or most rare pairs of characters in common, the later added of
        many; at most `_COMPARED`."""
        votes: dict[str, int] = {}
        read = _read_of(telling)
        for area in _areas(telling):
            told = self._areas.get(area, {})
            for name in read.widened:
                for weight, key in ((8, ("unit", name, telling.unit_id)), (4, ("object", name))):
                    for other_id in told.get(key, ())[-_COMPARED:]:
                        votes[other_id] = votes.get(other_id, 0) + weight
            left = _VOTES
            for posting in sorted([told[pair] for pair in _pairs(read.text) if pair in told], key=len):
                left -= len(posting)
                if left < 0:
                    break
                for other_id in posting:
                    votes[other_id] = votes.get(other_id, 0) + 1
        return sorted(votes, key=votes.__getitem__, reverse=True)[:_COMPARED]


def _read_of(telling: Telling) -> _Read:
    return _read(telling.text[:_READ], telling.category)


@lru_cache(maxsize=2048)
def _read(text: str, category: str) -> _Read:
    """Some 1 kB each; the open issues of a compound are compared again and again."""
    text = plain(text)
    named = objects(text)
    return _Read(text, named, frozenset(_widened(named)), is_wide(category, named))


@lru_cache(maxsize=2048)
def _pairs(text: str) -> tuple[str, ...]:
    """Some 1 kB each, the same pair being the same string for all texts."""
    return tuple(dict.fromkeys(map(intern, pairs(text))))


def _areas(telling: Telling) -> list[tuple[str, int]]:
    """Where it is looked for: its compound, and its grid, for one of the two may not have said the compound."""
    areas = (("compound", telling.compound_id), ("grid", telling.grid_id))
    return [(kind, area) for kind, area in areas if area is not None]


def _keys(telling: Telling) -> list[object]:
    read = _read_of(telling)
    keys: list[object] = list(_pairs(read.text))
    for name in read.widened:
        keys.append(("object", name))
        if telling.unit_id is not None:
            keys.append(("unit", name, telling.unit_id))
    return keys


def _widened(found: Iterable[str]) -> set[str]:
    return {part for name in found for part in (name, name.partition(".")[0])}


def _best(
    one: Telling, others: Iterable[tuple[int | str, Telling]], *, limit: int, floor: float
) -> list[tuple[str, Likeness]]:
    """The likest first, then in order. Words are compared only while they can make one of the likest."""
    here = _read_of(one)
    mine = frozenset(_pairs(here.text))
    found: list[tuple[float, int | str, _Near]] = []
    least = floor
    for each in sorted(_near(one, here, others, floor), key=lambda near: (-near.most, near.order)):
        if each.most < least:
            break
        score = each.near * _words(here, mine, each.read, least / each.near)
        if score < least or score == 0.0:
            continue
        found.append((-score, each.order, each))
        if len(found) >= limit:
            found.sort(key=lambda scored: scored[:2])
            del found[limit:]
            least = -found[-1][0] if found else 2.0
    found.sort(key=lambda scored: scored[:2])
    return [(near.telling.id, _told(one, here, near, -score)) for score, _, near in found]


def _near(one: Telling, here: _Read, others: Iterable[tuple[int | str, Telling]], floor: float) -> Iterator[_Near]:
    """Those that reach the floor by category, place and time; what is cheap to tell is asked first."""
    categories: dict[str, float] = {}
    for order, other in others:
        near = categories.get(other.category)
        if near is None:
            near = categories[other.category] = compatible(one.category, other.category)
        place = _place(one, other, here.wide) if near else 0.0
        if place == 0.0:
            continue
        there = _read_of(other)
        near *= _far(one, other, there.wide) if place is None else place
        words = _at_most(here, there) if near else 0.0
        if not words or near * words < floor:
            continue
        near *= _time(one, other) * _rooms(one, here, other, there)
        if near * words >= floor:
            yield _Near(near * words, order, other, there, near)


def _place(one: Telling, other: Telling, wide: bool) -> float | None:
    """0 where the places differ or nothing is known of one of them, None where it depends on how wide the other's
    matter is."""
    if one.compound_id is None or other.compound_id is None:
        return 0.6 if one.grid_id is not None and one.grid_id == other.grid_id else 0.0
    if one.compound_id != other.compound_id:
        return 0.0
    if one.spot_id is not None and one.spot_id == other.spot_id:
        return 1.0
    if one.unit_id is not None and one.unit_id == other.unit_id:
        return 1.0
    return None if wide else _far(one, other, False)


def _far(one: Telling, other: Telling, wide: bool) -> float:
    """In one compound, and in no spot nor unit that is the same."""
    if wide:
        return 0.6 if one.spot_id is not None and other.spot_id is not None else 0.9
    if one.unit_id is not None and other.unit_id is not None:
        return 0.0
    if one.building_id is None or other.building_id is None:
        return 0.7
    return 0.8 if one.building_id == other.building_id else 0.0


def _rooms(one: Telling, here: _Read, other: Telling, there: _Read) -> float:
    """What two flats name is each one's own, unless it is of a kind that all of them have."""
    if not one.room or not other.room or one.room == other.room:
        return 1.0
    return 1.0 if shared_by_all(here.objects.keys() & there.objects.keys()) else _OTHER_ROOM


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


def _same(here: _Read, there: _Read) -> bool:
    """Whether they have an object in common (`same_object`)."""
    if here.widened.isdisjoint(there.widened):
        return False
    return not (here.widened.isdisjoint(there.objects) and there.widened.isdisjoint(here.objects))


def _at_most(here: _Read, there: _Read) -> float:
    """What `_words` gives for the same words."""
    if _same(here, there):
        return 1.0
    return 0.4 if here.objects and there.objects else _NO_OBJECT


def _words(here: _Read, mine: frozenset[str], there: _Read, least: float) -> float:
    """The same object is most of it; how it is worded, the rest; other objects are another matter. `mine` are the pairs
    of the first; where the words come to less than `least`, they may come to anything less."""
    if _same(here, there):
        return 0.75 + 0.25 * _ratio(here, there, (least - 0.75) / 0.25)
    theirs = _pairs(there.text)
    fewer = min(len(mine), len(theirs))
    text = len(mine.intersection(theirs)) / fewer if fewer else 0.0
    if here.objects and there.objects:
        return 0.4 * max(text, _ratio(here, there, least / 0.4))
    if here.objects or there.objects:
        return 0.25 + 0.65 * max(text, _ratio(here, there, (least - 0.25) / 0.65))
    return 0.9 * max(text, _ratio(here, there, least / 0.9))


def _ratio(here: _Read, there: _Read, least: float) -> float:
    """0 where it is less than the least."""
    ratio: float = fuzz.ratio(here.text, there.text, score_cutoff=max(0.0, 100 * least - 1e-6))
    return ratio / 100


def _common(here: _Read, there: _Read) -> list[tuple[str, str]]:
    return [(one, other) for one in here.objects for other in there.objects if same_object(one, other)]


def _told(one: Telling, here: _Read, near: _Near, score: float) -> Likeness:
    other, there = near.telling, near.read
    matched, differs = [], []
    same, unlike = _levels(one, other)
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


def _levels(one: Telling, other: Telling) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The levels of the place known of both, alike and not."""
    same: list[str] = []
    unlike: list[str] = []
    for level in _LEVELS:
        a, b = getattr(one, f"{level}_id"), getattr(other, f"{level}_id")
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
