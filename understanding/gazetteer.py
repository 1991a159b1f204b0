"""The places a community knows, as plain immutable data; built once from the database by whoever has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from understanding.numerals import number
from understanding.segment import Hit, Lexicon, plain


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


@dataclass(frozen=True, slots=True)
class Home:
    """Where the person lives, as far as they said; the levels are given from the top down."""

    compound_id: int | None = None
    building_id: int | None = None
    unit_id: int | None = None
    room: str = ""


class Named(NamedTuple):
    """What a name may mean. A stem is a name without its 小区: it counts only where a building follows."""

    compound_id: int
    spot_id: int | None = None
    stem: bool = False


class _Numbered(NamedTuple):
    numbers: tuple[str, ...]
    ids: tuple[int, ...]

    def id(self, wanted: str) -> int | None:
        return self.ids[self.numbers.index(wanted)] if wanted in self.numbers else None


_NOTHING = _Numbered((), ())
_KINDS = (
    *("生活小区", "住宅小区", "家属小区", "小区", "家属院", "家属楼", "家属区", "社区"),
    *("生活区", "住宅区", "花园", "家园", "公寓"),
)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """`names` gives a compound's own name by id. Names and aliases of one character are not found in texts."""

    names: Mapping[int, str]
    _lexicon: Lexicon[Named]
    _buildings: Mapping[int, _Numbered]
    _units: Mapping[int, _Numbered]

    @classmethod
    def build(cls, compounds: Iterable[CompoundEntry]) -> Gazetteer:
        names: dict[int, str] = {}
        entries: list[tuple[str, Named]] = []
        buildings: dict[int, _Numbered] = {}
        units: dict[int, _Numbered] = {}
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}

        def numbered(items: Iterable[BuildingEntry | UnitEntry]) -> _Numbered:
            pairs = [(number(item.number), item.id) for item in items]
            numbers = tuple(written for written, _ in pairs)
            return _Numbered(shared.setdefault(numbers, numbers), tuple(id_ for _, id_ in pairs))

        for compound in compounds:
            names[compound.id] = compound.name
            called = {plain(name).strip() for name in (compound.name, *compound.aliases)}
            entries += [(name, Named(compound.id)) for name in called if len(name) > 1]
            stems = {name.removesuffix(kind) for name in called for kind in _KINDS if name.endswith(kind)} - called
            entries += [(stem, Named(compound.id, stem=True)) for stem in stems if len(stem) > 1]
            spots = {spot.id: plain(spot.name).strip() for spot in compound.spots}
            entries += [(name, Named(compound.id, spot_id)) for spot_id, name in spots.items() if len(name) > 1]
            if compound.buildings:
                buildings[compound.id] = numbered(compound.buildings)
            for building in compound.buildings:
                if building.units:
                    units[building.id] = numbered(building.units)
        return cls(names, Lexicon(entries), buildings, units)

    def find(self, text: str) -> Iterator[Hit[Named]]:
        """Compounds and spots named in a plain text, in order, the longest name first."""
        return self._lexicon.find(text)

    def compounds_named(self, name: str) -> tuple[int, ...]:
        """Compounds whose name or alias is exactly this."""
        named = self._lexicon.words.get(plain(name).strip(), ())
        return tuple(each.compound_id for each in named if each.spot_id is None and not each.stem)

    def building_id(self, compound_id: int | None, building_number: str) -> int | None:
        return None if compound_id is None else self._buildings.get(compound_id, _NOTHING).id(building_number)

    def unit_id(self, building_id: int | None, unit_number: str) -> int | None:
        return None if building_id is None else self._units.get(building_id, _NOTHING).id(unit_number)
