"""Items that are sent up or down (移交): the issue, its raisers and its history travel with them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.issue import Issue
from models.meeting import AgendaItem, MeetingSeries, Referral
from models.member import Post
from models.rules.deadlines import due
from models.rules.errors import NobodyReachable
from models.rules.house import HouseRules
from models.rules.posts import RUNGS, Rung
from services import timetable
from services.deliberating import refer_issue, return_issue
from services.ladder import next_rung, scope_of


def refer(
    session: Session,
    *,
    item: AgendaItem,
    series: MeetingSeries,
    issue_id: int,
    reason: str,
    told: str,
    at: datetime,
    rules: HouseRules,
) -> int:
    """One issue of a referred item goes to where the item was referred: another level's meeting, or a post of the
    street or a unit. ``told``: the reason as its raisers hear it where it goes to a post. Returns the referral's id."""
    until = _limit(item, at=at, rules=rules)
    if item.level is not None:
        refer_issue(session, issue_id=issue_id, level=item.level, words=reason, until=until, at=at, rules=rules)
    else:
        post, rung = _destination(session, item=item, issue_id=issue_id, at=at)
        return_issue(session, issue_id=issue_id, words=told, to_post=post, rung=rung, until=until, at=at, rules=rules)
    referral = insert_row(
        session,
        Referral,
        item_id=item.id,
        issue_id=issue_id,
        from_level=series.level,
        to_level=item.level,
        reason=reason,
        until=until,
        at=at,
    )
    timetable.owe(session, kind="referral_due", subject=str(referral), slot="limit", due_at=until)
    return referral


def _limit(item: AgendaItem, *, at: datetime, rules: HouseRules) -> datetime:
    """As the chair set it; where that was not done, or has passed before anybody was told, as the house has it."""
    said = (item.details or {}).get("until")
    until = datetime.fromisoformat(said) if said else None
    return until if until is not None and until > at else due(at, rules.referral_answers, rules=rules)


def _destination(
    session: Session, *, item: AgendaItem, issue_id: int, at: datetime
) -> tuple[int | None, Rung | None]:
    """The post that was named; else the street's. Where nobody is there, it stays with whoever holds it."""
    if item.referred_to_id is not None:
        role = session.execute(select(Post.role).where(Post.id == item.referred_to_id)).scalar_one()
        return item.referred_to_id, RUNGS.get(role)
    issue = session.get_one(Issue, issue_id)
    try:
        routed = next_rung(session, scope=scope_of(issue), above=Rung.COMMUNITY, at=at)
    except NobodyReachable:
        return None, None
    return routed.post_id, routed.rung
