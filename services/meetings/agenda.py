"""The agenda of a meeting: drafted by points, looked at, and given back where the meeting is not held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypedDict, cast
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from models.base import insert_rows
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, AgendaReview, Meeting, MeetingSeries
from models.rules.agenda_score import Entry, Part, fit
from models.rules.errors import ItemSettled, NotFound
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import (
    ANNOUNCED,
    CHAIR,
    OUTCOMES,
    Competence,
    ItemKind,
    ItemState,
    MeetingAction,
    MeetingState,
)
from services.deliberating import unschedule_issue
from services.meetings.candidates import Candidate, gather
from services.meetings.moves import TIMER, MeetingDeed, chaired, move_meeting
from services.meetings.step_moments import approve_by


class Chaired(TypedDict):
    """Who does it to which meeting, when."""

    meeting_id: int
    member_id: int
    at: datetime


_ON_IT = ANNOUNCED | {ItemState.DRAFTED}
_ITEMS = (
    select(AgendaItem)
    .where(AgendaItem.meeting_id == bindparam("meeting"))
    .order_by(AgendaItem.position, AgendaItem.id)
    .execution_options(populate_existing=True)
)
_UNDER = (
    select(AgendaIssue.item_id, Issue.id, Issue.number)
    .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
    .join(Issue, Issue.id == AgendaIssue.issue_id)
    .where(AgendaItem.meeting_id == bindparam("meeting"))
    .order_by(AgendaIssue.id)
)


@dataclass(frozen=True)
class AgendaLine:
    """An item as it is shown. ``count``: of issues; ``numbers``: theirs. ``households``, ``days``: affected, waited.

    ``parts``: of its score, ``{"households": [11, 22.0]}``: count and points. ``overdue``: of a review, days.
    """

    item_id: int
    title: str
    kind: ItemKind
    state: ItemState
    count: int
    households: int
    days: int
    overdue: int
    minutes: int
    score: float
    parts: Mapping[str, Any]
    mandatory: bool
    carried: int
    competence: Competence
    point: int | None
    place: int | None
    words: str
    issues: tuple[int, ...]
    numbers: tuple[str, ...]
    allowed: str  # why it may be talked over, where it looked like a duty of the government


@dataclass(frozen=True)
class AgendaView:
    """``lines``: on the agenda; ``queued``: next time; ``duties``: of the government, not for a meeting. ``ordinal``:
    as which of its series it is counted, or will be."""

    meeting_id: int
    label: str
    state: MeetingState
    ordinal: int
    meets_at: datetime
    venue: str
    length: int
    lines: tuple[AgendaLine, ...]
    queued: tuple[AgendaLine, ...]
    duties: tuple[AgendaLine, ...]
    dropped: tuple[AgendaLine, ...]

    @property
    def planned(self) -> int:
        """Minutes of what is on it."""
        return sum(line.minutes for line in self.lines)


@dataclass(frozen=True)
class Arranged:
    """Candidates in their order: what there is time for, what is a duty of the government, what waits."""

    listed: tuple[Candidate, ...]
    duties: tuple[Candidate, ...]
    queued: tuple[Candidate, ...]


def arrange(found: Sequence[Candidate], *, minutes: int) -> Arranged:
    """As a draft of a meeting of so many minutes has them."""
    duties = tuple(each for each in found if each.judgement.competence is Competence.GOVERNMENT)
    entries = [
        Entry(index, min(each.minutes, minutes), each.mandatory, each.points, each.since)
        for index, each in enumerate(found)
        if each.judgement.competence is not Competence.GOVERNMENT
    ]
    listed, queued = fit(entries, minutes=minutes)
    return Arranged(tuple(found[index] for index in listed), duties, tuple(found[index] for index in queued))


def draft_agenda(
    session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules
) -> None:
    """Write the draft of a locked meeting that is collecting, and tell its convener."""
    found = arrange(gather(session, meeting, series, at=at, rules=rules), minutes=meeting.length_minutes)
    _write(session, meeting, [*found.listed, *found.duties, *found.queued], waiting=len(found.queued))
    view = agenda_of(session, meeting_id=meeting.id)
    zone = ZoneInfo(rules.timezone)
    until = approve_by(meeting, series, at=at, rules=rules)
    details = {
        "next_ordinal": view.ordinal,
        "planned": view.planned,
        "length": view.length,
        "lines": [facts_of(line) for line in view.lines],
        "queued": [facts_of(line) for line in view.queued],
        "warnings": [facts_of(line) for line in view.duties],
        "approve_by": until.astimezone(zone).isoformat(),
    }
    move_meeting(
        session, meeting, series, MeetingDeed(MeetingAction.DRAFT, None, TIMER, details=details), at=at, rules=rules
    )


def agenda_of(session: Session, *, meeting_id: int) -> AgendaView:
    """What stands on it and what does not. Raises NotFound. For whom it may be shown is the caller's to know."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound
    series = session.get_one(MeetingSeries, meeting.series_id)
    rows = session.scalars(_ITEMS, {"meeting": meeting_id}).all()
    under: dict[int, list[tuple[int, str]]] = {}
    for item, issue, number in session.execute(_UNDER, {"meeting": meeting_id}):
        under.setdefault(item, []).append((issue, number))
    lines = [_line(row, under.get(row.id, [])) for row in rows]
    on_it = [line for line in lines if line.state in _ON_IT]
    return AgendaView(
        meeting.id,
        series.label,
        meeting.state,
        meeting.number or series.last_number + 1,
        meeting.meets_at,
        meeting.venue,
        meeting.length_minutes,
        lines=tuple(line for line in on_it if line.competence is not Competence.GOVERNMENT),
        queued=tuple(line for line in lines if line.state is ItemState.QUEUED),
        duties=tuple(line for line in on_it if line.competence is Competence.GOVERNMENT),
        dropped=tuple(line for line in lines if line.state is ItemState.DROPPED),
    )


def agenda_for(session: Session, *, meeting_id: int, member_id: int, at: datetime) -> AgendaView:
    """The same, for its convener or somebody above. Raises NotFound for everybody else."""
    _, _, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not held & CHAIR:
        raise NotFound
    return agenda_of(session, meeting_id=meeting_id)


def release_items(
    session: Session, meeting: Meeting, series: MeetingSeries, *, words: str, at: datetime, rules: HouseRules
) -> int:
    """The meeting is not held: what was announced waits for the next one, whatever was said of it; ``words`` tell the
    raisers. Call it with the move that ends the meeting. Returns how many issues were given back.

    Raises ItemSettled where something came of an item: then the meeting was held, and that stands.
    """
    settled = AgendaItem.state.in_(sorted(OUTCOMES - {ItemState.NOT_REACHED}))
    if session.scalar(select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id, settled).limit(1)) is not None:
        raise ItemSettled
    announced = (AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(sorted(ANNOUNCED)))
    issues = session.scalars(
        select(AgendaIssue.issue_id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .where(*announced, AgendaIssue.on_agenda, Issue.state == State.SCHEDULED)  # the others went their own way
        .order_by(AgendaIssue.issue_id)
    ).all()
    items = session.scalars(select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)).all()
    session.execute(update(AgendaIssue).where(AgendaIssue.item_id.in_(items)).values(on_agenda=False))
    session.execute(update(AgendaItem).where(*announced).values(state=ItemState.NOT_REACHED, settled_at=at))
    drafted = (AgendaItem.meeting_id == meeting.id, AgendaItem.state == ItemState.DRAFTED)
    session.execute(update(AgendaItem).where(*drafted).values(state=ItemState.QUEUED))
    for issue in issues:
        unschedule_issue(session, issue_id=issue, words=words, at=at, rules=rules)
    return len(issues)


def facts_of(line: AgendaLine) -> dict[str, Any]:
    """A line for the params of a notice."""
    return asdict(line) | {"issues": list(line.issues), "numbers": list(line.numbers), "parts": dict(line.parts)}


def next_position(session: Session, meeting_id: int) -> int:
    last = session.scalar(select(func.max(AgendaItem.position)).where(AgendaItem.meeting_id == meeting_id))
    return (last or 0) + 1


def _line(item: AgendaItem, under: Sequence[tuple[int, str]]) -> AgendaLine:
    def counted(part: Part) -> int:
        return int(cast("Sequence[float]", item.parts.get(part.value, (0, 0.0)))[0])

    return AgendaLine(
        item.id,
        item.title,
        item.kind,
        item.state,
        len(under),
        counted(Part.HOUSEHOLDS),
        counted(Part.DAYS_WAITING),
        counted(Part.DAYS_OVERDUE),
        item.minutes,
        item.score,
        item.parts,
        item.mandatory,
        item.carried,
        item.competence,
        item.point,
        item.place,
        item.words,
        tuple(issue for issue, _ in under),
        tuple(number for _, number in under),
        (item.details or {}).get("allowed", ""),
    )


def _write(session: Session, meeting: Meeting, ordered: Sequence[Candidate], *, waiting: int) -> None:
    """The items in their order, the last ``waiting`` of them queued; three statements, however many there are."""
    first_waiting = len(ordered) - waiting
    rows = [
        {
            "meeting_id": meeting.id,
            "kind": each.kind,
            "state": ItemState.DRAFTED if index < first_waiting else ItemState.QUEUED,
            "position": index + 1,
            "place": None if index < first_waiting else index - first_waiting + 1,
            "title": each.title,
            "minutes": min(each.minutes, meeting.length_minutes),
            "mandatory": each.mandatory,
            "score": each.points,
            "parts": {part: list(counted) for part, counted in each.parts.items()},
            "carried": each.carried,
            "competence": each.judgement.competence,
            "point": each.judgement.point,
            "details": {"allowed": each.allowed} if each.allowed else None,
        }
        for index, each in enumerate(ordered)
    ]
    insert_rows(session, AgendaItem, rows)
    ids = dict(
        session.execute(
            select(AgendaItem.position, AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
        ).all()
    )
    with_ids: Iterable[tuple[int, Candidate]] = [(ids[index + 1], each) for index, each in enumerate(ordered)]
    insert_rows(
        session, AgendaIssue, [{"item_id": item, "issue_id": issue} for item, each in with_ids for issue in each.issues]
    )
    reviews = [
        {"item_id": item, "resolution_id": each.resolution_id}
        for item, each in with_ids
        if each.resolution_id is not None
    ]
    insert_rows(session, AgendaReview, reviews)
