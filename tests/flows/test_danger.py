"""A danger: the safety line first, and those who can help are alerted before anything is confirmed."""

from __future__ import annotations

import pytest

from tests.neighbourhood import Neighbourhood, Staff


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("闻到煤气味", "开窗"),
        ("楼道着火了", "119"),
        ("有人困在电梯里", "不要扒门"),
        ("墙砖掉下来砸到人", "绕开"),
        ("电线断了掉在地上", "不要碰"),
        ("水管爆了家里全是水", "总水阀"),
        ("楼上老人敲门没人应", "110"),
    ],
)
def test_the_first_line_is_what_to_do_now(here: Neighbourhood, words: str, line: str) -> None:
    answer = here.person("wang").says("西苑小区3号楼2单元" + words)
    assert answer.startswith("【先保安全】")
    assert line in answer.splitlines()[0]
    assert "这件事按紧急办理" in answer


def test_steward_grid_and_community_are_alerted_before_the_report_is_confirmed(
    here: Neighbourhood, staff: Staff
) -> None:
    here.person("wang").says("西苑小区3号楼2单元闻到煤气味")
    here.deliver()
    for person in (staff.li, staff.zhao, staff.sun):
        assert [m.text for m in person.inbox] == [
            "【危险提醒】西苑小区3号楼2单元：燃气。居民说：“西苑小区3号楼2单元闻到煤气味”。"
            "请马上联系现场，并确认已经报警或抢修。"
        ]


def test_the_same_danger_is_told_once_an_hour_but_a_corrected_place_at_once(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says("西苑小区3号楼2单元闻到煤气味")
    wang.says("味道很大")
    here.deliver()
    assert len(staff.zhao.inbox) == 1
    wang.says("修改")
    wang.says("地点")
    wang.says("西苑小区5号楼1单元")
    here.deliver()
    assert staff.zhao.inbox[-1].text.startswith("【危险提醒】西苑小区5号楼1单元：燃气")
    assert len(staff.zhao.inbox) == 2


def test_where_the_place_is_missing_the_safety_line_comes_before_the_question(
    here: Neighbourhood, staff: Staff
) -> None:
    wang = here.person("wang")
    asked = wang.says("闻到煤气味")
    assert asked.startswith("【先保安全】")
    assert asked.endswith("在哪个小区？")
    wang.says("1")
    here.deliver()
    assert staff.sun.inbox[-1].text.startswith("【危险提醒】西苑小区：燃气")


def test_a_danger_told_in_the_second_sentence_alerts_too(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says("西苑小区3号楼2单元楼道有怪味")
    assert wang.says("好像是煤气味").startswith("【先保安全】")
    here.deliver()
    assert "【危险提醒】" in staff.li.inbox[-1].text


def test_the_report_goes_on_and_is_urgent(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says("西苑小区3号楼2单元闻到煤气味")
    assert "最晚今天 14:00 前与您联系，明天 12:00 前答复您" in wang.says("1")
