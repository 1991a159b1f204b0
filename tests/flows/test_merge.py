"""并案、撤销并案、我的不一样: two issues that are one matter, with the evidence shown, and back again."""

from __future__ import annotations

import pytest

from models.rules.issue_workflow import State
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def liu(here: Neighbourhood, wang: Person) -> Person:
    """She says that hers is another one; it is the same lamp."""
    here.passes(days=1)
    liu = here.person("liu")
    liu.reports("西苑小区3号楼2单元楼道太黑，灯不亮")
    here.deliver()
    return liu


def puts_together(staff: Staff) -> str:
    staff.li.says("并案 2")
    staff.li.says("1")
    staff.li.presses("留 1 楼道灯坏了一个星期")
    return staff.li.says("确定并案")


def test_what_looks_like_the_same_is_offered_with_the_evidence(
    here: Neighbourhood, staff: Staff, wang: Person, liu: Person
) -> None:
    assert staff.li.says("并案 2") == (
        "LN-2026-0002“灯不亮”（西苑小区3号楼2单元）和哪一件是同一件事？\n"
        "1 楼道灯坏了一个星期 · 西苑小区3号楼2单元（同一个单元，都说到“楼道灯”，反映的时间相近）\n"
        "请选一件，也可以写另一件的编号。"
    )
    assert staff.li.labels == ["1 楼道灯坏了一个星期"]
    assert staff.li.says("1") == (
        "LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "　“西苑小区3号楼2单元楼道灯坏了一个星期了没人管”\n"
        "　3月2日反映，1 人，已收到\n"
        "LN-2026-0002 【照明】西苑小区3号楼2单元 · 灯不亮\n"
        "　“西苑小区3号楼2单元楼道太黑，灯不亮”\n"
        "　3月3日反映，1 人，已收到\n"
        "相同：同一个单元；都说到“楼道灯”；反映的时间相近。\n"
        "合到哪一件里接着办？一般留先反映的那件。"
    )
    assert staff.li.labels == ["留 1 楼道灯坏了一个星期", "留 2 灯不亮"]


def test_everybody_hears_with_what_it_was_joined_and_why(
    here: Neighbourhood, staff: Staff, wang: Person, liu: Person
) -> None:
    due = here.issue(1).landing_due
    assert puts_together(staff) == (
        "LN-2026-0002 已并进 LN-2026-0001，已告诉 1 位居民和承办人。弄错了可以撤销，两件都会恢复原样。"
    )
    assert staff.li.labels == ["撤销并案", "核户"]
    here.deliver()
    assert liu.inbox[-1].text == (
        "LN-2026-0002（灯不亮）和 LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）说的是同一件事，"
        "已合在一起办。\n"
        "合并依据：同一个单元、都说到“楼道灯”、反映的时间相近。\n"
        "以后的进展、评价都照样告诉您。如果不是一回事，请回复“我的不一样”。"
    )
    assert [b.label for b in liu.inbox[-1].buttons] == ["我的不一样"]
    assert (here.issue(2).state, here.issue(1).landing_due) == (State.MERGED, due)
    assert staff.li.says("并案 2").startswith("2 已并入 LN-2026-0001，一起办：")
    assert audit(here.session, at=here.now) == []


def test_the_old_number_opens_what_it_went_into(
    here: Neighbourhood, staff: Staff, wang: Person, liu: Person
) -> None:
    puts_together(staff)
    shown = liu.says("2")
    assert shown.startswith("2 已并入 LN-2026-0001，一起办：\nLN-2026-0001 【照明】")
    assert "“西苑小区3号楼2单元楼道太黑，灯不亮”" in shown  # her own words, not her neighbour's
    assert "没人管" not in shown
    assert liu.says("LN-2026-0002").startswith("LN-2026-0002 已并入 LN-2026-0001")
    assert here.person("stranger").says("2").startswith("没有找到这个编号的事")


def test_each_is_answered_and_rates_for_themselves(
    here: Neighbourhood, staff: Staff, wang: Person, liu: Person
) -> None:
    puts_together(staff)
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.deliver()
    for raiser in (wang, liu):
        assert raiser.inbox[-1].text == "LN-2026-0001 办好了：换了灯泡\n您满意吗？"
    assert liu.says("满意").startswith("谢谢您的评价")
    assert wang.says("不满意") == "哪里没解决？请说一句，我们重新办理。"
    assert audit(here.session, at=here.now) == []


def test_a_number_written_by_hand_is_compared_all_the_same(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    here.person("chen").reports("西苑小区5号楼垃圾两天没人清")
    assert staff.sun.says("并案 2").startswith("没有找到和 LN-2026-0002“垃圾两天没人清”（西苑小区5号楼）像的事。")
    assert staff.sun.says("随便").startswith("请写另一件的编号")
    assert staff.sun.says("99").startswith("没有找到这个编号的事")
    assert staff.sun.says("2").startswith("这两个编号是同一件事。")
    shown = staff.sun.says("1")
    assert "相同：同一个小区；都是3月2日反映的。" in shown
    assert "不同：楼号不一样；一件说到“垃圾”，另一件说到“楼道灯”；一件归为环境卫生，一件归为照明。" in shown
    staff.sun.says("1")
    assert staff.sun.says("不合并") == "好的，没有合并。"
    assert here.issue(1).state is State.RECEIVED


def test_what_others_are_in_already_goes_on_and_nothing_else_is_asked(
    here: Neighbourhood, staff: Staff, wang: Person, liu: Person
) -> None:
    puts_together(staff)
    here.passes(hours=1)
    here.person("ma").reports("西苑小区3号楼2单元楼道灯坏了")
    staff.li.says("并案 1")
    shown = staff.li.says("3")
    assert "里面已经并入 1 件" in shown
    assert "把 LN-2026-0003 并进 LN-2026-0001 一起办" in shown
    assert staff.li.labels == ["确定并案", "不合并"]
    assert "已并进 LN-2026-0001" in staff.li.says("1")
    assert staff.li.says("进度 1").count("并进来一起办") == 2


def test_undoing_restores_both_as_they_were(here: Neighbourhood, staff: Staff, wang: Person, liu: Person) -> None:
    staff.li.says("受理 2")
    before = {serial: (here.issue(serial).state, here.issue(serial).landing_due) for serial in (1, 2)}
    puts_together(staff)
    assert staff.li.says("撤销并案 2").splitlines() == [
        "2 已并入 LN-2026-0001，一起办：",
        "把 LN-2026-0002“灯不亮”从 LN-2026-0001 里分出来，恢复到合并以前的样子，期限也不变。确定吗？",
    ]
    assert staff.li.says("1") == (
        "LN-2026-0002 已恢复：已受理，由红管家（西苑小区3号楼2单元）承办，已告诉居民和承办人。"
    )
    assert {serial: (here.issue(serial).state, here.issue(serial).landing_due) for serial in (1, 2)} == before
    here.deliver()
    assert liu.inbox[-1].text == (
        "LN-2026-0002（灯不亮）已和 LN-2026-0001 分开，单独办理，"
        "由红管家（西苑小区3号楼2单元）承办，3月10日前答复您。"
    )
    assert staff.li.says("撤销并案") == "现在没有并过案的事。"
    assert staff.li.says("撤销并案 1") == "这一件里没有并入别的事。"
    assert audit(here.session, at=here.now) == []


def test_a_double_tap_does_it_once(here: Neighbourhood, staff: Staff, wang: Person, liu: Person) -> None:
    staff.li.says("并案 2")
    staff.li.says("1")
    staff.li.says("1")
    sure = staff.li.last
    staff.li.presses("确定并案", on=sure)
    assert staff.li.presses("确定并案", on=sure).startswith("这个按钮已经过时了")
    assert staff.li.says("进度 1").count("并进来一起办") == 1


def test_cancelling_changes_nothing(here: Neighbourhood, staff: Staff, wang: Person, liu: Person) -> None:
    staff.li.says("并案 2")
    staff.li.says("1")
    assert staff.li.says("取消").startswith("好的，取消了。")
    assert [here.issue(serial).state for serial in (1, 2)] == [State.RECEIVED, State.RECEIVED]


def test_raisers_and_the_company_do_not_merge(here: Neighbourhood, staff: Staff, wang: Person, liu: Person) -> None:
    assert wang.says("并案 1").startswith("这一项要由红管家或工作人员来办")
    assert staff.qian.says("并案 1").startswith("没有找到这个编号的事")
    assert here.issue(1).state is State.RECEIVED


def test_mine_is_different_brings_the_old_number_back(
    here: Neighbourhood, staff: Staff, wang: Person, liu: Person
) -> None:
    puts_together(staff)
    here.deliver()
    assert liu.presses("我的不一样", on=liu.inbox[-1]) == (
        "“西苑小区3号楼2单元楼道太黑，灯不亮”要从 LN-2026-0001“楼道灯坏了一个星期”里分出来单独办吗？"
        "反映的时间还是3月3日，不会耽误。"
    )
    assert liu.says("分开办") == (
        "已经分开，编号 LN-2026-0002，由红管家（西苑小区3号楼2单元）承办，3月10日前答复。反映的时间还是3月3日。"
    )
    assert liu.says("我的不一样") == "现在没有和别人合在一起办的事。"
    here.deliver()
    assert staff.li.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）里的 LN-2026-0002（灯不亮）已分出去单独办理。"
    assert audit(here.session, at=here.now) == []


def test_who_joined_and_is_different_gets_a_number_of_her_own_with_her_own_time(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    chen = here.person("chen")
    here.passes(hours=5)
    chen.says("西苑小区3号楼2单元楼道灯不亮")
    chen.says("同意，我说的就是这件，一起跟进")
    here.deliver()
    told = here.now
    here.passes(days=2)
    assert chen.says("我的不一样").startswith("“西苑小区3号楼2单元楼道灯不亮”要从 LN-2026-0001")
    assert chen.says("还是一起办") == "好的，还是一起办，有进展都会告诉您。"
    chen.says("我的不一样 1")
    assert chen.says("1").startswith("已经分开，编号 LN-2026-0002，")
    assert here.issue(2).first_reported_at < told
    assert here.issue(1).first_reported_at < here.issue(2).first_reported_at
    assert audit(here.session, at=here.now) == []


def test_staff_choose_whose_report_is_different(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    chen = here.person("chen")
    chen.says("西苑小区3号楼2单元楼道灯不亮")
    chen.says("同意，我说的就是这件，一起跟进")
    assert staff.li.says("我的不一样 1") == "LN-2026-0001“楼道灯坏了一个星期”里，哪一位说的不一样？"
    assert len(staff.li.labels) == 2
    staff.li.says("2")
    assert staff.li.says("1").startswith("已经分开，编号 LN-2026-0002，")
    here.deliver()
    assert chen.inbox[-1].text.startswith("LN-2026-0002 已收到：【照明】西苑小区3号楼2单元")
    assert audit(here.session, at=here.now) == []


def test_the_only_one_cannot_be_split_and_nobody_elses_can(
    here: Neighbourhood, staff: Staff, wang: Person, liu: Person
) -> None:
    assert wang.says("我的不一样 1").startswith("这件事只有这一位居民反映，不用分开。")
    assert wang.says("我的不一样 2").startswith("没有找到这个编号的事")
    puts_together(staff)
    assert wang.says("我的不一样").startswith("“西苑小区3号楼2单元楼道灯坏了一个星期了没人管”要从")
