"""What somebody said and did in meetings under a second account, when both turn out to be one person.

Where a person has one word (an opinion, a check of the minutes, a judgement) the later one stays, as if both had been
said from one phone. A household gets no second vote by it: in meetings that still go on, one seat is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.ballot import Ballot, Vote
from models.consultation import Consultation, ConsultationWord, Participant
from models.meeting import AgendaItem, Meeting, MeetingEntry, MeetingInvitation, MeetingSeries, StandingMember
from models.member import Member
from models.minutes import MeetingNote, Minutes, MinutesCheck
from models.opinion import Opinion, Statement, StatementAnswer
from models.resolution import FollowUp, Objection, ResolutionEntry, Verification
from models.rules.meeting_workflow import Capacity, MeetingState, Rsvp
from services.households import household_of

_PAST = (MeetingState.PUBLISHED, MeetingState.NOT_HELD, MeetingState.CANCELLED)
_STRONGER = (Capacity.VOTER, Capacity.DEPARTMENT, Capacity.OBSERVER)
#: Whose deeds these are.
_DEEDS: tuple[InstrumentedAttribute[Any], ...] = (
    Ballot.opened_by_id,
    Consultation.called_by_id,
    ConsultationWord.member_id,
    MeetingEntry.actor_id,
    MeetingNote.by_id,
    MeetingSeries.created_by_id,
    Minutes.by_id,
    Objection.member_id,
    Objection.settled_by_id,
    ResolutionEntry.actor_id,
    Statement.moderated_by_id,
    Vote.cast_by_id,
)


def join_meetings(session: Session, *, before: int, target: int, at: datetime) -> None:
    """All that ``before`` was and did in meetings is ``target``'s from now on."""
    _take_home(session, before, target)
    for owner in _DEEDS:
        session.connection().execute(update(owner.class_).where(owner == before).values({owner.key: target}))
    _later_statement(session, before, target)
    for member, same, order in (
        (Opinion.member_id, (Opinion.item_id,), Opinion.at),
        (StatementAnswer.member_id, (StatementAnswer.statement_id,), StatementAnswer.at),
        (MinutesCheck.member_id, (MinutesCheck.minutes_id,), MinutesCheck.at),
        (FollowUp.member_id, (FollowUp.resolution_id,), FollowUp.id),
        (Verification.member_id, (Verification.resolution_id, Verification.round), Verification.at),
    ):
        _later_counts(session, before, target, member, same, order)
    _join_participants(session, before, target)
    _join_standing(session, before, target, at)
    _join_seats(session, before, target)


def _take_home(session: Session, before: int, target: int) -> None:
    """A home that only the other account had told, or its room."""
    old, new = session.get_one(Member, before), session.get_one(Member, target)
    if old.home_unit_id is None or (new.home_unit_id is not None and new.home_unit_id != old.home_unit_id):
        return
    if new.home_unit_id is None:
        new.home_unit_id, new.home_room = old.home_unit_id, old.home_room
        new.community_id = new.community_id or old.community_id
    new.home_room = new.home_room or old.home_room
    session.flush()


def _later_counts(
    session: Session,
    before: int,
    target: int,
    member: InstrumentedAttribute[Any],
    same: Sequence[InstrumentedAttribute[Any]],
    order: InstrumentedAttribute[Any],
) -> list[int]:
    """One row for each thing; which ones went."""
    model = member.class_
    rows = session.execute(select(model.id, *same).where(member.in_((before, target))).order_by(order, model.id)).all()
    last = {row[1:]: row.id for row in rows}
    gone = [row.id for row in rows if last[row[1:]] != row.id]
    connection = session.connection()
    connection.execute(delete(model).where(model.id.in_(gone)))
    connection.execute(update(model).where(member == before).values({member.key: target}))
    return gone


def _later_statement(session: Session, before: int, target: int) -> None:
    """A new sentence takes the place of the last, with the answers to it; nobody answers their own."""
    own = select(Statement.id).where(Statement.member_id.in_((before, target)))
    rows = session.execute(
        select(Statement.id, Statement.item_id).where(Statement.id.in_(own)).order_by(Statement.at, Statement.id)
    ).all()
    last = {row.item_id: row.id for row in rows}
    gone = [row.id for row in rows if last[row.item_id] != row.id]
    answers, connection = StatementAnswer, session.connection()
    connection.execute(delete(answers).where(answers.statement_id.in_(gone)))
    connection.execute(delete(answers).where(answers.statement_id.in_(own), answers.member_id.in_((before, target))))
    connection.execute(delete(Statement).where(Statement.id.in_(gone)))
    connection.execute(update(Statement).where(Statement.member_id == before).values(member_id=target))


def _join_participants(session: Session, before: int, target: int) -> None:
    """Who takes part in one consultation with both said what they said to the later version of its text."""
    rows = session.scalars(
        select(Participant).where(Participant.member_id.in_((before, target))).execution_options(populate_existing=True)
    ).all()
    theirs = {row.consultation_id: row for row in rows if row.member_id == target}
    for row in rows:
        kept = theirs.get(row.consultation_id)
        if kept is row:
            continue
        if kept is None:
            row.member_id = target
            continue
        moments = [moment for moment in (kept.joined_at, row.joined_at) if moment]
        kept.joined_at = min(moments) if moments else None
        if max(row.agreed_version or 0, row.declined_version or 0) > max(
            kept.agreed_version or 0, kept.declined_version or 0
        ):
            kept.agreed_version, kept.agreed_at = row.agreed_version, row.agreed_at
            kept.declined_version, kept.declined_why = row.declined_version, row.declined_why
        session.delete(row)
    session.flush()


def _join_standing(session: Session, before: int, target: int, at: datetime) -> None:
    """A standing member once, in the stronger capacity."""
    rows = session.scalars(
        select(StandingMember)
        .where(StandingMember.member_id.in_((before, target)))
        .execution_options(populate_existing=True)
    ).all()
    theirs = {row.series_id: row for row in rows if row.member_id == target and row.ended_at is None}
    for row in rows:
        kept = theirs.get(row.series_id)
        if row.ended_at is None and kept is not None and kept is not row:
            kept.capacity, row.ended_at = _stronger(kept.capacity, row.capacity), at
    session.flush()
    session.connection().execute(
        update(StandingMember).where(StandingMember.member_id == before).values(member_id=target)
    )


def _join_seats(session: Session, before: int, target: int) -> None:
    """One seat of each meeting. Of those that are past the record stays as it was."""
    both = (before, target)
    mine = MeetingInvitation.member_id.in_(both)
    live = select(MeetingInvitation.meeting_id).join(Meeting).where(mine, Meeting.state.not_in(_PAST))
    meetings = session.scalars(
        select(Meeting.id).where(Meeting.id.in_(live)).order_by(Meeting.id).with_for_update()
    ).all()
    items = select(AgendaItem.id).where(AgendaItem.meeting_id.in_(meetings))
    ballots = select(Ballot.id).where(Ballot.item_id.in_(items), Ballot.closed_at.is_(None)).order_by(Ballot.id)
    session.scalars(ballots.with_for_update()).all()  # nobody votes meanwhile
    rows = session.execute(
        select(MeetingInvitation, exists(select(Vote.id).where(Vote.invitation_id == MeetingInvitation.id)))
        .where(mine)
        .order_by(MeetingInvitation.id)
        .execution_options(populate_existing=True)
    ).all()
    voted = {seat.id for seat, has_voted in rows if has_voted}
    home, name = household_of(session, target), session.get_one(Member, target).name
    for meeting_id in dict.fromkeys(seat.meeting_id for seat, _ in rows):
        seats = {seat.member_id: seat for seat, _ in rows if seat.meeting_id == meeting_id}
        own, other = seats.get(target), seats.get(before)
        if meeting_id not in meetings:
            if own is None and other is not None:
                other.member_id = target
            continue
        household = own.household if own is not None and own.household != f"member:{target}" else home
        if own is not None and other is not None:
            own = _one_seat(session, own, other, voted, name)
        seat = own or other
        if seat is not None:
            seat.member_id = target
            _counts_for(seat, household, voted)
            if own is not None and other is not None and other is not seat:
                _counts_for(other, household, voted)
    session.flush()


def _one_seat(
    session: Session, own: MeetingInvitation, other: MeetingInvitation, voted: set[int], name: str
) -> MeetingInvitation:
    """The seat that stays: the one in whose name was voted. A second of that kind stays as the record of its votes."""
    kept, gone = (other, own) if other.id in voted and own.id not in voted else (own, other)
    kept.capacity = _stronger(kept.capacity, gone.capacity)
    kept.invited_at = min(filter(None, (kept.invited_at, gone.invited_at)), default=None)
    if kept.checked_in_at is None or (gone.checked_in_at is not None and gone.checked_in_at < kept.checked_in_at):
        kept.checked_in_at, kept.checked_in_by = gone.checked_in_at, gone.checked_in_by
    if kept.rsvp_at is None or (gone.rsvp_at is not None and gone.rsvp_at > kept.rsvp_at):
        kept.rsvp, kept.rsvp_at, kept.proxy_id = gone.rsvp, gone.rsvp_at, gone.proxy_id
    if kept.proxy_id in (own.id, other.id):  # entrusted to the other account of the same person
        kept.rsvp, kept.proxy_id = Rsvp.COMING, None
    session.flush()
    session.connection().execute(
        update(MeetingInvitation)
        .where(MeetingInvitation.proxy_id == gone.id, MeetingInvitation.id != kept.id)
        .values(proxy_id=kept.id)
    )
    if gone.id not in voted:
        session.delete(gone)
    else:
        gone.member_id, gone.name, gone.capacity = None, name, Capacity.OBSERVER
        gone.rsvp = gone.rsvp_at = gone.proxy_id = gone.checked_in_at = gone.checked_in_by = None
    session.flush()
    return kept


def _counts_for(seat: MeetingInvitation, household: str, voted: set[int]) -> None:
    """From now on. The votes that were cast name the household that it was."""
    if seat.household == household or (seat.id in voted and seat.voted_as):
        return
    if seat.id in voted:
        seat.voted_as = seat.household
    seat.household = household


def _stronger(one: Capacity, other: Capacity) -> Capacity:
    return min(one, other, key=_STRONGER.index)
