"""What comes back of items that were sent to another level, and the reminder where nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from models.base import update_row
from models.issue import Issue
from models.meeting import AgendaItem, Meeting, MeetingSeries, Referral
from models.rules.errors import NobodyReachable
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN, Level
from models.rules.posts import Rung
from services import notices
from services.ladder import next_rung, post_above, same_rung, scope_of
from services.meeting_people import above_convener
from services.members import holders_of

#: Whose turn it is where no meeting is held at a level.
RUNG_OF = {Level.CORRIDOR: Rung.CORRIDOR, Level.COMPOUND: Rung.GRID, Level.COMMUNITY: Rung.COMMUNITY}
_AGAIN = timedelta(days=7)  # a reminder that changed nothing is repeated
_OPEN = (
    select(Referral.id, Referral.to_level, AgendaItem.title, Meeting.id.label("meeting"), MeetingSeries.label,
           MeetingSeries.convener_id, Issue.number)
    .join(Issue, Issue.id == Referral.issue_id)
    .join(AgendaItem, AgendaItem.id == Referral.item_id)
    .join(Meeting, Meeting.id == AgendaItem.meeting_id)
    .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
    .where(Referral.issue_id.in_(bindparam("issues", expanding=True)), Referral.answered_at.is_(None))
    .order_by(Referral.id)
)  # fmt: skip
_MERGED_INTO = select(Issue.id).where(Issue.merged_into_id == bindparam("issue"))


def hear_back(session: Session, *, issue_id: int, words: str, at: datetime, rules: HouseRules) -> int:
    """What was done with an issue, for every meeting that sent it on, or what was merged into it, and still waits; each
    convener is told. Returns how many referrals that answers.
    """
    merged = session.connection().scalars(_MERGED_INTO, {"issue": issue_id}).all()
    rows = session.connection().execute(_OPEN, {"issues": [issue_id, *merged]}).all()
    for row in rows:
        update_row(session, Referral, row.id, answer=words, answered_at=at)
        notices.owe(
            session,
            members=holders_of(session, post_id=row.convener_id, at=at),
            kind="referral_answered_convener",
            params={
                "referral": row.id,
                "meeting": row.meeting,
                "label": row.label,
                "title": row.title,
                "number": row.number,
                "referred_to": row.to_level.value if row.to_level else "",
                "note": words,
            },
            key=f"referral:{row.id}:answered",
            at=at,
            rules=rules,
        )
    return len(rows)


def remind_of_referral(session: Session, *, referral_id: int, at: datetime, rules: HouseRules) -> datetime | None:
    """The limit of a referral has come: who has it now hears so, and who is above. Returns when to look again.

    One that went on to a third level is minded there; what was merged, with the issue in which it goes on.
    """
    referral = session.get_one(Referral, referral_id, populate_existing=True)
    sent = session.get_one(Issue, referral.issue_id, populate_existing=True)
    issue = session.get_one(Issue, sent.merged_into_id or sent.id, populate_existing=True)
    if referral.answered_at is not None or issue.state not in OPEN or _went_on(session, referral):
        return None
    if at < referral.until:
        return referral.until
    has_it, above = _who(session, issue, referral, at)
    params = _facts(session, referral, issue, rules)
    higher = [member for member in above if member not in has_it]
    for members, kind in ((has_it, "referral_due_convener"), (higher, "referral_due_above")):
        notices.owe(
            session,
            members=members,
            kind=kind,
            params=params,
            key=f"referral:{referral.id}:{at.isoformat()}",
            at=at,
            rules=rules,
            issue_id=issue.id,
        )
    return at + _AGAIN


def series_for(session: Session, *, issue: Issue, level: Level) -> MeetingSeries | None:
    """The live series of a level that is held for the issue's place; the narrowest, of the oldest."""
    query = select(MeetingSeries).where(
        MeetingSeries.community_id == issue.community_id,
        MeetingSeries.level == level,
        MeetingSeries.ended_at.is_(None),
        or_(MeetingSeries.compound_id.is_(None), MeetingSeries.compound_id == issue.compound_id),
        or_(MeetingSeries.building_id.is_(None), MeetingSeries.building_id == issue.building_id),
        or_(MeetingSeries.unit_id.is_(None), MeetingSeries.unit_id == issue.unit_id),
    )
    found = session.scalars(query.order_by(MeetingSeries.id)).all()
    narrow = sorted(found, key=lambda series: (series.unit_id is None, series.building_id is None, series.id))
    return narrow[0] if narrow else None


def _went_on(session: Session, referral: Referral) -> bool:
    later = select(Referral.id).where(Referral.issue_id == referral.issue_id, Referral.id > referral.id)
    return session.scalar(later.limit(1)) is not None


def _who(
    session: Session, issue: Issue, referral: Referral, at: datetime
) -> tuple[Sequence[int], Sequence[int]]:
    """Who has it, and who is above them."""
    if referral.to_level is None or issue.id != referral.issue_id:
        above = post_above(session, issue=issue, at=at)
        return holders_of(session, post_id=issue.holder_id, at=at), _holders(session, above, at)
    series = series_for(session, issue=issue, level=referral.to_level)
    if series is not None:
        above = above_convener(session, series, at=at)
        return holders_of(session, post_id=series.convener_id, at=at), _holders(session, above, at)
    scope, rung = scope_of(issue), RUNG_OF[referral.to_level]
    has_it = same_rung(session, scope=scope, rung=rung, at=at)
    try:
        higher: int | None = next_rung(session, scope=scope, above=has_it.rung, at=at).post_id
    except NobodyReachable:
        higher = None
    return holders_of(session, post_id=has_it.post_id, at=at), _holders(session, higher, at)


def _holders(session: Session, post_id: int | None, at: datetime) -> Sequence[int]:
    return [] if post_id is None else holders_of(session, post_id=post_id, at=at)


def _facts(session: Session, referral: Referral, issue: Issue, rules: HouseRules) -> dict[str, Any]:
    row = session.execute(
        select(AgendaItem.title, AgendaItem.meeting_id, MeetingSeries.label)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(AgendaItem.id == referral.item_id)
    ).one()
    return {
        "referral": referral.id,
        "meeting": row.meeting_id,
        "label": row.label,
        "title": row.title,
        "number": issue.number,
        "issue": issue.id,
        "short": issue.serial,
        "referred_to": referral.to_level.value if referral.to_level else "",
        "note": referral.reason,
        "closes_by": referral.until.astimezone(ZoneInfo(rules.timezone)).isoformat(),
    }
