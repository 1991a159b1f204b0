"""The one mover: every change of an issue's state happens here, with its history entry and the notices it owes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.issue import HistoryEntry, Issue
from models.media import Media
from models.member import Post
from models.rules.deadlines import Deadlines
from models.rules.errors import NotFound, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import (
    BIRTH,
    ISSUE_WORKFLOW,
    Action,
    Actor,
    IssueTransition,
    Need,
    Outcome,
    Rating,
    Reason,
    State,
)
from models.rules.posts import Rung
from models.rules.workflow import find_transition
from services import notices


@dataclass(frozen=True)
class Deed:
    """What somebody does to an issue. ``as_actor``: what they are to it; empty is refused like a stranger."""

    action: Action
    actor_id: int | None  # None: the timer
    as_actor: Collection[Actor]
    words: str = ""
    outcome: Outcome | None = None
    reason: Reason | None = None
    decider: str = ""
    rating: Rating | None = None
    to_post: int | None = None
    rung: Rung | None = None
    clocks: Deadlines | None = None  # a reopening gets clocks of its own; nothing else resets them
    report_id: int | None = None
    raiser_id: int | None = None  # whose report it is, where the row tells that raiser alone
    photos: Sequence[str] = ()  # public ids
    stays: bool = False  # the state stays although the row would move it: others still need the issue


_LOCKED = (
    select(Issue).where(Issue.id == bindparam("issue")).with_for_update().execution_options(populate_existing=True)
)
_HOLDER = select(Post.role, Post.label).where(Post.id == bindparam("post"))


def lock_issue(session: Session, issue_id: int) -> Issue:
    """The issue as it is now, locked until the end of the transaction: of two who act at once one comes second."""
    issue = session.scalars(_LOCKED, {"issue": issue_id}).one_or_none()
    if issue is None:
        raise NotFound
    return issue


def move(session: Session, issue: Issue, deed: Deed, *, at: datetime, rules: HouseRules) -> int:
    """Carry out a deed on a locked issue. Returns the id of its history entry.

    Raises TransitionNotAllowed, AlreadyDone, or WordsNeeded where the row needs what the deed lacks.
    """
    row = find_transition(ISSUE_WORKFLOW, action=deed.action, state=issue.state, roles=deed.as_actor)
    _check_needs(row, deed)
    before, holder_before = issue.state, issue.holder_id
    if row.target is not None and not deed.stays:
        issue.state = row.target
        _stamp(issue, row.target, at)
    if deed.to_post is not None:
        issue.holder_id = deed.to_post
    if deed.rung is not None:
        issue.rung = deed.rung
    if deed.clocks is not None:
        issue.first_answer_due, issue.landing_due = deed.clocks.first_answer, deed.clocks.landing
    if deed.outcome is not None:
        issue.outcome = deed.outcome
    session.flush()
    return _record(session, issue, deed, row, before=before, holder_before=holder_before, at=at, rules=rules)


def birth(session: Session, issue: Issue, deed: Deed, *, at: datetime, rules: HouseRules) -> int:
    """The first history entry of an issue just saved, and its receipt."""
    return _record(session, issue, deed, BIRTH, before=None, holder_before=None, at=at, rules=rules)


def attach_photos(session: Session, *, entry_id: int, photos: Iterable[str]) -> None:
    public_ids = list(photos)
    if public_ids:
        session.connection().execute(update(Media).where(Media.public_id.in_(public_ids)).values(history_id=entry_id))


def facts(session: Session, issue: Issue, *, rules: HouseRules) -> dict[str, Any]:
    """What a sentence about an issue may speak of. Times are ISO with the house's offset."""
    zone = ZoneInfo(rules.timezone)
    holder = session.connection().execute(_HOLDER, {"post": issue.holder_id}).one()
    return {
        "number": issue.number,
        "short": issue.serial,
        "issue": issue.id,
        "category": issue.category,
        "summary": issue.summary,
        "place": issue.place_label,
        "urgent": issue.urgent,
        "grounds": issue.grounds,
        "recurs": _number_of(session, issue.recurs_id) if issue.recurs_id else "",
        "holder_role": holder.role.value,
        "holder": holder.label,
        "first_answer_due": issue.first_answer_due.astimezone(zone).isoformat(),
        "landing_due": issue.landing_due.astimezone(zone).isoformat(),
    }


def _number_of(session: Session, issue_id: int) -> str:
    return session.connection().execute(select(Issue.number).where(Issue.id == issue_id)).scalar_one()


def _check_needs(row: IssueTransition, deed: Deed) -> None:
    if Need.WORDS in row.needs and not deed.words.strip():
        raise WordsNeeded(action=row.action)
    if Need.OUTCOME in row.needs and deed.outcome is None:
        raise WordsNeeded(action=row.action)
    if deed.outcome is Outcome.EXPLAINED and (deed.reason is None or not deed.decider.strip()):
        raise WordsNeeded(action=row.action)
    if Need.RATING in row.needs and deed.rating is None:
        raise WordsNeeded(action=row.action)
    if Need.POST in row.needs and deed.to_post is None:
        raise WordsNeeded(action=row.action)


def _stamp(issue: Issue, state: State, at: datetime) -> None:
    if state in (State.ACCEPTED, State.IN_PROGRESS, State.ANSWERED) and issue.first_answered_at is None:
        issue.first_answered_at = at
    if state is State.ANSWERED:
        issue.answered_at = at
    if state is State.CLOSED:
        issue.closed_at = at
    if state is State.RECEIVED:
        issue.answered_at = issue.closed_at = issue.first_answered_at = None


def _record(
    session: Session,
    issue: Issue,
    deed: Deed,
    row: IssueTransition,
    *,
    before: State | None,
    holder_before: int | None,
    at: datetime,
    rules: HouseRules,
) -> int:
    entry_id = insert_row(
        session,
        HistoryEntry,
        issue_id=issue.id,
        action=deed.action,
        from_state=before,
        to_state=issue.state,
        actor_id=deed.actor_id,
        report_id=deed.report_id,
        holder_before_id=holder_before,
        holder_id=issue.holder_id,
        note=deed.words,
        outcome=deed.outcome,
        reason=deed.reason,
        decider=deed.decider,
        at=at,
    )
    attach_photos(session, entry_id=entry_id, photos=deed.photos)
    if row.tells:
        notices.tell(
            session,
            issue=issue,
            action=deed.action,
            audiences=row.tells,
            entry_id=entry_id,
            actor_id=deed.actor_id,
            holder_before=holder_before,
            raiser_id=deed.raiser_id,
            params={
                **facts(session, issue, rules=rules),
                "note": deed.words,
                "outcome": deed.outcome.value if deed.outcome else "",
                "reason": deed.reason.value if deed.reason else "",
                "decider": deed.decider,
                "rating": deed.rating.value if deed.rating else "",
                "photos": list(deed.photos),
            },
            at=at,
        )
    return entry_id
