"""Issues whose holder cannot be reached by anybody: whoever is above is told, at the moment it comes to that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, String, and_, bindparam, cast, exists, select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.member import Account, Grant
from models.notice import Notice
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN
from services import notices
from services.members import live_grant


def lost_key(issue: Issue) -> str:
    """Of the notices that say: who holds this issue now cannot be reached."""
    return f"lost:{issue.id}:{issue.holder_id}"


def held_by_nobody(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Open issues whose holder has no reachable person, and of which nobody above was told."""
    reachable = (
        select(Grant.id)
        .join(Account, Account.member_id == Grant.member_id)
        .where(Grant.post_id == Issue.holder_id, live_grant(at), Account.blocked_at.is_(None))
    )
    of_this_holder = "lost:" + cast(Issue.id, String) + ":" + cast(Issue.holder_id, String) + ":%"
    told = select(Notice.id).where(Notice.issue_id == Issue.id, Notice.key.like(of_this_holder))
    return and_(Issue.state.in_(OPEN), ~exists(reachable), ~exists(told))


_IS_LOST = select(Issue.id).where(Issue.id == bindparam("issue"), held_by_nobody(bindparam("at")))


def is_lost(session: Session, issue: Issue, *, at: datetime) -> bool:
    """Whether this issue is held by nobody, and nobody was told of it."""
    return session.connection().scalar(_IS_LOST, {"issue": issue.id, "at": at}) is not None


def tell(session: Session, issue: Issue, facts: Mapping[str, Any], *, at: datetime, rules: HouseRules) -> None:
    """Put it before the staff of its community."""
    notices.tell_staff(
        session,
        community_id=issue.community_id,
        kind="holder_lost",
        params=facts,
        key=lost_key(issue),
        at=at,
        rules=rules,
        urgent=issue.urgent,
        issue_id=issue.id,
    )
