"""Meetings that are over, with what came of their items, ready to be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.base import insert_row, update_row
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting
from models.rules.issue_workflow import Level, State
from models.rules.meeting_workflow import Competence, ItemKind, ItemState, MeetingState
from services.deliberating import schedule_issue
from services.meetings.publishing import publish_minutes
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff


def over(here: Neighbourhood, staff: Staff, level: Level = Level.COMPOUND) -> Council:
    """Its minutes are with those who were there."""
    return council(here, staff, state=MeetingState.MINUTED, level=level, days=-1)


def settled(
    meeting: Council,
    issues: Sequence[Issue],
    state: ItemState,
    words: str = "",
    *,
    title: str = "楼道灯",
    level: Level | None = None,
    post: int | None = None,
    kind: ItemKind = ItemKind.ISSUES,
) -> int:
    """An item of its agenda, and what came of it."""
    here = meeting.here
    item = insert_row(
        here.session,
        AgendaItem,
        meeting_id=meeting.meeting_id,
        kind=kind,
        state=state,
        position=len(meeting.items()) + 1,
        title=title,
        minutes=20,
        competence=Competence.RESIDENTS,
        parts={},
        words=words,
        level=level,
        referred_to_id=post,
    )
    for issue in issues:
        if issue.state is not State.TO_DELIBERATE:
            meeting.proposes(issue)
        schedule_issue(
            here.session,
            issue_id=issue.id,
            meeting=meeting.series.label,
            meets_at=meeting.meeting.meets_at,
            at=here.now,
            rules=here.house.rules,
        )
        insert_row(here.session, AgendaIssue, item_id=item, issue_id=issue.id, on_agenda=True)
    here.session.flush()
    return item


def publishes(meeting: Council, chair: Person, told: Mapping[int, str] | None = None) -> Meeting:
    here = meeting.here
    published = publish_minutes(
        here.session,
        meeting_id=meeting.meeting_id,
        member_id=chair.member_id,
        told=told,
        site=here.house.public_url,
        at=here.now,
        rules=here.house.rules,
    )
    here.deliver()
    return published


def is_in(meeting: Council, state: MeetingState) -> None:
    update_row(meeting.here.session, Meeting, meeting.meeting_id, state=state)


def heard(who: Person, start: str = "") -> list[str]:
    return [message.text for message in who.inbox if message.text.startswith(start)]
