"""Who cannot be reached is told at the door; what came of it stays on record, and only then the issue is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.community import Unit
from models.member import Member
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.issue_workflow import Nature, State
from models.rules.posts import Role, ScopeKind
from services.audit import audit
from services.routes import Channel
from tests.neighbourhood import Neighbourhood, Person, Staff

CHANNELS = (Channel("webchat"), Channel("wechat", window=timedelta(hours=48), window_sends=5))
ANSWER = "LN-2026-0001 办好了：换了灯泡\n您满意吗？"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    """She wrote by WeChat three days before the answer; her channel is closed."""
    here.channels = CHANNELS
    wang = here.person("wang", platform="wechat")
    wang.reports()
    here.deliver()
    staff.li.says("受理 1")
    here.deliver()
    here.passes(days=3)
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.deliver()
    return wang


def morning(here: Neighbourhood, *, days: int = 1) -> None:
    """The next nine o'clock, as the timetable keeps it; what is owed is delivered."""
    here.keeps_time()
    here.passes(days=days)
    here.keeps_time()
    here.deliver()


def answer_notice(here: Neighbourhood) -> Notice:
    query = select(Notice).where(Notice.kind == "answer_raisers").execution_options(populate_existing=True)
    return here.session.scalars(query).one()


def test_in_the_morning_the_steward_hears_to_whose_door_to_go(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    morning(here)
    asked = staff.li.inbox[-1]
    assert asked.text == (
        "有 1 位居民收不到消息，请上门当面告诉：\n"
        "· LN-2026-0001 西苑小区3号楼2单元：“LN-2026-0001 办好了：换了灯泡\n您满意吗？”"
    )
    assert [(b.label, b.say) for b in asked.buttons] == [("已当面告知", "已当面告知 1"), ("没找到人", "没找到人 1")]
    assert "要上门告知：LN-2026-0001 西苑小区3号楼2单元\n" in staff.li.says("我的任务")


def test_told_at_the_door_leaves_a_receipt_and_the_issue_closes(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    morning(here)
    assert staff.li.presses("已当面告知", on=staff.li.inbox[-1]) == "好的，LN-2026-0001 记为已当面告知。辛苦了。"
    notice = answer_notice(here)
    assert (notice.state, notice.relayed_by_id, notice.settled_at) == (
        NoticeState.RELAYED,
        staff.li.member_id,
        here.now,
    )
    assert staff.li.says("已当面告知 1") == "没有等着上门告知的事。"
    here.passes(days=8)
    here.keeps_time()
    here.passes(hours=7)
    here.deliver()
    here.keeps_time()
    assert here.issue().state is State.CLOSED
    assert audit(here.session, at=here.now) == []


def test_she_is_told_once_a_day_until_it_is_done(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    morning(here)
    first = len(staff.li.inbox)
    here.keeps_time()
    here.deliver()
    assert len(staff.li.inbox) == first
    morning(here)
    assert staff.li.inbox[-1].text.startswith("有 1 位居民收不到消息")
    wang.says("你好")  # she reads it by herself
    told = len(staff.li.inbox)
    morning(here)
    assert not any(message.text.startswith("有 1 位居民收不到消息") for message in staff.li.inbox[told:])


def test_nobody_at_the_door_on_two_days_stays_on_record_and_opens_the_gate(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    morning(here)
    assert staff.li.presses("没找到人", on=staff.li.inbox[-1]).startswith("记下了：LN-2026-0001 今天没找到人。")
    assert staff.li.says("没找到人 1").startswith("LN-2026-0001 今天已经去过一次了")
    assert answer_notice(here).state is NoticeState.PARKED
    morning(here)
    assert staff.li.says("没人在家 1") == "LN-2026-0001 两天都没找到人，记为没有告知到，留在账上。辛苦了。"
    notice = answer_notice(here)
    assert (notice.state, notice.reason, notice.visits) == (NoticeState.FAILED, "not_found", 2)
    told = len(staff.li.inbox)
    here.passes(days=7)
    morning(here)
    here.passes(hours=7)
    here.keeps_time()
    assert here.issue().state is State.CLOSED
    assert not any("收不到消息，请上门" in message.text for message in staff.li.inbox[told:])
    assert audit(here.session, at=here.now) == []


def test_a_message_that_failed_is_told_at_the_door_too(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    notice = answer_notice(here)
    notice.state, notice.reason, notice.settled_at = NoticeState.FAILED, "retries_used_up", here.now
    here.session.flush()
    assert "要上门告知：" not in staff.li.says("我的任务")  # another try may be made today
    morning(here)
    assert staff.li.inbox[-1].text.startswith("有 1 位居民收不到消息")
    staff.li.presses("已当面告知", on=staff.li.inbox[-1])
    assert answer_notice(here).state is NoticeState.RELAYED


def test_the_steward_of_the_home_goes_there_and_else_that_of_the_place(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    other = here.session.scalars(
        select(Unit.id).where(Unit.building_id == here.ids.building, Unit.number == "1")
    ).one()
    chen = here.person("chen")
    here.appoint(chen, Role.STEWARD, ScopeKind.UNIT, other, "西苑小区3号楼1单元")
    chen.says("你好")
    member = here.session.get_one(Member, wang.member_id)
    member.home_unit_id, member.home_room = other, "302"
    here.session.flush()
    morning(here)
    assert "· LN-2026-0001 西苑小区3号楼1单元 302 室：“" in chen.inbox[-1].text
    assert not any("请上门" in message.text for message in staff.li.inbox)
    assert chen.presses("已当面告知", on=chen.inbox[-1]).startswith("好的，LN-2026-0001")
    assert answer_notice(here).relayed_by_id == chen.member_id


def test_what_neighbours_must_not_know_is_told_by_whoever_holds_it(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    """She told of a wrong that somebody did; the steward of her staircase does not learn it at her door."""
    other = here.session.scalars(
        select(Unit.id).where(Unit.building_id == here.ids.building, Unit.number == "1")
    ).one()
    chen = here.person("chen")
    here.appoint(chen, Role.STEWARD, ScopeKind.UNIT, other, "西苑小区3号楼1单元")
    chen.says("你好")
    here.session.get_one(Member, wang.member_id).home_unit_id = other
    here.issue().nature = Nature.REPORT
    here.session.flush()
    morning(here)
    assert not any("请上门" in message.text for message in chen.inbox)
    assert chen.says("我的任务") == "您手上现在没有事，也没有要上门告知的。"
    assert staff.li.inbox[-1].text.startswith("有 1 位居民收不到消息")


def test_a_neighbour_without_a_phone_is_told_by_the_steward(here: Neighbourhood, staff: Staff) -> None:
    staff.li.says("代报")
    staff.li.says("501 王大爷")
    staff.li.says("西苑小区3号楼2单元楼道灯坏了")
    staff.li.says("1")
    here.deliver()
    staff.li.says("当场办结 1")
    assert "501 王大爷收不到消息，请当面告诉" in staff.li.says("换了灯泡")
    here.deliver()
    morning(here)
    assert "501 王大爷：“LN-2026-0001 办好了：换了灯泡" in staff.li.inbox[-1].text


def test_somebody_elses_visits_are_nobodys_business(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    morning(here)
    assert staff.qian.says("已当面告知 1").startswith("没有找到这个编号的事")
    assert wang.says("已当面告知 1").splitlines()[-1].startswith("这一项要由红管家或工作人员来办")
    assert staff.qian.says("没找到人") == "没有等着上门告知的事。"


def test_of_many_visits_the_first_are_told_and_the_rest_is_under_my_tasks(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    for name, what in (("ma", "水管漏水"), ("gao", "单元门坏了"), ("xu", "墙皮掉了")):
        here.person(name, platform="wechat").reports(f"西苑小区3号楼2单元{what}")
    here.deliver()
    here.passes(days=3)
    for serial in (2, 3, 4):
        staff.li.says(f"当场办结 {serial}")
        staff.li.says("换了新的")
    here.deliver()
    morning(here)
    asked = staff.li.inbox[-1]
    assert asked.text.startswith("有 4 位居民收不到消息")
    assert asked.text.endswith("还有 1 位，回复“我的任务”看。")
    assert [b.label for b in asked.buttons] == ["我的任务"]
    assert staff.li.presses("我的任务", on=asked).count("要上门告知") == 3


def test_reports_stay_where_they_are_when_the_issue_was_merged(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    """What she must hear of the issue that was merged is told, though her report is in another one now."""
    wang.says("没解决 1")
    wang.says("又灭了")
    here.deliver()
    liu = here.person("liu")
    liu.reports("西苑小区3号楼2单元灯不亮")
    here.passes(days=3)
    staff.li.says("并案 1")
    staff.li.says("2")
    staff.li.says("留 2 灯不亮")
    assert "已并进 LN-2026-0002" in staff.li.says("确定并案")
    here.deliver()
    morning(here)
    assert "LN-2026-0001（楼道灯坏了一个星期）和 LN-2026-0002" in staff.li.inbox[-1].text
    assert here.session.scalars(select(Report.issue_id).distinct()).all() == [here.issue(2).id]
