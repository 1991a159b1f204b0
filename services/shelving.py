"""What cannot be done now (挂账), and what is no matter at all (作废)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models.issue import Issue
from models.rules.errors import TooLong
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Reason
from services.handling import taken_up
from services.moving import Deed, move


def shelve_issue(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    words: str,
    reason: Reason,
    review_at: datetime,
    at: datetime,
    rules: HouseRules,
) -> Issue:
    """It cannot be done now and is looked at again on a day the raisers are told. Raises TooLong for a past day."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    if review_at <= at:
        raise TooLong(days=rules.extension_at_most.amount)
    deed = Deed(Action.SHELVE, member_id, held, words=words, reason=reason, until=review_at)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def unshelve_issue(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> Issue:
    """It can be done after all, before the day of review."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    move(session, issue, Deed(Action.UNSHELVE, member_id, held), at=at, rules=rules)
    return issue


def void_issue(
    session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """作废: a test, or no matter at all; the raiser hears why."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    move(session, issue, Deed(Action.VOID, member_id, held, words=words), at=at, rules=rules)
    return issue
