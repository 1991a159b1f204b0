"""我要反映: from one sentence to a number, with as few questions as can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.audit import audit
from tests.neighbourhood import ANOTHER, SENTENCE, Neighbourhood, Staff, with_steward


def test_a_place_that_is_missing_is_asked_and_nothing_else(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert wang.says("楼道灯坏了") == "在哪个小区？"
    assert wang.labels == ["西苑小区", "文化局家属院", "其他地方"]
    assert "【照明】文化局家属院 · 楼道灯坏了" in wang.says("2")


def test_a_place_elsewhere_is_told_in_words(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    assert "哪个小区、几号楼、几单元" in wang.says("其他")
    assert "【照明】文化局家属院1号楼 · 楼道灯坏了" in wang.says("文化局家属院1号楼")


def test_a_place_nobody_knows_is_asked_again_with_what_there_is(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    assert "没有找到" in wang.says("月亮湾")
    assert wang.labels == ["西苑小区", "文化局家属院", "其他地方"]
    wang.says("3号楼1单元")
    assert "【照明】西苑小区3号楼1单元" in wang.says("西苑小区")


def test_who_has_a_home_need_not_say_where(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("1")
    wang.says("是")
    assert "【电梯】西苑小区3号楼2单元 · 电梯坏了" in wang.says("我们单元电梯坏了")
    wang.says("不提交")
    assert "【环境卫生】文化局家属院" in wang.says("文化局家属院门口垃圾没清")


def test_the_home_is_asked_once_and_another_matter_instead_of_an_answer_is_heard(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    assert "您住在西苑小区3号楼2单元吗" in wang.says("1")
    assert "【电梯】西苑小区3号楼" in wang.says("西苑小区3号楼电梯坏了")
    receipt = wang.says("提交")
    assert "LN-2026-0002" in receipt
    assert wang.labels == []


def test_what_is_neither_an_answer_nor_a_matter_gets_the_question_again(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("1")
    assert wang.says("这个嘛") == (
        "请从下面选一个来回复；不想办了就回复“取消”。\n您住在西苑小区3号楼2单元吗？记下来，下次就不用再说地点了。"
    )
    assert wang.labels == ["是", "不是", "以后再说"]


@pytest.mark.parametrize(
    ("choice", "question", "answer", "shown"),
    [
        ("改地点", "请说一下地方", "西苑小区5号楼1单元", "【照明】西苑小区5号楼1单元 · 楼道灯坏了一个星期"),
        ("改地点", "请说一下地方", "5号楼1单元", "【照明】西苑小区5号楼1单元 · 楼道灯坏了一个星期"),
        ("改类别", "应该算哪一类", "电梯", "【电梯】西苑小区3号楼2单元 · 楼道灯坏了一个星期"),
        ("重新说", "请重新说一遍", "西苑小区3号楼2单元水管漏水", "【供水排水】西苑小区3号楼2单元 · 水管漏水"),
    ],
)
def test_each_part_of_the_card_can_be_changed(
    here: Neighbourhood, choice: str, question: str, answer: str, shown: str
) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    assert wang.says("不对") == "要改哪一样？"
    assert question in wang.says(choice)
    assert shown in wang.says(answer)
    assert wang.says("同意").startswith("已收到，编号 LN-2026-0001")


def test_a_category_nobody_knows_is_answered_with_those_there_are(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("修改")
    wang.says("类别")
    assert "供水排水、用电" in wang.says("喵")
    assert "【停车】" in wang.says("停车")


def test_what_is_not_submitted_is_nobodys_business(here: Neighbourhood) -> None:
    li, _ = with_steward(here)
    wang = here.person("wang")
    wang.says(SENTENCE)
    assert wang.says("3") == "好的，没有提交。有事随时再说。"
    here.deliver()
    assert li.inbox == []
    assert wang.says("进度").startswith("您现在没有正在办的事")


def test_words_after_the_card_are_added_to_it(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    assert "【照明】西苑小区3号楼2单元" in wang.says("晚上老人容易摔")
    wang.says("提交")
    wang.says("3")
    opened = wang.says("LN-2026-0001")
    assert "“西苑小区3号楼2单元楼道灯坏了一个星期了没人管\n晚上老人容易摔”" in opened


def test_the_menu_word_begins_a_report_too(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert wang.says("我要反映") == "请用一句话说说：在哪里、什么事？可以附照片。"
    assert wang.says("你好").startswith("您好，我是小区的着落助手")
    assert "【照明】" in wang.says(SENTENCE)


def test_consent_is_asked_once_and_again_when_its_words_change(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert "保存您的聊天账号标识" in wang.says(SENTENCE)
    wang.says("同意并提交")
    wang.says("以后再说")
    assert wang.says(ANOTHER).endswith("对吗？")
    assert wang.labels == ["提交", "修改", "不提交"]
    wang.says("不提交")
    here.house = replace(here.house, rules=replace(here.house.rules, consent_version="2027-01"))
    assert "保存您的聊天账号标识" in wang.says(ANOTHER)
    assert wang.labels[0] == "同意并提交"


def test_in_telegram_consent_says_that_words_go_abroad(here: Neighbourhood) -> None:
    assert "会经过境外" in here.person("wang", platform="telegram").says(SENTENCE)


def test_a_fourth_report_within_the_hour_is_kept_as_a_draft(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    for _ in range(3):
        wang.reports()
    wang.says(ANOTHER)
    refused = wang.says("提交")
    assert "一小时最多提交 3 件" in refused
    assert "这一件还没有提交" in refused
    assert "回复“继续”接着说" in refused
    here.passes(minutes=61)
    wang.says("继续")
    assert "LN-2026-0004" in wang.says("提交")
    here.deliver()
    assert audit(here.session, at=here.now) == []


@pytest.mark.parametrize("words", ["", "   ", "😀", "。。。", "？！"])
def test_what_says_nothing_is_asked_for_words(here: Neighbourhood, words: str) -> None:
    assert here.person("wang").says(words).startswith("没有看到文字")


def test_a_very_long_tale_is_taken_as_far_as_people_can_read(here: Neighbourhood) -> None:
    wang = here.person("wang")
    card = wang.says("西苑小区3号楼2单元水管漏水，" + "一直漏个不停，" * 1000)
    assert "【供水排水】西苑小区3号楼2单元" in card
    assert len(card) < 300
    assert "编号 LN-2026-0001" in wang.says("1")


def test_a_story_with_little_pictures_keeps_them(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("西苑小区3号楼2单元楼道灯坏了👨‍👩‍👧，怕🏃")
    wang.says("1")
    wang.says("3")
    assert "“西苑小区3号楼2单元楼道灯坏了👨‍👩‍👧，怕🏃”" in wang.says("LN-2026-0001")


def test_a_correction_on_the_card_is_taken_for_one(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    assert "【照明】西苑小区5号楼1单元 · 楼道灯坏了一个星期" in wang.says("说错了，是5号楼1单元")
    assert "【照明】西苑小区5号楼1单元" in wang.says("晚上老人容易摔")


def test_the_place_stays_when_the_matter_is_told_anew(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("修改")
    wang.says("重新说")
    assert "【电梯】西苑小区3号楼2单元 · 电梯坏了" in wang.says("电梯坏了")


def test_a_chosen_place_is_made_exact_by_the_next_words(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    wang.says("1")
    assert "【照明】西苑小区3号楼2单元 · 楼道灯坏了" in wang.says("3号楼2单元的")


def test_a_name_that_was_probably_meant_is_asked_about(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert wang.says("文化局家属苑楼顶漏雨") == "您说的是文化局家属院吗？"
    assert wang.labels == ["文化局家属院", "其他地方"]
    assert "【房屋修缮】文化局家属院 · 楼顶漏雨" in wang.says("是的")


def test_a_name_that_was_not_meant_is_said_again(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("文化局家属苑楼顶漏雨")
    assert "哪个小区、几号楼、几单元" in wang.says("不是")
    assert "【房屋修缮】西苑小区3号楼" in wang.says("西苑三号楼")
