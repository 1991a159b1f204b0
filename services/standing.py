"""What it takes to stand in a ledger (台账), as conditions of a query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, exists, extract, func, literal, select, text, true
from sqlalchemy.orm import aliased

from models.issue import LANDED_WORDS, OPEN_WORDS, Issue
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from services.notices import OVERTAKEN

#: Who of a closed issue was not reached is of interest for so long after the answer.
LOOKED_BACK = timedelta(days=180)


class Ledger(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"  # its landing is red
    YELLOW = "yellow"
    UNACCEPTED = "unaccepted"  # nobody took it up by its first answer
    WAITING = "waiting"
    SHELVED = "shelved"
    DECLINED = "declined"
    REOPENED = "reopened"
    UNREACHED = "unreached"  # closed, and one of its raisers never got the last word of it


# The words of the partial indexes, so that both databases see that they fit.
_OPEN = text(f"issues.{OPEN_WORDS}")
_LANDED = text(f"issues.{LANDED_WORDS}")
_ORDERS: Mapping[Ledger, Any] = {
    Ledger.UNACCEPTED: Issue.first_answer_due,
    Ledger.SHELVED: func.coalesce(Issue.review_at, Issue.landing_due),
    Ledger.UNREACHED: Issue.answered_at,
}


def indexed(ledger: Ledger) -> TextClause:
    """The condition of the partial index that holds all of a ledger."""
    return _LANDED if ledger is Ledger.UNREACHED else _OPEN


def order(ledger: Ledger) -> Any:
    """The moment by which its lines are sorted, the earliest first."""
    return _ORDERS.get(ledger, Issue.landing_due)


def standing(ledger: Ledger, *, at: datetime, rules: HouseRules) -> ColumnElement[bool]:
    """What an issue that is :func:`indexed` must be to stand in a ledger."""
    match ledger:
        case Ledger.OPEN:
            return true()
        case Ledger.OVERDUE:
            return and_(Issue.landing_due <= _now(at), Issue.state != State.SHELVED)
        case Ledger.YELLOW:
            return _is_yellow(at, rules)
        case Ledger.UNACCEPTED:
            late = Issue.first_answer_due <= at
            return and_(Issue.state == State.RECEIVED, late, Issue.first_answered_at.is_(None))
        case Ledger.WAITING:
            return Issue.state == State.WAITING
        case Ledger.SHELVED:
            return Issue.state == State.SHELVED
        case Ledger.DECLINED:
            return Issue.declines > 0
        case Ledger.REOPENED:
            return Issue.reopenings > 0
        case Ledger.UNREACHED:
            recent = Issue.answered_at >= at - LOOKED_BACK
            # Not EXISTS, which PostgreSQL may turn round: it would begin with the notices.
            somebody = missed(Notice.id).limit(1).correlate(Issue).scalar_subquery()
            return and_(Issue.state == State.CLOSED, recent, somebody.is_not(None))


def reached_by(ledger: Ledger, *, at: datetime) -> ColumnElement[bool]:
    """What follows from :func:`standing` and an index can use; for who reads a ledger of everything. In a scope it
    would lead through that of all others."""
    return Issue.landing_due <= at if ledger is Ledger.OVERDUE else true()


def missed(what: Any) -> Select[Any]:
    """Of the notices to raisers of an issue: those that did not arrive, that still matter, and after which none did."""
    later = aliased(Notice)
    reached = exists(
        select(later.id).where(
            later.issue_id == Notice.issue_id,
            later.member_id == Notice.member_id,
            later.id > Notice.id,
            later.state.in_([NoticeState.SENT, NoticeState.SHOWN, NoticeState.RELAYED]),
        )
    )
    return (
        select(what)
        .select_from(Notice)
        .join(Report, and_(Report.issue_id == Notice.issue_id, Report.raiser_id == Notice.member_id))
        .where(
            Notice.issue_id == Issue.id,
            Notice.state.in_([NoticeState.FAILED, NoticeState.REFUSED]),
            Notice.kind.not_in(OVERTAKEN),
            Report.withdrawn_at.is_(None),
            ~reached,
        )
    )


def _is_yellow(at: datetime, rules: HouseRules) -> ColumnElement[bool]:
    """As ``rules.deadlines.light`` says, for many at once."""
    since = func.coalesce(Issue.clock_since, Issue.first_reported_at)
    began, ends, now = (extract("epoch", moment) for moment in (since, Issue.landing_due, _now(at)))
    far = now - began >= (ends - began) * rules.yellow_from
    return and_(Issue.state != State.SHELVED, Issue.landing_due > _now(at), far)


def _now(at: datetime) -> ColumnElement[datetime]:
    """While an issue waits for a raiser its clock stands still."""
    return func.coalesce(Issue.paused_at, literal(at, Issue.landing_due.type))
