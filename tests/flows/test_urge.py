"""催办 and 督办: raisers urge once a day, who is above says what is expected."""

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


def test_who_urges_is_told_who_hears_it_and_when_again(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert wang.says("催一下") == (
        "已经替您催了 LN-2026-0001，红管家（西苑小区3号楼2单元）和网格书记（第一网格）都会收到。"
        "还没有动静，明天 12:00 以后可以再催。"
    )
    here.deliver()
    assert staff.li.inbox[-1].text == (
        "居民催办 LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期），期限 3月9日。"
        "请尽快办，或回复“答复 1”告诉居民进展。"
    )
    assert [b.label for b in staff.li.inbox[-1].buttons] == ["受理", "当场办结", "转物业", "上报网格"]
    assert staff.zhao.inbox[-1].text == (
        "居民催办 LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期），"
        "现在由红管家（西苑小区3号楼2单元）承办，期限 3月9日。请关注。"
    )
    assert [b.label for b in staff.zhao.inbox[-1].buttons] == ["督办"]
    assert audit(here.session, at=here.now) == []


def test_once_a_day_is_enough(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.says("催办 1")
    here.passes(hours=23)
    assert wang.says("催办").startswith("今天已经催过了")
    here.passes(hours=1)
    assert wang.says("催办").startswith("已经替您催了")
    here.deliver()
    assert sum(message.text.startswith("居民催办") for message in staff.li.inbox) == 2


def test_of_several_which_one_is_asked(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.reports("西苑小区3号楼2单元没水了")
    assert wang.says("催办") == "要催哪一件？"
    assert wang.says("取消").startswith("好的，取消了")
    wang.says("催办")
    assert wang.says("2").startswith("已经替您催了 LN-2026-0002")


def test_nobody_urges_what_is_not_theirs_or_is_answered(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    stranger = here.person("stranger")
    assert stranger.says("催办 1").startswith("没有找到这个编号的事")
    assert stranger.says("催办").startswith("您现在没有正在办的事，不用催")
    assert staff.zhao.says("催办 1").startswith("这件事现在不能这样办")
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡，灯亮了")
    assert wang.says("催办 1").startswith("这件事现在不能这样办")


def test_who_is_above_says_what_is_expected(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.says("催办 1")
    here.deliver()
    assert staff.zhao.presses("督办", on=staff.zhao.inbox[-1]) == (
        "LN-2026-0001“楼道灯坏了一个星期”要承办人怎么做、什么时候做好？请写一句。"
    )
    assert staff.zhao.sends_photo().startswith("还差一句话")
    assert staff.zhao.says("今天换好") == "督办 LN-2026-0001 的话已告诉红管家（西苑小区3号楼2单元）。"
    here.deliver()
    assert staff.li.inbox[-1].text == (
        "上级督办 LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）：今天换好。期限 3月9日。"
    )
    assert staff.li.inbox[-1].buttons[0].label == "受理"
    assert "督办：今天换好" in staff.li.says("LN-2026-0001")
    assert "今天换好" not in wang.says("1")
    assert "催办" in wang.last.text
    assert audit(here.session, at=here.now) == []


def test_only_above_supervises_the_street_too(
    here: Neighbourhood, staff: Staff, offices: Offices, wang: Person
) -> None:
    assert staff.li.says("督办 1").startswith("这一项要由红管家或工作人员来办")
    assert wang.says("督办 1").startswith("这一项要由红管家或工作人员来办")
    staff.li.says("上报 1")
    staff.li.says("线路老化")
    assert staff.zhao.says("督办 1").startswith("这件事现在不能这样办")  # it is with the secretary now
    assert staff.zhao.says("督办") == "现在没有要您督办的事。"
    assert offices.wu.says("督办").endswith("请写一句。")
    assert offices.wu.says("取消").startswith("好的，取消了")
    assert offices.wu.says("督办 1").endswith("请写一句。")
    assert offices.wu.says("三天内办好") == "督办 LN-2026-0001 的话已告诉网格书记（第一网格）。"
