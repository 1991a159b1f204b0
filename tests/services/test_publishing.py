"""公示: whatever was on the agenda goes on from there, and whoever raised it hears what came of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models.base import insert_row, update_row
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaReview
from models.notice import Notice
from models.resolution import Resolution
from models.rules.errors import MeetingRefused, MinutesDisputed, NotFound
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import ItemKind, ItemState, MeetingState
from models.rules.resolution_workflow import ResolutionState
from services.audit import audit
from services.meetings import minutes
from services.meetings.publishing import publish_minutes
from services.meetings.resolutions.deeds import record
from services.moving import lock_issue
from tests.council import Council
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff
from tests.services.minutes_stage import heard, is_in, over, publishes, settled


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.mark.parametrize(
    ("outcome", "becomes"),
    [
        (ItemState.REJECTED, State.ACCEPTED),
        (ItemState.INFORMED, State.ACCEPTED),
        (ItemState.ADJOURNED, State.TO_DELIBERATE),
        (ItemState.NOT_REACHED, State.TO_DELIBERATE),
        (ItemState.LISTED, State.TO_DELIBERATE),
        (ItemState.IN_TALK, State.TO_DELIBERATE),
    ],
)
def test_an_outcome_leads_the_issue_on_and_its_raiser_hears_it_once(
    here: Neighbourhood, staff: Staff, wang: Person, outcome: ItemState, becomes: State
) -> None:
    meeting = over(here, staff)
    item = settled(meeting, [here.issue()], outcome)
    here.deliver()
    before = len(wang.inbox)
    publishes(meeting, staff.zhao, {item: "大家说的"})
    assert here.issue().state is becomes
    assert ["大家说的" in message.text for message in wang.inbox[before:]] == [True]
    assert here.session.scalars(select(AgendaIssue.on_agenda)).all() == [False]
    carried = {ItemState.LISTED: ItemState.NOT_REACHED, ItemState.IN_TALK: ItemState.NOT_REACHED}
    assert [each.state for each in meeting.items()] == [carried.get(outcome, outcome)]
    assert meeting.meeting.published_at is not None


def test_what_nobody_said_is_told_in_the_words_of_the_item(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    meeting = over(here, staff)
    settled(meeting, [here.issue()], ItemState.NOT_REACHED)
    publishes(meeting, staff.zhao)
    assert heard(wang)[-1].startswith("LN-2026-0001（楼道灯坏了一个星期）这次会上没有定下来：楼道灯。")


def adopted(here: Neighbourhood, staff: Staff, meeting: Council, *more: Issue) -> tuple[int, Resolution]:
    item = settled(meeting, [here.issue(1), *more], ItemState.ADOPTED, "换声控灯")
    row = next(each for each in meeting.items() if each.id == item)
    resolution = record(
        here.session,
        item=row,
        meeting=meeting.meeting,
        series=meeting.series,
        words="全部换成声控灯",
        standard="每层的灯晚上都亮",
        owner_id=meeting.series.convener_id,
        due_on=(here.now + timedelta(days=30)).date(),
        actor_id=staff.zhao.member_id,
        at=here.now,
        rules=here.house.rules,
    )
    return item, resolution


def test_what_was_agreed_is_published_as_a_resolution(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    meeting = over(here, staff)
    _, resolution = adopted(here, staff, meeting)
    publishes(meeting, staff.zhao)
    here.session.refresh(resolution)
    assert (resolution.state, resolution.serial) == (ResolutionState.PUBLISHED, 1)
    assert here.issue().state is State.SCHEDULED  # until nobody objects any more
    assert len(heard(wang, "LN-2026-0001（楼道灯）会上定了：全部换成声控灯。")) == 1


def test_raisers_of_a_resolution_under_review_hear_of_it(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    first = over(here, staff)
    _, resolution = adopted(here, staff, first)
    publishes(first, staff.zhao)
    second = over(here, staff)
    item = settled(second, [], ItemState.INFORMED, "灯换了一半", title="复查声控灯", kind=ItemKind.REVIEW)
    insert_row(here.session, AgendaReview, item_id=item, resolution_id=resolution.id)
    publishes(second, staff.zhao)
    assert heard(wang)[-1] == "LN-2026-0001（复查声控灯）的决议，会上又看了一次：灯换了一半。"


def test_raisers_hear_of_a_review_also_when_their_issue_is_closed_by_then(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    first = over(here, staff)
    _, resolution = adopted(here, staff, first)
    publishes(first, staff.zhao)
    second = over(here, staff)
    item = settled(second, [], ItemState.INFORMED, "灯换了一半", title="复查声控灯", kind=ItemKind.REVIEW)
    insert_row(here.session, AgendaReview, item_id=item, resolution_id=resolution.id)
    ends = {"answered_at": here.now, "closed_at": here.now, "look_at": None}
    update_row(here.session, Issue, here.issue().id, state=State.CLOSED, **ends)
    publishes(second, staff.zhao)
    assert heard(wang)[-1] == "LN-2026-0001（复查声控灯）的决议，会上又看了一次：灯换了一半。"


def test_whose_issue_left_the_agenda_meanwhile_hears_it_all_the_same(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    meeting = over(here, staff)
    settled(meeting, [here.issue()], ItemState.REJECTED, "不换")
    lock_issue(here.session, here.issue().id).__setattr__("state", State.ACCEPTED)
    here.session.flush()
    publishes(meeting, staff.zhao)
    assert heard(wang)[-1] == "LN-2026-0001（楼道灯）会上的结果：不换。"
    assert here.issue().state is State.ACCEPTED


def test_several_issues_of_one_item_are_all_told(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    hu = here.person("hu")
    hu.reports(ANOTHER)
    meeting = over(here, staff)
    settled(meeting, [here.issue(1), here.issue(2)], ItemState.ADJOURNED, "再问问")
    publishes(meeting, staff.zhao)
    assert ["再问问" in person.inbox[-1].text for person in (wang, hu)] == [True, True]


def test_who_raised_two_issues_of_one_item_hears_once_and_the_audit_is_content(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    wang.reports(ANOTHER)
    meeting = over(here, staff)
    adopted(here, staff, meeting, here.issue(2))
    publishes(meeting, staff.zhao)
    told = select(func.count()).where(Notice.kind == "resolution_publish_raisers")
    assert here.session.scalar(told.where(Notice.member_id == wang.member_id)) == 1
    assert [breach.what for breach in audit(here.session, at=here.now) if breach.what == "discussed_untold"] == []


def test_only_the_chair_publishes_and_only_checked_minutes(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    meeting = over(here, staff)
    wanted = {"meeting_id": meeting.meeting_id, "at": here.now, "rules": here.house.rules}
    with pytest.raises(NotFound):
        publish_minutes(here.session, member_id=wang.member_id, **wanted)  # type: ignore[arg-type]
    meeting.seat(wang, room="201")
    with pytest.raises(MeetingRefused) as refused:
        publish_minutes(here.session, member_id=wang.member_id, **wanted)  # type: ignore[arg-type]
    assert refused.value.params["chair"] is False
    is_in(meeting, MeetingState.HELD)
    with pytest.raises(MeetingRefused):
        publish_minutes(here.session, member_id=staff.zhao.member_id, **wanted)  # type: ignore[arg-type]
    is_in(meeting, MeetingState.MINUTED)
    publishes(meeting, staff.sun)  # of the rung above
    with pytest.raises(MeetingRefused):
        publishes(meeting, staff.zhao)
    assert here.session.scalar(select(func.count()).where(Notice.kind == "meeting_publish_invited")) == 1


def test_disputed_minutes_are_published_only_on_purpose(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    meeting = over(here, staff)
    is_in(meeting, MeetingState.HELD)
    meeting.seat(wang, room="201", present=True)
    same = {"meeting_id": meeting.meeting_id, "at": here.now, "rules": here.house.rules}
    minutes.send_minutes(here.session, member_id=staff.zhao.member_id, site="", **same)  # type: ignore[arg-type]
    said = {"correct": False, "words": "不是12户", "version": 1}
    minutes.check_minutes(here.session, member_id=wang.member_id, **said, **same)  # type: ignore[arg-type]
    with pytest.raises(MinutesDisputed) as disputed:
        publishes(meeting, staff.zhao)
    assert disputed.value.params == {"wrong": 1}
    assert meeting.meeting.published_at is None
    publish_minutes(here.session, member_id=staff.zhao.member_id, despite=True, **same)  # type: ignore[arg-type]
    assert meeting.meeting.state is MeetingState.PUBLISHED
