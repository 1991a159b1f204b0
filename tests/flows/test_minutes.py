"""纪要: drafted from what happened, changed by its chair, checked by those who were there, published to everybody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from models.base import insert_row
from models.meeting import AgendaIssue, AgendaItem
from models.minutes import MeetingNote, Minutes
from models.rules.meeting_workflow import Capacity, ItemState, MeetingState
from services.meetings.minutes import draft_minutes
from tests.council import Council, council
from tests.neighbourhood import ANOTHER, SENTENCE, Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports(SENTENCE)
    return wang


@pytest.fixture
def guests(here: Neighbourhood) -> dict[str, Person]:
    return {name: here.person(name) for name in ("ma", "tian", "gao", "shi")}


@pytest.fixture
def held(here: Neighbourhood, staff: Staff, wang: Person, guests: dict[str, Person]) -> Council:
    """A meeting at which three households were; its item about the lights was adjourned, its talk was noted."""
    meeting = council(here, staff, state=MeetingState.HELD, days=-1)
    for name, room in (("ma", "101"), ("tian", "102"), ("gao", "201"), ("shi", "202")):
        guests[name].says("你好")
        meeting.seat(guests[name], Capacity.VOTER, room=room, present=name != "shi")
    lamps = meeting.item("楼道灯", issues=[here.issue(1)], state=ItemState.LISTED)
    here.session.get_one(AgendaItem, lamps).words = "先问问电价"
    here.session.get_one(AgendaItem, lamps).state = ItemState.ADJOURNED
    meeting.item("文明养犬", state=ItemState.INFORMED)
    insert_row(
        here.session,
        MeetingNote,
        meeting_id=meeting.meeting_id,
        item_id=lamps,
        words="大家说灯要换成声控的",
        photos=[],
        by_id=staff.zhao.member_id,
        at=here.now,
    )
    here.session.flush()
    draft_minutes(here.session, meeting.meeting, meeting.series, at=here.now, rules=here.house.rules)
    return meeting


def told(who: Person, start: str = "") -> list[str]:
    return [message.text for message in who.inbox if message.text.startswith(start)]


LABEL = "西苑小区议事会第1次会"


def test_the_chair_reads_what_happened(here: Neighbourhood, staff: Staff, held: Council) -> None:
    assert staff.zhao.says("纪要") == (
        "西苑小区议事会第1次会纪要\n"
        "2026年3月1日 12:00，西苑小区议事会在红色议事厅开会，由网格书记（第一网格）召集。"
        "到会3户，应到4户，开会要3户，人数够了。\n"
        "到会住户：西苑小区3号楼3户。\n\n"
        "1. 楼道灯（LN-2026-0001）\n"
        "大家说灯要换成声控的\n"
        "结果：没有定下来，下次再议。先问问电价。\n\n"
        "2. 文明养犬\n"
        "结果：向大家通报了情况。\n\n"
        "（第1版）\n"
        "还没有发给到会的人核对（到会的人里有3位能收到消息）。\n\n"
        "要做什么？"
    )
    assert staff.zhao.labels == ["改纪要", "发给到会的人核对"]


def test_strangers_and_guests_may_not_write_them(
    here: Neighbourhood, staff: Staff, held: Council, guests: dict[str, Person]
) -> None:
    assert "会纪要\n" not in guests["ma"].says("纪要")
    assert staff.li.says("纪要") == "现在没有要写或要公示的纪要。"


def test_a_paragraph_is_changed_with_its_reason(here: Neighbourhood, staff: Staff, held: Council) -> None:
    zhao = staff.zhao
    zhao.says("纪要")
    assert zhao.says("1") == "改哪一段？"
    assert zhao.labels == ["开头", "1. 楼道灯（LN-2026-0001）", "2. 文明养犬", "结尾"]
    assert zhao.says("2").startswith("“1. 楼道灯（LN-2026-0001）”现在是：\n（没有写，用会上记下的内容）")
    assert zhao.labels == []
    assert zhao.says("12户都同意换声控灯").startswith("为什么改？")
    assert zhao.labels == ["记漏了", "记错了", "写得更清楚"]
    shown = zhao.says("1")
    assert shown.startswith("改好了，现在是第2版。")
    assert "1. 楼道灯（LN-2026-0001）\n12户都同意换声控灯\n结果：没有定下来" in shown
    assert "大家说灯要换成声控的" not in shown
    assert "（第2版，记漏了）" in shown
    versions = here.session.scalars(select(Minutes).order_by(Minutes.version)).all()
    assert [(each.version, each.by_id, each.why, each.body["items"]) for each in versions] == [
        (1, None, "", {}),
        (2, zhao.member_id, "记漏了", {str(held.items()[0].id): "12户都同意换声控灯"}),
    ]
    zhao.says("改纪要")
    zhao.says("2")
    assert zhao.labels == ["照会上记的"]
    zhao.says("1")
    assert "大家说灯要换成声控的" in zhao.says("记错了")


def test_words_that_change_nothing_make_no_version(here: Neighbourhood, staff: Staff, held: Council) -> None:
    for _ in range(2):
        staff.zhao.says("纪要")
        staff.zhao.says("改纪要")
        staff.zhao.says("结尾")
        staff.zhao.says("下次商量停车")
        last = staff.zhao.says("写得更清楚")
    assert last.startswith("和原来一样，没有改动。")
    assert len(here.session.scalars(select(Minutes)).all()) == 2


def test_of_two_who_change_them_the_later_is_told(here: Neighbourhood, staff: Staff, held: Council) -> None:
    for chair, words in ((staff.zhao, "主持人先讲话"), (staff.sun, "社区先讲话")):
        chair.says("纪要")
        chair.says("改纪要")
        chair.says("开头")
        chair.says(words)
    staff.zhao.says("记漏了")
    answer = staff.sun.says("记漏了")
    assert answer.startswith("刚才有别人改过，现在是第2版，您写的这一段还没有存：“社区先讲话”。")
    assert "主持人先讲话\n2026年3月1日" in answer


def test_they_are_sent_checked_and_published(
    here: Neighbourhood, staff: Staff, held: Council, wang: Person, guests: dict[str, Person]
) -> None:
    zhao = staff.zhao
    zhao.says("纪要")
    assert zhao.says("发给到会的人核对") == "第1版发给到会的3人了。有人说有误会马上告诉您。"
    here.deliver()
    ma, tian, gao, shi = guests.values()
    (minutes,) = here.session.scalars(select(Minutes)).all()
    asked = f"{LABEL}的纪要请您核对：http://127.0.0.1:8000/minutes/{minutes.public_id}"
    assert [told(guest, LABEL) for guest in (ma, tian, gao, shi)] == [[asked], [asked], [asked], []]
    assert [button.label for button in ma.inbox[-1].buttons] == ["无误", "有误"]
    assert ma.presses("无误", on=ma.inbox[-1]) == "好，记下了：无误。谢谢您。"
    assert tian.presses("有误", on=tian.inbox[-1]).startswith("哪里不对？")
    assert tian.says("灯是20盏") == "好，您的话转给召集人了，改好了会再发给您看。"
    here.deliver()
    assert told(zhao, LABEL) == [f"{LABEL}的纪要，有人说有误：灯是20盏。请看一下，改好了再发给大家。"]
    shown = zhao.says("纪要")
    assert "第1版发给了3人：无误1，有误1，没回复1。\n· 灯是20盏" in shown
    assert zhao.labels == ["改纪要", "公示"]
    assert zhao.says("公示") == (
        "注意：有1人说有误，还没有改好再发给大家看。\n"
        "公示以后，反映的人会收到结果：\n1 楼道灯：下次再议。先问问电价\n2 文明养犬：向大家通报了情况\n现在公示吗？"
    )
    assert zhao.says("先不公示") == "好，先不公示。要改请回复“纪要”。"
    zhao.says("纪要")
    for said in ("改纪要", "2", "灯一共20盏", "记错了"):
        shown = zhao.says(said)
    assert "改过以后的第2版还没有发给大家。" in shown
    assert zhao.labels == ["改纪要", "发给到会的人核对", "公示"]
    assert zhao.says("再发一次") == "第2版发给到会的3人了。有人说有误会马上告诉您。"
    here.deliver()
    assert ma.presses("无误", on=ma.inbox[0]).startswith("刚才有人写了新的一版纪要（第2版），您看的是旧的。")
    assert tian.says("无误") == "好，记下了：无误。谢谢您。"
    zhao.says("纪要")
    assert zhao.says("公示").startswith("公示以后，")
    assert zhao.says("1").startswith(f"公示了：http://127.0.0.1:8000/published/{held.meeting.public_id}。")
    assert held.meeting.state is MeetingState.PUBLISHED
    here.deliver()
    page = f"{LABEL}的结果公示了：http://127.0.0.1:8000/published/{held.meeting.public_id}"
    assert [guest.inbox[-1].text for guest in (ma, tian, gao, shi)] == [page] * 4
    assert told(wang, "LN-2026-0001") [-1:] == [
        "LN-2026-0001（楼道灯坏了一个星期）这次会上没有定下来：先问问电价。下一次接着商量"
        "，现在等着上会，开会的日子还没定；到5月1日还没上会，就报到上一级。"
    ]
    assert here.session.scalars(select(AgendaIssue.on_agenda)).all() == [False]
    assert zhao.says("纪要") == "现在没有要写或要公示的纪要。"
    assert gao.says("核对纪要") == "现在没有要您核对的纪要。"


def test_somebody_finds_a_mistake_while_the_chair_publishes(
    here: Neighbourhood, staff: Staff, held: Council, guests: dict[str, Person]
) -> None:
    staff.zhao.says("纪要")
    staff.zhao.says("发给到会的人核对")
    staff.zhao.says("纪要")
    staff.zhao.says("公示")
    tian = guests["tian"]
    tian.says("有误")
    tian.says("少记了一户")
    assert staff.zhao.says("1").startswith("注意：有1人说有误")
    assert held.meeting.state is MeetingState.MINUTED
    assert staff.zhao.says("1").startswith("公示了：")


def test_the_same_version_is_not_sent_twice(here: Neighbourhood, staff: Staff, held: Council) -> None:
    for chair in (staff.zhao, staff.sun):
        chair.says("纪要")
    staff.zhao.says("发给到会的人核对")
    assert staff.sun.says("发给到会的人核对") == "这一版纪要已经发给到会的人了，改过以后才用再发。"


def test_where_nobody_has_a_phone_they_count_as_checked(here: Neighbourhood, staff: Staff) -> None:
    council(here, staff, state=MeetingState.HELD, days=-1)
    assert "开会要1户，人数不够，只商量，不作决定。" in staff.zhao.says("纪要")
    assert staff.zhao.says("发给大家").startswith("到会的人都收不到消息，纪要算核对过了")
    staff.zhao.says("纪要")
    staff.zhao.says("公示")
    assert staff.zhao.says("1").startswith("公示了：")


def test_a_meeting_that_is_on_has_no_minutes_yet(here: Neighbourhood, staff: Staff) -> None:
    council(here, staff, state=MeetingState.IN_SESSION, days=0)
    assert staff.zhao.says("纪要") == "现在没有要写或要公示的纪要。"


def test_the_link_to_the_page_is_given_where_links_can_be_signed(
    here: Neighbourhood, staff: Staff, held: Council
) -> None:
    here.house = replace(here.house, page_secret="a secret for tests only")
    shown = staff.zhao.says("纪要")
    assert "在网页上改：http://127.0.0.1:8000/minutes/edit/" in shown
    assert "（12小时内有效，不要转给别人）" in shown


def test_two_matters_at_one_meeting_are_told_to_their_own_raisers(here: Neighbourhood, staff: Staff) -> None:
    raisers = []
    for name, sentence in (("wu", SENTENCE), ("hu", ANOTHER)):
        raiser = here.person(name)
        raiser.reports(sentence)
        raisers.append(raiser)
    meeting = council(here, staff, state=MeetingState.MINUTED, days=-1)
    for serial, title, state in ((1, "楼道灯", ItemState.REJECTED), (2, "垃圾", ItemState.LISTED)):
        item = meeting.item(title, issues=[here.issue(serial)])
        row = here.session.get_one(AgendaItem, item)
        row.words = "大家不愿意出钱" if state is ItemState.REJECTED else ""
        row.state = state
    here.session.flush()
    staff.zhao.says("纪要")
    staff.zhao.says("公示")
    staff.zhao.says("1")
    here.deliver()
    wu, hu = raisers
    assert told(wu, "LN-2026-0001")[-1].startswith(
        "LN-2026-0001（楼道灯坏了一个星期）会上的结果：没有通过。大家不愿意出钱。由红管家（西苑小区3号楼2单元）接着办"
    )
    assert told(hu, "LN-2026-0002")[-1] == (
        f"LN-2026-0002（{here.issue(2).summary}）这次会上没有定下来：时间不够，没来得及商量。下一次接着商量"
        "，现在等着上会，开会的日子还没定；到5月1日还没上会，就报到上一级。"
    )
    assert [item.state for item in meeting.items()] == [ItemState.REJECTED, ItemState.NOT_REACHED]
