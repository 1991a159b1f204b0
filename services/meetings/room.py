"""A meeting as it is shown while it sits: to its chair in chat, and to all on the screen of the room."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.meeting import Meeting, MeetingSeries
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import ItemState, MeetingState, QuorumRule
from models.rules.room_code import code_at, page_key, seconds_left
from services.meetings.settling import ItemLine, announced_items
from services.meetings.sitting import Attendance, attendance, check_in_is_open, seated


@dataclass(frozen=True)
class Desk:
    """What the chair has before them."""

    meeting_id: int
    label: str
    number: int | None
    level: Level
    state: MeetingState
    meets_at: datetime
    venue: str
    path: str  # of the room's page
    attendance: Attendance
    assembly: bool  # 居民会议: all that live there count, invited or not
    items: tuple[ItemLine, ...]

    def item(self, item_id: int | None = None) -> ItemLine | None:
        """That one; else the one talked over now, the first that is still to come, the last of all."""
        for line in self.items:
            if line.item_id == item_id:
                return line
        waiting = [line for line in self.items if not line.settled]
        talked = [line for line in waiting if line.state is ItemState.IN_TALK]
        return next(iter([*talked, *waiting, *self.items[-1:]]), None)

    @property
    def unsettled(self) -> tuple[ItemLine, ...]:
        return tuple(line for line in self.items if not line.settled)


@dataclass(frozen=True)
class Room:
    """What the screen of the room shows. ``code``: the six digits; empty while nobody can check in. ``opens_at``: from
    when they can."""

    public_id: str
    label: str
    number: int | None
    state: MeetingState
    meets_at: datetime
    opens_at: datetime
    venue: str
    code: str
    seconds_left: int
    attendance: Attendance
    items: tuple[ItemLine, ...]


def room_path(meeting: Meeting) -> str:
    """Of the page for the screen of the room, on our own site. Who does not know it cannot guess it."""
    return f"/room/{meeting.public_id}/{page_key(meeting.code)}"


def desk(session: Session, *, meeting_id: int, member_id: int, at: datetime) -> Desk:
    """For the chair alone. Raises NotFound, MeetingRefused."""
    meeting, series = seated(session, meeting_id=meeting_id, member_id=member_id, at=at)
    return Desk(
        meeting.id,
        series.label,
        meeting.number,
        series.level,
        meeting.state,
        meeting.meets_at,
        meeting.venue,
        room_path(meeting),
        attendance(session, meeting),
        meeting.quorum is QuorumRule.RESIDENTS_ASSEMBLY,
        tuple(announced_items(session, meeting_id=meeting.id)),
    )


def room(session: Session, *, public_id: str, key: str, at: datetime, rules: HouseRules) -> Room | None:
    """None where the address is not one of ours. Only reads."""
    meeting = session.scalars(select(Meeting).where(Meeting.public_id == public_id)).one_or_none()
    if meeting is None or not hmac.compare_digest(page_key(meeting.code).encode(), key.encode()):
        return None
    series = session.get_one(MeetingSeries, meeting.series_id)
    is_open = check_in_is_open(state=meeting.state, meets_at=meeting.meets_at, at=at, rules=rules)
    return Room(
        meeting.public_id,
        series.label,
        meeting.number,
        meeting.state,
        meeting.meets_at,
        meeting.meets_at - rules.check_in_opens,
        meeting.venue,
        code_at(meeting.code, at) if is_open else "",
        seconds_left(at),
        attendance(session, meeting),
        tuple(announced_items(session, meeting_id=meeting.id)),
    )
