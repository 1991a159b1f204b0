"""网格书记 and above: dispatch, answer in writing, and where nobody is on a post, hear of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.rules.posts import Role, ScopeKind
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff

OUTCOMES = {
    "A": "LN-2026-0001 办好了：电梯修好了\n您满意吗？",
    "B": "LN-2026-0001 有进展：电梯修好了\n您满意吗？",
}


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports("西苑小区3号楼电梯坏了")
    here.deliver()
    return wang


def test_where_there_is_no_steward_the_grid_hears_of_it(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.li.inbox == []
    (order,) = staff.zhao.inbox
    assert order.text.startswith("新事项 LN-2026-0001 【电梯】西苑小区3号楼 · 电梯坏了")
    assert [b.label for b in order.buttons] == ["受理", "派单", "答复", "上报社区"]


@pytest.mark.parametrize("outcome", sorted(OUTCOMES))
def test_an_answer_says_how_it_stands(here: Neighbourhood, staff: Staff, wang: Person, outcome: str) -> None:
    assert staff.zhao.says("答复") == "LN-2026-0001“电梯坏了”办得怎么样？"
    assert staff.zhao.labels == ["已经解决", "已受理，正在办", "现在办不了，说明原因"]
    assert staff.zhao.says(outcome).startswith("请写给居民的答复")
    assert staff.zhao.says("电梯修好了。") == "LN-2026-0001 的答复已告知居民，等待评价。"
    here.deliver()
    assert wang.inbox[-1].text == OUTCOMES[outcome]


def test_what_cannot_be_done_needs_a_reason_and_who_could(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.zhao.says("答复 1")
    assert staff.zhao.says("3") == "为什么现在办不了？"
    assert staff.zhao.says("没钱吧").startswith("请从下面选一个来回复")
    assert staff.zhao.says("没有钱") == "谁可以决定这件事？比如：“区住建局”“业主大会”。"
    staff.zhao.says("业主大会。")
    assert staff.zhao.says("返回") == "谁可以决定这件事？比如：“区住建局”“业主大会”。"
    assert staff.zhao.says("业主大会").startswith("什么时候再看一次这件事？")
    assert staff.zhao.labels == ["一个月后", "三个月后"]
    assert staff.zhao.says("以后再说").startswith("没看懂")
    staff.zhao.says("5月1日")
    staff.zhao.says("要动维修资金")
    here.deliver()
    assert "原因：暂时没有资金；可以决定的是：业主大会。" in wang.inbox[-1].text
    assert here.issue().review_at == datetime(2026, 5, 1, 1, tzinfo=UTC)  # nine in the morning


def test_the_company_answers_with_a_photo(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.zhao.says("派单 1")
    staff.zhao.says("安居物业")
    here.deliver()
    assert [b.label for b in staff.qian.inbox[-1].buttons] == ["答复", "追问", "申请延期", "退单"]
    staff.qian.presses("答复", on=staff.qian.inbox[-1])
    staff.qian.says("1")
    assert staff.qian.sends_photo("换了门机") == "LN-2026-0001 的答复已告知居民，等待评价。"
    here.deliver()
    assert wang.inbox[-1].text == "LN-2026-0001 办好了：换了门机\n（附照片 1 张）\n您满意吗？"
    assert audit(here.session, at=here.now) == []


def test_the_secretary_may_take_an_issue_from_the_steward_to_assign_it(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    assert "交给谁办" in staff.zhao.says("派单 1")
    staff.zhao.says("1")
    here.deliver()
    assert staff.li.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）已交给承办单位（安居物业）办理。"
    assert staff.zhao.says("答复 1").startswith("这件事现在不能这样办")


def test_up_to_the_community_and_not_beyond_where_nobody_is(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.zhao.says("上报社区 1")
    assert "已转给社区（兰宁社区）" in staff.zhao.says("要跨网格")
    here.deliver()
    assert [b.label for b in staff.sun.inbox[-1].buttons] == ["受理", "派单", "答复"]
    staff.sun.says("上报 1")
    assert staff.sun.says("太难了").startswith("上面现在没有人能接")


def test_where_a_steward_is_missing_the_next_rung_holds_and_the_administrator_is_told(here: Neighbourhood) -> None:
    li, zhao, sun = here.person("li"), here.person("zhao"), here.person("sun")
    here.appoint(li, Role.STEWARD, ScopeKind.UNIT, here.ids.unit, "西苑小区3号楼2单元")
    here.appoint(zhao, Role.SECRETARY, ScopeKind.GRID, here.ids.grid, "第一网格")
    here.appoint(sun, Role.ADMINISTRATOR, ScopeKind.COMMUNITY, here.ids.community, "兰宁社区")
    from handlers.messages import Kind

    li.does(Kind.LEAVE)
    here.person("wang").reports()
    here.deliver()
    assert zhao.inbox[-1].text.startswith("新事项 LN-2026-0001")
    assert sun.inbox[-1].text == (
        "LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）本该由红管家（西苑小区3号楼2单元）承办，"
        "但没有人能收到消息，已转给网格书记（第一网格）。请尽快补上人。"
    )
    assert audit(here.session, at=here.now) == []
