"""清账: whoever holds what is overdue, and the rung above, are reminded, with one tap to act."""

from __future__ import annotations

import pytest

from models.rules.posts import Role, ScopeKind
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    """Two issues a day overdue, 1 with the steward, 2 with the secretary. Everybody has read what came before."""
    wang = here.person("wang")
    wang.reports("西苑小区3号楼2单元楼道灯坏了")
    wang.reports(ANOTHER)
    here.deliver()
    here.passes(days=8, hours=1)
    for person in (staff.li, staff.zhao, staff.sun, wang):
        person.inbox.clear()
    return wang


def test_the_desk_clears_and_each_gets_one_message(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.sun.says("清账") == (
        "您这里超期 2 件。现在提醒承办人和上一级吗？同一件事，同一个人一天只提醒一次。"
    )
    assert staff.sun.labels == ["提醒", "先看看", "先不提醒"]
    assert staff.sun.says("提醒") == (
        "已提醒 2 人，共 2 件。和您有关的：\n\n"
        "超期的有 1 件，请尽快办：\n2 门口的垃圾两天没人清 · 西苑小区5号楼，超 1 天，网格书记（第一网格）"
    )
    assert staff.sun.labels == ["督办 2"]
    here.deliver()
    (to_li,), (to_zhao,) = staff.li.inbox, staff.zhao.inbox
    assert to_li.text == "超期的有 1 件，请尽快办：\n1 楼道灯坏了 · 西苑小区3号楼2单元，超 1 天"
    assert [button.label for button in to_li.buttons] == ["答复 1"]
    assert to_zhao.text == (
        "超期的有 2 件，请尽快办：\n"
        "1 楼道灯坏了 · 西苑小区3号楼2单元，超 1 天，红管家（西苑小区3号楼2单元）\n"
        "2 门口的垃圾两天没人清 · 西苑小区5号楼，超 1 天"
    )
    assert [button.label for button in to_zhao.buttons] == ["督办 1", "答复 2"]
    assert (staff.sun.inbox, wang.inbox) == ([], [])
    staff.sun.says("清账")
    assert staff.sun.says("1") == "超期 2 件，今天都提醒过了，明天可以再提醒。"


def test_one_tap_answers_and_one_supervises(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.sun.says("清账")
    staff.sun.says("提醒")
    here.deliver()
    (to_li,), (to_zhao,) = staff.li.inbox, staff.zhao.inbox
    assert staff.li.presses("答复 1", on=to_li).startswith("LN-2026-0001“楼道灯坏了”办得怎么样？")
    asked = staff.zhao.presses("督办 1", on=to_zhao)
    assert asked.startswith("LN-2026-0001")
    staff.zhao.says("取消")
    assert staff.zhao.says("督办 1") == asked  # said as it is written on the button
    assert staff.zhao.says("答复 2").startswith("LN-2026-0002“门口的垃圾两天没人清”办得怎么样？")


def test_who_clears_own_issues_reads_them_in_the_reply(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("清账")
    assert staff.li.says("提醒").startswith("已提醒 1 人，共 1 件。和您有关的：\n\n超期的有 1 件")
    assert staff.li.says("答复 1").startswith("LN-2026-0001")
    here.deliver()
    assert (len(staff.li.inbox), len(staff.zhao.inbox)) == (0, 1)


def test_nothing_is_sent_before_somebody_says_so(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.zhao.says("清账")
    assert staff.zhao.says("先看看").startswith("超期：\nLN-2026-0001")
    staff.zhao.says("清账")
    assert staff.zhao.says("先不提醒") == "好，先不提醒。"
    here.deliver()
    assert staff.li.inbox == staff.sun.inbox == []


def test_where_nothing_is_overdue_there_is_nothing_to_clear(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    assert staff.zhao.says("清账") == "您这里没有超期的事。"
    assert staff.qian.says("清账") != "您这里没有超期的事。"  # not a unit's word


def test_on_mondays_whoever_has_it_by_then_is_reminded_by_the_clock(here: Neighbourhood, staff: Staff) -> None:
    here.keeps_time()  # from this Monday noon on the timetable counts
    here.person("wang").reports()
    for _ in range(20):
        here.passes(hours=20)
        here.keeps_time()
        here.deliver()
    reminded = [message for message in staff.sun.inbox if message.text.startswith("超期的有 1 件")]
    assert [message.text.rpartition("，")[2] for message in reminded] == ["刚超期", "超 7 天"]  # two Mondays
    assert [button.label for button in reminded[0].buttons] == ["答复 1"]


def test_on_a_monday_a_steward_with_nobody_above_is_reminded(here: Neighbourhood) -> None:
    here.keeps_time()
    li, wang = here.person("li"), here.person("wang")
    here.appoint(li, Role.STEWARD, ScopeKind.UNIT, here.ids.unit, "西苑小区3号楼2单元")
    wang.reports()
    li.says("受理 1")
    for _ in range(2):  # Monday at ten, when it is not overdue yet; the next at eight
        here.passes(days=6, hours=22)
        here.keeps_time()
        here.deliver()
    li.inbox.clear()
    here.passes(hours=1, minutes=5)
    here.keeps_time()
    here.deliver()
    (reminded,) = li.inbox
    assert reminded.text == "超期的有 1 件，请尽快办：\n1 楼道灯坏了一个星期 · 西苑小区3号楼2单元，超 6 天"
    assert li.presses("答复 1", on=reminded).startswith("LN-2026-0001")
    assert not [message for message in wang.inbox if message.text.startswith("超期")]


def test_where_the_posts_are_empty_somebody_is_asked_to_fill_them(here: Neighbourhood) -> None:
    here.person("wang").reports()  # it is put on the community's desk, where nobody is yet
    here.passes(days=8)
    li = here.person("li")
    here.appoint(li, Role.STEWARD, ScopeKind.UNIT, here.ids.unit, "西苑小区3号楼2单元")
    li.says("清账")
    assert li.says("提醒") == "超期 1 件，但是承办和上一级现在都没有人。请先补上人。"
