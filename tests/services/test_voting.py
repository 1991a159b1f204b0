"""Ballots, counted again: whoever comes, whoever votes for whom, the stored result is that of the papers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from models.ballot import Ballot, BallotPaper, Vote
from models.base import insert_row
from models.meeting import MeetingInvitation
from models.rules.errors import RuleError
from models.rules.meeting_workflow import Capacity, CheckedInBy, ItemState, MeetingState
from models.rules.tally import Majority, VoteBase
from services.households import present_households, voting_households
from services.meetings import ballot_seats, voting
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, settle, staffed
from tests.statements import statements


@dataclass
class Room:
    """A meeting with people without phones, for whom the chair votes; each household is named by a letter."""

    here: Neighbourhood
    sitting: Council
    seats: dict[str, list[int]] = field(default_factory=dict)

    def sits(self, household: str, *, present: bool, capacity: Capacity = Capacity.VOTER) -> int:
        seat = insert_row(
            self.here.session,
            MeetingInvitation,
            meeting_id=self.sitting.meeting_id,
            name=household,
            household=household,
            capacity=capacity,
            invited_at=self.here.now,
            checked_in_at=self.here.now if present else None,
            checked_in_by=CheckedInBy.CONVENER if present else None,
        )
        self.seats.setdefault(household, []).append(seat)
        return seat

    def opens(self, base: VoteBase, majority: Majority, secret: bool = False) -> Ballot:
        self.here.passes(minutes=1)
        return voting.open_ballot(
            self.here.session,
            item_id=self.sitting.item(state=ItemState.IN_TALK),
            member_id=self.chair,
            question="同意吗？",
            options=["赞成", "反对", "弃权"],
            base=base,
            majority=majority,
            secret=secret,
            closes_at=None,
            at=self.here.now,
            rules=self.here.house.rules,
        )

    def votes(self, ballot: Ballot, seat: int, choice: int) -> str:
        """What it is refused with, or nothing."""
        try:
            voting.cast_vote(
                self.here.session,
                ballot_id=ballot.id,
                member_id=self.chair,
                choice=choice,
                invitation_id=seat,
                at=self.here.now,
                rules=self.here.house.rules,
            )
        except RuleError as refused:
            return str(refused.params.get("why", refused.code))
        return ""

    def closes(self, ballot: Ballot) -> dict[str, object]:
        voting.close_ballot(
            self.here.session, ballot_id=ballot.id, member_id=None, at=self.here.now, rules=self.here.house.rules
        )
        return dict(ballot.result or {})

    @property
    def chair(self) -> int:
        return self.sitting.staff.zhao.member_id


def a_room(session: Session) -> Room:
    here = settle(session)
    return Room(here, council(here, staffed(here), state=MeetingState.IN_SESSION, days=0))


@pytest.fixture
def room(session: Session) -> Room:
    return a_room(session)


SEATS = st.lists(st.tuples(st.sampled_from("ABCDE"), st.booleans()), min_size=1, max_size=9)
VOTES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SEATS, VOTES, st.sampled_from(list(VoteBase)), st.sampled_from(list(Majority)), st.booleans())
def test_whatever_happens_it_recounts_to_the_stored_result(
    database: Database,
    seats: list[tuple[str, bool]],
    votes: list[tuple[int, int]],
    base: VoteBase,
    majority: Majority,
    secret: bool,
) -> None:
    with Session(database.engine, expire_on_commit=False) as session:  # undone at its end
        room = a_room(session)
        ids = [(household, room.sits(household, present=present)) for household, present in seats]
        present = {household for household, there in seats if there}
        asked = present if base is VoteBase.PRESENT else {household for household, _ in seats}
        if not asked:
            with pytest.raises(RuleError):
                room.opens(base, majority, secret)
            return
        ballot = room.opens(base, majority, secret)
        first: dict[str, int] = {}
        for index, choice in votes:
            household, seat = ids[index % len(ids)]
            there = seats[index % len(ids)][1]
            may = there or base is VoteBase.ALL_VOTERS
            said = room.votes(ballot, seat, choice)
            assert said == ("voted" if household in first else "" if may else "absent"), (household, may)
            if not said:
                first[household] = choice
        counts = [sum(choice == option for choice in first.values()) for option in range(3)]
        result = room.closes(ballot)
        assert (result["counts"], result["base"]) == (counts, len(asked))
        assert voting.recount(session, ballot).to_json() == result
        cast, papers = (session.scalar(select(func.count()).select_from(table)) for table in (Vote, BallotPaper))
        assert (cast, papers) == (len(first), len(first))
        assert set(session.scalars(select(Vote.choice))) <= ({None} if secret else {0, 1, 2})


def test_the_base_is_the_quorums(room: Room) -> None:
    """Households count once for the quorum and for the vote, in the same way."""
    for household, present in (("A", True), ("A", True), ("B", False), ("C", True)):
        room.sits(household, present=present)
    room.sits("D", present=True, capacity=Capacity.OBSERVER)
    session, meeting = room.here.session, room.sitting.meeting_id
    for base, counted_by in ((VoteBase.PRESENT, present_households), (VoteBase.ALL_VOTERS, voting_households)):
        seats = ballot_seats.seats_with_vote(session, meeting_id=meeting, base=base, by=room.here.now)
        assert ballot_seats.households(seats) == counted_by(session, meeting_id=meeting)


def test_a_proxy_given_when_voting_has_begun_adds_no_vote(room: Room) -> None:
    there = room.sits("A", present=True)
    away = room.sits("B", present=False)
    ballot = room.opens(VoteBase.PRESENT, Majority.MORE_THAN_HALF)
    room.here.passes(minutes=1)
    room.here.session.execute(
        update(MeetingInvitation)
        .where(MeetingInvitation.id == away)
        .values(proxy_id=there, rsvp_at=room.here.now)
    )
    assert (room.votes(ballot, away, 0), room.votes(ballot, there, 1)) == ("absent", "")
    assert room.closes(ballot)["counts"] == [0, 1, 0]


def test_there_are_never_more_votes_than_households_were_counted(room: Room) -> None:
    """Not even where somebody corrects the hour at which another came."""
    first = room.sits("A", present=True)
    late = room.sits("B", present=False)
    ballot = room.opens(VoteBase.PRESENT, Majority.MORE_THAN_HALF)
    assert room.votes(ballot, first, 0) == ""
    room.here.session.execute(
        update(MeetingInvitation)
        .where(MeetingInvitation.id == late)
        .values(checked_in_at=ballot.opened_at, checked_in_by=CheckedInBy.CONVENER)
    )
    assert room.votes(ballot, late, 0) == "absent"
    assert room.closes(ballot)["counts"] == [1, 0, 0]


def test_a_vote_costs_as_many_statements_in_a_full_hall_as_in_an_empty_one(room: Room) -> None:
    taken = []
    for more in (1, 40):
        for number in range(more):
            seat = room.sits(f"{more}-{number}", present=True)
        ballot = room.opens(VoteBase.PRESENT, Majority.MORE_THAN_HALF)
        with statements(room.here.session) as seen:
            assert room.votes(ballot, seat, 0) == ""
        taken.append(len(seen))
        room.closes(ballot)
    assert taken[0] == taken[1]
