"""What leaves the agenda while the meeting goes on, and comes back when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from models.rules.issue_workflow import State
from models.rules.meeting_workflow import ItemState, MeetingState
from services import following, merging
from services.meetings import days as meeting_days
from tests.council import Council, council
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff
from tests.services.minutes_stage import over, publishes, settled


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    wang.reports(ANOTHER)
    return wang


def _by(here: Neighbourhood, who: Person) -> dict[str, Any]:
    here.passes(minutes=1)
    return {"member_id": who.member_id, "at": here.now, "rules": here.house.rules}


def _merge(here: Neighbourhood, staff: Staff) -> None:
    ids: dict[str, Any] = {"issue_id": here.issue(1).id, "into_id": here.issue(2).id}
    merging.merge_issues(here.session, **ids, why="说的是一件事", **_by(here, staff.sun))


def _unmerge(here: Neighbourhood, staff: Staff) -> None:
    merging.unmerge_issue(here.session, issue_id=here.issue(1).id, **_by(here, staff.sun))


def _called(here: Neighbourhood, staff: Staff) -> Council:
    meeting = council(here, staff, state=MeetingState.CALLED)
    meeting.item("楼道灯", issues=[here.issue(1)])
    return meeting


def test_a_meeting_is_cancelled_although_a_matter_on_its_agenda_was_withdrawn(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    meeting = _called(here, staff)
    following.withdraw_report(here.session, issue_id=here.issue(1).id, **_by(here, wang))
    cancelled = meeting_days.cancel_by_chair(
        here.session, meeting_id=meeting.meeting_id, words="停电", **_by(here, staff.zhao)
    )
    assert (cancelled.state, here.issue(1).state) == (MeetingState.CANCELLED, State.WITHDRAWN)


def test_a_meeting_is_moved_although_a_matter_on_its_agenda_was_merged(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    meeting = _called(here, staff)
    _merge(here, staff)
    to = meeting.meeting.meets_at.replace(hour=9)
    about: dict[str, Any] = {"meeting_id": meeting.meeting_id, "to": to, "words": "停电"}
    assert meeting_days.move_by_chair(here.session, **about, **_by(here, staff.zhao)).meets_at == to
    _unmerge(here, staff)
    assert here.issue(1).state is State.SCHEDULED


def test_what_comes_out_of_a_merge_after_its_meeting_was_cancelled_waits_for_the_next(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    meeting = _called(here, staff)
    _merge(here, staff)
    meeting_days.cancel_by_chair(here.session, meeting_id=meeting.meeting_id, words="停电", **_by(here, staff.zhao))
    _unmerge(here, staff)
    assert here.issue(1).state is State.TO_DELIBERATE
    here.deliver()
    assert any("并案以后，那次会已经过了" in message.text for message in wang.inbox)


def test_what_comes_out_of_a_merge_after_it_was_rejected_goes_back_to_its_holder(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    meeting = over(here, staff)
    item = settled(meeting, [here.issue(1)], ItemState.REJECTED)
    _merge(here, staff)
    here.deliver()
    before = len(wang.inbox)
    publishes(meeting, staff.zhao, {item: "大家不同意"})  # where it is now, its raisers hear it too
    assert any("大家不同意" in message.text for message in wang.inbox[before:])
    _unmerge(here, staff)
    assert here.issue(1).state is State.ACCEPTED
