"""What is put before the staff of a community: who asks for a person, and issues whose holder has gone silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from models.community import Community
from models.issue import Issue
from models.member import Account, Grant
from models.notice import Notice
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN
from services import notices
from services.members import confirmers, live_grant
from services.moving import facts

#: Kinds of notices that tell somebody above of an issue whose holder cannot be reached.
TOLD_ABOVE = ("nobody_reachable", "holder_lost")


@dataclass(frozen=True)
class Called:
    """``somebody``: a member of staff was told. ``phone``: of the community's desk, may be empty."""

    somebody: bool
    phone: str


def call_person(
    session: Session, *, member_id: int, name: str, home: str, community_id: int | None, words: str, at: datetime
) -> Called:
    """Tell the staff that somebody wants to speak to a person; the same person at most once an hour.

    Somebody whose community we do not know yet is put before the only community there is, if there is only one.
    """
    communities = session.execute(
        select(Community.id, Community.phone)
        .where(Community.id == community_id if community_id is not None else Community.id > 0)
        .limit(2)
    ).all()
    if len(communities) != 1:
        return Called(False, "")
    community = communities[0]
    members = [m for m in confirmers(session, community_id=community.id, at=at) if m != member_id]
    key = f"human:{member_id}:{at.strftime('%Y%m%d%H')}"
    if not notices.owed_already(session, key=key, members=members):
        notices.owe(
            session, members=members, kind="human", params={"name": name, "home": home, "note": words}, key=key, at=at
        )
    return Called(bool(members), community.phone)


def held_by_nobody(at: datetime) -> ColumnElement[bool]:
    """Open issues whose holder has no reachable person, and of which nobody above was told."""
    reachable = (
        select(Grant.id)
        .join(Account, Account.member_id == Grant.member_id)
        .where(Grant.post_id == Issue.holder_id, live_grant(at), Account.blocked_at.is_(None))
    )
    told = select(Notice.id).where(Notice.issue_id == Issue.id, Notice.kind.in_(TOLD_ABOVE))
    return and_(Issue.state.in_(OPEN), ~exists(reachable), ~exists(told))


def tell_of_lost_holders(session: Session, *, at: datetime, rules: HouseRules) -> int:
    """Put before the staff whatever is held by people who left or blocked us. Returns how many issues that were."""
    issues = session.scalars(select(Issue).where(held_by_nobody(at)).order_by(Issue.id)).all()
    for issue in issues:
        notices.tell_staff(
            session,
            community_id=issue.community_id,
            kind="holder_lost",
            params=facts(session, issue, rules=rules),
            key=f"lost:{issue.id}:{issue.holder_id}",
            at=at,
            issue_id=issue.id,
        )
    return len(issues)
