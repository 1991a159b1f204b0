"""What somebody is to an issue is the same whether one asks for one issue or for all of them at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.community import Organisation
from models.issue import Issue
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor
from models.rules.workflow import allowed_actions
from services import handling, queries, scopes, waiting, whistles
from services.members import actors, posts_of
from tests.flows.offices import Offices, opened
from tests.neighbourhood import Neighbourhood, Person, Staff, next_door

EVERYBODY = frozenset(Actor) - {Actor.ANYONE, Actor.MEETING, Actor.TIMER}


@pytest.fixture
def offices(here: Neighbourhood, staff: Staff) -> Offices:
    return opened(here)


@pytest.fixture
def people(here: Neighbourhood, staff: Staff, offices: Offices) -> list[Person]:
    """Everybody who is something to one of seven issues: untouched, accepted, asked about, assigned, handed over twice,
    helped with by two units, and of the community next door."""
    wang, liu = here.person("wang"), here.person("liu")
    tellings = ("楼道灯坏了", "电梯坏了", "没水了", "门禁坏了", "垃圾没人清", "下水道堵了")
    for number, telling in enumerate(tellings):
        here.passes(hours=1)
        (wang if number % 2 else liu).reports(f"西苑小区{'3号楼2单元' if number else '5号楼1单元'}{telling}")
    by_li = {"member_id": staff.li.member_id, "at": here.now, "rules": here.house.rules}
    ids = [here.issue(number).id for number in range(1, 7)]
    handling.accept_issue(here.session, issue_id=ids[1], **by_li)
    handling.accept_issue(here.session, issue_id=ids[2], **by_li)
    waiting.ask_raiser(here.session, issue_id=ids[2], raiser_id=liu.member_id, words="哪一层？", **by_li)
    handling.assign_issue(here.session, issue_id=ids[3], organisation_id=here.ids.property, **by_li)
    handling.hand_over_issue(here.session, issue_id=ids[4], words="要跨网格", **by_li)
    by_zhao = {**by_li, "member_id": staff.zhao.member_id}
    handling.hand_over_issue(here.session, issue_id=ids[4], words="要跨社区", **by_zhao)
    units = all_units(here)
    soon = here.now + timedelta(hours=2)
    for issue in (ids[3], ids[5]):
        whistles.whistle(here.session, issue_id=issue, organisations=units, words="一起看", arrive_by=soon, **by_zhao)
    there = next_door(here)
    stranger = there.person("stranger")
    stranger.reports("东湖小区1号楼1单元楼道灯坏了")
    return [staff.li, staff.zhao, staff.sun, staff.qian, offices.zhou, offices.zheng, offices.wu, wang, liu, stranger]


def all_units(here: Neighbourhood) -> list[int]:
    names = ("城管执法中队", "消防救援站", "安居物业")
    return list(here.session.scalars(select(Organisation.id).where(Organisation.name.in_(names))))


def test_for_one_issue_and_for_all_it_is_the_same(here: Neighbourhood, people: list[Person]) -> None:
    seen = set[Actor]()
    for person in people:
        posts = posts_of(here.session, member_id=person.member_id, at=here.now)
        for actor in sorted(EVERYBODY):
            condition = scopes.being(actor, member_id=person.member_id, posts=posts)
            at_once = set(here.session.scalars(select(Issue.id).where(condition)))
            one_by_one = {
                issue.id
                for issue in here.session.scalars(select(Issue))
                if actor in actors(here.session, member_id=person.member_id, issue=issue, posts=posts)
            }
            assert (person.external_id, actor, at_once) == (person.external_id, actor, one_by_one)
            seen |= {actor} if at_once else set()
    assert seen == EVERYBODY


def test_what_is_offered_in_a_list_is_what_may_be_done_to_each(here: Neighbourhood, people: list[Person]) -> None:
    for person in people:
        posts = posts_of(here.session, member_id=person.member_id, at=here.now)
        may = {
            issue.id: allowed_actions(
                ISSUE_WORKFLOW,
                state=issue.state,
                roles=actors(here.session, member_id=person.member_id, issue=issue, posts=posts),
            )
            for issue in here.session.scalars(select(Issue))
        }
        for action in Action:
            lines = queries.issues_that_allow(
                here.session, member_id=person.member_id, action=action, at=here.now, limit=100
            )
            assert {line.issue_id for line in lines} == {issue for issue, actions in may.items() if action in actions}


def test_whoever_is_something_to_an_issue_finds_it_by_its_number_and_nobody_else(
    here: Neighbourhood, people: list[Person]
) -> None:
    for person in people:
        posts = posts_of(here.session, member_id=person.member_id, at=here.now)
        found = set(here.session.scalars(select(Issue.id).where(scopes.visible(person.member_id, posts))))
        assert found == {
            issue.id
            for issue in here.session.scalars(select(Issue))
            if actors(here.session, member_id=person.member_id, issue=issue, posts=posts)
        }


def test_the_street_sees_all_its_communities_and_knocks_at_no_door(here: Neighbourhood, offices: Offices) -> None:
    posts = posts_of(here.session, member_id=offices.wu.member_id, at=here.now)
    here.person("wang").reports()
    near = select(Issue.id).where(scopes.in_scope(posts, scopes.NEAR))
    assert here.session.scalars(near).all() == []
    assert here.session.scalars(select(Issue.id).where(scopes.in_scope(posts))).all() == [here.issue().id]
