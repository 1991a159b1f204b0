"""签到: by the button, by the code in the room, by the chair."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.meeting import MeetingInvitation
from models.rules.meeting_workflow import Capacity, CheckedInBy, MeetingState, Rsvp
from models.rules.room_code import code_at
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

HOUR = 1 / 24


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.says("你好")
    return wang


def soon(here: Neighbourhood, staff: Staff, *, hours: float = 0.25) -> Council:
    """A meeting that begins in a quarter of an hour."""
    return council(here, staff, state=MeetingState.CALLED, days=hours * HOUR)


def seat_of(here: Neighbourhood, invitation: int) -> MeetingInvitation:
    return here.session.get_one(MeetingInvitation, invitation, populate_existing=True)


def test_one_press_is_enough_and_a_second_does_no_harm(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = soon(here, staff)
    seat = xiyuan.seat(wang, room="101")
    xiyuan.seat(here.person("chen"), room="102")
    assert wang.says("签到") == "签到好了，西苑小区议事会。\n现在到会 1 户，还差 1 户。"
    row = seat_of(here, seat)
    assert (row.checked_in_at, row.checked_in_by) == (here.now, CheckedInBy.SELF)
    before = row.checked_in_at
    assert wang.says("签到") == "您已经签过到了，西苑小区议事会，不用再签。现在到会 1 户，还差 1 户。"
    assert seat_of(here, seat).checked_in_at == before


def test_two_of_one_household_count_once(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan, chen = soon(here, staff), here.person("chen")
    xiyuan.seat(wang, room="101")
    xiyuan.seat(chen, room="101")
    xiyuan.seat(here.person("zhou"), room="102")
    wang.says("签到")
    assert chen.says("签到") == "签到好了，西苑小区议事会。\n现在到会 1 户，还差 1 户。"


def test_it_is_not_open_before_its_time_nor_after_the_end(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = soon(here, staff, hours=2)
    xiyuan.seat(wang)
    assert wang.says("签到") == "西苑小区议事会 今天 14:00开会，今天 13:30起可以签到。"
    wang.says("你好")
    here.passes(hours=1.6)
    assert wang.says("签到").startswith("签到好了")
    xiyuan.meeting.state = MeetingState.HELD
    here.session.flush()
    assert wang.says("签到").startswith("现在没有请您参加的会可以签到")


def test_the_code_of_the_room_is_typed_pasted_or_scanned(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = soon(here, staff)
    for n, said in enumerate(("签到{}", "签到 {}", "QD{}", "qd{}", "签到码：{}", "签到　{}")):
        person = here.person(f"p{n}")
        person.says("你好")
        seat = xiyuan.seat(person, room=f"{n}01")
        code = code_at(xiyuan.meeting.code, here.now)
        assert person.says(said.format(code)).startswith("签到好了"), said
        assert seat_of(here, seat).checked_in_by is CheckedInBy.QR


def test_a_code_that_has_changed_is_refused_and_the_next_one_works(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    xiyuan = soon(here, staff)
    seat = xiyuan.seat(wang)
    old = code_at(xiyuan.meeting.code, here.now - timedelta(minutes=3))
    assert wang.says(f"签到{old}").startswith("这个签到码不对，或者已经换了")
    assert seat_of(here, seat).checked_in_at is None
    assert wang.says(f"签到{code_at(xiyuan.meeting.code, here.now)}").startswith("签到好了")


def test_who_is_not_on_the_list_is_told_what_to_do(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = soon(here, staff)
    wang.says("登记住址")
    assert wang.says(f"签到{code_at(xiyuan.meeting.code, here.now)}").startswith("您不在这次会的名单里")
    assert wang.says("签到").startswith("现在没有请您参加的会可以签到")


def test_an_observer_is_told_that_they_do_not_vote(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = soon(here, staff)
    xiyuan.seat(wang, Capacity.OBSERVER)
    xiyuan.seat(here.person("chen"))
    assert wang.says("签到") == (
        "签到好了，西苑小区议事会。\n您是列席，可以发言，不参加表决。\n现在到会 0 户，还差 1 户。"
    )


def test_who_comes_after_all_votes_themselves(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan, chen = soon(here, staff), here.person("chen")
    holder = xiyuan.seat(chen, room="102", rsvp=Rsvp.COMING)
    seat = xiyuan.seat(wang, room="101", rsvp=Rsvp.PROXY)
    seat_of(here, seat).proxy_id = holder
    here.session.flush()
    assert chen.says("签到") == "签到好了，西苑小区议事会。\n您还受 1 户委托。\n现在到会 2 户，人数够了。"
    assert wang.says("签到") == (
        "签到好了，西苑小区议事会。\n您原来委托了别人，现在您本人到了，委托取消，由您自己表决。\n"
        "现在到会 2 户，人数够了。"
    )
    row = seat_of(here, seat)
    assert (row.proxy_id, row.rsvp) == (None, Rsvp.COMING)


def test_of_two_meetings_one_is_chosen(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    soon(here, staff).seat(wang)
    assert wang.says("签到").startswith("签到好了，西苑小区议事会")
    later = council(here, staff, state=MeetingState.CALLED, days=0.3 * HOUR, quorum=soon(here, staff).meeting.quorum)
    later.seat(wang)
    assert wang.says("签到") == "给哪个会签到？"
    assert len(wang.labels) == 2
    assert wang.says("2").startswith("签到好了")


def test_the_chair_signs_in_who_has_no_phone(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = soon(here, staff)
    seat = xiyuan.seat(wang, room="101")
    xiyuan.seat(here.person("chen"), room="102")
    assert staff.zhao.says("代签到") == "到会 0 户，开会要 2 户。还没签到的 2 人，谁到了就选谁："
    assert staff.zhao.labels == ["3号楼2单元101", "chen（3号楼2单元）", "名单上没有", "回到主持"]
    assert staff.zhao.says("1").startswith("签好了。\n到会 1 户，开会要 2 户。")
    assert seat_of(here, seat).checked_in_by is CheckedInBy.CONVENER
    staff.zhao.says("名单上没有")
    assert staff.zhao.says("王桂兰 西苑小区3号楼2单元501") == "王桂兰 西苑小区3号楼2单元501：能不能投票？"
    assert staff.zhao.says("能，代表一户").startswith("签好了。\n到会 2 户，人数够了。")
    added = here.session.query(MeetingInvitation).filter_by(meeting_id=xiyuan.meeting_id, member_id=None).one()
    assert (added.name, added.household, added.capacity) == (
        "王桂兰 西苑小区3号楼2单元501",
        f"home:{here.ids.unit}:501",
        Capacity.VOTER,
    )


def test_a_neighbour_written_down_twice_is_one_person(here: Neighbourhood, staff: Staff) -> None:
    xiyuan = soon(here, staff)
    for _ in range(2):
        staff.zhao.says("代签到")
        staff.zhao.says("名单上没有")
        staff.zhao.says("赵大爷 东头平房")
        said = staff.zhao.says("列席")
    assert said.startswith("这位已经签过到了。")
    added = here.session.query(MeetingInvitation).filter_by(meeting_id=xiyuan.meeting_id).one()
    assert (added.household, added.capacity) == ("told:赵大爷东头平房", Capacity.OBSERVER)


def test_a_neighbour_of_a_household_that_is_there_adds_no_vote(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    xiyuan = soon(here, staff)
    xiyuan.seat(wang, room="501")
    wang.says("签到")
    staff.zhao.says("代签到")
    staff.zhao.says("名单上没有")
    staff.zhao.says("王桂兰 西苑小区3号楼2单元501")
    assert staff.zhao.says("能").startswith("签好了。\n到会 1 户，人数够了。")


def test_only_the_chair_signs_others_in(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    soon(here, staff).seat(wang)
    assert staff.li.says("代签到").startswith("现在没有您主持的会")
    assert staff.sun.says("代签到").startswith("到会 0 户")  # the rung above may stand in
