"""What a raiser does afterwards: add, rate, open again, take back."""

from __future__ import annotations

import pytest

from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


def settles(here: Neighbourhood, staff: Staff) -> None:
    staff.li.says("当场办结 1")
    assert "已办结" in staff.li.says("换了灯泡")
    here.deliver()


def test_words_added_reach_the_holder(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert wang.says("补充") == "LN-2026-0001“楼道灯坏了一个星期”：请写要补充的话，或者发照片。"
    assert wang.says("昨晚有人摔倒了。") == "已经加到 LN-2026-0001 里，承办人马上能看到。"
    here.deliver()
    assert staff.li.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）居民补充了：“昨晚有人摔倒了”。"


def test_with_several_issues_which_one_is_asked(here: Neighbourhood, wang: Person) -> None:
    wang.reports("西苑小区3号楼2单元电梯坏了")
    assert wang.says("补充") == "要补充哪一件？"
    assert wang.labels == ["2 电梯坏了 · 西苑小区3号楼2单元", "1 楼道灯坏了一个星期 · 西苑小区3号楼2单元"]
    assert wang.says("都是").startswith("请从下面选一个来回复")
    assert wang.says("2").startswith("LN-2026-0002“电梯坏了”")


def test_a_content_raiser_closes_the_issue_once_everybody_knows(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    settles(here, staff)
    assert "15 天内回复“重新办理”" in wang.says("基本满意")
    here.keeps_time()
    assert here.issue().state == "answered"  # the steward has not been told of the rating yet
    here.deliver()
    here.passes(hours=7)
    here.keeps_time()
    assert here.issue().state == "closed"
    assert wang.says("满意 1").startswith("这件事刚才已经办过这一步了")
    assert audit(here.session, at=here.now) == []


def test_silence_closes_the_issue_after_the_window_and_stays_silence(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    settles(here, staff)
    here.passes(days=6)
    here.keeps_time()
    assert here.issue().state == "answered"
    here.deliver()  # he is asked once more whether it is solved
    here.passes(days=2)
    here.keeps_time()
    assert here.issue().state == "closed"
    assert "已评价" not in wang.says("1")


def test_an_old_timer_does_not_shorten_the_window_of_a_new_answer(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    settles(here, staff)
    wang.says("满意")
    wang.says("重新办理 1")
    wang.says("又灭了")
    settles(here, staff)
    here.passes(hours=7)
    here.keeps_time()
    assert here.issue().state == "answered"


def test_twice_it_is_opened_again_the_third_time_people_must_talk(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    settles(here, staff)
    assert wang.says("3") == "哪里没解决？请说一句，我们重新办理。"
    assert "由红管家（西苑小区3号楼2单元）接着办" in wang.says("又灭了。")
    here.deliver()
    assert "居民说：又灭了\n" in staff.li.inbox[-1].text
    assert staff.li.inbox[-1].buttons[0].label == "受理"
    settles(here, staff)
    wang.says("不满意")
    assert "由网格书记（第一网格）接着办" in wang.says("还是灭")  # one rung up
    here.deliver()
    for words in ("答复 1", "A", "换了整条线路"):
        staff.zhao.says(words)
    here.deliver()
    wang.says("不满意")
    assert wang.says("换了三回还是灭。") == (
        "LN-2026-0001 已经重新办理过还没有解决，这次提交小区议事会，请大家一起商量。"
        "列上议程会告诉您，社区（兰宁社区）也知道了。"
    )
    here.deliver()
    assert "居民第三次说没有解决：换了三回还是灭。已提交小区议事会" in staff.sun.inbox[-1].text
    assert here.issue().state == "to_deliberate"
    assert audit(here.session, at=here.now) == []


def test_who_was_not_satisfied_and_said_no_more_can_still_do_either(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    settles(here, staff)
    wang.says("不满意")
    wang.says("取消")
    assert wang.says("不满意 1") == "哪里没解决？请说一句，我们重新办理。"
    wang.says("取消")
    assert wang.says("满意").startswith("谢谢您的评价")
    assert wang.says("满意 1").startswith("这件事刚才已经办过这一步了")
    here.deliver()
    assert [m.text[-8:] for m in staff.li.inbox[-2:]] == ["居民评价：不满意。"[-8:], "居民评价：满意。"[-8:]]


def test_who_was_content_and_is_not_after_all_is_asked_why(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    settles(here, staff)
    wang.says("满意")
    assert wang.says("不满意 1") == "哪里没解决？请说一句，我们重新办理。"
    assert "已经重新办理" in wang.says("又灭了")


def test_what_was_closed_long_ago_is_not_opened_again(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    settles(here, staff)
    wang.says("满意")
    here.deliver()
    here.passes(hours=7)
    here.keeps_time()
    here.passes(days=14)
    assert wang.says("重新办理") == "哪里没解决？请说一句，我们重新办理。"
    wang.says("取消")
    here.passes(days=2)
    assert wang.says("重新办理 1").startswith("这件事现在不能这样办")


def test_the_reason_is_asked_again_until_there_is_one(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    settles(here, staff)
    wang.says("不满意")
    assert wang.sends_photo().endswith("哪里没解决？请说一句，我们重新办理。")
    assert wang.says("……").startswith("没有看到文字")
    assert "已经重新办理" in wang.says("没换灯泡")


def test_taking_back_is_asked_once_more(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert wang.says("撤回").startswith("确定撤回 LN-2026-0001“楼道灯坏了一个星期”吗？")
    assert wang.says("2") == "好的，没有撤回，继续办理。"
    wang.says("撤回")
    assert wang.says("确定撤回") == "LN-2026-0001 已撤回。有事随时再说。"
    here.deliver()
    assert staff.li.inbox[-1].text == "LN-2026-0001（楼道灯坏了一个星期）居民撤回了反映。"
    assert wang.says("进度").startswith("您现在没有正在办的事")
    assert wang.says("撤回 1").startswith("没有找到这个编号的事")
    assert audit(here.session, at=here.now) == []


def test_nothing_can_be_done_about_nothing(here: Neighbourhood) -> None:
    stranger = here.person("stranger")
    for word in ("补充", "评价", "重新办理", "撤回", "满意", "不满意"):
        assert stranger.says(word).startswith(("您现在没有", "现在没有", "没有可以"))
        assert stranger.labels == []
