"""答复, 当场办结: the answer says what was done, and speaks to each matter that was named."""

from __future__ import annotations

import pytest

from models.rules.issue_workflow import State
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff

SEVERAL = "西苑小区3号楼2单元：1、楼道灯不亮 2、单元门关不上 3、门口垃圾没人清"
FORM = (
    "居民一共说了这几件，您的答复都说到了吗？\n"
    "① 西苑小区3号楼2单元：楼道灯不亮\n"
    "② 西苑小区3号楼2单元：单元门关不上\n"
    "③ 西苑小区3号楼2单元：门口垃圾没人清\n"
    "每一条都要答复到才能发出去。少说了哪一条，直接补一句；都说到了就选“都答复了”，也可以一条一条勾。"
)


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.says(SEVERAL)
    if "合成一件" in wang.labels:
        wang.says("合成一件")
    wang.says("1")
    wang.says("以后再说")
    here.deliver()
    return wang


@pytest.mark.parametrize("hollow", ["已处理", "已经解决。", "收到，尽快处理", "👍 好的"])
def test_an_answer_that_says_nothing_is_sent_back_with_a_hint(
    here: Neighbourhood, staff: Staff, hollow: str
) -> None:
    here.person("wang").reports()
    staff.li.says("当场办结 1")
    staff.li.sends_photo()
    here.passes(minutes=1)
    assert staff.li.says(hollow) == (
        "这样写居民还是不知道办了什么。请写清楚：做了什么，结果怎么样，比如“换了灯泡，灯亮了”。"
    )
    assert here.issue().state is State.RECEIVED
    assert staff.li.says("换了灯泡").startswith("LN-2026-0001 已办结")
    here.deliver()
    assert len(here.phones["wang"][-1].photos) == 1  # the photo was not lost


def test_with_one_matter_there_is_nothing_to_tick(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("当场办结 1")
    assert staff.li.says("修好了").startswith("LN-2026-0001 已办结")


def test_several_matters_are_ticked_before_the_answer_leaves(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("当场办结 1")
    assert staff.li.says("灯换了，门修了，垃圾清走了") == FORM
    assert staff.li.labels == [
        "都答复了",
        "① 楼道灯不亮",
        "② 单元门关不上",
        "③ 门口垃圾没人清",
        "发给居民",
    ]
    assert staff.li.says("都答复了").startswith("LN-2026-0001 已办结")
    here.deliver()
    assert wang.inbox[-1].text == "LN-2026-0001 办好了：灯换了，门修了，垃圾清走了\n您满意吗？"
    assert audit(here.session, at=here.now) == []


def test_single_ticks_toggle_and_what_is_missing_is_named(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("当场办结 1")
    staff.li.says("灯换了，门修了")
    assert "① ✓ 西苑小区3号楼2单元：楼道灯不亮" in staff.li.says("①")
    assert "① 西苑小区3号楼2单元：楼道灯不亮" in staff.li.says("1")
    staff.li.says("1")
    staff.li.says("2")
    assert staff.li.says("发给居民").startswith(
        "居民说的 “西苑小区3号楼2单元：门口垃圾没人清” 还没有答复到。请把这一条也写上，再勾选。\n居民一共说了这几件"
    )
    assert here.issue().state is State.RECEIVED
    assert staff.li.says("垃圾也清了").startswith("补上了。\n居民一共说了这几件")
    assert staff.li.says("3").endswith("都勾上了，请选“发给居民”。")
    assert staff.li.says("发给居民").startswith("LN-2026-0001 已办结")
    here.deliver()
    assert wang.inbox[-1].text == "LN-2026-0001 办好了：灯换了，门修了\n垃圾也清了\n您满意吗？"


def test_the_form_takes_more_photos_and_can_be_cancelled(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("当场办结 1")
    staff.li.says("灯换了，门修了，垃圾清了")
    assert staff.li.sends_photo().startswith("补上了。")
    assert staff.li.says("取消").startswith("好的，取消了。")
    assert here.issue().state is State.RECEIVED
    staff.li.says("当场办结 1")
    staff.li.says("灯换了，门修了，垃圾清了")
    staff.li.sends_photo()
    staff.li.says("都答复了")
    here.deliver()
    assert len(wang.inbox[-1].photos) == 1


def test_a_matter_that_a_neighbour_adds_meanwhile_is_asked_for_too(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("答复 1")
    staff.li.says("A")
    chen = here.person("chen")
    chen.says("西苑小区3号楼2单元楼道灯不亮，另外单元门也关不上")
    while "同意，我说的就是这件，一起跟进" not in chen.labels:
        chen.says("合成一件" if "合成一件" in chen.labels else "1")
    chen.says("同意，我说的就是这件，一起跟进")
    assert "单元门也关不上" in staff.li.says("换了灯泡")
    staff.li.says("门轴也上了油")
    assert staff.li.says("都答复了") == "LN-2026-0001 的答复已告知居民，等待评价。"
    here.deliver()
    assert chen.inbox[-1].text == "LN-2026-0001 办好了：换了灯泡\n门轴也上了油\n您满意吗？"


def test_what_cannot_be_done_says_when_it_is_looked_at_again(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    for words in ("答复 1", "C", "暂时没有资金", "业主大会"):
        staff.li.says(words)
    assert staff.li.says("去年").startswith("没看懂这个日期")
    assert staff.li.says("2月1日").startswith("这个时间已经过去了")
    assert staff.li.says("三个月后").startswith("请写给居民的答复")
    assert staff.li.says("要换整栋楼的线路，得动维修资金") == "LN-2026-0001 的答复已告知居民，等待评价。"
    assert here.issue().review_at is not None
    here.deliver()
    assert "原因：暂时没有资金；可以决定的是：业主大会" in wang.inbox[-1].text
    assert audit(here.session, at=here.now) == []


def test_whoever_does_not_hold_it_cannot_answer(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    for person in (staff.zhao, staff.sun):
        assert person.says("答复 1").startswith("这件事现在不能这样办")
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    assert staff.li.says("当场办结 1").startswith("这件事刚才已经办过这一步了")
