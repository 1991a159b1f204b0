"""The places a command knows: those of ``--places FILE`` without a database, or those of the configured database."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import make_url, select

from bot.errors import Unusable
from bot.place_table import COLUMNS, bad_row, read_places
from bot.reading import TableRefused, read_table
from bot.session import reading
from bot.settings import Settings
from models.community import Building, Spot, Unit
from services.place_list import PlaceRow
from services.places import gazetteer as gazetteer_of
from services.places import names_of_compounds
from texts import choice, text
from understanding import BuildingEntry, CompoundEntry, Gazetteer, SpotEntry, UnitEntry
from understanding.numerals import number

MAX_BYTES = 20 * 1024 * 1024
_SHOWN = 3
#: Between a name and its aliases on a line of a plain list.
_SEPARATOR = re.compile(r"[,，、;；:：=\t|｜]")
_NAME_HEADS = frozenset({"name", "estate"})
_ALIAS_HEADS = frozenset({"alias"})


class KnownPlaces(NamedTuple):
    """The gazetteer, and names and numbers by id, to show what was found in it."""

    gazetteer: Gazetteer
    compounds: Mapping[int, str]
    buildings: Mapping[int, str]
    units: Mapping[int, str]
    spots: Mapping[int, str]


def known_places(entries: Iterable[CompoundEntry] = ()) -> KnownPlaces:
    entries = list(entries)
    buildings = [building for entry in entries for building in entry.buildings]
    return KnownPlaces(
        Gazetteer.build(entries),
        {entry.id: entry.name for entry in entries},
        {building.id: building.number for building in buildings},
        {unit.id: unit.number for building in buildings for unit in building.units},
        {spot.id: spot.name for entry in entries for spot in entry.spots},
    )


def places_of_database(settings: Settings) -> KnownPlaces | None:
    """None where no database was made yet; none is made here. Raises :class:`Unusable` where it is of another
    version."""
    address = make_url(settings.database.url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        return None
    with reading(settings) as session:
        return KnownPlaces(
            gazetteer_of(session),
            names_of_compounds(session),
            {row.id: row.number for row in session.execute(select(Building.id, Building.number))},
            {row.id: row.number for row in session.execute(select(Unit.id, Unit.number))},
            {row.id: row.name for row in session.execute(select(Spot.id, Spot.name))},
        )


def places_of_file(file: Path) -> KnownPlaces:
    """An import list (.xlsx, .csv), or one estate a line: its name and aliases between commas, tabs, colons and the
    like, or ``{"name", "aliases"}``. Raises :class:`Unusable`."""
    if not file.exists() or file.is_dir():
        raise Unusable(text("understand.places_missing", path=str(file)))
    try:
        rows = _rows(file)
    except OSError as error:
        raise Unusable(text("understand.unreadable", path=str(file), why=error.strerror or "")) from None
    except csv.Error as error:  # a quotation mark that is never closed
        raise Unusable(text("understand.unreadable", path=str(file), why=str(error))) from None
    if rows and _is_import_list(rows[0]):
        places, unreadable = read_places(file)
        if unreadable:
            why = " ".join(bad_row(bad) for bad in unreadable[:_SHOWN])
            raise Unusable(text("understand.places_bad_rows", path=str(file), bad=len(unreadable), why=why))
        entries = list(_of_table(places))
    else:
        entries = _of_names(rows)
    if not entries:
        raise Unusable(text("understand.places_empty", path=str(file)))
    return known_places(entries)


def _rows(file: Path) -> list[list[str]]:
    """The cells of each line; of a JSON line, the name and the aliases."""
    if file.suffix.lower() == ".xlsx":
        try:
            return _with_head([cells for _, cells in read_table(file)])
        except TableRefused as refused:
            raise Unusable(text(f"places.refused_{refused.reason}")) from None
    data = file.read_bytes()
    if len(data) > MAX_BYTES:
        raise Unusable(text("understand.places_too_big", path=str(file), most=MAX_BYTES // 1024 // 1024))
    lines = _decoded(file, data).splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith(("{", "[")):
        return _of_json(file, lines)
    separator = "\t" if "\t" in first else ","
    head = first.split(separator)
    if _is_import_list(head):
        return [head]
    if _has_head(head):
        return _with_head(list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)))
    return [[cell.strip().strip('"“”') for cell in _SEPARATOR.split(line)] for line in lines]


def _decoded(file: Path, data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unusable(text("understand.places_encoding", path=str(file)))


def _labels(column: str) -> set[str]:
    label, also = choice(f"places.{column}")
    return {word.casefold() for word in (label, column, *also)}


def _is_import_list(head: Sequence[str]) -> bool:
    """Whether columns are named that a list of bare names does not have."""
    table = set[str]().union(*(_labels(column) for column in COLUMNS if column not in ("compound", "aliases")))
    return any(cell.strip(" *\ufeff").casefold() in table for cell in head)


def _has_head(cells: Sequence[str]) -> bool:
    return any(cell.strip().casefold() in _NAME_HEADS | _labels("compound") for cell in cells)


def _with_head(table: list[list[str]]) -> list[list[str]]:
    """The columns of names and aliases alone, where a head tells which they are."""
    head = next((cells for cells in table if any(cells)), [])
    if _is_import_list(head) or not _has_head(head):
        return table
    names, aliases = _NAME_HEADS | _labels("compound"), _ALIAS_HEADS | _labels("aliases")
    heads = [cell.strip().casefold() for cell in head]
    at = next(column for column, cell in enumerate(heads) if cell in names)
    others = [column for column, cell in enumerate(heads) if cell in aliases]
    rows = []
    for cells in table[table.index(head) + 1 :]:
        also = [alias for column in others if column < len(cells) for alias in _SEPARATOR.split(cells[column])]
        rows.append([*cells[at : at + 1], *also])
    return rows


def _of_json(file: Path, lines: Sequence[str]) -> list[list[str]]:
    """One value a line, or one list of them for the whole file."""
    try:
        whole = json.loads("\n".join(lines))
        values = list(enumerate(whole if isinstance(whole, list) else [whole], start=1))
    except (ValueError, RecursionError):
        values = list(_json_lines(file, lines))
    rows = []
    for line, value in values:
        names = [value] if isinstance(value, str) else value
        if isinstance(value, dict):
            also = value.get("aliases", value.get("alias")) or []
            names = [value.get("name"), *(_SEPARATOR.split(also) if isinstance(also, str) else also)]
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise Unusable(text("understand.places_bad_line", path=str(file), line=line))
        rows.append(names)
    return rows


def _json_lines(file: Path, lines: Sequence[str]) -> Iterator[tuple[int, object]]:
    for line, written in enumerate(lines, start=1):
        if written.strip():
            try:
                yield line, json.loads(written)
            except (ValueError, RecursionError):
                raise Unusable(text("understand.places_bad_line", path=str(file), line=line)) from None


def _of_names(rows: Iterable[Sequence[str]]) -> list[CompoundEntry]:
    """Lines of the same name are one estate; lines that begin with # are remarks."""
    aliases: dict[str, dict[str, None]] = {}
    for cells in rows:
        names = [name for cell in cells if (name := cell.strip())]
        if names and not names[0].startswith("#"):
            aliases.setdefault(names[0], {}).update(dict.fromkeys(names[1:]))
    return [
        CompoundEntry(id_, name, tuple(alias for alias in also if alias != name))
        for id_, (name, also) in enumerate(aliases.items(), start=1)
    ]


def _of_table(rows: Iterable[PlaceRow]) -> Iterator[CompoundEntry]:
    """Compounds of the same name in two communities are two."""
    aliases: dict[tuple[str, str, str], dict[str, None]] = {}
    houses: dict[tuple[str, str, str], dict[str, dict[str, None]]] = {}
    spots: dict[tuple[str, str, str], dict[str, None]] = {}
    for row in rows:
        if not row.compound:
            continue
        compound = (row.street, row.community, row.compound)
        aliases.setdefault(compound, {}).update(dict.fromkeys(row.aliases))
        if building := number(row.building):
            units = houses.setdefault(compound, {}).setdefault(building, {})
            units.update({unit: None} if (unit := number(row.unit)) else {})
        if row.spot:
            spots.setdefault(compound, {})[row.spot] = None
    ids = count(1)
    for compound, others in aliases.items():
        buildings = tuple(
            BuildingEntry(next(ids), building, tuple(UnitEntry(next(ids), unit) for unit in units))
            for building, units in houses.get(compound, {}).items()
        )
        named = tuple(SpotEntry(next(ids), name) for name in spots.get(compound, ()))
        yield CompoundEntry(next(ids), compound[2], tuple(others), buildings, named)
