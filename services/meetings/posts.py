"""To whom a meeting can give something to do: owners of resolutions, and who a matter is handed over to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.community import Building, Organisation, OrganisationKind, Unit
from models.meeting import Meeting, MeetingSeries
from models.member import Post
from models.rules.errors import NobodyReachable
from models.rules.posts import Role, Rung, ScopeKind
from services.ladder import Scope, next_rung
from services.meeting_people import grid_of
from services.members import reachable_posts


@dataclass(frozen=True)
class PostLine:
    post_id: int
    role: Role
    label: str


def owners_for(session: Session, *, meeting_id: int, at: datetime) -> list[PostLine]:
    """Who can carry out a resolution of this meeting and can be written to: the grid, the community, units of the
    place, its stewards."""
    meeting = session.get_one(Meeting, meeting_id)
    series = session.get_one(MeetingSeries, meeting.series_id)
    posts = [
        *_posts(session, Post.role == Role.SECRETARY, Post.scope_id == (grid_of(session, series) or 0)),
        *_posts(session, Post.role == Role.COMMUNITY, Post.scope_id == series.community_id),
        *_units(session, series),
        *_posts(session, Post.role == Role.STEWARD, _stewards_in(series)),
    ]
    return _reachable(session, posts, at=at)


def street_post(session: Session, *, meeting_id: int, at: datetime) -> PostLine | None:
    """Whom of the street a matter can be handed to; None where nobody is there."""
    meeting = session.get_one(Meeting, meeting_id)
    series = session.get_one(MeetingSeries, meeting.series_id)
    try:
        routed = next_rung(session, scope=Scope(series.community_id, None, None, None), above=Rung.COMMUNITY, at=at)
    except NobodyReachable:
        return None
    return next(iter(_posts(session, Post.id == routed.post_id)), None)


def owners_committees(session: Session, *, meeting_id: int, at: datetime) -> list[PostLine]:
    """业委会 of the place that can be written to."""
    meeting = session.get_one(Meeting, meeting_id)
    series = session.get_one(MeetingSeries, meeting.series_id)
    return _reachable(session, _units(session, series, OrganisationKind.OWNERS), at=at)


def _units(session: Session, series: MeetingSeries, kind: OrganisationKind | None = None) -> list[PostLine]:
    """Of the community, without those that serve another compound only."""
    query = (
        select(Post.id, Post.role, Post.label)
        .join(Organisation, (Post.scope_id == Organisation.id) & (Post.scope_kind == ScopeKind.ORGANISATION))
        .where(Organisation.community_id == series.community_id)
        .order_by(Organisation.compound_id.is_(None), Organisation.kind, Organisation.id)
    )
    if series.compound_id is not None:
        query = query.where(Organisation.compound_id.is_(None) | (Organisation.compound_id == series.compound_id))
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    return [PostLine(*row) for row in session.execute(query)]


def _stewards_in(series: MeetingSeries) -> ColumnElement[bool]:
    """Of the units and buildings that lie in the place of a series; for a community, of all."""
    units = select(Unit.id).join(Building, Building.id == Unit.building_id)
    buildings = select(Building.id)
    if series.building_id is not None:
        units = units.where(Unit.id == series.unit_id if series.unit_id else Building.id == series.building_id)
        buildings = buildings.where(Building.id == series.building_id)
    elif series.compound_id is not None:
        units = units.where(Building.compound_id == series.compound_id)
        buildings = buildings.where(Building.compound_id == series.compound_id)
    else:
        return Post.community_id == series.community_id
    return ((Post.scope_kind == ScopeKind.UNIT) & Post.scope_id.in_(units)) | (
        (Post.scope_kind == ScopeKind.BUILDING) & Post.scope_id.in_(buildings)
    )


def _posts(session: Session, *where: ColumnElement[bool]) -> list[PostLine]:
    query = select(Post.id, Post.role, Post.label).where(*where).order_by(Post.id)
    return [PostLine(*row) for row in session.execute(query)]


def _reachable(session: Session, posts: Sequence[PostLine], *, at: datetime) -> list[PostLine]:
    there = reachable_posts(session, post_ids=[post.post_id for post in posts], at=at)
    return [post for post in posts if post.post_id in there]
