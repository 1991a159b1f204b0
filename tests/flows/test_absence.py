"""请假、代班: somebody stands in, hears of what is open, and it ends by itself or when they are back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.community import Building, Unit
from models.member import Grant
from models.rules.posts import Role, ScopeKind
from services import members
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff


def steward_of(here: Neighbourhood, name: str, number: str, building: str = "3") -> Person:
    unit, label = here.session.execute(
        select(Unit.id, Building.name)
        .join(Building, Building.id == Unit.building_id)
        .where(Building.number == building, Unit.number == number, Building.compound_id == here.ids.compound)
    ).one()
    person = here.person(name)
    here.appoint(person, Role.STEWARD, ScopeKind.UNIT, unit, f"西苑小区{label}{number}单元")
    person.says("你好")
    return person


@pytest.fixture
def chen(here: Neighbourhood, staff: Staff) -> Person:
    """Steward of the staircase next door."""
    return steward_of(here, "chen", "1")


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    return wang


def goes_away(staff: Staff) -> str:
    staff.li.says("请假")
    staff.li.says("3月6日")
    return staff.li.says("1")


def test_the_nearest_colleagues_are_offered_first(here: Neighbourhood, staff: Staff, chen: Person) -> None:
    steward_of(here, "gao", "1", building="5")
    assert staff.li.says("请假").startswith("请假到哪一天")
    assert staff.li.says("3月6日") == "请假到 3月6日 23:59，请谁代班？代班的人会收到您手上的事。"
    assert staff.li.labels == [
        "chen 红管家（西苑小区3号楼1单元）",
        "gao 红管家（西苑小区5号楼1单元）",
        "zhao 网格书记（第一网格）",
        "sun 社区工作人员（兰宁社区）",
        "没有人代，告诉上一级",
    ]


def test_who_stands_in_hears_what_is_open_and_can_do_it(
    here: Neighbourhood, staff: Staff, chen: Person, wang: Person
) -> None:
    assert goes_away(staff) == (
        "好的，3月6日 23:59 以前由chen 红管家（西苑小区3号楼1单元）代班，手上的 1 件事已经告诉对方。"
        "到时间自动结束，提前回来请回复“我回来了”。"
    )
    here.deliver()
    assert chen.inbox[-1].text == (
        "li请假到3月6日，请您代红管家（西苑小区3号楼2单元）。\n"
        "手上有 1 件：\n"
        "· LN-2026-0001 楼道灯坏了一个星期 · 西苑小区3号楼2单元\n"
        "回复“我的任务”去办理。"
    )
    assert "LN-2026-0001" in chen.says("我的任务")
    assert chen.says("受理 1").startswith("已受理 LN-2026-0001")
    here.person("liu").reports("西苑小区3号楼2单元电梯坏了")
    here.deliver()
    for person in (staff.li, chen):
        assert person.inbox[-1].text.startswith("新事项 LN-2026-0002")
    lent = select(Grant).where(Grant.member_id == chen.member_id, Grant.ends_at.is_not(None))
    grant = here.session.scalars(lent).one()
    assert (grant.stands_in_for_id, grant.confirmed_by_id) == (staff.li.member_id, staff.li.member_id)
    assert audit(here.session, at=here.now) == []


def test_it_ends_by_itself_and_both_hear_it(here: Neighbourhood, staff: Staff, chen: Person, wang: Person) -> None:
    goes_away(staff)
    here.passes(days=4, hours=20)
    here.keeps_time()
    here.deliver()
    assert chen.inbox[-1].text == "li回来了，红管家（西苑小区3号楼2单元）不用您代了。辛苦了。"
    assert "您的假期到了，代班结束，红管家（西苑小区3号楼2单元）的事又由您办。回复“我的任务”看手上的事。" in [
        message.text for message in staff.li.inbox
    ]
    assert chen.says("受理 1").startswith("没有找到这个编号的事")


def test_who_is_back_early_says_so_and_nothing_is_said_again_later(
    here: Neighbourhood, staff: Staff, chen: Person, wang: Person
) -> None:
    goes_away(staff)
    here.deliver()
    here.passes(hours=2)
    assert staff.li.says("我回来了").startswith("欢迎回来，代班已经结束")
    assert staff.li.says("我回来了") == "您现在没有请人代班，不用销假。"
    here.deliver()
    assert chen.inbox[-1].text.startswith("li回来了")
    told = len(chen.inbox)
    here.passes(days=6)
    here.keeps_time()
    here.deliver()
    assert not any("回来了" in message.text for message in chen.inbox[told:])


def test_time_and_person_can_be_changed(here: Neighbourhood, staff: Staff, chen: Person) -> None:
    goes_away(staff)
    assert staff.li.says("请假") == "您已经请假到 3月6日 23:59，由chen 红管家（西苑小区3号楼1单元）代班。"
    assert staff.li.labels == ["我回来了", "改时间或换人"]
    staff.li.says("换人")
    staff.li.says("一个星期")
    assert "由zhao 网格书记（第一网格）代班" in staff.li.presses("zhao 网格书记（第一网格）")
    posts = members.posts_of(here.session, member_id=chen.member_id, at=here.now)
    assert [post.label for post in posts] == ["西苑小区3号楼1单元"]


def test_where_nobody_stands_in_the_rung_above_is_told(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("请假")
    staff.li.says("一个星期")
    assert staff.li.says("没有人代") == (
        "好的，请假到 3月9日 23:59，已经告诉上一级您手上有 1 件事，没有人代班。"
    )
    here.deliver()
    assert staff.zhao.inbox[-1].text == (
        "红管家（西苑小区3号楼2单元） li请假到3月9日，没有人代班，手上有 1 件事。请关注，急事请另外安排。"
    )


def test_the_company_can_only_tell_the_community(here: Neighbourhood, staff: Staff) -> None:
    staff.qian.says("请假")
    assert staff.qian.says("明天").startswith("请假到 3月3日 23:59。同一个社区里现在没有能代班的人")
    staff.qian.says("1")
    here.deliver()
    assert staff.sun.inbox[-1].text.startswith("承办单位（安居物业） qian请假到3月3日，没有人代班")


def test_who_is_away_does_not_stand_in_for_others(here: Neighbourhood, staff: Staff, chen: Person) -> None:
    goes_away(staff)
    chen.says("请假")
    chen.says("明天")
    assert not any(label.startswith("li ") for label in chen.labels)


def test_who_stands_in_and_goes_away_too_passes_on_both(
    here: Neighbourhood, staff: Staff, chen: Person, wang: Person
) -> None:
    goes_away(staff)
    chen.says("请假")
    chen.says("一个星期")
    chen.presses("zhao 网格书记（第一网格）")
    lent = here.session.execute(
        select(Grant.ends_at, Grant.stands_in_for_id).where(
            Grant.member_id == staff.zhao.member_id, Grant.stands_in_for_id.is_not(None)
        )
    ).all()
    until = max(row.ends_at for row in lent)
    assert len(lent) == 2
    assert min(row.ends_at for row in lent) < until  # what was lent to her ends with that
    here.passes(days=1)
    assert "LN-2026-0001" in staff.zhao.says("我的任务")


@pytest.mark.parametrize(
    ("said", "answer"),
    [("昨天", "没看懂"), ("3月1日", "这个时间已经过去了"), ("2027年5月1日", "这个日期不行")],
)
def test_dates_that_cannot_be_are_asked_again(here: Neighbourhood, staff: Staff, said: str, answer: str) -> None:
    staff.li.says("请假")
    assert staff.li.says(said).startswith(answer)
    assert staff.li.says("明天").startswith("请假到 3月3日")


def test_residents_have_no_posts_to_be_away_from(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert "不用您办" not in wang.says("请假")
    staff.li.says("请假")
    assert staff.li.says("取消").startswith("好的，取消了。")
    assert here.session.scalars(select(Grant.id).where(Grant.stands_in_for_id.is_not(None))).all() == []
