"""A city district for ``bench.district``: streets, communities, grids, buildings, posts and people, in plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from models.base import Base, insert_rows
from models.community import (
    Building,
    Community,
    Compound,
    Grid,
    Organisation,
    OrganisationKind,
    Street,
    Unit,
)
from models.member import Account, Grant, Member, Post
from models.rules.posts import Role, ScopeKind

_COMMUNITIES_PER_STREET = 20
_GRIDS_PER_COMMUNITY = 25
_BUILDINGS_PER_GRID = 2
_UNITS_PER_BUILDING = 2
_RESIDENTS_PER_GRID = 12
_WITH_STEWARD = (0.45, 0.75)  # up to here one for each unit, up to here one for the building, beyond nobody
_UTILITIES = ("供水公司", "供热公司", "供电所")
_PLATFORMS = (("webchat", 40), ("telegram", 30), ("wechat", 30))
_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Spot:
    """A unit somebody may speak of."""

    community: int
    compound: int
    building: int
    unit: int


@dataclass
class District:
    spots: list[Spot] = field(default_factory=list)
    residents: dict[int, list[int]] = field(default_factory=dict)  # compound → members
    on_post: dict[int, int] = field(default_factory=dict)  # post → the member on it
    role_of: dict[int, Role] = field(default_factory=dict)  # post → role
    secretary: dict[int, int] = field(default_factory=dict)  # compound → member
    desk: dict[int, int] = field(default_factory=dict)  # community → member
    street: dict[int, int] = field(default_factory=dict)  # community → member
    property: dict[int, int] = field(default_factory=dict)  # community → organisation
    utilities: dict[int, list[int]] = field(default_factory=dict)  # community → organisations
    on_unit: dict[int, int] = field(default_factory=dict)  # organisation → member
    grids: int = 0
    on_wechat: set[int] = field(default_factory=set)


class _Builder:
    """Rows with ids of our own, gathered by table and written in bulk."""

    def __init__(self, random: Random, at: datetime) -> None:
        self.random = random
        self.at = at
        self.rows: dict[type[Base], list[dict[str, Any]]] = {}
        self.district = District()

    def add(self, model: type[Base], **values: Any) -> int:
        rows = self.rows.setdefault(model, [])
        rows.append({"id": len(rows) + 1, **values})
        return len(rows)

    def person(self, name: str, community: int | None, *, platform: str | None = None) -> int:
        member = self.add(Member, name=name, community_id=community, consent_version="bench", created_at=self.at)
        chosen = platform or self.random.choices(*zip(*_PLATFORMS, strict=True))[0]
        self.add(Account, member_id=member, platform=chosen, external_id=f"m{member}", heard_at=self.at, window_sends=0)
        if chosen == "wechat":
            self.district.on_wechat.add(member)
        return member

    def appoint(
        self, role: Role, kind: ScopeKind, scope: int, label: str, community: int | None, *, held: bool = True
    ) -> int:
        """The member on a new post of that scope; 0 where nobody is to hold it."""
        post = self.add(Post, role=role, scope_kind=kind, scope_id=scope, community_id=community, label=label)
        self.district.role_of[post] = role
        if not held:
            return 0
        platform = "telegram" if self.random.random() < 0.5 else "webchat"
        member = self.person(label, community, platform=platform)
        self.add(Grant, member_id=member, post_id=post, starts_at=self.at, confirmed_at=self.at)
        self.district.on_post[post] = member
        return member


def build(session: Session, *, communities: int, random: Random, at: datetime) -> District:
    """Fills an empty database."""
    builder = _Builder(random, at)
    streets: dict[int, int] = {}
    for number in range(communities):
        which = number // _COMMUNITIES_PER_STREET
        if which not in streets:
            street = builder.add(Street, name=f"第{which + 1}街道")
            streets[which] = builder.appoint(Role.STREET, ScopeKind.STREET, street, f"第{which + 1}街道", None)
        _community(builder, number, street=which + 1, officer=streets[which])
    order = [table.name for table in Base.metadata.sorted_tables]  # what is referred to comes first
    for model, rows in sorted(builder.rows.items(), key=lambda each: order.index(each[0].__tablename__)):
        for begin in range(0, len(rows), _ROWS_AT_ONCE):
            insert_rows(session, model, rows[begin : begin + _ROWS_AT_ONCE])
    return builder.district


def _community(builder: _Builder, number: int, *, street: int, officer: int) -> None:
    name = f"第{number + 1}社区"
    code = str(990_100_000_000 + number)
    community = builder.add(Community, street_id=street, code=code, name=name, prefix=_prefix(number), phone="")
    district = builder.district
    district.street[community] = officer
    district.desk[community] = builder.appoint(Role.COMMUNITY, ScopeKind.COMMUNITY, community, name, community)
    for kind, title in ((OrganisationKind.PROPERTY, "物业"), *((OrganisationKind.UTILITY, u) for u in _UTILITIES)):
        unit = builder.add(Organisation, community_id=community, compound_id=None, kind=kind, name=f"{name}{title}")
        label = f"{name}{title}"
        district.on_unit[unit] = builder.appoint(Role.HANDLER, ScopeKind.ORGANISATION, unit, label, community)
        if kind is OrganisationKind.PROPERTY:
            district.property[community] = unit
        else:
            district.utilities.setdefault(community, []).append(unit)
    for grid_number in range(_GRIDS_PER_COMMUNITY):
        _grid(builder, community, f"{name}第{grid_number + 1}网格", f"{number + 1}-{grid_number + 1}小区")


def _grid(builder: _Builder, community: int, name: str, compound_name: str) -> None:
    district, random = builder.district, builder.random
    grid = builder.add(Grid, community_id=community, name=name)
    district.grids += 1
    compound = builder.add(Compound, community_id=community, grid_id=grid, name=compound_name)
    district.secretary[compound] = builder.appoint(Role.SECRETARY, ScopeKind.GRID, grid, name, community)
    for spot, stewarded in _units(builder, community, grid, compound, compound_name):
        district.spots.append(spot)
        if stewarded:
            builder.appoint(Role.STEWARD, ScopeKind.UNIT, spot.unit, f"{compound_name}{spot.unit}单元", community)
    people = [builder.person("", community) for _ in range(_RESIDENTS_PER_GRID)]
    random.shuffle(people)
    district.residents[compound] = people


def _units(
    builder: _Builder, community: int, grid: int, compound: int, compound_name: str
) -> Iterator[tuple[Spot, bool]]:
    for number in range(1, _BUILDINGS_PER_GRID + 1):
        name = f"{number}号楼"
        building = builder.add(Building, compound_id=compound, grid_id=grid, number=str(number), name=name)
        chance = builder.random.random()
        by_unit, by_building = _WITH_STEWARD
        if by_unit <= chance < by_building:
            builder.appoint(Role.STEWARD, ScopeKind.BUILDING, building, f"{compound_name}{name}", community)
        for unit_number in range(1, _UNITS_PER_BUILDING + 1):
            unit = builder.add(Unit, building_id=building, number=str(unit_number), name=f"{unit_number}单元")
            yield Spot(community, compound, building, unit), chance < by_unit


def _prefix(number: int) -> str:
    letters = ""
    for _ in range(3):
        number, rest = divmod(number, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
