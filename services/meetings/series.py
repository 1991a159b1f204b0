"""Series of meetings (议事会): set up, changed and ended by whoever convenes them; their meetings planned and moved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.base import insert_row
from models.dialect import insert_ignore
from models.meeting import Meeting, MeetingSeries
from models.member import Post
from models.rules.errors import NotFound, OffsetRefused, SeriesExists
from models.rules.house import HouseRules
from models.rules.meeting_steps import AFTER, Offset, Step, read_offsets
from models.rules.meeting_workflow import CHAIR, COMING, Form, MeetingAction, MeetingActor, MeetingState, QuorumRule
from models.rules.recurrence import Sitting, sittings
from services import unmet_levels
from services.meeting_people import meeting_actors
from services.meetings import steps as meeting_steps
from services.meetings.days import cancel, carry_over, leave_holidays, meetings_of
from services.meetings.moves import MeetingDeed, lock_meeting, plan_entry
from services.meetings.places import MeetingPlace, places_of

_UNCALLED = COMING - {MeetingState.CALLED}
_PREVIEWED = 3


@dataclass(frozen=True)
class Terms:
    """How a series is held. ``rule``, ``said``, ``begins``, ``households``: see models.meeting."""

    rule: str
    said: str
    begins: str
    venue: str
    length_minutes: int
    form: Form
    quorum: QuorumRule
    households: int | None = None


def free_places(session: Session, *, member_id: int, at: datetime) -> Sequence[MeetingPlace]:
    """Where somebody may set up a series: the places of their posts that have none."""
    places = places_of(session, member_id=member_id, at=at)
    taken = select(
        MeetingSeries.level,
        MeetingSeries.community_id,
        MeetingSeries.compound_id,
        MeetingSeries.building_id,
        MeetingSeries.unit_id,
    ).where(
        MeetingSeries.ended_at.is_(None), MeetingSeries.community_id.in_({place.community_id for place in places})
    )
    held = {tuple(row) for row in session.execute(taken)}
    return [place for place in places if place.where not in held]


def preview(
    session: Session, *, rule: str, begins: str, at: datetime, rules: HouseRules, series_id: int | None = None
) -> list[Sitting]:
    """The next three meetings that a rule would give. ``series_id``: of one that has another rule now."""
    starts_on = _counts_from(session, series_id, rule=rule, at=at, rules=rules)
    return list(islice(_sittings(rule, begins, starts_on, at=at, rules=rules), _PREVIEWED))


def create_series(
    session: Session, *, member_id: int, place: str, label: str, terms: Terms, at: datetime, rules: HouseRules
) -> MeetingSeries:
    """``place``: the key of one of :func:`free_places`. Its first meetings are planned at once.

    Raises NotFound for a place of somebody else, SeriesExists where somebody was quicker.
    """
    mine = {each.key: each for each in places_of(session, member_id=member_id, at=at)}
    if place not in mine:
        raise NotFound
    chosen = mine[place]
    session.scalars(select(Post.id).where(Post.id == chosen.convener_id).with_for_update()).one()
    if place not in {each.key for each in free_places(session, member_id=member_id, at=at)}:
        raise SeriesExists
    row = {
        **chosen.columns,
        **vars(terms),
        "label": label,
        "starts_on": _counts_from(session, None, rule=terms.rule, at=at, rules=rules),
        "convener_id": chosen.convener_id,
        "offsets": {},
        "created_by_id": member_id,
        "created_at": at,
    }
    try:
        with session.begin_nested():
            series_id = insert_row(session, MeetingSeries, **row)
    except IntegrityError as error:  # one live series of each place
        raise SeriesExists from error
    series = session.get_one(MeetingSeries, series_id)
    _plan(session, series, known=set(), at=at, rules=rules)
    unmet_levels.is_met(session, series, at=at, rules=rules)
    return series


def chaired_series(session: Session, *, series_id: int, member_id: int, at: datetime) -> MeetingSeries:
    """The series, locked, for its convener and who is above them. Raises NotFound for everybody else."""
    return _chaired(session, series_id=series_id, member_id=member_id, at=at)[0]


def change_terms(
    session: Session,
    *,
    series_id: int,
    member_id: int,
    at: datetime,
    venue: str | None = None,
    length_minutes: int | None = None,
    form: Form | None = None,
    quorum: QuorumRule | None = None,
    households: int | None = None,
) -> None:
    """What is given holds for the meetings that nobody was called to yet, and for all later ones. A 居民会议 needs to
    know how many ``households`` live there."""
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    given = {"venue": venue, "length_minutes": length_minutes, "form": form, "quorum": quorum, "households": households}
    changed = {name: value for name, value in given.items() if value is not None}
    for name, value in changed.items():
        setattr(series, name, value)
    session.flush()
    session.execute(
        update(Meeting)
        .where(Meeting.series_id == series.id, Meeting.state.in_(sorted(_UNCALLED)))
        .values(**changed)
        .execution_options(synchronize_session=False)
    )


def offsets_of(
    session: Session, *, series_id: int, member_id: int, at: datetime, rules: HouseRules
) -> tuple[dict[Step, Offset], set[Step]]:
    """When each step of the month comes, and which of them differ from the house's."""
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    return read_offsets(_house_offsets(rules) | series.offsets), {Step(step) for step in series.offsets}


def change_offset(
    session: Session, *, series_id: int, member_id: int, step: Step, written: str, at: datetime, rules: HouseRules
) -> None:
    """One step of the month comes at another time, for all meetings that have not come to it.

    Raises OffsetRefused for one on the wrong side of the meeting, or that could come out of order over a holiday.
    """
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    if (Offset.read(written).amount > 0) != (step in AFTER):
        raise OffsetRefused(why="side")
    _take_offsets(session, series, {**series.offsets, step.value: written}, at=at, rules=rules)


def restore_offsets(
    session: Session, *, series_id: int, member_id: int, at: datetime, rules: HouseRules, step: Step | None = None
) -> None:
    """As the house has it: one step, or all of them."""
    series = chaired_series(session, series_id=series_id, member_id=member_id, at=at)
    kept = {name: written for name, written in series.offsets.items() if step is not None and name != step.value}
    _take_offsets(session, series, kept, at=at, rules=rules)


def _take_offsets(
    session: Session, series: MeetingSeries, offsets: dict[str, str], *, at: datetime, rules: HouseRules
) -> None:
    try:
        read_offsets(_house_offsets(rules) | offsets)
    except ValueError as error:
        raise OffsetRefused(why="order") from error
    series.offsets = offsets
    session.flush()
    for each in meetings_of(session, series.id, COMING):
        meeting, _ = lock_meeting(session, each.id)
        meeting_steps.retime(session, meeting, series, at=at, rules=rules)


def _house_offsets(rules: HouseRules) -> dict[str, str]:
    opens = f"-{int(rules.check_in_opens.total_seconds()) // 60}min"
    return {Step.OPEN_CHECK_IN.value: opens, **rules.meeting_offsets}


def change_rule(
    session: Session,
    *,
    series_id: int,
    member_id: int,
    rule: str,
    said: str,
    begins: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    """Meetings that are only planned move to the days of the new rule; those that people have heard of stay."""
    series, held = _chaired(session, series_id=series_id, member_id=member_id, at=at)
    starts_on = _counts_from(session, series.id, rule=rule, at=at, rules=rules)
    series.rule, series.said, series.begins, series.starts_on = rule, said, begins, starts_on
    session.flush()
    meetings = meetings_of(session, series.id, COMING)
    planned = [meeting for meeting in meetings if meeting.state is MeetingState.PLANNED and meeting.meets_at > at]
    taken = _slots(session, series.id) - {meeting.slot for meeting in planned}
    fresh = (each for each in _sittings(rule, begins, starts_on, at=at, rules=rules) if each.slot not in taken)
    wanted = {sitting.slot: sitting for sitting in islice(fresh, len(planned))}
    moving = [meeting for meeting in planned if wanted.pop(meeting.slot, None) is None]
    for planned_one, sitting in zip(moving, wanted.values(), strict=True):
        meeting, _ = lock_meeting(session, planned_one.id)
        meeting.slot = sitting.slot
        deed = MeetingDeed(MeetingAction.MOVE, member_id, held, words=said, until=sitting.meets_at)
        carry_over(session, meeting, series, deed, at=at, rules=rules)
        meeting.moved_why = _why(sitting)
        session.flush()
    _plan(session, series, known=_slots(session, series.id), at=at, rules=rules)


def end_series(
    session: Session, *, series_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> int:
    """No more meetings; those to come are cancelled, and who was told of them is told. Returns how many."""
    series, held = _chaired(session, series_id=series_id, member_id=member_id, at=at)
    series.ended_at = at
    session.flush()
    coming = meetings_of(session, series.id, COMING)
    for each in coming:
        meeting, _ = lock_meeting(session, each.id)
        cancel(session, meeting, series, held, member_id=member_id, words=words, at=at, rules=rules)
    unmet_levels.mind_left(session, series, at=at, rules=rules)
    return len(coming)


def plan_meetings(session: Session, *, at: datetime, rules: HouseRules) -> int:
    """The meetings of all live series for the time ahead, each slot once. One that stands on a day that has become a
    public holiday is moved. Returns how many were planned."""
    live = session.scalars(
        select(MeetingSeries)
        .where(MeetingSeries.ended_at.is_(None))
        .order_by(MeetingSeries.id)
        .with_for_update(skip_locked=True)  # who changes one plans it
        .execution_options(populate_existing=True)
    ).all()
    known: dict[int, set[datetime]] = {}
    for row in session.execute(select(Meeting.series_id, Meeting.slot).where(Meeting.slot > at)):
        known.setdefault(row.series_id, set()).add(row.slot)
    planned = sum(_plan(session, series, known=known.get(series.id, set()), at=at, rules=rules) for series in live)
    leave_holidays(session, at=at, rules=rules)
    return planned


def _plan(
    session: Session, series: MeetingSeries, *, known: Collection[datetime], at: datetime, rules: HouseRules
) -> int:
    planned = 0
    for sitting in _sittings(series.rule, series.begins, series.starts_on, at=at, rules=rules):
        if sitting.slot > at + rules.plan_ahead:
            break
        if sitting.slot not in known:
            planned += _plan_one(session, series, sitting, at=at, rules=rules)
    return planned


def _plan_one(
    session: Session, series: MeetingSeries, sitting: Sitting, *, at: datetime, rules: HouseRules
) -> bool:
    values = {
        "series_id": series.id,
        "slot": sitting.slot,
        "state": MeetingState.PLANNED,
        "meets_at": sitting.meets_at,
        "moved_why": _why(sitting),
        "length_minutes": series.length_minutes,
        "venue": series.venue,
        "form": series.form,
        "quorum": series.quorum,
        "households": series.households,
        "created_at": at,
    }
    if not insert_ignore(session, Meeting, values, conflict=("series_id", "slot")):
        return False
    chosen = select(Meeting).where(Meeting.series_id == series.id, Meeting.slot == sitting.slot)
    meeting = session.scalars(chosen).one()
    plan_entry(session, meeting, words=_why(sitting), at=at)
    meeting_steps.owe_steps(session, meeting, series, at=at, rules=rules)
    return True


def _chaired(
    session: Session, *, series_id: int, member_id: int, at: datetime
) -> tuple[MeetingSeries, set[MeetingActor]]:
    chosen = select(MeetingSeries).where(MeetingSeries.id == series_id, MeetingSeries.ended_at.is_(None))
    series = session.scalars(chosen.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if series is None:
        raise NotFound
    held = meeting_actors(session, member_id=member_id, series=series, meeting_id=None, at=at)
    if not held & CHAIR:
        raise NotFound
    return series, held


def _counts_from(
    session: Session, series_id: int | None, *, rule: str, at: datetime, rules: HouseRules
) -> date:
    """The first day of a new rule: after today, and after the meetings that people have heard of. Where one of these
    is this month's, a monthly rule begins with the next month."""
    zone = ZoneInfo(rules.timezone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    heard_of = [] if series_id is None else meetings_of(session, series_id, COMING - {MeetingState.PLANNED})
    if not heard_of:
        return tomorrow
    last = max(meeting.meets_at for meeting in heard_of).astimezone(zone).date()
    if rule.startswith("FREQ=MONTHLY"):
        return max(tomorrow, (last.replace(day=1) + timedelta(days=31)).replace(day=1))
    return max(tomorrow, last + timedelta(days=1))


def _sittings(rule: str, begins: str, starts_on: date, *, at: datetime, rules: HouseRules) -> Iterator[Sitting]:
    return sittings(
        rule, begins=begins, starts_on=starts_on, after=at, calendar=rules.calendar, timezone=rules.timezone
    )


def _slots(session: Session, series_id: int) -> set[datetime]:
    return set(session.scalars(select(Meeting.slot).where(Meeting.series_id == series_id)))


def _why(sitting: Sitting) -> str:
    """Words of handlers.reasons: why it is not on the day of the rule."""
    return f"holiday_{sitting.holiday}" if sitting.holiday else ""
