"""Candidates and the agenda: what comes on it, what waits, what is carried over, and what raisers hear of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.base import insert_row
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, AgendaReview, Meeting, Referral
from models.resolution import Resolution
from models.rules.errors import AgendaRefused, ItemSettled, MeetingRefused, NotFound
from models.rules.issue_workflow import Level, State
from models.rules.meeting_workflow import ItemKind, ItemState, MeetingState
from models.rules.posts import Role, ScopeKind
from models.rules.resolution_workflow import ResolutionState
from services.deliberating import adjourn_issue
from services.meetings.agenda import agenda_for, draft_agenda, release_items
from services.meetings.agenda_changes import add_issue, move_item, put_back, set_minutes
from services.meetings.series import end_series
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Staff, next_door
from tests.services.agenda_stage import (
    MATTERS,
    approved,
    collected,
    drafted,
    following,
    joins,
    notices,
    put,
    raised,
    titles,
)
from tests.statements import statements


def test_what_does_not_fit_waits_with_its_place_and_its_raisers_hear_why(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, length=60)
    issues = raised(here, meeting, *MATTERS[:5])
    for issue, homes in zip(issues, (3, 9, 1, 7, 5), strict=True):
        put(here.session, Issue, issue.id, households=homes)
    view = drafted(meeting)
    assert titles(view.lines) == [issues[n].summary for n in (1, 3, 4)]
    assert [(line.title, line.place) for line in view.queued] == [(issues[0].summary, 1), (issues[2].summary, 2)]
    assert view.planned == 60
    approved(meeting)
    told = notices(here, "meeting_queued_raisers")
    assert [(each["number"], each["agenda"]["place"], each["agenda"]["households"]) for each in told] == [  # type: ignore[index]
        ("LN-2026-0001", 1, 3),
        ("LN-2026-0003", 2, 1),
    ]
    assert [here.issue(serial).state for serial in range(1, 6)] == [
        State.TO_DELIBERATE,
        State.SCHEDULED,
        State.TO_DELIBERATE,
        State.SCHEDULED,
        State.SCHEDULED,
    ]


def test_the_queued_raiser_reads_the_place_and_the_reason(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, length=20)
    here.passes(days=1)
    chen = here.person("chen")
    (first,) = raised(here, meeting, MATTERS[0])
    put(here.session, Issue, first.id, households=4)
    chen.reports(MATTERS[1])
    meeting.proposes(here.issue(2))
    drafted(meeting)
    approved(meeting)
    here.deliver()
    assert chen.inbox[-1].text == (
        "LN-2026-0002（广场舞噪音太大）这次西苑小区议事会（3月16日 12:00）的时间排满了，没有列入，排在下一次第1位。"
        "这件事：1户反映；排在前面的更急，或者户数更多、等得更久。"
    )


def test_like_issues_are_one_item_with_a_little_more_time(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    raised(here, meeting, MATTERS[0], "西苑小区3号楼屋顶漏雨，顶楼都湿了", MATTERS[1])
    view = drafted(meeting)
    assert [(line.count, line.households, line.minutes) for line in view.lines] == [(2, 2, 25), (1, 1, 20)]
    approved(meeting)
    assert {here.issue(serial).state for serial in (1, 2, 3)} == {State.SCHEDULED}


def test_neighbours_of_one_home_count_once(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    (issue,) = raised(here, meeting, MATTERS[0])
    for name in ("husband", "wife"):
        meeting.seat(joins(here, name, MATTERS[0]), room="502")
    (line,) = drafted(meeting).lines
    assert (line.issues, line.households) == ((issue.id,), 2)


def test_only_what_was_put_up_for_this_level_and_place_is_a_candidate(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    raised(here, meeting, MATTERS[0])
    for matter, level in ((MATTERS[1], Level.COMMUNITY), ("文化局家属院广场舞太吵", Level.COMPOUND)):
        number = here.person(f"n{here.events}").reports(matter)
        meeting.proposes(here.issue(int(number.rpartition("-")[2])), level=level)
    here.person("other").reports(MATTERS[2])  # nobody proposed it
    assert titles(drafted(meeting).lines) == ["屋顶漏雨好几天了"]


def carried(here: Neighbourhood, meeting: Council) -> None:
    """The meeting was held and settled nothing."""
    put(here.session, Meeting, meeting.meeting_id, state=MeetingState.PUBLISHED)
    for item in meeting.items():
        if item.state is ItemState.LISTED:
            put(here.session, AgendaItem, item.id, state=ItemState.ADJOURNED)
            links = here.session.scalars(select(AgendaIssue).where(AgendaIssue.item_id == item.id)).all()
            for link in links:
                put(here.session, AgendaIssue, link.id, on_agenda=False)
                adjourn_issue(
                    here.session, issue_id=link.issue_id, words="再议", at=here.now, rules=here.house.rules
                )


def test_what_was_adjourned_twice_is_mandatory_the_third_time(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, length=20)
    (dull,) = raised(here, meeting, MATTERS[0])
    for times in (0, 1):
        view = drafted(meeting)
        assert [(line.carried, line.mandatory) for line in view.lines] == [(times, False)]
        approved(meeting)
        carried(here, meeting)
        here.passes(days=28)
        meeting = following(meeting)
    (big,) = raised(here, meeting, MATTERS[1])
    put(here.session, Issue, big.id, households=200)
    view = drafted(meeting)
    assert [(line.issues, line.carried, line.mandatory) for line in view.lines] == [((dull.id,), 2, True)]
    assert [line.issues for line in view.queued] == [(big.id,)]


def test_a_free_item_that_was_not_settled_comes_again(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, state=MeetingState.HELD, days=-1)
    meeting.item("物业年度报告", state=ItemState.NOT_REACHED, minutes=15)
    meeting.item("楼道清扫轮值", state=ItemState.ADOPTED)
    (line,) = drafted(following(meeting)).lines
    assert (line.title, line.kind, line.minutes, line.carried) == ("物业年度报告", ItemKind.FREE, 15, 1)


def resolution(here: Neighbourhood, meeting: Council, title: str, *, due: int, review: int | None = None) -> int:
    """Of a meeting held before; ``due`` and ``review`` in days from now."""
    item = meeting.item(title, state=ItemState.ADOPTED)
    today = here.now.date()
    return insert_row(
        here.session,
        Resolution,
        community_id=here.ids.community,
        year=2026,
        serial=item,
        item_id=item,
        meeting_id=meeting.meeting_id,
        state=ResolutionState.ACCEPTED,
        words="装",
        standard="能坐",
        owner_id=meeting.series.convener_id,
        due_on=today + timedelta(days=due),
        review_on=None if review is None else today + timedelta(days=review),
        recorded_at=here.now - timedelta(days=30),
    )


def test_overdue_resolutions_must_be_reviewed_and_due_ones_may(here: Neighbourhood, staff: Staff) -> None:
    held = council(here, staff, state=MeetingState.PUBLISHED, days=-30)
    late = resolution(here, held, "铺休闲座椅", due=-6)
    asked = resolution(here, held, "楼道粉刷", due=60, review=10)
    resolution(here, held, "修围墙", due=60)
    meeting = following(held, days=44)
    (issue,) = raised(here, meeting, MATTERS[0])
    put(here.session, Issue, issue.id, households=50)
    view = drafted(meeting)
    assert [(line.title, line.kind, line.minutes, line.mandatory, line.overdue) for line in view.lines] == [
        ("铺休闲座椅", ItemKind.REVIEW, 10, True, 6),
        ("屋顶漏雨好几天了", ItemKind.ISSUES, 20, False, 0),
        ("楼道粉刷", ItemKind.REVIEW, 10, False, 0),
    ]
    reviews = {row.item_id: row.resolution_id for row in here.session.scalars(select(AgendaReview))}
    assert reviews == {view.lines[0].item_id: late, view.lines[2].item_id: asked}


def test_what_was_reviewed_when_it_was_asked_is_not_asked_again(here: Neighbourhood, staff: Staff) -> None:
    held = council(here, staff, state=MeetingState.PUBLISHED, days=-30)
    asked = resolution(here, held, "楼道粉刷", due=60, review=-20)
    later = following(held, days=14)
    looked = later.item("楼道粉刷", state=ItemState.INFORMED)
    insert_row(here.session, AgendaReview, item_id=looked, resolution_id=asked)
    put(here.session, Meeting, later.meeting_id, state=MeetingState.PUBLISHED)
    assert drafted(following(later)).lines == ()


def test_what_another_level_sent_has_points_for_it(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    (issue,) = raised(here, meeting, MATTERS[0])
    item = meeting.item("别处的", state=ItemState.REFERRED)
    insert_row(
        here.session,
        Referral,
        item_id=item,
        issue_id=issue.id,
        from_level=Level.CORRIDOR,
        to_level=Level.COMPOUND,
        reason="一个楼道定不了",
        until=here.now + timedelta(days=30),
        at=here.now,
    )
    put(here.session, AgendaItem, item, meeting_id=following(meeting).meeting_id)
    (line,) = drafted(meeting).lines
    assert line.parts["referred"] == [1, 15.0]


def test_an_issue_that_was_withdrawn_since_the_draft_is_left_out(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    wang = here.person("wang")
    wang.reports(MATTERS[0])
    meeting.proposes(here.issue(1))
    raised(here, meeting, MATTERS[1])
    drafted(meeting)
    wang.says("撤回 1")
    wang.says("1")
    assert here.issue(1).state is State.WITHDRAWN
    view = approved(meeting)
    assert titles(view.lines) == ["广场舞噪音太大"]
    assert titles(view.dropped) == ["屋顶漏雨好几天了"]


def test_a_meeting_that_is_not_held_gives_back_its_issues(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, length=20)
    raised(here, meeting, *MATTERS[:2])
    drafted(meeting)
    approved(meeting)
    about = (here.session, meeting.meeting, meeting.series)
    assert release_items(*about, words="下大雪", at=here.now, rules=here.house.rules) == 1
    assert [item.state for item in meeting.items()] == [ItemState.NOT_REACHED, ItemState.QUEUED]
    assert {here.issue(serial).state for serial in (1, 2)} == {State.TO_DELIBERATE}
    assert not any(link.on_agenda for link in here.session.scalars(select(AgendaIssue)))
    assert len(notices(here, "unschedule_raisers")) == 1
    put(here.session, Meeting, meeting.meeting_id, state=MeetingState.CANCELLED)
    assert {line.carried for line in drafted(following(meeting)).lines} == {1}


def test_what_a_series_leaves_behind_is_told_once_to_who_would_convene_it(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, length=20)
    raised(here, meeting, *MATTERS[:2])
    drafted(meeting)
    approved(meeting)  # one is announced, the other waits
    who = {"series_id": meeting.series.id, "member_id": staff.zhao.member_id}
    assert end_series(here.session, **who, words="小区要拆迁", at=here.now, rules=here.house.rules) == 1
    assert {here.issue(serial).state for serial in (1, 2)} == {State.TO_DELIBERATE}
    told = [notice["number"] for notice in notices(here, "meeting_unmet_convener")]
    assert sorted(map(str, told)) == [here.issue(serial).number for serial in (1, 2)]


def test_what_was_adopted_stays_adopted(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, state=MeetingState.IN_SESSION, days=0)
    for state in (ItemState.ADOPTED, ItemState.LISTED):
        meeting.item(state.value, state=state)
    about = (here.session, meeting.meeting, meeting.series)
    with pytest.raises(ItemSettled):
        release_items(*about, words="人不够", at=here.now, rules=here.house.rules)
    assert [item.state for item in meeting.items()] == [ItemState.ADOPTED, ItemState.LISTED]


def test_of_a_draft_that_was_never_announced_nobody_is_told(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    raised(here, meeting, MATTERS[0])
    drafted(meeting)
    about = (here.session, meeting.meeting, meeting.series)
    assert release_items(*about, words="取消", at=here.now, rules=here.house.rules) == 0
    assert [item.state for item in meeting.items()] == [ItemState.QUEUED]
    assert notices(here, "unschedule_raisers") == []


def test_strangers_know_of_no_agenda_and_stewards_change_none(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    raised(here, meeting, MATTERS[0])
    item = drafted(meeting).lines[0].item_id
    there = next_door(here)
    secretary = there.person("zhao2")
    there.appoint(secretary, Role.SECRETARY, ScopeKind.GRID, there.ids.grid, "东湖网格")
    for person in (here.person("nobody"), secretary):
        about = {"meeting_id": meeting.meeting_id, "member_id": person.member_id, "at": here.now}
        with pytest.raises(NotFound):
            agenda_for(here.session, **about)
        with pytest.raises(NotFound):
            set_minutes(here.session, **about, item_id=item, minutes=5)
        with pytest.raises(NotFound):
            approved(meeting, by=person)
    home = here.person("resident")
    meeting.seat(home, room="101")
    with pytest.raises(MeetingRefused):
        approved(meeting, by=home)


def test_an_item_of_another_meeting_is_not_changed(here: Neighbourhood, staff: Staff) -> None:
    one, other = council(here, staff), council(here, staff, level=Level.COMMUNITY)
    foreign = other.item("别的会", state=ItemState.DRAFTED)
    drafted(one)
    about = {"meeting_id": one.meeting_id, "member_id": staff.zhao.member_id, "at": here.now}
    with pytest.raises(NotFound):
        set_minutes(here.session, **about, item_id=foreign, minutes=5)
    with pytest.raises(NotFound):
        put_back(here.session, **about, item_id=foreign)
    with pytest.raises(AgendaRefused):
        move_item(here.session, **about, item_id=foreign, place=1)


def test_an_announced_agenda_is_not_changed_any_more(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff)
    (issue,) = raised(here, meeting, MATTERS[0])
    drafted(meeting)
    view = approved(meeting)
    about = {"meeting_id": meeting.meeting_id, "member_id": staff.zhao.member_id, "at": here.now}
    with pytest.raises(MeetingRefused):
        set_minutes(here.session, **about, item_id=view.lines[0].item_id, minutes=5)
    with pytest.raises(MeetingRefused):
        add_issue(here.session, **about, issue_id=issue.id, rules=here.house.rules)


def test_a_draft_takes_as_many_queries_for_six_matters_as_for_one(here: Neighbourhood, staff: Staff) -> None:
    taken = []
    for matters in (MATTERS[:1], MATTERS):
        meeting = council(here, staff, level=Level.COMMUNITY, length=400)
        raised(here, meeting, *matters)
        collected(meeting)
        with statements(here.session) as seen:
            draft_agenda(here.session, meeting.meeting, meeting.series, at=here.now, rules=here.house.rules)
        taken.append(len(seen))
    assert taken[0] == taken[1]


def test_what_must_be_talked_over_may_go_beyond_the_minutes_and_the_draft_says_so(
    here: Neighbourhood, staff: Staff
) -> None:
    held = council(here, staff, state=MeetingState.PUBLISHED, days=-30, length=15)
    for title in ("铺休闲座椅", "楼道粉刷"):
        resolution(here, held, title, due=-6)
    assert drafted(following(held, days=44)).planned == 20
    here.deliver()
    assert "注意：比会议时间多出5分钟。" in staff.zhao.inbox[-1].text
