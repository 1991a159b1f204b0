"""Who is invited to each meeting of a series: 议事代表, those who listen, and units (standing members)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from models.base import insert_row, update_row
from models.community import Building, Compound, Unit
from models.meeting import MeetingSeries, StandingMember
from models.member import Grant, Member, Post
from models.rules.errors import NotFound
from models.rules.house import HouseRules
from models.rules.meeting_workflow import Capacity
from models.rules.posts import Role, ScopeKind
from services import notices
from services.meeting_people import lives_in
from services.meetings.series import chaired_series
from services.members import live_grant


@dataclass(frozen=True)
class Known:
    """Somebody as others know them. ``name`` may be empty; ``post``: the label of theirs, ``home``: where they live."""

    member_id: int
    name: str
    post: str = ""
    home: str = ""
    capacity: Capacity = Capacity.VOTER


def members_of(session: Session, *, series_id: int) -> Sequence[Known]:
    """The standing members of a series, those with a vote first."""
    rows = session.execute(
        select(StandingMember.member_id, StandingMember.capacity).where(
            StandingMember.series_id == series_id, StandingMember.ended_at.is_(None)
        )
    ).all()
    capacities: dict[int, Capacity] = {row.member_id: row.capacity for row in rows}
    known = _known(session, Member.id.in_(capacities))
    posts = _labels(session, series_id, list(capacities))
    order = list(Capacity)
    found = [Known(k.member_id, k.name, posts.get(k.member_id, ""), k.home, capacities[k.member_id]) for k in known]
    return sorted(found, key=lambda each: (order.index(each.capacity), each.member_id))


def to_choose(
    session: Session, *, series_id: int, member_id: int, capacity: Capacity, at: datetime, words: str = "", limit: int
) -> Sequence[Known]:
    """Who can become one in this capacity and is none yet: people of units, or stewards and residents of the place,
    stewards first. ``words``: a part of the name, or the room."""
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    is_one = exists().where(
        StandingMember.series_id == series.id,
        StandingMember.member_id == Member.id,
        StandingMember.ended_at.is_(None),
    )
    conditions = [~is_one, _eligible(series, capacity, at)]
    if words:
        named = [Member.name.contains(words, autoescape=True), Member.home_room == words]
        labelled = exists().where(
            Grant.member_id == Member.id,
            Post.id == Grant.post_id,
            live_grant(at),
            Post.community_id == series.community_id,
            Post.role == (Role.HANDLER if capacity is Capacity.DEPARTMENT else Role.STEWARD),
            Post.label.contains(words, autoescape=True),
        )
        conditions.append(or_(*named, labelled))
    posts = _posts(series, at)
    known = _known(session, *conditions, first=exists(posts.where(Grant.member_id == Member.id)), limit=limit)
    labels = _labels(session, series.id, [each.member_id for each in known])
    return [Known(k.member_id, k.name, labels.get(k.member_id, ""), k.home, capacity) for k in known]


def add_member(
    session: Session,
    *,
    series_id: int,
    member_id: int,
    added_id: int,
    capacity: Capacity,
    at: datetime,
    rules: HouseRules,
) -> None:
    """They are invited from the next meeting on, and told. Raises NotFound for somebody who cannot become one."""
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    fits = session.scalar(select(exists().where(Member.id == added_id, _eligible(series, capacity, at))))
    if not fits:
        raise NotFound
    if _live(session, series.id, added_id) is not None:
        return
    row = insert_row(
        session, StandingMember, series_id=series.id, member_id=added_id, capacity=capacity, added_at=at
    )
    notices.owe(
        session,
        members=[added_id],
        kind="meeting_stand_member",
        params={"label": series.label, "said": series.said, "venue": series.venue, "capacity": capacity.value},
        key=f"standing:{row}",
        at=at,
        rules=rules,
        shown_to=member_id,
    )


def remove_member(session: Session, *, series_id: int, member_id: int, removed_id: int, at: datetime) -> None:
    """They are not invited any more; where they were called to a meeting already, that stands."""
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    row = _live(session, series.id, removed_id)
    if row is None:
        raise NotFound
    update_row(session, StandingMember, row, ended_at=at)


def _live(session: Session, series_id: int, member_id: int) -> int | None:
    return session.scalar(
        select(StandingMember.id).where(
            StandingMember.series_id == series_id,
            StandingMember.member_id == member_id,
            StandingMember.ended_at.is_(None),
        )
    )


def _eligible(series: MeetingSeries, capacity: Capacity, at: datetime) -> ColumnElement[bool]:
    here = and_(Member.deidentified_at.is_(None), Member.consent_version.is_not(None))
    if capacity is Capacity.DEPARTMENT:
        return and_(
            Member.deidentified_at.is_(None),
            exists().where(
                Grant.member_id == Member.id,
                Post.id == Grant.post_id,
                live_grant(at),
                Post.community_id == series.community_id,
                Post.role == Role.HANDLER,
            ),
        )
    return or_(and_(here, lives_in(series)), exists(_posts(series, at).where(Grant.member_id == Member.id)))


def _posts(series: MeetingSeries, at: datetime) -> Select[int]:
    """The live grants of the stewards of the place."""
    buildings = select(Building.id)
    units = select(Unit.id)
    if series.building_id is not None:
        buildings = buildings.where(Building.id == series.building_id)
        units = units.where(Unit.building_id == series.building_id)
    else:
        inside = select(Building.id).join(Compound, Compound.id == Building.compound_id)
        inside = inside.where(
            Compound.id == series.compound_id
            if series.compound_id is not None
            else Compound.community_id == series.community_id
        )
        buildings, units = inside, units.where(Unit.building_id.in_(inside))
    scopes = or_(
        and_(Post.scope_kind == ScopeKind.BUILDING, Post.scope_id.in_(buildings)),
        and_(Post.scope_kind == ScopeKind.UNIT, Post.scope_id.in_(units)),
    )
    return (
        select(Grant.id)
        .join(Post, Post.id == Grant.post_id)
        .where(Post.role == Role.STEWARD, scopes, live_grant(at))
    )


def _known(
    session: Session, *conditions: ColumnElement[bool], first: ColumnElement[bool] | None = None, limit: int = 500
) -> list[Known]:
    query = (
        select(Member.id, Member.name, Member.home_room, Unit.name, Building.name, Compound.name)
        .outerjoin(Unit, Unit.id == Member.home_unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .where(*conditions)
        .limit(limit)
    )
    by_home = (Building.id, Unit.id, Member.home_room, Member.id)
    query = query.order_by(*((first.desc(),) if first is not None else ()), *by_home)
    return [
        Known(member, name, home="".join(part or "" for part in (compound, building, unit, room)))
        for member, name, room, unit, building, compound in session.execute(query)
    ]


def _labels(session: Session, series_id: int, member_ids: Sequence[int]) -> dict[int, str]:
    """The post by which somebody is known: of a unit, or as a steward."""
    rows = session.execute(
        select(Grant.member_id, Post.label)
        .join(Post, Post.id == Grant.post_id)
        .join(MeetingSeries, MeetingSeries.community_id == Post.community_id)
        .where(
            MeetingSeries.id == series_id,
            Grant.member_id.in_(member_ids),
            Grant.ends_at.is_(None),
            Post.role.in_([Role.HANDLER, Role.STEWARD]),
        )
        .order_by(Post.id)
    )
    labels: dict[int, str] = {}
    for row in rows:
        labels.setdefault(row.member_id, row.label)
    return labels
