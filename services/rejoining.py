"""An issue that was in another for a while comes back to its meeting, which may be over by now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting
from models.resolution import Resolution
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import ON_AGENDA, ItemState
from models.rules.resolution_workflow import RUNNING, ResolutionState
from services.deliberating import answer_by_meeting, return_issue, unschedule_issue
from services.meetings.resolutions.deeds import decide_issues

#: Why it waits for the next meeting, where nobody wrote anything: a sentence of handlers.reasons.
MEANWHILE = "merged_meanwhile"
_GIVEN_BACK = (ItemState.REJECTED, ItemState.INFORMED)


def catch_up(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """What the meeting did with the others of its item is done with a locked issue that is ``scheduled`` or ``decided``
    as it was before."""
    if issue.state not in (State.SCHEDULED, State.DECIDED):
        return
    last = session.execute(
        select(AgendaItem, Meeting.state, AgendaIssue.on_agenda)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .join(AgendaIssue, AgendaIssue.item_id == AgendaItem.id)
        .where(AgendaIssue.issue_id == issue.id, AgendaItem.state.not_in([ItemState.DROPPED, ItemState.QUEUED]))
        .order_by(AgendaIssue.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.on_agenda and last[1] in ON_AGENDA:
        return
    resolution = last and session.scalars(select(Resolution).where(Resolution.item_id == last[0].id)).one_or_none()
    if resolution:
        _follow(session, issue, resolution, at=at, rules=rules)
    elif issue.state is State.SCHEDULED and last is not None and last[0].state in _GIVEN_BACK:
        return_issue(session, issue_id=issue.id, words=last[0].words or last[0].title, at=at, rules=rules)
    elif issue.state is State.SCHEDULED:
        unschedule_issue(session, issue_id=issue.id, words=MEANWHILE, at=at, rules=rules)


def _follow(session: Session, issue: Issue, resolution: Resolution, *, at: datetime, rules: HouseRules) -> None:
    """The resolution is published, runs, is done, or was stopped."""
    if resolution.state is ResolutionState.STOPPED:
        unschedule_issue(session, issue_id=issue.id, words=MEANWHILE, at=at, rules=rules)
    if issue.state is State.SCHEDULED and resolution.state in RUNNING | {ResolutionState.DONE}:
        decide_issues(session, resolution, State.SCHEDULED, at=at, rules=rules)
    if issue.state is State.DECIDED and resolution.state is ResolutionState.DONE:
        answer_by_meeting(session, issue_id=issue.id, words=resolution.words, at=at, rules=rules)
