"""会议: one's own meetings, what can be done now, and for the convener who comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from handlers.flows.my_meetings import OFFERS
from handlers.menu import BY_KEY
from models.base import insert_row
from models.meeting import Meeting, MeetingInvitation, StandingMember
from models.member import Member
from models.notice import Notice, NoticeState
from models.rules.errors import NotFound
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import Capacity, ItemState, MeetingState, Rsvp
from services.meetings.agenda_approval import approve_agenda
from services.meetings.inviting import answer_at_door
from services.members import member_without_phone
from tests.council import Council, council
from tests.flows.test_rsvp import approved, stands
from tests.neighbourhood import Neighbourhood, Staff

SEATS = "有表决权2户，预计到会1户，开会要2户"


@pytest.fixture
def at(here: Neighbourhood, staff: Staff) -> Council:
    return council(here, staff, state=MeetingState.CALLED)


def test_what_is_offered_can_be_done() -> None:
    assert {capability for capability, *_ in OFFERS} - set(BY_KEY) == set()


def test_who_was_asked_finds_the_meeting_and_their_answer(here: Neighbourhood, at: Council) -> None:
    he = here.person("he")
    at.seat(he, rsvp=Rsvp.COMING, room="101")
    at.item("增设充电桩")
    assert he.says("会议") == (
        "西苑小区议事会第1次会（已通知）\n时间：3月16日 12:00\n地点：红色议事厅\n"
        "议题：\n1. 增设充电桩\n您的回复：参加"
    )
    assert {"改回复", "加到日历"} <= set(he.labels)
    assert not {"谁来谁不来", "再请人"} & set(he.labels)
    assert he.says("改回复").endswith("您说了参加。要改吗？")


def test_each_state_offers_what_is_next(here: Neighbourhood, staff: Staff, at: Council) -> None:
    he = here.person("he")
    at.seat(he, room="101")
    offered = {}
    for state in (MeetingState.DRAFTED, MeetingState.CALLED, MeetingState.IN_SESSION, MeetingState.MINUTED):
        here.session.execute(update(Meeting).where(Meeting.id == at.meeting_id).values(state=state))
        staff.zhao.says("会议")
        he.says("会议")
        offered[state] = (staff.zhao.labels, he.labels)
    assert offered == {
        MeetingState.DRAFTED: (["议题", "再请人", "材料", "会议改期", "取消会议"], []),
        MeetingState.CALLED: (
            ["看意见", "谁来谁不来", "再请人", "材料", "会议改期", "取消会议"],
            ["参加会议", "意见", "加到日历"],
        ),
        MeetingState.IN_SESSION: (["主持", "看意见", "谁来谁不来", "材料"], ["签到", "投票", "参加会议"]),
        MeetingState.MINUTED: (["纪要", "材料"], ["核对纪要"]),
    }


def test_shortly_before_the_meeting_check_in_and_chair_are_offered(
    here: Neighbourhood, staff: Staff, at: Council
) -> None:
    he = here.person("he")
    at.seat(he, room="101")
    here.now = at.meeting.meets_at - timedelta(minutes=20)
    staff.zhao.says("会议")
    he.says("会议")
    assert (staff.zhao.labels[0], he.labels[0]) == ("主持", "签到")


def test_a_stranger_has_no_meeting(here: Neighbourhood, at: Council) -> None:
    assert here.person("wang").says("会议").startswith("现在没有您的会。")


def test_a_neighbour_sees_what_was_announced_and_not_what_is_planned(
    here: Neighbourhood, staff: Staff, at: Council
) -> None:
    wang = here.person("wang")
    home = {"home_unit_id": here.ids.unit, "home_room": "101", "community_id": here.ids.community}
    here.session.execute(update(Member).where(Member.id == wang.member_id).values(**home))
    council(here, staff, state=MeetingState.PLANNED, level=Level.COMMUNITY)
    council(here, staff, state=MeetingState.CALLED, level=Level.CORRIDOR, days=2)
    wang.says("会议")
    assert wang.labels == [
        "西苑小区3号楼2单元楼道会 3月4日 12:00 已通知",
        "西苑小区议事会 3月16日 12:00 已通知",
    ]
    assert wang.says("2").startswith("西苑小区议事会第1次会（已通知）")


def test_what_is_over_is_kept_for_a_month(here: Neighbourhood, staff: Staff, at: Council) -> None:
    he = here.person("he")
    at.seat(he)
    past = council(here, staff, state=MeetingState.PUBLISHED, level=Level.COMMUNITY, days=-20)
    past.seat(he)
    old = council(here, staff, state=MeetingState.PUBLISHED, level=Level.CORRIDOR, days=-40)
    old.seat(he)
    he.says("会议")
    assert he.labels == ["西苑小区议事会 3月16日 12:00 已通知 · 还没回复", "兰宁社区议事会 2月10日 12:00 已公示"]


def test_the_convener_sees_who_comes_and_whom_to_tell_at_the_door(
    here: Neighbourhood, staff: Staff, at: Council
) -> None:
    he, ma = here.person("he"), here.person("ma")
    at.seat(he, rsvp=Rsvp.COMING, room="101")
    at.seat(ma, room="102")
    old = member_without_phone(here.session, name="张大爷", community_id=here.ids.community, at=here.now)
    at.stands(here.person("lin"), Capacity.OBSERVER)
    series = at.series
    page = staff.zhao.says("会议")
    assert page.endswith(f"{SEATS}\n订到手机日历（可转给大家）：http://127.0.0.1:8000/calendars/{series.public_id}.ics")
    staff.zhao.says("再请人")
    staff.zhao.says("张大爷")
    assert staff.zhao.labels == ["张大爷", "只记名字，我当面请"]
    staff.zhao.says("1")
    assert staff.zhao.says("列席").startswith("已经通知张大爷")
    assert staff.zhao.says("会议") != ""
    assert staff.zhao.says("谁来谁不来") == (
        "参加：he（3号楼2单元）\n还没回复：ma（3号楼2单元）\n收不到消息，请当面告诉：张大爷\n"
        f"议事代表2人：参加1，不参加0，委托0，没回复1\n列席1人：参加0，不参加0，委托0，没回复1\n{SEATS}"
    )
    assert old


def test_the_convener_notes_what_was_said_at_the_door(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.DRAFTED)
    old = member_without_phone(here.session, name="张大爷", community_id=here.ids.community, at=here.now)
    row = {"series_id": at.series_id, "member_id": old, "capacity": Capacity.VOTER, "added_at": here.now}
    insert_row(here.session, StandingMember, **row)
    stands(at, "lin", "101", called="林海")
    approved(at)
    staff.zhao.says("会议")
    staff.zhao.says("谁来谁不来")
    assert staff.zhao.labels[0] == "替人回复"
    staff.zhao.says("替人回复")
    assert staff.zhao.labels == ["张大爷"]  # who has a phone answers for themselves
    staff.zhao.says("张大爷")
    assert staff.zhao.says("参加").startswith("参加：张大爷\n还没回复：林海（3号楼2单元）\n")
    assert "替人回复" not in staff.zhao.labels
    notice = here.session.scalars(select(Notice).where(Notice.member_id == old)).one()
    here.session.refresh(notice)
    assert (notice.state, notice.relayed_by_id) == (NoticeState.RELAYED, staff.zhao.member_id)


def test_nobody_answers_for_who_has_a_phone_nor_without_the_chair(
    here: Neighbourhood, staff: Staff, at: Council
) -> None:
    he, ma = here.person("he"), here.person("ma")
    old = member_without_phone(here.session, name="张大爷", community_id=here.ids.community, at=here.now)
    told = {"household": "x", "capacity": Capacity.VOTER, "invited_at": here.now}
    door = insert_row(here.session, MeetingInvitation, meeting_id=at.meeting_id, member_id=old, **told)
    hers = at.seat(ma)
    at.seat(he)
    for person, invitation in ((staff.zhao, hers), (he, door), (staff.zhao, 99_999)):
        with pytest.raises(NotFound):
            answer_at_door(
                here.session,
                meeting_id=at.meeting_id,
                member_id=person.member_id,
                invitation_id=invitation,
                rsvp=Rsvp.COMING,
                at=here.now,
                rules=here.house.rules,
            )


def test_the_secretarys_approval_brings_the_address_of_the_calendar(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.DRAFTED)
    lin = stands(at, "lin", "101", called="林海")
    at.item("增设充电桩", state=ItemState.DRAFTED)
    approve_agenda(
        here.session,
        meeting_id=at.meeting_id,
        member_id=staff.zhao.member_id,
        at=here.now,
        rules=here.house.rules,
        site=here.house.public_url,
    )
    here.deliver()
    link = f"http://127.0.0.1:8000/meetings/{at.meeting.public_id}.ics"
    assert lin.inbox[-1].text.endswith(f"议题：\n1. 增设充电桩\n手机日历：{link}\n能来吗？")


def test_somebody_else_is_asked_and_told_at_once(here: Neighbourhood, staff: Staff, at: Council) -> None:
    lin = here.person("lin")
    named = {"name": "林海", "community_id": here.ids.community}
    here.session.execute(update(Member).where(Member.id == lin.member_id).values(**named))
    staff.zhao.says("会议")
    assert staff.zhao.says("再请人") == "再请谁参加西苑小区议事会的会？请写名字，或者单位名称。"
    assert staff.zhao.says("林海").startswith("是下面哪一位？")
    staff.zhao.says("林海")
    assert staff.zhao.says("议事代表").startswith("已经通知林海")
    here.deliver()
    assert lin.inbox[-1].text.startswith("请您参加西苑小区议事会第1次会")
    staff.zhao.says("再请人")
    assert staff.zhao.says("林海").startswith("没有找到叫“林海”、还没请过的人或单位。")
    staff.zhao.says("取消")


def test_a_unit_is_asked_by_its_name_and_a_guest_by_name_alone(
    here: Neighbourhood, staff: Staff, at: Council
) -> None:
    staff.zhao.says("会议")
    staff.zhao.says("再请人")
    staff.zhao.says("物业")
    assert staff.zhao.labels == ["安居物业", "只记名字，我当面请"]
    staff.zhao.says("安居物业")
    here.deliver()
    assert "您的身份：到会单位" in staff.qian.inbox[-1].text
    staff.zhao.says("再请人")
    staff.zhao.says("孙工程师")
    assert staff.zhao.says("只记名字") == "记下了：孙工程师（列席）。请您当面告诉。"
    staff.zhao.says("再请人")
    staff.zhao.says("孙工程师")
    assert staff.zhao.says("只记名字") == "孙工程师已经请过了。"


def test_before_it_is_called_who_is_asked_is_told_with_everybody(here: Neighbourhood, staff: Staff) -> None:
    at = council(here, staff, state=MeetingState.DRAFTED)
    lin = stands(at, "lin", "101", called="林海")
    lu = here.person("lu")
    here.session.execute(
        update(Member).where(Member.id == lu.member_id).values(name="陆遥", community_id=here.ids.community)
    )
    staff.zhao.says("会议")
    staff.zhao.says("再请人")
    staff.zhao.says("陆遥")
    staff.zhao.says("陆遥")
    assert staff.zhao.says("列席") == "记下了：陆遥。批准议题时一起通知。"
    here.deliver()
    assert lu.inbox == []
    approved(at)
    assert [len(person.inbox) for person in (lin, lu)] == [1, 1]


def test_only_the_convener_and_those_above_see_who_comes(here: Neighbourhood, staff: Staff, at: Council) -> None:
    he = here.person("he")
    at.seat(he)
    staff.zhao.says("会议")
    pressed = staff.zhao.last.buttons[staff.zhao.labels.index("谁来谁不来")].data
    assert he.presses_button(pressed).startswith("这个按钮已经过时了")
    assert staff.sun.says("会议").startswith("西苑小区议事会第1次会")
    assert "谁来谁不来" in staff.sun.labels
    he.says("会议")
    assert "谁来谁不来" not in he.labels


def test_many_meetings_come_a_page_at_a_time(here: Neighbourhood, staff: Staff, at: Council) -> None:
    he = here.person("he")
    at.seat(he)
    for day in range(1, 15):
        other = council(here, staff, state=MeetingState.CALLED, days=day)
        here.session.execute(
            update(Meeting).where(Meeting.id == other.meeting_id).values(meets_at=here.now + timedelta(days=day))
        )
        other.seat(he)
    assert he.says("会议") == "您的会（选一个看看现在能做什么；后面还有，回复“下一页”）："
    assert (len(he.labels), he.labels[-1]) == (10, "下一页")
    first = he.labels[:9]
    assert he.says("下一页") == "您的会（选一个看看现在能做什么）："
    assert len(he.labels) == 6
    assert not set(first) & set(he.labels)
    assert he.labels[-1].startswith("西苑小区议事会 3月16日 12:00")
    assert he.says("1").startswith("西苑小区议事会第11次会（已通知）")
    he.says("会议")
    assert he.labels[:9] == first
    assert he.says("10") == "您的会（选一个看看现在能做什么）："
