"""退单 and 指定牵头: who gives it back says why and who should do it; after two the community names who must."""

from __future__ import annotations

import pytest

from services.audit import audit
from tests.flows.offices import Offices
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff, offices: Offices) -> Person:
    """王's report is with the property company."""
    wang = here.person("wang")
    wang.reports()
    staff.li.says("转物业 1")
    staff.li.says("安居物业")
    here.deliver()
    return wang


def declines(here: Neighbourhood, who: Person, *, why: str, proposed: str) -> str:
    who.says("退单 1")
    who.says(why)
    said = who.says(proposed)
    here.deliver()
    return said


def declined_twice(here: Neighbourhood, staff: Staff, offices: Offices) -> None:
    declines(here, staff.qian, why="是街面的线", proposed="城管执法中队")
    staff.zhao.says("派单 1")
    staff.zhao.says("城管执法中队")
    here.deliver()
    declines(here, offices.zhou, why="我们不修灯。", proposed="供电公司")


def test_what_is_declined_goes_up_with_the_reason_and_who_should_do_it(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    heard = len(wang.inbox)
    staff.qian.presses("退单", on=staff.qian.inbox[-1])
    assert staff.qian.last.text == "LN-2026-0001“楼道灯坏了一个星期”为什么不该由您办？请说一句。"
    assert staff.qian.says("是街面的线") == "那该由谁办？请选一个，不在里面就写单位名称。"
    assert staff.qian.labels == ["城管执法中队", "供热公司", "消防救援站"]  # not the company itself
    assert staff.qian.says("1") == "LN-2026-0001 已退给网格书记（第一网格），原因和您建议的单位都写上了。"
    here.deliver()
    assert staff.zhao.inbox[-1].text == (
        "退回到您这里的事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "原因：是街面的线。建议由城管执法中队办理。\n请在3月9日前答复居民。"
    )
    assert [b.label for b in staff.zhao.inbox[-1].buttons] == ["受理", "派单", "答复", "上报社区"]
    assert staff.li.inbox[-1].text == (
        "LN-2026-0001（楼道灯坏了一个星期）被退回：是街面的线。建议由城管执法中队办理。"
        "现在由网格书记（第一网格）接着安排。"
    )
    assert len(wang.inbox) == heard  # raisers hear who has it, not who had rather not
    assert audit(here.session, at=here.now) == []


def test_a_unit_that_is_not_in_the_list_is_written(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    declines(here, staff.qian, why="是高压线", proposed="供电公司")
    assert "建议由供电公司办理" in staff.zhao.inbox[-1].text


def test_who_gives_it_to_the_next_sees_who_was_proposed_first(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    declines(here, staff.qian, why="是街面的线", proposed="消防救援站")
    assert staff.zhao.says("派单 1") == (
        "LN-2026-0001“楼道灯坏了一个星期”交给谁办？\n安居物业退过：是街面的线，建议由消防救援站办。"
    )
    assert staff.zhao.labels == ["消防救援站", "城管执法中队", "供热公司", "安居物业", "先写一句交代"]


def test_after_the_second_the_community_names_who_must_do_it(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    declined_twice(here, staff, offices)
    order = staff.sun.inbox[-1]
    assert "已经退回两次了，请指定一个单位牵头，指定后不能再退。" in order.text
    assert [b.label for b in order.buttons] == ["指定牵头", "受理", "派单", "答复"]
    assert staff.sun.presses("指定牵头", on=order) == (
        "LN-2026-0001“楼道灯坏了一个星期”由哪个单位牵头？指定后这个单位不能再退。\n"
        "城管执法中队退过：我们不修灯，建议由供电公司办。\n安居物业退过：是街面的线，建议由城管执法中队办。"
    )
    assert staff.sun.says("安居物业") == "LN-2026-0001 已指定安居物业牵头，不能再退，已告诉居民和安居物业。"
    here.deliver()
    assert staff.qian.inbox[-1].text == (
        "社区指定您单位牵头 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "这件事不能再退回。请在3月9日前答复居民。"
    )
    assert [b.label for b in staff.qian.inbox[-1].buttons] == ["答复", "追问", "申请延期"]
    assert wang.inbox[-1].text == (
        "LN-2026-0001（楼道灯坏了一个星期）社区已指定由承办单位（安居物业）牵头办理，3月9日前答复您。"
    )
    assert audit(here.session, at=here.now) == []


def test_who_was_named_cannot_decline_and_is_told_what_to_do_instead(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    declined_twice(here, staff, offices)
    staff.sun.says("指定牵头")
    staff.sun.says("安居物业")
    assert staff.qian.says("退单 1").startswith("社区已经指定由安居物业牵头，不能退回")
    assert "退单" not in (staff.qian.says("1"), *staff.qian.labels)
    staff.zhao.says("派单 1")
    assert staff.zhao.says("消防救援站").startswith("社区已经指定由安居物业牵头")


def test_where_nobody_can_be_written_to_another_is_chosen(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    declined_twice(here, staff, offices)
    staff.sun.says("指定牵头 1")
    said = staff.sun.says("供热公司")
    assert said.startswith("供热公司现在没有人能收到消息")
    assert "由哪个单位牵头？" in said
    assert staff.sun.says("消防救援站").startswith("LN-2026-0001 已指定消防救援站牵头")


def test_a_word_of_instruction_goes_along_and_the_raisers_do_not_read_it(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    declines(here, staff.qian, why="是街面的线", proposed="消防救援站")
    staff.zhao.says("派单 1")
    assert staff.zhao.says("先写一句交代") == "要交代承办单位什么？请写一句，居民看不到。"
    assert staff.zhao.sends_photo().startswith("还差一句话")
    assert "（会带上您的话：“今晚就去看看”）" in staff.zhao.says("今晚就去看看")
    assert staff.zhao.labels == ["消防救援站", "城管执法中队", "供热公司", "安居物业"]
    assert staff.zhao.says("1") == "LN-2026-0001 已交给消防救援站，已告诉居民。"
    here.deliver()
    assert offices.zheng.inbox[-1].text == (
        "派给您的事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "交代：今晚就去看看\n请在3月9日前答复居民。"
    )
    assert "今晚就去看看" not in wang.inbox[-1].text
    assert "交给承办单位（消防救援站）办理：今晚就去看看" in offices.zheng.says("LN-2026-0001")
    assert "今晚就去看看" not in wang.says("1")


def test_only_who_has_it_gives_it_back(here: Neighbourhood, staff: Staff, offices: Offices, wang: Person) -> None:
    assert staff.li.says("退单 1").startswith("这件事现在不能这样办")
    assert staff.li.says("退单") == "您手上没有可以退的事。"
    assert staff.zhao.says("退单 1").startswith("这一项要由红管家或工作人员来办")
    assert staff.zhao.says("指定牵头 1").startswith("这一项要由红管家或工作人员来办")
    assert offices.zhou.says("退单 1").startswith("没有找到这个编号的事")
    assert staff.sun.says("指定牵头").startswith("您手上没有要指定牵头单位的事")


def test_pressed_twice_it_is_declined_once(here: Neighbourhood, staff: Staff, offices: Offices, wang: Person) -> None:
    order = staff.qian.inbox[-1]
    declines(here, staff.qian, why="是街面的线", proposed="城管执法中队")
    assert staff.qian.presses("退单", on=order).startswith("没有找到这个编号的事")
    assert here.issue().declines == 1


def test_who_thinks_better_of_it_keeps_it(here: Neighbourhood, staff: Staff, offices: Offices, wang: Person) -> None:
    staff.qian.says("退单 1")
    assert staff.qian.sends_photo().startswith("还差一句话")
    staff.qian.says("是街面的线")
    assert staff.qian.says("返回").endswith("为什么不该由您办？请说一句。")
    staff.qian.says("取消")
    assert (here.issue().state, here.issue().declines) == ("in_progress", 0)
