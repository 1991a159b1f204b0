"""追问: the holder asks one raiser; the clock stands still; the answer may be said in plain words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.base import insert_row
from models.report import Report
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff

QUESTION = "LN-2026-0001（楼道灯坏了一个星期）红管家（西苑小区3号楼2单元）想问您：几点开始不亮？"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.says("你好")
    wang.reports()
    staff.li.says("受理 1")
    here.deliver()
    return wang


def joins(here: Neighbourhood, person: Person, words: str) -> None:
    """A neighbour is in it too."""
    insert_row(
        here.session,
        Report,
        issue_id=here.issue().id,
        raiser_id=person.member_id,
        platform="webchat",
        words=words,
        at=here.now,
    )


def asks(here: Neighbourhood, staff: Staff) -> None:
    staff.li.says("追问 1")
    staff.li.says("几点开始不亮？")
    here.deliver()


def test_a_question_reaches_the_raiser_and_the_answer_the_holder(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    assert staff.li.says("追问") == "要问居民什么？请写一句，一次只问一件事。"
    assert staff.li.says("几点开始不亮？") == (
        "已问居民（LN-2026-0001），办理期限先停着，居民回答了马上告诉您；3月7日前没有回答，就接着办。"
    )
    here.deliver()
    assert wang.inbox[-1].text.startswith(QUESTION)
    assert [(b.label, b.say) for b in wang.inbox[-1].buttons] == [("回答", "回答 1")]
    assert here.issue().state == "waiting"
    assert wang.presses("回答", on=wang.inbox[-1]) == (
        "LN-2026-0001 承办人问您：“几点开始不亮？”请直接回答一句，也可以发照片。"
    )
    assert wang.says("昨晚八点") == "已经告诉承办人了，LN-2026-0001 接着办，谢谢您。"
    here.deliver()
    assert "昨晚八点" in staff.li.inbox[-1].text
    assert here.issue().state == "accepted"
    assert audit(here.session, at=here.now) == []


def test_the_landing_is_later_by_as_long_as_nobody_answered(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    ends = here.issue().landing_due
    asks(here, staff)
    here.passes(days=3)
    wang.says("回答 1")
    wang.says("昨晚八点")
    assert timedelta(days=3) < here.issue().landing_due - ends < timedelta(days=3, minutes=1)


def test_who_just_writes_is_asked_whether_that_is_the_answer(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asks(here, staff)
    assert wang.says("大概昨晚八点吧") == "“大概昨晚八点吧”是回答承办人问的“几点开始不亮？”吗？"
    assert wang.labels == ["是，这是回答", "不是，说另一件事"]
    assert wang.says("是的") == "已经告诉承办人了，LN-2026-0001 接着办，谢谢您。"
    here.deliver()
    assert "大概昨晚八点吧" in staff.li.inbox[-1].text


def test_what_is_no_answer_becomes_a_report_and_the_question_stays_open(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    asks(here, staff)
    wang.says("西苑小区5号楼门口的垃圾两天没人清")
    assert "【环境卫生】西苑小区5号楼" in wang.says("2")
    wang.says("1")
    assert here.issue(2).summary == "门口的垃圾两天没人清"
    assert here.issue().state == "waiting"
    assert "等您回答，请回复“回答”" in wang.says("进度")


def test_danger_is_never_taken_for_an_answer(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asks(here, staff)
    assert "119" in wang.says("西苑小区3号楼2单元闻到煤气味")


def test_the_answer_may_be_a_photo(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asks(here, staff)
    wang.says("回答")
    assert wang.sends_photo().startswith("已经加到 LN-2026-0001 里")
    assert here.issue().state == "accepted"
    assert wang.says("就是这盏") == "已经加到 LN-2026-0001 里，承办人马上能看到。"
    here.deliver()
    assert [len(message.photos) for message in staff.li.inbox[-2:]] == [1, 0]


def test_of_several_raisers_one_is_asked_and_the_others_hear_nothing(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    liu = here.person("liu")
    joins(here, liu, "我家门口也黑")
    heard = len(wang.inbox)
    assert staff.li.says("追问 1") == "有 2 位居民反映这件事，要问哪一位？"
    assert staff.li.labels == ["西苑小区3号楼2单元楼道", "liu：我家门口也黑"]
    assert staff.li.says("都问").startswith("请从下面选一个来回复")
    staff.li.says("2")
    staff.li.says("几点开始不亮？")
    here.deliver()
    assert liu.inbox[-1].text.startswith(QUESTION)
    assert len(wang.inbox) == heard
    assert "几点开始不亮" not in wang.says("1")
    assert "承办人问您：“几点开始不亮？”请回复“回答”。" in liu.says("1")
    assert liu.labels == ["回答", "催办", "撤回", "为什么"]
    assert wang.says("补充 1").endswith("请写要补充的话，或者发照片。")
    wang.says("还是黑的")
    assert here.issue().state == "waiting"


def test_of_many_raisers_some_are_shown_at_a_time(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    for number in range(1, 10):
        joins(here, here.person(f"neighbour{number}"), f"我是第{number}家")
    staff.li.says("追问 1")
    assert (len(staff.li.labels), staff.li.labels[-1]) == (9, "更多")
    staff.li.says("更多")
    assert staff.li.labels == ["neighbour8：我是第8家", "neighbour9：我是第9家", "更多"]
    assert staff.li.says("更多").startswith("有 10 位居民反映这件事")
    staff.li.says("2")
    staff.li.says("几点开始不亮？")
    here.deliver()
    assert [m.text for m in here.phones["neighbour1"]] == [QUESTION + "\n请直接回答，期限等您回答以后再算。"]


def test_before_it_is_accepted_nobody_is_asked(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.reports("西苑小区3号楼2单元没水了")
    assert staff.li.says("追问 2") == "LN-2026-0002 还没有受理。请先受理，再问居民。"
    assert staff.li.says("1").startswith("已受理 LN-2026-0002")
    assert staff.li.says("追问 2").startswith("要问居民什么")


def test_only_the_holder_asks_and_only_one_thing_at_a_time(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.zhao.says("追问 1").startswith("这件事现在不能这样办")
    assert staff.zhao.says("追问") == "您手上没有可以追问的事。先受理了，才能问居民。"
    assert wang.says("追问 1").startswith("这一项要由红管家或工作人员来办")
    asks(here, staff)
    assert staff.li.says("追问 1").startswith("这件事刚才已经办过这一步了")


def test_a_question_that_is_not_asked_after_all_changes_nothing(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    staff.li.says("追问 1")
    assert staff.li.sends_photo().startswith("还差一句话")
    assert staff.li.says("取消") == "好的，取消了。以前提交过的事照常办理。"
    assert here.issue().state == "accepted"


def test_who_does_not_answer_for_five_days_hears_that_it_goes_on(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    asks(here, staff)
    here.passes(days=5)
    here.keeps_time()
    here.deliver()
    assert here.issue().state == "accepted"
    assert "没有等到您的回答" in wang.inbox[-1].text
    assert "居民没有回答，接着办" in staff.li.inbox[-1].text
    assert [b.label for b in staff.li.inbox[-1].buttons] == ["当场办结", "转物业", "上报网格"]
    assert wang.says("补充 1").endswith("请写要补充的话，或者发照片。")
