"""No issue waits for a meeting that nobody holds: who hands it over hears so, who would convene it is asked to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.rules.deadlines import due
from models.rules.issue_workflow import Level, State
from models.rules.meeting_workflow import ItemState, MeetingState
from models.rules.posts import Rung
from services.audit import audit
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff
from tests.services.minutes_stage import heard, over, publishes, settled

TASK = (
    "LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）提交到社区议事会商量，"
    "可是这里还没有设社区议事会，没有会可开。请在3月9日前设一个。到时候还没有，这件事会自动上报。"
)


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


def sent_on(here: Neighbourhood, staff: Staff) -> Council:
    """The compound's meeting sent the lamp to the community, where nobody meets."""
    meeting = over(here, staff)
    settled(meeting, [here.issue()], ItemState.REFERRED, "要社区出面", level=Level.COMMUNITY)
    publishes(meeting, staff.zhao)
    return meeting


def test_a_chair_is_told_at_once_where_nobody_meets(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    council(here, staff, level=Level.CORRIDOR)
    meeting = council(here, staff, state=MeetingState.CALLED, days=0.01)
    meeting.seat(wang, room="501", present=True)
    meeting.item("楼道灯", issues=[here.issue()])
    staff.zhao.says("主持")
    staff.zhao.says("开会")
    staff.zhao.says("移交")
    assert staff.zhao.labels == ["楼道会", "社区议事会"]
    assert staff.zhao.says("社区议事会").startswith("这里还没有设社区议事会，没有会可开。换一个，还是照样移交？")
    assert staff.zhao.labels == ["楼道会", "照样移交"]
    assert staff.zhao.says("照样移交").startswith("请写一句为什么移交")
    staff.zhao.says("要社区出面")
    assert staff.zhao.says("就这样").startswith("记下了：“楼道灯”移交。")
    staff.zhao.says("改结果")
    staff.zhao.says("移交")
    staff.zhao.says("社区议事会")
    assert staff.zhao.says("楼道会").startswith("请写一句为什么移交")
    staff.zhao.says("只关系到一个单元")
    staff.zhao.says("就这样")
    assert meeting.items()[0].level is Level.CORRIDOR


def test_who_would_convene_it_has_a_task_with_a_date_and_then_it_climbs(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    sent_on(here, staff)
    assert heard(staff.sun, "LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）提交到") == [TASK]
    task = next(each for each in staff.sun.inbox if each.text == TASK)
    assert [button.label for button in task.buttons] == ["议事会"]
    assert staff.sun.presses("议事会", on=task).startswith(("哪一个？", "兰宁社区议事会多久开一次"))
    here.passes(days=6)
    here.keeps_time()
    here.passes(days=2)
    here.keeps_time()
    issue = here.issue()
    assert (issue.state, issue.rung) == (State.RECEIVED, Rung.GRID)
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


def test_once_they_meet_it_waits_for_their_meeting(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    sent_on(here, staff)
    here.passes(days=1)
    for said in ("议事会", "兰宁社区议事会", "每月第二个周六 15:00", "就这样", "社区大厅", "90", "3", "1", "设好"):
        if said != "兰宁社区议事会" or staff.sun.last.text == "哪一个？":
            staff.sun.says(said if said != "兰宁社区议事会" else "新设：兰宁社区议事会")
    assert here.issue().rung_due == due(here.now, here.house.rules.waiting_for_meeting, rules=here.house.rules)
    here.passes(days=10)
    here.keeps_time()
    assert here.issue().state is State.TO_DELIBERATE


def test_what_waited_for_a_series_that_ended_is_a_task_too(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    meeting = council(here, staff)
    meeting.proposes(here.issue())
    staff.zhao.says("议事会")
    staff.zhao.says("西苑小区议事会")
    staff.zhao.presses("不再开了")
    staff.zhao.says("并到社区一起开")
    here.deliver()
    assert [text for text in heard(staff.zhao, "LN-2026-0001") if "可是这里还没有设小区议事会" in text]
    left = here.issue().rung_due
    assert left is not None
    assert left - here.now < timedelta(days=10)
