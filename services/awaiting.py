"""What an issue waits for now, and until when: the one place that knows the date its people go by.

Of an issue on its way through a meeting that is not its landing but the meeting, then the end of the period for
objections, then the day by which its resolution is to be carried out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingSeries
from models.member import Post
from models.resolution import Resolution
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import MeetingState
from models.rules.posts import Role
from models.rules.resolution_workflow import ResolutionState


class Wait(StrEnum):
    CONTACT = "contact"  # its first answer
    ANSWER = "answer"  # its landing
    NO_MEETING = "no_meeting"  # none is planned; then it climbs
    CANDIDATE = "candidate"  # the next meeting that may take it up
    MEETING = "meeting"  # on whose agenda it stands
    MINUTES = "minutes"  # it was talked about; what came of it is not published yet
    OBJECTIONS = "objections"  # it was decided, and anybody may object
    RESOLUTION = "resolution"  # that it is carried out
    REVIEW = "review"  # it is shelved


#: What has to do with a meeting.
OF_MEETINGS = frozenset(
    {Wait.NO_MEETING, Wait.CANDIDATE, Wait.MEETING, Wait.MINUTES, Wait.OBJECTIONS, Wait.RESOLUTION}
)


@dataclass(frozen=True)
class Awaited:
    """``meeting``: the label of its series. ``owner``, ``due_on``: who will carry out a resolution that is not in force
    yet, and by when; later that is the holder. ``delayed``: the period for objections is over, and one is open."""

    what: Wait
    until: datetime
    meeting: str = ""
    owner_role: Role | None = None
    owner: str = ""
    due_on: date | None = None
    delayed: bool = False

    def to_json(self, rules: HouseRules) -> dict[str, Any]:
        """For the params of a notice; the moment with the house's offset."""
        return {
            "what": self.what.value,
            "until": self.until.astimezone(ZoneInfo(rules.timezone)).isoformat(),
            "meeting": self.meeting,
            "owner_role": self.owner_role.value if self.owner_role else "",
            "owner": self.owner,
            "due_on": self.due_on.isoformat() if self.due_on else "",
            "delayed": self.delayed,
        }


class Stand(NamedTuple):
    """As much of an issue as its dates need."""

    issue_id: int
    state: State
    first_answer_due: datetime
    landing_due: datetime
    rung_due: datetime | None
    review_at: datetime | None


def stand_of(issue: Issue | Row[Any]) -> Stand:
    """Of an issue, or a row with the same columns."""
    return Stand(
        issue.id, issue.state, issue.first_answer_due, issue.landing_due, issue.rung_due, issue.review_at
    )


_SCHEDULED = (
    select(
        AgendaIssue.issue_id,
        Meeting.state,
        Meeting.meets_at,
        MeetingSeries.label,
        Resolution.objections_until,
        Resolution.due_on,
        Resolution.delayed_at,
        Post.role,
        Post.label.label("owner"),
    )
    .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
    .join(Meeting, Meeting.id == AgendaItem.meeting_id)
    .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
    .outerjoin(
        Resolution, and_(Resolution.item_id == AgendaItem.id, Resolution.state == ResolutionState.PUBLISHED)
    )
    .outerjoin(Post, Post.id == Resolution.owner_id)
    .where(
        AgendaIssue.issue_id.in_(bindparam("issues", expanding=True)),
        or_(AgendaIssue.on_agenda, Resolution.id.is_not(None)),
    )
    .order_by(Meeting.meets_at, Meeting.id)
)
#: Under an item of a draft, whatever became of it there: until that is approved it may be put back.
_IN_DRAFT = exists(
    select(AgendaIssue.id)
    .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
    .where(AgendaItem.meeting_id == Meeting.id, AgendaIssue.issue_id == Issue.id)
    .correlate(Meeting, Issue)
)
_COMING = (
    select(Issue.id, Meeting.id.label("meeting_id"), Meeting.meets_at, MeetingSeries.label)
    .select_from(Issue)
    .join(
        MeetingSeries,
        and_(
            MeetingSeries.community_id == Issue.community_id,
            MeetingSeries.level == Issue.level,
            MeetingSeries.ended_at.is_(None),
            or_(MeetingSeries.compound_id.is_(None), MeetingSeries.compound_id == Issue.compound_id),
            or_(MeetingSeries.building_id.is_(None), MeetingSeries.building_id == Issue.building_id),
            or_(MeetingSeries.unit_id.is_(None), MeetingSeries.unit_id == Issue.unit_id),
        ),
    )
    .join(Meeting, Meeting.series_id == MeetingSeries.id)
    .where(
        Issue.id.in_(bindparam("issues", expanding=True)),
        or_(
            Meeting.state.in_([MeetingState.PLANNED, MeetingState.COLLECTING]),
            and_(Meeting.state == MeetingState.DRAFTED, _IN_DRAFT),
        ),
    )
    .order_by(Meeting.meets_at.desc(), Meeting.id.desc())
)


def awaited(session: Session, stands: Iterable[Stand]) -> dict[int, Awaited]:
    """What each of them waits for. At most two queries, and none where no meeting has to do with any."""
    found = {stand.issue_id: _by_itself(stand) for stand in stands}
    waiting = [issue for issue, wait in found.items() if wait.what is Wait.NO_MEETING]
    if waiting:
        found |= {
            row.id: replace(found[row.id], what=Wait.CANDIDATE, until=row.meets_at, meeting=row.label)
            for row in session.execute(_COMING, {"issues": waiting})
        }
    listed = [issue for issue, wait in found.items() if wait.what is Wait.MEETING]
    if listed:
        rows = session.execute(_SCHEDULED, {"issues": listed})
        found |= {row.issue_id: _of_agenda(found[row.issue_id], row) for row in rows}
    return found


def next_meeting(session: Session, *, issue_id: int) -> int | None:
    """The meeting that may take up an issue that waits for one."""
    rows = session.execute(_COMING, {"issues": [issue_id]}).all()
    return rows[-1].meeting_id if rows else None


def _by_itself(stand: Stand) -> Awaited:
    """As far as the issue itself knows."""
    match stand.state:
        case State.RECEIVED:
            return Awaited(Wait.CONTACT, stand.first_answer_due)
        case State.SHELVED:
            return Awaited(Wait.REVIEW, stand.review_at or stand.landing_due)
        case State.TO_DELIBERATE:
            return Awaited(Wait.NO_MEETING, stand.rung_due or stand.landing_due)
        case State.SCHEDULED:
            return Awaited(Wait.MEETING, stand.rung_due or stand.landing_due)
        case State.DECIDED:
            return Awaited(Wait.RESOLUTION, stand.rung_due or stand.landing_due)
    return Awaited(Wait.ANSWER, stand.landing_due)


def _of_agenda(known: Awaited, row: Any) -> Awaited:
    if row.objections_until is not None:
        return Awaited(
            Wait.OBJECTIONS,
            row.objections_until,
            row.label,
            row.role,
            row.owner,
            row.due_on,
            row.delayed_at is not None,
        )
    talked = row.state in (MeetingState.HELD, MeetingState.MINUTED, MeetingState.PUBLISHED)
    what = Wait.MINUTES if talked else Wait.MEETING
    return replace(known, what=what, until=row.meets_at, meeting=row.label)
