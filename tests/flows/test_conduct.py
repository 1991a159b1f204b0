"""主持: a meeting from its opening to its end, as its chair sees it on one card."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.minutes import MeetingNote, Minutes
from models.resolution import FollowUp, Resolution
from models.rules.meeting_workflow import ItemState, MeetingState
from tests.council import Council, council
from tests.flows.offices import Offices
from tests.neighbourhood import Neighbourhood, Person, Staff

HOUR = 1 / 24
CARD = (
    "西苑小区议事会正在开会。到会 2 户，人数够了。\n\n"
    "▶ 增设充电桩：正在议（计划 20 分钟，议了 0 分钟）\n· 划停车位：还没议（计划 20 分钟）"
)


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.says("你好")
    return wang


def called(here: Neighbourhood, staff: Staff, wang: Person, *, present: int = 2) -> Council:
    """In a quarter of an hour; three households have a vote, and ``present`` of them are there."""
    xiyuan = council(here, staff, state=MeetingState.CALLED, days=0.25 * HOUR)
    for n, person in enumerate((wang, here.person("chen"), here.person("zhou"))):
        xiyuan.seat(person, room=f"{n + 1}01", present=n < present)
    xiyuan.item("增设充电桩")
    xiyuan.item("划停车位")
    return xiyuan


def opened(here: Neighbourhood, staff: Staff, wang: Person) -> Council:
    xiyuan = called(here, staff, wang)
    staff.zhao.says("主持")
    staff.zhao.says("开会")
    return xiyuan


def adopts(zhao: Person, *, due: str = "一个月内", group: str = "不设跟进小组") -> str:
    zhao.says("通过")
    zhao.says("在东门车棚装10个充电口。")
    zhao.says("10个充电口都能用，线不拖地")
    zhao.says("安居物业")
    zhao.says(due)
    zhao.says("大约8000元")
    zhao.says("公共收益")
    if group != "不设跟进小组":
        zhao.says(group)
        group = "好了"
    return zhao.says(group)


def outcomes(xiyuan: Council) -> list[tuple[ItemState, str]]:
    return [(item.state, item.words) for item in xiyuan.items()]


def test_the_card_before_and_after_the_opening(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = called(here, staff, wang)
    card = staff.zhao.says("主持")
    assert card.startswith(
        "西苑小区议事会第1次，今天 12:15，红色议事厅\n签到中：到会 2 户（共 3 户能投票），人数够了，可以开会。\n"
        f"会场屏幕打开这个网址，大家扫码签到：http://127.0.0.1:8000/room/{xiyuan.meeting.public_id}/"
    )
    assert staff.zhao.labels == ["开会", "代签到", "刷新"]
    assert staff.zhao.says("1") == CARD
    assert staff.zhao.labels == ["通过", "未通过", "再议", "移交", "通报", "表决", "下一项", "记一笔", "更多"]
    meeting = xiyuan.meeting
    assert (meeting.state, meeting.votes_at_opening, meeting.opened_at) == (MeetingState.IN_SESSION, 3, here.now)


def test_answers_to_presses_stand_in_the_place_of_the_card(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    called(here, staff, wang)
    staff.zhao.says("主持")
    assert not staff.zhao.last.live
    staff.zhao.presses("开会")
    assert staff.zhao.last.live
    staff.zhao.presses("记一笔")
    assert not staff.zhao.last.live  # a question to be answered in words
    staff.zhao.says("大家都同意先试一个月")
    assert not staff.zhao.last.live  # it was typed


def test_too_few_can_be_waited_for_or_talk_without_deciding(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = called(here, staff, wang, present=1)
    staff.zhao.says("主持")
    assert staff.zhao.says("开会") == (
        "到会 1 户，要 2 户，还差 1 户。怎么办？先开的话，只能议，不能定；人到齐了就能定。"
    )
    assert staff.zhao.labels == ["再等等", "先开，只议不定", "人数不够，不开了"]
    assert "还差 1 户" in staff.zhao.says("再等等")
    staff.zhao.says("开会")
    assert "只能议，不能定" in staff.zhao.says("先开，只议不定")
    refused = staff.zhao.says("通过")
    assert refused.startswith("到会 1 户，要 2 户才能定事，现在不能记“通过”。")
    assert "▶ 增设充电桩" in refused  # the card is still there
    here.person("chen").says("签到")
    assert staff.zhao.says("通过").startswith("“增设充电桩”通过了。定下来的是什么？")
    assert xiyuan.meeting.state is MeetingState.IN_SESSION


def test_a_meeting_without_quorum_is_sent_home_and_everybody_hears_it(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    wang.reports()
    xiyuan = called(here, staff, wang, present=1)
    xiyuan.item("楼道灯", issues=[here.issue()])
    here.deliver()
    staff.zhao.says("主持")
    staff.zhao.says("开会")
    assert staff.zhao.says("人数不够，不开了") == (
        "西苑小区议事会这次没有开成（到会 1 户，要 2 户）。已经告诉请过的人，议题会带到下一次。"
    )
    here.deliver()
    assert xiyuan.meeting.state is MeetingState.NOT_HELD
    assert {item.state for item in xiyuan.items()} == {ItemState.NOT_REACHED}
    assert here.issue().state == "to_deliberate"
    assert any("到会人数不够，这次没有开成" in message.text for message in wang.inbox)
    assert staff.zhao.says("主持").startswith("现在没有您主持的会")


def test_an_adopted_item_has_its_resolution(
    here: Neighbourhood, staff: Staff, wang: Person, offices: Offices
) -> None:
    xiyuan = opened(here, staff, wang)
    said = adopts(staff.zhao, group="1")
    assert said.startswith("记下了：“增设充电桩”通过。记错了可以选“改结果”。\n\n西苑小区议事会正在开会。")
    assert "· 划停车位：还没议" in said or "▶ 划停车位" in said
    resolution = here.session.scalars(select(Resolution)).one()
    assert (resolution.words, resolution.standard, resolution.budget, resolution.source) == (
        "在东门车棚装10个充电口",
        "10个充电口都能用，线不拖地",
        "大约8000元",
        "公共收益",
    )
    assert resolution.due_on.isoformat() == "2026-04-02"
    assert [f.member_id for f in here.session.scalars(select(FollowUp))] == [wang.member_id]
    assert outcomes(xiyuan) == [(ItemState.ADOPTED, "在东门车棚装10个充电口"), (ItemState.LISTED, "")]


def test_a_standard_must_be_something_one_can_see_and_a_day_ahead(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    opened(here, staff, wang)
    staff.zhao.says("通过")
    staff.zhao.says("装充电口")
    assert "做到什么样算办好" in staff.zhao.says("好")
    staff.zhao.says("10个充电口都能用")
    assert "红管家（西苑小区3号楼2单元）" in staff.zhao.labels
    assert "社区（兰宁社区）" in staff.zhao.labels
    staff.zhao.says("第一网格")
    assert staff.zhao.says("今天晚上").startswith("这个时间已经过去了")
    assert staff.zhao.says("马上").startswith("没看懂这个日期")
    assert staff.zhao.says("3月25日") == "要花多少钱？请写一下，比如“大约8000元”。"
    assert staff.zhao.says("返回").startswith("什么时候办完？")


def test_what_was_noted_can_be_taken_back_until_the_end(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = opened(here, staff, wang)
    adopts(staff.zhao)
    assert staff.zhao.labels[0] == "改结果"
    assert staff.zhao.says("改结果").startswith("“增设充电桩”的结果撤回了，可以重新记。")
    assert here.session.scalars(select(Resolution)).all() == []
    assert outcomes(xiyuan)[0] == (ItemState.IN_TALK, "")
    staff.zhao.says("未通过")
    staff.zhao.says("费用太高。")
    assert outcomes(xiyuan)[0] == (ItemState.REJECTED, "费用太高")
    staff.zhao.says("改结果")
    adopts(staff.zhao)
    assert len(here.session.scalars(select(Resolution)).all()) == 1


def test_the_chair_steps_through_the_items_and_only_one_is_talked_over(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    xiyuan = opened(here, staff, wang)
    states = [[item.state for item in xiyuan.items()]]
    for word in ("下一项", "下一项", "更多"):
        staff.zhao.says(word)
        states.append([item.state for item in xiyuan.items()])
    listed, talk = ItemState.LISTED, ItemState.IN_TALK
    assert states == [[talk, listed], [listed, talk], [talk, listed], [talk, listed]]
    staff.zhao.says("上一项")
    assert [item.state for item in xiyuan.items()] == [listed, talk]
    assert [item.talked_from is not None for item in xiyuan.items()] == [False, True]  # the first was passed by


def test_words_and_photos_at_the_card_are_notes_to_the_item(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = opened(here, staff, wang)
    assert staff.zhao.says("老张说先试一个月").startswith("记下了，在“增设充电桩”下面。")
    here.passes(minutes=1)
    assert staff.zhao.sends_photo("现场").startswith("记下了（照片 1 张），在“增设充电桩”下面。")
    staff.zhao.says("记一笔")
    assert staff.zhao.says("费用由用电的人出").startswith("记下了，在“增设充电桩”下面。")
    notes = here.session.scalars(select(MeetingNote).order_by(MeetingNote.id)).all()
    first = xiyuan.items()[0].id
    assert [(n.item_id, n.words, len(n.photos)) for n in notes] == [
        (first, "老张说先试一个月", 0),
        (first, "现场", 1),
        (first, "费用由用电的人出", 0),
    ]


def test_a_ballot_is_started_from_the_card_and_the_card_is_found_again(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    opened(here, staff, wang)
    assert "增设充电桩" in staff.zhao.says("表决")
    staff.zhao.says("开始表决")
    assert "▶ 增设充电桩：正在议，表决中" in staff.zhao.says("主持")
    assert staff.zhao.says("通过").startswith("还有一个表决没有结束。")


def test_what_was_talked_over_without_an_outcome_is_shown_so_and_named_before_the_end(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    wang.reports()
    xiyuan = called(here, staff, wang)
    xiyuan.item("楼道灯", issues=[here.issue()])
    staff.zhao.says("主持")
    staff.zhao.says("开会")
    here.passes(minutes=12)
    shown = staff.zhao.says("下一项")
    assert "· 增设充电桩：议过，还没有结果（计划 20 分钟）" in shown
    assert "▶ 划停车位：正在议" in shown
    shown = staff.zhao.says("下一项")  # only passed by
    assert "· 划停车位：还没议（计划 20 分钟）" in shown
    staff.zhao.says("先试一个月再说")
    staff.zhao.says("更多")
    assert staff.zhao.says("散会") == (
        "议过、还没有记结果的有 2 个：增设充电桩；楼道灯。请先记下结果。"
        "现在散会的话，纪要里写“议过，没有定下来”，下次再议。\n"
        "还有 1 个议题没有议：划停车位。散会的话，记为“没来得及议”，下次再议。"
    )
    assert staff.zhao.labels == ["记结果：增设充电桩", "记结果：楼道灯", "散会", "接着开"]
    assert "▶ 增设充电桩：正在议" in staff.zhao.presses("记结果：增设充电桩")
    staff.zhao.says("未通过")
    staff.zhao.says("大家不愿意出钱")
    staff.zhao.says("散会")
    assert staff.zhao.labels == ["记结果：楼道灯", "散会", "接着开"]
    assert "2 个议题没有结果，下次再议。" in staff.zhao.says("散会")
    assert [(item.state, item.talked_from is None) for item in xiyuan.items()] == [
        (ItemState.REJECTED, False),
        (ItemState.NOT_REACHED, True),
        (ItemState.NOT_REACHED, False),
    ]
    minutes = staff.zhao.says("纪要")
    assert "结果：没来得及议，下次再议。" in minutes
    assert "结果：议过，没有定下来，下次再议。" in minutes


def test_at_the_end_what_was_not_reached_waits_and_the_minutes_are_drafted(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    xiyuan = opened(here, staff, wang)
    staff.zhao.says("通报")
    staff.zhao.says("物业说下周装")
    staff.zhao.says("更多")
    assert staff.zhao.says("散会") == (
        "还有 1 个议题没有议：划停车位。散会的话，记为“没来得及议”，下次再议。"
    )
    assert "▶ 增设充电桩" in staff.zhao.says("接着开") or "▶ 划停车位" in staff.zhao.last.text
    staff.zhao.says("更多")
    staff.zhao.says("散会")
    assert staff.zhao.says("散会").startswith("西苑小区议事会散会了，到会 2 户。1 个议题没有结果，下次再议。")
    assert outcomes(xiyuan) == [(ItemState.INFORMED, "物业说下周装"), (ItemState.NOT_REACHED, "")]
    assert (xiyuan.meeting.state, xiyuan.meeting.closed_at) == (MeetingState.HELD, here.now)
    assert len(here.session.scalars(select(Minutes)).all()) == 1
    assert staff.zhao.labels == ["纪要"]


def test_words_that_stand_under_more_are_no_notes(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    opened(here, staff, wang)
    staff.zhao.says("散会")
    assert staff.zhao.labels == ["记结果：增设充电桩", "散会", "接着开"]
    staff.zhao.says("接着开")
    staff.zhao.says("刷新。")
    assert staff.zhao.last.text == CARD
    assert here.session.scalars(select(MeetingNote)).all() == []


def test_when_all_is_settled_the_end_is_the_first_button(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = opened(here, staff, wang)
    for _ in range(2):
        staff.zhao.says("再议")
        said = staff.zhao.says("下次请物业来")
        if "下一项" in staff.zhao.labels and xiyuan.items()[1].state is not ItemState.ADJOURNED:
            staff.zhao.says("下一项")
    assert said.endswith("议题都有结果了，可以散会。")
    assert staff.zhao.labels[0] == "散会"
    assert staff.zhao.says("1").startswith("西苑小区议事会散会了，到会 2 户。纪要草稿已经写好")


def test_a_chair_who_forgets_to_close_is_helped_after_a_day(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = opened(here, staff, wang)
    here.passes(hours=23)
    here.keeps_time()
    assert xiyuan.meeting.state is MeetingState.IN_SESSION
    here.passes(hours=1.1)
    here.keeps_time()
    assert xiyuan.meeting.state is MeetingState.HELD
    here.deliver()
    assert any("西苑小区议事会开完了" in message.text for message in staff.zhao.inbox)
    here.passes(days=2)
    here.keeps_time()
    assert len(here.session.scalars(select(Minutes)).all()) == 1


def test_it_cannot_be_opened_too_early_nor_by_anybody(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = council(here, staff, state=MeetingState.CALLED, days=2)
    xiyuan.seat(wang)
    card = staff.zhao.says("主持")
    assert "3月4日 11:30起可以签到、开会" in card
    assert staff.zhao.says("开会").startswith("还没到时间：开会前 30 分钟才能签到、开会。")
    assert xiyuan.meeting.state is MeetingState.CALLED
    assert staff.li.says("主持").startswith("现在没有您主持的会")


def test_the_rung_above_may_stand_in(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    xiyuan = called(here, staff, wang)
    staff.sun.says("主持")
    staff.sun.says("开会")
    assert xiyuan.meeting.state is MeetingState.IN_SESSION
    assert staff.zhao.says("主持").startswith("西苑小区议事会正在开会。")


def test_an_outcome_that_the_other_chair_noted_is_not_overwritten(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    xiyuan = opened(here, staff, wang)
    staff.zhao.says("未通过")
    staff.sun.says("主持")
    staff.sun.says("再议")
    staff.sun.says("等物业")
    assert staff.zhao.says("费用太高").startswith("这个议题已经记过结果了。")
    assert outcomes(xiyuan)[0] == (ItemState.ADJOURNED, "等物业")
