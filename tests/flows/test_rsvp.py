"""参加会议: invited people say whether they come, or who votes for them."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from models.document import Document
from models.meeting import MeetingInvitation
from models.member import Member
from models.rules.meeting_workflow import Capacity, MeetingAction, MeetingActor, MeetingState, Rsvp
from services.meetings import calling
from services.meetings.moves import MeetingDeed, lock_meeting, move_meeting
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

NAME = "西苑小区议事会 3月16日 12:00"


@pytest.fixture
def at(here: Neighbourhood, staff: Staff) -> Council:
    return council(here, staff, state=MeetingState.DRAFTED)


def approved(at: Council) -> None:
    """The secretary approves the agenda, and everybody is invited."""
    here = at.here
    meeting, series = lock_meeting(here.session, at.meeting_id)
    calling.invite(here.session, meeting, series, at=here.now, rules=here.house.rules)
    deed = MeetingDeed(MeetingAction.APPROVE, at.staff.zhao.member_id, {MeetingActor.CONVENER})
    move_meeting(here.session, meeting, series, deed, at=here.now, rules=here.house.rules)
    here.deliver()


def cancelled(at: Council) -> None:
    here = at.here
    meeting, series = lock_meeting(here.session, at.meeting_id)
    deed = MeetingDeed(MeetingAction.CANCEL, at.staff.zhao.member_id, {MeetingActor.CONVENER}, words="停电")
    move_meeting(here.session, meeting, series, deed, at=here.now, rules=here.house.rules)
    here.deliver()


def stands(at: Council, name: str, room: str, *, called: str = "", capacity: Capacity = Capacity.VOTER) -> Person:
    """A standing member with a home. ``called``: the name they have left."""
    person = at.here.person(name)
    person.says("你好")
    home = {"home_unit_id": at.here.ids.unit, "home_room": room, "community_id": at.here.ids.community}
    at.here.session.execute(update(Member).where(Member.id == person.member_id).values(**home, name=called))
    at.stands(person, capacity)
    return person


def said(at: Council, person: Person) -> tuple[Rsvp | None, int | None]:
    """What somebody answered, and whom their vote was given to."""
    mine = select(MeetingInvitation).where(
        MeetingInvitation.meeting_id == at.meeting_id, MeetingInvitation.member_id == person.member_id
    )
    row = at.here.session.scalars(mine.execution_options(populate_existing=True)).one()
    holder = at.here.session.get(MeetingInvitation, row.proxy_id) if row.proxy_id else None
    return row.rsvp, holder.member_id if holder else None


@pytest.mark.parametrize("word", ["参加", "不参加", "委托"])
def test_the_word_alone_is_understood_when_the_buttons_are_gone(at: Council, word: str) -> None:
    he = stands(at, "he", "101")
    approved(at)
    he.says("会议")
    assert he.says(word).endswith("您来吗？")


def test_one_press_on_the_invitation_is_an_answer(at: Council) -> None:
    he = stands(at, "he", "101", called="何平")
    at.item("增设充电桩")
    approved(at)
    assert he.inbox[-1].text.splitlines()[0] == "请您参加西苑小区议事会第0次会"
    link = f"http://127.0.0.1:8000/meetings/{at.meeting.public_id}.ics"
    assert he.presses("参加", on=he.inbox[-1]) == (
        f"记下了：您参加{NAME}，地点红色议事厅。\n来不了了，随时可以改。\n手机日历的地址：{link}"
    )
    assert he.labels == ["加到日历", "改回复"]
    assert said(at, he) == (Rsvp.COMING, None)


def test_an_answer_can_be_typed_and_changed(at: Council) -> None:
    he = stands(at, "he", "101")
    approved(at)
    assert he.says("2").startswith(f"记下了：您不参加{NAME}。")
    assert said(at, he) == (Rsvp.NOT_COMING, None)
    assert he.says("改一下") == f"{NAME}，在红色议事厅。\n您说了不参加。要改吗？"
    assert he.labels == ["参加", "不参加", "委托"]
    he.says("来")
    assert said(at, he) == (Rsvp.COMING, None)
    assert he.says("参加会议").endswith("您说了参加。要改吗？")


def test_the_vote_is_given_to_a_neighbour_by_name(at: Council) -> None:
    he, ma, bai = stands(at, "he", "101"), stands(at, "ma", "102", called="马兰"), stands(at, "bai", "103")
    approved(at)
    assert he.presses("委托", on=he.inbox[-1]).startswith("委托哪一位替您这一户说话、投票？")
    assert he.labels == ["马兰（3号楼2单元）"]  # a door is shown to nobody who does not know it
    assert he.says("1") == "记下了：您委托马兰（3号楼2单元）。已经告诉对方；对方不方便的话，会马上告诉您。"
    assert said(at, he) == (Rsvp.PROXY, ma.member_id)
    at.here.deliver()
    assert ma.inbox[-1].text.startswith("3号楼2单元101来不了西苑小区议事会")
    assert ma.presses("不接受委托", on=ma.inbox[-1]) == "好的，已经告诉对方您不方便代为投票。"
    assert said(at, he) == (None, None)
    at.here.deliver()
    assert he.inbox[-1].text.startswith("马兰（3号楼2单元）不能代您投票。")
    he.presses("委托", on=he.inbox[-1])
    assert he.says("张三").startswith("没有找到这一位，或者不止一位。")
    assert he.says("3号楼2单元 103室").startswith("记下了：您委托3号楼2单元103。")
    assert said(at, he) == (Rsvp.PROXY, bai.member_id)


def test_nobody_left_to_vote_for_one(at: Council) -> None:
    he = stands(at, "he", "101")
    wife = stands(at, "wife", "101", called="妻子")
    approved(at)
    assert he.presses("委托", on=he.inbox[-1]).startswith("现在没有可以委托的议事代表")
    assert he.labels == ["参加", "不参加"]
    he.says("不参加")
    wife.presses("参加", on=wife.inbox[-1])
    assert (said(at, he)[0], said(at, wife)[0]) == (Rsvp.NOT_COMING, Rsvp.COMING)  # each for themselves


def test_who_only_listens_has_no_vote_to_give(at: Council) -> None:
    he = stands(at, "he", "101", capacity=Capacity.OBSERVER)
    stands(at, "ma", "102", called="马兰")
    approved(at)
    assert [button.label for button in he.inbox[-1].buttons] == ["参加", "不参加"]
    he.says("参加会议")
    assert he.labels == ["参加", "不参加"]


def test_the_order_of_a_stranger_is_not_obeyed(at: Council) -> None:
    he, ma, bai = (stands(at, n, r, called=n) for n, r in (("he", "101"), ("ma", "102"), ("bai", "103")))
    approved(at)
    he.presses("委托", on=he.inbox[-1])
    he.says("ma（3号楼2单元）")
    at.here.deliver()
    assert bai.presses_button(ma.inbox[-1].buttons[0].data).startswith("这个按钮已经过时了")
    assert said(at, he) == (Rsvp.PROXY, ma.member_id)


def test_nothing_to_answer_without_an_invitation(at: Council) -> None:
    approved(at)
    wang = at.here.person("wang")
    assert wang.says("参加会议") == "现在没有等您回复的会。回复“会议”看您的会。"


def test_the_calendar_file_is_made_on_request_and_again_after_a_cancellation(at: Council) -> None:
    he = stands(at, "he", "101")
    approved(at)
    he.presses("参加", on=he.inbox[-1])
    link = f"http://127.0.0.1:8000/meetings/{at.meeting.public_id}.ics"
    assert he.says("加到日历") == f"文件马上发给您，打开它就加到手机日历。\n打不开的话，用这个地址：{link}"
    cancelled(at)
    assert [button.label for button in he.inbox[-1].buttons] == ["从日历去掉"]
    assert he.presses("从日历去掉", on=he.inbox[-1]).startswith("这次会取消了，文件马上发给您")
    owed = at.here.session.execute(select(Document.kind, Document.name, Document.params).order_by(Document.id))
    assert [tuple(row) for row in owed] == [
        ("invitation_ics", "西苑小区议事会0316.ics", {"meeting": at.meeting_id, "revision": 0, "state": "called"}),
        ("invitation_ics", "西苑小区议事会0316.ics", {"meeting": at.meeting_id, "revision": 1, "state": "cancelled"}),
    ]


def test_after_the_meeting_the_button_says_what_is_so_now(at: Council) -> None:
    he = stands(at, "he", "101")
    approved(at)
    cancelled(at)
    assert he.presses("参加", on=he.inbox[0]).startswith("这次会已经开完、取消，或者还没有通知")
