"""One person with two accounts who was asked, spoke and voted under both, and joins them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.ballot import Ballot, Vote
from models.base import insert_row
from models.consultation import Consultation, ConsultationState, Participant
from models.meeting import MeetingInvitation, StandingMember
from models.member import Member
from models.minutes import Minutes, MinutesCheck
from models.opinion import Moderation, Opinion, Stance, Statement, StatementAnswer
from models.resolution import FollowUp, Objection, Resolution, Verification
from models.rules.errors import BallotRefused
from models.rules.meeting_workflow import Capacity, ItemState, MeetingState, Rsvp
from models.rules.resolution_workflow import ResolutionState
from models.rules.tally import Majority, VoteBase
from services.audit import audit
from services.households import voting_households
from services.meetings import voting
from services.meetings.ballot_seats import votes_cast, votes_in
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, settle, staffed

CAST, REFUSED = "voted", "refused"


@dataclass
class Two:
    """Wang in the street's web chat (with a home), and wang on Telegram (whom nobody knows)."""

    here: Neighbourhood
    sitting: Council
    home: Person
    tg: Person

    def breaches(self) -> set[str]:
        """But that no timer was set for a meeting that stands in the database by hand."""
        return {breach.what for breach in audit(self.here.session, at=self.here.now)} - {"meeting_unwatched"}

    def joins(self) -> None:
        known = self.breaches()
        self.tg.says(self.home.says("绑定账号").splitlines()[-1])
        assert self.tg.says("是我") == "绑好了。以后在哪边说都一样。"
        self.here.session.expire_all()
        assert self.tg.member_id == self.home.member_id
        assert self.breaches() == known

    def opens(self, *, base: VoteBase = VoteBase.PRESENT, item: int = 0) -> Ballot:
        here = self.here
        here.passes(minutes=1)
        ballot = voting.open_ballot(
            here.session,
            item_id=item or self.sitting.item(state=ItemState.IN_TALK),
            member_id=self.sitting.staff.zhao.member_id,
            question="同意吗？",
            options=["赞成", "反对", "弃权"],
            base=base,
            majority=Majority.MORE_THAN_HALF,
            secret=False,
            closes_at=None,
            at=here.now,
            rules=here.house.rules,
        )
        here.passes(minutes=1)
        return ballot

    def votes(self, who: Person, ballot: Ballot, choice: int = 0) -> str:
        try:
            voting.cast_vote(
                self.here.session,
                ballot_id=ballot.id,
                member_id=who.member_id,
                choice=choice,
                invitation_id=None,
                at=self.here.now,
                rules=self.here.house.rules,
            )
        except BallotRefused as refused:
            return REFUSED if refused.params["why"] == "voted" else str(refused)
        return CAST

    def seats(self) -> list[tuple[int | None, str, Capacity]]:
        rows = self.here.session.execute(
            select(MeetingInvitation.member_id, MeetingInvitation.household, MeetingInvitation.capacity).order_by(
                MeetingInvitation.id
            )
        )
        return [(row.member_id, row.household, row.capacity) for row in rows]

    def count(self, model: type[Any]) -> int:
        return self.here.session.scalars(select(func.count()).select_from(model)).one()


@pytest.fixture
def two(session: Session) -> Two:
    here = settle(session)
    sitting = council(here, staffed(here), state=MeetingState.IN_SESSION, days=0)
    home, tg = here.person("wang"), here.person("wang-tg", platform="telegram")
    for person in (home, tg):
        person.says("你好")
    row = {"home_unit_id": here.ids.unit, "home_room": "301", "community_id": here.ids.community}
    session.execute(update(Member).where(Member.id == home.member_id).values(**row))
    return Two(here, sitting, home, tg)


def key(two: Two) -> str:
    return f"home:{two.here.ids.unit}:301"


def test_both_seats_become_one_with_one_vote(two: Two) -> None:
    two.sitting.seat(two.home, present=False)
    two.sitting.seat(two.tg, Capacity.OBSERVER, rsvp=Rsvp.COMING, present=True)
    two.joins()
    assert two.seats() == [(two.home.member_id, key(two), Capacity.VOTER)]
    seat = two.here.session.scalars(select(MeetingInvitation)).one()
    assert (seat.rsvp, seat.checked_in_at is not None) == (Rsvp.COMING, True)
    ballot = two.opens()
    assert [two.votes(who, ballot) for who in (two.home, two.tg)] == [CAST, REFUSED]


def test_who_voted_under_one_account_has_voted(two: Two) -> None:
    """Also where the vote is the second account's, whose household nobody knew; also for who lives there too."""
    wife = two.here.person("li-hua")
    wife.says("你好")
    two.sitting.seat(wife, room="301", present=True)
    two.sitting.seat(two.home, present=True)
    two.sitting.seat(two.tg, present=True)
    ballot = two.opens()
    assert (ballot.base_count, two.votes(two.tg, ballot)) == (2, CAST)
    two.joins()
    assert [two.votes(who, ballot) for who in (two.home, two.tg, wife)] == [REFUSED] * 3
    assert voting_households(two.here.session, meeting_id=two.sitting.meeting_id) == {key(two)}
    following = two.opens(item=two.sitting.item("修花坛", state=ItemState.LISTED))
    assert following.base_count == 1
    assert [two.votes(who, following) for who in (two.tg, wife)] == [CAST, REFUSED]
    assert two.breaches() == set()


def test_votes_cast_under_both_before_stay_cast(two: Two) -> None:
    two.sitting.seat(two.home, present=True)
    two.sitting.seat(two.tg, present=True)
    ballot = two.opens()
    assert [two.votes(who, ballot, 1) for who in (two.home, two.tg)] == [CAST, CAST]
    two.joins()
    assert votes_in(votes_cast(two.here.session, ballot_id=ballot.id)) == two.count(Vote) == 2
    assert [(seat[0], seat[2]) for seat in two.seats()] == [
        (two.home.member_id, Capacity.VOTER),
        (None, Capacity.OBSERVER),
    ]
    following = two.opens(item=two.sitting.item("修花坛", state=ItemState.LISTED))
    assert (following.base_count, two.votes(two.tg, following)) == (1, CAST)
    assert two.breaches() == set()


def test_a_seat_of_an_account_without_home_counts_for_the_home_of_the_other(two: Two) -> None:
    two.sitting.seat(two.tg, present=True)
    two.joins()
    assert two.seats() == [(two.home.member_id, key(two), Capacity.VOTER)]


def test_a_home_that_only_the_second_account_told_goes_along(two: Two) -> None:
    two.sitting.seat(two.home, present=True)
    two.sitting.seat(two.tg, present=True)
    two.home.says(two.tg.says("绑定账号").splitlines()[-1])
    two.home.says("是我")
    two.here.session.expire_all()
    member = two.here.session.get_one(Member, two.tg.member_id)
    assert (member.home_unit_id, member.home_room) == (two.here.ids.unit, "301")
    assert two.seats() == [(two.tg.member_id, key(two), Capacity.VOTER)]


def test_who_entrusted_the_vote_to_the_own_other_account_comes_in_person(two: Two) -> None:
    ma = two.here.person("ma")
    ma.says("你好")
    other, theirs = two.sitting.seat(two.tg), two.sitting.seat(ma, room="302", rsvp=Rsvp.PROXY)
    two.here.session.execute(update(MeetingInvitation).where(MeetingInvitation.id == theirs).values(proxy_id=other))
    mine = two.sitting.seat(two.home, rsvp=Rsvp.PROXY)
    two.here.session.execute(update(MeetingInvitation).where(MeetingInvitation.id == mine).values(proxy_id=other))
    two.joins()
    rows = two.here.session.execute(
        select(MeetingInvitation.id, MeetingInvitation.rsvp, MeetingInvitation.proxy_id).order_by(MeetingInvitation.id)
    )
    assert [tuple(row) for row in rows] == [(theirs, Rsvp.PROXY, mine), (mine, Rsvp.COMING, None)]


@pytest.mark.parametrize("state", [MeetingState.PUBLISHED, MeetingState.NOT_HELD, MeetingState.CANCELLED])
def test_the_record_of_a_meeting_that_is_past_stays(session: Session, state: MeetingState) -> None:
    here = settle(session)
    past = council(here, staffed(here), state=state, days=-30)
    home, tg = here.person("wang"), here.person("wang-tg", platform="telegram")
    for person in (home, tg):
        person.says("你好")
        past.seat(person)
    two = Two(here, past, home, tg)
    before = two.seats()
    two.joins()
    assert two.seats() == before


def test_a_standing_member_once_in_the_stronger_capacity(two: Two) -> None:
    two.sitting.stands(two.home, Capacity.OBSERVER)
    two.sitting.stands(two.tg)
    two.joins()
    rows = two.here.session.scalars(select(StandingMember)).all()
    assert [(row.member_id, row.capacity) for row in rows if row.ended_at is None] == [
        (two.home.member_id, Capacity.VOTER)
    ]
    assert {row.member_id for row in rows} == {two.home.member_id}


def test_what_was_said_of_an_item_later_counts(two: Two) -> None:
    item, session, now = two.sitting.item(), two.here.session, two.here.now
    wife = two.here.person("li-hua")
    wife.says("你好")
    theirs = insert_row(
        session, Statement, item_id=item, member_id=wife.member_id, words="好", moderation=Moderation.SHOWN, at=now
    )
    for minutes, (who, stance) in enumerate(((two.tg, Stance.AGREE), (two.home, Stance.DISAGREE))):
        at = now - timedelta(minutes=minutes)
        insert_row(session, Opinion, item_id=item, member_id=who.member_id, stance=stance, at=at)
        insert_row(session, StatementAnswer, statement_id=theirs, member_id=who.member_id, stance=stance, at=at)
        own = insert_row(
            session,
            Statement,
            item_id=item,
            member_id=who.member_id,
            words=f"{minutes}",
            moderation=Moderation.SHOWN,
            at=at,
        )
        other = two.home if who is two.tg else two.tg
        for answers in (other, wife):
            insert_row(
                session, StatementAnswer, statement_id=own, member_id=answers.member_id, stance=Stance.AGREE, at=at
            )
    two.joins()
    mine = two.home.member_id
    assert session.execute(select(Opinion.member_id, Opinion.stance)).all() == [(mine, Stance.AGREE)]
    statements = session.execute(select(Statement.member_id, Statement.words).order_by(Statement.id)).all()
    assert statements == [(wife.member_id, "好"), (mine, "0")]
    answers_left = session.execute(select(StatementAnswer.member_id, StatementAnswer.stance)).all()
    assert sorted(answers_left) == sorted([(mine, Stance.AGREE), (wife.member_id, Stance.AGREE)])


def test_what_was_said_of_minutes_and_resolutions_is_kept_once(two: Two) -> None:
    item, session, now = two.sitting.item(), two.here.session, two.here.now
    minutes = insert_row(session, Minutes, meeting_id=two.sitting.meeting_id, version=1, body={}, at=now)
    resolution = insert_row(
        session,
        Resolution,
        community_id=two.here.ids.community,
        year=2026,
        item_id=item,
        meeting_id=two.sitting.meeting_id,
        state=ResolutionState.RECORDED,
        words="装",
        standard="能用",
        owner_id=two.sitting.series.convener_id,
        due_on=now.date(),
        recorded_at=now,
    )
    for minute, (who, good) in enumerate(((two.tg, False), (two.home, True))):
        at, member = now - timedelta(minutes=minute), {"member_id": who.member_id}
        insert_row(session, MinutesCheck, minutes_id=minutes, correct=good, at=at, **member)
        insert_row(session, FollowUp, resolution_id=resolution, **member)
        insert_row(session, Verification, resolution_id=resolution, round=1, met=good, at=at, **member)
        insert_row(session, Objection, resolution_id=resolution, words="不行", at=at, **member)
    two.joins()
    mine = two.home.member_id
    assert session.execute(select(MinutesCheck.member_id, MinutesCheck.correct)).all() == [(mine, False)]
    assert session.scalars(select(FollowUp.member_id)).all() == [mine]
    assert session.execute(select(Verification.member_id, Verification.met)).all() == [(mine, False)]
    assert session.scalars(select(Objection.member_id)).all() == [mine, mine]


def test_who_took_part_in_a_consultation_twice_takes_part_once(two: Two) -> None:
    session, now = two.here.session, two.here.now
    two.home.reports()
    consultation = insert_row(
        session,
        Consultation,
        issue_id=two.here.issue().id,
        state=ConsultationState.WITHDRAWN,
        words="停车",
        called_by_id=two.sitting.staff.zhao.member_id,
        called_at=now,
        opens_by=now,
        text="轮流停",
        text_version=2,
    )
    for who, agreed in ((two.home, 1), (two.tg, 2)):
        insert_row(
            session,
            Participant,
            consultation_id=consultation,
            member_id=who.member_id,
            joined_at=now,
            agreed_version=agreed,
        )
    two.here.deliver()
    two.joins()
    assert session.execute(select(Participant.member_id, Participant.agreed_version)).all() == [(two.home.member_id, 2)]
