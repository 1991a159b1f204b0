"""The list of places as a table: column names, the cells of a row, the template."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

from bot.errors import Unusable
from bot.reading import TableRefused, read_table
from models.community import OrganisationKind
from services.place_list import BadRow, PlaceRow
from texts import choice, text

COLUMNS = (
    "street",
    "community",
    "code",
    "prefix",
    "phone",
    "grid",
    "compound",
    "aliases",
    "building",
    "building_name",
    "unit",
    "rooms",
    "spot",
    "organisation",
    "organisation_kind",
)
_NEEDED = ("street", "community")
_NARROW = frozenset({"code", "prefix", "phone", "building", "unit", "rooms", "organisation_kind"})
_SEPARATORS = re.compile(r"[、,;\uff0c\uff1b]+")
_ROOM_RANGE = re.compile(r"(\d{1,5})[-\u2013\u2014~至](\d{1,5})")


def read_places(file: Path) -> tuple[list[PlaceRow], list[BadRow]]:
    """The rows that can be read, and those that cannot. Raises :class:`Unusable` when the table as a whole cannot."""
    try:
        table = read_table(file)
    except TableRefused as refused:
        raise Unusable(text(f"places.refused_{refused.reason}")) from None
    if not table:
        raise Unusable(text("places.refused_no_rows"))
    head = _head(table[0][1])
    if len(table) == 1:
        raise Unusable(text("places.refused_no_rows"))
    rows, bad = [], []
    for line, cells in table[1:]:
        found = _row(line, {name: cells[at] for name, at in head.items() if at < len(cells) and cells[at]})
        if isinstance(found, BadRow):
            bad.append(found)
        else:
            rows.append(found)
    return rows, bad


def _head(cells: list[str]) -> dict[str, int]:
    meanings: dict[str, str] = {}
    for name in COLUMNS:
        label, also = choice(f"places.{name}")
        meanings |= {word.casefold(): name for word in (label, name, *also)}
    found: dict[str, int] = {}
    unknown, twice = [], []
    for at, cell in enumerate(cells):
        name = meanings.get(re.sub(r"[\s*]|\(.*\)$", "", _narrow(cell)).casefold(), "")
        if not cell:
            continue
        if not name:
            unknown.append(cell)
        elif name in found:
            twice.append(cell)
        else:
            found[name] = at
    missing = [choice(f"places.{name}")[0] for name in _NEEDED if name not in found]
    if missing:
        raise Unusable(text("places.refused_no_head", columns="、".join(missing)))
    if unknown:
        known = "、".join(choice(f"places.{name}")[0] for name in COLUMNS)
        raise Unusable(text("places.refused_unknown_column", columns="、".join(unknown), known=known))
    if twice:
        raise Unusable(text("places.refused_twice", columns="、".join(twice)))
    return found


def _row(line: int, cells: dict[str, str]) -> PlaceRow | BadRow:
    cells = {name: _narrow(cell) if name in _NARROW else cell for name, cell in cells.items()}
    rooms = _rooms(cells.pop("rooms", ""))
    if isinstance(rooms, str):
        return BadRow(line, "rooms_malformed", {"value": rooms})
    aliases = tuple(a for a in (p.strip() for p in _SEPARATORS.split(cells.pop("aliases", ""))) if a)
    written = cells.pop("organisation_kind", "")
    kind = _kind(written)
    if written and kind is None:
        known = "、".join(choice(f"places.{k.value}")[0] for k in OrganisationKind)
        return BadRow(line, "kind_unknown", {"value": written, "known": known})
    return PlaceRow(line, aliases=aliases, rooms=rooms, organisation_kind=kind, **cells)


def _narrow(cell: str) -> str:
    """Full-width digits, letters and signs as half-width ones."""
    return unicodedata.normalize("NFKC", cell).strip()


def _rooms(written: str) -> tuple[str, ...] | str:
    """ "101-104、201" as room numbers; the part that cannot be read, if there is one."""
    rooms: list[str] = []
    for part in (p.strip() for p in _SEPARATORS.split(written)):
        if not part:
            continue
        span = _ROOM_RANGE.fullmatch(part)
        if span is None and re.fullmatch(r"[0-9A-Za-z\u4e00-\u9fff]{1,10}", part):
            rooms.append(part)
        elif span and len(span[1]) == len(span[2]) and 0 <= int(span[2]) - int(span[1]) < 100:
            rooms += [str(n).zfill(len(span[1])) for n in range(int(span[1]), int(span[2]) + 1)]
        else:
            return part
    return tuple(rooms)


def _kind(written: str) -> OrganisationKind | None:
    for kind in OrganisationKind:
        label, also = choice(f"places.{kind.value}")
        if written.casefold() in (label, *also):
            return kind
    return None


def bad_row(bad: BadRow) -> str:
    """One line about a line, for people."""
    params: dict[str, Any] = dict(bad.params)
    if "column" in params:
        params["column"] = choice(f"places.{params['column']}")[0]
    if bad.reason.startswith("differs_"):
        line = params["line"]
        params["where"] = text("places.where_line", line=line) if line else text("places.where_database")
    return text("places.bad", line=bad.line, why=text(f"places.{bad.reason}", **params))


def write_template(file: Path) -> None:
    """An .xlsx or .csv with the columns and three rows that show how they are filled in."""
    where = [text("places.example_street"), text("places.example_community"), "990101001001", "LN", "0900-5550012"]
    grid, compound, aliases = (
        text("places.example_grid"),
        text("places.example_compound"),
        text("places.example_aliases"),
    )
    rows = [
        [choice(f"places.{name}")[0] for name in COLUMNS],
        [*where, grid, compound, aliases, "1", "", "1", text("places.example_rooms"), "", "", ""],
        [*where, grid, compound, "", "", "", "", "", text("places.example_spot"), "", ""],
        [*where, "", compound, *[""] * 6, text("places.example_organisation"), choice("places.property")[0]],
    ]
    if file.suffix.lower() == ".csv":
        import csv

        with file.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(rows)
        return
    if file.suffix.lower() != ".xlsx":
        raise Unusable(text("places.refused_unknown_kind"))
    import openpyxl
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    for at in range(1, len(COLUMNS) + 1):
        sheet.column_dimensions[get_column_letter(at)].width = 16
        for line in range(1, len(rows) + 1):
            sheet.cell(line, at).number_format = "@"  # text: a 12-digit code stays as it is
    sheet.freeze_panes = "A2"
    book.save(file)
