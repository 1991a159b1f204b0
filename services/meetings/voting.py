"""Ballots (表决): opened by the chair on an announced item, one household one vote, counted when closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from models.ballot import Ballot, BallotPaper, Vote
from models.base import insert_row
from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.rules.errors import BallotRefused, MeetingRefused, NotFound
from models.rules.house import HouseRules
from models.rules.meeting_workflow import CHAIR, Competence, ItemState, MeetingState
from models.rules.tally import FEWEST_OPTIONS, MOST_OPTIONS, Majority, Tally, VoteBase, count, votes_needed
from services import notices, timetable
from services.meetings.ballot_seats import (
    Seat,
    households,
    papers_of,
    seats_of,
    seats_with_vote,
    voters,
    votes_cast,
    votes_in,
)
from services.meetings.moves import chaired
from services.members import holders_of

CLOSE_BALLOT = "close_ballot"  # the kind of the scheduled act
#: An item that nothing has come of yet.
_OPEN_ITEMS = frozenset({ItemState.LISTED, ItemState.IN_TALK})
_LOCKED = (
    select(Ballot)
    .where(Ballot.id == bindparam("ballot"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Voted:
    """What came of casting a vote. ``left``: in whose names the same person may still vote."""

    name: str
    room: str
    own: bool
    left: tuple[Seat, ...]


def find_ballot(session: Session, ballot_id: int) -> Ballot:
    """As it was when it was last read; what it asks never changes. Raises NotFound."""
    ballot = session.get(Ballot, ballot_id)
    if ballot is None:
        raise NotFound
    return ballot


def lock_ballot(session: Session, ballot_id: int) -> Ballot:
    """The ballot as it is now, locked until the end of the transaction. Raises NotFound."""
    ballot = session.scalars(_LOCKED, {"ballot": ballot_id}).one_or_none()
    if ballot is None:
        raise NotFound
    return ballot


def open_ballot(
    session: Session,
    *,
    item_id: int,
    member_id: int,
    question: str,
    options: Sequence[str],
    base: VoteBase,
    majority: Majority,
    secret: bool,
    closes_at: datetime | None,
    at: datetime,
    rules: HouseRules,
) -> Ballot:
    """Open it and tell whoever may vote. Base and majority are fixed from here on.

    Raises NotFound for strangers, MeetingRefused for who does not chair it and where it is not in session,
    BallotRefused where the item cannot be voted on, where one is open on it already, and where nobody could vote.
    """
    item, meeting, series = _chaired_item(session, item_id=item_id, member_id=member_id, at=at)
    if meeting.state is not MeetingState.IN_SESSION:
        raise MeetingRefused(action="ballot", state=meeting.state, chair=True)
    _check_item(session, item)
    labels = [option.strip() for option in options]
    if not all(labels) or len(set(labels)) != len(labels) or not FEWEST_OPTIONS <= len(labels) <= MOST_OPTIONS:
        raise BallotRefused(why="options", most=MOST_OPTIONS)
    if closes_at is not None and closes_at <= at:
        raise BallotRefused(why="over")
    seats = seats_with_vote(session, meeting_id=meeting.id, base=base, by=at)
    asked = households(seats)
    if not asked:
        raise BallotRefused(why="nobody", base=base.value)
    ballot = Ballot(
        item_id=item.id,
        question=question.strip() or item.title,
        options=labels,
        base=base,
        base_count=len(asked),
        majority=majority,
        secret=secret,
        closes_at=closes_at,
        opened_by_id=member_id,
        opened_at=at,
    )
    session.add(ballot)
    session.flush()
    if closes_at is not None:
        slot = closes_at.astimezone(UTC).isoformat(timespec="seconds")
        timetable.owe(session, kind=CLOSE_BALLOT, subject=str(ballot.id), slot=slot, due_at=closes_at)
    notices.owe(
        session,
        members=voters(seats),
        kind="ballot_opened_voters",
        params=_facts(ballot, item, series, rules),
        key=f"ballot:{ballot.id}:opened",
        at=at,
        rules=rules,
        urgent=True,  # they sit in the meeting
    )
    return ballot


def cast_vote(
    session: Session,
    *,
    ballot_id: int,
    member_id: int,
    choice: int,
    invitation_id: int | None,
    at: datetime,
    rules: HouseRules,
) -> Voted:
    """One vote, in one's own name (``invitation_id`` None), by proxy, or by the chair for somebody without a phone.

    Raises NotFound for who has nothing to do with it, BallotRefused with ``why``.
    """
    ballot = find_ballot(session, ballot_id)
    seats = seats_of(session, ballot)
    seat = _seat_for(session, ballot, seats, member_id=member_id, invitation_id=invitation_id, at=at)
    ballot = lock_ballot(session, ballot_id)  # after the meeting, which the chair has locked by now
    check_open(ballot, at=at)
    cast = votes_cast(session, ballot_id=ballot.id)
    if seat.household in cast:
        raise BallotRefused(why="voted", own=cast[seat.household].cast_by_id == member_id)
    if not seat.counts or votes_in(cast) >= ballot.base_count:  # never more votes than households were counted
        raise BallotRefused(why="absent" if ballot.base is VoteBase.PRESENT else "late")
    if not 0 <= choice < len(ballot.options):
        raise BallotRefused(why="no_option")
    insert_row(
        session,
        Vote,
        ballot_id=ballot.id,
        household=seat.household,
        invitation_id=seat.invitation_id,
        cast_by_id=member_id,
        choice=None if ballot.secret else choice,
        at=at,
    )
    session.connection().execute(insert(BallotPaper), {"ballot_id": ballot.id, "choice": choice})
    left = [
        each
        for each in papers_of(seats, member_id=member_id)
        if each.counts and each.household not in cast and each.household != seat.household
    ]
    return Voted(seat.name, seat.room, seat.member_id == member_id, tuple(left))


def close_ballot(
    session: Session, *, ballot_id: int, member_id: int | None, at: datetime, rules: HouseRules
) -> Ballot:
    """Count it and tell whoever may vote, and the convener. ``member_id`` None: its time is over; then one that was
    closed already stays as it is."""
    item = session.get_one(AgendaItem, find_ballot(session, ballot_id).item_id)
    if member_id is not None:
        chairing(session, meeting_id=item.meeting_id, member_id=member_id, at=at)
    series = _series_of(session, item)
    ballot = lock_ballot(session, ballot_id)
    if ballot.closed_at is not None:
        if member_id is None:
            return ballot
        raise BallotRefused(why="closed")
    tally = recount(session, ballot)
    ballot.closed_at, ballot.result = at, tally.to_json()
    session.flush()
    params = _facts(ballot, item, series, rules) | tally.to_json() | {"voted": sum(tally.counts)}
    members = voters(seats_of(session, ballot))
    chairs = [m for m in holders_of(session, post_id=series.convener_id, at=at) if m not in members]
    for audience, told in (("voters", members), ("convener", chairs)):
        notices.owe(
            session,
            members=told,
            kind=f"ballot_closed_{audience}",
            params=params,
            key=f"ballot:{ballot.id}:closed",
            at=at,
            rules=rules,
            shown_to=member_id,
            urgent=member_id is not None,
        )
    return ballot


def recount(session: Session, ballot: Ballot) -> Tally:
    """The papers counted once more, by the rule that was fixed before voting."""
    papers = session.scalars(select(BallotPaper.choice).where(BallotPaper.ballot_id == ballot.id)).all()
    return count(papers, options=len(ballot.options), base=ballot.base_count, majority=ballot.majority)


def close_open_ballots(session: Session, *, item_ids: Sequence[int], at: datetime, rules: HouseRules) -> Sequence[int]:
    """Those still open on items that are settled, or whose meeting is over. Returns their ids."""
    still = select(Ballot.id).where(Ballot.item_id.in_(item_ids), Ballot.closed_at.is_(None)).order_by(Ballot.id)
    found = session.scalars(still).all()
    for ballot_id in found:
        close_ballot(session, ballot_id=ballot_id, member_id=None, at=at, rules=rules)
    return found


def check_open(ballot: Ballot, *, at: datetime) -> None:
    """Raises BallotRefused where it is closed, or its time is over."""
    if ballot.closed_at is not None or (ballot.closes_at is not None and ballot.closes_at <= at):
        raise BallotRefused(why="closed")


def chairing(
    session: Session, *, meeting_id: int, member_id: int, at: datetime
) -> tuple[Meeting, MeetingSeries]:
    """The locked meeting, for its chair. Raises NotFound for strangers, MeetingRefused for others."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not held & CHAIR:
        raise MeetingRefused(action="ballot", state=meeting.state, chair=False)
    return meeting, series


def _chaired_item(
    session: Session, *, item_id: int, member_id: int, at: datetime
) -> tuple[AgendaItem, Meeting, MeetingSeries]:
    item = session.get(AgendaItem, item_id)
    if item is None:
        raise NotFound
    meeting, series = chairing(session, meeting_id=item.meeting_id, member_id=member_id, at=at)
    session.refresh(item)  # as it is under the lock
    return item, meeting, series


def _check_item(session: Session, item: AgendaItem) -> None:
    if not item.announced:
        raise BallotRefused(why="not_announced")
    if item.competence is not Competence.RESIDENTS:
        raise BallotRefused(why="owners")
    if item.state not in _OPEN_ITEMS:
        raise BallotRefused(why="settled")
    if session.scalar(select(Ballot.id).where(Ballot.item_id == item.id, Ballot.closed_at.is_(None))) is not None:
        raise BallotRefused(why="open_already")


def _seat_for(
    session: Session,
    ballot: Ballot,
    seats: Sequence[Seat],
    *,
    member_id: int,
    invitation_id: int | None,
    at: datetime,
) -> Seat:
    """In whose name somebody votes. Raises NotFound, or BallotRefused where they have no vote at all."""
    mine = papers_of(seats, member_id=member_id)
    if invitation_id is None:
        own = next((seat for seat in mine if seat.member_id == member_id), None)
        if own is None:
            meeting_id = _meeting_of(session, ballot)
            chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)  # a stranger hears nothing
            raise BallotRefused(why="no_vote")
        return own
    named = next((seat for seat in seats if seat.invitation_id == invitation_id), None)
    if named is None:
        raise NotFound
    if member_id in (named.member_id, named.holder):
        return named
    if not named.by_hand:
        raise NotFound
    chairing(session, meeting_id=_meeting_of(session, ballot), member_id=member_id, at=at)
    return named


def _meeting_of(session: Session, ballot: Ballot) -> int:
    return session.get_one(AgendaItem, ballot.item_id).meeting_id


def _series_of(session: Session, item: AgendaItem) -> MeetingSeries:
    meeting = session.get_one(Meeting, item.meeting_id)
    return session.get_one(MeetingSeries, meeting.series_id)


def _facts(ballot: Ballot, item: AgendaItem, series: MeetingSeries, rules: HouseRules) -> dict[str, Any]:
    """What a sentence about a ballot may speak of."""
    closes = ballot.closes_at
    return {
        "ballot": ballot.id,
        "meeting": item.meeting_id,
        "item": item.id,
        "label": series.label,
        "title": item.title,
        "question": ballot.question,
        "options": list(ballot.options),
        "secret": ballot.secret,
        "base": ballot.base.value,
        "base_count": ballot.base_count,
        "majority": ballot.majority.value,
        "needed": votes_needed(ballot.majority, base=ballot.base_count),
        "closes_at": closes.astimezone(ZoneInfo(rules.timezone)).isoformat() if closes else "",
    }
