"""建议议事 and 提交议事: a steward suggests, the secretary proposes it to a meeting."""

from __future__ import annotations

import pytest

from models.rules.issue_workflow import Level
from services.audit import audit
from tests.council import council
from tests.flows.offices import Offices
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports("西苑小区3号楼2单元门口车位乱停，进不去")
    here.deliver()
    return wang


@pytest.fixture
def number(here: Neighbourhood, wang: Person) -> str:
    assert here.issue().category == "parking"
    return f"LN-2026-0001“{here.issue().summary}”"


@pytest.fixture
def met(here: Neighbourhood, staff: Staff) -> None:
    """People meet at every level."""
    for level in Level:
        council(here, staff, level=level)


@pytest.mark.usefixtures("met")
def test_a_steward_suggests_and_the_secretary_proposes_it(
    here: Neighbourhood, staff: Staff, wang: Person, number: str
) -> None:
    heard = len(wang.inbox)
    assert staff.li.says("建议议事") == f"{number}为什么要大家一起商量？请说一句。"
    assert staff.li.sends_photo().startswith("还差一句话")
    assert staff.li.says("车位怎么分要大家定。") == (
        "已把您的建议告诉网格书记（第一网格），由他们决定要不要提交议事。LN-2026-0001 照常办理。"
    )
    here.deliver()
    assert staff.zhao.inbox[-1].text.endswith("有人建议大家一起商量：车位怎么分要大家定")
    assert len(wang.inbox) == heard
    assert staff.zhao.presses("提交议事", on=staff.zhao.inbox[-1]) == f"{number}提交哪一级商量？"
    assert staff.zhao.labels == ["楼道会", "小区议事会", "社区议事会"]
    assert staff.zhao.says("开会").startswith("请从下面选一个来回复")
    assert staff.zhao.says("小区议事会") == "LN-2026-0001 已提交小区议事会，已告诉居民。列上议程后会再告诉他们。"
    here.deliver()
    assert wang.inbox[-1].text.endswith(
        "要大家一起商量，已提交小区议事会。现在等着上会，最近一次会是3月16日 12:00 西苑小区议事会，列上议程会通知。"
    )
    assert (here.issue().state, here.issue().level) == ("to_deliberate", "compound")
    assert "提交小区议事会商量" in wang.says("1")
    assert "车位怎么分" not in wang.last.text
    assert audit(here.session, at=here.now) == []


@pytest.mark.usefixtures("met")
def test_what_is_no_matter_for_a_meeting_needs_a_reason(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.reports()
    staff.zhao.says("提交议事 2")
    assert staff.zhao.says("1") == "这类事一般由承办单位办，不用开会。一定要提交，请写一句原因，居民也会看到。"
    assert staff.zhao.sends_photo().startswith("还差一句话")
    assert staff.zhao.says("要换成声控灯").startswith("LN-2026-0002 已提交楼道会")
    here.deliver()
    assert "说明：要换成声控灯。" in wang.inbox[-1].text


def test_where_neighbours_meet_already_only_these_levels_are_offered(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    council(here, staff)
    staff.zhao.says("提交议事 1")
    assert staff.zhao.labels == ["小区议事会"]
    assert staff.zhao.says("社区议事会").startswith("这里还没有设社区议事会，没有会可开。请从有会的里面选一个。")
    assert staff.zhao.says("随便").startswith("请从下面选一个来回复")
    council(here, staff, level=Level.CORRIDOR)
    staff.zhao.says("提交议事 1")
    assert staff.zhao.labels == ["楼道会", "小区议事会"]
    wang.reports("西苑小区5号楼门口车位乱停，进不去")
    staff.zhao.says("提交议事 2")
    assert staff.zhao.labels == ["小区议事会"]


def test_where_nobody_meets_nothing_is_handed_over(here: Neighbourhood, staff: Staff, number: str) -> None:
    assert staff.zhao.says("提交议事 1").startswith(f"{number}还不能提交：这里哪一级都还没有设会")
    assert staff.zhao.labels == ["议事会"]
    assert staff.zhao.presses("议事会") == "哪一个？"
    assert here.issue().state == "received"


@pytest.mark.usefixtures("met")
def test_proposed_twice_it_is_proposed_once(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("建议议事 1")
    staff.li.says("要大家定")
    here.deliver()
    suggested = staff.zhao.inbox[-1]
    staff.zhao.presses("提交议事", on=suggested)
    staff.zhao.says("2")
    assert staff.zhao.presses("提交议事", on=suggested).startswith("这件事刚才已经办过这一步了")
    assert staff.li.says("建议议事 1").startswith("这件事现在不能这样办")
    assert staff.li.says("建议议事") == "您这里现在没有可以建议商量的事。"


@pytest.mark.usefixtures("met")
def test_a_level_that_was_not_chosen_after_all(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.zhao.says("提交议事 1")
    assert staff.zhao.says("取消").startswith("好的，取消了")
    assert here.issue().state == "received"


@pytest.mark.usefixtures("met")
def test_who_may_do_which(here: Neighbourhood, staff: Staff, offices: Offices, wang: Person) -> None:
    for who, word in ((wang, "建议议事"), (staff.zhao, "建议议事"), (staff.li, "提交议事"), (offices.wu, "提交议事")):
        assert who.says(f"{word} 1").startswith("这一项要由红管家或工作人员来办")
    assert staff.sun.says("提交议事").endswith("提交哪一级商量？")
