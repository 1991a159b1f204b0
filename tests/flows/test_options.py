"""An option is chosen by its number, its label or a synonym, each exactly; and by its button while it is offered."""

from __future__ import annotations

import pytest

from handlers.messages import Kind
from tests.neighbourhood import ANOTHER, SENTENCE, Neighbourhood, Person, Staff


@pytest.mark.parametrize(
    "said", ["1", "１", "①", "一", "1.", "1、", "第一个", "第1个", "选1", "1 西苑小区", "西苑小区", "1。"]
)
def test_the_first_option_in_every_way_people_say_it(here: Neighbourhood, said: str) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    assert "【照明】西苑小区 · 楼道灯坏了" in wang.says(said)


@pytest.mark.parametrize("said", ["2", "２", "②", "二", "第二个", "文化局家属院", "2 文化局家属院"])
def test_the_second_option_in_every_way_people_say_it(here: Neighbourhood, said: str) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    assert "【照明】文化局家属院 · 楼道灯坏了" in wang.says(said)


@pytest.mark.parametrize("said", ["12栋", "1号楼", "13", "4", "第九个", "1个小时了", "西苑"])
def test_what_only_contains_a_number_is_no_option(here: Neighbourhood, said: str) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    first = wang.last.buttons[0].data
    wang.says(said)
    assert wang.last.buttons[0].data != first or "没有找到" in wang.last.text


def test_a_number_in_a_list_of_issues_is_the_issues_number_not_its_place_in_the_list(
    here: Neighbourhood, staff: Staff
) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.reports("西苑小区3号楼2单元电梯坏了")
    wang.says("进度")
    assert wang.labels == ["2 电梯坏了", "1 楼道灯坏了一个星期"]
    assert not wang.last.numbered
    assert "【照明】" in wang.says("1")
    staff.li.says("受理")
    assert not staff.li.last.numbered
    assert staff.li.says("2").startswith("已受理 LN-2026-0002")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("受理 1", "已受理 LN-2026-0001"),
        ("受理1", "已受理 LN-2026-0001"),
        ("1 受理", "已受理 LN-2026-0001"),
        ("接单 1", "已受理 LN-2026-0001"),
        ("办结 1", "LN-2026-0001“楼道灯坏了一个星期”：请用一句话说明"),
        ("1", "LN-2026-0001 【照明】"),
        ("#1", "LN-2026-0001 【照明】"),
        ("1号", "LN-2026-0001 【照明】"),
        ("ln-2026-0001", "LN-2026-0001 【照明】"),
        ("ＬＮ－２０２６－０００１", "LN-2026-0001 【照明】"),
        ("LN-2026-0009", "没有找到这个编号的事"),
    ],
)
def test_a_deed_and_a_number_in_one_breath(here: Neighbourhood, staff: Staff, said: str, answer: str) -> None:
    here.person("wang").reports()
    assert staff.li.says(said).startswith(answer)


def test_words_of_the_staffs_menu_are_plain_words_for_others(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.says("补充")
    assert wang.says("已解决") == "已经加到 LN-2026-0001 里，承办人马上能看到。"
    assert "红管家或工作人员来办" in wang.says("受理 1")


def test_a_synonym_of_a_menu_word_can_be_the_answer_to_a_question(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    settled(here, staff)
    wang.says("不满意 1")
    assert "已经重新办理" in wang.says("没解决")


def settled(here: Neighbourhood, staff: Staff) -> None:
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.deliver()


def test_rating_by_number_and_word(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    settled(here, staff)
    assert wang.says("1 满意").startswith("谢谢您的评价")


def test_an_old_button_is_answered_politely_and_the_open_question_asked_again(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    old = wang.last
    wang.says("西苑小区")
    answer = wang.presses("文化局家属院", on=old)
    assert answer.startswith("这个按钮已经过时了，请看最新的一条消息。")
    assert "【照明】西苑小区" in answer
    assert wang.labels == ["同意并提交", "修改", "不提交"]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "s:",
        "s:abc:0",
        "n:0:0",
        f"n:{2**31}:0",
        f"n:{'9' * 55}:0",
        "n:1:99",
        "n:-1:0",
        "n:１:0",
        "do:accept:1:",
        "x",
    ],
)
def test_an_invented_button_does_nothing(here: Neighbourhood, staff: Staff, data: str) -> None:
    here.person("wang").reports()
    thief = here.person("thief")
    assert thief.presses_button(data) == "这个按钮已经过时了，请看最新的一条消息。"
    assert here.issue().state == "received"


def test_somebody_elses_button_does_nothing(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    card = wang.last
    thief = here.person("thief")
    assert "过时" in thief.presses("同意并提交", on=card)
    wang.says("1")
    here.deliver()
    (order,) = staff.li.inbox
    assert "过时" in thief.presses("受理", on=order)
    assert "过时" in staff.zhao.presses("受理", on=order)
    assert staff.li.presses("受理", on=order).startswith("已受理")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.VOICE, "我还听不懂语音"),
        (Kind.LOCATION, "收到位置了，这一步用不上"),
        (Kind.OTHER, "这种消息我还看不懂"),
        (Kind.EDITED, "要更正请直接再发一句"),
        (Kind.FOLLOW, "件件有着落，事事有回音"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_open_question_stays(here: Neighbourhood, kind: Kind, answer: str) -> None:
    wang = here.person("wang")
    assert answer in wang.does(kind)
    wang.says("楼道灯坏了")
    assert answer in wang.does(kind)
    assert wang.last.text.endswith("在哪个小区？")
    assert "【照明】西苑小区" in wang.says("1")


#: How each question is reached, and the word by which it is known.
QUESTIONS = {
    "place": (["楼道灯坏了"], "在哪个小区"),
    "card": ([ANOTHER], "收到您反映的问题"),
    "change": ([ANOTHER, "修改"], "要改哪一样"),
    "supply": (["补充"], "请写要补充的话"),
    "withdraw": (["撤回"], "确定撤回"),
    "enrol": (["登记住址"], "您住在哪里"),
    "home": (["登记住址", "西苑小区3号楼2单元"], "对吗"),
    "words": (["我要反映"], "在哪里、什么事？可以附照片"),
}


def at_question(here: Neighbourhood, question: str) -> Person:
    wang = here.person("wang")
    wang.reports()
    here.passes(minutes=1)
    for words in QUESTIONS[question][0]:
        wang.says(words)
    assert QUESTIONS[question][1] in wang.last.text
    return wang


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_help_and_a_person_can_be_asked_for_at_every_question(here: Neighbourhood, staff: Staff, question: str) -> None:
    wang = at_question(here, question)
    for word, answer in (("帮助", "有事直接说一句就行"), ("人工", "已经告诉社区工作人员"), ("？", "没有看到文字")):
        assert answer in wang.says(word)
        assert wang.last.text.count(QUESTIONS[question][1]) == 1  # it is still open
    here.deliver()
    assert "要找工作人员" in staff.sun.inbox[-1].text


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_every_question_can_be_left(here: Neighbourhood, question: str) -> None:
    wang = at_question(here, question)
    assert wang.says("取消") == "好的，取消了。以前提交过的事照常办理。"
    assert "现在没有正在办的事" in wang.says("取消")


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_one_can_go_back_to_the_question_before(here: Neighbourhood, question: str) -> None:
    wang = at_question(here, question)
    wang.says("返回")
    asked_before = {"change": "收到您反映的问题", "home": "您住在哪里"}
    assert asked_before.get(question, "已经退回到开头了") in wang.last.text


def test_one_cannot_go_back_behind_what_was_submitted(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("1")
    assert "已经退回到开头了" in wang.says("返回")
    assert "您有 1 件事" in wang.says("进度")
    assert "没说完" not in wang.last.text
