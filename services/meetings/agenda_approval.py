"""The approval of an agenda: items are announced, people are invited, every raiser hears where their matter is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingSeries
from models.rules.errors import AgendaRefused
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import Competence, ItemState, MeetingAction
from services import notices
from services.deliberating import return_issue, schedule_issue
from services.meetings import calling
from services.meetings.agenda import AgendaLine, AgendaView, agenda_of, facts_of
from services.meetings.moves import MeetingDeed, chaired, check_meeting_move, meeting_facts, move_meeting


@dataclass(frozen=True)
class Called:
    """What was announced, and to how many."""

    view: AgendaView
    invited: int


def approve_agenda(
    session: Session, *, meeting_id: int, member_id: int, at: datetime, rules: HouseRules, site: str = ""
) -> Called:
    """Announce it. ``site``: our public address, where the invitation has its calendar entry.

    Raises AgendaRefused where nothing is on it, a government's duty is, or the hour has passed; MeetingRefused where it
    is no draft, NotFound for who is nothing to the meeting.
    """
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=MeetingAction.APPROVE, held=held)
    if at >= meeting.meets_at:
        raise AgendaRefused(why="over")
    _leave_out_gone(session, meeting)
    view = agenda_of(session, meeting_id=meeting.id)
    if view.duties:
        raise AgendaRefused(why="duty", title=view.duties[0].title)
    if not view.lines:
        raise AgendaRefused(why="empty")
    locked = session.get_one(MeetingSeries, series.id, with_for_update=True, populate_existing=True)
    locked.last_number += 1
    meeting.number = locked.last_number
    _announce(session, view)
    invited = calling.invite(session, meeting, locked, at=at, rules=rules)
    details = {"link": f"{site}/meetings/{meeting.public_id}.ics"} if site else None
    deed = MeetingDeed(MeetingAction.APPROVE, member_id, held, details=details)
    move_meeting(session, meeting, locked, deed, at=at, rules=rules)
    for line in view.lines:
        for issue in line.issues:
            schedule_issue(
                session,
                issue_id=issue,
                meeting=locked.label,
                meets_at=meeting.meets_at,
                at=at,
                rules=rules,
                details={"agenda": facts_of(line)},
            )
    _tell_the_rest(session, meeting, locked, view, at=at, rules=rules)
    return Called(agenda_of(session, meeting_id=meeting.id), invited)


def _leave_out_gone(session: Session, meeting: Meeting) -> None:
    """Issues that are no longer up for discussion (withdrawn, merged, on another agenda) leave the draft, and so does
    an item of which none is left."""
    under = (
        select(AgendaIssue.id, AgendaIssue.item_id, Issue.state)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .where(AgendaItem.meeting_id == meeting.id)
        .order_by(Issue.id)
        .with_for_update(of=Issue)
    )
    gone, kept, items = [], set(), set()
    for row in session.execute(under).all():
        items.add(row.item_id)
        if row.state is State.TO_DELIBERATE:
            kept.add(row.item_id)
        else:
            gone.append(row.id)
    if not gone:
        return
    links = session.scalars(select(AgendaIssue).where(AgendaIssue.id.in_(gone))).all()
    for link in links:
        session.delete(link)
    session.flush()
    empty = sorted(items - kept)
    session.execute(update(AgendaItem).where(AgendaItem.id.in_(empty)).values(state=ItemState.DROPPED, place=None))


def _announce(session: Session, view: AgendaView) -> None:
    listed = [line.item_id for line in view.lines]
    session.execute(update(AgendaItem).where(AgendaItem.id.in_(listed)).values(state=ItemState.LISTED))
    session.execute(update(AgendaIssue).where(AgendaIssue.item_id.in_(listed)).values(on_agenda=True))
    session.flush()


def _tell_the_rest(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    view: AgendaView,
    *,
    at: datetime,
    rules: HouseRules,
) -> None:
    """Raisers of what waits hear its place and why; of what was taken off, the reason. What is a duty of the
    government goes back to its holder."""
    about = meeting_facts(session, meeting, series, rules=rules)
    for line in view.queued:
        _tell_raisers(session, line, "meeting_queued_raisers", about, at=at, rules=rules)
    for line in view.dropped:
        if line.competence is Competence.GOVERNMENT:
            for issue in line.issues:
                return_issue(session, issue_id=issue, words=line.words, at=at, rules=rules)
        else:
            _tell_raisers(session, line, "meeting_dropped_raisers", about, at=at, rules=rules)


def _tell_raisers(
    session: Session, line: AgendaLine, kind: str, about: dict[str, Any], *, at: datetime, rules: HouseRules
) -> None:
    for issue, number, summary in _summaries(session, line.issues):
        notices.owe(
            session,
            members=notices.raisers_of(session, issue_id=issue),
            kind=kind,
            params={
                **about,
                "issue": issue,
                "number": number,
                "summary": summary,
                "agenda": facts_of(line),
            },
            key=f"agenda:{about['meeting']}:{issue}",
            at=at,
            rules=rules,
            issue_id=issue,
        )


def _summaries(session: Session, issues: Iterable[int]) -> Sequence[tuple[int, str, str]]:
    rows = session.execute(
        select(Issue.id, Issue.number, Issue.summary).where(Issue.id.in_(list(issues))).order_by(Issue.id)
    )
    return [(row.id, row.number, row.summary) for row in rows]
