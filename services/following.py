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
    TransitionNotAllowed,
    WordsNeeded,
)
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor, Level, Rating, State
from models.rules.routing import Routed
from models.rules.workflow import find_transition
from services import clocks, merging, timetable
from services.handling import all_content
from services.ladder import next_rung, same_rung, scope_of
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
    """Add words or photos to an own report. The first words are never edited; these stand beside them.

    Whoever was asked has thereby answered, and the issue goes on from where it stood.
    """
    if not words.strip() and not photos:
        raise WordsNeeded(action=Action.SUPPLY)
    issue, report = _own(session, issue_id, member_id, at)
    deed = Deed(Action.SUPPLY, member_id, {Actor.RAISER}, words=words, photos=photos, report_id=report.id)
    if issue.state is State.WAITING and issue.asked_id == member_id:
        clocks.resume(session, issue, deed, at=at, rules=rules)
    else:
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
    _say(session, report, rating=rating, rating_words=words, rated_at=at)
    if all_content(session, issue_id=issue.id):
        timetable.owe(session, kind="close_issue", subject=str(issue.id), slot=f"rated:{issue.reopenings}", due_at=at)
    return issue


def reopen_issue(
    session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """A raiser who is not satisfied opens the issue again, with clocks of its own.

    To the same rung the first time, one rung up the second time; the third time it is to be talked over at a meeting.
    Raises TransitionNotAllowed when it was closed too long ago.
    """
    issue, report = _own(session, issue_id, member_id, at)
    _check_reopening(issue, at, rules)
    again = issue.reopenings >= rules.reopen_times
    routed = _reopened_to(session, issue, at)
    deed = Deed(
        Action.APPEAL if again else Action.REOPEN,
        member_id,
        {Actor.RAISER},
        words=words,
        to_post=routed.post_id,
        rung=routed.rung,
        clocks=deadlines(at, urgent=issue.urgent, category=issue.category, rules=rules),
        report_id=report.id,
        level=Level.COMPOUND if again else None,
    )
    move(session, issue, deed, at=at, rules=rules)
    if not again:
        issue.reopenings += 1
    clocks.forget_ratings(session, issue=issue)
    return issue


def check_issue(
    session: Session, *, issue_id: int, member_id: int, solved: bool, at: datetime, rules: HouseRules
) -> Issue:
    """Who was silent says whether it is solved (回访). What is not may be opened again as after a rating."""
    issue, report = _own(session, issue_id, member_id, at)
    if report.solved is not None and report.solved == solved:
        raise AlreadyDone(action=Action.CHECK, state=issue.state)
    deed = Deed(Action.CHECK, member_id, {Actor.RAISER}, solved=solved, report_id=report.id)
    move(session, issue, deed, at=at, rules=rules)
    _say(session, report, solved=solved, solved_at=at)
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
    merging.go_on_without_asked(session, issue, at=at, rules=rules)
    return issue


def _check_reopening(issue: Issue, at: datetime, rules: HouseRules) -> None:
    if issue.state is State.CLOSED and issue.closed_at and at - issue.closed_at > rules.reopen_within:
        raise TransitionNotAllowed(action=Action.REOPEN, state=issue.state)


def _reopened_to(session: Session, issue: Issue, at: datetime) -> Routed:
    scope = scope_of(issue)
    if issue.reopenings > 0:
        try:
            return next_rung(session, scope=scope, above=issue.rung, at=at)
        except NobodyReachable:
            pass  # it was at the top already
    return same_rung(session, scope=scope, rung=issue.rung, at=at)


def _say(session: Session, report: Report, **said: object) -> None:
    """A raiser says it for all they told of the issue: of two that were merged they may have told both."""
    session.execute(
        update(Report)
        .where(Report.issue_id == report.issue_id, Report.raiser_id == report.raiser_id)
        .values(**said),
        execution_options={"synchronize_session": "fetch"},
    )


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
