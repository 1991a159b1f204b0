"""代报: a steward tells for a neighbour without a phone, and the answer is brought to the door."""

from __future__ import annotations

import pytest

from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def li(staff: Staff) -> Person:
    li = staff.li
    assert li.says("代报") == "替谁反映？请写称呼，最好带门牌，比如：“501 王大爷”。"
    assert li.says("501 王大爷") == "501 王大爷反映什么事？请用一句话说在哪里、什么事，可以附照片。"
    return li


def test_from_the_door_and_back_to_the_door(here: Neighbourhood, staff: Staff, li: Person) -> None:
    assert li.says("家里暖气不热") == "替501 王大爷反映：\n【供暖】西苑小区3号楼2单元 · 家里暖气不热\n对吗？"
    assert li.labels == ["本人同意，提交", "修改", "不提交"]
    receipt = li.says("1")
    assert receipt.startswith("已替501 王大爷登记，编号 LN-2026-0001。\n")
    assert "告诉了就回复“已当面告知”" in receipt
    here.deliver()
    tasks = li.says("我的任务")
    assert "要上门告知：LN-2026-0001 西苑小区3号楼2单元 501 王大爷\n请告诉本人：“LN-2026-0001 已收到" in tasks
    assert li.says("已当面告知") == "好的，LN-2026-0001 记为已当面告知。辛苦了。"
    li.says("当场办结 1")
    assert li.says("放了气，热了") == (
        "LN-2026-0001 已办结，已告知居民，等待评价。\n501 王大爷收不到消息，请当面告诉，告诉了就回复“已当面告知”。"
    )
    here.deliver()
    here.passes(days=8)
    here.keeps_time()
    here.deliver()
    assert here.issue().state == "answered"  # he does not know yet
    assert "LN-2026-0001 办好了：放了气，热了" in li.says("我的任务")
    assert li.says("已当面告知 1") == "好的，LN-2026-0001 记为已当面告知。辛苦了。"
    here.passes(hours=7)
    here.keeps_time()
    assert here.issue().state == "closed"
    assert audit(here.session, at=here.now) == []


def test_who_it_is_is_asked_until_there_is_a_name(staff: Staff) -> None:
    staff.li.says("代报")
    assert staff.li.sends_photo().count("替谁反映") == 1
    assert staff.li.says("王大爷").startswith("王大爷反映什么事")


def test_a_photo_may_come_first(li: Person) -> None:
    assert li.sends_photo().startswith("照片收到了")
    assert "照片 1 张" in li.says("家里暖气不热")


def test_it_can_be_told_anew_or_dropped(li: Person) -> None:
    li.says("家里暖气不热")
    assert li.says("修改").startswith("501 王大爷反映什么事")
    assert "【照明】" in li.says("楼道灯坏了")
    assert li.says("不提交") == "好的，没有提交。有事随时再说。"


def test_a_secretary_has_no_building_of_their_own_and_is_asked_where(staff: Staff) -> None:
    staff.zhao.says("代报")
    staff.zhao.says("门口的李师傅")
    assert staff.zhao.says("垃圾没清") == "在哪个小区？"
    assert "替门口的李师傅反映：\n【环境卫生】西苑小区 · 垃圾没清" in staff.zhao.says("1")


def test_a_danger_is_told_before_anything_else(here: Neighbourhood, staff: Staff, li: Person) -> None:
    assert li.says("家里闻到煤气味").startswith("【先保安全】")
    here.deliver()
    assert staff.zhao.inbox[-1].text.startswith("【危险提醒】西苑小区3号楼2单元：燃气")
    assert li.inbox == []  # who tells it need not be told


def test_residents_do_not_report_for_others(here: Neighbourhood) -> None:
    assert here.person("wang").says("代报") == "在哪个小区？"  # to them it is a word like any other
