"""Who somebody is: accounts, homes, consent, posts and what they are to an issue."""

from __future__ import annotations

from sqlalchemy import func, select

from models.base import insert_row
from models.member import Account, Grant, Member
from models.rules.issue_workflow import Actor
from models.rules.posts import Role, ScopeKind
from services import members
from tests.neighbourhood import Neighbourhood, Staff, next_door


def test_somebody_who_writes_for_the_first_time_twice_is_one_person(here: Neighbourhood) -> None:
    for _ in range(2):
        members.new_member(here.session, platform="webchat", external_id="new", at=here.now)
    assert here.session.scalar(select(func.count()).select_from(Account)) == 1
    assert here.session.scalar(select(func.count()).select_from(Member)) == 1


def test_a_home_makes_somebody_of_its_community(here: Neighbourhood) -> None:
    wang = here.person("wang").member_id
    label = members.settle_home(here.session, member_id=wang, unit_id=here.ids.unit, room="501")
    assert label == "西苑小区3号楼2单元"
    members.belongs_to(here.session, member_id=wang, community_id=next_door(here).ids.community)
    here.session.expire_all()
    assert here.session.get_one(Member, wang).community_id == here.ids.community  # a later report changes nothing


def test_a_grant_counts_from_its_confirmation_to_its_end(here: Neighbourhood) -> None:
    wang = here.person("wang").member_id
    post = members.post_for(
        here.session,
        role=Role.STEWARD,
        scope_kind=ScopeKind.UNIT,
        scope_id=here.ids.unit,
        community_id=here.ids.community,
        label="西苑小区3号楼2单元",
    )
    grant_id = insert_row(here.session, Grant, member_id=wang, post_id=post.id, starts_at=here.now)
    grant = here.session.get_one(Grant, grant_id)

    def held() -> int:
        here.session.flush()
        return len(members.posts_of(here.session, member_id=wang, at=here.now))

    assert held() == 0
    grant.confirmed_at = here.now
    assert held() == 1
    here.passes(hours=1)
    grant.ends_at = here.now
    assert held() == 0


def test_a_post_is_made_once(here: Neighbourhood) -> None:
    ids = [
        members.post_for(
            here.session,
            role=Role.SECRETARY,
            scope_kind=ScopeKind.GRID,
            scope_id=here.ids.grid,
            community_id=here.ids.community,
            label="第一网格",
        ).id
        for _ in range(2)
    ]
    assert ids[0] == ids[1]


def test_a_steward_most_likely_speaks_of_their_own_unit(here: Neighbourhood, staff: Staff) -> None:
    patch = members.patch_of(here.session, member_id=staff.li.member_id, at=here.now)
    assert patch is not None
    assert (patch.compound_id, patch.building_id, patch.unit_id) == (
        here.ids.compound,
        here.ids.building,
        here.ids.unit,
    )
    assert members.patch_of(here.session, member_id=staff.zhao.member_id, at=here.now) is None


def test_what_everybody_is_to_an_issue(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    there = next_door(here)
    stranger = there.person("stranger")
    there.appoint(stranger, Role.SECRETARY, ScopeKind.GRID, there.ids.grid, "东湖网格")

    def is_to_it(member_id: int) -> set[Actor]:
        posts = members.posts_of(here.session, member_id=member_id, at=here.now)
        return members.actors(here.session, member_id=member_id, issue=here.issue(), posts=posts)

    assert is_to_it(wang.member_id) == {Actor.RAISER}
    assert is_to_it(staff.li.member_id) == {Actor.HOLDER, Actor.STEWARD}
    assert is_to_it(staff.zhao.member_id) == {Actor.SECRETARY, Actor.UPPER}
    assert is_to_it(staff.sun.member_id) == {Actor.COMMUNITY, Actor.UPPER}
    assert is_to_it(staff.qian.member_id) == set()
    assert is_to_it(stranger.member_id) == set()


def test_who_confirms_others_is_of_the_same_community(here: Neighbourhood, staff: Staff) -> None:
    there = next_door(here)
    assert members.confirmers(here.session, community_id=here.ids.community, at=here.now) == [staff.sun.member_id]
    assert members.confirmers(here.session, community_id=there.ids.community, at=here.now) == []
