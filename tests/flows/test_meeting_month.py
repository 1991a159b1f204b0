"""The month of a meeting runs by itself: each step on its day, once, also after a day on which nobody was there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from models.due import Due
from models.meeting import Meeting, MeetingEntry, MeetingSeries
from models.rules.meeting_workflow import ItemState, MeetingAction, MeetingState, Rsvp
from models.rules.working_days import WorkCalendar
from services.meetings import days as meeting_days
from services.meetings import series
from services.meetings import steps as meeting_steps
from services.meetings.agenda_approval import approve_agenda
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

ZONE = ZoneInfo("Asia/Shanghai")


def planned(here: Neighbourhood, staff: Staff, *, days: float = 20) -> Council:
    """西苑小区议事会 of 22 March 12:00, with its steps owed."""
    found = council(here, staff, days=days, watched=False)
    meeting_steps.owe_steps(here.session, found.meeting, found.series, at=here.now, rules=here.house.rules)
    here.session.flush()
    return found


def deeds(here: Neighbourhood) -> list[tuple[str, str]]:
    """Of the first meeting, since it was planned."""
    first = select(func.min(Meeting.id)).scalar_subquery()
    rows = here.session.scalars(
        select(MeetingEntry)
        .where(MeetingEntry.meeting_id == first, MeetingEntry.action != MeetingAction.PLAN)
        .order_by(MeetingEntry.id)
    ).all()
    return [(row.action.value, row.at.astimezone(ZONE).strftime("%m-%d %H")) for row in rows]


def runs(here: Neighbourhood, *, until: datetime, hours: float = 1) -> None:
    """Time passes, and somebody is there every so many hours."""
    while here.now < until:
        here.now = min(until, here.now + timedelta(hours=hours))
        here.keeps_time()


def approves(here: Neighbourhood, found: Council) -> None:
    found.item("楼道灯", state=ItemState.DRAFTED)
    approve_agenda(
        here.session,
        meeting_id=found.meeting_id,
        member_id=found.staff.zhao.member_id,
        at=here.now,
        rules=here.house.rules,
    )


def on(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, 30, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def wang(here: Neighbourhood) -> Person:
    wang = here.person("wang")
    wang.says("你好")
    return wang


def test_every_step_on_its_day(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    found = planned(here, staff)
    found.stands(wang)
    runs(here, until=on(3, 16))
    approves(here, found)
    runs(here, until=on(3, 22))
    assert deeds(here) == [
        ("collect", "03-08 09"),
        ("draft", "03-15 09"),
        ("approve", "03-16 12"),
        ("ask_opinions", "03-19 09"),
        ("remind_day", "03-21 09"),
        ("remind_hours", "03-22 10"),
        ("open_check_in", "03-22 12"),
    ]
    assert found.meeting.state is MeetingState.CALLED


def test_nobody_approves_it_and_nobody_opens_it(here: Neighbourhood, staff: Staff) -> None:
    found = planned(here, staff)
    runs(here, until=on(4, 2), hours=4)
    assert [action for action, _ in deeds(here)] == ["collect", "draft", "remind_approval", "climb", "miss"]
    here.deliver()
    said = "西苑小区议事会 3月22日 12:00的会没有开：议题草案没有批准，没有通知大家。"
    assert [said in "".join(message.text for message in who.inbox) for who in (staff.zhao, staff.sun)] == [True, True]
    assert found.meeting.state is MeetingState.NOT_HELD


def test_after_downtime_what_was_missed_is_done_in_order_and_once(here: Neighbourhood, staff: Staff) -> None:
    found = planned(here, staff)
    here.now = on(3, 18)  # the reminder's day and the rung above's have passed too
    for _ in range(3):
        here.keeps_time()
    assert [action for action, _ in deeds(here)] == ["collect", "draft"]
    runs(here, until=on(3, 21), hours=1)
    # Four days are left: the reminder comes a day after the draft, the rung above hears a day later.
    assert deeds(here)[2:] == [("remind_approval", "03-19 12"), ("climb", "03-20 12")]
    assert found.meeting.state is MeetingState.DRAFTED


def test_down_until_the_meeting_has_passed(here: Neighbourhood, staff: Staff) -> None:
    found = planned(here, staff)
    here.now = on(3, 25)
    here.keeps_time()
    assert [action for action, _ in deeds(here)] == ["miss"]
    assert found.meeting.state is MeetingState.NOT_HELD
    steps = select(Due).where(Due.kind == "meeting_step", Due.subject == str(found.meeting_id))
    assert here.session.scalars(steps.where(Due.done_at.is_(None))).all() == []


def test_a_step_that_makes_no_sense_any_more_is_silent(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    found = planned(here, staff)
    runs(here, until=on(3, 16), hours=6)
    rules = here.house.rules
    who = staff.zhao.member_id
    meeting_days.cancel_by_chair(
        here.session, meeting_id=found.meeting_id, member_id=who, words="停电", at=here.now, rules=rules
    )
    runs(here, until=on(3, 30), hours=6)
    assert [action for action, _ in deeds(here)] == ["collect", "draft", "cancel"]


def test_a_meeting_moved_later_repeats_only_its_reminders(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    found = planned(here, staff)
    found.stands(wang)
    runs(here, until=on(3, 16), hours=6)
    approves(here, found)
    runs(here, until=on(3, 22, hour=10))
    moved = on(3, 28, hour=14).replace(minute=0)
    meeting_days.move_by_chair(
        here.session,
        meeting_id=found.meeting_id,
        member_id=staff.zhao.member_id,
        to=moved,
        words="停电",
        at=here.now,
        rules=here.house.rules,
    )
    runs(here, until=on(3, 28, hour=13))  # opinions are not asked for again
    assert deeds(here)[4:] == [
        ("remind_day", "03-21 09"),
        ("remind_hours", "03-22 10"),
        ("move", "03-22 10"),
        ("remind_day", "03-27 09"),
        ("remind_hours", "03-28 12"),
        ("open_check_in", "03-28 13"),
    ]


def test_where_the_agenda_is_approved_late_opinions_are_asked_late(here: Neighbourhood, staff: Staff) -> None:
    found = planned(here, staff)
    runs(here, until=on(3, 19, hour=15), hours=3)  # its day for opinions came, and it was a draft
    approves(here, found)
    runs(here, until=on(3, 20))
    assert deeds(here)[-2:] == [("approve", "03-19 15"), ("ask_opinions", "03-20 09")]


def test_opinions_that_were_not_asked_before_a_move_are_asked_before_the_new_day(
    here: Neighbourhood, staff: Staff
) -> None:
    found = planned(here, staff)
    runs(here, until=on(3, 22, hour=10), hours=2)
    by = {"meeting_id": found.meeting_id, "member_id": staff.zhao.member_id, "at": here.now, "rules": here.house.rules}
    meeting_days.move_by_chair(here.session, **by, to=on(3, 29), words="停电")
    approves(here, found)
    runs(here, until=on(3, 27))
    assert [deed for deed in deeds(here) if deed[0] == "ask_opinions"] == [("ask_opinions", "03-26 09")]


def test_a_meeting_moved_to_today_is_drafted_at_once_and_says_so(here: Neighbourhood, staff: Staff) -> None:
    found = planned(here, staff)
    who, to = staff.zhao.member_id, here.now + timedelta(hours=3)
    meeting_days.move_by_chair(
        here.session,
        meeting_id=found.meeting_id,
        member_id=who,
        to=to,
        words="等不及了",
        at=here.now,
        rules=here.house.rules,
    )
    here.keeps_time()
    assert [action for action, _ in deeds(here)] == ["move", "collect", "draft"]
    here.deliver()
    said = "西苑小区议事会 3月2日 15:00开会，现在开始征集议题。马上会把议题草案发给您。"
    assert said in [message.text for message in staff.zhao.inbox]


def test_a_meeting_moved_while_it_is_planned_is_collected_for_later(here: Neighbourhood, staff: Staff) -> None:
    found = planned(here, staff)
    meeting_days.move_by_chair(
        here.session,
        meeting_id=found.meeting_id,
        member_id=staff.zhao.member_id,
        to=on(3, 28),
        words="停电",
        at=here.now,
        rules=here.house.rules,
    )
    runs(here, until=on(3, 22), hours=3)
    assert deeds(here)[1:] == [("collect", "03-14 09"), ("draft", "03-21 09")]


@pytest.mark.parametrize(("state", "action"), [("held", "remind_minutes"), ("minuted", "remind_publish")])
def test_papers_are_asked_for_every_working_day(
    here: Neighbourhood, staff: Staff, state: str, action: str
) -> None:
    found = council(here, staff, state=MeetingState(state), days=2.5, watched=False)  # Thursday 5 March
    meeting_steps.owe_steps(here.session, found.meeting, found.series, at=here.now, rules=here.house.rules)
    runs(here, until=on(3, 12), hours=3)
    days = [moment for done, moment in deeds(here) if done == action]
    assert [day[:5] for day in days] == {
        "remind_minutes": ["03-06", "03-09", "03-10", "03-11", "03-12"],
        "remind_publish": ["03-10", "03-11", "03-12"],
    }[action]
    found.meeting.state = MeetingState.PUBLISHED
    here.session.flush()
    runs(here, until=on(3, 16), hours=6)
    assert len([1 for done, _ in deeds(here) if done == action]) == len(days)


def test_the_timetable_plans_every_night_and_runs_the_steps(here: Neighbourhood, staff: Staff) -> None:
    council(here, staff, days=-40, watched=False)
    here.keeps_time()
    runs(here, until=here.now + timedelta(days=1), hours=6)
    slots = here.session.scalars(select(Meeting.meets_at).where(Meeting.meets_at > here.now).order_by(Meeting.slot))
    assert [slot.astimezone(ZONE).strftime("%m-%d %H:%M") for slot in slots] == ["03-14 15:00", "04-11 15:00"]
    entries = here.session.scalars(select(MeetingEntry.action).order_by(MeetingEntry.id)).all()
    assert [entry.value for entry in entries if entry is not MeetingAction.PLAN] == ["collect"]


def test_a_holiday_that_is_announced_later_moves_what_was_planned(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    found = council(here, staff, state=MeetingState.CALLED, days=12, watched=False)  # Saturday 14 March
    found.seat(wang, rsvp=Rsvp.COMING, room="501")
    announced = WorkCalendar({date(2026, 3, 13): False, date(2026, 3, 14): False})
    here.house = replace(here.house, rules=replace(here.house.rules, calendar=announced))
    series.plan_meetings(here.session, at=here.now, rules=here.house.rules)
    assert found.meeting.meets_at.astimezone(ZONE).date() == date(2026, 3, 14)  # a free Saturday is no holiday
    found.series.ended_at = here.now
    found.meeting.meets_at = datetime(2026, 3, 13, 7, tzinfo=UTC)
    here.session.flush()
    series.plan_meetings(here.session, at=here.now, rules=here.house.rules)
    here.session.flush()
    assert found.meeting.meets_at.astimezone(ZONE).date() == date(2026, 3, 20)
    here.deliver()
    assert [message.text for message in wang.inbox][-1] == (
        "西苑小区议事会改时间了：3月20日 15:00，红色议事厅（原定3月13日 15:00）。原因：原定那天放假。"
        "请重新说一下能不能来；原来的委托不算了，来不了请重新委托。"
    )
    before = here.session.scalars(select(MeetingSeries)).one()
    assert before.ended_at is not None
