"""Hot spots: what is told again and again comes up for discussion by itself."""

from __future__ import annotations

from sqlalchemy import select

from models.issue import HistoryEntry
from models.rules.issue_workflow import Action, Level, State
from services.meetings.candidates import _hot_spots
from tests.council import council
from tests.neighbourhood import Neighbourhood, Staff
from tests.services.agenda_stage import (
    MATTERS,
    collected,
    drafted,
    joined,
    titles,
)


def test_a_hot_spot_becomes_a_candidate_and_its_raisers_hear_why(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    here.person("wang").reports(MATTERS[0])
    here.person("chen").reports(MATTERS[1])
    joined(here, MATTERS[0], 2)
    assert collected(meeting) == 1
    assert (here.issue(1).state, here.issue(1).level) == (State.TO_DELIBERATE, Level.COMPOUND)
    assert here.issue(2).state is State.RECEIVED
    entry = here.session.scalars(select(HistoryEntry).where(HistoryEntry.action == Action.PROPOSE)).one()
    assert entry.actor_id is None
    here.deliver()
    assert here.phones["wang"][-1].text == (
        "LN-2026-0001（屋顶漏雨好几天了）要大家一起商量，已提交小区议事会。原因：3天里有3次反映。"
        "现在等着上会，最近一次会是3月16日 12:00 西苑小区议事会，列上议程会通知。"
    )
    assert titles(drafted(meeting).lines) == ["屋顶漏雨好几天了"]


def test_told_as_often_in_a_season_it_is_one_too(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, days=60)
    here.person("wang").reports(MATTERS[0])
    for _ in range(2):
        assert _hot_spots(here.session, meeting.series, at=here.now, rules=here.house.rules) == []
        here.passes(days=10)
        joined(here, MATTERS[0], 1)
    assert collected(meeting) == 1


def test_a_hot_spot_of_a_corridor_is_left_to_the_corridor_s_own_series(here: Neighbourhood, staff: Staff) -> None:
    wide = council(here, staff)
    narrow = council(here, staff, level=Level.CORRIDOR)
    matter = "西苑小区3号楼2单元楼道堆满杂物"
    here.person("wang").reports(matter)
    joined(here, matter, 2)
    assert (collected(wide), collected(narrow)) == (0, 1)
    assert here.issue(1).level is Level.CORRIDOR
