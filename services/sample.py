"""An invented community to look at: places from ``sample_places.csv``, where they lie from ``sample_map.geojson`` (no
real borders), and a few people who hold posts in it."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Community, OrganisationKind
from models.member import Account, Grant, Member
from models.rules.posts import Role
from services.borders import import_map
from services.members import post_for
from services.place_list import PlaceRow, import_places
from services.places import resolve_scope


@dataclass(frozen=True)
class _Person:
    """Somebody of the sample, who writes in the web chat under ``seat``."""

    seat: str
    name: str
    posts: tuple[tuple[Role, str], ...]


_PEOPLE = (
    _Person("demo-steward", "马秀英", ((Role.STEWARD, "西苑小区/3号楼/2单元"), (Role.STEWARD, "西苑小区/3号楼"))),
    _Person("demo-secretary", "张建国", ((Role.SECRETARY, "兰宁第一网格"),)),
    _Person("demo-property", "王师傅", ((Role.HANDLER, "西苑物业服务公司"),)),
    _Person("demo-community", "李敏", ((Role.COMMUNITY, "兰宁社区"),)),
    _Person("demo-secretary-2", "杨丽", ((Role.SECRETARY, "兰宁第二网格"),)),
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
    member = insert_row(
        session,
        Member,
        name=person.name,
        community_id=scopes[0][1].community_id,
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
