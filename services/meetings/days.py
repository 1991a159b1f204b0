"""The day of a meeting: moved, cancelled, and kept off public holidays. Everybody who was told of it is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingInvitation, MeetingSeries
from models.rules.errors import MeetingDayRefused
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import COMING, MeetingAction, MeetingActor, MeetingState
from models.rules.recurrence import off_holiday
from services.deliberating import reschedule_issue
from services.meetings import agenda
from services.meetings import steps as meeting_steps
from services.meetings.moves import TIMER, MeetingDeed, chaired, check_meeting_move, lock_meeting, move_meeting

_NOTICE = timedelta(days=1)  # a meeting so near is not moved by itself any more


def move_by_chair(
    session: Session, *, meeting_id: int, member_id: int, to: datetime, words: str, at: datetime, rules: HouseRules
) -> Meeting:
    """To another day, with a reason; everybody who was told of the old one is told, and asked again.

    Raises MeetingDayRefused where it cannot be on that day.
    """
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_day(session, meeting_id=meeting_id, member_id=member_id, to=to, at=at, rules=rules)
    deed = MeetingDeed(MeetingAction.MOVE, member_id, held, words=words, until=to)
    carry_over(session, meeting, series, deed, at=at, rules=rules)
    return meeting


def check_chair(session: Session, *, meeting_id: int, member_id: int, action: MeetingAction, at: datetime) -> None:
    """Raises MeetingRefused where somebody cannot do this to a meeting now, NotFound to strangers."""
    meeting, _, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=action, held=held)


def check_day(
    session: Session, *, meeting_id: int, member_id: int, to: datetime, at: datetime, rules: HouseRules
) -> None:
    """Raises MeetingDayRefused where it cannot be moved to then, MeetingRefused where it cannot be moved at all."""
    meeting, _, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=MeetingAction.MOVE, held=held)
    zone = ZoneInfo(rules.timezone)
    day = to.astimezone(zone).date()
    holiday = rules.calendar.holiday(day)
    others = [other for other in meetings_of(session, meeting.series_id, COMING) if other.id != meeting.id]
    taken = day in {other.meets_at.astimezone(zone).date() for other in others}
    refusals = {
        "past": to <= at,
        "same": to == meeting.meets_at,
        "far": to > at + rules.plan_ahead,
        "holiday": holiday is not None,
        "taken": taken,
    }
    why = next((why for why, refused in refusals.items() if refused), None)
    if why is not None:
        raise MeetingDayRefused(why=why, holiday=holiday, days=rules.plan_ahead.days)


def cancel_by_chair(
    session: Session, *, meeting_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Meeting:
    """It does not take place; what stood on its agenda waits for the next. Everybody who was told of it is told."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    cancel(session, meeting, series, held, member_id=member_id, words=words, at=at, rules=rules)
    return meeting


def cancel(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    held: Collection[MeetingActor],
    *,
    member_id: int,
    words: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    """A locked meeting; ``held``: what the member is to it."""
    deed = MeetingDeed(MeetingAction.CANCEL, member_id, held, words=words)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    agenda.release_items(session, meeting, series, words=words, at=at, rules=rules)


def carry_over(
    session: Session, meeting: Meeting, series: MeetingSeries, deed: MeetingDeed, *, at: datetime, rules: HouseRules
) -> None:
    """Move a locked meeting, with its invitations, the issues on its agenda and the steps to come."""
    session.execute(
        update(MeetingInvitation)
        .where(MeetingInvitation.meeting_id == meeting.id)
        .values(rsvp=None, rsvp_at=None, proxy_id=None)
        .execution_options(synchronize_session="fetch")
    )
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    issues = session.scalars(
        select(AgendaIssue.issue_id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .where(AgendaItem.meeting_id == meeting.id, AgendaIssue.on_agenda, Issue.state == State.SCHEDULED)
        .order_by(AgendaIssue.issue_id)
    ).all()
    for issue_id in issues:
        reschedule_issue(
            session,
            issue_id=issue_id,
            meeting=series.label,
            meets_at=meeting.meets_at,
            words=deed.words,
            at=at,
            rules=rules,
        )
    meeting_steps.retime(session, meeting, series, at=at, rules=rules)


def leave_holidays(session: Session, *, at: datetime, rules: HouseRules) -> None:
    """Whatever was announced after a meeting was planned."""
    zone = ZoneInfo(rules.timezone)
    rows = session.execute(
        select(Meeting.id, Meeting.series_id, Meeting.meets_at)
        .where(Meeting.state.in_(sorted(COMING)), Meeting.meets_at > at + _NOTICE)
        .order_by(Meeting.meets_at, Meeting.id)
    ).all()
    days = {row.id: row.meets_at.astimezone(zone).date() for row in rows}
    for row in rows:
        if rules.calendar.holiday(days[row.id]) is None:
            continue
        taken = {days[other.id] for other in rows if other.series_id == row.series_id and other.id != row.id}
        moved, holiday = off_holiday(days[row.id], rules.calendar, taken=taken)
        meeting, series = lock_meeting(session, row.id)
        until = row.meets_at + (moved - days[row.id])
        deed = MeetingDeed(MeetingAction.MOVE, None, TIMER, words=f"holiday_{holiday}", until=until)
        carry_over(session, meeting, series, deed, at=at, rules=rules)
        days[row.id] = moved


def meetings_of(session: Session, series_id: int, states: Collection[MeetingState]) -> Sequence[Meeting]:
    """By the moments that the rule gave them."""
    chosen = select(Meeting).where(Meeting.series_id == series_id, Meeting.state.in_(sorted(states)))
    return session.scalars(chosen.order_by(Meeting.slot)).all()


def told(session: Session, *, meeting_id: int) -> int:
    """How many people were invited and know of it."""
    known = (MeetingInvitation.invited_at.is_not(None), MeetingInvitation.member_id.is_not(None))
    counted = select(func.count()).select_from(MeetingInvitation)
    return session.scalar(counted.where(MeetingInvitation.meeting_id == meeting_id, *known)) or 0
