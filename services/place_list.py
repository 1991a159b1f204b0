"""Taking over a list of places: one row for each unit, public place or organisation. A second time changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from models.base import Base, insert_row, insert_rows
from models.community import (
    Building,
    Community,
    Compound,
    CompoundAlias,
    Grid,
    Organisation,
    OrganisationKind,
    Room,
    Spot,
    Street,
    Unit,
)
from models.rules.posts import Role, ScopeKind
from services.members import post_for
from understanding.numerals import number

_LONGEST = 60  # characters of a name
_MAX_ROOMS = 400  # of one unit: a hundred storeys of four


@dataclass(frozen=True)
class PlaceRow:
    """One line of the list, blanks stripped. With neither ``building`` nor ``spot`` it is an organisation's."""

    line: int
    street: str = ""
    community: str = ""
    code: str = ""
    prefix: str = ""
    phone: str = ""
    grid: str = ""
    compound: str = ""
    aliases: tuple[str, ...] = ()
    building: str = ""
    building_name: str = ""
    unit: str = ""
    rooms: tuple[str, ...] = ()
    spot: str = ""
    organisation: str = ""
    organisation_kind: OrganisationKind | None = None


@dataclass(frozen=True)
class BadRow:
    """Why a line is not taken: ``reason`` is the key of the sentence, ``params`` are its words."""

    line: int
    reason: str
    params: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlacesReport:
    """Places (not lines) by what happened to them; all zero when nothing was taken over."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: tuple[BadRow, ...] = ()


def import_places(
    session: Session,
    *,
    rows: Sequence[PlaceRow],
    unreadable: Iterable[BadRow] = (),
    partial: bool = False,
    step: Callable[[], None] = lambda: None,
) -> PlacesReport:
    """Takes all rows over, or none if one is bad (``partial``: the good ones). ``step`` is called after each row."""
    known = session.execute(
        select(Street.name, Community.name, Community.code, Community.prefix).join(
            Community, Community.street_id == Street.id
        )
    ).all()
    filled = _filled(rows, {(street, name): (code, prefix) for street, name, code, prefix in known})
    seen: _Seen = {("prefix", prefix): (code, 0) for _, _, code, prefix in known}
    seen |= {("code_prefix", code): (prefix, 0) for _, _, code, prefix in known}
    seen |= {("code", street, name): (code, 0) for street, name, code, _ in known}
    seen |= _known_aliases(session, {row.code for row in filled})
    bad = sorted([*unreadable, *(b for row in filled for b in _faults(row, seen))], key=lambda b: b.line)
    if bad and not partial:
        return PlacesReport(bad=tuple(bad))
    refused = {b.line for b in bad}
    good = [row for row in filled if row.line not in refused]
    keeper = _Keeper(session, good)
    for row in good:
        keeper.take(row)
        step()
    keeper.settle_grids()
    return PlacesReport(keeper.created, keeper.updated, keeper.unchanged, tuple(bad))


def _filled(rows: Sequence[PlaceRow], known: dict[tuple[str, str], tuple[str, str]]) -> list[PlaceRow]:
    """Code, prefix and phone need to stand on one line of a community only, or not at all if it is known already."""
    first: dict[tuple[str, str, str], str] = {}
    for (street, community), (code, prefix) in known.items():
        first |= {(street, community, "code"): code, (street, community, "prefix"): prefix}
    own: dict[tuple[str, str, str], str] = {}
    for row in rows:
        for name in ("code", "prefix", "phone"):
            if value := getattr(row, name):
                own.setdefault((row.street, row.community, name), value)
    first |= own

    def fill(row: PlaceRow, name: str) -> str:
        return getattr(row, name) or first.get((row.street, row.community, name), "")

    return [replace(row, code=fill(row, "code"), prefix=fill(row, "prefix"), phone=fill(row, "phone")) for row in rows]


#: (what is said, of what) → (how it was said first, on which line; 0: it is in the database)
_Seen = dict[tuple[str, ...], tuple[str, int]]


def _known_aliases(session: Session, codes: set[str]) -> _Seen:
    rows = session.execute(
        select(Community.code, CompoundAlias.alias, Compound.name)
        .select_from(CompoundAlias)
        .join(Compound, Compound.id == CompoundAlias.compound_id)
        .join(Community, Community.id == Compound.community_id)
        .where(Community.code.in_(codes))
    )
    return {("alias", code, alias): (compound, 0) for code, alias, compound in rows}


def _faults(row: PlaceRow, seen: _Seen) -> Iterator[BadRow]:
    own = list(_malformed(row))
    yield from own
    if own:
        return
    place = (row.code, row.compound)
    building, unit = number(row.building), number(row.unit)
    names = f"{row.street}/{row.community}"
    said: list[tuple[str, tuple[str, ...], str]] = [
        ("code", (row.street, row.community), row.code),
        ("name", (row.code,), names),
        ("prefix", (row.prefix,), row.code),
        ("code_prefix", (row.code,), row.prefix),
        ("phone", (row.code,), row.phone),
    ]
    if building:
        said += [("grid", (*place, building), row.grid), ("building_name", (*place, building), row.building_name)]
    if row.spot:
        said.append(("spot_grid", (*place, row.spot), row.grid))
    if row.organisation and row.organisation_kind:
        said.append(("organisation_kind", (row.code, row.organisation), row.organisation_kind.value))
    if row.compound:
        said += [("alias", (row.code, alias), row.compound) for alias in (row.compound, *row.aliases)]
    for what, of, value in said:
        if not value:
            continue
        first, line = seen.setdefault((what, *of), (value, row.line))
        if first != value:
            yield BadRow(row.line, f"differs_{what}", {"of": of[-1], "value": value, "first": first, "line": line})
    itself = ("unit", *place, building, unit) if building else ("spot", *place, row.spot)
    if building or row.spot:
        _, line = seen.setdefault(itself, ("", row.line))
        if line != row.line:
            yield BadRow(row.line, "duplicate", {"line": line})


def _malformed(row: PlaceRow) -> Iterator[BadRow]:
    def bad(reason: str, **params: str | int) -> BadRow:
        return BadRow(row.line, reason, params)

    needed = ["street", "community", "code", "prefix"]
    if row.building or row.spot:
        needed += ["grid", "compound"]
    for name in needed:
        if not getattr(row, name):
            yield bad("missing", column=name)
    if row.code and not re.fullmatch(r"[0-9]{12}", row.code):
        yield bad("code_malformed", value=row.code)
    if row.prefix and not re.fullmatch(r"[A-Z]{2,6}", row.prefix):
        yield bad("prefix_malformed", value=row.prefix)
    if row.building and row.spot:
        yield bad("building_and_spot")
    if row.unit and not row.building:
        yield bad("unit_without_building")
    if row.rooms and not row.unit:
        yield bad("rooms_without_unit")
    if len(row.rooms) > _MAX_ROOMS:
        yield bad("too_many_rooms", limit=_MAX_ROOMS)
    if row.organisation and row.organisation_kind is None:
        yield bad("missing", column="organisation_kind")
    if not (row.building or row.spot or row.organisation):
        yield bad("empty")
    for name in ("street", "community", "grid", "compound", "building_name", "spot", "organisation"):
        value = getattr(row, name)
        if len(value) > _LONGEST or "/" in value:
            yield bad("name_malformed", column=name, limit=_LONGEST)


class _Keeper:
    """Writes rows that were found good, and counts what that did."""

    def __init__(self, session: Session, rows: Sequence[PlaceRow]) -> None:
        self.created = self.updated = self.unchanged = 0
        self._session = session
        self._kept: dict[tuple[object, ...], int] = {}
        self._compounds: set[int] = set()
        self._serves: dict[tuple[str, str], set[str]] = {}
        for row in rows:
            if row.organisation:
                self._serves.setdefault((row.code, row.organisation), set()).add(row.compound)

    def take(self, row: PlaceRow) -> None:
        street = self._keep(Street, {"name": row.street})
        community = self._community(row, street)
        grid = self._grid(row, community) if row.grid else 0
        compound = self._compound(row, community) if row.compound else None
        if row.organisation:
            self._organisation(row, community, compound)
        if compound is None:
            return
        if row.spot:
            self._keep(Spot, {"compound_id": compound, "name": row.spot}, {"grid_id": grid})
        if row.building:
            self._building(row, compound, grid)

    def settle_grids(self) -> None:
        """A compound is of a grid where all its buildings are."""
        connection = self._session.connection()
        for compound in sorted(self._compounds):
            grids = connection.scalars(
                select(Building.grid_id).where(Building.compound_id == compound).distinct()
            ).all()
            only = grids[0] if len(grids) == 1 else None
            connection.execute(
                update(Compound)
                .where(Compound.id == compound, Compound.grid_id.is_distinct_from(only))
                .values(grid_id=only)
            )

    def _community(self, row: PlaceRow, street: int) -> int:
        values = {"street_id": street, "name": row.community, "prefix": row.prefix}
        if row.phone:
            values["phone"] = row.phone
        community = self._keep(Community, {"code": row.code}, values, {"phone": ""})
        if self._first(("posts", community)):
            for role in (Role.COMMUNITY, Role.ADMINISTRATOR):
                self._post(role, ScopeKind.COMMUNITY, community, community, row.community)
        return community

    def _grid(self, row: PlaceRow, community: int) -> int:
        grid = self._keep(Grid, {"community_id": community, "name": row.grid})
        if self._first(("post", grid)):
            self._post(Role.SECRETARY, ScopeKind.GRID, grid, community, row.grid)
        return grid

    def _compound(self, row: PlaceRow, community: int) -> int:
        compound = self._keep(Compound, {"community_id": community, "name": row.compound}, {}, {"grid_id": None})
        self._compounds.add(compound)
        for alias in row.aliases:
            if alias != row.compound:
                self._keep(CompoundAlias, {"compound_id": compound, "alias": alias})
        return compound

    def _organisation(self, row: PlaceRow, community: int, compound: int | None) -> None:
        """Named with two compounds, in one list or in two, it serves the whole community."""
        only = compound if len(self._serves[(row.code, row.organisation)]) == 1 else None
        before = (
            self._session.connection()
            .execute(
                select(Organisation.compound_id).where(
                    Organisation.community_id == community, Organisation.name == row.organisation
                )
            )
            .one_or_none()
        )
        if before is not None and before[0] != only:
            only = None
        organisation = self._keep(
            Organisation,
            {"community_id": community, "name": row.organisation},
            {"compound_id": only, "kind": row.organisation_kind},
        )
        if self._first(("handlers", organisation)):
            self._post(Role.HANDLER, ScopeKind.ORGANISATION, organisation, community, row.organisation)

    def _building(self, row: PlaceRow, compound: int, grid: int) -> None:
        counted = number(row.building)
        written = row.building if re.search("[号楼栋幢座院]", row.building) else f"{counted}号楼"
        values: dict[str, Any] = {"grid_id": grid}
        if row.building_name:
            values["name"] = row.building_name
        building = self._keep(Building, {"compound_id": compound, "number": counted}, values, {"name": written})
        if not row.unit:
            return
        unit_number = number(row.unit)
        unit_name = row.unit if re.search("[单元门梯]", row.unit) else f"{unit_number}单元"
        unit = self._keep(Unit, {"building_id": building, "number": unit_number}, {}, {"name": unit_name})
        present = set(self._session.connection().scalars(select(Room.number).where(Room.unit_id == unit)))
        wanted = list(dict.fromkeys(row.rooms))
        new = [room for room in wanted if room not in present]
        insert_rows(self._session, Room, [{"unit_id": unit, "number": room} for room in new])
        self.created += len(new)
        self.unchanged += len(wanted) - len(new)

    def _post(self, role: Role, kind: ScopeKind, scope: int, community: int, label: str) -> None:
        post_for(self._session, role=role, scope_kind=kind, scope_id=scope, community_id=community, label=label)

    def _first(self, key: tuple[object, ...]) -> bool:
        known = key in self._kept
        self._kept[key] = 0
        return not known

    def _keep(
        self,
        model: type[Base],
        key: dict[str, Any],
        values: dict[str, Any] | None = None,
        at_first: dict[str, Any] | None = None,
    ) -> int:
        """The id of the row with that key. ``values`` are set always, ``at_first`` only when it is made."""
        values, name = values or {}, (model, *key.values())
        if name in self._kept:
            return self._kept[name]
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - for the type checker
        connection = self._session.connection()
        columns = [table.c.id, *(table.c[column] for column in values)]
        row = connection.execute(select(*columns).where(*(table.c[c] == v for c, v in key.items()))).one_or_none()
        if row is None:
            self.created += 1
            identity = insert_row(self._session, model, **{**(at_first or {}), **key, **values})
        else:
            identity = int(row[0])
            changed = {
                column: value for (column, value), old in zip(values.items(), row[1:], strict=True) if old != value
            }
            if changed:
                connection.execute(update(table).where(table.c.id == identity).values(changed))
            self.updated += bool(changed)
            self.unchanged += not changed
        self._kept[name] = identity
        return identity
