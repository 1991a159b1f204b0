"""Invariant 2: an open issue has both due times, and the timer comes when there is something to do with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN, Outcome, State
from models.rules.looking import Act, Clocked, next_act
from services.audit.breaches import Breach, Check

_LATE = timedelta(days=1)  # an audit may come before the sweep of the same moment
_PUT_OFF = timedelta(hours=1)  # what failed is tried again well before
_BATCH = 1_000  # rows held at once

_CLOCKED = (
    Issue.number, Issue.state, Issue.urgent, Issue.rung, Issue.first_reported_at, Issue.first_answer_due,
    Issue.landing_due, Issue.clock_since, Issue.rung_since, Issue.rung_due, Issue.told_at, Issue.warned,
    Issue.paused_at, Issue.review_at, Issue.outcome, Issue.answered_at, Issue.followed_up_at, Issue.look_at,
)  # fmt: skip


def times() -> Iterator[Check]:
    yield Check(
        2,
        "undated",
        select(Issue.number)
        .where(
            Issue.state.in_(OPEN),
            or_(
                Issue.first_answer_due.is_(None),
                Issue.landing_due.is_(None),
                Issue.first_answer_due < Issue.first_reported_at,
                Issue.landing_due < Issue.first_answer_due,
            ),
        )
        .order_by(Issue.id),
    )
    yield Check(
        2,
        "unwatched",
        select(Issue.number).where(_for_the_timer(), Issue.look_at.is_(None)).order_by(Issue.id),
    )


def _for_the_timer() -> ColumnElement[bool]:
    """Whatever the rules of the house are, the timer has something to do with these (models.rules.looking)."""
    return or_(
        Issue.state.in_(OPEN),
        and_(Issue.state == State.ANSWERED, Issue.followed_up_at.is_(None)),
        and_(
            Issue.state.in_([State.ANSWERED, State.CLOSED]),
            Issue.outcome == Outcome.EXPLAINED,
            Issue.review_at.is_not(None),
        ),
    )


_WATCHED = select(*_CLOCKED).where(_for_the_timer(), Issue.look_at.is_not(None)).order_by(Issue.id)


def too_late(session: Session, *, at: datetime, rules: HouseRules) -> Iterator[Breach]:
    """The timer comes later than there is something to do. Too early is no breach: it looks and finds nothing. Nor is
    what failed and was put off for a while."""
    for row in session.connection().execute(_WATCHED, execution_options={"yield_per": _BATCH}):
        coming = next_act(cast(Clocked, row), rules=rules)
        if coming is None:
            continue
        moment, act = coming
        if act is Act.RESUME and moment < at - _LATE:
            yield Breach(2, row.number, "not_resumed")
        elif row.look_at > max(moment, at + _PUT_OFF):
            yield Breach(2, row.number, "looked_at_late")
