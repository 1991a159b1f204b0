"""What somebody was telling is kept while they do something else: offered again, for a day."""

from __future__ import annotations

from tests.neighbourhood import SENTENCE, Neighbourhood, Staff


def test_a_report_that_was_interrupted_can_be_continued(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    card = wang.last
    asked = wang.says("进度")
    assert asked.startswith("您现在没有正在办的事")
    assert "您还有一件没说完的：“西苑小区3号楼2单元楼道灯坏了一个星期了”" in asked
    assert wang.says("继续") == "好，接着上次的说。\n" + card.text
    assert "编号 LN-2026-0001" in wang.says("提交")


def test_the_draft_is_offered_when_laid_aside_and_after_a_pause_not_with_every_reply(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    assert "没说完" in wang.says("进度")
    assert "没说完" not in wang.says("帮助")
    here.passes(minutes=40)
    assert "没说完" in wang.says("进度")


def test_a_draft_can_be_dropped(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("进度")
    assert wang.says("取消") == "好的，取消了。以前提交过的事照常办理。"
    assert wang.says("继续") == "没有说到一半的事。有事请直接说一句。"


def test_leaving_another_question_keeps_the_draft(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("登记住址")
    assert "没说完" in wang.says("取消")
    assert "【照明】" in wang.says("继续")


def test_going_back_before_the_first_question_keeps_a_draft_too(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    assert "没说完" in wang.says("返回")
    assert "【照明】" in wang.says("继续")


def test_an_issue_that_does_not_exist_costs_nobody_their_report(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    asked = wang.says("LN-2026-0777")
    assert asked.startswith("没有找到这个编号的事")
    assert "没说完" in asked
    assert "【照明】" in wang.says("继续")


def test_after_half_an_hour_new_words_are_a_new_matter_and_the_old_one_a_draft(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    here.passes(minutes=40)
    assert "【供水排水】文化局家属院1号楼 · 没水了" in wang.says("文化局家属院1号楼没水了")
    assert "您还有一件没说完的" in wang.says("不提交")
    assert "【照明】" in wang.says("继续")


def test_after_half_an_hour_the_card_can_still_be_agreed_to(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    here.passes(minutes=40)
    assert "编号 LN-2026-0001" in wang.says("同意")


def test_after_a_day_the_draft_is_gone(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("进度")
    here.passes(hours=25)
    assert wang.says("继续") == "没有说到一半的事。有事请直接说一句。"


def test_after_a_day_an_open_question_is_gone(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("楼道灯坏了")
    here.passes(hours=25)
    assert "没有找到这个编号的事" in wang.says("1")


def test_a_report_that_was_submitted_is_no_draft(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("1")  # the question about the home stays open
    assert "没说完" not in wang.says("进度")
    assert wang.says("继续") == "没有说到一半的事。有事请直接说一句。"


def test_a_notice_answered_in_between_keeps_the_draft(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.deliver()
    wang.says("西苑小区门口垃圾没清")
    assert "没说完" in wang.presses("满意", on=wang.inbox[-1])
    assert "【环境卫生】" in wang.says("继续")


def test_what_is_told_for_a_neighbour_is_kept_too(here: Neighbourhood, staff: Staff) -> None:
    li = staff.li
    li.says("代报")
    li.says("501 王大爷")
    li.says("楼道灯坏了")
    assert "没说完" in li.says("我的任务")
    assert "替501 王大爷反映" in li.says("继续")
