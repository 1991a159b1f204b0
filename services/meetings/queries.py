"""What people are shown of meetings. Everything goes through what somebody is to a meeting."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from models.community import Community
from models.issue import Issue
from models.meeting import Meeting, MeetingInvitation, MeetingSeries
from models.member import Member
from models.rules.errors import NotFound
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import MeetingActor, MeetingState
from models.rules.posts import ScopeKind
from services.meeting_people import meeting_actors
from services.members import posts_of

_MOST = 200  # meetings of one community that are looked through


@dataclass(frozen=True)
class MeetingLine:
    """A meeting in a list, and what the viewer is to it."""

    meeting_id: int
    series_id: int
    label: str
    number: int | None
    state: MeetingState
    meets_at: datetime
    venue: str
    held: frozenset[MeetingActor]


def meetings_for(
    session: Session,
    *,
    member_id: int,
    states: Collection[MeetingState],
    actors: Collection[MeetingActor],
    at: datetime,
    limit: int = 10,
) -> Sequence[MeetingLine]:
    """The meetings in these states to which somebody is one of ``actors``, earliest first."""
    rows = session.execute(
        select(Meeting, MeetingSeries)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(around(session, member_id, at), Meeting.state.in_(sorted(states)))
        .order_by(Meeting.meets_at, Meeting.id)
        .limit(_MOST)
    ).all()
    found: list[MeetingLine] = []
    for meeting, series in rows:
        held = meeting_actors(session, member_id=member_id, series=series, meeting_id=meeting.id, at=at)
        if held & set(actors):
            found.append(_line(meeting, series, held))
        if len(found) == limit:
            break
    return found


def meeting_line(session: Session, *, meeting_id: int, member_id: int, at: datetime) -> MeetingLine:
    """One meeting, for somebody who is something to it. Raises NotFound for everybody else."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound
    series = session.get_one(MeetingSeries, meeting.series_id)
    held = meeting_actors(session, member_id=member_id, series=series, meeting_id=meeting.id, at=at)
    if not held:
        raise NotFound
    return _line(meeting, series, held)


def _line(meeting: Meeting, series: MeetingSeries, held: set[MeetingActor]) -> MeetingLine:
    return MeetingLine(
        meeting.id,
        series.id,
        series.label,
        meeting.number,
        meeting.state,
        meeting.meets_at,
        meeting.venue,
        frozenset(held),
    )


def around(session: Session, member_id: int, at: datetime) -> ColumnElement[bool]:
    """The meetings somebody may have to do with: of where they are, and those they were asked to, from elsewhere too.
    It is what an index finds; what they are to each is for the caller to ask."""
    held = aliased(Meeting)
    there = (
        select(held.id)
        .join(MeetingSeries, MeetingSeries.id == held.series_id)
        .where(MeetingSeries.community_id.in_(communities_of(session, member_id, at)))
    )
    invited = select(MeetingInvitation.meeting_id).where(MeetingInvitation.member_id == member_id)
    return Meeting.id.in_(union(there, invited))


def communities_of(session: Session, member_id: int, at: datetime) -> list[int]:
    """Where somebody lives or has a post; for the street's people, all communities of the street."""
    own = session.scalar(select(Member.community_id).where(Member.id == member_id))
    found = {own} if own is not None else set()
    for post in posts_of(session, member_id=member_id, at=at):
        if post.community_id is not None:
            found.add(post.community_id)
        if post.scope_kind is ScopeKind.STREET:
            found.update(session.scalars(select(Community.id).where(Community.street_id == post.scope_id)))
    return sorted(found)


def next_open_meeting(session: Session, *, series_id: int, at: datetime) -> datetime | None:
    """The next meeting of a series whose agenda is not drafted yet; None where none is planned."""
    return session.scalar(
        select(func.min(Meeting.meets_at))
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(
            Meeting.series_id == series_id,
            Meeting.state.in_([MeetingState.PLANNED, MeetingState.COLLECTING]),
            Meeting.meets_at > at,
            MeetingSeries.ended_at.is_(None),
        )
    )


def levels_for(session: Session, *, issue_id: int) -> Sequence[Level]:
    """The levels at which somebody meets for the place of an issue, lowest first."""
    issue = session.execute(
        select(Issue.community_id, Issue.compound_id, Issue.building_id, Issue.unit_id).where(Issue.id == issue_id)
    ).one()
    places = (
        (MeetingSeries.unit_id, issue.unit_id),
        (MeetingSeries.building_id, issue.building_id),
        (MeetingSeries.compound_id, issue.compound_id),
    )
    covers = [MeetingSeries.community_id == issue.community_id, MeetingSeries.ended_at.is_(None)]
    covers += [or_(column.is_(None), column == place) if place else column.is_(None) for column, place in places]
    meeting = set(session.scalars(select(MeetingSeries.level).where(*covers).distinct()))
    return [level for level in Level if level in meeting]
