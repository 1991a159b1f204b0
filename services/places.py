"""Finding places: by the path an administrator writes, as a choice for a resident, as words a sentence may name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.community import (
    Building,
    Community,
    Compound,
    CompoundAlias,
    CompoundPoint,
    Grid,
    GridBorder,
    Organisation,
    Spot,
    Street,
    Unit,
)
from models.rules.posts import SCOPES, Role, ScopeKind
from understanding.numerals import number
from understanding.place.gazetteer import (
    BuildingEntry,
    CompoundEntry,
    Gazetteer,
    GridEntry,
    Location,
    SpotEntry,
    UnitEntry,
)


@dataclass(frozen=True)
class Scope:
    """What a post is for. ``label`` names it for people ("西苑小区3号楼2单元")."""

    kind: ScopeKind
    id: int
    community_id: int | None
    label: str


class ScopeUnclear(Exception):
    """A path that names no place, or several.

    ``reason`` and ``offers``: "unknown" with names that come close to ``part``, "ambiguous" with the ways to say it
    clearly, "unfitting" (the role is not for such a place) with the kinds of place it is for.
    """

    def __init__(self, reason: str, *, part: str, offers: Sequence[str] = ()) -> None:
        super().__init__(reason, part)
        self.reason = reason
        self.part = part
        self.offers = tuple(offers)


@dataclass(frozen=True)
class _Node:
    """A place on the way down a path. A compound has no ScopeKind: nobody has a post for one."""

    kind: str
    id: int
    community_id: int | None
    label: str
    path: str
    names: tuple[str, ...]


def resolve_scope(session: Session, *, path: str, role: Role | None = None) -> Scope:
    """The place that "西苑小区/3号楼/2单元", a grid's, community's, street's or organisation's name means.

    Ambiguous names are made clear by what they belong to: "兰宁社区/西苑小区/3号楼". Raises :class:`ScopeUnclear`.
    """
    parts = [part.strip() for part in re.split(r"[/／]", path) if part.strip()]
    if not parts:
        raise ScopeUnclear("unknown", part=path)
    reached = _tops(session)
    for depth, part in enumerate(parts):
        candidates = reached if depth == 0 else [child for node in reached for child in _below(session, node)]
        reached = [node for node in candidates if _is(node, part)]
        if not reached:
            raise ScopeUnclear("unknown", part=part, offers=_close(part, candidates))
    wanted = SCOPES[role] if role else frozenset(ScopeKind)
    fitting = [node for node in reached if node.kind in wanted]
    if not fitting:
        raise ScopeUnclear("unfitting", part=path, offers=sorted(kind.value for kind in wanted))
    if len(fitting) > 1:
        raise ScopeUnclear("ambiguous", part=path, offers=sorted(node.path for node in fitting))
    node = fitting[0]
    return Scope(ScopeKind(node.kind), node.id, node.community_id, node.label)


def gazetteer(session: Session) -> Gazetteer:
    """All names a sentence may mention, and where they lie. Built once and again when
    :func:`gazetteer_version` changes.

    An alias that was taught holds from the moment of teaching, which is past for whoever reads it here.
    """
    units: dict[int, list[UnitEntry]] = {}
    for u in session.execute(select(Unit.id, Unit.building_id, Unit.number).order_by(Unit.id)):
        units.setdefault(u.building_id, []).append(UnitEntry(u.id, u.number))
    buildings: dict[int, list[BuildingEntry]] = {}
    of_grids: dict[int, set[int]] = {}
    for b in session.execute(
        select(Building.id, Building.compound_id, Building.number, Building.grid_id).order_by(Building.id)
    ):
        buildings.setdefault(b.compound_id, []).append(BuildingEntry(b.id, b.number, tuple(units.get(b.id, ()))))
        of_grids.setdefault(b.compound_id, set()).add(b.grid_id)
    spots: dict[int, list[SpotEntry]] = {}
    for s in session.execute(select(Spot.id, Spot.compound_id, Spot.name).order_by(Spot.id)):
        spots.setdefault(s.compound_id, []).append(SpotEntry(s.id, s.name))
    aliases: dict[int, list[str]] = {}
    for a in session.execute(select(CompoundAlias.compound_id, CompoundAlias.alias).order_by(CompoundAlias.id)):
        aliases.setdefault(a.compound_id, []).append(a.alias)
    points = {
        p.compound_id: Location(p.latitude, p.longitude)
        for p in session.execute(select(CompoundPoint.compound_id, CompoundPoint.latitude, CompoundPoint.longitude))
    }
    grids = session.execute(
        select(Grid.id, Grid.name, Grid.community_id, GridBorder.border)
        .join(GridBorder, GridBorder.grid_id == Grid.id)
        .order_by(Grid.id)
    )
    return Gazetteer.build(
        (
            CompoundEntry(
                c.id,
                c.name,
                tuple(aliases.get(c.id, ())),
                tuple(buildings.get(c.id, ())),
                tuple(spots.get(c.id, ())),
                points.get(c.id),
                tuple(sorted(of_grids.get(c.id, {c.grid_id} - {None}))),
            )
            for c in session.execute(select(Compound.id, Compound.name, Compound.grid_id).order_by(Compound.id))
        ),
        (GridEntry(*row) for row in grids),
    )


def names_of_compounds(session: Session) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(select(Compound.id, Compound.name))}


def gazetteer_version(session: Session) -> tuple[int | None, ...]:
    """Changes whenever a name, border or point is added (none is changed; borders and points are replaced by new rows).
    Seven look-ups in primary keys."""
    tables = (Compound, CompoundAlias, Building, Unit, Spot, CompoundPoint, GridBorder)
    newest = [select(func.max(table.id)).scalar_subquery() for table in tables]
    return tuple(session.execute(select(*newest)).one())


def _is(node: _Node, part: str) -> bool:
    if node.kind in ("building", "unit"):
        return number(part) == node.names[0] or part == node.label
    return part in node.names


def _close(part: str, candidates: Iterable[_Node]) -> list[str]:
    names = list(dict.fromkeys(node.names[-1] for node in candidates))
    return difflib.get_close_matches(part, names, n=5, cutoff=0.3) or names[:5]


def _tops(session: Session) -> list[_Node]:
    """Everything that may begin a path."""
    nodes = [
        _Node("street", row.id, None, row.name, row.name, (row.name,))
        for row in session.execute(select(Street.id, Street.name))
    ]
    for row in session.execute(select(Community.id, Community.name)):
        community = _Node("community", row.id, row.id, row.name, row.name, (row.name,))
        nodes += [community, *_below(session, community)]
    return nodes


def _below(session: Session, node: _Node) -> list[_Node]:
    if node.kind == "street":
        rows = session.execute(select(Community.id, Community.name).where(Community.street_id == node.id))
        return [_Node("community", r.id, r.id, r.name, f"{node.path}/{r.name}", (r.name,)) for r in rows]
    if node.kind == "community":
        return [*_compounds(session, node), *_grids(session, node), *_organisations(session, node)]
    if node.kind == "compound":
        buildings = select(Building.id, Building.number, Building.name).where(Building.compound_id == node.id)
        return [_part("building", node, *row) for row in session.execute(buildings.order_by(Building.id))]
    if node.kind == "building":
        units = select(Unit.id, Unit.number, Unit.name).where(Unit.building_id == node.id)
        return [_part("unit", node, *row) for row in session.execute(units.order_by(Unit.id))]
    return []


def _part(kind: str, above: _Node, identity: int, number: str, name: str) -> _Node:
    return _Node(kind, identity, above.community_id, above.label + name, f"{above.path}/{name}", (number, name))


def _compounds(session: Session, community: _Node) -> list[_Node]:
    aliases: dict[int, list[str]] = {}
    for row in session.execute(
        select(CompoundAlias.compound_id, CompoundAlias.alias)
        .join(Compound, Compound.id == CompoundAlias.compound_id)
        .where(Compound.community_id == community.id)
    ):
        aliases.setdefault(row.compound_id, []).append(row.alias)
    rows = session.execute(select(Compound.id, Compound.name).where(Compound.community_id == community.id))
    return [
        _Node("compound", r.id, community.id, r.name, f"{community.path}/{r.name}", (*aliases.get(r.id, ()), r.name))
        for r in rows
    ]


def _grids(session: Session, community: _Node) -> list[_Node]:
    rows = session.execute(select(Grid.id, Grid.name).where(Grid.community_id == community.id))
    return [_Node("grid", r.id, community.id, r.name, f"{community.path}/{r.name}", (r.name,)) for r in rows]


def _organisations(session: Session, community: _Node) -> list[_Node]:
    rows = session.execute(select(Organisation.id, Organisation.name).where(Organisation.community_id == community.id))
    return [_Node("organisation", r.id, community.id, r.name, f"{community.path}/{r.name}", (r.name,)) for r in rows]
