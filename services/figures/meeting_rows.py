"""What the figures of meetings count: proposals, items, resolutions and meetings of one scope and period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import Session

from models.community import Building, Community
from models.issue import HistoryEntry, Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingInvitation, MeetingSeries
from models.opinion import Opinion
from models.resolution import Resolution
from models.rules.issue_workflow import Action, Level
from models.rules.meeting_workflow import ANNOUNCED, COMING, Capacity, ItemState, MeetingState
from models.rules.resolution_workflow import ResolutionState
from services.figures.asking import Asked
from services.households import households_of

_TOOK_PLACE = frozenset({MeetingState.HELD, MeetingState.MINUTED, MeetingState.PUBLISHED})
_NOT_YET = frozenset({*COMING, MeetingState.IN_SESSION, MeetingState.CANCELLED})


@dataclass(frozen=True)
class SeriesRow:
    row: MeetingSeries
    community: str

    @property
    def label(self) -> str:
        return self.row.label

    @property
    def level(self) -> Level:
        return self.row.level


@dataclass(frozen=True)
class Proposal:
    """An issue, once, when it was first put up for discussion in the period. ``listed``: on an announced agenda
    since."""

    number: str
    summary: str
    at: datetime
    level: Level | None
    community: str
    series: SeriesRow | None
    listed: bool


@dataclass(frozen=True)
class Talked:
    """An announced item. ``proposed``: its issues, and when each was first put up for discussion."""

    title: str
    state: ItemState
    series: SeriesRow
    meets_at: datetime
    settled_at: datetime
    proposed: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True)
class Ran:
    """A resolution that entered into force. ``ready_at``: when it was last said to be ready to be judged; ``done_at``:
    when it was judged to meet its standard."""

    words: str
    series: SeriesRow
    due_on: date
    due_at: datetime
    ready_at: datetime | None
    done_at: datetime | None

    def ends(self, timezone: str) -> datetime:
        return datetime.combine(self.due_on + timedelta(days=1), time(0), ZoneInfo(timezone))


@dataclass(frozen=True)
class HeldMeeting:
    """One that was called and whose day has passed. ``voters``, ``present``: households; ``took_part``: these, and who
    said before what they think."""

    row: Meeting
    series: SeriesRow
    voters: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()
    spoke: frozenset[str] = frozenset()

    @property
    def named(self) -> str:
        return f"{self.series.label} #{self.row.number}"

    @property
    def meets_at(self) -> datetime:
        return self.row.meets_at

    @property
    def published_at(self) -> datetime | None:
        return self.row.published_at

    @property
    def took_place(self) -> bool:
        return self.row.state in _TOOK_PLACE

    @property
    def took_part(self) -> frozenset[str]:
        return self.present | self.spoke

    @staticmethod
    def end_of_day(moment: datetime, timezone: str) -> datetime:
        day = moment.astimezone(ZoneInfo(timezone)).date() + timedelta(days=1)
        return datetime.combine(day, time(0), ZoneInfo(timezone))


@dataclass
class Rows:
    proposals: list[Proposal] = field(default_factory=list)
    talked: list[Talked] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    meetings: list[HeldMeeting] = field(default_factory=list)


def read(session: Session, asked: Asked, *, at: datetime) -> Rows:
    """Eight statements."""
    of_scope = (
        select(MeetingSeries, Community.name)
        .join(Community, Community.id == MeetingSeries.community_id)
        .where(_of(asked))
        .order_by(MeetingSeries.id)
    )
    series = {row[0].id: SeriesRow(row[0], row[1]) for row in session.execute(of_scope)}
    meetings = _meetings(session, asked, series, at)
    return Rows(
        _proposals(session, asked, series),
        _talked(session, meetings),
        _ran(session, asked, series),
        [meeting for meeting in meetings.values() if meeting.row.number is not None],
    )


def _of(asked: Asked) -> ColumnElement[bool]:
    """The series of a scope; of a grid, those of its compounds and buildings."""
    places = asked.scope.places
    if places is None:
        return true()
    whole = sorted({community for community, grid in places if grid is None})
    grids = sorted(grid for _, grid in places if grid is not None)
    inside = exists(
        select(Building.id)
        .where(
            Building.grid_id.in_(grids),
            Building.compound_id == MeetingSeries.compound_id,
            or_(MeetingSeries.building_id.is_(None), MeetingSeries.building_id == Building.id),
        )
        .correlate(MeetingSeries)
    )
    return or_(MeetingSeries.community_id.in_(whole), inside)


def _in_period(asked: Asked, column: Any) -> ColumnElement[bool]:
    if asked.period is None:
        return true()
    return and_(column >= asked.period.since, column < asked.period.until)


def _meetings(
    session: Session, asked: Asked, series: Mapping[int, SeriesRow], at: datetime
) -> dict[int, HeldMeeting]:
    found = session.scalars(
        select(Meeting)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(_of(asked), _in_period(asked, Meeting.meets_at), Meeting.meets_at <= at,
               Meeting.state.not_in(sorted(_NOT_YET)))
        .order_by(Meeting.meets_at, Meeting.id)
    ).all()  # fmt: skip
    ids = [meeting.id for meeting in found]
    voters, present = _attendance(session, ids)
    spoke = _spoke(session, ids)
    return {
        meeting.id: HeldMeeting(meeting, series[meeting.series_id], frozenset(voters[meeting.id]),
                                frozenset(present[meeting.id]), frozenset(spoke[meeting.id]))
        for meeting in found
    }  # fmt: skip


def _attendance(session: Session, ids: Sequence[int]) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    seats = session.execute(
        select(
            MeetingInvitation.id,
            MeetingInvitation.meeting_id,
            MeetingInvitation.household,
            MeetingInvitation.proxy_id,
            MeetingInvitation.checked_in_at,
            MeetingInvitation.capacity,
        ).where(MeetingInvitation.meeting_id.in_(ids))
    ).all()
    there = {seat.id for seat in seats if seat.checked_in_at is not None}
    voters: dict[int, set[str]] = defaultdict(set)
    present: dict[int, set[str]] = defaultdict(set)
    for seat in seats:
        if seat.capacity is Capacity.VOTER:
            voters[seat.meeting_id].add(seat.household)
            if seat.id in there or seat.proxy_id in there:
                present[seat.meeting_id].add(seat.household)
    return voters, present


def _spoke(session: Session, ids: Sequence[int]) -> dict[int, set[str]]:
    rows = session.execute(
        select(AgendaItem.meeting_id, Opinion.member_id)
        .join(AgendaItem, AgendaItem.id == Opinion.item_id)
        .where(AgendaItem.meeting_id.in_(ids))
        .distinct()
    ).all()
    homes = households_of(session, {row.member_id for row in rows})
    spoke: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        spoke[row.meeting_id].add(homes[row.member_id])
    return spoke


def _proposals(session: Session, asked: Asked, series: Mapping[int, SeriesRow]) -> list[Proposal]:
    """By the index of issues' history; those of the scope by the place of the issue."""
    of_scope = Asked(asked.scope, None).condition()
    rows = session.execute(
        select(HistoryEntry.issue_id, HistoryEntry.at, HistoryEntry.details, Issue, Community.name)
        .join(Issue, Issue.id == HistoryEntry.issue_id)
        .join(Community, Community.id == Issue.community_id)
        .where(HistoryEntry.action == Action.PROPOSE, _in_period(asked, HistoryEntry.at), of_scope)
        .order_by(HistoryEntry.id)
    ).all()
    first: dict[int, Any] = {}
    for row in rows:
        first.setdefault(row.issue_id, row)
    agendas: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for listed in session.execute(
        select(AgendaIssue.issue_id, Meeting.meets_at, Meeting.series_id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(AgendaIssue.issue_id.in_(sorted(first)), AgendaItem.state.in_(sorted(ANNOUNCED)))
        .order_by(Meeting.meets_at)
    ):
        agendas[listed.issue_id].append((listed.meets_at, listed.series_id))
    found = []
    for issue_id, row in first.items():
        issue = row.Issue
        said = (row.details or {}).get("level")
        level = Level(said) if said else issue.level
        on = next((series_id for meets_at, series_id in agendas[issue_id] if meets_at > row.at), None)
        where = series.get(on) if on is not None else _fitting(issue, level, series)
        found.append(Proposal(issue.number, issue.summary, row.at, level, row.name, where, on is not None))
    return found


def _fitting(issue: Issue, level: Level | None, series: Mapping[int, SeriesRow]) -> SeriesRow | None:
    """The series that would have it: of its level, and of its place."""
    for each in series.values():
        row = each.row
        places = ((row.compound_id, issue.compound_id), (row.building_id, issue.building_id),
                  (row.unit_id, issue.unit_id))  # fmt: skip
        same = row.level is level and row.community_id == issue.community_id
        if same and all(own is None or own == theirs for own, theirs in places):
            return each
    return None


def _talked(session: Session, meetings: Mapping[int, HeldMeeting]) -> list[Talked]:
    items = session.scalars(
        select(AgendaItem)
        .where(AgendaItem.meeting_id.in_(sorted(meetings)), AgendaItem.state.in_(sorted(ANNOUNCED)))
        .order_by(AgendaItem.meeting_id, AgendaItem.position)
    ).all()
    under: dict[int, dict[str, datetime]] = defaultdict(dict)
    for row in session.execute(
        select(AgendaIssue.item_id, Issue.number, Issue.summary, HistoryEntry.at)
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .join(HistoryEntry, HistoryEntry.issue_id == Issue.id)
        .where(AgendaIssue.item_id.in_([item.id for item in items]), HistoryEntry.action == Action.PROPOSE)
        .order_by(HistoryEntry.id)
    ):
        under[row.item_id].setdefault(f"{row.number} {row.summary}", row.at)
    found = []
    for item in items:
        meeting = meetings[item.meeting_id]
        settled_at = item.settled_at or meeting.meets_at
        found.append(Talked(item.title, item.state, meeting.series, meeting.meets_at, settled_at,
                            tuple(under[item.id].items())))  # fmt: skip
    return found


def _ran(session: Session, asked: Asked, series: Mapping[int, SeriesRow]) -> list[Ran]:
    """Those of the communities of the scope, by the index of their numbers."""
    places = asked.scope.places
    there = true() if places is None else Resolution.community_id.in_(sorted({place for place, _ in places}))
    due: ColumnElement[bool] = true()
    zone = asked.period.timezone if asked.period is not None else "Asia/Shanghai"
    if asked.period is not None:
        first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (asked.period.since, asked.period.until))
        due = and_(Resolution.due_on >= first, Resolution.due_on < last)
    rows = session.execute(
        select(Resolution, Meeting.series_id)
        .join(Meeting, Meeting.id == Resolution.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(_of(asked), there, due, Resolution.in_force_at.is_not(None), Resolution.state != ResolutionState.STOPPED)
        .order_by(Resolution.due_on, Resolution.id)
    ).all()
    return [
        Ran(row[0].words, series[row.series_id], row[0].due_on,
            datetime.combine(row[0].due_on, time(0), ZoneInfo(zone)), row[0].verify_asked_at, row[0].done_at)
        for row in rows
    ]  # fmt: skip
