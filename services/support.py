"""What is put before the staff of a community: who asks for a person, and issues whose holder has gone silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.community import Community
from models.issue import Issue
from models.rules.house import HouseRules
from services import lost_holders, notices
from services.lost_holders import held_by_nobody
from services.members import confirmers
from services.moving import facts

_LOST = select(Issue).where(held_by_nobody(bindparam("at"))).order_by(Issue.id)


@dataclass(frozen=True)
class Called:
    """``somebody``: a member of staff was told. ``phone``: of the community's desk, may be empty."""

    somebody: bool
    phone: str


def call_person(
    session: Session,
    *,
    member_id: int,
    name: str,
    home: str,
    community_id: int | None,
    words: str,
    at: datetime,
    rules: HouseRules,
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
        params = {"name": name, "home": home, "note": words}
        notices.owe(session, members=members, kind="human", params=params, key=key, at=at, rules=rules)
    return Called(bool(members), community.phone)


def tell_of_lost_holders(session: Session, *, at: datetime, rules: HouseRules) -> int:
    """Put before the staff whatever is held by people who left or blocked us. Returns how many issues that were."""
    issues = session.scalars(_LOST, {"at": at}).all()
    for issue in issues:
        lost_holders.tell(session, issue, facts(session, issue, rules=rules), at=at, rules=rules)
    return len(issues)
