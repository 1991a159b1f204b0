"""会议改期, 取消会议: by whoever convenes it or is above, with a reason; everybody who was told of it is told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from models.issue import Issue
from models.meeting import AgendaIssue, MeetingInvitation
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import Capacity, MeetingState, Rsvp
from services.meetings import series
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    return wang


@pytest.fixture
def called(here: Neighbourhood, staff: Staff, wang: Person) -> Council:
    """Saturday 14 March, 12:00; wang's matter is on its agenda, and she said that she comes."""
    found = council(here, staff, state=MeetingState.CALLED, days=12)
    found.item("楼道灯", issues=[here.issue()])
    found.seat(wang, rsvp=Rsvp.COMING, room="501")
    here.deliver()
    return found


def test_a_secretary_moves_a_meeting(here: Neighbourhood, staff: Staff, wang: Person, called: Council) -> None:
    heard = len(wang.inbox)
    assert staff.zhao.says("会议改期") == (
        "西苑小区议事会定在3月14日 12:00。改到什么时候？比如“3月21日”“下周六下午3点”；只写哪天，几点开不变。"
    )
    assert staff.zhao.says("随便").startswith("没看懂这个日期")
    assert staff.zhao.says("2月28日").startswith("这个时间已经过去了")
    assert staff.zhao.says("4月5日").startswith("那天是清明节假期，不好开会。请换一天。")
    assert staff.zhao.says("3月14日").startswith("会本来就是这个时间。")
    assert staff.zhao.says("10月20日").startswith("这一天太远了，改期只能改到 60 天以内。")
    assert staff.zhao.says("3月21日下午3点") == "改到3月21日 15:00。为什么改？请写一句，会告诉大家。"
    assert staff.zhao.says("那天停电。") == (
        "改好了，3月21日 15:00开。已经告诉请过的 1 个人，并重新问他们能不能来。"
    )
    here.deliver()
    told = [message.text for message in wang.inbox[heard:]]
    assert told == [
        "西苑小区议事会改时间了：3月21日 15:00，红色议事厅（原定3月14日 12:00）。原因：那天停电。"
        "请重新说一下能不能来；原来的委托不算了，来不了请重新委托。",
        "LN-2026-0001（楼道灯坏了一个星期）要上的会改时间了：西苑小区议事会，3月21日 15:00开会。原因：那天停电。",
    ]
    assert wang.inbox[heard].buttons[0].label == "参加"
    meeting = called.meeting
    assert (meeting.revision, meeting.moved_why, meeting.state) == (1, "那天停电。", MeetingState.CALLED)
    asked = here.session.scalars(select(MeetingInvitation).execution_options(populate_existing=True)).one()
    assert (asked.rsvp, asked.rsvp_at, asked.proxy_id) == (None, None, None)
    assert here.issue().state is State.SCHEDULED


def test_a_meeting_is_not_moved_onto_another_of_the_series(here: Neighbourhood, staff: Staff, called: Council) -> None:
    series.plan_meetings(here.session, at=here.now, rules=here.house.rules)  # 14 March 15:00 and 11 April
    staff.zhao.says("会议改期")
    staff.zhao.says("1")
    assert staff.zhao.says("4月11日上午9点").startswith("那天已经有这个议事会的另一次会了。")


def test_the_rung_above_may_move_it_and_the_convener_is_told(
    here: Neighbourhood, staff: Staff, called: Council
) -> None:
    for said in ("会议改期", "3月21日", "街道检查"):
        staff.sun.says(said)
    here.deliver()
    assert staff.zhao.inbox[-1].text == (
        "西苑小区议事会改到3月21日 12:00（原定3月14日 12:00）。原因：街道检查。"
    )


def test_others_neither_move_nor_cancel_it(here: Neighbourhood, staff: Staff, wang: Person, called: Council) -> None:
    assert staff.li.says("会议改期") == "没有可以改期的会。"
    assert staff.li.says("取消会议") == "没有可以取消的会。"
    called.seat(staff.qian, Capacity.DEPARTMENT)
    staff.qian.says("取消会议")
    staff.qian.says("我不想开")
    assert called.meeting.state is MeetingState.CALLED


def test_a_cancelled_meeting(here: Neighbourhood, staff: Staff, wang: Person, called: Council) -> None:
    heard = len(wang.inbox)
    assert staff.zhao.says("取消会议") == (
        "西苑小区议事会3月14日 12:00的会，要取消吗？为什么？请写一句，会告诉请过的 1 个人。不想取消了，请回复“返回”。"
    )
    assert staff.zhao.says("人手不够") == "取消了。已经告诉请过的 1 个人。议题会带到下一次。"
    here.deliver()
    assert [message.text for message in wang.inbox[heard:]] == [
        "西苑小区议事会原定3月14日 12:00的会取消了，不用来了。原因：人手不够。议题会带到下一次。",
        "LN-2026-0001（楼道灯坏了一个星期）这次不上会了，原因：人手不够。会排到下一次，"
        "现在等着上会，开会的日子还没定；到5月1日还没上会，就报到上一级。",
    ]
    assert (called.meeting.state, called.meeting.revision) == (MeetingState.CANCELLED, 1)
    assert here.session.scalars(select(AgendaIssue.on_agenda)).all() == [False]
    assert here.session.scalars(select(Issue.state)).all() == [State.TO_DELIBERATE]
    assert staff.zhao.says("取消会议") == "没有可以取消的会。"
    assert staff.zhao.says("会议改期") == "没有可以改期的会。"


def test_what_has_begun_is_neither_moved_nor_cancelled(here: Neighbourhood, staff: Staff, called: Council) -> None:
    staff.zhao.says("会议改期")
    called.meeting.state = MeetingState.IN_SESSION
    here.session.flush()
    assert staff.zhao.says("3月21日").startswith("这个会现在是“正在开”，不能这样做。")
    assert staff.zhao.says("取消会议") == "没有可以取消的会。"


def test_nobody_is_told_of_a_meeting_that_they_never_heard_of(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    council(here, staff, days=20)
    heard = len(wang.inbox)
    for said in ("会议改期", "3月28日"):
        staff.zhao.says(said)
    assert staff.zhao.says("停电") == "改好了，3月28日 12:00开。还没有通知过别人，不用另外告诉。"
    here.deliver()
    assert len(wang.inbox) == heard
