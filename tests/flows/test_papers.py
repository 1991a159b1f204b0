"""材料: whoever convenes a meeting, or is above, asks for its papers and gets each as a file."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from handlers.context import Context
from handlers.flows import papers
from models.document import Document
from models.meeting import Meeting, MeetingSeries
from models.member import Grant
from models.rules.errors import NotFound
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import MeetingAction, MeetingState
from services import members
from services.meetings.moves import TIMER, MeetingDeed, move_meeting
from tests.council import council
from tests.neighbourhood import Neighbourhood, Person, Staff
from tests.papers_stage import called, held


def asked(here: Neighbourhood) -> list[tuple[Any, ...]]:
    rows = here.session.execute(select(Document.kind, Document.name, Document.params).order_by(Document.id))
    return [tuple(row) for row in rows]


def test_a_secretary_has_the_papers_of_a_meeting_made(here: Neighbourhood, staff: Staff) -> None:
    stage = called(here, staff)
    assert staff.zhao.says("材料") == "西苑小区议事会 3月19日 12:00：要哪一份材料？"
    assert staff.zhao.labels == ["议程", "通知", "签到表"]
    assert staff.zhao.says("2") == "好，正在做，做好了发给您。可以直接打印，也可以先修改。还要别的，再回复“材料”。"
    staff.zhao.says("材料")
    staff.zhao.says("签到单")
    params = {"member": staff.zhao.member_id, "meeting": stage.meeting_id}
    assert asked(here) == [
        ("notice_paper", "西苑小区议事会第1次会议通知.docx", params),
        ("sign_in_paper", "西苑小区议事会第1次会议签到表.docx", params),
    ]


def test_after_the_meeting_there_are_minutes_and_resolutions(here: Neighbourhood, staff: Staff) -> None:
    stage = held(here, staff)
    staff.zhao.says("材料")
    assert staff.zhao.labels == ["议程", "签到表", "纪要", "决议台账", "今年的决议表"]
    staff.zhao.says("纪要")
    staff.zhao.says("材料")
    staff.zhao.says("决议台账")
    staff.zhao.says("材料")
    staff.zhao.says("今年的决议表")
    mine = {"member": staff.zhao.member_id}
    assert asked(here) == [
        ("minutes_paper", "西苑小区议事会第1次会议纪要.docx", {**mine, "meeting": stage.meeting_id}),
        ("resolutions_paper", "西苑小区议事会决议台账.docx", {**mine, "meeting": stage.meeting_id}),
        ("resolutions_sheet", "2026年决议表 2026-03-19.xlsx", {**mine, "year": 2026}),
    ]


def test_of_several_meetings_one_is_chosen_the_latest_first(here: Neighbourhood, staff: Staff) -> None:
    held(here, staff)
    council(here, staff, state=MeetingState.CALLED, days=5)
    assert staff.zhao.says("材料") == "要哪次会议的材料？"
    assert staff.zhao.labels == ["西苑小区议事会 3月24日 14:00", "西苑小区议事会 今天 12:00", "今年的决议表"]
    assert staff.zhao.says("随便").startswith("请从下面选一个")
    assert staff.zhao.says("2").startswith("西苑小区议事会 今天 12:00：")
    assert staff.zhao.says("1").startswith("好，正在做")


def test_a_steward_has_those_of_the_own_corridor_only(here: Neighbourhood, staff: Staff) -> None:
    called(here, staff)
    assert staff.li.says("材料").startswith("您这里现在没有可以做材料的会议。")
    council(here, staff, state=MeetingState.CALLED, level=Level.CORRIDOR)
    assert staff.li.says("材料").startswith("西苑小区3号楼2单元楼道会 ")


def test_a_resident_is_not_offered_any(here: Neighbourhood, staff: Staff) -> None:
    called(here, staff)
    wang = here.person("wang")
    assert "哪一份材料" not in wang.says("材料")
    assert asked(here) == []


def test_whoever_loses_the_post_meanwhile_gets_none(here: Neighbourhood, staff: Staff) -> None:
    called(here, staff)
    staff.zhao.says("材料")
    here.session.execute(update(Grant).where(Grant.member_id == staff.zhao.member_id).values(ends_at=here.now))
    staff.zhao.says("通知")
    assert asked(here) == []


def test_a_paper_that_cannot_be_made_any_more_says_what_can(here: Neighbourhood, staff: Staff) -> None:
    called(here, staff)
    staff.zhao.says("材料")
    here.session.execute(update(Meeting).values(state=MeetingState.CANCELLED))
    here.session.expire_all()
    assert staff.zhao.says("通知").startswith("这份材料现在还不能做。")
    assert asked(here) == []


def test_the_day_before_the_sign_in_sheet_is_one_tap_away(here: Neighbourhood, staff: Staff) -> None:
    stage = called(here, staff)
    deed = MeetingDeed(MeetingAction.REMIND_DAY, None, TIMER, details={"expected": 3, "needed": 2})
    move_meeting(here.session, stage.meeting, stage.series, deed, at=here.now, rules=here.house.rules)
    here.deliver()
    assert [button.label for button in staff.zhao.inbox[-1].buttons] == ["签到表"]
    assert staff.zhao.presses("签到表", on=staff.zhao.inbox[-1]).startswith("好，正在做")
    assert [kind for kind, _, _ in asked(here)] == ["sign_in_paper"]


@pytest.mark.parametrize("argument", ["{meeting}", "{meeting}.nonsense"])
def test_a_meeting_may_be_named_alone(here: Neighbourhood, staff: Staff, argument: str) -> None:
    stage = called(here, staff)
    reply = papers.start(context(here, staff.zhao, argument.format(meeting=stage.meeting_id)))
    assert [option.label for option in reply.options] == ["议程", "通知", "签到表"]
    with pytest.raises(NotFound):
        papers.start(context(here, staff.li, argument.format(meeting=stage.meeting_id)))


def context(here: Neighbourhood, who: Person, argument: str) -> Context:
    known = members.Person(0, who.member_id, "webchat", who.external_id)
    return Context(here.session, known, here.now, here.house, argument=argument)


def test_a_label_that_is_no_name_of_a_file(here: Neighbourhood, staff: Staff) -> None:
    called(here, staff)
    here.session.execute(update(MeetingSeries).values(label='../西苑:"a"\n' + "长" * 100))
    here.session.expire_all()
    staff.zhao.says("材料")
    staff.zhao.says("议程")
    assert [name for _, name, _ in asked(here)] == ["..西苑a" + "长" * 35 + "第1次会议议程.docx"]
