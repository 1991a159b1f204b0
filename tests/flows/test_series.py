"""议事会: a convener sets up a series in plain words, sees its days, changes it and ends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models.base import insert_row
from models.due import Due
from models.meeting import Meeting, MeetingSeries, StandingMember
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import Capacity, Form, MeetingState, QuorumRule
from models.rules.posts import Role, ScopeKind
from services.meetings import series
from tests.council import council
from tests.neighbourhood import Neighbourhood, Person, Staff

ZONE = ZoneInfo("Asia/Shanghai")
CARD = ["议事代表", "改时间", "改地点", "改时长", "改形式", "改开会要求", "改每月步骤", "不再开了"]


def sets_up(person: Person, rule: str = "每月第二个周六 15:00", *, place: str = "") -> str:
    person.says("议事会")
    if place:
        person.says(place)
    person.says(rule)
    person.says("就这样")
    person.says("红色议事厅")
    person.says("90")
    person.says("红色议事厅")
    person.says("过半数")
    return person.says("设好")


def meetings(here: Neighbourhood) -> list[tuple[str, str, str]]:
    rows = here.session.scalars(select(Meeting).order_by(Meeting.slot).execution_options(populate_existing=True)).all()
    return [(m.state.value, m.meets_at.astimezone(ZONE).strftime("%m-%d %H:%M"), m.moved_why) for m in rows]


def test_a_secretary_sets_up_a_series_step_by_step(here: Neighbourhood, staff: Staff) -> None:
    assert staff.zhao.says("议事会") == "哪一个？"
    assert staff.zhao.labels == ["新设：西苑小区议事会", "新设：文化局家属院议事会"]
    assert staff.zhao.says("1").startswith("西苑小区议事会多久开一次，几点开？请写一句，比如“每月第二个周六 15:00”")
    assert staff.zhao.says("经常开").startswith("没看懂多久开一次。")
    assert staff.zhao.says("每月第二个周六").startswith("还差几点开。")
    assert staff.zhao.says("每月第一个周六下午3点。") == (
        "西苑小区议事会：每月第一个周六下午3点。接下来三次是：\n"
        "· 3月7日（星期六）15:00\n"
        "· 4月11日（星期六）15:00（原定那天是清明节假期，顺延）\n"
        "· 5月16日（星期六）15:00（原定那天是劳动节假期，顺延）\n"
        "对吗？不对就重新写一句。"
    )
    assert staff.zhao.says("每月第二个周六 15:00") == (
        "西苑小区议事会：每月第二个周六 15:00。接下来三次是：\n"
        "· 3月14日（星期六）15:00\n· 4月11日（星期六）15:00\n· 5月9日（星期六）15:00\n"
        "对吗？不对就重新写一句。"
    )
    assert staff.zhao.says("就这样").startswith("在哪里开？")
    assert staff.zhao.says("红色议事厅。").startswith("一次开多长时间？")
    assert staff.zhao.labels == ["60分钟", "90分钟", "120分钟"]
    assert staff.zhao.says("三天").startswith("请写 15 到 480 之间的分钟数")
    assert staff.zhao.says("一个半小时") == "用什么形式？"
    assert staff.zhao.labels == ["红色板凳会", "红色小院谈话会", "红色议事厅", "现场会", "线上议事"]
    assert staff.zhao.says("3") == "来多少人才能开会？一户算一票。"
    assert staff.zhao.says("1") == (
        "请看一下：\n西苑小区议事会\n时间：每月第二个周六 15:00\n地点：红色议事厅，每次90分钟\n形式：红色议事厅\n"
        "开会要求：议事代表过半数\n设好后，会按时间自动排会、征集议题、提醒。设吗？"
    )
    assert staff.zhao.says("设好") == (
        "西苑小区议事会设好了。接下来请选议事代表。\n\n"
        "西苑小区议事会：每月第二个周六 15:00\n地点：红色议事厅，每次90分钟\n形式：红色议事厅\n"
        "开会要求：议事代表过半数\n· 3月14日（星期六）15:00 已排期\n· 4月11日（星期六）15:00 已排期\n"
        "固定参加：议事代表0位，列席0位，单位0个。"
    )
    assert staff.zhao.labels == CARD
    made = here.session.scalars(select(MeetingSeries)).one()
    assert (made.rule, made.begins, made.length_minutes, made.form, made.quorum, made.compound_id) == (
        "FREQ=MONTHLY;BYDAY=2SA",
        "15:00",
        90,
        Form.HALL,
        QuorumRule.HALF_OF_VOTERS,
        here.ids.compound,
    )


def test_each_convenes_for_their_own_place(here: Neighbourhood, staff: Staff) -> None:
    assert sets_up(staff.li).startswith("西苑小区3号楼2单元楼道会设好了。")
    assert sets_up(staff.sun, place="新设：兰宁社区议事会").startswith("兰宁社区议事会设好了。")
    for other in (staff.qian, here.person("wang")):
        assert other.says("议事会").startswith("您没有召集的议事会：楼道会由红管家召集")
    staff.sun.says("议事会")
    assert staff.sun.labels == ["兰宁社区议事会", "西苑小区3号楼2单元楼道会"]  # her own first
    levels = here.session.scalars(select(MeetingSeries.level).order_by(MeetingSeries.id)).all()
    assert [level.value for level in levels] == ["corridor", "community"]


def test_a_place_has_one_series(here: Neighbourhood, staff: Staff) -> None:
    wei = here.person("wei")
    here.appoint(wei, Role.SECRETARY, ScopeKind.GRID, here.ids.grid, "第一网格")
    wei.says("你好")
    for each in (staff.zhao, wei):
        each.says("议事会")
        each.says("1")
        for said in ("每月第二个周六 15:00", "就这样", "议事厅", "90", "3", "1"):
            each.says(said)
    staff.zhao.says("设好")
    assert wei.says("设好").startswith("这个地方已经有议事会了。")
    assert len(here.session.scalars(select(MeetingSeries)).all()) == 1


def test_the_days_of_a_rule_that_is_changed(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    staff.zhao.presses("改时间")
    staff.zhao.says("每月最后一个周五晚上7点")
    assert staff.zhao.says("就这样") == "改好了，西苑小区议事会以后是每月最后一个周五晚上7点。"
    assert meetings(here) == [("planned", "03-27 19:00", ""), ("planned", "04-24 19:00", "")]
    steps = here.session.scalars(select(Due).where(Due.kind == "meeting_step", Due.slot == "draft").order_by(Due.id))
    assert [step.due_at.astimezone(ZONE).strftime("%m-%d %H:%M") for step in steps] == ["03-20 09:00", "04-17 09:00"]
    here.deliver()
    assert staff.zhao.inbox == []  # who changed it was told by the reply


def test_a_meeting_that_people_have_heard_of_stays_when_the_rule_is_changed(
    here: Neighbourhood, staff: Staff
) -> None:
    called = council(here, staff, state=MeetingState.CALLED, days=12)  # Saturday 14 March, 12:00
    staff.zhao.says("议事会")
    staff.zhao.says("西苑小区议事会")
    staff.zhao.presses("改时间")
    assert "· 4月18日（星期六）15:00\n" in staff.zhao.says("每月第三个周六 15:00")
    assert staff.zhao.says("就这样") == (
        "改好了，西苑小区议事会以后是每月第三个周六 15:00。"
        "已经开始征集议题或者通知了大家的会不变：3月14日（星期六）12:00。要改请回复“会议改期”。"
    )
    assert meetings(here) == [("called", "03-14 12:00", ""), ("planned", "04-18 15:00", "")]
    assert called.meeting.state is MeetingState.CALLED


def test_venue_length_form_and_quorum_hold_for_meetings_not_called_yet(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    for button, said in (("改地点", "3号楼前"), ("改时长", "两小时"), ("改形式", "现场会"), ("改开会要求", "三分之二")):
        staff.zhao.says("议事会")
        staff.zhao.says("西苑小区议事会")
        staff.zhao.presses(button)
        assert staff.zhao.says(said) == "改好了。还没有通知的会都按新的来；已经通知大家的会不变。"
    rows = here.session.scalars(select(Meeting).execution_options(populate_existing=True)).all()
    assert {(m.venue, m.length_minutes, m.form.value, m.quorum.value) for m in rows} == {
        ("3号楼前", 120, "on_site", "two_thirds_of_voters")
    }


def test_an_assembly_asks_how_many_households_there_are(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    staff.zhao.says("议事会")
    staff.zhao.says("西苑小区议事会")
    staff.zhao.presses("改开会要求")
    assert staff.zhao.says("居民会议") == (
        "居民会议要全体住户过半数到会才能开。这里一共有多少户？请写个数，比如“320”。"
    )
    for unclear in ("不知道", "三百二", "0", "50001", "很多户"):
        assert staff.zhao.says(unclear).startswith("没看懂有多少户。请写 1 到 50000 之间的数，比如“320”。")
    assert staff.zhao.says("一共三百二十户").startswith("改好了。")
    staff.zhao.says("议事会")
    assert "\n开会要求：居民会议：全体户数过半（320户，要161户）\n" in staff.zhao.says("西苑小区议事会")
    rows = here.session.scalars(select(Meeting).execution_options(populate_existing=True)).all()
    assert {(m.quorum, m.households) for m in rows} == {(QuorumRule.RESIDENTS_ASSEMBLY, 320)}


def test_a_series_is_ended_and_its_meetings_with_it(here: Neighbourhood, staff: Staff) -> None:
    called = council(here, staff, state=MeetingState.CALLED, days=12)
    wang = here.person("wang")
    wang.says("你好")
    called.seat(wang, room="501")
    series.plan_meetings(here.session, at=here.now, rules=here.house.rules)
    staff.zhao.says("议事会")
    staff.zhao.says("西苑小区议事会")
    assert staff.zhao.presses("不再开了").startswith("西苑小区议事会不再开了？以后的会都会取消")
    planned = len(meetings(here))
    assert staff.zhao.says("并到社区一起开") == (
        f"西苑小区议事会不再开了。取消了{planned}次会，通知过的人都会收到消息。"
    )
    assert {state for state, _, _ in meetings(here)} == {"cancelled"}
    here.deliver()
    assert [m.text for m in wang.inbox] == [
        "西苑小区议事会原定3月14日 12:00的会取消了，不用来了。原因：并到社区一起开。议题会带到下一次。"
    ]
    assert series.plan_meetings(here.session, at=here.now + timedelta(days=30), rules=here.house.rules) == 0
    staff.zhao.says("议事会")
    assert staff.zhao.labels == ["新设：西苑小区议事会", "新设：文化局家属院议事会"]


def test_standing_members_are_chosen_or_looked_for(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    wang = here.person("wang")
    wang.reports()
    wang.says("登记住址")
    wang.says("西苑小区3号楼2单元501")
    while wang.labels and "是" in wang.labels:
        wang.says("是")
    assert staff.zhao.says("议事代表") == "西苑小区议事会每次都请：还没有人。"
    assert staff.zhao.labels == ["加人"]
    staff.zhao.presses("加人")
    assert staff.zhao.labels == ["议事代表", "列席", "到会单位"]
    assert staff.zhao.says("1") == "请谁做议事代表？选一个，也可以写名字或者房号来找，比如“王”“501”。选完回复“好了”。"
    assert "li（西苑小区3号楼2单元）" in staff.zhao.labels
    assert staff.zhao.says("无此人").startswith("没有找到“无此人”。")
    assert staff.zhao.labels == ["好了"]
    staff.zhao.says("501")
    assert staff.zhao.labels == ["西苑小区3号楼2单元501", "好了"]
    assert staff.zhao.says("1").startswith("请了西苑小区3号楼2单元501做议事代表，已经告诉对方。")
    staff.zhao.says("好了")
    assert staff.zhao.last.text == "西苑小区议事会每次都请：\n· 西苑小区3号楼2单元501：议事代表"
    here.deliver()
    assert wang.inbox[-1].text == (
        "西苑小区议事会请您每次都来，身份是议事代表，一户一票。每月第二个周六 15:00，在红色议事厅。每次开会前会通知您。"
    )
    staff.zhao.presses("加人")
    staff.zhao.says("到会单位")
    assert staff.zhao.labels == ["qian（安居物业）", "好了"]
    staff.zhao.says("1")
    staff.zhao.says("好了")
    staff.zhao.presses("去掉")
    assert staff.zhao.says("1") == "已去掉西苑小区3号楼2单元501，下次不再请了。已经通知的那一次照旧。"
    rows = here.session.scalars(select(StandingMember).where(StandingMember.ended_at.is_(None))).all()
    assert [(row.member_id, row.capacity) for row in rows] == [(staff.qian.member_id, Capacity.DEPARTMENT)]


def steps_at(here: Neighbourhood, step: str) -> list[str]:
    """When a step of each meeting is due, and when it was done."""
    rows = here.session.scalars(
        select(Due)
        .where(Due.kind == "meeting_step", Due.slot == step)
        .order_by(Due.id)
        .execution_options(populate_existing=True)
    )
    return [row.due_at.astimezone(ZONE).strftime("%m-%d %H:%M") for row in rows]


def test_a_step_of_the_month_comes_at_another_time_and_as_before(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    assert steps_at(here, "draft") == ["03-07 09:00", "04-04 09:00"]
    assert staff.zhao.presses("改每月步骤") == "西苑小区议事会每次会按这些步骤走，到时候自动做。要改哪一步？"
    assert staff.zhao.labels == [
        "会前14天 征集议题",
        "会前7天 出议程草案，请召集人看",
        "会前5天 草案没批准，提醒召集人",
        "会前4天 还没批准，告诉上一级",
        "会前3天 会前听大家的意见",
        "会前1天 提醒大家开会",
        "会前2小时 快开会了，再提醒一次",
        "会前30分钟 开始签到",
        "会后1天 没有开会的，记为没开成",
        "会后1个工作日 纪要没发出来，提醒",
        "会后3个工作日 结果没公示，提醒",
    ]
    assert staff.zhao.says("2") == (
        "“出议程草案，请召集人看”现在是会前7天。改成什么时候？请这样写：“会前10天”“会前3个工作日”“会前2小时”。"
    )
    assert staff.zhao.says("早一点").startswith("没看懂是什么时候。")
    assert staff.zhao.says("提前十天").startswith(
        "改好了：会前10天 出议程草案，请召集人看。还没走到这一步的会，都按新的来。\n西苑小区议事会每次会"
    )
    assert staff.zhao.labels[1] == "会前10天 出议程草案，请召集人看"
    assert staff.zhao.labels[-1] == "全部恢复原样"
    assert steps_at(here, "draft") == ["03-04 09:00", "04-01 09:00"]
    staff.zhao.says("出议程草案，请召集人看")
    assert staff.zhao.labels == ["恢复原样"]
    assert staff.zhao.says("恢复原样").startswith("恢复原样了。")
    assert "全部恢复原样" not in staff.zhao.labels
    assert steps_at(here, "draft") == ["03-07 09:00", "04-04 09:00"]
    for step, said in (("征集议题", "三周"), ("提醒大家开会", "两天前")):
        staff.zhao.says(step)
        assert staff.zhao.says(said).startswith("改好了：会前")
    assert here.session.scalars(select(MeetingSeries)).one().offsets == {"collect": "-21d", "remind_day": "-2d"}
    assert staff.zhao.says("全部恢复原样").startswith("恢复原样了。")
    assert here.session.scalars(select(MeetingSeries)).one().offsets == {}


@pytest.mark.parametrize(
    ("step", "said", "refusal"),
    [
        ("2", "会前3天", "这样先后就乱了。这一步要在“会前14天 征集议题”之后，在“会前5天 草案没批准，提醒召集人”之前"),
        ("1", "会前6天", "这样先后就乱了。这一步要在“会前7天 出议程草案，请召集人看”之前，碰上放长假也不能"),
        ("2", "会前6个工作日", "这样先后就乱了。"),  # over a long holiday that is before the collecting
        ("10", "会后4个工作日", "这样先后就乱了。这一步要在“会前30分钟 开始签到”之后，在“会后3个工作日 结果没公示"),
        ("1", "会后3天", "这一步不能跑到会的另一边去，请重新写。"),
        ("10", "会前3天", "这一步不能跑到会的另一边去，请重新写。"),
        ("2", "0天", "没看懂是什么时候。"),
        ("2", "半周", "没看懂是什么时候。"),
    ],
)
def test_steps_of_the_month_keep_their_order(
    here: Neighbourhood, staff: Staff, step: str, said: str, refusal: str
) -> None:
    sets_up(staff.zhao, place="1")
    staff.zhao.presses("改每月步骤")
    staff.zhao.says(step)
    assert staff.zhao.says(said).startswith(refusal)
    assert here.session.scalars(select(MeetingSeries)).one().offsets == {}
    assert steps_at(here, "draft") == ["03-07 09:00", "04-04 09:00"]


def test_half_an_hour_and_half_a_day_are_times_too(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    staff.zhao.presses("改每月步骤")
    moved = {"快开会了，再提醒一次": "半天", "开始签到": "提前一小时", "结果没公示，提醒": "会后20个工作日"}
    for step, said in moved.items():
        staff.zhao.says(step)
        assert staff.zhao.says(said).startswith("改好了：")
    assert here.session.scalars(select(MeetingSeries)).one().offsets == {
        "remind_hours": "-12h",
        "open_check_in": "-1h",
        "remind_publish": "+20w",
    }


def test_what_was_done_already_is_not_done_again_when_its_step_moves(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    here.now = datetime(2026, 3, 8, 2, tzinfo=ZoneInfo("UTC"))
    here.keeps_time()
    assert meetings(here)[0][0] == "drafted"
    staff.zhao.says("议事会")
    staff.zhao.says("西苑小区议事会")
    staff.zhao.presses("改每月步骤")
    staff.zhao.says("征集议题")
    staff.zhao.says("会前30天")
    here.keeps_time()
    here.deliver()
    assert [state for state, _, _ in meetings(here)] == ["drafted", "planned"]
    assert steps_at(here, "collect") == ["03-02 12:00", "03-12 09:00"]  # begun at once
    assert len([m for m in staff.zhao.inbox if "现在开始征集议题" in m.text]) == 1


@pytest.mark.parametrize(
    "button",
    ["series:0:{}", "series:0:{}.end", "series:0:{}.steps", "delegates:0:{}", "delegates:0:{}.add"],
)
def test_nobody_touches_the_series_of_others(here: Neighbourhood, staff: Staff, button: str) -> None:
    """A steward is below the compound's secretary."""
    theirs = council(here, staff)
    before = staff.li.says("帮助")
    assert before
    place = staff.li.presses_button("do:" + button.format(theirs.series_id))
    assert "西苑小区议事会" not in place


def test_what_is_planned_is_planned_once_a_slot(here: Neighbourhood, staff: Staff) -> None:
    sets_up(staff.zhao, place="1")
    rules = here.house.rules
    assert series.plan_meetings(here.session, at=here.now, rules=rules) == 0
    for _ in range(12):
        here.passes(days=30)
        series.plan_meetings(here.session, at=here.now, rules=rules)
        series.plan_meetings(here.session, at=here.now, rules=rules)
    slots = [m for _, m, _ in meetings(here)]
    assert len(slots) == len(set(slots)) == 14
    assert [m for m in meetings(here) if m[2]] == []


def test_a_planned_meeting_says_why_it_was_moved(here: Neighbourhood, staff: Staff) -> None:
    here.now = datetime(2026, 9, 1, 4, tzinfo=ZoneInfo("UTC"))
    assert "· 10月17日（星期六）15:00 已排期（改期：原定那天是国庆节假期）" in sets_up(
        staff.zhao, "每月第一个周六 15:00", place="1"
    )
    assert meetings(here) == [
        ("planned", "09-05 15:00", ""),
        ("planned", "10-17 15:00", "holiday_national"),
    ]


@pytest.mark.parametrize("level", list(Level))
def test_a_place_has_one_live_series(here: Neighbourhood, staff: Staff, level: Level) -> None:
    """The database says so, whoever was quicker; one that ended leaves its place free."""
    first = council(here, staff, level=level).series
    values = {c.key: getattr(first, c.key) for c in MeetingSeries.__table__.columns if c.key not in ("id", "public_id")}
    with pytest.raises(IntegrityError), here.session.begin_nested():
        insert_row(here.session, MeetingSeries, **values)
    first.ended_at = here.now
    here.session.flush()
    insert_row(here.session, MeetingSeries, **values)
