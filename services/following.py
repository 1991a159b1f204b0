"""What those who raised an issue do about it: add, rate, reopen, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.issue import Issue
from models.report import Report
from models.rules.deadlines import deadlines
from models.rules.errors import (
    AlreadyDone,
    NobodyReachable,
    NotFound,
    ReopenedTooOften,
    TransitionNotAllowed,
    WordsNeeded,
)
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor, Rating, State
from models.rules.routing import Routed
from models.rules.workflow import find_transition
from services import timetable
from services.handling import all_content, scope_of
from services.ladder import next_rung, same_rung
from services.moving import Deed, lock_issue, move


def supply_issue(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    words: str,
    at: datetime,
    rules: HouseRules,
    photos: Sequence[str] = (),
) -> Issue:
    """Add words or photos to an own report. The first words are never edited; these stand beside them."""
    if not words.strip() and not photos:
        raise WordsNeeded(action=Action.SUPPLY)
    issue, report = _own(session, issue_id, member_id, at)
    deed = Deed(Action.SUPPLY, member_id, {Actor.RAISER}, words=words, photos=photos, report_id=report.id)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def rate_issue(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    rating: Rating,
    at: datetime,
    rules: HouseRules,
    words: str = "",
) -> Issue:
    """Each raiser rates for their own report. When the last one is content, the issue is closed as soon as all know.

    Who was not satisfied may still become so; nothing else is rated twice.
    """
    issue, report = _own(session, issue_id, member_id, at)
    changed = report.rating is Rating.UNSATISFIED and rating is not Rating.UNSATISFIED
    if issue.state in (State.ANSWERED, State.CLOSED) and report.rating is not None and not changed:
        raise AlreadyDone(action=Action.RATE, state=issue.state)
    deed = Deed(Action.RATE, member_id, {Actor.RAISER}, words=words, rating=rating, report_id=report.id)
    move(session, issue, deed, at=at, rules=rules)
    report.rating, report.rating_words, report.rated_at = rating, words, at
    session.flush()
    if all_content(session, issue_id=issue.id):
        timetable.owe(session, kind="close_issue", subject=str(issue.id), slot=f"rated:{issue.reopenings}", due_at=at)
    return issue


def reopen_issue(
    session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """A raiser who is not satisfied opens the issue again, with clocks of its own.

    To the same rung the first time, one rung up the second time. Raises ReopenedTooOften afterwards,
    TransitionNotAllowed when it was closed too long ago.
    """
    issue, report = _own(session, issue_id, member_id, at)
    _check_reopening(issue, at, rules)
    routed = _reopened_to(session, issue, at)
    deed = Deed(
        Action.REOPEN,
        member_id,
        {Actor.RAISER},
        words=words,
        to_post=routed.post_id,
        rung=routed.rung,
        clocks=deadlines(at, urgent=issue.urgent, category=issue.category, rules=rules),
        report_id=report.id,
    )
    move(session, issue, deed, at=at, rules=rules)
    issue.reopenings += 1
    issue.outcome = None
    session.flush()
    session.connection().execute(
        update(Report).where(Report.issue_id == issue.id).values(rating=None, rating_words="", rated_at=None)
    )
    return issue


def check_reopening(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> None:
    """Refuses what :func:`reopen_issue` would refuse, before anybody is asked for a reason."""
    issue, _ = _own(session, issue_id, member_id, at)
    find_transition(ISSUE_WORKFLOW, action=Action.REOPEN, state=issue.state, roles={Actor.RAISER})
    _check_reopening(issue, at, rules)


def withdraw_report(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> Issue:
    """Take an own report back. The issue goes on as long as a neighbour's report is in it."""
    issue, report = _own(session, issue_id, member_id, at)
    others = session.scalars(
        select(Report.id).where(
            Report.issue_id == issue.id, Report.raiser_id != member_id, Report.withdrawn_at.is_(None)
        )
    ).first()
    deed = Deed(Action.WITHDRAW, member_id, {Actor.RAISER}, report_id=report.id, stays=others is not None)
    move(session, issue, deed, at=at, rules=rules)
    session.connection().execute(
        update(Report).where(Report.issue_id == issue.id, Report.raiser_id == member_id).values(withdrawn_at=at)
    )
    return issue


def _check_reopening(issue: Issue, at: datetime, rules: HouseRules) -> None:
    if issue.state is State.CLOSED and issue.closed_at and at - issue.closed_at > rules.reopen_within:
        raise TransitionNotAllowed(action=Action.REOPEN, state=issue.state)
    if issue.reopenings >= rules.reopen_times and issue.state in (State.ANSWERED, State.CLOSED):
        raise ReopenedTooOften(times=rules.reopen_times)


def _reopened_to(session: Session, issue: Issue, at: datetime) -> Routed:
    scope = scope_of(issue)
    if issue.reopenings > 0:
        try:
            return next_rung(session, scope=scope, above=issue.rung, at=at)
        except NobodyReachable:
            pass  # it was at the top already
    return same_rung(session, scope=scope, rung=issue.rung, at=at)


def _own(session: Session, issue_id: int, member_id: int, at: datetime) -> tuple[Issue, Report]:
    """The issue, locked, and the member's own report in it. Raises NotFound where there is none."""
    issue = lock_issue(session, issue_id)
    report = session.scalars(
        select(Report)
        .where(Report.issue_id == issue_id, Report.raiser_id == member_id, Report.withdrawn_at.is_(None))
        .order_by(Report.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if report is None:
        raise NotFound
    return issue, report
