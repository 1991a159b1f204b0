"""What the timer notes instead of words reaches people in words, wherever they see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from handlers import reasons
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import MeetingAction, MeetingState
from services.meetings import agenda
from services.meetings import moves as meeting_moves
from services.meetings.moves import TIMER, MeetingDeed, lock_meeting
from tests.council import council
from tests.neighbourhood import Neighbourhood, Person, Staff

#: What no sentence for people holds: words of programs.
CODE = re.compile(r"[a-z]+_[a-z]+")
ADDRESS = re.compile(r"https?://\S+")


def shown(here: Neighbourhood, people: list[Person], *commands: str) -> list[str]:
    """All that people were told and what they are answered, without addresses."""
    told = [outgoing.text for phone in here.phones.values() for outgoing in phone]
    told += [person.says(words) for person in people for words in commands]
    return [ADDRESS.sub("", words) for words in told]


@pytest.mark.parametrize("why", sorted(reasons.NOTED))
def test_each_has_its_words(why: str) -> None:
    assert not CODE.search(reasons.in_words(why))


@pytest.mark.parametrize("why", ["holiday_spring", "holiday_national"])
def test_a_meeting_that_moved_by_itself(here: Neighbourhood, staff: Staff, why: str) -> None:
    wang = here.person("wang")
    wang.says("你好")
    called = council(here, staff, state=MeetingState.CALLED, days=10)
    called.seat(wang)
    called.item()
    meeting, series = lock_meeting(here.session, called.meeting_id)
    deed = MeetingDeed(MeetingAction.MOVE, None, TIMER, words=why, until=meeting.meets_at + timedelta(days=7))
    meeting_moves.move_meeting(here.session, meeting, series, deed, at=here.now, rules=here.house.rules)
    here.passes(days=1)
    here.deliver()
    said = shown(here, [wang, staff.zhao], "会议", "1", "议事会", "材料")
    assert any(reasons.in_words(why) in words for words in said)
    assert [words for words in said if CODE.search(words)] == []


@pytest.mark.parametrize(
    ("state", "why"), [(MeetingState.CALLED, "missed_unopened"), (MeetingState.DRAFTED, "missed_unapproved")]
)
def test_a_meeting_that_nobody_held(here: Neighbourhood, staff: Staff, state: MeetingState, why: str) -> None:
    wang = here.person("wang")
    wang.reports()
    missed = council(here, staff, state=state, days=1, level=Level.COMPOUND)
    missed.seat(wang)
    missed.item(issues=[here.issue()])
    here.passes(days=2)
    meeting, series = lock_meeting(here.session, missed.meeting_id)
    deed = MeetingDeed(MeetingAction.MISS, None, TIMER, words=why)
    meeting_moves.move_meeting(here.session, meeting, series, deed, at=here.now, rules=here.house.rules)
    agenda.release_items(here.session, meeting, series, words=why, at=here.now, rules=here.house.rules)
    here.passes(days=1)
    here.deliver()
    number = here.issue().number
    said = shown(here, [wang, staff.zhao, staff.sun], "会议", "1", "议事会", f"进度 {number}", "材料")
    assert any(reasons.in_words(why) in words for words in said)
    assert [words for words in said if CODE.search(words)] == []
