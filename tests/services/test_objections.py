"""公示期异议: each is an issue; while one is open nothing enters into force; upheld, the resolution is stopped."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from models.resolution import Objection
from models.rules.errors import (
    HollowAnswer,
    NotFound,
    ObjectedBefore,
    ObjectionsOver,
    ResolutionRefused,
    RuleError,
)
from models.rules.issue_workflow import Level, Outcome, State
from models.rules.posts import Role
from models.rules.resolution_workflow import ResolutionAction, ResolutionState
from services.audit import audit
from services.meetings.resolutions import objections
from services.meetings.resolutions.objections import Raised, Settled
from tests.agreement import Agreement, agreed, kinds, lives_here, post_of
from tests.council import council
from tests.neighbourhood import Neighbourhood, Person, Staff, settle, staffed

WHY = "充电桩离窗户太近，不安全"
BECAUSE = "离窗户有八米，消防来看过"


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    return settle(session)


@pytest.fixture
def staff(here: Neighbourhood) -> Staff:
    return staffed(here)


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def chen(here: Neighbourhood) -> Person:
    chen = here.person("chen")
    lives_here(here, chen)
    return chen


def objects(made: Agreement, person: Person, words: str = WHY) -> Raised:
    return objections.object_to(
        made.here.session,
        resolution_id=made.resolution_id,
        member_id=person.member_id,
        platform="webchat",
        words=words,
        summary="对充电桩的决议有异议",
        at=made.here.now,
        rules=made.here.house.rules,
    )


def settles(made: Agreement, person: Person, objection: int, *, uphold: bool, words: str = BECAUSE) -> Settled:
    return objections.settle_objection(
        made.here.session,
        objection_id=objection,
        member_id=person.member_id,
        uphold=uphold,
        words=words,
        at=made.here.now,
        rules=made.here.house.rules,
    )


def test_an_objection_is_an_issue_with_the_rung_above(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    raised = objects(made, chen)
    issue = here.issue(2)
    assert (raised.number, issue.holder_id) == (issue.number, post_of(here.session, Role.COMMUNITY))
    assert (issue.summary, issue.category) == ("对充电桩的决议有异议", here.issue().category)
    assert kinds(here, staff.zhao) == ["resolution_object_convener"]
    assert kinds(here, staff.sun) == ["resolution_object_above"]
    assert here.session.get_one(Objection, raised.objection_id).issue_id == issue.id
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


def test_everybody_objects_once_in_time_and_only_where_they_live(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    with pytest.raises(NotFound):
        objects(made, here.person("stranger"))
    with pytest.raises(RuleError, match="words_needed"):
        objects(made, chen, " ")
    objects(made, chen)
    with pytest.raises(ObjectedBefore):
        objects(made, chen)
    objects(made, wang)
    until = made.resolution.objections_until
    assert until is not None
    here.now = until
    li = here.person("another")
    lives_here(here, li, "502")
    with pytest.raises(ObjectionsOver):
        objects(made, li)


def test_a_free_item_of_a_community_meeting_can_be_objected_to(here: Neighbourhood, staff: Staff, chen: Person) -> None:
    made = agreed(here, staff, held=council(here, staff, level=Level.COMMUNITY))
    objects(made, chen)
    issue = here.issue()
    assert (issue.category, issue.unit_id) == ("self_governance", here.ids.unit)
    assert audit(here.session, at=here.now) == []


def test_while_one_is_open_nothing_enters_into_force(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    raised = objects(made, chen)
    made.enters_force()
    for _ in range(3):
        here.passes(days=1)
        here.keeps_time()
    assert (made.resolution.state, here.issue().state) == (ResolutionState.PUBLISHED, State.SCHEDULED)
    assert kinds(here, staff.zhao).count("resolution_delay_convener") == 1
    assert settles(made, staff.zhao, raised.objection_id, uphold=False) == Settled("增设充电桩", False, 0)
    here.keeps_time()
    assert (made.resolution.state, here.issue().state) == (ResolutionState.IN_FORCE, State.DECIDED)
    assert kinds(here, chen)[-1] == "resolution_dismiss_objector"
    assert kinds(here, staff.sun)[-1] == "resolution_settled_holder"  # who holds the issue, and answers it
    assert here.issue(2).state is State.RECEIVED
    assert audit(here.session, at=here.now) == []


def test_who_has_to_settle_an_objection_hears_of_it_every_week(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    objects(made, chen)
    made.enters_force()
    for heard_so_far in (1, 2, 3):
        assert kinds(here, staff.zhao).count("resolution_delay_convener") == heard_so_far
        assert kinds(here, staff.sun).count("resolution_delay_above") == heard_so_far
        for _ in range(7):
            here.passes(days=1)
            here.keeps_time()
    assert made.resolution.state is ResolutionState.PUBLISHED


def test_who_holds_its_issue_answers_it_by_settling_it(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    raised = objects(made, chen, "充电桩离窗户太近。另外楼道里的垃圾也没有人清")
    assert settles(made, staff.sun, raised.objection_id, uphold=False).answered
    issue = here.issue(2)
    assert (issue.state, issue.outcome) == (State.ANSWERED, Outcome.SOLVED)
    assert audit(here.session, at=here.now) == []


def test_what_its_objector_withdraws_holds_nothing_up(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    objects(made, chen)
    made.enters_force()
    assert made.stands(ResolutionState.PUBLISHED)
    chen.says("撤回 2")
    chen.says("1")
    assert here.issue(2).state is State.WITHDRAWN
    here.passes(days=1)
    here.keeps_time()
    assert made.stands(ResolutionState.IN_FORCE)


def test_an_objection_that_holds_stops_the_resolution_and_settles_the_others(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    first, second = objects(made, chen), objects(made, wang, "太贵了")
    settled = settles(made, staff.zhao, first.objection_id, uphold=True, words="位置确实太近，重新选")
    assert settled == Settled("增设充电桩", False, 0)
    assert (made.resolution.state, made.resolution.look_at) == (ResolutionState.STOPPED, None)
    assert here.issue().state is State.TO_DELIBERATE
    assert here.session.get_one(Objection, second.objection_id, populate_existing=True).upheld is True
    assert kinds(here, chen)[-1] == "resolution_uphold_objector"
    assert "resolution_uphold_objector" not in kinds(here, wang)  # a raiser hears it of the issue
    assert kinds(here, staff.qian)[-1] == "resolution_uphold_owner"
    assert made.deeds[-1] is ResolutionAction.UPHOLD
    made.enters_force()
    assert made.stands(ResolutionState.STOPPED)
    with pytest.raises(ResolutionRefused):
        settles(made, staff.zhao, second.objection_id, uphold=False)
    assert audit(here.session, at=here.now) == []


def test_only_the_chair_settles_it_once_and_with_words_that_say_something(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    raised = objects(made, chen)
    with pytest.raises(ResolutionRefused):
        settles(made, wang, raised.objection_id, uphold=False)
    with pytest.raises(NotFound):
        settles(made, here.person("stranger"), raised.objection_id, uphold=False)
    with pytest.raises(HollowAnswer):
        settles(made, staff.zhao, raised.objection_id, uphold=False, words="已处理")
    settles(made, staff.zhao, raised.objection_id, uphold=False)
    with pytest.raises(RuleError, match="already_done"):
        settles(made, staff.zhao, raised.objection_id, uphold=True)
