"""A closed channel: what was owed waits for the person to write, and comes before the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.rules.meeting_workflow import MeetingState
from services import notices
from services.audit import audit
from services.routes import Channel
from tests.council import council
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    here.channels = (*here.channels, Channel("wechat", window=timedelta(hours=48), window_sends=5))
    wang = here.person("wang", platform="wechat")
    wang.reports()
    here.deliver()
    here.passes(hours=50)
    for words in ("受理 1", "当场办结 1"):
        staff.li.says(words)
    staff.li.says("换了灯泡", photos=1)
    here.deliver()
    assert wang.inbox == []
    return wang


def test_the_unread_comes_first_and_can_be_rated_at_once(here: Neighbourhood, wang: Person) -> None:
    assert wang.says("你好").split("\n\n")[0] == (
        "您有 2 条未读进展：\n"
        "· LN-2026-0001 已受理：西苑小区3号楼2单元 · 楼道灯坏了一个星期。"
        "由红管家（西苑小区3号楼2单元）办理，3月9日前答复您。\n"
        "· LN-2026-0001 办好了：换了灯泡\n（附照片 1 张）\n您满意吗？"
    )
    assert wang.labels == ["满意", "基本满意", "不满意"]
    assert len(wang.last.photos) == 1
    assert wang.says("1").startswith("谢谢您的评价")
    here.deliver()
    assert audit(here.session, at=here.now) == []


def test_an_open_question_keeps_its_own_options(here: Neighbourhood, wang: Person) -> None:
    assert "收到您反映的问题" in wang.says("西苑小区门口垃圾没清")
    assert wang.last.text.startswith("您有 2 条未读进展")
    assert wang.labels == ["提交", "修改", "不提交"]
    assert "LN-2026-0002" in wang.says("1")
    assert wang.says("满意 1").startswith("谢谢您的评价")


def test_what_two_of_them_ask_alike_is_offered_once(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = council(here, staff, state=MeetingState.CALLED, days=20)
    xiyuan.seat(wang)
    wang.says("你好")
    here.passes(hours=50)
    about = {"meeting": xiyuan.meeting_id, "label": "西苑小区议事会", "venue": "红色议事厅"}
    params = about | {"meets_at": xiyuan.meeting.meets_at.isoformat()}
    for key in ("silent", "silent still"):
        notices.owe(
            here.session,
            members=[wang.member_id],
            kind="meeting_remind_day_silent",
            params=params,
            key=key,
            at=here.now,
            rules=here.house.rules,
        )
    here.deliver()
    assert wang.says("你好").startswith("您有 2 条未读进展：")
    assert wang.labels == ["参加", "不参加", "委托"]
    assert wang.says("参加").startswith("记下了：您参加西苑小区议事会")


def test_it_is_shown_once(here: Neighbourhood, wang: Person) -> None:
    wang.says("进度")
    assert "未读" not in wang.says("进度")


def test_the_steward_sees_whom_to_visit_and_says_when_it_is_done(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    tasks = staff.li.says("我的任务")
    assert "要上门告知：LN-2026-0001 西苑小区3号楼2单元" in tasks
    assert "请告诉本人：“LN-2026-0001 办好了：换了灯泡" in tasks
    here.passes(days=8)
    here.keeps_time()
    here.deliver()
    assert here.issue().state == "answered"  # somebody does not know yet
    assert staff.li.presses("已当面告知 1") == "好的，LN-2026-0001 记为已当面告知。辛苦了。"
    here.passes(hours=7)
    here.keeps_time()
    assert here.issue().state == "closed"
    assert "未读" not in wang.says("你好")
    assert audit(here.session, at=here.now) == []


def test_who_leaves_wechat_is_forgotten_and_the_issue_goes_on(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    from handlers.messages import Kind

    assert wang.does(Kind.LEAVE) == ""
    here.passes(days=8)
    here.keeps_time()
    assert here.issue().state == "closed"
    back = here.person("wang", platform="wechat")
    assert back.says("进度").startswith("您现在没有正在办的事")
    assert audit(here.session, at=here.now) == []
