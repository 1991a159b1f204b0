"""What a chair is asked about an outcome: where it goes and by when it is answered, and when it is looked at again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from models.base import insert_row, update_row
from models.meeting import AgendaItem, AgendaReview
from models.resolution import Resolution
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import Competence, ItemKind, ItemState, MeetingState
from services.meetings import minutes
from services.meetings.publishing import publish_minutes
from tests.agreement import agreed
from tests.council import Council, council
from tests.flows.offices import Offices
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.says("你好")
    return wang


def opened(here: Neighbourhood, staff: Staff, wang: Person) -> Council:
    """A meeting in session, with one item to be settled and wang there."""
    xiyuan = council(here, staff, state=MeetingState.CALLED, days=0.01)
    xiyuan.seat(wang, room="501", present=True)
    xiyuan.item("增设充电桩")
    staff.zhao.says("主持")
    staff.zhao.says("开会")
    return xiyuan


def test_an_owners_matter_is_talked_over_and_handed_on_but_not_decided(
    here: Neighbourhood, staff: Staff, wang: Person, offices: Offices
) -> None:
    xiyuan = opened(here, staff, wang)
    item = xiyuan.item("动用维修资金", competence=Competence.OWNERS)
    staff.zhao.says("更多")
    staff.zhao.says("选议题")
    card = staff.zhao.says("动用维修资金")
    assert "这是业主共同决定的事，可以议，不能在这里定。" in card
    assert "表决" not in staff.zhao.labels
    assert staff.zhao.says("通过").startswith("这是业主共同决定的事（民法典第278条）")
    assert staff.zhao.says("移交") == "“动用维修资金”移交给谁？"
    assert staff.zhao.labels == ["楼道会", "社区议事会", "街道（凤栖街道）"]
    staff.zhao.says("社区议事会")
    assert staff.zhao.says("请组织业主表决").startswith("请他们什么时候以前答复？")
    assert staff.zhao.labels == ["4月1日以前", "两周内"]
    assert staff.zhao.says("就这样").startswith("记下了：“动用维修资金”移交。请对方在4月1日前答复。")
    row = here.session.get_one(AgendaItem, item, populate_existing=True)
    assert (row.state, row.level, row.referred_to_id, row.words) == (
        ItemState.REFERRED,
        Level.COMMUNITY,
        None,
        "请组织业主表决",
    )
    assert row.details is not None
    assert row.details["until"].startswith("2026-04-01")


def test_an_item_can_go_to_the_street(here: Neighbourhood, staff: Staff, wang: Person, offices: Offices) -> None:
    xiyuan = opened(here, staff, wang)
    staff.zhao.says("移交")
    staff.zhao.says("凤栖街道")
    staff.zhao.says("要街道协调")
    assert staff.zhao.says("昨天").startswith("没看懂这个日期。")
    assert staff.zhao.says("2月28日").startswith("这个时间已经过去了。")
    assert "请对方在3月20日前答复。" in staff.zhao.says("3月20日以前")
    item = xiyuan.items()[0]
    assert (item.state, item.level, item.referred_to_id is None) == (ItemState.REFERRED, None, False)
    staff.zhao.says("改结果")
    item = xiyuan.items()[0]
    assert (item.state, item.level, item.referred_to_id, item.details) == (ItemState.IN_TALK, None, None, None)


def test_what_takes_long_may_be_looked_at_on_the_way(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    opened(here, staff, wang)
    for said in ("通过", "在东门车棚装10个充电口。", "10个充电口都能用，线不拖地", "安居物业"):
        staff.zhao.says(said)
    assert staff.zhao.says("三个月内").startswith("这件事时间长，要不要办到一半拿到会上看一次？")
    assert staff.zhao.labels == ["不用再看", "一个月以后"]
    assert staff.zhao.says("12月1日").startswith("这一天在办完的日子以后了。")
    assert staff.zhao.says("一个月以后").startswith("要花多少钱？")
    staff.zhao.says("不花钱")
    assert staff.zhao.says("不设跟进小组").startswith("记下了：")
    resolution = here.session.scalars(select(Resolution)).one()
    assert (resolution.due_on, resolution.review_on) == (date(2026, 6, 2), date(2026, 4, 2))


def test_a_resolution_that_is_put_off_is_looked_at_on_another_day(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    """Once the minutes are published; what is taken back meanwhile counts for nothing."""
    xiyuan = opened(here, staff, wang)
    before = agreed(here, staff, title="清理楼道", held=council(here, staff, state=MeetingState.PUBLISHED, days=-30))
    item = xiyuan.item("清理楼道")
    update_row(here.session, AgendaItem, item, kind=ItemKind.REVIEW)
    insert_row(here.session, AgendaReview, item_id=item, resolution_id=before.resolution_id)
    staff.zhao.says("更多")
    staff.zhao.says("选议题")
    staff.zhao.says("清理楼道")
    for said, day in (("两个月以后", "2026-05-02"), ("6月15日", "2026-06-15")):
        staff.zhao.says("再议")
        assert staff.zhao.says("料没到").startswith("这个决议什么时候再看？")
        assert staff.zhao.labels == ["下次会上", "两个月以后"]
        assert "记下了：“清理楼道”再议。" in staff.zhao.says(said)
        details = here.session.get_one(AgendaItem, item, populate_existing=True).details
        assert details == {"review_on": day}
        if day != "2026-06-15":
            staff.zhao.says("改结果")
    staff.zhao.says("散会")
    staff.zhao.says("散会")
    assert before.resolution.review_on is None
    meeting, rules = xiyuan.meeting_id, here.house.rules
    zhao: dict[str, Any] = {"meeting_id": meeting, "member_id": staff.zhao.member_id, "at": here.now, "rules": rules}
    minutes.send_minutes(here.session, site="", **zhao)
    publish_minutes(here.session, **zhao)
    assert before.resolution.review_on == date(2026, 6, 15)
