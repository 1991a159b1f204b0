"""The places a community knows, as plain immutable data; built once from the database by whoever has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from understanding.numerals import number
from understanding.place.borders import Borders, GridEntry, Location, Points
from understanding.place.naming import GENERIC, core, tidy, variants
from understanding.place.slips import SHORTEST, Slip, Slips
from understanding.place.sounds import heard, readings
from understanding.segment import Hit, Lexicon, plain

__all__ = [
    "BuildingEntry",
    "CompoundEntry",
    "Gazetteer",
    "GridEntry",
    "Home",
    "Location",
    "Named",
    "SpotEntry",
    "UnitEntry",
]


@dataclass(frozen=True, slots=True)
class UnitEntry:
    id: int
    number: str


@dataclass(frozen=True, slots=True)
class BuildingEntry:
    id: int
    number: str
    units: tuple[UnitEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class SpotEntry:
    """A shop or a public place that people name instead of a building."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class CompoundEntry:
    id: int
    name: str
    aliases: tuple[str, ...] = ()
    buildings: tuple[BuildingEntry, ...] = ()
    spots: tuple[SpotEntry, ...] = ()
    point: Location | None = None
    grid_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """Where the person lives, as far as they said; the levels are given from the top down."""

    compound_id: int | None = None
    building_id: int | None = None
    unit_id: int | None = None
    room: str = ""


class Named(NamedTuple):
    """What a name may mean. `kind` is name, alias, stem (a shorter form) or spot; a weak name counts only where the
    words around it show that a compound is meant."""

    compound_id: int
    spot_id: int | None = None
    kind: str = "name"
    confidence: float = 0.97
    weak: bool = False


class _Numbered(NamedTuple):
    numbers: tuple[str, ...]
    ids: tuple[int, ...]

    def id(self, wanted: str) -> int | None:
        return self.ids[self.numbers.index(wanted)] if wanted in self.numbers else None


_NOTHING = _Numbered((), ())
_SHARED = 5
"""A short form that more compounds share means none of them."""
_SHORTEST_HEARD = 3
_ALONE_IN_GRID, _IN_GRID = 100, 300
"""Metres at which a compound counts of which only the grid is known: alone there, or one of several; so that the only
one is taken and several are offered."""


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """`names` gives a compound's own name by id. Names and aliases of one character are not found in texts."""

    names: Mapping[int, str]
    _lexicon: Lexicon[Named]
    _heard: Lexicon[str]
    _slips: Slips
    _buildings: Mapping[int, _Numbered]
    _units: Mapping[int, _Numbered]
    _spots: Mapping[int, tuple[SpotEntry, ...]]
    _points: Points
    _borders: Borders
    _of_grid: Mapping[int, tuple[int, ...]]

    @classmethod
    def build(cls, compounds: Iterable[CompoundEntry], grids: Iterable[GridEntry] = ()) -> Gazetteer:
        names: dict[int, str] = {}
        entries: list[tuple[str, Named]] = []
        buildings: dict[int, _Numbered] = {}
        units: dict[int, _Numbered] = {}
        spots: dict[int, tuple[SpotEntry, ...]] = {}
        points: dict[int, Location] = {}
        of_grid: dict[int, list[int]] = {}
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}

        def numbered(items: Sequence[BuildingEntry | UnitEntry]) -> _Numbered:
            written = tuple(item.number for item in items)
            numbers = shared.get(written)
            if numbers is None:
                numbers = shared[written] = tuple(map(number, written))
            return _Numbered(numbers, tuple([item.id for item in items]))

        for compound in compounds:
            names[compound.id] = compound.name
            entries += _called(compound)
            if compound.spots:
                spots[compound.id] = compound.spots
            if compound.point is not None:
                points[compound.id] = compound.point
            for grid_id in compound.grid_ids:
                of_grid.setdefault(grid_id, []).append(compound.id)
            if compound.buildings:
                buildings[compound.id] = numbered(compound.buildings)
            for building in compound.buildings:
                if building.units:
                    units[building.id] = numbered(building.units)
        firm = {word for word, named in entries if named.spot_id is None}
        likenable = _likenable(entries, _SHORTEST_HEARD)
        mistakable = _told_apart(_likenable(entries, SHORTEST))
        entries += _shorter(entries, firm)
        sounding = ((way, word) for word in likenable if len(word) >= _SHORTEST_HEARD for way in readings(word))
        return cls(
            names, Lexicon(entries), Lexicon(sounding), Slips(mistakable), buildings, units, spots, Points(points),
            Borders(grids), {grid_id: tuple(ids) for grid_id, ids in of_grid.items()},
        )  # fmt: skip

    def find(self, text: str) -> Iterator[Hit[Named]]:
        """Compounds and spots named in a plain text, in order, the longest name first; they may overlap."""
        return self._lexicon.find(text, overlapping=True)

    def find_heard(self, text: str) -> Iterator[Hit[str]]:
        """Names that sound like what is written, and what is written right too; their words are the values."""
        return self._heard.find(heard(text), overlapping=True)

    def find_slips(self, text: str) -> Iterator[Slip]:
        return self._slips.find(text)

    def meanings(self, word: str) -> tuple[Named, ...]:
        return self._lexicon.words.get(word, ())

    def compounds_named(self, name: str) -> tuple[int, ...]:
        """Compounds whose name or alias is exactly this."""
        named = chain(self.meanings(plain(name).strip()), self.meanings(tidy(name)))
        return tuple(dict.fromkeys(each.compound_id for each in named if each.kind in ("name", "alias")))

    def spots_like(self, compound_id: int, words: str) -> list[int]:
        """Spots of the compound whose name holds these words."""
        return [spot.id for spot in self._spots.get(compound_id, ()) if words in plain(spot.name)]

    def building_id(self, compound_id: int | None, building_number: str) -> int | None:
        return None if compound_id is None else self._buildings.get(compound_id, _NOTHING).id(building_number)

    def knows_buildings(self, compound_id: int) -> bool:
        return compound_id in self._buildings

    def unit_id(self, building_id: int | None, unit_number: str) -> int | None:
        return None if building_id is None else self._units.get(building_id, _NOTHING).id(unit_number)

    def grid_at(self, location: Location) -> int | None:
        """The grid whose border holds the point."""
        return self._borders.grid_at(location)

    def nearest(self, location: Location, within_metres: float = 400) -> list[tuple[int, float]]:
        """Compounds and their metres from the point: those of its grid first, then the nearest; last, those of its grid
        of which nobody has said where they are. Where there are none of all these, whatever its grid has."""
        near = self._points.near(location, within_metres)
        grid = self.grid_at(location)
        if grid is None:
            return [(id_, away) for id_, away, _ in near]
        near.sort(key=lambda each: self.grid_at(each[2]) != grid)
        found: list[tuple[int, float]] = [(id_, away) for id_, away, _ in near]
        there = self._of_grid.get(grid, ())
        somewhere = [id_ for id_ in there if id_ not in self._points] or ([] if found else there)
        away = _IN_GRID if found or len(somewhere) > 1 else _ALONE_IN_GRID
        return found + [(id_, away) for id_ in somewhere]


def _called(compound: CompoundEntry) -> Iterator[tuple[str, Named]]:
    seen: set[str] = set()
    for name, kind in ((compound.name, "name"), *((alias, "alias") for alias in compound.aliases)):
        for word in dict.fromkeys((tidy(name), plain(name).strip())):
            if len(word) > 1 and word not in seen:
                seen.add(word)
                yield word, Named(compound.id, None, kind, 0.97 if len(word) > 2 else 0.93)
    for spot in compound.spots:
        word = tidy(spot.name)
        if len(word) > 1:
            yield word, Named(compound.id, spot.id, "spot", 0.9)


def _likenable(entries: Iterable[tuple[str, Named]], shortest: int) -> dict[str, None]:
    """Names that a misspelt word is compared with: without their 小区 where at least `shortest` characters remain."""
    words: dict[str, None] = {}
    for word, named in entries:
        if named.spot_id is None:
            ending = next((generic for generic in GENERIC if word.endswith(generic)), "")
            bare = word.removesuffix(ending)
            words[bare if len(bare) >= shortest else word] = None
    return words


def _told_apart(words: Iterable[str]) -> Iterator[str]:
    """Those that one wrong character leaves recognisable: not 西苑小区, of which 北苑小区 is no slip."""
    return (word for word in words if not word.endswith(GENERIC) or len(core(word)) > 2)


def _shorter(entries: Iterable[tuple[str, Named]], firm: set[str]) -> Iterator[tuple[str, Named]]:
    """Short forms that are nobody's own name, unless too many share them; one for each word and compound."""
    found: dict[str, dict[int, Named]] = {}
    for word, named in entries:
        if named.spot_id is None:
            for word_, confidence, weak in variants(word):
                if word_ not in firm:
                    stem = Named(named.compound_id, None, "stem", confidence, weak)
                    found.setdefault(word_, {}).setdefault(named.compound_id, stem)
    for word, stems in found.items():
        if len(stems) <= _SHARED:
            for stem in stems.values():
                yield word, stem
