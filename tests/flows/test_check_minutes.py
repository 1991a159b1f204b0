"""核对纪要: who was there says 无误, or what is wrong; nobody else does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.minutes import MinutesCheck
from models.rules.meeting_workflow import MeetingState
from services.meetings.minutes import send_minutes
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def ma(here: Neighbourhood, staff: Staff) -> Person:
    ma = here.person("ma")
    ma.says("你好")
    return ma


@pytest.fixture
def sent(here: Neighbourhood, staff: Staff, ma: Person) -> Council:
    return sends(here, staff, ma)


def sends(here: Neighbourhood, staff: Staff, guest: Person, days: float = -1) -> Council:
    meeting = council(here, staff, state=MeetingState.HELD, days=days)
    meeting.seat(guest, room="101", present=True)
    send_minutes(
        here.session,
        meeting_id=meeting.meeting_id,
        member_id=staff.zhao.member_id,
        site=here.house.public_url,
        at=here.now,
        rules=here.house.rules,
    )
    return meeting


def checks(here: Neighbourhood) -> list[tuple[bool, str]]:
    rows = select(MinutesCheck).order_by(MinutesCheck.id).execution_options(populate_existing=True)
    return [(row.correct, row.words) for row in here.session.scalars(rows)]


def test_from_the_menu_the_link_is_shown_and_the_answer_asked(here: Neighbourhood, ma: Person, sent: Council) -> None:
    assert ma.says("核对纪要").startswith("西苑小区议事会 3月1日 12:00的纪要（第1版）：http://127.0.0.1:8000/minutes/")
    assert ma.labels == ["无误", "有误"]
    assert ma.says("2").startswith("哪里不对？")
    assert ma.says("第1条少写了一户") == "好，您的话转给召集人了，改好了会再发给您看。"
    assert checks(here) == [(False, "第1条少写了一户")]
    assert ma.says("核对纪要") == "现在没有要您核对的纪要。"


def test_the_last_word_counts(here: Neighbourhood, staff: Staff, ma: Person, sent: Council) -> None:
    here.deliver()
    ma.presses("有误", on=ma.inbox[-1])
    ma.says("少写了一户")
    assert ma.presses("无误", on=ma.inbox[-1]) == "好，记下了：无误。谢谢您。"
    assert checks(here) == [(True, "")]


def test_the_words_alone_answer_the_one_that_waits(here: Neighbourhood, ma: Person, sent: Council) -> None:
    assert ma.says("无误") == "好，记下了：无误。谢谢您。"
    assert ma.says("无误") == "现在没有要您核对的纪要。"


def test_a_mistake_needs_its_sentence_and_can_be_dropped(here: Neighbourhood, ma: Person, sent: Council) -> None:
    ma.says("有误")
    assert ma.sends_photo().startswith("还差一句话。")
    assert ma.says("取消").startswith("好的，取消了")
    assert checks(here) == []


def test_of_several_one_is_chosen(here: Neighbourhood, staff: Staff, ma: Person) -> None:
    sends(here, staff, ma)
    sends(here, staff, ma, days=-2)
    assert ma.says("核对纪要") == "核对哪一次会的纪要？"
    assert ma.labels == ["西苑小区议事会 2月28日 12:00", "西苑小区议事会 3月1日 12:00"]
    ma.says("2")
    ma.says("1")
    assert checks(here) == [(True, "")]
    assert ma.says("核对纪要").startswith("西苑小区议事会 2月28日 12:00的纪要")


def test_who_was_not_there_cannot_say_anything(here: Neighbourhood, staff: Staff, ma: Person) -> None:
    meeting = council(here, staff, state=MeetingState.HELD, days=-1)
    meeting.seat(ma, room="101")
    staff.zhao.says("纪要")
    staff.zhao.says("发给大家")
    here.deliver()
    assert ma.says("核对纪要") == "现在没有要您核对的纪要。"
    ma.presses_button(f"do:check_minutes:0:{meeting.meeting_id}.right.1")
    assert checks(here) == []


def test_after_publication_it_is_too_late(here: Neighbourhood, staff: Staff, ma: Person, sent: Council) -> None:
    here.deliver()
    staff.zhao.says("纪要")
    staff.zhao.says("公示")
    staff.zhao.says("1")
    notice = next(message for message in ma.inbox if "请您核对" in message.text)
    assert ma.presses("无误", on=notice) == "这次会的结果已经公示了。有不同意见请回复“异议”。"
    assert checks(here) == []
