"""The timetable of meetings worked out a second time, by a calendar and arithmetic of its own, and what really happened
held against it: each step on its day, none twice, no meeting on a public holiday."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.due import Due
from models.meeting import AgendaItem, Meeting, MeetingEntry, MeetingSeries
from models.rules.house import HouseRules
from models.rules.meeting_workflow import ANNOUNCED, COMING, MeetingAction, MeetingState

_A, _S = MeetingAction, MeetingState
_DAY = timedelta(days=1)
_MORNING = 9
_SATURDAY = 5
_BY_LAW = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
#: As meetings.md has it, and in which state each has something to do.
_ONCE: dict[MeetingAction, tuple[str, frozenset[MeetingState]]] = {
    _A.COLLECT: ("-14d", frozenset({_S.PLANNED})),
    _A.DRAFT: ("-7d", frozenset({_S.PLANNED, _S.COLLECTING})),
    _A.REMIND_APPROVAL: ("-5d", frozenset({_S.DRAFTED})),
    _A.CLIMB: ("-4d", frozenset({_S.DRAFTED})),
    _A.ASK_OPINIONS: ("-3d", frozenset({_S.CALLED})),
    _A.REMIND_DAY: ("-1d", frozenset({_S.CALLED})),
    _A.REMIND_HOURS: ("-2h", frozenset({_S.CALLED})),
    _A.OPEN_CHECK_IN: ("-30min", frozenset({_S.CALLED})),
    _A.MISS: ("+1d", COMING),
}
_UNTIL_DONE = {_A.REMIND_MINUTES: ("+1w", _S.HELD), _A.REMIND_PUBLISH: ("+3w", _S.MINUTED)}
_NOT_AGAIN = frozenset({_A.COLLECT, _A.DRAFT, _A.ASK_OPINIONS, _A.MISS})
_WAITS = {_A.REMIND_APPROVAL: 1, _A.CLIMB: 2}


@dataclass
class Kept:
    """``moved``: off a public holiday, with the reason."""

    steps: int = 0
    meetings: int = 0
    moved: int = 0
    wrong: list[str] = field(default_factory=list)


def timetable_kept(session: Session, *, until: datetime, rules: HouseRules, tick: timedelta) -> Kept:
    """``tick``: how late the clock may look. Offsets of the house and of its series count, and its own days."""
    kept = Kept()
    entries: dict[int, list[MeetingEntry]] = defaultdict(list)
    for entry in session.scalars(select(MeetingEntry).order_by(MeetingEntry.id)):
        entries[entry.meeting_id].append(entry)
    series = session.execute(select(MeetingSeries.id, MeetingSeries.offsets))
    offsets = {row.id: {**rules.meeting_offsets, **row.offsets} for row in series}
    days = _Days(ZoneInfo(rules.timezone), rules.calendar.overrides)
    announced = set(
        session.scalars(select(AgendaItem.meeting_id).where(AgendaItem.state.in_(sorted(ANNOUNCED))).distinct())
    )
    for meeting in session.scalars(select(Meeting).order_by(Meeting.id)).all():
        kept.meetings += 1
        story = _Story(
            meeting, entries[meeting.id], offsets[meeting.series_id], until, tick, meeting.id in announced, days
        )
        kept.wrong += [f"meeting {meeting.id}: {wrong}" for wrong in story.wrong()]
        kept.steps += sum(entry.action in (*_ONCE, *_UNTIL_DONE) for entry in story.entries if entry.actor_id is None)
        kept.moved += story.planned_off_holiday
    kept.wrong += _undone(session, until=until, tick=tick)
    return kept


def _undone(session: Session, *, until: datetime, tick: timedelta) -> Iterator[str]:
    late = select(Due).where(Due.done_at.is_(None), Due.due_at <= until - tick).order_by(Due.id)
    for row in session.scalars(late):
        yield f"{row.kind} {row.subject} {row.slot} was due {row.due_at} and is not done"
    for row in session.scalars(select(Due).where(Due.last_error != "").order_by(Due.id)):
        yield f"{row.kind} {row.subject} {row.slot} failed: {row.last_error}"


@dataclass(frozen=True)
class _Days:
    """``own``: days of which the house says whether they are worked."""

    zone: ZoneInfo
    own: Mapping[date, bool]

    def of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def morning(self, day: date) -> datetime:
        return datetime.combine(day, time(_MORNING), self.zone).astimezone(UTC)

    def working_day(self, since: datetime, number: int) -> datetime:
        """The morning of that many working days later, or earlier."""
        day = self.of(since)
        while number:
            day += _DAY if number > 0 else -_DAY
            if self._is_worked(day):
                number -= 1 if number > 0 else -1
        return self.morning(day)

    def holiday(self, day: date) -> bool:
        """A public holiday, and no ordinary weekend."""
        free, name = _announced(day)
        if day in self.own:
            return not self.own[day] and bool(name or day.weekday() < _SATURDAY)
        return free and name

    def _is_worked(self, day: date) -> bool:
        return self.own[day] if day in self.own else not _announced(day)[0]


@dataclass
class _Story:
    """One meeting, with its history and the offsets of its series."""

    meeting: Meeting
    entries: Sequence[MeetingEntry]
    offsets: dict[str, str]
    until: datetime
    tick: timedelta
    announced: bool
    days: _Days

    @property
    def planned_off_holiday(self) -> bool:
        return self.entries[0].note.startswith("holiday_")

    def wrong(self) -> Iterator[str]:
        yield from self._day()
        for action in _ONCE:
            yield from self._once(action)
        for action in _UNTIL_DONE:
            yield from self._until_done(action)

    def _day(self) -> Iterator[str]:
        slot, meets = self.days.of(self.meeting.slot), self.days.of(self.meeting.meets_at)
        if self.days.holiday(meets) and self.meeting.state is not _S.CANCELLED:
            yield f"stands on a holiday, {meets}"
        if self.days.holiday(slot) != self.planned_off_holiday:
            yield f"its rule says {slot}, and it was planned with {self.entries[0].note!r}"
        if meets != slot and not self.meeting.moved_why:
            yield f"moved from {slot} to {meets} and nobody knows why"

    def _stretches(self) -> list[tuple[datetime, datetime, datetime]]:
        """From when until when it was to meet at which moment."""
        moves = [entry for entry in self.entries if entry.action is _A.MOVE]
        days = [datetime.fromisoformat((entry.details or {})["met_before"]) for entry in moves]
        begins = [self.entries[0].at, *(entry.at for entry in moves)]
        return list(zip(begins, [*begins[1:], datetime.max.replace(tzinfo=UTC)],
                        [*days, self.meeting.meets_at], strict=True))  # fmt: skip

    def _happened(self, action: MeetingAction) -> list[datetime]:
        return [entry.at for entry in self.entries if entry.action is action and entry.actor_id is None]

    def _state(self, moment: datetime) -> MeetingState | None:
        """Just before it."""
        return next((entry.to_state for entry in reversed(self.entries) if entry.at < moment), None)

    def _once(self, action: MeetingAction) -> Iterator[str]:
        happened = self._happened(action)
        if action in _NOT_AGAIN and len(happened) > 1:
            yield f"{action} {len(happened)} times"
        told = 0
        for begins, ends, meets in self._stretches():
            within = [at for at in happened if begins <= at < ends]
            told += len(within)
            if len(within) > 1:
                yield f"{action} twice before {meets}: {within}"
            due = self._due(action, meets, begins)
            for at in within:
                if not due <= at <= due + self.tick:
                    yield f"{action} at {at}, due {due}"
            if not within and due < min(ends, self.until) and self._applies(action, due, meets, begins, told):
                yield f"{action} did not come, due {due}"

    def _due(self, action: MeetingAction, meets: datetime, begins: datetime) -> datetime:
        due = max(self._moment(action, _ONCE[action][0], meets), begins)
        drafts = self._happened(_A.DRAFT)
        if action in _WAITS and drafts:
            patience = max(min(_DAY, (meets - drafts[0]) / 4), timedelta())
            due = max(due, drafts[0] + _WAITS[action] * patience)
        while action is _A.ASK_OPINIONS and self._state(due) in COMING - {_S.CALLED} and due + _DAY < meets:
            due += _DAY  # what is approved late is asked late
        return due

    def _applies(
        self, action: MeetingAction, due: datetime, meets: datetime, begins: datetime, told: int
    ) -> bool:
        """Whether it had something to do. What is late because of a move is only asked for where its time was still to
        come."""
        if self._state(due) not in _ONCE[action][1] or (action in _NOT_AGAIN and told):
            return False
        if action is _A.ASK_OPINIONS and not self.announced:
            return False
        return due > begins and (action is _A.MISS or due < meets)

    def _until_done(self, action: MeetingAction) -> Iterator[str]:
        offset, state = _UNTIL_DONE[action]
        first = self._moment(action, offset, self.meeting.meets_at)
        days = [self.days.of(at) for at in self._happened(action)]
        if len(set(days)) != len(days):
            yield f"{action} twice a day: {days}"
        wanted, day = [], first
        while day < self.until:
            if self._state(day) is state:
                wanted.append(self.days.of(day))
            day = self.days.working_day(day, 1)
        if wanted != days:
            yield f"{action} on {days}, due on {wanted}"

    def _moment(self, action: MeetingAction, usual: str, meets: datetime) -> datetime:
        written = self.offsets.get(action.value, usual)
        number = int("".join(each for each in written if each in "+-0123456789"))
        unit = written.lstrip("+-0123456789")
        if unit in ("h", "min"):
            return meets + (timedelta(hours=number) if unit == "h" else timedelta(minutes=number))
        if unit == "d":
            return self.days.morning(self.days.of(meets) + timedelta(days=number))
        return self.days.working_day(meets, number)


def _announced(day: date) -> tuple[bool, bool]:
    """Whether it is free, and whether for a holiday. Of a year not announced yet only what the law fixes is known."""
    try:
        free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        fixed = (day.month, day.day) in _BY_LAW
        return fixed or day.weekday() >= _SATURDAY, fixed
    return bool(free), bool(free and name)
