"""Writing what is owed to whom, in the transaction of the deed that owes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from models.base import insert_rows
from models.issue import Issue
from models.notice import Notice, NoticeState, Policy
from models.report import Report
from models.rules.issue_workflow import Action, Audience
from services.members import confirmers, holders_of

#: What may be lost rather than said twice (endurance.md, promise 4). Everything else is repeated when in doubt.
SMALL_TALK = frozenset({"human_told"})


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
    issue_id: int | None = None,
    history_id: int | None = None,
    shown_to: int | None = None,
) -> None:
    """Owe a notice to each of ``members``. To ``shown_to``, who acts, the reply itself has just said it."""
    rows = [_row(member, kind, params, key, at, shown_to=shown_to) for member in dict.fromkeys(members)]
    insert_rows(session, Notice, [row | {"issue_id": issue_id, "history_id": history_id} for row in rows])


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
) -> None:
    """Owe what one row of the workflow table demands: one notice to each member of each audience, once a person."""
    told: dict[int, Audience] = {}
    for audience in sorted(audiences, key=list(Audience).index):
        for member in _members(session, issue, audience, actor_id, holder_before, raiser_id, at):
            told.setdefault(member, audience)
    key, about = f"history:{entry_id}", {"issue_id": issue.id, "history_id": entry_id}
    insert_rows(
        session,
        Notice,
        [
            _row(member, f"{action}_{audience}", params, key, at, shown_to=actor_id) | about
            for member, audience in told.items()
        ],
    )


def tell_staff(
    session: Session,
    *,
    community_id: int,
    kind: str,
    params: Mapping[str, Any],
    key: str,
    at: datetime,
    issue_id: int | None = None,
) -> bool:
    """Put something before the administrators and staff of a community. False: there is nobody yet."""
    members = confirmers(session, community_id=community_id, at=at)
    owe(session, members=members, kind=kind, params=params, key=key, at=at, issue_id=issue_id)
    return bool(members)


def relay(session: Session, *, notice_ids: Iterable[int], at: datetime) -> int:
    """The steward has told it at the door. Returns how many notices that settles."""
    result = session.connection().execute(
        update(Notice)
        .where(Notice.id.in_(list(notice_ids)), Notice.state == NoticeState.PARKED)
        .values(state=NoticeState.RELAYED, settled_at=at)
    )
    return result.rowcount


def raisers_of(session: Session, *, issue_id: int) -> Sequence[int]:
    """Whoever raised the issue and has not withdrawn."""
    return session.connection().scalars(_RAISERS, {"issue": issue_id}).all()


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
) -> Sequence[int]:
    match audience:
        case Audience.RAISER:
            return [raiser_id] if raiser_id is not None else []
        case Audience.RAISERS:
            return raisers_of(session, issue_id=issue.id)
        case Audience.OTHER_RAISERS:
            return [m for m in raisers_of(session, issue_id=issue.id) if m != actor_id]
        case Audience.HOLDER:
            return holders_of(session, post_id=issue.holder_id, at=at)
        case Audience.OLD_HOLDER:
            if holder_before is None or holder_before == issue.holder_id:
                return []
            return holders_of(session, post_id=holder_before, at=at)
