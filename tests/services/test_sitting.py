"""Sitting down together, as the services see it: quorum, ballots that bind, the end of a meeting."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models.ballot import Ballot
from models.due import Due
from models.meeting import AgendaItem, MeetingEntry, MeetingInvitation
from models.rules.errors import (
    BallotLost,
    BallotOpen,
    ItemSettled,
    MeetingRefused,
    NoQuorum,
    NotFound,
    NotInvited,
    OwnersMatter,
    RuleError,
    WordsNeeded,
)
from models.rules.meeting_workflow import (
    Capacity,
    CheckedInBy,
    Competence,
    ItemState,
    MeetingAction,
    MeetingState,
    QuorumRule,
)
from models.rules.tally import Majority, VoteBase
from services.meetings import calling, dispersing, settling, sitting, voting
from services.meetings.settling import Agreed
from services.meetings.sitting import Attendance
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff, settle

HOUR = 1 / 24


@pytest.fixture
def here(session: object) -> Neighbourhood:
    return settle(session)  # type: ignore[arg-type]


def in_session(
    here: Neighbourhood,
    staff: Staff,
    *,
    present: int = 3,
    rule: QuorumRule = QuorumRule.HALF_OF_VOTERS,
    households: int | None = None,
) -> Council:
    """Four households have a vote; ``present`` of them are there."""
    xiyuan = council(
        here, staff, state=MeetingState.IN_SESSION, days=0, quorum=rule, households=households
    )
    for n in range(4):
        person = here.person(f"p{n}")
        person.says("你好")
        xiyuan.seat(person, room=f"{n}01", present=n < present)
    return xiyuan


def settles(
    xiyuan: Council, item: int, outcome: ItemState, *, by: Person | None = None, words: str = "就这样办"
) -> AgendaItem:
    here, post = xiyuan.here, xiyuan.series.convener_id
    agreed = Agreed("10个充电口都能用", post, date(2026, 6, 1)) if outcome is ItemState.ADOPTED else None
    return settling.settle_item(
        here.session,
        item_id=item,
        member_id=(by or xiyuan.staff.zhao).member_id,
        outcome=outcome,
        words=words,
        agreed=agreed,
        at=here.now,
        rules=here.house.rules,
    )


def ballot(xiyuan: Council, item: int) -> Ballot:
    here = xiyuan.here
    return voting.open_ballot(
        here.session,
        item_id=item,
        member_id=xiyuan.staff.zhao.member_id,
        question="装不装？",
        options=["同意", "不同意"],
        base=VoteBase.PRESENT,
        majority=Majority.MORE_THAN_HALF,
        secret=False,
        closes_at=None,
        at=here.now,
        rules=here.house.rules,
    )


@pytest.mark.parametrize(
    ("rule", "present", "expected"),
    [
        (QuorumRule.HALF_OF_VOTERS, 2, Attendance(2, 4, 3, False, 2)),
        (QuorumRule.HALF_OF_VOTERS, 3, Attendance(3, 4, 3, True, 3)),
        (QuorumRule.TWO_THIRDS_OF_VOTERS, 2, Attendance(2, 4, 3, False, 2)),
        (QuorumRule.TWO_THIRDS_OF_VOTERS, 4, Attendance(4, 4, 3, True, 4)),
    ],
)
def test_the_quorum_as_people_arrive(
    here: Neighbourhood, staff: Staff, rule: QuorumRule, present: int, expected: Attendance
) -> None:
    xiyuan = in_session(here, staff, present=present, rule=rule)
    assert sitting.attendance(here.session, xiyuan.meeting) == expected
    xiyuan.seat(staff.qian, Capacity.DEPARTMENT, present=True)
    assert sitting.attendance(here.session, xiyuan.meeting).people == expected.people + 1
    assert sitting.attendance(here.session, xiyuan.meeting).households == expected.households


def test_of_an_assembly_all_that_live_there_are_counted(here: Neighbourhood, staff: Staff) -> None:
    """Four households were invited and all came: of a corridor of ten that is not more than half."""
    rule = QuorumRule.RESIDENTS_ASSEMBLY
    xiyuan = in_session(here, staff, present=4, rule=rule, households=10)
    assert sitting.attendance(here.session, xiyuan.meeting) == Attendance(4, 10, 6, False, 4)
    assert calling.seats(here.session, xiyuan.meeting).needed == 6
    for n in range(2):
        sitting.add_present(
            here.session,
            meeting_id=xiyuan.meeting_id,
            member_id=staff.zhao.member_id,
            name=f"邻居{n}",
            household=f"told:{n}",
            capacity=Capacity.VOTER,
            at=here.now,
            rules=here.house.rules,
        )
    assert sitting.attendance(here.session, xiyuan.meeting) == Attendance(6, 10, 6, True, 6)


def test_votes_that_are_added_after_the_opening_make_it_no_easier(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff, present=2)
    xiyuan.meeting.votes_at_opening = 4
    where = {"meeting_id": xiyuan.meeting_id, "member_id": staff.zhao.member_id}
    how = {"capacity": Capacity.VOTER, "at": here.now, "rules": here.house.rules}
    found = [sitting.attendance(here.session, xiyuan.meeting).quorate]
    for n in range(3):
        sitting.add_present(here.session, **where, name=f"邻居{n}", household=f"told:{n}", **how)
        found.append(sitting.attendance(here.session, xiyuan.meeting).quorate)
    assert sitting.attendance(here.session, xiyuan.meeting) == Attendance(5, 7, 4, True, 5)
    assert found == [False, True, True, True]


def test_without_a_quorum_nothing_is_adopted_but_all_else_is_noted(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff, present=2)
    item = xiyuan.item()
    with pytest.raises(NoQuorum):
        settles(xiyuan, item, ItemState.ADOPTED)
    assert settles(xiyuan, item, ItemState.ADJOURNED).state is ItemState.ADJOURNED


def test_an_owners_matter_is_not_adopted_whatever_the_quorum(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff)
    item = xiyuan.item(competence=Competence.OWNERS)
    with pytest.raises(OwnersMatter):
        settles(xiyuan, item, ItemState.ADOPTED)


@pytest.mark.parametrize("state", [ItemState.DRAFTED, ItemState.QUEUED, ItemState.DROPPED])
def test_what_was_not_announced_cannot_be_taken_up_nor_settled(
    here: Neighbourhood, staff: Staff, state: ItemState
) -> None:
    xiyuan = in_session(here, staff)
    item = xiyuan.item(state=state)
    with pytest.raises(NotFound):
        settling.take_up(here.session, item_id=item, member_id=staff.zhao.member_id, at=here.now)
    with pytest.raises(NotFound):
        settles(xiyuan, item, ItemState.ADOPTED)


def test_a_ballot_binds_the_chair(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff)
    item = xiyuan.item()
    opened = ballot(xiyuan, item)
    with pytest.raises(BallotOpen):
        settles(xiyuan, item, ItemState.ADOPTED)
    close = {"member_id": staff.zhao.member_id, "at": here.now, "rules": here.house.rules}
    voting.close_ballot(here.session, ballot_id=opened.id, **close)
    with pytest.raises(BallotLost):
        settles(xiyuan, item, ItemState.ADOPTED)
    again = ballot(xiyuan, item)
    for n in range(2):
        voting.cast_vote(
            here.session,
            ballot_id=again.id,
            member_id=here.person(f"p{n}").member_id,
            choice=0,
            invitation_id=None,
            at=here.now,
            rules=here.house.rules,
        )
    voting.close_ballot(here.session, ballot_id=again.id, **close)
    assert settles(xiyuan, item, ItemState.ADOPTED).state is ItemState.ADOPTED
    with pytest.raises(ItemSettled):
        settles(xiyuan, item, ItemState.REJECTED)


def test_closing_counts_what_is_still_being_voted_on(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff)
    item = xiyuan.item()
    opened = ballot(xiyuan, item)
    left = dispersing.close_meeting(
        here.session,
        meeting_id=xiyuan.meeting_id,
        member_id=staff.zhao.member_id,
        at=here.now,
        rules=here.house.rules,
    )
    assert left == 1
    assert here.session.get_one(Ballot, opened.id, populate_existing=True).result is not None
    (entry,) = here.session.scalars(select(MeetingEntry).where(MeetingEntry.action == MeetingAction.CLOSE))
    assert entry.details == {"households": 3, "base": 4, "needed": 3, "people": 3, "not_reached": 1}
    with pytest.raises(MeetingRefused):
        settles(xiyuan, item, ItemState.ADOPTED)


def test_only_the_chair_conducts(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff)
    item, voter, stranger = xiyuan.item(), here.person("p0"), here.person("stranger")
    refused: list[type[RuleError]] = []
    for who in (voter, stranger):
        for deed in (
            lambda who=who: settles(xiyuan, item, ItemState.ADJOURNED, by=who),
            lambda who=who: settling.take_up(here.session, item_id=item, member_id=who.member_id, at=here.now),
            lambda who=who: dispersing.close_meeting(
                here.session, meeting_id=xiyuan.meeting_id, member_id=who.member_id, at=here.now, rules=here.house.rules
            ),
            lambda who=who: settling.note(
                here.session,
                meeting_id=xiyuan.meeting_id,
                item_id=item,
                member_id=who.member_id,
                words="我来记",
                photos=(),
                at=here.now,
            ),
        ):
            with pytest.raises(RuleError) as error:
                deed()
            refused.append(type(error.value))
    assert refused == [MeetingRefused] * 4 + [NotFound] * 4


def test_an_outcome_needs_a_sentence_and_a_referral_a_place(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff)
    item = xiyuan.item()
    with pytest.raises(WordsNeeded):
        settles(xiyuan, item, ItemState.REJECTED, words=" ")
    with pytest.raises(WordsNeeded):
        settles(xiyuan, item, ItemState.REFERRED)
    assert xiyuan.items()[0].state is ItemState.LISTED


def test_a_meeting_in_which_something_came_of_an_item_was_held(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff, present=1)
    settles(xiyuan, xiyuan.item(), ItemState.INFORMED)
    with pytest.raises(ItemSettled):
        sitting.lack_quorum(
            here.session,
            meeting_id=xiyuan.meeting_id,
            member_id=staff.zhao.member_id,
            words="人太少",
            at=here.now,
            rules=here.house.rules,
        )


def test_nobody_is_sent_home_for_want_of_a_quorum_while_people_vote(here: Neighbourhood, staff: Staff) -> None:
    """Votes that are added later may take the quorum away."""
    xiyuan = in_session(here, staff)
    opened = ballot(xiyuan, xiyuan.item())
    who = {"member_id": staff.zhao.member_id, "at": here.now, "rules": here.house.rules}
    with pytest.raises(BallotOpen):
        sitting.lack_quorum(here.session, meeting_id=xiyuan.meeting_id, words="人太少", **who)
    voting.close_ballot(here.session, ballot_id=opened.id, **who)
    sitting.lack_quorum(here.session, meeting_id=xiyuan.meeting_id, words="人太少", **who)
    assert xiyuan.meeting.state is MeetingState.NOT_HELD


def test_opening_owes_the_end_once(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = council(here, staff, state=MeetingState.CALLED, days=0.2 * HOUR)
    where = {"meeting_id": xiyuan.meeting_id, "member_id": staff.zhao.member_id}
    sitting.open_meeting(here.session, **where, at=here.now, rules=here.house.rules)
    (act,) = here.session.scalars(select(Due).where(Due.kind == "close_meeting"))
    assert (act.subject, act.due_at) == (str(xiyuan.meeting_id), here.now + timedelta(hours=24))
    with pytest.raises(MeetingRefused):
        sitting.open_meeting(here.session, **where, at=here.now, rules=here.house.rules)


def test_a_resident_who_was_not_invited_is_written_down_by_the_chair(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = in_session(here, staff)
    neighbour = here.person("neighbour")
    xiyuan.seat(neighbour, room="909")
    here.session.query(MeetingInvitation).filter_by(member_id=neighbour.member_id).delete()
    with pytest.raises(NotInvited):
        sitting.check_in(
            here.session,
            meeting_id=xiyuan.meeting_id,
            member_id=neighbour.member_id,
            at=here.now,
            rules=here.house.rules,
        )
    arrived = sitting.add_present(
        here.session,
        meeting_id=xiyuan.meeting_id,
        member_id=staff.zhao.member_id,
        name="赵大爷",
        household="told:赵大爷",
        capacity=Capacity.OBSERVER,
        at=here.now,
        rules=here.house.rules,
    )
    assert (arrived.before, arrived.attendance) == (False, Attendance(3, 4, 3, True, 4))
    by = {row.checked_in_by for row in sitting_rows(here, xiyuan) if row.member_id is None}
    assert by == {CheckedInBy.CONVENER}


def sitting_rows(here: Neighbourhood, xiyuan: Council) -> list[MeetingInvitation]:
    query = select(MeetingInvitation).where(MeetingInvitation.meeting_id == xiyuan.meeting_id)
    return list(here.session.scalars(query))
