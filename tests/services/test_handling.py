"""Every deed by everybody in every state: it moves as the table says, or is refused with the right code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.community import Building
from models.guards import without_guards
from models.issue import HistoryEntry, Issue
from models.member import Account
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.errors import NobodyReachable, NotFound, RuleError, TransitionNotAllowed, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor, Level, Outcome, Rating, Reason, State
from models.rules.posts import Role, ScopeKind
from models.rules.workflow import find_transition
from services import corrections, deliberating, following, handling, members, merging, pressing, shelving
from services.intake import Where
from tests.neighbourhood import Neighbourhood, Person, Staff, settle, staffed

RULES = HouseRules()


@dataclass(frozen=True)
class Scene:
    """An issue held by the steward, and what each person is to it."""

    here: Neighbourhood
    staff: Staff
    issue_id: int
    people: dict[str, tuple[Person, frozenset[Actor]]]


@pytest.fixture
def scene(session: Session) -> Scene:
    here = settle(session)
    staff = staffed(here)
    warden = here.person("warden")  # steward of the whole building, not the holder
    here.appoint(warden, Role.STEWARD, ScopeKind.BUILDING, here.ids.building, "西苑小区3号楼")
    wang = here.person("wang")
    wang.reports()
    return Scene(
        here,
        staff,
        here.issue().id,
        {
            "raiser": (wang, frozenset({Actor.RAISER})),
            "holder": (staff.li, frozenset({Actor.HOLDER, Actor.STEWARD})),
            "steward": (warden, frozenset({Actor.STEWARD})),
            "secretary": (staff.zhao, frozenset({Actor.SECRETARY, Actor.UPPER})),
            "community": (staff.sun, frozenset({Actor.COMMUNITY, Actor.UPPER})),
            "handler": (staff.qian, frozenset()),
            "stranger": (here.person("stranger"), frozenset()),
        },
    )


def _deeds(organisation: int, elsewhere: Where) -> dict[Action, Callable[..., Any]]:
    return {
        Action.ACCEPT: handling.accept_issue,
        Action.ASSIGN: lambda s, **a: handling.assign_issue(s, **a, organisation_id=organisation),
        Action.ANSWER: lambda s, **a: handling.answer_issue(s, **a, words="换了灯泡", outcome=Outcome.SOLVED),
        Action.HAND_OVER: lambda s, **a: handling.hand_over_issue(s, **a, words="线路老化"),
        Action.SUPPLY: lambda s, **a: following.supply_issue(s, **a, words="还是黑的"),
        Action.RATE: lambda s, **a: following.rate_issue(s, **a, rating=Rating.SATISFIED),
        Action.REOPEN: lambda s, **a: following.reopen_issue(s, **a, words="又灭了"),
        Action.WITHDRAW: following.withdraw_report,
        Action.CHECK: lambda s, **a: following.check_issue(s, **a, solved=True),
        Action.URGE: pressing.urge_issue,
        Action.SUPERVISE: lambda s, **a: pressing.supervise_issue(s, **a, words="请今天办完"),
        Action.NAME_LEAD: lambda s, **a: handling.assign_issue(s, **a, organisation_id=organisation, lead=True),
        Action.SUGGEST: lambda s, **a: deliberating.suggest_talk(s, **a, words="大家商量"),
        Action.PROPOSE: lambda s, **a: deliberating.propose_issue(s, **a, level=Level.COMPOUND, words="商量"),
        Action.SHELVE: lambda s, **a: shelving.shelve_issue(
            s, **a, words="等开春", reason=Reason.SEASON, review_at=a["at"] + timedelta(days=30)
        ),
        Action.UNSHELVE: shelving.unshelve_issue,
        Action.VOID: lambda s, **a: shelving.void_issue(s, **a, words="试一试的"),
        Action.COUNT: lambda s, **a: merging.count_affected(s, **a, households=9, people=27),
        Action.CORRECT: lambda s, **a: corrections.correct_category(s, **a, category="power"),
        Action.RELOCATE: lambda s, **a: corrections.correct_place(s, **a, where=elsewhere),
    }


OF_RAISERS = {Action.SUPPLY, Action.RATE, Action.REOPEN, Action.WITHDRAW, Action.CHECK}


@pytest.mark.parametrize("action", list(_deeds(0, Where(0))))
def test_every_state_and_everybody(scene: Scene, action: Action) -> None:
    session, at = scene.here.session, scene.here.now
    other = session.scalars(select(Building.id).where(Building.number == "5")).one()
    elsewhere = Where(scene.here.ids.compound, other)
    do = _deeds(scene.here.ids.property, elsewhere)[action]
    without_guards(session.connection())  # the states are set without what belongs to them
    for state in State:
        for name, (person, held) in scene.people.items():
            expected: object = NotFound.code
            if held and (Actor.RAISER in held or action not in OF_RAISERS):
                try:
                    expected = find_transition(ISSUE_WORKFLOW, action=action, state=state, roles=held).target or state
                except TransitionNotAllowed as refused:
                    expected = refused.code
            savepoint = session.begin_nested()
            session.execute(update(Issue).where(Issue.id == scene.issue_id).values(state=state))
            entries = _entries(session, scene.issue_id)
            try:
                do(session, issue_id=scene.issue_id, member_id=person.member_id, at=at, rules=RULES)
                outcome: object = session.scalar(select(Issue.state).where(Issue.id == scene.issue_id))
                assert _entries(session, scene.issue_id) == entries + 1
            except RuleError as refused:
                outcome = refused.code
                assert _entries(session, scene.issue_id) == entries
            savepoint.rollback()
            session.expire_all()
            assert (action, state, name, outcome) == (action, state, name, expected)


def _entries(session: Session, issue_id: int) -> int:
    return session.scalar(select(func.count()).where(HistoryEntry.issue_id == issue_id)) or 0


@pytest.mark.parametrize("words", ["", "  ", "\n"])
def test_a_deed_that_needs_words_is_refused_without_them(scene: Scene, words: str) -> None:
    who: dict[str, Any] = {
        "issue_id": scene.issue_id,
        "member_id": scene.staff.li.member_id,
        "at": scene.here.now,
        "rules": RULES,
    }
    with pytest.raises(WordsNeeded):
        handling.hand_over_issue(scene.here.session, words=words, **who)
    with pytest.raises(WordsNeeded):
        handling.answer_issue(scene.here.session, words=words, outcome=Outcome.SOLVED, **who)


@pytest.mark.parametrize(("reason", "decider"), [(None, "业主大会"), (Reason.NO_MONEY, ""), (Reason.NO_MONEY, " ")])
def test_what_cannot_be_done_needs_reason_and_decider(scene: Scene, reason: Reason | None, decider: str) -> None:
    with pytest.raises(WordsNeeded):
        handling.answer_issue(
            scene.here.session,
            issue_id=scene.issue_id,
            member_id=scene.staff.li.member_id,
            words="办不了",
            outcome=Outcome.EXPLAINED,
            reason=reason,
            decider=decider,
            at=scene.here.now,
            rules=RULES,
        )


def test_everybody_on_a_post_is_told_each_raiser_is_told_and_who_acts_has_it_before_them(scene: Scene) -> None:
    session = scene.here.session
    second = scene.here.person("second secretary")
    scene.here.appoint(second, Role.SECRETARY, ScopeKind.GRID, scene.here.ids.grid, "第一网格")
    handling.hand_over_issue(
        session,
        issue_id=scene.issue_id,
        member_id=scene.staff.li.member_id,
        words="线路老化",
        at=scene.here.now,
        rules=RULES,
    )
    entry = session.scalars(select(HistoryEntry.id).order_by(HistoryEntry.id.desc())).first()
    told = session.execute(select(Notice.member_id, Notice.kind, Notice.state).where(Notice.history_id == entry))
    assert sorted((row.member_id, row.kind, row.state) for row in told) == sorted(
        [
            (scene.people["raiser"][0].member_id, "hand_over_raisers", NoticeState.OWED),
            (scene.staff.zhao.member_id, "hand_over_holder", NoticeState.OWED),
            (second.member_id, "hand_over_holder", NoticeState.OWED),
        ]
    )


def test_a_clock_is_set_anew_by_a_reopening_and_by_nothing_else(scene: Scene) -> None:
    here, session = scene.here, scene.here.session
    due = (here.issue().first_answer_due, here.issue().landing_due)
    who: dict[str, Any] = {"issue_id": scene.issue_id, "rules": RULES}
    here.passes(hours=1)
    handling.hand_over_issue(session, member_id=scene.staff.li.member_id, words="线路老化", at=here.now, **who)
    here.passes(hours=1)
    handling.accept_issue(session, member_id=scene.staff.zhao.member_id, at=here.now, **who)
    handling.answer_issue(
        session, member_id=scene.staff.zhao.member_id, words="换了", outcome=Outcome.SOLVED, at=here.now, **who
    )
    assert (here.issue().first_answer_due, here.issue().landing_due) == due
    here.passes(hours=1)
    following.reopen_issue(session, member_id=scene.people["raiser"][0].member_id, words="又灭了", at=here.now, **who)
    assert here.issue().landing_due == here.now + timedelta(days=7)
    assert (here.issue().first_answered_at, here.issue().answered_at, here.issue().outcome) == (None, None, None)


def test_an_issue_closes_only_when_every_notice_is_settled(scene: Scene) -> None:
    here, session = scene.here, scene.here.session
    handling.answer_issue(
        session,
        issue_id=scene.issue_id,
        member_id=scene.staff.li.member_id,
        words="换了",
        outcome=Outcome.SOLVED,
        at=here.now,
        rules=RULES,
    )
    later = here.now + RULES.rating_window
    assert (
        handling.close_when_settled(session, issue_id=scene.issue_id, at=later, rules=RULES)
        == later + handling.CLOSE_PATIENCE
    )
    session.execute(update(Notice).values(state=NoticeState.FAILED))
    assert handling.close_when_settled(session, issue_id=scene.issue_id, at=later, rules=RULES) is None
    assert here.issue().state is State.CLOSED
    assert session.scalars(select(Report.rating)).all() == [None]  # silence stays silence


def test_to_whom_an_issue_can_be_given(scene: Scene) -> None:
    here, session = scene.here, scene.here.session
    issue = here.issue()
    assert handling.units_for(session, issue=issue, held={Actor.STEWARD}) == [(here.ids.property, "安居物业")]
    members.leave(
        session,
        person=_person(here, scene.staff.qian),
        forget=False,
        at=here.now,
    )
    with pytest.raises(NobodyReachable):
        handling.assign_issue(
            session,
            issue_id=issue.id,
            member_id=scene.staff.li.member_id,
            organisation_id=here.ids.property,
            at=here.now,
            rules=RULES,
        )


def _person(here: Neighbourhood, person: Person) -> members.Person:
    account = here.session.scalars(select(Account.id).where(Account.external_id == person.external_id)).one()
    return members.Person(account, person.member_id, person.platform)
