"""Whether an issue is on an agenda and why: for whoever raised it or has to do with it (为什么)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingSeries
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import OUTCOMES, Competence, ItemKind, ItemState, MeetingState
from services import awaiting
from services.meetings.agenda import agenda_of, arrange
from services.meetings.candidates import Candidate, gather

_BEFORE = frozenset({ItemState.QUEUED, ItemState.DROPPED, ItemState.ADJOURNED, ItemState.NOT_REACHED})
_NOT_HELD = frozenset({MeetingState.CANCELLED, MeetingState.NOT_HELD})


class Whether(StrEnum):
    NO_MEETING = "no_meeting"  # it waits for one, and none is planned
    CANDIDATE = "candidate"  # of a meeting whose agenda is not drafted yet
    DRAFTED = "drafted"  # the draft is not approved yet
    LISTED = "listed"
    DUTY = "duty"  # of the government; no meeting can take it up
    SETTLED = "settled"  # something came of it


@dataclass(frozen=True)
class Before:
    """The last meeting that did not get to it. ``words``: why not; ``place``: in its queue."""

    label: str
    meets_at: datetime
    state: ItemState
    place: int | None
    words: str


@dataclass(frozen=True)
class AgendaStanding:
    """``position``: on the agenda, as it stands or as it would be drafted now; None where it finds no room, and then
    ``place`` is the one in the queue. ``parts``: of its score. ``outcome``, ``words``: what came of it."""

    whether: Whether
    label: str = ""
    meets_at: datetime | None = None
    position: int | None = None
    place: int | None = None
    kind: ItemKind = ItemKind.ISSUES
    mandatory: bool = False
    carried: int = 0
    score: float = 0.0
    parts: Mapping[str, Any] = field(default_factory=dict)
    outcome: ItemState | None = None
    words: str = ""
    before: Before | None = None


_Met = tuple[AgendaItem, Meeting, MeetingSeries]


def agenda_standing(
    session: Session, *, issue_id: int, at: datetime, rules: HouseRules
) -> AgendaStanding | None:
    """None where no meeting has ever had to do with it. For whom it may be shown is the caller's to know."""
    issue = session.get_one(Issue, issue_id)
    under = _under(session, issue_id)
    if issue.state is State.TO_DELIBERATE:
        return _waiting(session, issue, under, at=at, rules=rules)
    for item, meeting, series in under:
        if issue.state is State.SCHEDULED and meeting.state not in _NOT_HELD | {MeetingState.PUBLISHED}:
            return _on_agenda(session, Whether.LISTED, issue, meeting, series)
        dropped = item.state is ItemState.DROPPED and meeting.number is not None
        if dropped or (item.state in OUTCOMES and meeting.state is MeetingState.PUBLISHED):
            return AgendaStanding(
                Whether.SETTLED, series.label, meeting.meets_at, outcome=item.state, words=item.words
            )
    return None


def _under(session: Session, issue_id: int) -> Sequence[_Met]:
    """The items it was under, the last first."""
    rows = session.execute(
        select(AgendaItem, Meeting, MeetingSeries)
        .join(AgendaIssue, AgendaIssue.item_id == AgendaItem.id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(AgendaIssue.issue_id == issue_id)
        .order_by(Meeting.meets_at.desc(), AgendaItem.id.desc())
        .execution_options(populate_existing=True)
    )
    return [(row.AgendaItem, row.Meeting, row.MeetingSeries) for row in rows]


def _waiting(
    session: Session, issue: Issue, under: Sequence[_Met], *, at: datetime, rules: HouseRules
) -> AgendaStanding:
    before = next((_before(*met) for met in under if met[0].state in _BEFORE and met[1].number is not None), None)
    coming = awaiting.next_meeting(session, issue_id=issue.id)
    if coming is None:
        return AgendaStanding(Whether.NO_MEETING, before=before)
    meeting = session.get_one(Meeting, coming)
    series = session.get_one(MeetingSeries, meeting.series_id)
    if meeting.state is MeetingState.DRAFTED:
        return _on_agenda(session, Whether.DRAFTED, issue, meeting, series, before=before)
    found = arrange(gather(session, meeting, series, at=at, rules=rules), minutes=meeting.length_minutes)
    for number, each in enumerate(found.listed, start=1):
        if issue.id in each.issues:
            return _candidate(each, meeting, series, before, position=number)
    for number, each in enumerate(found.queued, start=1):
        if issue.id in each.issues:
            return _candidate(each, meeting, series, before, place=number)
    duty = any(issue.id in each.issues for each in found.duties)
    return AgendaStanding(Whether.DUTY if duty else Whether.CANDIDATE, series.label, meeting.meets_at, before=before)


def _before(item: AgendaItem, meeting: Meeting, series: MeetingSeries) -> Before:
    return Before(series.label, meeting.meets_at, item.state, item.place, item.words)


def _candidate(
    each: Candidate,
    meeting: Meeting,
    series: MeetingSeries,
    before: Before | None,
    *,
    position: int | None = None,
    place: int | None = None,
) -> AgendaStanding:
    parts = {part: list(counted) for part, counted in each.parts.items()}
    return AgendaStanding(
        Whether.CANDIDATE,
        series.label,
        meeting.meets_at,
        position,
        place,
        each.kind,
        each.mandatory,
        each.carried,
        each.points,
        parts,
        before=before,
    )


def _on_agenda(
    session: Session,
    whether: Whether,
    issue: Issue,
    meeting: Meeting,
    series: MeetingSeries,
    *,
    before: Before | None = None,
) -> AgendaStanding:
    """As its item stands in the draft, or was announced."""
    view = agenda_of(session, meeting_id=meeting.id)
    positions = {line.item_id: number for number, line in enumerate(view.lines, start=1)}
    lines = (*view.lines, *view.queued, *view.duties, *view.dropped)
    line = next(line for line in lines if issue.id in line.issues)
    if line.competence is Competence.GOVERNMENT:
        return AgendaStanding(Whether.DUTY, series.label, meeting.meets_at, before=before)
    return AgendaStanding(
        whether,
        series.label,
        meeting.meets_at,
        positions.get(line.item_id),
        line.place if line.item_id not in positions else None,
        line.kind,
        line.mandatory,
        line.carried,
        line.score,
        line.parts,
        before=before,
    )
