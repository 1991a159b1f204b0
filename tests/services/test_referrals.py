"""移交: what one level cannot settle goes to another with its raisers, and its answer comes back down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.base import update_row
from models.issue import Issue
from models.meeting import AgendaItem, Referral
from models.member import Post
from models.rules.issue_workflow import Level, State
from models.rules.meeting_workflow import ItemState
from models.rules.posts import Role, Rung, ScopeKind
from services.meetings.minutes_view import minutes_of
from services.merging import merge_issues
from services.referral_answers import hear_back
from tests.neighbourhood import Neighbourhood, Person, Staff
from tests.services.minutes_stage import heard, over, publishes, settled


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def officer(here: Neighbourhood, staff: Staff) -> Person:
    """Of the street."""
    officer = here.person("officer")
    here.appoint(officer, Role.STREET, ScopeKind.STREET, 1, "凤栖街道")
    officer.says("你好")
    return officer


def referrals(here: Neighbourhood) -> list[Referral]:
    return list(here.session.scalars(select(Referral).order_by(Referral.id).execution_options(populate_existing=True)))


def test_from_the_corridor_to_the_street_and_back(
    here: Neighbourhood, staff: Staff, wang: Person, officer: Person
) -> None:
    corridor, compound, community = (over(here, staff, level) for level in Level)
    for meeting, chair, level in (
        (corridor, staff.li, Level.COMPOUND),
        (compound, staff.zhao, Level.COMMUNITY),
        (community, staff.sun, None),
    ):
        settled(meeting, [here.issue()], ItemState.REFERRED, "这里定不了", level=level)
        publishes(meeting, chair)
        here.passes(days=1)
    assert [(each.from_level, each.to_level, each.answered_at) for each in referrals(here)] == [
        (Level.CORRIDOR, Level.COMPOUND, None),
        (Level.COMPOUND, Level.COMMUNITY, None),
        (Level.COMMUNITY, None, None),
    ]
    issue = here.issue()
    post = here.session.get_one(Post, issue.holder_id)
    assert (issue.state, issue.rung, post.role) == (State.ACCEPTED, Rung.STREET, Role.STREET)
    says = [message.text for message in wang.inbox if "这里定不了" in message.text]
    assert [("小区议事会" in text, "社区议事会" in text, "街道（凤栖街道）" in text) for text in says] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    for said in ("答复 1", "1", "街道出钱换了全楼的灯，晚上都亮了。"):
        officer.says(said)
    here.deliver()
    assert here.issue().state is State.ANSWERED
    answer = "街道出钱换了全楼的灯，晚上都亮了"
    assert all(each.answered_at and answer in each.answer for each in referrals(here))
    for chair, label, to in (
        (staff.li, "西苑小区3号楼2单元楼道会", "小区议事会"),
        (staff.zhao, "西苑小区议事会", "社区议事会"),
        (staff.sun, "兰宁社区议事会", "有关单位"),
    ):
        assert len(heard(chair, f"{label}移交给{to}的“楼道灯”（LN-2026-0001）有结果了：")) == 1
    assert len([text for text in heard(wang, "LN-2026-0001") if answer in text]) == 1
    (shown,) = minutes_of(here.session, meeting_id=corridor.meeting_id).items[0].referrals
    assert (shown.to_level, shown.reason, shown.state) == (Level.COMPOUND, "这里定不了", State.ANSWERED)
    assert answer in shown.answer


def test_what_the_other_level_decides_is_the_answer(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    corridor, compound = over(here, staff, Level.CORRIDOR), over(here, staff)
    settled(corridor, [here.issue()], ItemState.REFERRED, "全小区的事", level=Level.COMPOUND)
    publishes(corridor, staff.li)
    assert (here.issue().state, here.issue().level) == (State.TO_DELIBERATE, Level.COMPOUND)
    item = settled(compound, [here.issue()], ItemState.ADJOURNED, "再问问价钱")
    publishes(compound, staff.zhao)
    assert referrals(here)[0].answered_at is None  # it is still waited for
    again = over(here, staff)
    item = settled(again, [here.issue()], ItemState.REJECTED, "大家不愿意出钱")
    publishes(again, staff.zhao, {item: "没有通过。大家不愿意出钱"})
    assert referrals(here)[0].answer == "没有通过。大家不愿意出钱"
    assert len(heard(staff.li, "西苑小区3号楼2单元楼道会移交给小区议事会的“楼道灯”")) == 1


def test_an_item_goes_down_as_well(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    compound = over(here, staff)
    settled(compound, [here.issue()], ItemState.REFERRED, "只关系到一个单元", level=Level.CORRIDOR)
    publishes(compound, staff.zhao)
    assert (here.issue().state, here.issue().level) == (State.TO_DELIBERATE, Level.CORRIDOR)
    assert "移交给楼道会：只关系到一个单元。" in wang.inbox[-1].text


def test_an_item_goes_to_a_unit(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    compound = over(here, staff)
    unit = here.session.scalars(select(Post.id).where(Post.role == Role.HANDLER)).one()
    item = settled(compound, [here.issue()], ItemState.REFERRED, "是物业的事", post=unit)
    publishes(compound, staff.zhao, {item: "移交给承办单位（安居物业）。是物业的事"})
    issue = here.issue()
    assert (issue.state, issue.holder_id) == (State.ACCEPTED, unit)
    assert "会上的结果：移交给承办单位（安居物业）。是物业的事。由承办单位（安居物业）接着办" in wang.inbox[-1].text


def test_where_the_street_has_nobody_it_stays_with_its_holder(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    before = here.issue().holder_id
    community = over(here, staff, Level.COMMUNITY)
    settled(community, [here.issue()], ItemState.REFERRED, "要街道出钱")
    publishes(community, staff.sun)
    assert (here.issue().state, here.issue().holder_id) == (State.ACCEPTED, before)
    assert len(referrals(here)) == 1


def test_an_overdue_referral_is_minded_where_it_lies(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    corridor = over(here, staff, Level.CORRIDOR)
    over(here, staff)  # so there is a series of the compound
    settled(corridor, [here.issue()], ItemState.REFERRED, "全小区的事", level=Level.COMPOUND)
    publishes(corridor, staff.li)
    here.passes(days=29)
    here.keeps_time()
    here.deliver()
    start = "西苑小区3号楼2单元楼道会移交"
    assert (heard(staff.zhao, start), heard(staff.sun, start)) == ([], [])
    for weeks in (1, 2):
        here.passes(days=8)
        here.keeps_time()
        here.deliver()
        assert [len(heard(person, start)) for person in (staff.zhao, staff.sun, staff.li)] == [weeks, weeks, 0]
    assert "到4月1日" in heard(staff.zhao, start)[0]
    assert heard(staff.sun, start)[0].endswith("请过问一下。")


def test_a_referral_that_went_on_is_minded_at_its_last_place(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    for level, chair, to in ((Level.CORRIDOR, staff.li, Level.COMPOUND), (Level.COMPOUND, staff.zhao, Level.COMMUNITY)):
        meeting = over(here, staff, level)
        settled(meeting, [here.issue()], ItemState.REFERRED, "往上说", level=to)
        publishes(meeting, chair)
    here.passes(days=31)
    here.keeps_time()
    here.deliver()
    assert heard(staff.zhao, "西苑小区3号楼2单元楼道会移交") == []
    assert len(heard(staff.sun, "西苑小区议事会移交来的")) == 1


def test_a_referral_goes_on_with_the_issue_it_was_merged_into(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    corridor = over(here, staff, Level.CORRIDOR)
    settled(corridor, [here.issue()], ItemState.REFERRED, "全小区的事", level=Level.COMPOUND)
    publishes(corridor, staff.li)
    here.person("liu").reports()
    sent, other = here.session.scalars(select(Issue).order_by(Issue.id)).all()
    known = {"member_id": staff.zhao.member_id, "at": here.now, "rules": here.house.rules}
    merge_issues(here.session, issue_id=sent.id, into_id=other.id, why="说的是一件事", **known)
    here.passes(days=31)
    here.keeps_time()
    here.deliver()
    start = "西苑小区3号楼2单元楼道会移交"
    assert len(heard(staff.li, f"{start}来的“楼道灯”（{other.number}）")) == 1  # who has the other one
    hear_back(here.session, issue_id=other.id, words="灯换好了", at=here.now, rules=here.house.rules)
    here.deliver()
    assert referrals(here)[0].answer == "灯换好了"
    assert len(heard(staff.li, f"{start}给小区议事会的“楼道灯”（{sent.number}）有结果了")) == 1


def test_nobody_is_reminded_of_what_was_withdrawn(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    corridor = over(here, staff, Level.CORRIDOR)
    settled(corridor, [here.issue()], ItemState.REFERRED, "全小区的事", level=Level.COMPOUND)
    publishes(corridor, staff.li)
    wang.says("撤回 1")
    wang.says("1")
    assert here.issue().state is State.WITHDRAWN
    here.passes(days=40)
    here.keeps_time()
    here.deliver()
    assert heard(staff.zhao, "西苑小区3号楼2单元楼道会移交") == []


@pytest.mark.parametrize(("said", "expected"), [(None, 30), (12, 12), (-1, 30)])
def test_the_limit_is_the_chairs_or_a_rule_of_the_house(
    here: Neighbourhood, staff: Staff, wang: Person, said: int | None, expected: int
) -> None:
    corridor = over(here, staff, Level.CORRIDOR)
    item = settled(corridor, [here.issue()], ItemState.REFERRED, "全小区的事", level=Level.COMPOUND)
    if said is not None:
        until = here.now + timedelta(days=said)
        update_row(here.session, AgendaItem, item, details={"until": until.isoformat()})
        here.session.expire_all()
    at = here.now
    publishes(corridor, staff.li)
    days = referrals(here)[0].until - at
    assert timedelta(days=expected) <= days < timedelta(days=expected + 1)
