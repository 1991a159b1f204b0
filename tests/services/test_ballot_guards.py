"""What the database refuses about ballots, whoever writes: each guard is tried behind the services' back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.database import Database
from models.ballot import Ballot, BallotPaper, Vote
from models.base import insert_row
from models.guards import GUARDS, without_guards
from models.meeting import MeetingInvitation
from models.rules.errors import BallotRefused
from models.rules.meeting_workflow import Capacity, Competence, ItemState, MeetingState
from models.rules.tally import Majority, VoteBase
from services.meetings import voting
from tests.council import Council, council
from tests.database import on_postgresql
from tests.neighbourhood import Neighbourhood, Person, settle, staffed

TABLES = {"ballots", "votes", "ballot_papers"}


@dataclass(frozen=True)
class Urn:
    """A meeting with an open ballot (1), a secret one (2) and a closed one (3); wang voted in each, ma in none."""

    here: Neighbourhood
    sitting: Council
    wang: Person
    ma: Person
    ballots: dict[int, int]

    def seat(self, person: Person) -> MeetingInvitation:
        query = select(MeetingInvitation).where(MeetingInvitation.member_id == person.member_id)
        return self.here.session.scalars(query).one()

    def vote(self, ballot: int, /, **values: object) -> None:
        """A vote of ma that fits, but for ``values``."""
        seat = self.seat(self.ma)
        fits: dict[str, Any] = {"ballot_id": self.ballots[ballot], "household": seat.household}
        fits |= {"invitation_id": seat.id, "cast_by_id": self.ma.member_id, "choice": 0, "at": self.here.now}
        insert_row(self.here.session, Vote, **fits | values)

    def paper(self, ballot: int, choice: int = 0) -> None:
        self.here.session.execute(insert(BallotPaper).values(ballot_id=self.ballots[ballot], choice=choice))

    def change(self, ballot: int, /, **values: object) -> None:
        self.here.session.execute(update(Ballot).where(Ballot.id == self.ballots[ballot]).values(**values))

    def opens(self, item: int, **values: Any) -> int:
        return voting.open_ballot(
            self.here.session,
            item_id=item,
            member_id=self.sitting.staff.zhao.member_id,
            at=self.here.now,
            rules=self.here.house.rules,
            question="同意吗？",
            options=["赞成", "反对"],
            base=VoteBase.PRESENT,
            majority=Majority.MORE_THAN_HALF,
            secret=False,
            closes_at=None,
            **values,
        ).id


def prepared(session: Session) -> Urn:
    here = settle(session)
    staff = staffed(here)
    sitting = council(here, staff, state=MeetingState.IN_SESSION, days=0)
    wang, ma = here.person("wang"), here.person("ma")
    for person, room in ((wang, "301"), (ma, "302")):
        person.says("你好")
        sitting.seat(person, room=room, present=True)
    rules, zhao = here.house.rules, staff.zhao.member_id
    ballots = {}
    for number in (1, 2, 3):
        ballots[number] = voting.open_ballot(
            session,
            item_id=sitting.item(f"第{number}件"),
            member_id=zhao,
            question="同意吗？",
            options=["赞成", "反对"],
            base=VoteBase.PRESENT,
            majority=Majority.MORE_THAN_HALF,
            secret=number == 2,
            closes_at=None,
            at=here.now,
            rules=rules,
        ).id
        voting.cast_vote(
            session,
            ballot_id=ballots[number],
            member_id=wang.member_id,
            choice=0,
            invitation_id=None,
            at=here.now,
            rules=rules,
        )
    voting.close_ballot(session, ballot_id=ballots[3], member_id=zhao, at=here.now, rules=rules)
    session.flush()
    here.passes(minutes=1)
    return Urn(here, sitting, wang, ma, ballots)


@pytest.fixture
def urn(session: Session) -> Urn:
    return prepared(session)


def _on(urn: Urn, **item: Any) -> None:
    urn.here.session.execute(
        insert(Ballot).values(
            item_id=urn.sitting.item("另一件", **item),
            question="同意吗？",
            options=["赞成", "反对"],
            base=VoteBase.PRESENT,
            base_count=2,
            majority=Majority.MORE_THAN_HALF,
            secret=False,
            opened_by_id=urn.wang.member_id,
            opened_at=urn.here.now,
        )
    )


def _without(urn: Urn, table: type[Any]) -> None:
    urn.here.session.execute(delete(table))


_ANNOUNCED = "only an announced item that residents may settle is voted on"
_RULE = "what a ballot asks stays, and by which rule"
_RESULT = "a closed ballot keeps its result"
_CAST = "a vote stays as it was cast"
_HOUSEHOLD = "a vote is that of a household invited with a vote"
_OPTION = "what is chosen is an option of its ballot"
_CLOSED = "nothing is cast after a ballot is closed"
_SAID = "a vote says what was chosen, unless the ballot is secret"
_ENDS = "a ballot is closed with its result, and open without"
_LOST = {"counts": [0, 2], "base": 2, "needed": 2, "won": 1, "tied": False}


def _observer(urn: Urn) -> None:
    seat = urn.seat(urn.ma)
    urn.here.session.execute(
        update(MeetingInvitation).where(MeetingInvitation.id == seat.id).values(capacity=Capacity.OBSERVER)
    )
    urn.vote(1)


REFUSED: list[tuple[str, str, Callable[[Urn], None]]] = [
    ("on a draft", _ANNOUNCED, lambda urn: _on(urn, state=ItemState.DRAFTED)),
    ("on what was dropped", _ANNOUNCED, lambda urn: _on(urn, state=ItemState.DROPPED)),
    ("on what waits", _ANNOUNCED, lambda urn: _on(urn, state=ItemState.QUEUED)),
    ("on the owners' matter", _ANNOUNCED, lambda urn: _on(urn, competence=Competence.OWNERS)),
    ("another question", _RULE, lambda urn: urn.change(1, question="反对吗？")),
    ("other options", _RULE, lambda urn: urn.change(1, options=["反对", "赞成"])),
    ("another majority", _RULE, lambda urn: urn.change(1, majority=Majority.PLURALITY)),
    ("another base", _RULE, lambda urn: urn.change(1, base=VoteBase.ALL_VOTERS)),
    ("fewer households", _RULE, lambda urn: urn.change(1, base_count=1)),
    ("secret no more", _RULE, lambda urn: urn.change(2, secret=False)),
    ("a result while it is open", _ENDS, lambda urn: urn.change(1, result=_LOST)),
    ("closed without a result", _ENDS, lambda urn: urn.change(1, closed_at=urn.here.now)),
    ("another result", _RESULT, lambda urn: urn.change(3, result=_LOST)),
    ("open again", _RESULT, lambda urn: urn.change(3, closed_at=None, result=None)),
    ("closed at another time", _RESULT, lambda urn: urn.change(3, closed_at=urn.here.now)),
    ("a vote after the end", _CLOSED, lambda urn: urn.vote(3)),
    ("a paper after the end", _CLOSED, lambda urn: urn.paper(3)),
    ("a vote for nothing", _OPTION, lambda urn: urn.vote(1, choice=2)),
    ("a paper for nothing", _OPTION, lambda urn: urn.paper(1, -1)),
    ("who chose what in a secret ballot", _SAID, lambda urn: urn.vote(2)),
    ("a vote that says nothing", _SAID, lambda urn: urn.vote(1, choice=None)),
    ("a household nobody asked", _HOUSEHOLD, lambda urn: urn.vote(1, household="home:9:9")),
    ("somebody without a vote", _HOUSEHOLD, _observer),
    ("another choice", _CAST, lambda urn: void(urn.here.session.execute(update(Vote).values(choice=1)))),
    ("another household", _CAST, lambda urn: void(urn.here.session.execute(update(Vote).values(household="x")))),
    (
        "another paper",
        "a paper stays as it was cast",
        lambda urn: void(urn.here.session.execute(update(BallotPaper).values(choice=1))),
    ),
    ("no paper", "a paper stays", lambda urn: _without(urn, BallotPaper)),
    ("no vote", "a vote stays", lambda urn: _without(urn, Vote)),
]


def void(_: object) -> None: ...


def test_each_is_refused_with_the_promise_it_would_break(urn: Urn) -> None:
    assert {what: _said(urn, attempt) for what, _, attempt in REFUSED} == {what: says for what, says, _ in REFUSED}


def test_a_ballot_stays(urn: Urn) -> None:
    assert _said(urn, lambda urn: _without(urn, Ballot)) == "a ballot stays"


def test_nothing_else_would_have_refused_it(urn: Urn) -> None:
    without_guards(urn.here.session.connection())
    assert {_said(urn, attempt) for what, _, attempt in REFUSED if what != "another household"} == {""}


def test_a_second_vote_of_a_household_is_refused(urn: Urn) -> None:
    seat = urn.seat(urn.wang)
    again = _said(urn, lambda urn: urn.vote(1, household=seat.household, invitation_id=seat.id))
    assert "unique" in again.lower()


def test_every_guard_of_ballots_has_been_tried() -> None:
    tried = {says for _, says, _ in REFUSED} | {"a ballot stays"}
    assert tried == {never.says for guard in GUARDS if guard.table in TABLES for never in guard.nevers}


def test_what_they_let_through(urn: Urn) -> None:
    urn.vote(1)
    urn.paper(1)
    urn.vote(2, choice=None)
    urn.change(1, closes_at=urn.here.now)
    urn.change(1, closed_at=urn.here.now, result=_LOST)
    urn.here.session.execute(update(Vote).values(cast_by_id=urn.ma.member_id))  # two accounts become one person
    _on(urn, state=ItemState.ADJOURNED)


def _said(urn: Urn, attempt: Callable[[Urn], None]) -> str:
    session = urn.here.session
    savepoint = session.begin_nested()
    try:
        attempt(urn)
    except IntegrityError as refused:
        return str(refused.orig).splitlines()[0]
    finally:
        savepoint.rollback()
        session.expire_all()
    return ""


@on_postgresql
def test_a_vote_while_the_ballot_is_being_closed_is_refused(database: Database) -> None:
    with Session(database.engine, expire_on_commit=False) as session:
        urn = prepared(session)
        session.commit()
        voting.close_ballot(
            session,
            ballot_id=urn.ballots[1],
            member_id=urn.sitting.staff.zhao.member_id,
            at=urn.here.now,
            rules=urn.here.house.rules,
        )
        session.flush()
        with ThreadPoolExecutor(1) as other:
            voted = other.submit(_votes_elsewhere, database.engine, urn, urn.ma.member_id)
            sleep(0.3)  # it stands at the lock by then
            session.commit()
            assert voted.result(timeout=10) == {"why": "closed"}


@on_postgresql
def test_of_one_household_two_phones_at_the_same_moment_cast_one_vote(database: Database) -> None:
    with Session(database.engine, expire_on_commit=False) as session:
        urn = prepared(session)
        wife = urn.here.person("wife")
        wife.says("你好")
        urn.sitting.seat(wife, room="302", present=True)
        opened = urn.opens(urn.sitting.item("又一件"))
        ma, member = urn.ma.member_id, wife.member_id
        session.commit()
        urn.ballots[1] = opened
        voting.cast_vote(
            session,
            ballot_id=opened,
            member_id=ma,
            choice=0,
            invitation_id=None,
            at=urn.here.now,
            rules=urn.here.house.rules,
        )
        with ThreadPoolExecutor(1) as other:
            voted = other.submit(_votes_elsewhere, database.engine, urn, member)
            sleep(0.3)
            session.commit()
            assert voted.result(timeout=10) == {"why": "voted", "own": False}


def _votes_elsewhere(engine: Engine, urn: Urn, member_id: int) -> dict[str, object]:
    with Session(engine) as session:
        try:
            voting.cast_vote(
                session,
                ballot_id=urn.ballots[1],
                member_id=member_id,
                choice=0,
                invitation_id=None,
                at=urn.here.now,
                rules=urn.here.house.rules,
            )
        except BallotRefused as refused:
            return refused.params
        session.commit()
    return {}
