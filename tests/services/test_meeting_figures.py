"""议事会的数据: each figure of meetings.md counted by hand, with the list behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.base import insert_row, update_row
from models.issue import Issue
from models.meeting import AgendaItem, Meeting, MeetingInvitation
from models.opinion import Opinion, Stance
from models.resolution import Resolution
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import ItemState, MeetingState
from models.rules.resolution_workflow import ResolutionState
from services.figures import (
    Asked,
    MeetingOverview,
    MeetingsBy,
    OfMeetings,
    Period,
    Scope,
    meeting_overview,
    month_of,
)
from tests.council import Council, council
from tests.neighbourhood import ANOTHER, Neighbourhood, Staff
from tests.statements import statements

ZONE = "Asia/Shanghai"


def seen(here: Neighbourhood, *, by: MeetingsBy | None = None, months: int = 2, scope: Scope | None = None
         ) -> MeetingOverview:  # fmt: skip
    """From the month before this one on."""
    period = Period(month_of(here.now, ZONE).plus(1 - months), ZONE, months)
    asked = Asked(scope or Scope(None), period)
    return meeting_overview(here.session, asked, by=by, at=here.now, rules=here.house.rules)


def counted(here: Neighbourhood, kind: OfMeetings) -> tuple[int, int]:
    figure = seen(here).total.figures[kind]
    return figure.numerator, figure.denominator


def reports(here: Neighbourhood, *names: str) -> list[Issue]:
    """Each tells of another matter."""
    found = []
    for place, name in enumerate(names):
        person = here.person(name)
        person.reports() if place == 0 else person.reports(ANOTHER)
        found.append(here.session.query(Issue).order_by(Issue.id.desc()).limit(1).one())
    return found


def is_over(meeting: Council, *outcomes: tuple[int, ItemState]) -> None:
    """It took place on its day; some of its items were settled then."""
    session, of = meeting.here.session, meeting.meeting
    for item, state in outcomes:
        update_row(session, AgendaItem, item, state=state, settled_at=of.meets_at)
    update_row(session, Meeting, meeting.meeting_id, state=MeetingState.HELD, closed_at=of.meets_at)
    session.expire_all()


def resolved(meeting: Council, item: int, *, due: int, ready: int = 0, done: int | None = None) -> None:
    """In force from its meeting on; due, ready to be judged and judged done so many days after it."""
    here, of = meeting.here, meeting.meeting
    insert_row(
        here.session,
        Resolution,
        community_id=here.ids.community,
        year=of.meets_at.year,
        serial=item,
        item_id=item,
        meeting_id=of.id,
        state=ResolutionState.ACCEPTED if done is None else ResolutionState.DONE,
        words="装充电桩",
        standard="两个都能用",
        owner_id=meeting.series.convener_id,
        due_on=(of.meets_at + timedelta(days=due)).date(),
        recorded_at=of.meets_at,
        in_force_at=of.meets_at,
        verify_asked_at=of.meets_at + timedelta(days=ready) if ready else None,
        done_at=None if done is None else of.meets_at + timedelta(days=done),
    )


def test_of_what_was_proposed_it_is_counted_what_came_to_stand_on_an_agenda(
    here: Neighbourhood, staff: Staff
) -> None:
    listed, waiting = reports(here, "wang", "chen")
    meeting = council(here, staff, state=MeetingState.CALLED, days=7)
    meeting.item(issues=[listed])
    meeting.proposes(waiting)
    found = seen(here)
    assert counted(here, OfMeetings.LISTED) == (1, 2)
    lines = [(line.what.split()[0], line.where, line.counted) for line in found.behind(OfMeetings.LISTED)]
    assert lines == [(waiting.number, "西苑小区议事会", 0), (listed.number, "西苑小区议事会", 1)]


def test_decided_is_what_was_adopted_or_rejected_of_all_that_was_listed(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, state=MeetingState.CALLED, days=0.01)
    items = [meeting.item(f"第{n}件") for n in range(4)]
    here.passes(days=1)
    outcomes = (ItemState.ADOPTED, ItemState.REJECTED, ItemState.ADJOURNED, ItemState.NOT_REACHED)
    is_over(meeting, *zip(items, outcomes, strict=True))
    assert counted(here, OfMeetings.DECIDED) == (2, 4)
    assert [line.what for line in seen(here).behind(OfMeetings.DECIDED) if line.amiss] == ["第2件", "第3件"]


def test_a_meeting_that_was_called_off_or_is_to_come_counts_for_nothing(here: Neighbourhood, staff: Staff) -> None:
    council(here, staff, state=MeetingState.CANCELLED, days=0.01).item("取消的", state=ItemState.NOT_REACHED)
    council(here, staff, state=MeetingState.CALLED, days=5, level=Level.COMMUNITY).item("下次的")
    here.passes(days=1)
    found = seen(here)
    assert (found.total.meetings, found.lines) == (0, ())


def test_a_resolution_counts_when_its_day_is_over_and_only_done_by_then_is_in_time(
    here: Neighbourhood, staff: Staff
) -> None:
    meeting = council(here, staff, state=MeetingState.CALLED, days=0.01)
    items = [meeting.item(f"第{n}件") for n in range(4)]
    resolved(meeting, items[0], due=3, ready=2, done=5)
    resolved(meeting, items[1], due=3, ready=5, done=5)
    resolved(meeting, items[2], due=3)
    resolved(meeting, items[3], due=9)
    is_over(meeting, *((item, ItemState.ADOPTED) for item in items))
    here.passes(days=6)
    assert counted(here, OfMeetings.CARRIED_OUT) == (1, 3)


def test_households_count_once_and_a_proxy_stands_for_its_own(here: Neighbourhood, staff: Staff) -> None:
    meeting = council(here, staff, state=MeetingState.CALLED, days=0.01)
    item = meeting.item()
    people = {name: here.person(name) for name in ("wang", "wife", "chen", "zhou", "wu")}
    meeting.seat(people["wang"], room="301", present=True)
    meeting.seat(people["wife"], room="301", present=True)
    holder = meeting.seat(people["chen"], present=True)
    giver = meeting.seat(people["zhou"])
    update_row(here.session, MeetingInvitation, giver, proxy_id=holder)
    meeting.seat(people["wu"])
    opinion = {"item_id": item, "member_id": people["wu"].member_id, "stance": Stance.AGREE, "at": here.now}
    insert_row(here.session, Opinion, **opinion)
    is_over(meeting, (item, ItemState.ADOPTED))
    here.passes(days=1)
    total = seen(here).total
    assert counted(here, OfMeetings.ATTENDED) == (3, 4)
    assert (total.meetings, total.households) == (1, 4)  # wu was not there, and said something before


@pytest.mark.parametrize(("days", "counts"), [(2, (1, 1)), (9, (0, 1)), (None, (0, 1))])
def test_minutes_are_published_in_time_until_the_end_of_the_day_of_the_reminder(
    here: Neighbourhood, staff: Staff, days: int | None, counts: tuple[int, int]
) -> None:
    meeting = council(here, staff, state=MeetingState.CALLED, days=0.01)
    is_over(meeting)
    if days is not None:
        published = {"state": MeetingState.PUBLISHED, "published_at": meeting.meeting.meets_at + timedelta(days=days)}
        update_row(here.session, Meeting, meeting.meeting_id, **published)
    here.session.expire_all()
    here.passes(days=12)
    assert counted(here, OfMeetings.PUBLISHED) == counts


def test_the_days_from_proposal_to_decision_are_counted_by_issue(here: Neighbourhood, staff: Staff) -> None:
    first, second = reports(here, "wang", "chen")
    meeting = council(here, staff, state=MeetingState.CALLED, days=10)
    one = meeting.item("一", issues=[first])
    here.passes(days=4)
    two = meeting.item("二", issues=[second])
    is_over(meeting, (one, ItemState.ADOPTED), (two, ItemState.REJECTED))
    here.passes(days=7)
    figures = seen(here).total.figures
    half, most = figures[OfMeetings.DECIDED_HALF], figures[OfMeetings.DECIDED_MOST]
    assert (half.took, half.numerator, half.denominator) == (timedelta(days=6), 1, 2)
    assert (most.took, most.numerator, most.denominator) == (timedelta(days=10), 2, 2)


def test_groups_add_up_to_the_total_and_scopes_see_their_own(here: Neighbourhood, staff: Staff) -> None:
    for level in Level:
        meeting = council(here, staff, state=MeetingState.CALLED, days=0.01, level=level)
        is_over(meeting, (meeting.item(), ItemState.ADOPTED), (meeting.item("又一件"), ItemState.INFORMED))
    here.passes(days=1)
    for by in MeetingsBy:
        found = seen(here, by=by)
        for kind in OfMeetings:
            parts = [group.figures[kind] for group in found.groups]
            assert sum(part.denominator for part in parts) == found.total.figures[kind].denominator, (by, kind)
        assert sum(group.meetings for group in found.groups) == 3
    names = [group.name for group in seen(here, by=MeetingsBy.LEVEL).groups]
    assert sorted(names) == ["community", "compound", "corridor"]
    grid = Scope(frozenset({(here.ids.community, here.ids.grid)}))
    assert seen(here, scope=grid).total.meetings == 2  # the community's is not the grid's
    nobodys = Scope(frozenset({(here.ids.community + 9, None)}))
    assert seen(here, scope=nobodys).total.meetings == 0


def test_however_many_groups_it_is_the_same_number_of_statements(here: Neighbourhood, staff: Staff) -> None:
    numbers = []
    for level in Level:
        meeting = council(here, staff, state=MeetingState.CALLED, days=0.01, level=level)
        is_over(meeting, (meeting.item(), ItemState.ADOPTED))
        here.passes(days=1)
        here.session.expire_all()
        here.session.expunge_all()
        with statements(here.session) as sent:
            seen(here, by=MeetingsBy.SERIES)
        numbers.append(len(sent))
    assert numbers[1] == numbers[2]


def test_a_month_without_meetings_has_no_values(here: Neighbourhood, staff: Staff) -> None:
    found = seen(here, by=MeetingsBy.MONTH, months=3)
    assert [figure.value for figure in found.total.figures.values()] == [None] * len(OfMeetings)
    first = month_of(here.now, ZONE).plus(-2)
    assert [group.name for group in found.groups] == [str(first.plus(n)) for n in range(3)]
