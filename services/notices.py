"""Writing what is owed to whom, in the transaction of the deed that owes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, select, text, update
from sqlalchemy.orm import Session

from models.base import insert_rows
from models.issue import HistoryEntry, Issue
from models.member import Account, Member
from models.notice import Notice, NoticeState, Policy
from models.report import Report
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Audience, State
from models.rules.quiet import may_leave_at
from services.ladder import post_above
from services.members import confirmers, holders_of

#: What may be lost rather than said twice (endurance.md, promise 4). Everything else is repeated when in doubt.
SMALL_TALK = frozenset({"human_told"})
#: What the quiet hours do not hold back: alarms, and what answers what the person just said or asked for.
AT_ANY_HOUR = frozenset({"danger", "late_reply", "document_ready", "document_failed"})
#: What they hold back even of an urgent issue: nobody has to do anything about it.
CAN_WAIT = frozenset({"heartbeat_raisers", "follow_up_silent_raisers", "rate_holder", "check_holder"})
QUIET = "quiet"  # why an owed notice waits for the morning
_SKEW = timedelta(minutes=1)  # by which two clocks may differ, or one deed take
_LOCKED = (
    select(Member.id)
    .where(Member.id.in_(bindparam("members", expanding=True)))
    .order_by(Member.id)
    .with_for_update(key_share=True)
)
_RELEASE = (
    update(Notice)
    .where(
        text("notices.state IN ('owed','sending')"),  # the words of the partial index
        Notice.member_id.in_(bindparam("members", expanding=True)),
        Notice.state == NoticeState.OWED,
        Notice.reason == QUIET,
        Notice.not_before > bindparam("now"),
    )
    .values(not_before=bindparam("now"), reason="")
)

#: What nobody needs to hear any more when an issue is closed.
OVERTAKEN = frozenset({"follow_up_silent_raisers", "heartbeat_raisers"})

_SILENT = (
    select(Report.raiser_id)
    .join(Account, (Account.member_id == Report.raiser_id) & Account.blocked_at.is_(None))  # nobody asks at the door
    .where(Report.issue_id == bindparam("issue"), Report.withdrawn_at.is_(None), Report.rating.is_(None))
    .distinct()
    .order_by(Report.raiser_id)
)
_ASSIGNER = (
    select(HistoryEntry.actor_id)
    .where(
        HistoryEntry.issue_id == bindparam("issue"),
        HistoryEntry.action.in_([Action.ASSIGN, Action.NAME_LEAD]),
        HistoryEntry.actor_id.is_not(None),
    )
    .order_by(HistoryEntry.id.desc())
    .limit(1)
)
_STATE = select(Issue.state).where(Issue.id == bindparam("issue"))
_RAISERS = (
    select(Report.raiser_id)
    .where(Report.issue_id == bindparam("issue"), Report.withdrawn_at.is_(None))
    .distinct()
    .order_by(Report.raiser_id)
)


def owe(
    session: Session,
    *,
    members: Iterable[int],
    kind: str,
    params: Mapping[str, Any],
    key: str,
    at: datetime,
    rules: HouseRules,
    urgent: bool = False,
    issue_id: int | None = None,
    history_id: int | None = None,
    shown_to: int | None = None,
) -> None:
    """Owe a notice to each of ``members``. To ``shown_to``, who acts, the reply itself has just said it.

    In the quiet hours it waits for the morning, unless it is ``urgent`` or of a kind that may leave at any hour. Of an
    issue that is closed nothing is owed any more: what a meeting still has to say of it stands by itself.
    """
    if issue_id is not None and session.scalar(_STATE, {"issue": issue_id}) is State.CLOSED:
        issue_id = None
    about = {"issue_id": issue_id, "history_id": history_id}
    rows = [_row(member, kind, params, key, at, shown_to=shown_to) | about for member in dict.fromkeys(members)]
    _write(session, rows, at=at, rules=rules, urgent=urgent)


def owed_already(session: Session, *, key: str, members: Iterable[int]) -> bool:
    """Whether this very notice was written before, to any of them."""
    keys = [f"{key}:{member}" for member in members]
    return session.scalar(select(exists(select(Notice.id).where(Notice.key.in_(keys))))) or False


def tell(
    session: Session,
    *,
    issue: Issue,
    action: Action,
    audiences: Iterable[Audience],
    entry_id: int,
    actor_id: int | None,
    holder_before: int | None,
    raiser_id: int | None,
    params: Mapping[str, Any],
    at: datetime,
    rules: HouseRules,
    helpers: Sequence[int] = (),
) -> None:
    """Owe what one row of the workflow table demands: one notice to each member of each audience, once a person."""
    told: dict[int, Audience] = {}
    for audience in sorted(audiences, key=list(Audience).index):
        for member in _members(session, issue, audience, actor_id, holder_before, raiser_id, at, helpers=helpers):
            told.setdefault(member, audience)
    key, about = f"history:{entry_id}", {"issue_id": issue.id, "history_id": entry_id}
    rows = [
        _row(member, f"{action}_{audience}", params, key, at, shown_to=actor_id) | about
        for member, audience in told.items()
    ]
    _write(session, rows, at=at, rules=rules, urgent=issue.urgent)


def tell_staff(
    session: Session,
    *,
    community_id: int,
    kind: str,
    params: Mapping[str, Any],
    key: str,
    at: datetime,
    rules: HouseRules,
    urgent: bool = False,
    issue_id: int | None = None,
) -> bool:
    """Put something before the administrators and staff of a community. False: there is nobody yet."""
    members = confirmers(session, community_id=community_id, at=at)
    owe(
        session,
        members=members,
        kind=kind,
        params=params,
        key=key,
        at=at,
        rules=rules,
        urgent=urgent,
        issue_id=issue_id,
    )
    return bool(members)


def let_go_overtaken(session: Session, *, issue_id: int, at: datetime) -> None:
    """Questions and signs of life that could not be delivered are moot once the issue is about to be closed."""
    session.connection().execute(
        update(Notice)
        .where(Notice.issue_id == issue_id, Notice.kind.in_(OVERTAKEN), Notice.state == NoticeState.PARKED)
        .values(state=NoticeState.FAILED, reason="overtaken", settled_at=at)
    )


def raisers_of(session: Session, *, issue_id: int) -> Sequence[int]:
    """Whoever raised the issue and has not withdrawn."""
    return session.connection().scalars(_RAISERS, {"issue": issue_id}).all()


def silent_raisers(session: Session, *, issue_id: int) -> Sequence[int]:
    """Who has not rated, and can be asked by a message."""
    return session.connection().scalars(_SILENT, {"issue": issue_id}).all()


def _write(session: Session, rows: list[dict[str, Any]], *, at: datetime, rules: HouseRules, urgent: bool) -> None:
    """At night, what can wait is written for the morning; with what cannot, all that waits before it leaves too.

    Two who write to one person at the same moment follow one another, so that nothing urgent gets in line behind what
    is not seen yet.
    """
    owed = [row for row in rows if row["state"] is NoticeState.OWED]
    if owed and any(may_leave_at(moment, rules=rules) > moment for moment in (at, at + _SKEW)):
        session.connection().execute(_LOCKED, {"members": [row["member_id"] for row in owed]})
        morning, hurried = may_leave_at(at, rules=rules), []
        for row in owed:
            if row["kind"] in AT_ANY_HOUR or (urgent and row["kind"] not in CAN_WAIT):
                hurried.append(row["member_id"])
            elif morning > at:
                row |= {"not_before": morning, "reason": QUIET}
        if hurried:
            session.connection().execute(_RELEASE, {"members": hurried, "now": at})
    insert_rows(session, Notice, rows)


def _row(
    member: int, kind: str, params: Mapping[str, Any], key: str, at: datetime, *, shown_to: int | None
) -> dict[str, Any]:
    return {
        "key": f"{key}:{member}",
        "member_id": member,
        "kind": kind,
        "params": dict(params),
        "policy": Policy.AT_MOST_ONCE if kind in SMALL_TALK else Policy.AT_LEAST_ONCE,
        "state": NoticeState.SHOWN if member == shown_to else NoticeState.OWED,
        "settled_at": at if member == shown_to else None,
        "not_before": at,
        "reason": "",
        "created_at": at,
    }


def _members(
    session: Session,
    issue: Issue,
    audience: Audience,
    actor_id: int | None,
    holder_before: int | None,
    raiser_id: int | None,
    at: datetime,
    *,
    helpers: Sequence[int],
) -> Sequence[int]:
    match audience:
        case Audience.RAISER:
            return [raiser_id] if raiser_id is not None else []
        case Audience.RAISERS:
            return raisers_of(session, issue_id=issue.id)
        case Audience.OTHER_RAISERS:
            return [m for m in raisers_of(session, issue_id=issue.id) if m != actor_id]
        case Audience.SILENT_RAISERS:
            return silent_raisers(session, issue_id=issue.id)
        case Audience.HELPERS:
            return [member for post in helpers for member in holders_of(session, post_id=post, at=at)]
        case Audience.ASSIGNER:
            return [m for m in session.connection().scalars(_ASSIGNER, {"issue": issue.id}) if m is not None]
        case Audience.ABOVE:
            above = post_above(session, issue=issue, at=at)
            return holders_of(session, post_id=above, at=at) if above is not None else []
        case Audience.HOLDER:
            return holders_of(session, post_id=issue.holder_id, at=at)
        case Audience.OLD_HOLDER:
            if holder_before is None or holder_before == issue.holder_id:
                return []
            return holders_of(session, post_id=holder_before, at=at)
