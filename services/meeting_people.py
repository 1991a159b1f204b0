"""Who is what to a meeting: who convenes it, who is above them, who lives where it is held for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from models.community import Building, Community, Unit
from models.issue import Issue
from models.meeting import Meeting, MeetingInvitation, MeetingSeries
from models.member import Member, Post
from models.rules.errors import NobodyReachable
from models.rules.meeting_workflow import Capacity, MeetingActor, MeetingAudience, Rsvp
from models.rules.posts import RUNGS, Role, Rung, ScopeKind
from services.ladder import Scope, next_rung
from services.members import holders_of, posts_of


def scope_of_series(session: Session, series: MeetingSeries) -> Scope:
    """Where it is held for, as far as posts go. The grid is that of the convener or of the place, if it is of one."""
    return Scope(series.community_id, grid_of(session, series), series.building_id, series.unit_id)


def grid_of(session: Session, series: MeetingSeries) -> int | None:
    """The grid of the place, where it lies in one; else that of the secretary who convenes it."""
    if series.building_id is not None:
        return session.scalar(select(Building.grid_id).where(Building.id == series.building_id))
    convener = session.execute(select(Post.role, Post.scope_id).where(Post.id == series.convener_id)).one()
    if convener.role is Role.SECRETARY:
        return int(convener.scope_id)
    grids = session.scalars(select(Building.grid_id).where(Building.compound_id == series.compound_id).distinct()).all()
    return grids[0] if len(grids) == 1 else None


def in_place(series: MeetingSeries) -> ColumnElement[bool]:
    """The issues of the place of a series."""
    column, place = place_of(series)
    is_there: ColumnElement[bool] = getattr(Issue, column) == place
    return is_there


def place_of(series: MeetingSeries) -> tuple[str, int]:
    """The narrowest of its columns that is set, and which one it names."""
    named = ("unit_id", "building_id", "compound_id")
    found = ((column, getattr(series, column)) for column in named if getattr(series, column) is not None)
    return next(found, ("community_id", series.community_id))


def lives_in(series: MeetingSeries) -> ColumnElement[bool]:
    """The members of the place of a series: whose home lies in it; for a community, all of its own."""
    if series.unit_id is not None:
        return Member.home_unit_id == series.unit_id
    if series.building_id is not None:
        return Member.home_unit_id.in_(select(Unit.id).where(Unit.building_id == series.building_id))
    if series.compound_id is not None:
        units = select(Unit.id).join(Building, Building.id == Unit.building_id)
        return Member.home_unit_id.in_(units.where(Building.compound_id == series.compound_id))
    return Member.community_id == series.community_id


def above_convener(session: Session, series: MeetingSeries, *, at: datetime) -> int | None:
    """The reachable post of the rung above whoever convenes it; None at the top."""
    role = session.execute(select(Post.role).where(Post.id == series.convener_id)).scalar_one()
    try:
        routed = next_rung(
            session, scope=scope_of_series(session, series), above=RUNGS.get(role, Rung.GRID), at=at
        )
    except NobodyReachable:
        return None
    return routed.post_id


def meeting_actors(
    session: Session, *, member_id: int, series: MeetingSeries, meeting_id: int | None, at: datetime
) -> set[MeetingActor]:
    """What somebody is to a meeting; empty: nothing, and they may not even know that it exists."""
    found: set[MeetingActor] = set()
    order = list(Rung)
    convener = session.execute(select(Post.role).where(Post.id == series.convener_id)).scalar_one()
    grid = grid_of(session, series)
    street = select(Community.street_id).where(Community.id == series.community_id)
    for post in posts_of(session, member_id=member_id, at=at):
        if post.post_id == series.convener_id:
            found.add(MeetingActor.CONVENER)
            continue
        if post.role not in RUNGS or order.index(RUNGS[post.role]) <= order.index(RUNGS.get(convener, Rung.GRID)):
            continue
        mine = {
            (ScopeKind.GRID, grid),
            (ScopeKind.COMMUNITY, series.community_id),
            (ScopeKind.STREET, session.scalar(street)),
        }
        if (post.scope_kind, post.scope_id) in mine:
            found.add(MeetingActor.UPPER)
    if session.scalar(select(exists().where(Member.id == member_id, lives_in(series)))):
        found.add(MeetingActor.RESIDENT)
    if meeting_id is not None:
        capacity = session.scalar(
            select(MeetingInvitation.capacity).where(
                MeetingInvitation.meeting_id == meeting_id,
                MeetingInvitation.member_id == member_id,
                MeetingInvitation.invited_at.is_not(None),
            )
        )
        if capacity is not None:
            found.add(MeetingActor.INVITED)
        if capacity is Capacity.VOTER:
            found.add(MeetingActor.VOTER)
    return found


def audience_of(
    session: Session, *, audience: MeetingAudience, meeting: Meeting, series: MeetingSeries, at: datetime
) -> Sequence[int]:
    """The members that a deed on a meeting is told to."""
    told = and_(
        MeetingInvitation.meeting_id == meeting.id,
        MeetingInvitation.member_id.is_not(None),
        MeetingInvitation.invited_at.is_not(None),
    )
    invited = select(MeetingInvitation.member_id).where(told).order_by(MeetingInvitation.id)
    match audience:
        case MeetingAudience.CONVENER:
            return holders_of(session, post_id=series.convener_id, at=at)
        case MeetingAudience.ABOVE:
            above = above_convener(session, series, at=at)
            return [] if above is None else holders_of(session, post_id=above, at=at)
        case MeetingAudience.INVITED:
            chosen = invited
        case MeetingAudience.COMING:
            chosen = invited.where(MeetingInvitation.rsvp == Rsvp.COMING)
        case MeetingAudience.SILENT:
            chosen = invited.where(MeetingInvitation.rsvp.is_(None))
        case MeetingAudience.ATTENDEES:
            chosen = invited.where(MeetingInvitation.checked_in_at.is_not(None))
        case MeetingAudience.RESIDENTS:
            residents = select(Member.id).where(
                lives_in(series), Member.consent_version.is_not(None), Member.deidentified_at.is_(None)
            )
            return session.scalars(residents.order_by(Member.id)).all()
    return [member for member in session.scalars(chosen) if member is not None]


_OF_INVITATIONS = frozenset(
    {MeetingAudience.INVITED, MeetingAudience.COMING, MeetingAudience.SILENT, MeetingAudience.ATTENDEES}
)


def split_by_capacity(
    session: Session, *, audience: MeetingAudience, meeting_id: int, members: Sequence[int]
) -> list[tuple[dict[str, str], list[int]]]:
    """The members of an audience, and what is said to some of them only: in which capacity they were invited."""
    if audience not in _OF_INVITATIONS or not members:
        return [({}, list(members))]
    rows = session.execute(
        select(MeetingInvitation.member_id, MeetingInvitation.capacity).where(
            MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.member_id.is_not(None)
        )
    )
    of_member = {row.member_id: row.capacity for row in rows}
    parts = [(capacity, [m for m in members if of_member[m] is capacity]) for capacity in Capacity]
    return [({"capacity": capacity.value}, some) for capacity, some in parts if some]
