"""What conveners are shown of their series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.meeting import Meeting, MeetingSeries, StandingMember
from models.rules.meeting_workflow import CHAIR, COMING, Capacity, Form, MeetingActor, MeetingState, QuorumRule
from services.meeting_people import meeting_actors
from services.meetings.queries import communities_of
from services.meetings.series import chaired_series

_MOST = 200  # series of one community that are looked through


@dataclass(frozen=True)
class ComingMeeting:
    """``moved_why``: words, or what handlers.reasons puts into words."""

    meeting_id: int
    state: MeetingState
    meets_at: datetime
    moved_why: str


@dataclass(frozen=True)
class SeriesCard:
    """A series as its convener sees it. ``members``: how many of each capacity."""

    series_id: int
    label: str
    said: str
    venue: str
    length_minutes: int
    form: Form
    quorum: QuorumRule
    households: int | None
    coming: tuple[ComingMeeting, ...]
    members: dict[Capacity, int]


def series_for(session: Session, *, member_id: int, at: datetime, limit: int = 9) -> Sequence[tuple[int, str]]:
    """The live series that somebody convenes, then those below them: id and label."""
    rows = session.scalars(
        select(MeetingSeries)
        .where(
            MeetingSeries.ended_at.is_(None),
            MeetingSeries.community_id.in_(communities_of(session, member_id, at)),
        )
        .order_by(MeetingSeries.id)
        .limit(_MOST)
    ).all()
    found: list[tuple[bool, int, str]] = []
    for series in rows:
        held = meeting_actors(session, member_id=member_id, series=series, meeting_id=None, at=at)
        if held & CHAIR:
            found.append((MeetingActor.CONVENER not in held, series.id, series.label))
    return [(series_id, label) for _, series_id, label in sorted(found)][:limit]


def card(session: Session, *, series_id: int, member_id: int, at: datetime) -> SeriesCard:
    """Raises NotFound for who neither convenes it nor is above."""
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    meetings = session.scalars(
        select(Meeting)
        .where(Meeting.series_id == series.id, Meeting.state.in_(sorted(COMING)))
        .order_by(Meeting.meets_at)
    )
    members = session.execute(
        select(StandingMember.capacity, func.count())
        .where(StandingMember.series_id == series.id, StandingMember.ended_at.is_(None))
        .group_by(StandingMember.capacity)
    )
    return SeriesCard(
        series.id,
        series.label,
        series.said,
        series.venue,
        series.length_minutes,
        series.form,
        series.quorum,
        series.households,
        tuple(ComingMeeting(m.id, m.state, m.meets_at, m.moved_why) for m in meetings),
        {row.capacity: row[1] for row in members},
    )
