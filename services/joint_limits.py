"""The limits of an issue into which others were merged: its own, and those that each of them brought.

What counts is the earliest. A merge remembers by how much what it brought ends before the issue's own limits, so the
own ones can always be told: undoing any merge leaves them as if it had never been, whatever happened in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.merge import Merge
from models.rules.deadlines import Deadlines, deadlines, paused
from models.rules.house import HouseRules
from models.rules.issue_workflow import State

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Limits:
    """``own``: of the issue without what is merged into it. ``brought``: of each merge that holds."""

    own: Deadlines
    brought: tuple[tuple[Merge, Deadlines], ...]


def live_merges(session: Session, *, into_id: int) -> Sequence[Merge]:
    """What is merged into an issue now, the first merge first."""
    return session.scalars(
        select(Merge)
        .where(Merge.into_id == into_id, Merge.undone_at.is_(None))
        .order_by(Merge.id)
        .execution_options(populate_existing=True)
    ).all()


def limits(session: Session, issue: Issue) -> Limits:
    """The limits behind those that count now."""
    session.flush()
    merges = live_merges(session, into_id=issue.id)
    first = issue.first_answer_due + max([merge.lead_first for merge in merges] + [0]) * _MICROSECOND
    landing = issue.landing_due + max([merge.lead_landing for merge in merges] + [0]) * _MICROSECOND
    brought = (
        (merge, Deadlines(first - merge.lead_first * _MICROSECOND, landing - merge.lead_landing * _MICROSECOND))
        for merge in merges
    )
    return Limits(Deadlines(first, landing), tuple(brought))


def settle(session: Session, issue: Issue, known: Limits) -> None:
    """Let these limits hold for the merges that still do."""
    holding = [(merge, ends) for merge, ends in known.brought if merge.undone_at is None]
    for merge, ends in holding:
        merge.lead_first, merge.lead_landing = lead(known.own, ends)
    issue.first_answer_due = min([known.own.first_answer, *(ends.first_answer for _, ends in holding)])
    issue.landing_due = min([known.own.landing, *(ends.landing for _, ends in holding)])
    session.flush()


def lead(own: Deadlines, brought: Deadlines) -> tuple[int, int]:
    """By how many microseconds what was brought ends earlier: first answer, landing."""
    return (
        (own.first_answer - brought.first_answer) // _MICROSECOND,
        (own.landing - brought.landing) // _MICROSECOND,
    )


def to_bring(issue: Issue, *, at: datetime) -> Deadlines:
    """The limits with which an issue goes into another; while it waits for a raiser its landing stands still."""
    now = Deadlines(issue.first_answer_due, issue.landing_due)
    if issue.state is State.WAITING and issue.paused_at is not None:
        return paused(now, since=issue.paused_at, until=at)
    return now


def stand_still(session: Session, issue: Issue, *, since: datetime, until: datetime) -> timedelta:
    """It has waited for a raiser, and what was merged into it has since it was. Returns by how much its own landing
    is later."""
    known = limits(session, issue)
    own = paused(known.own, since=since, until=until)
    brought = ((merge, paused(ends, since=max(since, merge.at), until=until)) for merge, ends in known.brought)
    settle(session, issue, Limits(own, tuple(brought)))
    return own.landing - known.own.landing


def extend(session: Session, issue: Issue, *, until: datetime) -> timedelta:
    """The landing is not before ``until``. Returns by how much its own one is later."""
    known = limits(session, issue)
    own = _not_before(known.own, until)
    brought = ((merge, _not_before(ends, until)) for merge, ends in known.brought)
    settle(session, issue, Limits(own, tuple(brought)))
    return own.landing - known.own.landing


def renew(session: Session, issue: Issue, *, clocks: Deadlines, at: datetime, rules: HouseRules) -> None:
    """The issue is opened again with clocks of its own, which are also those of what is merged into it.

    Where only a merged issue makes it urgent, its own are those of one that is not.
    """
    session.flush()
    merges = live_merges(session, into_id=issue.id)
    own = clocks
    if any(merge.made_urgent for merge in merges):
        own = deadlines(at, urgent=False, category=issue.category, rules=rules)
    hurried = {merge.id: session.get_one(Issue, merge.merged_id).urgent for merge in merges}
    brought = ((merge, clocks if hurried[merge.id] else own) for merge in merges)
    settle(session, issue, Limits(own, tuple(brought)))


def hurry(session: Session, issue: Issue, *, sooner: Deadlines) -> None:
    """Somebody who joined says that it is urgent: it is so by itself from now on, whatever is undone."""
    known = limits(session, issue)
    if issue.urgent and not any(merge.made_urgent for merge, _ in known.brought):
        return
    for merge, _ in known.brought:
        merge.made_urgent = False
    issue.urgent = True
    own = Deadlines(
        min(known.own.first_answer, sooner.first_answer), min(known.own.landing, sooner.landing)
    )
    settle(session, issue, Limits(own, known.brought))


def _not_before(ends: Deadlines, until: datetime) -> Deadlines:
    return Deadlines(ends.first_answer, max(ends.landing, until))
