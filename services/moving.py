"""The one mover: every change of an issue's state happens here, with its history entry and the notices it owes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.issue import HistoryEntry, Issue
from models.media import Media
from models.member import Post
from models.rules.deadlines import Deadlines, due, landing_is_estimated, rung_due
from models.rules.errors import NotFound, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import (
    BIRTH,
    ISSUE_WORKFLOW,
    OPEN,
    Action,
    Actor,
    Audience,
    IssueTransition,
    Level,
    Need,
    Outcome,
    Rating,
    Reason,
    State,
)
from models.rules.looking import next_look
from models.rules.posts import Rung
from models.rules.workflow import find_transition
from services import joint_limits, lost_holders, notices, unmet_levels
from services.awaiting import awaited, stand_of


@dataclass(frozen=True)
class Deed:
    """What somebody does to an issue. ``as_actor``: what they are to it; empty is refused like a stranger.

    ``to_state``: where the row leaves it open (going back from waiting, undoing a merge). ``unit``: the kind of the
    handling unit it is given to. ``until``: by when, or when again. ``asked``: the raiser it then waits for.
    ``helpers``: the posts that are called. ``details``: what else belongs to the history entry and its notices.
    """

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
    to_state: State | None = None
    unit: str | None = None
    until: datetime | None = None
    asked: int | None = None
    level: Level | None = None
    count: tuple[int, int] | None = None  # households, people
    solved: bool | None = None
    helpers: Sequence[int] = ()
    details: Mapping[str, Any] | None = None

    def back_to(self, state: State) -> Deed:
        return replace(self, to_state=state)


_COMES_BACK_FROM = frozenset({State.MERGED, State.WAITING})  # to what it was, with the terms that it had
_TAKEN_UP = frozenset({State.ACCEPTED, State.IN_PROGRESS, State.ANSWERED})
_WITH_HOLDER = frozenset({State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS, State.WAITING})

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
    target = row.target or deed.to_state
    if target is not None and not deed.stays:
        issue.state = target
        if State.MERGED not in (before, target):  # a merged issue keeps all it had
            _stamp(issue, deed, before=before, at=at)
    if deed.to_post is not None:
        issue.holder_id = deed.to_post
    if deed.rung is not None:
        issue.rung = deed.rung
    if deed.clocks is not None:
        joint_limits.renew(session, issue, clocks=deed.clocks, at=at, rules=rules)
        issue.clock_since, issue.warned, issue.first_answered_at = at, None, None
    if deed.outcome is not None:
        issue.outcome = deed.outcome
    _set_term(issue, deed, before=before, at=at, rules=rules)
    entered = before is not issue.state and before not in _COMES_BACK_FROM
    unmet = (entered or deed.level is not None) and unmet_levels.is_unmet(session, issue)
    if Audience.RAISERS in row.tells:
        issue.told_at = at
    issue.look_at = next_look(issue, rules=rules)
    session.flush()
    entry_id = _record(session, issue, deed, row, before=before, holder_before=holder_before, at=at, rules=rules)
    if unmet:
        unmet_levels.mind(session, issue, at=at, rules=rules)
    anew = issue.holder_id != holder_before or before not in OPEN
    if anew and issue.state in OPEN and lost_holders.is_lost(session, issue, at=at):
        lost_holders.tell(session, issue, facts(session, issue, rules=rules), at=at, rules=rules)
    return entry_id


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
    waits = awaited(session, [stand_of(issue)])
    return {
        "number": issue.number,
        "short": issue.serial,
        "issue": issue.id,
        "category": issue.category,
        "summary": issue.summary,
        "place": issue.place_label,
        "urgent": issue.urgent,
        "households": issue.households,
        "people": issue.people,
        "grounds": issue.grounds,
        "recurs": _number_of(session, issue.recurs_id) if issue.recurs_id else "",
        "holder_role": holder.role.value,
        "holder": holder.label,
        "first_answer_due": issue.first_answer_due.astimezone(zone).isoformat(),
        "landing_due": issue.landing_due.astimezone(zone).isoformat(),
        "estimated": issue.extended_at is None
        and landing_is_estimated(
            issue.clock_since or issue.first_reported_at,
            issue.landing_due,
            urgent=issue.urgent,
            category=issue.category,
            rules=rules,
        ),
        "awaits": waits[issue.id].to_json(rules),
    }


def _number_of(session: Session, issue_id: int) -> str:
    return session.connection().execute(select(Issue.number).where(Issue.id == issue_id)).scalar_one()


def _check_needs(row: IssueTransition, deed: Deed) -> None:
    """Raises WordsNeeded for what the row demands and the deed lacks."""
    given = {
        Need.WORDS: bool(deed.words.strip()),
        Need.OUTCOME: deed.outcome is not None,
        Need.RATING: deed.rating is not None,
        Need.POST: deed.to_post is not None,
        Need.REASON: deed.reason is not None,
        Need.DATE: deed.until is not None,
        Need.LEVEL: deed.level is not None,
        Need.COUNT: deed.count is not None,
        Need.SOLVED: deed.solved is not None,
    }
    explained = deed.outcome is Outcome.EXPLAINED
    if not all(given[need] for need in row.needs) or (
        explained and (deed.reason is None or not deed.decider.strip() or deed.until is None)
    ):
        raise WordsNeeded(action=row.action)


def _stamp(issue: Issue, deed: Deed, *, before: State, at: datetime) -> None:
    """What entering a state leaves on the issue."""
    state = issue.state
    taken_up = state in _TAKEN_UP or (deed.action is Action.PROPOSE and deed.actor_id is not None)
    if taken_up and issue.first_answered_at is None:
        issue.first_answered_at = at
    if state is State.ANSWERED:
        issue.answered_at = at
    if state is State.CLOSED:
        issue.closed_at = at
    if before in (State.ANSWERED, State.CLOSED) and state not in (State.ANSWERED, State.CLOSED):
        issue.answered_at = issue.closed_at = issue.followed_up_at = None
        issue.outcome = issue.review_at = None
    if state is State.WAITING:
        issue.paused_at, issue.asked_id, issue.resume_to = at, deed.asked, before
    elif before is State.WAITING:
        issue.paused_at = issue.asked_id = issue.resume_to = None
    if state is State.SHELVED or deed.outcome is Outcome.EXPLAINED:
        issue.review_at = deed.until
    elif before is State.SHELVED:
        issue.review_at = None
    if deed.level is not None:
        issue.level = deed.level


def _set_term(issue: Issue, deed: Deed, *, before: State, at: datetime, rules: HouseRules) -> None:
    """Since when a rung has it, and until when it may. Giving it to somebody else on the same rung resets nothing."""
    state = issue.state
    entered = state is not before
    if State.MERGED in (before, state) or (not entered and state not in _WITH_HOLDER):
        again = (Action.SCHEDULE, Action.DECIDE, Action.EXTEND)
        if deed.action in again and state in (State.SCHEDULED, State.DECIDED):
            issue.rung_due = deed.until
        return
    if entered and state is State.TO_DELIBERATE:
        issue.rung_since, issue.rung_due = at, due(at, rules.waiting_for_meeting, rules=rules)
    elif entered and state in (State.SCHEDULED, State.DECIDED):
        issue.rung_since, issue.rung_due = at, deed.until
    elif deed.rung is not None or (entered and state is State.ACCEPTED and before not in _WITH_HOLDER):
        issue.rung_since = at
        issue.rung_due = rung_due(at, rung=issue.rung, unit=deed.unit, rules=rules)
    elif deed.to_post is not None:
        came = issue.rung_since or issue.first_reported_at
        term = rung_due(came, rung=issue.rung, unit=deed.unit, rules=rules)
        issue.rung_due = max(issue.rung_due or term, term)  # what it had stood still or was extended stays


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
        details=_details(deed),
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
            helpers=deed.helpers,
            params={
                **facts(session, issue, rules=rules),
                "note": deed.words,
                "outcome": deed.outcome.value if deed.outcome else "",
                "reason": deed.reason.value if deed.reason else "",
                "decider": deed.decider,
                "rating": deed.rating.value if deed.rating else "",
                "photos": list(deed.photos),
                "level": deed.level.value if deed.level else "",
                "until": deed.until.astimezone(ZoneInfo(rules.timezone)).isoformat() if deed.until else "",
                "state": issue.state.value,
                "solved": deed.solved,
                "overdue": at > issue.landing_due,
                **(deed.details or {}),
            },
            at=at,
            rules=rules,
        )
    return entry_id


def _details(deed: Deed) -> dict[str, Any] | None:
    """What the columns of the history have no place for."""
    details = dict(deed.details or {})
    if deed.until is not None:
        details["until"] = deed.until.astimezone(UTC).isoformat()
    if deed.level is not None:
        details["level"] = deed.level.value
    if deed.count is not None:
        details["count"] = list(deed.count)
    if deed.solved is not None:
        details["solved"] = deed.solved
    if deed.rating is not None:
        details["rating"] = deed.rating.value
    if deed.asked is not None:
        details["asked"] = deed.asked
    return details or None
