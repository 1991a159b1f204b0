"""The timetable of the month: when each step of a meeting comes."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.meeting_steps import AFTER, OFFSETS, Step, next_morning, read_offsets, step_at
from models.rules.working_days import WorkCalendar

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar()
MEETS = st.builds(
    datetime.combine,
    st.dates(date(2026, 1, 1), date(2027, 6, 1)),
    st.times(time(9, 30), time(21)),
    tzinfo=st.just(ZONE),
)


def timetable(meets_at: datetime, **differing: str) -> dict[str, str]:
    return {
        step.value: step_at(step, meets_at, offsets=differing, calendar=CALENDAR, timezone="Asia/Shanghai")
        .astimezone(ZONE)
        .strftime("%m-%d %H:%M")
        for step in Step
    }


def test_the_month_of_one_meeting() -> None:
    assert timetable(datetime(2026, 3, 14, 15, tzinfo=ZONE)) == {
        "collect": "02-28 09:00",
        "draft": "03-07 09:00",
        "remind_approval": "03-09 09:00",
        "climb": "03-10 09:00",
        "ask_opinions": "03-11 09:00",
        "remind_day": "03-13 09:00",
        "remind_hours": "03-14 13:00",
        "open_check_in": "03-14 14:30",
        "miss": "03-15 09:00",
        "remind_minutes": "03-16 09:00",
        "remind_publish": "03-18 09:00",
    }


def test_working_days_go_around_holidays() -> None:
    after = timetable(datetime(2026, 9, 30, 19, tzinfo=ZONE))
    assert (after["remind_minutes"], after["remind_publish"]) == ("10-08 09:00", "10-10 09:00")  # 10 October is worked
    assert timetable(datetime(2026, 10, 9, 15, tzinfo=ZONE), draft="-2w")["draft"] == "09-30 09:00"
    evening = datetime(2026, 9, 30, 22, tzinfo=ZONE)
    again = next_morning(evening, calendar=CALENDAR, timezone="Asia/Shanghai")
    assert again == datetime(2026, 10, 8, 9, tzinfo=ZONE)


@given(meets_at=MEETS, free=st.sets(st.dates(date(2026, 1, 1), date(2027, 6, 1)), max_size=30))
def test_the_steps_come_in_their_order_on_their_side_of_the_meeting(meets_at: datetime, free: set[date]) -> None:
    calendar = WorkCalendar(dict.fromkeys(free, False))
    moments = [step_at(step, meets_at, offsets={}, calendar=calendar, timezone="Asia/Shanghai") for step in Step]
    assert all(
        (moment > meets_at) == (step in AFTER) for step, moment in zip(Step, moments, strict=True)
    )
    before = [m for s, m in zip(Step, moments, strict=True) if s not in AFTER and s is not Step.REMIND_HOURS]
    assert before == sorted(before)
    assert moments[-3] <= moments[-2] <= moments[-1]


def test_offsets_are_read_and_checked() -> None:
    assert read_offsets({}).keys() == set(Step)
    assert read_offsets({"collect": "-30d", "draft": "-10w"})[Step.DRAFT].unit == "w"
    assert OFFSETS.keys() == set(Step)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"draft": "7d"}, "not an offset"),
        ({"draft": "-7"}, "not an offset"),
        ({"draft": "-0d"}, "not an offset"),
        ({"draft": "+7d"}, "wrong side"),
        ({"miss": "-1d"}, "wrong side"),
        ({"draft": "-20d"}, "out of order"),  # before what it is drafted from is collected
        ({"collect": "-20d", "draft": "-10w"}, "out of order"),  # over a long holiday
        ({"unknown": "-7d"}, "unknown"),
    ],
)
def test_what_is_no_timetable(wrong: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_offsets(wrong)
