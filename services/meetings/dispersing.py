"""The end of a meeting: what was not reached waits, ballots are counted, and the minutes are drafted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.rules.house import HouseRules
from models.rules.meeting_workflow import MeetingAction, MeetingActor, MeetingState
from services.meetings import minutes, settling, voting
from services.meetings.moves import TIMER, MeetingDeed, chaired, check_meeting_move, lock_meeting, move_meeting
from services.meetings.sitting import attendance


def close_meeting(session: Session, *, meeting_id: int, member_id: int, at: datetime, rules: HouseRules) -> int:
    """The chair sends all home. Returns how many items were not reached. Raises MeetingRefused."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    return _close(session, meeting, series, member_id=member_id, held=held, at=at, rules=rules)


def close_forgotten(session: Session, *, meeting_id: int, at: datetime, rules: HouseRules) -> None:
    """Its chair forgot to close it. One that was closed stays as it is."""
    meeting, series = lock_meeting(session, meeting_id)
    if meeting.state is MeetingState.IN_SESSION:
        _close(session, meeting, series, member_id=None, held=TIMER, at=at, rules=rules)


def _close(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    *,
    member_id: int | None,
    held: set[MeetingActor] | frozenset[MeetingActor],
    at: datetime,
    rules: HouseRules,
) -> int:
    check_meeting_move(meeting, action=MeetingAction.CLOSE, held=held)
    items = session.scalars(select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)).all()
    voting.close_open_ballots(session, item_ids=items, at=at, rules=rules)
    left = settling.leave_unreached(session, meeting)
    found = attendance(session, meeting)
    details = {
        "households": found.households,
        "base": found.base,
        "needed": found.needed,
        "people": found.people,
        "not_reached": left,
    }
    deed = MeetingDeed(MeetingAction.CLOSE, member_id, held, details=details)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    minutes.draft_minutes(session, meeting, series, at=at, rules=rules)
    return left
