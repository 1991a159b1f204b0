"""What stands on papers: who may have which and when, and in how many queries."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from models.meeting import Meeting, MeetingSeries
from models.member import Member
from models.rules.errors import NotFound, PaperNotReady
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import Capacity, MeetingActor, MeetingState
from models.rules.posts import Role, ScopeKind
from services.meeting_people import meeting_actors
from services.meetings.papers import (
    WITH_PAPERS,
    Paper,
    Seat,
    by_building,
    check_paper,
    natural,
    papers_ready,
    seats_of,
)
from services.meetings.resolutions.papers import meetings_with_papers, resolutions_of_series, resolutions_of_year
from services.public_names import building_names, people_named
from tests.council import council
from tests.neighbourhood import Neighbourhood, Staff, next_door
from tests.papers_stage import called, held, resolve
from tests.statements import statements

READY = {
    MeetingState.PLANNED: "",
    MeetingState.COLLECTING: "",
    MeetingState.DRAFTED: "agenda",
    MeetingState.CALLED: "agenda notice sign_in",
    MeetingState.IN_SESSION: "agenda notice sign_in",
    MeetingState.HELD: "agenda sign_in",
    MeetingState.MINUTED: "agenda sign_in",
    MeetingState.PUBLISHED: "agenda sign_in",
    MeetingState.NOT_HELD: "",
    MeetingState.CANCELLED: "",
}


@pytest.mark.parametrize("state", MeetingState)
def test_each_state_has_its_papers(here: Neighbourhood, staff: Staff, state: MeetingState) -> None:
    stage = council(here, staff, state=state)
    asked = {"meeting_id": stage.meeting_id, "member_id": staff.zhao.member_id, "at": here.now}
    _, ready = papers_ready(here.session, **asked)
    assert " ".join(ready) == READY[state]
    for paper in set(Paper) - set(ready):
        with pytest.raises(PaperNotReady):
            check_paper(here.session, paper=paper, **asked)


def test_minutes_and_resolutions_ask_for_a_first_one(here: Neighbourhood, staff: Staff) -> None:
    stage = held(here, staff, state=MeetingState.HELD)
    _, ready = papers_ready(here.session, meeting_id=stage.meeting_id, member_id=staff.zhao.member_id, at=here.now)
    assert ready == [Paper.AGENDA, Paper.SIGN_IN, Paper.MINUTES, Paper.RESOLUTIONS]


def test_the_list_is_of_those_who_convene_or_are_above(here: Neighbourhood, staff: Staff) -> None:
    """The same as one by one."""
    for level in Level:
        for state in (MeetingState.CALLED, MeetingState.PUBLISHED):
            council(here, staff, state=state, level=level)
    council(here, staff, state=MeetingState.PLANNED)
    mayor, he, wang = here.person("mayor"), here.person("he"), here.person("wang")
    here.appoint(mayor, Role.STREET, ScopeKind.STREET, 1, "凤栖街道")
    other = next_door(here)
    other.appoint(he, Role.SECRETARY, ScopeKind.GRID, other.ids.grid, "东湖网格")
    chair = {MeetingActor.CONVENER, MeetingActor.UPPER}
    everyone = (staff.li, staff.zhao, staff.sun, staff.qian, mayor, he, wang)
    for person in everyone:
        found = meetings_with_papers(here.session, member_id=person.member_id, at=here.now, limit=20)
        expected = {
            meeting.id
            for meeting, series in here.session.execute(
                select(Meeting, MeetingSeries).join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
            )
            if meeting.state in WITH_PAPERS
            and chair
            & meeting_actors(
                here.session, member_id=person.member_id, series=series, meeting_id=meeting.id, at=here.now
            )
        }
        assert {line.meeting_id for line in found} == expected, person.external_id
    counts = [
        len(meetings_with_papers(here.session, member_id=person.member_id, at=here.now, limit=20))
        for person in everyone
    ]
    assert counts == [2, 4, 6, 0, 6, 0, 0]


@pytest.mark.parametrize("who", ["li", "qian", "wang"])
def test_nobody_else_learns_that_it_exists(here: Neighbourhood, staff: Staff, who: str) -> None:
    stage = held(here, staff)
    for paper in Paper:
        with pytest.raises(NotFound):
            check_paper(
                here.session,
                meeting_id=stage.meeting_id,
                member_id=here.person(who).member_id,
                paper=paper,
                at=here.now,
            )
    with pytest.raises(NotFound):
        check_paper(here.session, meeting_id=9999, member_id=staff.zhao.member_id, paper=Paper.AGENDA, at=here.now)


def test_a_year_is_of_those_who_answer_for_it(here: Neighbourhood, staff: Staff) -> None:
    held(here, staff)

    def numbers(member_id: int, year: int = 2026) -> list[int]:
        rows = resolutions_of_year(here.session, member_id=member_id, year=year, at=here.now)
        return [row.serial for row in rows]

    assert numbers(staff.zhao.member_id) == numbers(staff.sun.member_id) == [1]
    assert numbers(staff.zhao.member_id, 2025) == []
    for person in (staff.li, staff.qian, here.person("wang")):
        with pytest.raises(NotFound):
            numbers(person.member_id)


def test_seats_are_households_in_the_order_of_buildings(here: Neighbourhood, staff: Staff) -> None:
    stage = called(here, staff)
    voter, unit = Capacity.VOTER, Capacity.DEPARTMENT
    expected = [
        Seat(("王芳", "李明"), "3号楼", voter),
        Seat(("张桂兰",), "3号楼", voter),
        Seat(("刘洋",), "5号楼", voter),
        Seat(("钱进",), "", unit),
    ]
    assert seats_of(here.session, meeting_id=stage.meeting_id, level=Level.COMPOUND) == expected
    (first, *_) = seats_of(here.session, meeting_id=stage.meeting_id, level=Level.COMMUNITY)
    assert first.building == "西苑小区3号楼"
    here.session.execute(update(Member).values(name=""))
    assert [seat.names for seat in seats_of(here.session, meeting_id=stage.meeting_id, level=Level.COMPOUND)] == [
        (),
        ("张桂兰",),
        (),
        (),
    ]


def test_the_names_that_no_public_paper_shows(here: Neighbourhood, staff: Staff) -> None:
    stage = called(here, staff)
    facts, _ = papers_ready(here.session, meeting_id=stage.meeting_id, member_id=staff.zhao.member_id, at=here.now)
    assert people_named(here.session, meeting_id=facts.meeting_id, level=facts.level) == {
        "王芳": "3号楼",
        "李明": "3号楼",
        "刘洋": "5号楼",
        "张桂兰": "3号楼",
        "钱进": "",
    }


def test_a_ledger_asks_few_questions_however_long_it_is(here: Neighbourhood, staff: Staff) -> None:
    stage = held(here, staff)

    def counted() -> int:
        here.session.expire_all()
        with statements(here.session) as made:
            resolutions_of_year(here.session, member_id=staff.zhao.member_id, year=2026, at=here.now)
            resolutions_of_series(here.session, series_id=stage.series_id)
        return len(made)

    few = counted()
    for serial in range(2, 12):
        resolve(here, stage, stage.item(f"第{serial}件事"), serial=serial)
    assert counted() == few <= 12


def test_buildings_are_counted_as_people_count_them() -> None:
    assert by_building(["10号楼", "2号楼", "", "2号楼"]) == (("2号楼", 2), ("10号楼", 1), ("", 1))
    assert natural("3A号楼") < natural("10号楼")
    assert natural("西苑2号楼") < natural("西苑10号楼")


def test_a_home_that_is_not_known_has_no_building(here: Neighbourhood) -> None:
    homes = [("member:7", None), ("home:9999:1", None), ("", here.ids.unit), (f"home:{here.ids.unit}:101", None)]
    assert building_names(here.session, homes, level=Level.COMPOUND) == ["", "", "3号楼", "3号楼"]
