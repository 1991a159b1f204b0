"""挂账, 恢复办理 and 作废: what cannot be done now, and what is no matter at all."""

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


def shelves(here: Neighbourhood, staff: Staff, until: str = "三个月后") -> str:
    staff.li.says("受理 1")
    for words in ("挂账 1", "暂时没有资金", "要动维修资金。"):
        staff.zhao.says(words)
    said = staff.zhao.says(until)
    here.deliver()
    return said


def test_it_is_shelved_for_a_reason_and_until_a_day_that_the_raiser_reads(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    staff.li.says("受理 1")
    assert staff.zhao.says("挂账") == "LN-2026-0001“楼道灯坏了一个星期”为什么现在办不了？"
    assert staff.zhao.labels == ["不归社区管", "暂时没有资金", "要业主表决", "要等其他单位", "要等季节"]
    assert staff.zhao.says("没批").startswith("请从下面选一个来回复")
    assert staff.zhao.says("没有钱") == "请写一两句给居民：为什么现在办不了，缺什么。"
    assert staff.zhao.sends_photo().startswith("还差一句话")
    assert staff.zhao.says("要动维修资金。").startswith("什么时候再看一次？")
    assert staff.zhao.labels == ["一个月后", "三个月后", "半年后"]
    assert staff.zhao.says("三个月") == (
        "LN-2026-0001 已挂账，6月2日再看，原因和日期已告诉居民。提前能办了，请回复“恢复办理”。"
    )
    here.deliver()
    assert wang.inbox[-1].text == (
        "LN-2026-0001（楼道灯坏了一个星期）现在还办不了：要动维修资金（暂时没有资金）。"
        "先记在账上，6月2日再看一次，到时告诉您。"
    )
    assert "挂账，红管家（西苑小区3号楼2单元），6月2日再看\n" in wang.says("进度")
    assert "挂账：要动维修资金（暂时没有资金），6月2日再看" in wang.says("1")
    assert audit(here.session, at=here.now) == []


def test_the_day_may_be_written_and_must_be_to_come(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert shelves(here, staff, "等通知").startswith("没看懂这个日期")
    assert staff.zhao.says("2月20日").startswith("这个时间已经过去了")
    assert staff.zhao.says("四月十五号").startswith("LN-2026-0001 已挂账，4月15日再看")


def test_on_the_day_it_goes_on_by_itself(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    shelves(here, staff, "3月20日")
    here.passes(days=18)
    here.keeps_time()
    here.deliver()
    assert here.issue().state == "accepted"
    (order,) = [message for message in staff.li.inbox if message.text.startswith("挂账的 LN-2026-0001")]
    assert [b.label for b in order.buttons] == ["当场办结", "转物业", "上报网格"]


def test_it_can_be_done_after_all(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.zhao.says("恢复办理") == "现在没有挂账的事。"
    shelves(here, staff)
    staff.zhao.says("1")
    assert staff.zhao.labels[0] == "恢复办理"
    assert staff.zhao.presses("恢复办理") == (
        "LN-2026-0001 已恢复办理，由红管家（西苑小区3号楼2单元）接着办，已告诉居民。"
    )
    here.deliver()
    assert wang.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）重新开始办了，由红管家（西苑小区3号楼2单元）承办。"
    assert staff.zhao.says("恢复办理 1").startswith("这件事刚才已经办过这一步了")
    assert audit(here.session, at=here.now) == []


def test_what_nobody_took_up_cannot_be_shelved(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.zhao.says("挂账 1").startswith("这件事现在不能这样办")
    assert staff.zhao.says("挂账") == "现在没有可以挂账的事。先受理了，才能挂账。"
    shelves(here, staff)
    assert staff.sun.says("挂账 1").startswith("这件事刚才已经办过这一步了")


def test_void_is_asked_twice_because_the_raiser_reads_it(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.zhao.says("作废") == "LN-2026-0001“楼道灯坏了一个星期”为什么作废？请写一句，居民会看到。"
    assert staff.zhao.sends_photo().startswith("还差一句话")
    assert staff.zhao.says("试用时发的。") == (
        "确定作废 LN-2026-0001“楼道灯坏了一个星期”吗？作废后不能恢复，居民会看到原因：“试用时发的”。"
    )
    assert staff.zhao.says("等等").startswith("请从下面选一个来回复")
    assert staff.zhao.says("不作废") == "好的，没有作废，LN-2026-0001 照常办理。"
    assert here.issue().state == "received"
    staff.zhao.says("作废 1")
    staff.zhao.says("试用时发的。")
    assert staff.zhao.says("确定") == "LN-2026-0001 已作废，原因已告诉居民。"
    here.deliver()
    assert wang.inbox[-1].text == (
        "LN-2026-0001（楼道灯坏了一个星期）不再办理，原因：试用时发的。有不同意见请回复“人工”。"
    )
    assert staff.zhao.says("作废 1").startswith("这件事刚才已经办过这一步了")
    assert "作废：试用时发的" in wang.says("1")
    assert audit(here.session, at=here.now) == []


def test_what_was_taken_up_is_answered_and_not_voided(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("受理 1")
    assert staff.zhao.says("作废 1").startswith("这件事现在不能这样办")
    assert staff.zhao.says("作废") == "现在没有可以作废的事。已经受理的，请写答复来办结。"


def test_only_secretary_and_community_shelve_and_void(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    for who in (wang, staff.li, staff.qian, offices.wu):
        for word in ("挂账", "恢复办理", "作废"):
            assert who.says(f"{word} 1").startswith(("这一项要由红管家或工作人员来办", "没有找到这个编号的事"))
