"""Who may vote in a ballot, and in whose name: a household once, by whoever of it was there when the ballot opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.ballot import Ballot, Vote
from models.meeting import AgendaItem, MeetingInvitation
from models.member import Member
from models.rules.meeting_workflow import Capacity, CheckedInBy
from models.rules.tally import VoteBase


@dataclass(frozen=True)
class Seat:
    """An invitation with a vote. ``counts``: the household is of the ballot's base by it. ``holder``: the member who
    votes for it by proxy. ``by_hand``: whoever sits there has no phone, so that the convener enters the vote."""

    invitation_id: int
    member_id: int | None
    name: str
    room: str
    household: str
    counts: bool
    holder: int | None
    by_hand: bool


@dataclass(frozen=True)
class Cast:
    """That a household has voted, and who pressed."""

    vote_id: int
    cast_by_id: int | None
    at: datetime


def seats_with_vote(session: Session, *, meeting_id: int, base: VoteBase, by: datetime) -> Sequence[Seat]:
    """All invitations with a vote. ``by``: when the ballot opens; who comes later is not of its base."""
    rows = session.execute(
        select(
            MeetingInvitation.id,
            MeetingInvitation.member_id,
            MeetingInvitation.name.label("written"),
            MeetingInvitation.household,
            MeetingInvitation.capacity,
            MeetingInvitation.proxy_id,
            MeetingInvitation.rsvp_at,
            MeetingInvitation.invited_at,
            MeetingInvitation.checked_in_at,
            MeetingInvitation.checked_in_by,
            Member.name,
            Member.home_room,
        )
        .outerjoin(Member, Member.id == MeetingInvitation.member_id)
        .where(MeetingInvitation.meeting_id == meeting_id)
        .order_by(MeetingInvitation.id)
    ).all()
    there = {row.id for row in rows if row.checked_in_at is not None and row.checked_in_at <= by}
    members = {row.id: row.member_id for row in rows}
    return [
        Seat(
            row.id,
            row.member_id,
            row.written or row.name or "",
            row.home_room or "",
            row.household,
            counts=(row.id in there or (row.proxy_id in there and _before(row.rsvp_at, by)))
            if base is VoteBase.PRESENT
            else _before(row.invited_at, by),
            holder=members.get(row.proxy_id),
            by_hand=row.member_id is None or (row.id in there and row.checked_in_by is CheckedInBy.CONVENER),
        )
        for row in rows
        if row.capacity is Capacity.VOTER
    ]


def _before(moment: datetime | None, by: datetime) -> bool:
    return moment is None or moment <= by


def seats_of(session: Session, ballot: Ballot) -> Sequence[Seat]:
    """Those of the meeting that the ballot is held in."""
    meeting_id = session.scalars(select(AgendaItem.meeting_id).where(AgendaItem.id == ballot.item_id)).one()
    return seats_with_vote(session, meeting_id=meeting_id, base=ballot.base, by=ballot.opened_at)


def households(seats: Sequence[Seat]) -> set[str]:
    """Of how many a majority is asked."""
    return {seat.household for seat in seats if seat.counts}


def voters(seats: Sequence[Seat]) -> list[int]:
    """The members who may vote, for themselves or for another; in the order of the invitations."""
    found = [member for seat in seats if seat.counts for member in (seat.member_id, seat.holder)]
    return list(dict.fromkeys(member for member in found if member is not None))


def votes_cast(session: Session, *, ballot_id: int) -> dict[str, Cast]:
    """By household; also by that for which the seat counts now (services.joining)."""
    rows = session.execute(
        select(Vote.id, Vote.household, MeetingInvitation.household.label("now"), Vote.cast_by_id, Vote.at)
        .join(MeetingInvitation, MeetingInvitation.id == Vote.invitation_id)
        .where(Vote.ballot_id == ballot_id)
    ).all()
    now = {row.now: Cast(row.id, row.cast_by_id, row.at) for row in rows}
    return now | {row.household: Cast(row.id, row.cast_by_id, row.at) for row in rows}


def votes_in(cast: Mapping[str, Cast]) -> int:
    """How many were cast."""
    return len({each.vote_id for each in cast.values()})


def papers_of(seats: Sequence[Seat], *, member_id: int) -> list[Seat]:
    """In whose names somebody may vote, whether or not that was done: their own household first, then proxies. A seat
    whose household does not count is among them, so that it can be said why."""
    own = [seat for seat in seats if seat.member_id == member_id]
    held = [seat for seat in seats if seat.holder == member_id and seat.member_id != member_id]
    found: dict[str, Seat] = {}
    for seat in (*own, *held):
        found.setdefault(seat.household, seat)
    return list(found.values())
