"""Sitting down together: checking in, the quorum as people arrive, opening a meeting, and sending all home again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.ballot import Ballot
from models.base import insert_row
from models.meeting import AgendaItem, Meeting, MeetingInvitation, MeetingSeries
from models.rules.errors import (
    BallotOpen,
    CheckInClosed,
    ItemSettled,
    MeetingRefused,
    NotFound,
    NotInvited,
    WrongRoomCode,
)
from models.rules.house import HouseRules
from models.rules.meeting_workflow import (
    CHAIR,
    OUTCOMES,
    Capacity,
    CheckedInBy,
    MeetingAction,
    MeetingActor,
    MeetingState,
    Rsvp,
)
from models.rules.quorum import needed
from models.rules.room_code import is_good
from services import timetable
from services.households import present_households, quorum_base, voting_households
from services.meetings import agenda
from services.meetings.guests import Guest, guests_of
from services.meetings.moves import MeetingDeed, chaired, move_meeting
from services.meetings.queries import MeetingLine, meetings_for

#: A meeting that its chair forgot to close is closed so long after it was opened.
FORGOTTEN_AFTER = timedelta(hours=24)
_TO_CHECK_IN = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION})
_MOST = 20


@dataclass(frozen=True)
class Attendance:
    """``households``: there, with a vote, in person or by proxy. ``base``: of how many. ``people``: who checked in, in
    whatever capacity."""

    households: int
    base: int
    needed: int
    quorate: bool
    people: int

    @property
    def lacking(self) -> int:
        return max(0, self.needed - self.households)


@dataclass(frozen=True)
class Arrived:
    """Somebody who checked in. ``before``: they had done so already. ``proxies``: households they vote for besides
    their own. ``came_after_all``: they had entrusted their vote, and vote themselves now."""

    meeting_id: int
    label: str
    capacity: Capacity
    before: bool
    proxies: int
    came_after_all: bool
    attendance: Attendance


def attendance(session: Session, meeting: Meeting) -> Attendance:
    """Who is there now. A household with a vote that was added after the opening raises the base."""
    present = len(present_households(session, meeting_id=meeting.id))
    voters = len(voting_households(session, meeting_id=meeting.id))
    base = quorum_base(meeting, voters=voters)
    people = session.scalar(
        select(func.count()).where(
            MeetingInvitation.meeting_id == meeting.id, MeetingInvitation.checked_in_at.is_not(None)
        )
    )
    least = needed(meeting.quorum, base)
    return Attendance(present, base, least, present >= least, people or 0)


def check_in_is_open(*, state: MeetingState, meets_at: datetime, at: datetime, rules: HouseRules) -> bool:
    """From shortly before the meeting until it is closed."""
    return state is MeetingState.IN_SESSION or (
        state is MeetingState.CALLED and at >= meets_at - rules.check_in_opens
    )


def meetings_to_check_in(session: Session, *, member_id: int, at: datetime, rules: HouseRules) -> list[MeetingLine]:
    """To which somebody is invited, and where they may check in now."""
    lines = meetings_for(
        session, member_id=member_id, states=_TO_CHECK_IN, actors={MeetingActor.INVITED}, at=at, limit=_MOST
    )
    return [line for line in lines if check_in_is_open(state=line.state, meets_at=line.meets_at, at=at, rules=rules)]


def check_in(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    at: datetime,
    rules: HouseRules,
    by: CheckedInBy = CheckedInBy.SELF,
) -> Arrived:
    """Somebody is there. Raises CheckInClosed, ItemSettled, MeetingRefused, or NotInvited."""
    meeting, series, _ = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    _check_time(meeting, at=at, rules=rules)
    invitation = session.scalars(
        select(MeetingInvitation)
        .where(MeetingInvitation.meeting_id == meeting.id, MeetingInvitation.member_id == member_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if invitation is None:
        raise NotInvited
    return _arrive(session, meeting, series, invitation, by=by, at=at)


def check_in_by_code(session: Session, *, code: str, member_id: int, at: datetime, rules: HouseRules) -> Arrived:
    """By the six digits that a room shows now. Raises NotInvited where no meeting awaits this person, and
    WrongRoomCode."""
    lines = meetings_to_check_in(session, member_id=member_id, at=at, rules=rules)
    if not lines:
        raise NotInvited
    secrets = dict(
        session.execute(
            select(Meeting.id, Meeting.code).where(Meeting.id.in_([line.meeting_id for line in lines]))
        ).all()
    )
    for line in lines:
        if is_good(secrets[line.meeting_id], code, at):
            return check_in(
                session, meeting_id=line.meeting_id, member_id=member_id, at=at, rules=rules, by=CheckedInBy.QR
            )
    raise WrongRoomCode


def check_in_for(
    session: Session, *, meeting_id: int, invitation_id: int, member_id: int, at: datetime, rules: HouseRules
) -> Arrived:
    """The chair (``member_id``) sees that one of the invited is there."""
    meeting, series = seated(session, meeting_id=meeting_id, member_id=member_id, at=at)
    _check_time(meeting, at=at, rules=rules)
    invitation = session.get(MeetingInvitation, invitation_id, populate_existing=True)
    if invitation is None or invitation.meeting_id != meeting.id:
        raise NotFound
    return _arrive(session, meeting, series, invitation, by=CheckedInBy.CONVENER, at=at)


def add_present(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    name: str,
    household: str,
    capacity: Capacity,
    at: datetime,
    rules: HouseRules,
) -> Arrived:
    """The chair (``member_id``) writes down somebody who is there, without a phone or not on the list. ``household``:
    see :func:`services.households.household_of`; its vote counts once, whoever else of it is there."""
    meeting, series = seated(session, meeting_id=meeting_id, member_id=member_id, at=at)
    _check_time(meeting, at=at, rules=rules)
    known = session.scalars(
        select(MeetingInvitation).where(
            MeetingInvitation.meeting_id == meeting.id,
            MeetingInvitation.member_id.is_(None),
            MeetingInvitation.name == name,
            MeetingInvitation.household == household,
        )
    ).first()
    if known is None:
        added = insert_row(
            session,
            MeetingInvitation,
            meeting_id=meeting.id,
            member_id=None,
            name=name,
            household=household,
            capacity=capacity,
            invited_at=at,
        )
        known = session.get_one(MeetingInvitation, added)
    return _arrive(session, meeting, series, known, by=CheckedInBy.CONVENER, at=at)


def seated(
    session: Session, *, meeting_id: int, member_id: int, at: datetime, state: MeetingState | None = None
) -> tuple[Meeting, MeetingSeries]:
    """The locked meeting, for its chair. Raises MeetingRefused for others, and where it is not in ``state``."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    chair = bool(held & CHAIR)
    if not chair or (state is not None and meeting.state is not state):
        raise MeetingRefused(action=MeetingAction.OPEN, state=meeting.state, chair=chair)
    return meeting, series


def there(session: Session, *, meeting_id: int) -> list[Guest]:
    """Who has checked in, in the order of the list."""
    present = _checked_in(session, meeting_id)
    return [guest for guest in guests_of(session, meeting_id=meeting_id) if guest.invitation_id in present]


def not_there(session: Session, *, meeting_id: int) -> list[Guest]:
    """Who was invited and has not checked in; who said that they come, or said nothing, before who does not."""
    present = _checked_in(session, meeting_id)
    away = [guest for guest in guests_of(session, meeting_id=meeting_id) if guest.invitation_id not in present]
    return sorted(away, key=lambda guest: guest.rsvp in (Rsvp.NOT_COMING, Rsvp.PROXY))


def open_meeting(
    session: Session, *, meeting_id: int, member_id: int, at: datetime, rules: HouseRules
) -> Attendance:
    """The chair opens it, with or without a quorum: without, it is talk only. Raises CheckInClosed, MeetingRefused."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if meeting.state is MeetingState.CALLED:
        _check_time(meeting, at=at, rules=rules)
    found = attendance(session, meeting)
    details = {"households": found.households, "needed": found.needed, "people": found.people}
    deed = MeetingDeed(MeetingAction.OPEN, member_id, held, details=details)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    meeting.votes_at_opening = found.base
    session.flush()
    timetable.owe(session, kind="close_meeting", subject=str(meeting.id), slot="", due_at=at + FORGOTTEN_AFTER)
    return found


def lack_quorum(
    session: Session, *, meeting_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> None:
    """Too few have come: it is not held, and its items wait for the next one. ``words`` say how many were there.

    Raises ItemSettled where something came of an item already: then it was held; BallotOpen while people vote.
    """
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    settled = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(sorted(OUTCOMES)))
    if session.scalar(settled.limit(1)) is not None:
        raise ItemSettled
    voting = select(Ballot.id).join(AgendaItem, AgendaItem.id == Ballot.item_id)
    if session.scalar(voting.where(AgendaItem.meeting_id == meeting.id, Ballot.closed_at.is_(None)).limit(1)):
        raise BallotOpen
    found = attendance(session, meeting)
    details = {"households": found.households, "needed": found.needed, "people": found.people}
    deed = MeetingDeed(MeetingAction.LACK_QUORUM, member_id, held, words=words, details=details)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    agenda.release_items(session, meeting, series, words=words, at=at, rules=rules)


def _checked_in(session: Session, meeting_id: int) -> Sequence[int]:
    return session.scalars(
        select(MeetingInvitation.id).where(
            MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.checked_in_at.is_not(None)
        )
    ).all()


def _check_time(meeting: Meeting, *, at: datetime, rules: HouseRules) -> None:
    if meeting.state not in _TO_CHECK_IN:
        raise MeetingRefused(action=MeetingAction.OPEN_CHECK_IN, state=meeting.state, chair=True)
    if not check_in_is_open(state=meeting.state, meets_at=meeting.meets_at, at=at, rules=rules):
        raise CheckInClosed(minutes=int(rules.check_in_opens.total_seconds()) // 60)


def _arrive(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    invitation: MeetingInvitation,
    *,
    by: CheckedInBy,
    at: datetime,
) -> Arrived:
    before = invitation.checked_in_at is not None
    came_after_all = not before and invitation.proxy_id is not None
    if not before:
        invitation.checked_in_at, invitation.checked_in_by = at, by
        if came_after_all:
            invitation.proxy_id, invitation.rsvp, invitation.rsvp_at = None, Rsvp.COMING, at
        session.flush()
    given = session.scalars(
        select(MeetingInvitation.household)
        .where(
            MeetingInvitation.proxy_id == invitation.id,
            MeetingInvitation.capacity == Capacity.VOTER,
            MeetingInvitation.household != invitation.household,
        )
        .distinct()
    ).all()
    return Arrived(
        meeting.id, series.label, invitation.capacity, before, len(given), came_after_all, attendance(session, meeting)
    )
