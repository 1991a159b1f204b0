"""The meetings of one person: what is coming, what was lately, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from models.community import Building, Community, Unit
from models.meeting import Meeting, MeetingInvitation, MeetingSeries
from models.member import Member, Post
from models.rules.meeting_workflow import ON_AGENDA, Capacity, MeetingState, Rsvp
from models.rules.posts import Role, ScopeKind
from services.meetings.queries import around
from services.members import HeldPost, posts_of

#: Of a meeting that is over: so long it is in the list.
LATELY = timedelta(days=31)
_MOST_PAST = 3
_BELOW = {
    Role.SECRETARY: (Role.STEWARD,),
    Role.COMMUNITY: (Role.STEWARD, Role.SECRETARY),
    Role.STREET: (Role.STEWARD, Role.SECRETARY, Role.COMMUNITY),
}
_OPEN_TO_NEIGHBOURS = ON_AGENDA | {MeetingState.PUBLISHED}


@dataclass(frozen=True)
class ListedMeeting:
    """``rsvp``: what the viewer answered; ``capacity`` None: they were not asked."""

    meeting_id: int
    label: str
    number: int | None
    state: MeetingState
    meets_at: datetime
    capacity: Capacity | None
    rsvp: Rsvp | None


def own_meetings(session: Session, *, member_id: int, at: datetime, limit: int) -> list[ListedMeeting]:
    """Those they were asked to, convene, stand above, or could go to because they live there: first what is to come or
    not done yet, then what is over since :data:`LATELY`.

    What is only planned is shown to who convenes it.
    """
    posts = posts_of(session, member_id=member_id, at=at)
    asked = MeetingInvitation.invited_at.is_not(None)  # of the viewer's own, which is joined
    chairs = MeetingSeries.convener_id.in_([post.post_id for post in posts])
    open_to_all = and_(Meeting.state.in_(sorted(_OPEN_TO_NEIGHBOURS)), _lives_there(session, member_id))
    known = and_(around(session, member_id, at), or_(asked, chairs, _below(posts), open_to_all))
    done = Meeting.state.in_([MeetingState.PUBLISHED, MeetingState.CANCELLED, MeetingState.NOT_HELD])
    coming = _lines(session, member_id, known, ~done, limit=limit)
    lately = _lines(session, member_id, known, done, Meeting.meets_at > at - LATELY, limit=_MOST_PAST, last=True)
    return [*coming, *lately][:limit]


def _lines(
    session: Session, member_id: int, *which: ColumnElement[bool], limit: int, last: bool = False
) -> list[ListedMeeting]:
    order = Meeting.meets_at.desc() if last else Meeting.meets_at
    rows = session.execute(
        select(
            Meeting.id,
            MeetingSeries.label,
            Meeting.number,
            Meeting.state,
            Meeting.meets_at,
            MeetingInvitation.capacity,
            MeetingInvitation.rsvp,
        )
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .outerjoin(
            MeetingInvitation,
            and_(MeetingInvitation.meeting_id == Meeting.id, MeetingInvitation.member_id == member_id),
        )
        .where(*which)
        .order_by(order, Meeting.id)
        .limit(limit)
    )
    return [ListedMeeting(*row) for row in rows]


def _below(posts: Sequence[HeldPost]) -> ColumnElement[bool]:
    """The meetings whose convener stands below one of these posts; they help where the agenda is late."""
    found: list[ColumnElement[bool]] = []
    for post in posts:
        if post.role not in _BELOW:
            continue
        role = exists().where(Post.id == MeetingSeries.convener_id, Post.role.in_(_BELOW[post.role]))
        found.append(and_(role, _within(post)))
    return or_(false(), *found)


def _within(post: HeldPost) -> ColumnElement[bool]:
    match post.scope_kind:
        case ScopeKind.GRID:
            return MeetingSeries.building_id.in_(select(Building.id).where(Building.grid_id == post.scope_id))
        case ScopeKind.COMMUNITY:
            return MeetingSeries.community_id == post.scope_id
        case ScopeKind.STREET:
            return MeetingSeries.community_id.in_(select(Community.id).where(Community.street_id == post.scope_id))
    return false()


def _lives_there(session: Session, member_id: int) -> ColumnElement[bool]:
    home = session.execute(
        select(Member.community_id, Building.compound_id, Building.id.label("building"), Unit.id.label("unit"))
        .outerjoin(Unit, Unit.id == Member.home_unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .where(Member.id == member_id)
    ).one()
    return and_(
        MeetingSeries.community_id == home.community_id,
        or_(MeetingSeries.compound_id.is_(None), MeetingSeries.compound_id == home.compound_id),
        or_(MeetingSeries.building_id.is_(None), MeetingSeries.building_id == home.building),
        or_(MeetingSeries.unit_id.is_(None), MeetingSeries.unit_id == home.unit),
    )
