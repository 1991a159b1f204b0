"""A question to a raiser: the landing clock stands still until they answer, or until nobody did (追问)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.member import Member
from models.report import Report
from models.rules.errors import NotFound
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action
from services.handling import taken_up
from services.moving import Deed, move


def ask_raiser(
    session: Session, *, issue_id: int, member_id: int, raiser_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """One question to one raiser. Raises NotFound for somebody who has not raised it."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    report = session.scalars(
        select(Report.id)
        .where(Report.issue_id == issue_id, Report.raiser_id == raiser_id, Report.withdrawn_at.is_(None))
        .order_by(Report.id)
        .limit(1)
    ).one_or_none()
    if report is None:
        raise NotFound
    deed = Deed(
        Action.ASK, member_id, held, words=words, report_id=report, raiser_id=raiser_id, asked=raiser_id
    )
    move(session, issue, deed, at=at, rules=rules)
    return issue


def who_may_be_asked(session: Session, *, issue_id: int) -> list[tuple[int, str, str]]:
    """The raisers of an issue, (member id, name, first words); names may be empty."""
    rows = session.execute(
        select(Report.raiser_id, Member.name, Report.words)
        .join(Member, Member.id == Report.raiser_id)
        .where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None))
        .order_by(Report.id)
    )
    found: dict[int, tuple[int, str, str]] = {}
    for row in rows:
        found.setdefault(row.raiser_id, (row.raiser_id, row.name, row.words))
    return list(found.values())
