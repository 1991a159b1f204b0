"""The month of a meeting runs by itself: each step of its timetable is owed when it is planned, and taken once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.due import Due
from models.meeting import AgendaItem, Meeting, MeetingEntry, MeetingSeries
from models.rules.house import HouseRules
from models.rules.meeting_steps import REMINDERS, Step, next_morning
from models.rules.meeting_workflow import COMING, ItemState, MeetingAction, MeetingState
from services import timetable
from services.meetings import agenda, calling, candidates
from services.meetings.moves import TIMER, MeetingDeed, lock_meeting, move_meeting
from services.meetings.step_moments import patience, step_moment

KIND = "meeting_step"
#: Why a meeting was not held, as ``words``: sentences of handlers.reasons.
UNAPPROVED, UNOPENED = "missed_unapproved", "missed_unopened"

_DAY = timedelta(days=1)
_S = MeetingState
_Taker = Callable[[Session, Meeting, MeetingSeries, datetime, HouseRules], datetime | None]


def owe_steps(session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules) -> None:
    """Write down all steps of a meeting just planned. Those whose time has passed are taken at once."""
    for step in Step:
        moment = max(step_moment(meeting, series, step, rules), at)
        timetable.owe(session, kind=KIND, subject=str(meeting.id), slot=step.value, due_at=moment)


def retime(session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules) -> None:
    """The meeting was moved: what was not done comes at its new time, and what was is not repeated, except reminders
    whose time is still to come. A step that is just being taken looks at the new time itself."""
    rows = session.scalars(
        select(Due)
        .where(Due.kind == KIND, Due.subject == str(meeting.id))
        .order_by(Due.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    waiting = {_step_of(row.slot) for row in rows if row.done_at is None}
    for row in rows:
        step = _step_of(row.slot)
        moment = step_moment(meeting, series, step, rules)
        if row.done_at is None:
            row.due_at, row.attempts = max(moment, at), 0
        elif _comes_again(session, meeting, step) and step not in waiting and moment > at:
            slot = f"{step.value}.{meeting.revision}"
            timetable.owe(session, kind=KIND, subject=str(meeting.id), slot=slot, due_at=moment)
    session.flush()


def _comes_again(session: Session, meeting: Meeting, step: Step) -> bool:
    """Whether a step whose time was there comes again at that of a new day: reminders, and what had not been asked."""
    if step is not Step.ASK_OPINIONS:
        return step in REMINDERS
    asked = select(MeetingEntry.id).where(
        MeetingEntry.meeting_id == meeting.id, MeetingEntry.action == MeetingAction.ASK_OPINIONS
    )
    return session.scalars(asked.limit(1)).first() is None


def take_step(
    session: Session, *, meeting_id: int, step: str, at: datetime, rules: HouseRules
) -> datetime | None:
    """One step, if it still makes sense. A moment as result: not yet, or once more, then."""
    meeting, series = lock_meeting(session, meeting_id)
    taken = _step_of(step)
    moment = step_moment(meeting, series, taken, rules)
    if moment > at:  # moved meanwhile
        return moment
    return _TAKERS[taken](session, meeting, series, at, rules)


def _step_of(slot: str) -> Step:
    return Step(slot.partition(".")[0])


def _collect(
    session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
) -> datetime | None:
    if meeting.state is _S.PLANNED and at < meeting.meets_at:
        candidates.collect_candidates(session, meeting, series, at=at, rules=rules)
    return None


def _draft(
    session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
) -> datetime | None:
    _collect(session, meeting, series, at, rules)  # where both are late
    if meeting.state is _S.COLLECTING and at < meeting.meets_at:
        agenda.draft_agenda(session, meeting, series, at=at, rules=rules)
    return None


def _approval(action: MeetingAction, waits: int) -> _Taker:
    """``waits``: so many times the patience there is with a draft that came late."""

    def take(
        session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
    ) -> datetime | None:
        if meeting.state in (_S.PLANNED, _S.COLLECTING) and at < meeting.meets_at:
            _draft(session, meeting, series, at, rules)
        if meeting.state is not _S.DRAFTED or at >= meeting.meets_at:
            return None
        drafted = session.scalar(
            select(func.max(MeetingEntry.at)).where(
                MeetingEntry.meeting_id == meeting.id, MeetingEntry.action == MeetingAction.DRAFT
            )
        )
        if drafted is not None:
            earliest = drafted + waits * patience(meeting, drafted)
            if at < earliest < meeting.meets_at:
                return earliest
        return _tell(action)(session, meeting, series, at, rules)

    return take


def _tell(
    action: MeetingAction, facts: Callable[[Session, Meeting], Mapping[str, object]] | None = None
) -> _Taker:
    def take(
        session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
    ) -> datetime | None:
        details = facts(session, meeting) if facts else None
        move_meeting(session, meeting, series, MeetingDeed(action, None, TIMER, details=details), at=at, rules=rules)
        return None

    return take


def _called(taker: _Taker, *, late: bool = False) -> _Taker:
    """Of a meeting that was called and that nobody has opened. ``late``: also while it should be going on."""

    def take(
        session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
    ) -> datetime | None:
        ends = meeting.meets_at + timedelta(minutes=meeting.length_minutes if late else 0)
        if meeting.state is not _S.CALLED or at >= ends:
            return None
        return taker(session, meeting, series, at, rules)

    return take


def _ask_opinions(
    session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
) -> datetime | None:
    listed = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state == ItemState.LISTED)
    if session.scalars(listed.limit(1)).first() is None:
        return None
    return _tell(MeetingAction.ASK_OPINIONS)(session, meeting, series, at, rules)


def _once_called(taker: _Taker) -> _Taker:
    """While its agenda is not approved yet, looked at again a day later."""

    def take(
        session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
    ) -> datetime | None:
        if meeting.state in COMING - {_S.CALLED} and at + _DAY < meeting.meets_at:
            return at + _DAY
        return taker(session, meeting, series, at, rules)

    return take


def _miss(
    session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
) -> datetime | None:
    if meeting.state not in COMING:
        return None
    words = UNOPENED if meeting.state is _S.CALLED else UNAPPROVED
    deed = MeetingDeed(MeetingAction.MISS, None, TIMER, words=words)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    agenda.release_items(session, meeting, series, words=words, at=at, rules=rules)
    return None


def _until_done(action: MeetingAction, reminded: MeetingState, before: frozenset[MeetingState]) -> _Taker:
    """Every working day while the meeting is ``reminded``; while it is ``before`` that, only looked at."""

    def take(
        session: Session, meeting: Meeting, series: MeetingSeries, at: datetime, rules: HouseRules
    ) -> datetime | None:
        if meeting.state is reminded:
            _tell(action)(session, meeting, series, at, rules)
        elif meeting.state not in before:
            return None
        return next_morning(at, calendar=rules.calendar, timezone=rules.timezone)

    return take


_BEGUN = frozenset({_S.IN_SESSION})
_TAKERS: Mapping[Step, _Taker] = {
    Step.COLLECT: _collect,
    Step.DRAFT: _draft,
    Step.REMIND_APPROVAL: _approval(MeetingAction.REMIND_APPROVAL, 1),
    Step.CLIMB: _approval(MeetingAction.CLIMB, 2),
    Step.ASK_OPINIONS: _once_called(_called(_ask_opinions)),
    Step.REMIND_DAY: _called(_tell(MeetingAction.REMIND_DAY, calling.seat_facts)),
    Step.REMIND_HOURS: _called(_tell(MeetingAction.REMIND_HOURS, calling.seat_facts)),
    Step.OPEN_CHECK_IN: _called(_tell(MeetingAction.OPEN_CHECK_IN), late=True),
    Step.MISS: _miss,
    Step.REMIND_MINUTES: _until_done(MeetingAction.REMIND_MINUTES, _S.HELD, _BEGUN),
    Step.REMIND_PUBLISH: _until_done(MeetingAction.REMIND_PUBLISH, _S.MINUTED, _BEGUN | {_S.HELD}),
}
