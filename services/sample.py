"""An invented community to look at: places from ``sample_places.csv``, where they lie from ``sample_map.geojson`` (no
real borders), a few people who live or hold posts in it, and the meetings they hold."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Building, Community, Compound, OrganisationKind, Unit
from models.member import Account, Grant, Member
from models.rules.house import HouseRules
from models.rules.meeting_workflow import Capacity, Form, QuorumRule
from models.rules.posts import Role
from services.borders import import_map
from services.meetings.series import Terms, create_series, free_places
from services.meetings.standing_members import add_member
from services.members import post_for
from services.place_list import PlaceRow, import_places
from services.places import resolve_scope


@dataclass(frozen=True)
class _Person:
    """Somebody of the sample, who writes in the web chat under ``seat``. ``home``: building, unit, room in 西苑小区."""

    seat: str
    name: str
    posts: tuple[tuple[Role, str], ...] = ()
    home: tuple[str, str, str] | None = None


_PEOPLE = (
    _Person(
        "demo-steward",
        "马秀英",
        ((Role.STEWARD, "西苑小区/3号楼/2单元"), (Role.STEWARD, "西苑小区/3号楼")),
        ("3", "2", "202"),
    ),
    _Person("demo-secretary", "张建国", ((Role.SECRETARY, "兰宁第一网格"),)),
    _Person("demo-property", "王师傅", ((Role.HANDLER, "西苑物业服务公司"),)),
    _Person("demo-community", "李敏", ((Role.COMMUNITY, "兰宁社区"),)),
    _Person("demo-secretary-2", "杨丽", ((Role.SECRETARY, "兰宁第二网格"),)),
    _Person("demo-neighbour", "周桂兰", home=("1", "1", "301")),
    _Person("demo-neighbour-2", "吴文斌", home=("4", "1", "402")),
)


#: 西苑小区议事会, and who is asked to each of its meetings.
_COUNCIL = Terms(
    rule="FREQ=MONTHLY;BYDAY=2SA",
    said="每月第二个周六 15:00",
    begins="15:00",
    venue="西苑小区红色议事厅",
    length_minutes=90,
    form=Form.HALL,
    quorum=QuorumRule.HALF_OF_VOTERS,
)
_ASKED = (
    ("demo-steward", Capacity.VOTER),
    ("demo-neighbour", Capacity.VOTER),
    ("demo-neighbour-2", Capacity.VOTER),
    ("demo-property", Capacity.DEPARTMENT),
)


def is_empty(session: Session) -> bool:
    """No community yet, and nobody who ever wrote: nothing that a sample could be mixed up with."""
    return not session.scalar(select(exists(select(Community.id)) | exists(select(Account.id))))


def load_sample(session: Session, *, at: datetime, consent_version: str) -> None:
    """Fills an empty database. Everybody in it is invented."""
    report = import_places(session, rows=_rows())
    assert not report.bad, report.bad  # noqa: S101 - our own file
    drawn = import_map(session, data=json.loads(_own_file("sample_map.geojson")))
    assert not drawn.bad, drawn.bad  # noqa: S101 - our own file
    for person in _PEOPLE:
        _arrive(session, person, at, consent_version)


def hold_meetings(session: Session, *, at: datetime, rules: HouseRules) -> None:
    """西苑小区议事会 is set up by its secretary, as in chat: its next meetings are planned and who is asked is told."""
    chair = _seated(session, "demo-secretary")
    place = next(each for each in free_places(session, member_id=chair, at=at) if each.label == "西苑小区")
    label = "西苑小区议事会"
    council = create_series(session, member_id=chair, place=place.key, label=label, terms=_COUNCIL, at=at, rules=rules)
    for seat, capacity in _ASKED:
        asked = _seated(session, seat)
        add_member(
            session, series_id=council.id, member_id=chair, added_id=asked, capacity=capacity, at=at, rules=rules
        )


def _seated(session: Session, seat: str) -> int:
    chosen = select(Account.member_id).where(Account.platform == "webchat", Account.external_id == seat)
    return session.scalars(chosen).one()


def _rows() -> list[PlaceRow]:
    lines = _own_file("sample_places.csv").splitlines()
    return [_row(line, row) for line, row in enumerate(csv.DictReader(lines), start=2)]


def _own_file(name: str) -> str:
    return (files("services") / name).read_text("utf-8")


def _row(line: int, cells: dict[str, str]) -> PlaceRow:
    kind = cells.pop("organisation_kind")
    aliases, rooms = (tuple(filter(None, cells.pop(name).split("、"))) for name in ("aliases", "rooms"))
    organisation_kind = OrganisationKind(kind) if kind else None
    return PlaceRow(line, aliases=aliases, rooms=rooms, organisation_kind=organisation_kind, **cells)


def _arrive(session: Session, person: _Person, at: datetime, consent_version: str) -> None:
    scopes = [(role, resolve_scope(session, path=path, role=role)) for role, path in person.posts]
    home = {} if person.home is None else _home(session, *person.home)
    member = insert_row(
        session,
        Member,
        name=person.name,
        **{"community_id": scopes[0][1].community_id if scopes else None} | home,
        consent_version=consent_version,
        consent_at=at,
        created_at=at,
    )
    insert_row(session, Account, member_id=member, platform="webchat", external_id=person.seat, heard_at=at)
    for role, scope in scopes:
        post = post_for(
            session,
            role=role,
            scope_kind=scope.kind,
            scope_id=scope.id,
            community_id=scope.community_id,
            label=scope.label,
        )
        insert_row(session, Grant, member_id=member, post_id=post.id, starts_at=at, confirmed_at=at)


def _home(session: Session, building: str, unit: str, room: str) -> dict[str, Any]:
    found = session.execute(
        select(Unit.id, Compound.community_id)
        .join(Building, Building.id == Unit.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Compound.name == "西苑小区", Building.number == building, Unit.number == unit)
    ).one()
    return {"home_unit_id": found.id, "home_room": room, "community_id": found.community_id}
