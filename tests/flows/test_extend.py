"""申请延期: once, with a reason, decided by the rung above; the raisers hear the new date and why."""

from __future__ import annotations

import pytest

from services.audit import audit
from tests.flows.offices import Offices
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    return wang


def asks(here: Neighbourhood, who: Person, *, why: str = "要等配件", until: str = "2") -> str:
    who.says("申请延期 1")
    who.says(why)
    said = who.says(until)
    here.deliver()
    return said


def test_more_time_is_asked_for_and_granted_with_one_tap(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.li.says("申请延期") == (
        "LN-2026-0001“楼道灯坏了一个星期”现在的期限是3月9日。为什么要延期？请写一句，同意后居民会看到。"
    )
    assert staff.li.says("要等配件。") == "延到什么时候？请选一个，也可以写日期，比如“3月15日”。"
    assert staff.li.labels == ["延 3 天（到3月12日）", "延 7 天（到3月16日）", "延 15 天（到3月24日）"]
    assert staff.li.says("7天") == (
        "LN-2026-0001 申请延到3月16日，已请网格书记（第一网格）决定，有了结果马上告诉您。决定以前，期限不变。"
    )
    here.deliver()
    request = staff.zhao.inbox[-1]
    assert request.text == (
        "LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）红管家（西苑小区3号楼2单元）申请延期到3月16日，"
        "原因：要等配件。原来的期限是3月9日。同意吗？"
    )
    assert [(b.label, b.say) for b in request.buttons] == [
        ("同意延期", "同意延期 1"),
        ("不同意延期", "不同意延期 1"),
    ]
    before = here.issue().landing_due
    assert staff.zhao.presses("同意延期", on=request) == (
        "已同意，LN-2026-0001 的期限改到3月16日，承办人和居民都会收到原因和新的日期。"
    )
    assert (here.issue().landing_due - before).days == 7
    here.deliver()
    assert staff.li.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）同意延期，新的期限是3月16日。"
    assert wang.inbox[-1].text == (
        "LN-2026-0001（楼道灯坏了一个星期）要多花些时间，期限改到3月16日，原因：要等配件。"
    )
    assert "期限改到3月16日，原因：要等配件" in wang.says("1")
    assert audit(here.session, at=here.now) == []


def test_who_refuses_says_why_and_the_limit_stays(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asks(here, staff.li)
    before = here.issue().landing_due
    heard = len(wang.inbox)
    assert staff.zhao.says("2") == "为什么不同意？请写一句，承办人会看到。"
    assert staff.zhao.sends_photo().startswith("还差一句话")
    assert staff.zhao.says("配件店里有") == "好的，没有同意，LN-2026-0001 的期限还是3月9日，已告诉承办人。"
    here.deliver()
    assert staff.li.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）没有同意延期：配件店里有。期限还是3月9日。"
    assert len(wang.inbox) == heard
    assert here.issue().landing_due == before
    assert asks(here, staff.li).startswith("LN-2026-0001 申请延到3月16日")  # a refused one may be repeated
    assert audit(here.session, at=here.now) == []


def test_any_date_may_be_written_that_is_not_too_far(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("申请延期 1")
    staff.li.says("要等配件")
    for said, hint in (
        ("尽快", "没看懂这个日期"),
        ("3月1日", "这个时间已经过去了"),
        ("3月5日", "这个日期不行：要在今天以后，也不能超过 30 天"),  # earlier than the limit it has
        ("明年3月1日", "这个日期不行"),
    ):
        assert staff.li.says(said).startswith(hint)
        assert staff.li.last.text.endswith("延到什么时候？请选一个，也可以写日期，比如“3月15日”。")
    assert staff.li.says("3月20号").startswith("LN-2026-0001 申请延到3月20日，已请网格书记")


def test_it_is_extended_once(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asks(here, staff.li)
    assert staff.li.says("申请延期 1").startswith("这件事已经申请过延期")
    request = staff.zhao.inbox[-1]
    staff.zhao.presses("同意延期", on=request)
    assert staff.li.says("申请延期 1").startswith("这件事已经申请过延期")
    assert "申请延期" not in (staff.li.says("1"), *staff.li.labels)
    assert "已经延过一次期。" in staff.li.last.text


def test_of_two_taps_the_second_finds_it_decided(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asks(here, staff.li)
    request = staff.zhao.inbox[-1]
    staff.zhao.presses("同意延期", on=request)
    for label in ("同意延期", "不同意延期"):
        assert staff.zhao.presses(label, on=request).startswith("LN-2026-0001 没有等着决定的延期申请")


def test_what_waits_to_be_decided_stands_among_the_tasks(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asks(here, staff.li)
    assert staff.zhao.says("我的任务").startswith("等您决定要不要延期的 1 件：\nLN-2026-0001 【照明】")
    staff.zhao.says("1")
    assert "申请延期到3月16日，等上一级决定，原因：要等配件" in staff.zhao.last.text
    assert "审批延期" in staff.zhao.labels
    assert staff.zhao.presses("审批延期") == (
        "LN-2026-0001“楼道灯坏了一个星期”红管家（西苑小区3号楼2单元）申请延到3月16日，原因：要等配件。"
        "现在的期限是3月9日。同意吗？"
    )
    assert staff.zhao.says("再说吧").startswith("请从下面选一个来回复")
    assert staff.zhao.says("1").startswith("已同意")
    assert staff.zhao.says("我的任务") == "您手上现在没有事，也没有要上门告知的。"


def test_whoever_is_above_decides_and_nobody_else(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    asks(here, staff.li)
    assert staff.li.says("同意延期 1").startswith("这一项要由红管家或工作人员来办")
    assert wang.says("同意延期 1").startswith("这一项要由红管家或工作人员来办")
    assert offices.zhou.says("审批延期 1").startswith("没有找到这个编号的事")
    assert offices.wu.says("审批延期").endswith("现在的期限是3月9日。同意吗？")
    assert offices.wu.says("取消").startswith("好的，取消了")
    assert staff.sun.says("审批延期 1").endswith("同意吗？")
    assert staff.sun.says("同意").startswith("已同意")
    assert staff.zhao.says("审批延期") == "没有等您决定的延期申请。"


def test_where_nobody_is_above_it_is_said_before_anything_is_asked(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    for who in (staff.li, staff.zhao, staff.sun):
        who.says("上报 1")
        who.says("管不了")
    assert offices.wu.says("申请延期 1").startswith("LN-2026-0001 上面现在没有人能批延期")


def test_only_the_holder_asks(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.zhao.says("申请延期 1").startswith("这件事现在不能这样办")
    assert staff.zhao.says("申请延期") == "您手上没有可以延期的事。"
    assert wang.says("申请延期 1").startswith("这一项要由红管家或工作人员来办")
    staff.li.says("申请延期 1")
    staff.li.says("要等配件")
    assert staff.li.says("返回").startswith("LN-2026-0001“楼道灯坏了一个星期”现在的期限是3月9日")
    assert staff.li.says("取消").startswith("好的，取消了")
    assert "申请延期" in (staff.li.says("1"), *staff.li.labels)
