"""红管家: hears of every new issue at once, settles it on the spot, or passes it on with a reason."""

from __future__ import annotations

import pytest

from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    return wang


def test_the_order_says_all_there_is_to_know(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    (order,) = staff.li.inbox
    assert order.text == (
        "新事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "“西苑小区3号楼2单元楼道灯坏了一个星期了没人管”\n"
        "（因为提到“楼道灯”、“灯坏了”，归为照明；西苑小区3号楼2单元由红管家承办。不对就回复“不对 1”。）\n"
        "请最晚 3月3日 12:00 前联系居民，3月9日前答复。"
    )
    assert [(b.label, b.say) for b in order.buttons] == [
        ("受理", "受理 1"),
        ("当场办结", "当场办结 1"),
        ("转物业", "转物业 1"),
        ("上报网格", "上报网格 1"),
    ]
    assert order.numbered


def test_my_tasks_the_most_pressing_first(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.reports("西苑小区3号楼2单元没水了")
    assert staff.li.says("我的任务") == (
        "您手上有 2 件：\n"
        "LN-2026-0002 【供水排水】（紧急）西苑小区3号楼2单元 · 没水了\n"
        "　已收到，红管家（西苑小区3号楼2单元），今天 14:00 前联系居民\n"
        "LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "　已收到，红管家（西苑小区3号楼2单元），明天 12:00 前联系居民\n"
        "回复编号的最后几位（比如 2）看详细、去办理。"
    )
    assert staff.li.labels == ["2 没水了", "1 楼道灯坏了一个星期"]
    staff.li.presses("1 楼道灯坏了一个星期")
    assert staff.li.labels[:4] == ["受理", "当场办结", "转物业", "上报网格"]


def test_who_has_nothing_to_do_is_told_so(here: Neighbourhood, staff: Staff) -> None:
    assert staff.li.says("我的任务") == "您手上现在没有事，也没有要上门告知的。"
    assert staff.li.says("受理") == "没有等您受理的事。"
    assert staff.li.says("当场办结") == "您手上没有可以办结的事。"
    assert staff.li.says("上报") == "您手上没有可以上报的事。"
    assert staff.li.says("派单") == "您手上没有可以派的事。"
    assert staff.li.says("已当面告知") == "没有等着上门告知的事。"


def test_accepting_tells_the_raiser_and_offers_the_next_deed(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.li.says("1") == "已受理 LN-2026-0001，已告诉居民。请在3月9日前答复居民。"
    assert staff.li.labels == ["当场办结", "转物业", "上报网格"]
    assert staff.li.says("受理 1").startswith("这件事刚才已经办过这一步了")
    here.deliver()
    assert wang.inbox[-1].text == (
        "LN-2026-0001 已受理：西苑小区3号楼2单元 · 楼道灯坏了一个星期。"
        "由红管家（西苑小区3号楼2单元）办理，3月9日前答复您。"
    )


def test_settled_on_the_spot_with_the_photo_first_and_the_words_later(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    assert staff.li.says("2") == "LN-2026-0001“楼道灯坏了一个星期”：请用一句话说明怎么解决的（可附照片）。"
    assert staff.li.sends_photo() == "照片收到了，还可以接着发。请再用一句话说明怎么解决的。"
    assert staff.li.sends_photo() == ""
    here.passes(minutes=45)
    assert staff.li.says("换了灯泡") == "LN-2026-0001 已办结，已告知居民，等待评价。"
    here.deliver()
    assert wang.inbox[-1].text == "LN-2026-0001 办好了：换了灯泡\n（附照片 2 张）\n您满意吗？"
    assert len(wang.inbox[-1].photos) == 2
    assert staff.li.says("当场办结 1").startswith("这件事刚才已经办过这一步了")


def test_to_the_property_company_and_to_no_other(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.li.says("转物业") == "LN-2026-0001“楼道灯坏了一个星期”交给谁办？"
    assert staff.li.labels == ["安居物业", "先写一句交代"]
    assert staff.li.says("物业").startswith("请从下面选一个来回复")
    assert staff.li.says("1") == "LN-2026-0001 已交给安居物业，已告诉居民。"
    here.deliver()
    assert staff.qian.inbox[-1].text == (
        "派给您的事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n请在3月9日前答复居民。"
    )
    assert wang.inbox[-1].text == ("LN-2026-0001（楼道灯坏了一个星期）已交给承办单位（安居物业）办理，3月9日前答复您。")
    assert staff.li.says("当场办结 1").startswith("这件事现在不能这样办")


def test_a_company_without_anybody_is_not_given_it(here: Neighbourhood) -> None:
    from tests.neighbourhood import with_steward

    li, _ = with_steward(here)
    here.person("wang").reports()
    li.says("转物业")
    assert li.says("安居物业").startswith("安居物业现在没有人能收到消息")
    assert here.issue().state == "received"


def test_up_to_the_grid_with_a_reason_that_is_read(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.li.says("上报网格 1") == "LN-2026-0001“楼道灯坏了一个星期”为什么要上报？请说一句，居民也会看到。"
    assert staff.li.sends_photo().startswith("还差一句话")
    assert staff.li.says("线路老化。") == "LN-2026-0001 已转给网格书记（第一网格），已告诉居民。"
    here.deliver()
    assert wang.inbox[-1].text == (
        "LN-2026-0001（楼道灯坏了一个星期）已转给网格书记（第一网格），原因：“线路老化”。3月9日前答复您。"
    )
    assert staff.zhao.inbox[-1].text == (
        "转给您的事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "原因：线路老化\n请在3月9日前答复居民。"
    )
    assert [b.label for b in staff.zhao.inbox[-1].buttons] == ["受理", "派单", "答复", "上报社区"]
    assert audit(here.session, at=here.now) == []


def test_an_old_order_no_longer_works_once_it_is_not_theirs(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    order = staff.li.inbox[-1]
    staff.li.says("上报 1")
    staff.li.says("线路老化")
    for label in ("受理", "当场办结", "上报网格"):
        assert staff.li.presses(label, on=order).startswith("这件事现在不能这样办")


def test_help_names_the_posts_and_what_can_be_done(here: Neighbourhood, staff: Staff) -> None:
    help_text = staff.li.says("帮助")
    assert help_text.startswith("您的岗位：红管家（西苑小区3号楼2单元）。")
    assert staff.li.labels == ["我的任务", "代报", "进度"]


def test_help_tells_of_meetings_to_each_what_they_do_there(here: Neighbourhood, staff: Staff) -> None:
    told = [person.says("帮助") for person in (here.person("wang"), staff.qian, staff.li, staff.zhao, staff.sun)]
    assert ["会议：" in words for words in told] == [True] * 5
    assert ["主持：" in words for words in told] == [False, False, True, True, True]
    assert all(len(words.encode()) < 2048 for words in told)  # one message in WeChat
