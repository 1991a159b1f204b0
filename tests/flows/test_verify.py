"""评事 in chat: the follow-up group and the raisers look, and say whether the standard is met."""

from __future__ import annotations

import pytest

from models.rules.resolution_workflow import ResolutionState
from services.audit import audit
from tests.agreement import Agreement, agreed
from tests.neighbourhood import Neighbourhood, Person, Staff

QUESTION = "决议2026-1 增设充电桩：在3号楼东侧装三个充电桩。\n标准：三个充电桩都能用。\n您看达到了吗？"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def chen(here: Neighbourhood) -> Person:
    chen = here.person("chen")
    chen.says("你好")
    return chen


@pytest.fixture
def made(here: Neighbourhood, staff: Staff, wang: Person, chen: Person) -> Agreement:
    """Said to be done; chen is of the follow-up group."""
    made = agreed(here, staff, issues=[here.issue()], follow_up=[chen])
    made.enters_force()
    assert wang.says("评事") == "现在没有等您评的事。"
    staff.qian.says("决议")
    staff.qian.says("1")
    staff.qian.says("说做完了")
    here.deliver()
    return made


def test_the_follow_up_group_says_yes_and_the_raiser_no(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person, made: Agreement
) -> None:
    asked = chen.inbox[-1]
    assert asked.text == (
        "“增设充电桩”，负责的人说做完了，请您去看看：在3号楼东侧装三个充电桩。标准：三个充电桩都能用。达到了吗？"
    )
    assert chen.presses("达到标准", on=asked) == "记下了，谢谢您去看。等别的人也看过，就告诉您结果。"
    assert wang.presses("没有", on=wang.inbox[-1]) == "哪里没有达到？请写一句，会告诉负责的人。"
    assert wang.sends_photo().startswith("还差一句话")
    assert wang.says("只有两个能用。") == "记下了，谢谢您去看。负责的人会知道哪里没有做到，结果会告诉您。"
    staff.zhao.says("决议")
    assert staff.zhao.says("1").endswith("评事：问了 2 人，达到 1 人，没有 1 人（只有两个能用）")
    here.passes(days=6)
    here.keeps_time()
    here.deliver()
    assert made.stands(ResolutionState.ACCEPTED)
    assert any(
        each.text == "决议“增设充电桩”评下来没有达到标准：只有两个能用。请接着办。" for each in staff.qian.inbox
    )
    assert wang.presses("达到标准", on=asked_of(wang)).startswith("这个决议现在是“落实中”，不能这样做")
    assert audit(here.session, at=here.now) == []


def test_who_is_asked_sees_what_was_noted_last_with_its_photos(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    agreed(here, staff, issues=[here.issue()], follow_up=[chen]).enters_force()
    for words, photos in (("打了地基", 1), ("装好了三个，接好了电。", 2), ("线也收好了", 0)):
        staff.qian.says("决议")
        staff.qian.says("1")
        staff.qian.says("记进展")
        staff.qian.says(words, photos=photos)
    staff.qian.says("决议")
    staff.qian.says("1")
    here.deliver()
    chen.inbox.clear()
    wang.inbox.clear()
    staff.qian.says("说做完了")
    here.deliver()
    (to_chen,), (to_wang,) = chen.inbox, wang.inbox
    noted = "标准：三个充电桩都能用。最近的进展：线也收好了（附照片 2 张）。"
    assert to_chen.text.endswith(f"{noted}达到了吗？")
    assert to_wang.text.endswith(f"{noted}您看达到了吗？")
    assert len(to_chen.photos) == 2
    assert to_chen.photos == to_wang.photos
    assert "\n最近的进展：线也收好了（附照片 2 张）。\n" in wang.says("评事")
    assert wang.last.photos == to_wang.photos


def test_from_the_menu_and_the_last_word_counts(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person, made: Agreement
) -> None:
    assert wang.says("评事") == QUESTION
    assert wang.labels == ["达到标准", "没有"]
    wang.says("2")
    wang.says("只有两个能用")
    assert wang.says("评事") == "现在没有等您评的事。"
    assert wang.presses("达到标准", on=asked_of(wang)) == "记下了，谢谢您去看。等别的人也看过，就告诉您结果。"
    chen.says("评事")
    assert chen.says("1") == "记下了，谢谢您去看。都说达到了标准，这件事办完了。"
    assert made.stands(ResolutionState.DONE)
    assert audit(here.session, at=here.now) == []


def test_who_is_asked_about_two_chooses_one(
    here: Neighbourhood, staff: Staff, chen: Person, made: Agreement
) -> None:
    agreed(here, staff, title="清理楼道", held=made.meeting, follow_up=[chen]).enters_force()
    staff.qian.says("决议")
    staff.qian.says("2")
    staff.qian.says("说做完了")
    assert chen.says("评事") == "评哪一件？"
    assert chen.labels == ["决议2026-1 增设充电桩", "决议2026-2 清理楼道"]
    assert chen.says("1") == QUESTION


def test_who_was_not_asked_says_nothing(here: Neighbourhood, staff: Staff, made: Agreement) -> None:
    for person in (staff.qian, staff.zhao, staff.li, here.person("stranger")):
        assert person.says("评事") == "现在没有等您评的事。"


def asked_of(person: Person):  # type: ignore[no-untyped-def]
    return next(each for each in person.inbox if "您看达到了吗" in each.text)
