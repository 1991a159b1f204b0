"""青禾社区: an invented community of two grids and three compounds, for rehearsals in an empty database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import OrganisationKind
from models.member import Grant
from models.rules.posts import Role
from services.members import post_for
from services.place_list import PlaceRow, import_places
from services.places import resolve_scope

STREET, COMMUNITY = "河湾街道", "青禾社区"
#: Grid → compounds → (buildings, units, storeys). Two homes on each storey of a unit.
_GRIDS: dict[str, dict[str, tuple[int, int, int]]] = {
    "青禾第一网格": {"青禾苑": (6, 3, 7)},
    "青禾第二网格": {"纺织家属院": (3, 2, 6), "望河小区": (4, 2, 6)},
}
_HOMES_ON_A_STOREY = 2
#: Who settles what (``matters.toml``) → the handling unit.
UNITS = {
    "property": ("青禾物业公司", OrganisationKind.PROPERTY),
    "water": ("青禾供水公司", OrganisationKind.UTILITY),
    "heat": ("青禾供热公司", OrganisationKind.UTILITY),
    "power": ("青禾供电所", OrganisationKind.UTILITY),
    "order": ("河湾城管中队", OrganisationKind.DEPARTMENT),
}


@dataclass(frozen=True)
class Household:
    compound: str
    building: str
    unit: str
    room: str

    @property
    def label(self) -> str:
        return f"{self.compound}{self.building}号楼{self.unit}单元{self.room}"


@dataclass(frozen=True)
class Appointment:
    """A post to be held, ``scope`` as a path."""

    role: Role
    scope: str


def households() -> list[Household]:
    return [
        Household(compound, str(building), str(unit), f"{storey}0{home}")
        for compound, (buildings, units, storeys) in _compounds()
        for building in range(1, buildings + 1)
        for unit in range(1, units + 1)
        for storey in range(1, storeys + 1)
        for home in range(1, _HOMES_ON_A_STOREY + 1)
    ]


def build_places(session: Session) -> None:
    """Fills an empty database with places."""
    report = import_places(session, rows=[*_rows()])
    assert not report.bad, report.bad  # noqa: S101 - our own rows


def appoint(session: Session, *, member_id: int, posts: tuple[Appointment, ...], at: datetime) -> None:
    for wanted in posts:
        scope = resolve_scope(session, path=wanted.scope, role=wanted.role)
        post = post_for(
            session,
            role=wanted.role,
            scope_kind=scope.kind,
            scope_id=scope.id,
            community_id=scope.community_id,
            label=scope.label,
        )
        insert_row(session, Grant, member_id=member_id, post_id=post.id, starts_at=at, confirmed_at=at)


def _compounds() -> Iterator[tuple[str, tuple[int, int, int]]]:
    for compounds in _GRIDS.values():
        yield from compounds.items()


def _rows() -> Iterator[PlaceRow]:
    own = PlaceRow(0, street=STREET, community=COMMUNITY, code="990102003001", prefix="QH", phone="0900-5550033")
    rooms: dict[tuple[str, str, str], list[str]] = {}
    for home in households():
        rooms.setdefault((home.compound, home.building, home.unit), []).append(home.room)
    grid_of = {compound: grid for grid, compounds in _GRIDS.items() for compound in compounds}
    for line, ((compound, building, unit), numbers) in enumerate(rooms.items(), start=2):
        here = replace(own, line=line, grid=grid_of[compound], compound=compound)
        yield replace(here, building=building, unit=unit, rooms=tuple(numbers))
    for line, (name, kind) in enumerate(UNITS.values(), start=len(rooms) + 2):
        yield replace(own, line=line, organisation=name, organisation_kind=kind)
