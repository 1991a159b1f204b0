"""What a convener changes on a draft: the order, the minutes, what is taken off, put back or added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingSeries
from models.report import Report
from models.rules.agenda_score import Case, minutes_for, score
from models.rules.competence import judge, overruled
from models.rules.errors import AgendaRefused, NotFound, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import Competence, ItemKind, ItemState, MeetingAction
from services.duplicates import FIRST
from services.households import estimate
from services.meeting_people import in_place
from services.meetings.agenda import AgendaView, agenda_of, next_position
from services.meetings.moves import MeetingDeed, chaired, check_meeting_move, move_meeting

_PLACED = (
    update(AgendaItem).where(AgendaItem.id == bindparam("item")).values(position=bindparam("at_position"))
)
_QUEUE = update(AgendaItem).where(AgendaItem.id == bindparam("item")).values(place=bindparam("in_queue"))
_NAMED = 60  # characters of a title


def move_item(
    session: Session, *, meeting_id: int, member_id: int, item_id: int, place: int, at: datetime
) -> AgendaView:
    """To that place of the agenda, counted from 1; beyond the last is the last."""
    meeting, _ = _drafted(session, meeting_id=meeting_id, member_id=member_id, at=at)
    view = agenda_of(session, meeting_id=meeting.id)
    order = [line.item_id for line in view.lines]
    if item_id not in order:
        raise AgendaRefused(why="item")
    order.remove(item_id)
    order.insert(max(0, place - 1), item_id)
    return _in_order(session, view, order)


def set_minutes(
    session: Session, *, meeting_id: int, member_id: int, item_id: int, minutes: int, at: datetime
) -> AgendaView:
    meeting, _ = _drafted(session, meeting_id=meeting_id, member_id=member_id, at=at)
    _check_minutes(meeting, minutes)
    _change(session, meeting, item_id, {ItemState.DRAFTED}, minutes=minutes)
    return agenda_of(session, meeting_id=meeting.id)


def drop_item(
    session: Session, *, meeting_id: int, member_id: int, item_id: int, words: str, at: datetime
) -> AgendaView:
    """Off the draft; its raisers hear ``words`` when the agenda is approved. Until then it can be put back."""
    meeting, _ = _drafted(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not words.strip():
        raise WordsNeeded(action=MeetingAction.APPROVE)
    waiting = {ItemState.DRAFTED, ItemState.QUEUED}
    _change(session, meeting, item_id, waiting, state=ItemState.DROPPED, place=None, words=words.strip())
    return _queue_again(session, meeting)


def put_back(session: Session, *, meeting_id: int, member_id: int, item_id: int, at: datetime) -> AgendaView:
    """What was taken off, or what waits for the next time, becomes the last item."""
    meeting, _ = _drafted(session, meeting_id=meeting_id, member_id=member_id, at=at)
    last = next_position(session, meeting.id)
    off = {ItemState.DROPPED, ItemState.QUEUED}
    _change(session, meeting, item_id, off, state=ItemState.DRAFTED, place=None, words="", position=last)
    return _queue_again(session, meeting)


def allow_item(
    session: Session, *, meeting_id: int, member_id: int, item_id: int, words: str, at: datetime, rules: HouseRules
) -> AgendaView:
    """What looked like a duty of the government may be talked over: says who is above the convener, and why. It stands
    in the meeting's history. What owners decide by law (民法典 278) stays theirs, with its majority.

    Raises MeetingRefused for everybody else, AgendaRefused for any other item.
    """
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=MeetingAction.ALLOW, held=held)
    if at >= meeting.meets_at:
        raise AgendaRefused(why="over")
    item = session.get(AgendaItem, item_id, populate_existing=True)
    if item is None or item.meeting_id != meeting.id:
        raise NotFound
    if item.state is not ItemState.DRAFTED or item.competence is not Competence.GOVERNMENT:
        raise AgendaRefused(why="item")
    told = session.execute(
        select(Issue.summary, Report.words)
        .join(AgendaIssue, AgendaIssue.issue_id == Issue.id)
        .join(Report, Report.id == FIRST)
        .where(AgendaIssue.item_id == item.id)
    ).all()
    judged = overruled(" ".join([item.title, *(part for row in told for part in row)]))
    item.competence, item.point = judged.competence, judged.point
    item.details = {**(item.details or {}), "allowed": words.strip()}
    deed = MeetingDeed(
        MeetingAction.ALLOW, member_id, held, words=words.strip(), details={"item": item.id, "title": item.title}
    )
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    return _queue_again(session, meeting)


def add_free(
    session: Session, *, meeting_id: int, member_id: int, title: str, minutes: int, at: datetime
) -> AgendaView:
    """A matter of the convener's own, as the last item."""
    meeting, _ = _drafted(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not title.strip():
        raise WordsNeeded(action=MeetingAction.APPROVE)
    _check_minutes(meeting, minutes)
    judged = judge(category="", words=title)
    insert_row(
        session,
        AgendaItem,
        meeting_id=meeting.id,
        kind=ItemKind.FREE,
        state=ItemState.DRAFTED,
        position=next_position(session, meeting.id),
        title=title.strip()[:_NAMED],
        minutes=minutes,
        competence=judged.competence,
        point=judged.point,
        parts={},
    )
    return agenda_of(session, meeting_id=meeting.id)


def add_issue(
    session: Session, *, meeting_id: int, member_id: int, issue_id: int, at: datetime, rules: HouseRules
) -> AgendaView:
    """An issue that is up for discussion at this level and place; where the draft knows it already, it is put back.

    Raises AgendaRefused for any other issue.
    """
    meeting, series = _drafted(session, meeting_id=meeting_id, member_id=member_id, at=at)
    view = agenda_of(session, meeting_id=meeting.id)
    known = next((line for line in (*view.dropped, *view.queued) if issue_id in line.issues), None)
    if known is not None:
        return put_back(session, meeting_id=meeting_id, member_id=member_id, item_id=known.item_id, at=at)
    if any(issue_id in line.issues for line in (*view.lines, *view.duties)):
        return view
    row = session.execute(
        select(Issue, Report.words)
        .join(Report, Report.id == FIRST)
        .where(
            Issue.id == issue_id,
            Issue.community_id == series.community_id,
            Issue.state == State.TO_DELIBERATE,
            Issue.level == series.level,
            in_place(series),
        )
    ).one_or_none()
    if row is None:
        raise AgendaRefused(why="issue")
    issue, words = row[0], row[1]
    judged = judge(category=issue.category, words=f"{issue.summary} {words}")
    case = Case(
        households=max(issue.households or 0, estimate(session, issue_id=issue.id).households),
        urgent=issue.urgent,
        days_waiting=(at - issue.first_reported_at).days,
        days_overdue=max(0, (at - issue.landing_due).days),
        recurrence=(issue.recurs_id is not None) + issue.reopenings,
    )
    points, parts = score(case, weights=rules.agenda_weights)
    item = insert_row(
        session,
        AgendaItem,
        meeting_id=meeting.id,
        kind=ItemKind.ISSUES,
        state=ItemState.DRAFTED,
        position=next_position(session, meeting.id),
        title=issue.summary,
        minutes=min(minutes_for(1), meeting.length_minutes),
        score=points,
        parts={part: list(counted) for part, counted in parts.items()},
        competence=judged.competence,
        point=judged.point,
    )
    insert_row(session, AgendaIssue, item_id=item, issue_id=issue.id)
    return agenda_of(session, meeting_id=meeting.id)


def _drafted(
    session: Session, *, meeting_id: int, member_id: int, at: datetime
) -> tuple[Meeting, MeetingSeries]:
    """The locked meeting, for who may approve its draft now."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=MeetingAction.APPROVE, held=held)
    if at >= meeting.meets_at:
        raise AgendaRefused(why="over")
    return meeting, series


def _change(session: Session, meeting: Meeting, item_id: int, states: set[ItemState], **values: object) -> None:
    """Raises NotFound for an item of another meeting, AgendaRefused for one that is in no such state any more."""
    item = session.get(AgendaItem, item_id, populate_existing=True)
    if item is None or item.meeting_id != meeting.id:
        raise NotFound
    if item.state not in states:
        raise AgendaRefused(why="item")
    session.execute(update(AgendaItem).where(AgendaItem.id == item_id).values(**values))


def _in_order(session: Session, view: AgendaView, order: Sequence[int]) -> AgendaView:
    """The items of the agenda first, the others behind them as they were."""
    others = [line.item_id for line in (*view.duties, *view.queued, *view.dropped)]
    rows = [{"item": item, "at_position": index + 1} for index, item in enumerate((*order, *others))]
    session.connection().execute(_PLACED, rows)
    return agenda_of(session, meeting_id=view.meeting_id)


def _queue_again(session: Session, meeting: Meeting) -> AgendaView:
    """The places of what waits, without gaps, and the agenda in order."""
    view = agenda_of(session, meeting_id=meeting.id)
    rows = [{"item": line.item_id, "in_queue": index + 1} for index, line in enumerate(view.queued)]
    if rows:
        session.connection().execute(_QUEUE, rows)
    return _in_order(session, view, [line.item_id for line in view.lines])


def _check_minutes(meeting: Meeting, minutes: int) -> None:
    if not 1 <= minutes <= meeting.length_minutes:
        raise AgendaRefused(why="minutes", most=meeting.length_minutes)
