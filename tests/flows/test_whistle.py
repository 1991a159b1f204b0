"""吹哨报到: units are called, arrive, help, and report to the lead, who answers the raisers."""

from __future__ import annotations

import pytest

from services.audit import audit
from tests.flows.offices import Offices
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff, offices: Offices) -> Person:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    return wang


def whistles(here: Neighbourhood, who: Person, *units: str, when: str = "明天下午3点", why: str = "一起查线路") -> str:
    who.says("吹哨 1")
    for unit in units:
        who.says(unit)
    who.says("好了")
    who.says(when)
    said = who.says(why)
    here.deliver()
    return said


def test_units_are_chosen_one_by_one_and_taken_back(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    question = "LN-2026-0001“楼道灯坏了一个星期”叫哪些单位来协助？一个一个选，选完回复“好了”。"
    silent = "\n收不到消息、要线下联系的：供热公司"
    assert staff.zhao.says("吹哨 1") == question + silent
    assert staff.zhao.labels == ["城管执法中队", "消防救援站", "安居物业", "好了"]
    assert staff.zhao.says("好了").startswith("还没有选单位")
    staff.zhao.says("1")
    assert staff.zhao.says("消防救援站") == question + "\n已选：城管执法中队、消防救援站（再选一次就去掉）" + silent
    assert staff.zhao.labels == ["✓ 城管执法中队", "✓ 消防救援站", "安居物业", "好了"]
    staff.zhao.says("1")
    assert staff.zhao.labels == ["城管执法中队", "✓ 消防救援站", "安居物业", "好了"]
    assert staff.zhao.says("好了").startswith("要他们什么时候前到？")
    assert staff.zhao.labels == ["一小时内", "今天 18:00 前", "明天 18:00 前"]
    assert staff.zhao.says("返回").startswith(question)
    assert staff.zhao.says("取消").startswith("好的，取消了")
    here.deliver()
    assert offices.zheng.inbox == []


def test_who_is_called_hears_it_and_so_do_the_raisers(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    assert whistles(here, staff.zhao, "城管执法中队", "消防救援站") == (
        "已给城管执法中队、消防救援站吹哨，请在明天 15:00 前到场（LN-2026-0001）。"
        "牵头的还是红管家（西苑小区3号楼2单元），已告诉居民。"
    )
    for unit in (offices.zhou, offices.zheng):
        (order,) = unit.inbox
        assert order.text.startswith(
            "【吹哨】请来协助 LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）：一起查线路。请在3月3日 15:00"
        )
        assert order.text.endswith("牵头的是红管家（西苑小区3号楼2单元）。")
        assert [(b.label, b.say) for b in order.buttons] == [("报到", "报到 1"), ("协办结果", "协办结果 1")]
    assert wang.inbox[-1].text.startswith("LN-2026-0001（楼道灯坏了一个星期）已请城管执法中队、消防救援站到场一起办")
    page = wang.says("1")
    assert "请城管执法中队、消防救援站到场一起办，3月3日 15:00 前到" in page
    assert "一起查线路" not in page
    assert audit(here.session, at=here.now) == []


def test_a_helper_arrives_helps_and_tells_the_lead(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    whistles(here, staff.zhao, "城管执法中队")
    heard = len(wang.inbox)
    assert offices.zhou.says("1") == (
        "LN-2026-0001 已记下您到场，牵头的红管家（西苑小区3号楼2单元）知道了。办完请回复“协办结果”。"
    )
    assert offices.zhou.presses("协办结果") == (
        "LN-2026-0001“楼道灯坏了一个星期”：你们做了什么、结果怎样？请写一两句（可附照片）。"
    )
    assert offices.zhou.sends_photo() == "照片收到了，还可以接着发。请再用一两句话说明做了什么。"
    assert offices.zhou.says("配电箱换好了。") == (
        "LN-2026-0001 的协办结果已告诉红管家（西苑小区3号楼2单元），由他们答复居民。辛苦了。"
    )
    here.deliver()
    arrived, result = staff.li.inbox[-2:]
    assert arrived.text == "城管执法中队已到场，协助 LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）。"
    assert result.text == (
        "城管执法中队协助 LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）的结果："
        "配电箱换好了（照片 1 张）。请答复居民。"
    )
    assert (len(result.photos), result.buttons[1].label) == (1, "当场办结")
    assert len(wang.inbox) == heard  # the lead answers
    assert audit(here.session, at=here.now) == []


def test_what_a_helper_has_to_do_stands_among_the_tasks(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    assert offices.zhou.says("1").startswith("没有找到这个编号的事")
    whistles(here, staff.zhao, "城管执法中队")
    assert offices.zhou.says("我的任务").startswith("请您协助的 1 件：\nLN-2026-0001 【照明】西苑小区3号楼2单元")
    offices.zhou.presses("1 楼道灯坏了一个星期")
    assert offices.zhou.labels == ["报到", "协办结果"]
    assert "协助：城管执法中队，还没有到，明天 15:00 前要到" in offices.zhou.last.text
    offices.zhou.presses("报到")
    offices.zhou.says("1")
    here.passes(days=2)
    offices.zhou.says("LN-2026-0001")
    assert offices.zhou.labels == ["协办结果"]
    offices.zhou.says("协办结果")
    offices.zhou.says("换好了")
    assert offices.zhou.says("我的任务") == "您手上现在没有事，也没有要上门告知的。"
    assert "协助：城管执法中队，3月2日" in staff.li.says("LN-2026-0001")
    assert "到场，结果：换好了" in staff.li.last.text


def test_who_comes_late_is_noted_as_late(here: Neighbourhood, staff: Staff, offices: Offices, wang: Person) -> None:
    whistles(here, staff.zhao, "城管执法中队", when="一小时内")
    here.passes(hours=2)
    assert "还没有到，今天 13:00 前要到（已晚）" in staff.li.says("LN-2026-0001")
    offices.zhou.says("报到")
    here.deliver()
    assert staff.li.inbox[-1].text.endswith("（比约定的晚）。")
    assert offices.zhou.says("报到 1").startswith("这件事刚才已经办过这一步了")
    assert offices.zhou.says("报到") == "没有等您报到的事。"


def test_the_time_may_be_written_and_must_be_to_come(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    staff.zhao.says("吹哨 1")
    staff.zhao.says("1")
    staff.zhao.says("好了")
    assert staff.zhao.says("马上来").startswith("没看懂这个日期")
    assert staff.zhao.says("今天上午9点").startswith("这个时间已经过去了")
    assert staff.zhao.says("一小时内") == "请他们来做什么？请写一句。"
    here.passes(hours=3)
    assert staff.zhao.says("一起查线路").startswith("要他们什么时候前到？")  # it has passed meanwhile
    assert staff.zhao.labels == ["一小时内", "今天 18:00 前", "明天 18:00 前"]
    here.passes(hours=5)
    staff.zhao.says("两小时内")
    assert "请在明天 0:0" not in staff.zhao.says("一起查线路")
    assert here.issue().state == "received"


def test_nobody_is_called_twice(here: Neighbourhood, staff: Staff, offices: Offices, wang: Person) -> None:
    whistles(here, staff.zhao, "城管执法中队")
    staff.zhao.says("吹哨 1")
    assert staff.zhao.labels == ["消防救援站", "安居物业", "好了"]
    staff.zhao.says("取消")
    whistles(here, staff.sun, "消防救援站", "安居物业")
    assert staff.sun.says("吹哨 1") == (
        "LN-2026-0001 没有可以叫的单位：都叫过了，或者还没有登记。供热公司现在没有人能收到消息，请先线下联系。"
    )


def test_only_a_secretary_and_above_call_and_only_the_called_arrive(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    assert staff.li.says("吹哨 1").startswith("这一项要由红管家或工作人员来办")
    assert wang.says("报到 1").startswith("这一项要由红管家或工作人员来办")
    whistles(here, offices.wu, "城管执法中队")
    assert [len(unit.inbox) for unit in (offices.zhou, offices.zheng)] == [1, 0]
    assert offices.zheng.says("报到 1").startswith("没有找到这个编号的事")
    assert offices.zheng.says("协办结果") == "没有等您写协办结果的事。"
