"""Pressing an issue: raisers urge (催办), rungs above supervise (督办), holders ask for more time (延期)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.helper import Extension
from models.issue import HistoryEntry, Issue
from models.rules.deadlines import due
from models.rules.errors import DatedByMeeting, ExtendedOnce, NotFound, TooLong, UrgedToday
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor, State
from models.rules.workflow import find_transition
from services import joint_limits
from services.handling import taken_up
from services.moving import Deed, move


def urge_issue(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> Issue:
    """The holder and the rung above hear it. Raises UrgedToday where this raiser has done so within a day."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    last = session.scalar(
        select(func.max(HistoryEntry.at)).where(
            HistoryEntry.issue_id == issue_id, HistoryEntry.action == Action.URGE, HistoryEntry.actor_id == member_id
        )
    )
    if last is not None and at - last < rules.urge_again:
        raise UrgedToday
    move(session, issue, Deed(Action.URGE, member_id, held), at=at, rules=rules)
    return issue


def supervise_issue(
    session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """Somebody above whoever has it says what is expected."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    move(session, issue, Deed(Action.SUPERVISE, member_id, held, words=words), at=at, rules=rules)
    return issue


def ask_extension(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    words: str,
    until: datetime,
    at: datetime,
    rules: HouseRules,
) -> Issue:
    """The holder asks the rung above for more time, once.

    Raises DatedByMeeting where it carries out a resolution; ExtendedOnce where more time was granted before or is being
    asked for; TooLong for a date that is no later than the limit it has, or further than the house allows.
    """
    issue, held = _extending(session, issue_id, member_id, at)
    now_ends = max(issue.landing_due, at)
    if not now_ends < until <= due(now_ends, rules.extension_at_most, rules=rules):
        raise TooLong(days=rules.extension_at_most.amount)
    deed = Deed(Action.ASK_EXTENSION, member_id, held, words=words, until=until)
    move(session, issue, deed, at=at, rules=rules)
    insert_row(session, Extension, issue_id=issue_id, reason=words, until=until, asked_by_id=member_id, asked_at=at)
    return issue


def check_extending(session: Session, *, issue_id: int, member_id: int, at: datetime) -> Issue:
    """Refuses what :func:`ask_extension` would refuse whatever the date, before anybody is asked for a reason."""
    return _extending(session, issue_id, member_id, at)[0]


def decide_extension(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    grant: bool,
    at: datetime,
    rules: HouseRules,
    words: str = "",
) -> Issue:
    """The rung above grants it, and the raisers hear the new date and why; or refuses it with a reason.

    Raises NotFound where nothing was asked for.
    """
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    asked = open_extension(session, issue_id=issue_id)
    if asked is None:
        raise NotFound
    if not grant:
        deed = Deed(Action.REFUSE_EXTENSION, member_id, held, words=words)
        move(session, issue, deed, at=at, rules=rules)
    else:
        find_transition(ISSUE_WORKFLOW, action=Action.EXTEND, state=issue.state, roles=held)
        if asked.until <= at:
            raise TooLong(days=rules.extension_at_most.amount)
        more = joint_limits.extend(session, issue, until=asked.until)
        issue.extended_at = at
        if issue.rung_due is not None:
            issue.rung_due = max(issue.rung_due + more, asked.until)  # it does not climb before the new date
        issue.warned = None
        deed = Deed(
            Action.EXTEND, member_id, held, words=words, until=asked.until, details={"reason_given": asked.reason}
        )
        move(session, issue, deed, at=at, rules=rules)
    asked.granted, asked.decided_by_id, asked.decided_at, asked.words = grant, member_id, at, words
    session.flush()
    return issue


def open_extension(session: Session, *, issue_id: int) -> Extension | None:
    """The request that waits to be decided."""
    return session.scalars(
        select(Extension).where(Extension.issue_id == issue_id, Extension.granted.is_(None)).with_for_update()
    ).one_or_none()


def _extending(session: Session, issue_id: int, member_id: int, at: datetime) -> tuple[Issue, set[Actor]]:
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    if issue.extended_at is not None or open_extension(session, issue_id=issue_id) is not None:
        raise ExtendedOnce
    if issue.state is State.DECIDED and Actor.HOLDER in held:
        raise DatedByMeeting
    find_transition(ISSUE_WORKFLOW, action=Action.ASK_EXTENSION, state=issue.state, roles=held)
    return issue, held
