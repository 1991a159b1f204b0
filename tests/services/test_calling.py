"""Calling a meeting: who is asked in which capacity, what they answer, and what that makes of the quorum."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models.base import insert_row
from models.community import Organisation, OrganisationKind
from models.helper import Helper
from models.meeting import MeetingInvitation
from models.member import Member
from models.rules.errors import NotFound, RsvpRefused
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import (
    Capacity,
    CheckedInBy,
    ItemState,
    MeetingAction,
    MeetingActor,
    MeetingState,
    Rsvp,
)
from models.rules.posts import Role, ScopeKind
from services import members
from services.meetings import calling
from services.meetings.calling import Answers, Seats
from services.meetings.moves import TIMER, MeetingDeed, lock_meeting, move_meeting
from services.members import member_without_phone
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff


def invites(at: Council) -> int:
    meeting, series = lock_meeting(at.here.session, at.meeting_id)
    return calling.invite(at.here.session, meeting, series, at=at.here.now, rules=at.here.house.rules)


def approves(at: Council) -> None:
    here = at.here
    meeting, series = lock_meeting(here.session, at.meeting_id)
    calling.invite(here.session, meeting, series, at=here.now, rules=here.house.rules)
    deed = MeetingDeed(MeetingAction.APPROVE, at.staff.zhao.member_id, {MeetingActor.CONVENER})
    move_meeting(here.session, meeting, series, deed, at=here.now, rules=here.house.rules)


def moves(at: Council, *, days: float) -> None:
    here = at.here
    meeting, series = lock_meeting(here.session, at.meeting_id)
    until = meeting.meets_at + timedelta(days=days)
    deed = MeetingDeed(MeetingAction.MOVE, None, TIMER, words="会议室占用", until=until)
    move_meeting(here.session, meeting, series, deed, at=here.now, rules=here.house.rules)


def seated(at: Council) -> list[tuple[int | None, str, Capacity]]:
    """Everybody asked: who, under what name, as what."""
    rows = at.here.session.execute(
        select(MeetingInvitation.member_id, MeetingInvitation.name, MeetingInvitation.capacity)
        .where(MeetingInvitation.meeting_id == at.meeting_id, MeetingInvitation.invited_at.is_not(None))
        .order_by(MeetingInvitation.id)
    )
    return [(row.member_id, row.name, row.capacity) for row in rows]


def answers(at: Council, person: Person, rsvp: Rsvp, proxy: int | None = None) -> None:
    calling.answer_invitation(
        at.here.session,
        meeting_id=at.meeting_id,
        member_id=person.member_id,
        rsvp=rsvp,
        proxy=proxy,
        at=at.here.now,
        rules=at.here.house.rules,
    )


def answer_of(at: Council, invitation: int) -> tuple[Rsvp | None, int | None]:
    row = at.here.session.get_one(MeetingInvitation, invitation, populate_existing=True)
    return row.rsvp, row.proxy_id


def lives(here: Neighbourhood, person: Person, room: str, *, consents: bool = True) -> None:
    home = {"home_unit_id": here.ids.unit, "home_room": room, "community_id": here.ids.community}
    version = here.house.rules.consent_version if consents else None
    here.session.execute(update(Member).where(Member.id == person.member_id).values(**home, consent_version=version))


def test_standing_members_come_in_their_capacity_and_nobody_is_asked_twice(
    here: Neighbourhood, staff: Staff
) -> None:
    at = council(here, staff, state=MeetingState.DRAFTED)
    he, ma = here.person("he"), here.person("ma")
    at.stands(he)
    at.stands(ma, Capacity.OBSERVER)
    assert (invites(at), invites(at)) == (2, 0)
    assert seated(at) == [(he.member_id, "", Capacity.VOTER), (ma.member_id, "", Capacity.OBSERVER)]


def test_a_corridor_asks_everybody_who_lives_there_and_counts_a_home_once(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.DRAFTED, level=Level.CORRIDOR)
    ma, son, he, shy = (here.person(name) for name in ("ma", "son", "he", "shy"))
    lives(here, ma, "101")
    lives(here, son, "101")
    lives(here, he, "102")
    lives(here, shy, "103", consents=False)  # has not agreed to be written to
    old = member_without_phone(here.session, name="张大爷", community_id=here.ids.community, at=here.now)
    home = {"home_unit_id": here.ids.unit, "home_room": "201"}
    here.session.execute(update(Member).where(Member.id == old).values(**home))
    assert invites(at) == 4
    assert seated(at) == [
        (ma.member_id, "", Capacity.VOTER),
        (son.member_id, "", Capacity.VOTER),
        (he.member_id, "", Capacity.VOTER),
        (old, "", Capacity.VOTER),
    ]
    expected = Seats({Capacity.VOTER: Answers(invited=4, silent=4)}, households=3, expected=0, needed=2)
    assert calling.seats(here.session, at.meeting) == expected


def test_raisers_listen_and_units_whistled_for_are_asked_to_come(here: Neighbourhood, staff: Staff) -> None:
    wang, chen = here.person("wang"), here.person("chen")
    wang.reports()
    chen.reports("西苑小区5号楼门口的垃圾两天没人清")
    at = council(here, staff, state=MeetingState.DRAFTED)
    at.stands(wang)
    at.item("楼道灯", issues=[here.issue(1)], state=ItemState.DRAFTED)
    at.item("垃圾", issues=[here.issue(2)], state=ItemState.DRAFTED)
    at.item("以后再说的", state=ItemState.QUEUED)
    unheld = unit_without_people(here)
    for post in (qians_post(here, staff), unheld):
        whistled(here, staff, here.issue(2).id, post)
    assert invites(at) == 4
    assert seated(at) == [
        (wang.member_id, "", Capacity.VOTER),  # a standing member stays one
        (staff.qian.member_id, "安居物业", Capacity.DEPARTMENT),
        (None, "供热公司", Capacity.DEPARTMENT),
        (chen.member_id, "", Capacity.OBSERVER),
    ]
    assert invites(at) == 0


def test_who_raised_what_waits_in_the_queue_is_not_asked(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    at = council(here, staff, state=MeetingState.DRAFTED)
    at.item("楼道灯", issues=[here.issue(1)], state=ItemState.QUEUED)
    assert invites(at) == 0


def test_the_invitation_says_in_which_capacity(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.DRAFTED)
    he, ma = here.person("he"), here.person("ma")
    at.stands(he)
    at.stands(ma, Capacity.OBSERVER)
    at.stands(staff.qian, Capacity.DEPARTMENT)
    approves(at)
    here.deliver()
    said = [person.inbox[-1].text.splitlines()[3] for person in (he, ma, staff.qian)]
    assert said == ["您的身份：议事代表，一户一票", "您的身份：列席，可以发言", "您的身份：到会单位"]
    labels = [[button.label for button in person.inbox[-1].buttons] for person in (he, ma)]
    assert labels == [["参加", "不参加", "委托"], ["参加", "不参加"]]


def test_an_answer_may_be_changed_until_check_in(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.CALLED)
    he = here.person("he")
    seat = at.seat(he, room="101")
    answers(at, he, Rsvp.COMING)
    answers(at, he, Rsvp.NOT_COMING)
    assert answer_of(at, seat) == (Rsvp.NOT_COMING, None)
    there = {"checked_in_at": here.now, "checked_in_by": CheckedInBy.SELF}
    here.session.execute(update(MeetingInvitation).where(MeetingInvitation.id == seat).values(**there))
    with pytest.raises(RsvpRefused) as refused:
        answers(at, he, Rsvp.COMING)
    assert refused.value.params == {"why": "checked_in"}


def test_who_was_not_asked_has_nothing_to_answer(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.CALLED)
    with pytest.raises(NotFound):
        answers(at, here.person("he"), Rsvp.COMING)


@pytest.mark.parametrize("state", [MeetingState.HELD, MeetingState.CANCELLED, MeetingState.PUBLISHED])
def test_after_the_meeting_nothing_is_answered(here: Neighbourhood, staff: Staff, state: MeetingState) -> None:
    at = council(here, staff, state=state)
    he = here.person("he")
    at.seat(he, room="101")
    with pytest.raises(RsvpRefused) as refused:
        answers(at, he, Rsvp.COMING)
    assert refused.value.params == {"why": "over"}


def test_a_vote_goes_to_another_household_and_comes_back_where_its_holder_does_not_come(
    here: Neighbourhood, staff: Staff
) -> None:
    at = council(here, staff, state=MeetingState.CALLED)
    he, ma = here.person("he"), here.person("ma")
    mine, hers = at.seat(he, room="101"), at.seat(ma, room="102")
    answers(at, he, Rsvp.PROXY, hers)
    assert answer_of(at, mine) == (Rsvp.PROXY, hers)
    answers(at, ma, Rsvp.NOT_COMING)
    assert answer_of(at, mine) == (None, None)
    here.deliver()
    assert [m.text for m in ma.inbox] == [
        "he（3号楼2单元）来不了西苑小区议事会 3月16日 12:00的会，请您代为投票。"
        "您去开会时替这一户说话、投票。不方便就点“不接受委托”。"
    ]
    assert [m.text for m in he.inbox] == [
        "您委托的ma（3号楼2单元）来不了。西苑小区议事会 3月16日 12:00的会，您自己来吗？也可以换一位委托。"
    ]
    assert [button.label for button in he.inbox[0].buttons] == ["参加", "不参加", "委托"]


def why_not(at: Council, person: Person, holder: int | None) -> str:
    with pytest.raises(RsvpRefused) as refused:
        answers(at, person, Rsvp.PROXY, holder)
    return str(refused.value.params["why"])


def test_to_whom_a_vote_may_not_go(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.CALLED)
    names = ("he", "wife", "ma", "bai", "lu", "guest")
    he, wife, ma, bai, lu, guest = (here.person(name) for name in names)
    mine, hers = at.seat(he, room="101"), at.seat(wife, room="101")
    to_ma, to_bai, to_lu = at.seat(ma, room="102"), at.seat(bai, room="103"), at.seat(lu, room="104")
    listens = at.seat(guest, Capacity.OBSERVER, room="105")
    elsewhere = council_elsewhere(at)
    assert why_not(at, he, mine) == "household"  # themselves
    assert why_not(at, he, hers) == "household"
    assert why_not(at, he, listens) == "nobody"
    assert why_not(at, he, elsewhere) == "nobody"
    assert why_not(at, he, 99_999) == "nobody"
    assert why_not(at, he, None) == "nobody"
    assert why_not(at, guest, to_ma) == "no_vote"
    answers(at, lu, Rsvp.NOT_COMING)
    assert why_not(at, he, to_lu) == "not_coming"
    answers(at, bai, Rsvp.PROXY, to_ma)
    assert why_not(at, he, to_bai) == "chain"  # who gave theirs away
    assert why_not(at, ma, hers) == "chain"  # who holds one
    assert why_not(at, he, to_ma) == "full"
    answers(at, bai, Rsvp.COMING)
    answers(at, he, Rsvp.PROXY, to_ma)
    answers(at, wife, Rsvp.PROXY, to_ma)  # the same household's vote
    assert why_not(at, bai, to_ma) == "full"
    here.deliver()
    assert "不再委托您了" in ma.inbox[1].text


def test_expected_are_households_and_not_phones(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.CALLED)
    people = [here.person(name) for name in ("he", "wife", "ma", "bai", "lu")]
    he, wife, ma, bai, _ = people
    seats = [at.seat(person, room=room) for person, room in zip(people, ("1", "1", "2", "3", "4"), strict=True)]
    at.seat(here.person("wang"), Capacity.OBSERVER, rsvp=Rsvp.COMING)
    answers(at, he, Rsvp.COMING)
    answers(at, wife, Rsvp.COMING)
    answers(at, bai, Rsvp.PROXY, seats[2])
    facts = [calling.seat_facts(here.session, at.meeting)]
    answers(at, ma, Rsvp.COMING)  # for two homes now
    facts.append(calling.seat_facts(here.session, at.meeting))
    assert facts == [{"expected": 1, "needed": 3}, {"expected": 3, "needed": 3}]
    assert calling.seats(here.session, at.meeting) == Seats(
        {
            Capacity.VOTER: Answers(invited=5, coming=3, proxies=1, silent=1),
            Capacity.OBSERVER: Answers(invited=1, coming=1),
        },
        households=4,
        expected=3,
        needed=3,
    )


def test_another_day_asks_everybody_again(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.CALLED)
    he, ma = here.person("he"), here.person("ma")
    mine, hers = at.seat(he, room="101"), at.seat(ma, room="102")
    answers(at, ma, Rsvp.COMING)
    answers(at, he, Rsvp.PROXY, hers)
    here.deliver()
    moves(at, days=2)
    assert (answer_of(at, mine), answer_of(at, hers)) == ((None, None), (None, None))
    here.deliver()
    assert [button.label for button in he.inbox[-1].buttons] == ["参加", "不参加", "委托"]


def unit_without_people(here: Neighbourhood) -> int:
    kind = OrganisationKind.UTILITY
    company = insert_row(here.session, Organisation, community_id=here.ids.community, kind=kind, name="供热公司")
    return post_of(here, company, "供热公司")


def qians_post(here: Neighbourhood, staff: Staff) -> int:
    return post_of(here, here.ids.property, "安居物业")


def post_of(here: Neighbourhood, organisation: int, label: str) -> int:
    return members.post_for(
        here.session,
        role=Role.HANDLER,
        scope_kind=ScopeKind.ORGANISATION,
        scope_id=organisation,
        community_id=here.ids.community,
        label=label,
    ).id


def whistled(here: Neighbourhood, staff: Staff, issue: int, post: int) -> None:
    until = here.now + timedelta(days=1)
    by = {"called_by_id": staff.zhao.member_id, "called_at": here.now, "arrive_by": until}
    insert_row(here.session, Helper, issue_id=issue, post_id=post, reason="一起看", **by)


def council_elsewhere(at: Council) -> int:
    """The invitation of somebody to another meeting."""
    other = council(at.here, at.staff, state=MeetingState.CALLED, level=Level.COMMUNITY)
    return other.seat(at.here.person("far"), room="901")
