"""Issues put up for a meeting that nobody holds: who would convene it has a few days to set it up; else they climb."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import AgendaIssue, MeetingSeries
from models.rules.deadlines import due
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level, State
from models.rules.looking import next_look
from services import notices
from services.ladder import same_rung, scope_of
from services.meeting_people import in_place
from services.members import holders_of
from services.referral_answers import RUNG_OF, series_for


def is_unmet(session: Session, issue: Issue) -> bool:
    """Whether it waits for a meeting of a level at which nobody meets for its place."""
    if issue.state is not State.TO_DELIBERATE or issue.level is None:
        return False
    return series_for(session, issue=issue, level=issue.level) is None


def unmet_of_item(session: Session, *, item_id: int) -> set[Level]:
    """The levels at which nobody meets for the place of one of its issues."""
    rows = session.scalars(
        select(Issue).join(AgendaIssue, AgendaIssue.issue_id == Issue.id).where(AgendaIssue.item_id == item_id)
    ).all()
    return {level for level in Level for issue in rows if series_for(session, issue=issue, level=level) is None}


def mind(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """It waits for a few days only, and who would convene that meeting is asked to set it up by then."""
    if issue.level is None:
        return
    issue.rung_due = due(at, rules.waiting_for_series, rules=rules)
    issue.look_at = next_look(issue, rules=rules)
    session.flush()
    routed = same_rung(session, scope=scope_of(issue), rung=RUNG_OF[issue.level], at=at)
    members = holders_of(session, post_id=routed.post_id, at=at)
    key = f"unmet:{issue.id}:{issue.level}:{at.isoformat()}"
    if notices.owed_already(session, key=key, members=members):  # its meeting was cancelled with the series
        return
    notices.owe(
        session,
        members=members,
        kind="meeting_unmet_convener",
        params={
            "number": issue.number,
            "summary": issue.summary,
            "place": issue.place_label,
            "level": issue.level.value,
            "set_up_by": issue.rung_due.astimezone(ZoneInfo(rules.timezone)).isoformat(),
        },
        key=key,
        at=at,
        rules=rules,
        issue_id=issue.id,
    )


def mind_left(session: Session, series: MeetingSeries, *, at: datetime, rules: HouseRules) -> None:
    """A series has ended: what waited for it waits for a meeting that nobody holds."""
    for issue in _waiting(session, series):
        if is_unmet(session, issue):
            mind(session, issue, at=at, rules=rules)


def is_met(session: Session, series: MeetingSeries, *, at: datetime, rules: HouseRules) -> None:
    """A series was set up: what waits for it has the time that a meeting needs."""
    for issue in _waiting(session, series):
        issue.rung_due = due(at, rules.waiting_for_meeting, rules=rules)
        issue.look_at = next_look(issue, rules=rules)
    session.flush()


def _waiting(session: Session, series: MeetingSeries) -> Sequence[Issue]:
    """Locked, in the order in which everybody locks them."""
    return session.scalars(
        select(Issue)
        .where(
            Issue.community_id == series.community_id,
            Issue.state == State.TO_DELIBERATE,
            Issue.level == series.level,
            in_place(series),
        )
        .order_by(Issue.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
