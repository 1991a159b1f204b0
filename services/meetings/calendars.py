"""What a calendar shows of meetings: when, where and about what; of people it says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models.meeting import AgendaItem, Meeting, MeetingEntry, MeetingSeries
from models.rules.errors import NotFound
from models.rules.meeting_workflow import ANNOUNCED, MeetingState

_GONE = frozenset({MeetingState.CANCELLED, MeetingState.NOT_HELD})
_UNCALLED = frozenset({MeetingState.PLANNED, MeetingState.COLLECTING, MeetingState.DRAFTED})


@dataclass(frozen=True)
class Entry:
    """A meeting in a calendar. ``organiser``: its series; ``items``: what was announced; ``changed``: its last deed."""

    public_id: str
    series_public_id: str
    organiser: str
    number: int | None
    state: MeetingState
    sequence: int
    begins: datetime
    ends: datetime
    venue: str
    items: tuple[str, ...]
    changed: datetime

    @property
    def announced(self) -> bool:
        """People were told of it, if only that it will not be held."""
        return self.state not in _UNCALLED

    @property
    def gone(self) -> bool:
        return self.state in _GONE


@dataclass(frozen=True)
class Calendar:
    """All meetings of a series that are kept in its calendar, earliest first."""

    label: str
    entries: Sequence[Entry]


def meeting_entry(session: Session, *, meeting_id: int) -> Entry:
    """Raises NotFound."""
    return _only(session, Meeting.id == meeting_id)


def announced_entry(session: Session, *, public_id: str) -> Entry:
    """A meeting that people were told of, for whoever holds its address. Raises NotFound."""
    entry = _only(session, Meeting.public_id == public_id)
    if not entry.announced:
        raise NotFound
    return entry


def calendar(session: Session, *, public_id: str, at: datetime, past: timedelta = timedelta(days=366)) -> Calendar:
    """For whoever holds the address of a series: what is to come, and what was within ``past``. Raises NotFound."""
    label = session.scalar(select(MeetingSeries.label).where(MeetingSeries.public_id == public_id))
    if label is None:
        raise NotFound
    return Calendar(label, _entries(session, MeetingSeries.public_id == public_id, Meeting.meets_at > at - past))


def _only(session: Session, which: ColumnElement[bool]) -> Entry:
    found = _entries(session, which)
    if not found:
        raise NotFound
    return found[0]


def _entries(session: Session, *which: ColumnElement[bool]) -> list[Entry]:
    changed = select(func.max(MeetingEntry.at)).where(MeetingEntry.meeting_id == Meeting.id)
    rows = session.execute(
        select(Meeting, MeetingSeries.public_id, MeetingSeries.label, changed.scalar_subquery().label("changed"))
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(*which)
        .order_by(Meeting.meets_at, Meeting.id)
        .execution_options(populate_existing=True)
    ).all()
    items: dict[int, list[str]] = {}
    announced = (
        select(AgendaItem.meeting_id, AgendaItem.title)
        .where(
            AgendaItem.meeting_id.in_([row.Meeting.id for row in rows]),
            AgendaItem.state.in_(sorted(ANNOUNCED)),
        )
        .order_by(AgendaItem.meeting_id, AgendaItem.position)
    )
    for item in session.execute(announced):
        items.setdefault(item.meeting_id, []).append(item.title)
    return [_entry(row.Meeting, row.public_id, row.label, row.changed, items.get(row.Meeting.id, [])) for row in rows]


def _entry(
    meeting: Meeting, series: str, label: str, changed: datetime | None, items: Sequence[str]
) -> Entry:
    """What was not held is one revision further: nothing changes it any more."""
    return Entry(
        public_id=meeting.public_id,
        series_public_id=series,
        organiser=label,
        number=meeting.number,
        state=meeting.state,
        sequence=meeting.revision + (meeting.state is MeetingState.NOT_HELD),
        begins=meeting.meets_at,
        ends=meeting.meets_at + timedelta(minutes=meeting.length_minutes),
        venue=meeting.venue,
        items=tuple(items),
        changed=changed or meeting.created_at,
    )
