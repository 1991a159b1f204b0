"""What people are shown of ballots. Before one is closed nobody is shown how it stands, only how many have voted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from models.ballot import Ballot
from models.meeting import AgendaItem, Meeting, MeetingInvitation, MeetingSeries
from models.rules.errors import BallotRefused, NotFound
from models.rules.meeting_workflow import ANNOUNCED, Capacity, Competence, ItemState, MeetingState
from models.rules.tally import Majority, Tally, VoteBase, votes_needed
from services.meetings.ballot_seats import Seat, papers_of, seats_of, votes_cast, votes_in
from services.meetings.moves import chaired
from services.meetings.voting import chairing, check_open, find_ballot


@dataclass(frozen=True)
class BallotView:
    """``voted``: households. ``papers``: in whose names the viewer may still vote; for the chair, of whom they may
    enter the vote. ``tally``: of a closed one."""

    ballot_id: int
    meeting_id: int
    item_id: int
    label: str
    title: str
    question: str
    options: tuple[str, ...]
    secret: bool
    base: VoteBase
    base_count: int
    majority: Majority
    needed: int
    closes_at: datetime | None
    voted: int
    papers: tuple[Seat, ...]
    tally: Tally | None


@dataclass(frozen=True)
class BallotLine:
    ballot_id: int
    label: str
    question: str


@dataclass(frozen=True)
class Votable:
    """An item that can be voted on, or one on which there is a ballot already."""

    item_id: int
    title: str
    in_talk: bool
    open_ballot: int | None


def ballot_for(session: Session, *, ballot_id: int, member_id: int, at: datetime) -> BallotView:
    """For somebody who may vote. Raises NotFound for strangers, BallotRefused with the reason where they cannot."""
    ballot = find_ballot(session, ballot_id)
    session.refresh(ballot)
    seats = seats_of(session, ballot)
    mine = papers_of(seats, member_id=member_id)
    if not mine:
        item = session.get_one(AgendaItem, ballot.item_id)
        chaired(session, meeting_id=item.meeting_id, member_id=member_id, at=at)
        raise BallotRefused(why="no_vote")
    check_open(ballot, at=at)
    cast = votes_cast(session, ballot_id=ballot.id)
    papers = [seat for seat in mine if seat.counts and seat.household not in cast]
    if not papers:
        voted = next((cast[seat.household] for seat in mine if seat.household in cast), None)
        if voted is not None:
            raise BallotRefused(why="voted", own=voted.cast_by_id == member_id)
        raise BallotRefused(why="absent" if ballot.base is VoteBase.PRESENT else "late")
    return _view(session, ballot, voted=votes_in(cast), papers=papers)


def ballot_for_chair(session: Session, *, ballot_id: int, member_id: int, at: datetime) -> BallotView:
    """Raises NotFound for strangers, MeetingRefused for who does not chair it."""
    ballot = find_ballot(session, ballot_id)
    meeting_id = session.get_one(AgendaItem, ballot.item_id).meeting_id
    chairing(session, meeting_id=meeting_id, member_id=member_id, at=at)
    session.refresh(ballot)
    cast = votes_cast(session, ballot_id=ballot.id)
    by_hand: dict[str, Seat] = {}
    for seat in seats_of(session, ballot):
        if seat.by_hand and seat.counts and seat.household not in cast:
            by_hand.setdefault(seat.household, seat)
    return _view(session, ballot, voted=votes_in(cast), papers=list(by_hand.values()))


def open_ballots(session: Session, *, member_id: int, at: datetime, limit: int) -> Sequence[BallotLine]:
    """Those in which somebody may still vote, for their own household or by proxy; the latest first."""
    asked, holder = aliased(MeetingInvitation), aliased(MeetingInvitation)
    seat = (
        select(asked.id)
        .outerjoin(holder, holder.id == asked.proxy_id)
        .where(
            asked.meeting_id == AgendaItem.meeting_id,
            asked.capacity == Capacity.VOTER,
            (asked.member_id == member_id) | (holder.member_id == member_id),
        )
        .correlate(AgendaItem)
    )
    rows = session.execute(
        select(Ballot, MeetingSeries.label)
        .join(AgendaItem, AgendaItem.id == Ballot.item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(Ballot.closed_at.is_(None), exists(seat))
        .order_by(Ballot.opened_at.desc(), Ballot.id.desc())
        .limit(limit)
    ).all()
    found = []
    for ballot, label in rows:
        if ballot.closes_at is not None and ballot.closes_at <= at:
            continue
        cast = votes_cast(session, ballot_id=ballot.id)
        mine = papers_of(seats_of(session, ballot), member_id=member_id)
        if any(seat.counts and seat.household not in cast for seat in mine):
            found.append(BallotLine(ballot.id, label, ballot.question))
    return found


def votables(session: Session, *, meeting_id: int, member_id: int, at: datetime) -> Sequence[Votable]:
    """What the chair may vote on now: open ballots first, then the item being talked over, then the rest in order.

    Raises NotFound for strangers, MeetingRefused for who does not chair it.
    """
    meeting, _ = chairing(session, meeting_id=meeting_id, member_id=member_id, at=at)
    rows = session.execute(
        select(AgendaItem, Ballot.id)
        .outerjoin(Ballot, (Ballot.item_id == AgendaItem.id) & Ballot.closed_at.is_(None))
        .where(AgendaItem.meeting_id == meeting_id, AgendaItem.state.in_(sorted(ANNOUNCED)))
        .order_by(AgendaItem.position, AgendaItem.id)
    ).all()
    found = [
        Votable(item.id, item.title, item.state is ItemState.IN_TALK, ballot)
        for item, ballot in rows
        if ballot is not None
        or (
            meeting.state is MeetingState.IN_SESSION
            and item.state in (ItemState.LISTED, ItemState.IN_TALK)
            and item.competence is Competence.RESIDENTS
        )
    ]
    return sorted(found, key=lambda each: (each.open_ballot is None, not each.in_talk))


def item_to_vote_on(session: Session, *, item_id: int, member_id: int, at: datetime) -> Votable:
    """Raises NotFound for strangers, MeetingRefused for who does not chair it."""
    item = session.get(AgendaItem, item_id)
    if item is None:
        raise NotFound
    chairing(session, meeting_id=item.meeting_id, member_id=member_id, at=at)
    ballot = session.scalar(select(Ballot.id).where(Ballot.item_id == item.id, Ballot.closed_at.is_(None)))
    return Votable(item.id, item.title, item.state is ItemState.IN_TALK, ballot)


def _view(session: Session, ballot: Ballot, *, voted: int, papers: Sequence[Seat]) -> BallotView:
    item = session.get_one(AgendaItem, ballot.item_id)
    meeting = session.get_one(Meeting, item.meeting_id)
    return BallotView(
        ballot.id,
        meeting.id,
        item.id,
        session.get_one(MeetingSeries, meeting.series_id).label,
        item.title,
        ballot.question,
        tuple(ballot.options),
        ballot.secret,
        ballot.base,
        ballot.base_count,
        ballot.majority,
        votes_needed(ballot.majority, base=ballot.base_count),
        ballot.closes_at,
        voted,
        tuple(papers),
        Tally.from_json(ballot.result) if ballot.result else None,
    )
