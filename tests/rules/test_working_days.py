"""Working days: holidays, weekends that are worked, nights and weekends, and years nobody has announced."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.limits import Limit, Span
from models.rules.working_days import WorkCalendar
from tests.rules.calendars import ANNOUNCED, CALENDARS, DAYS, LIMITS, MOMENTS, STRETCHES, WORKDAYS, with_day

SHANGHAI = ZoneInfo("Asia/Shanghai")
TIMEZONES = st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "America/New_York", "UTC"])


def _local(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=SHANGHAI)


def _due(since: str, written: str, calendar: WorkCalendar | None = None) -> str:
    found = (calendar or WorkCalendar()).due(_local(since), Limit.read(written), timezone="Asia/Shanghai")
    return found.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _days(first: str, last: str) -> set[date]:
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    return {begins + timedelta(days=count) for count in range((ends - begins).days + 1)}


def test_the_year_2026_is_as_the_state_council_announced_it() -> None:
    off = set().union(
        _days("2026-01-01", "2026-01-03"),  # 元旦
        _days("2026-02-15", "2026-02-23"),  # 春节
        _days("2026-04-04", "2026-04-06"),  # 清明
        _days("2026-05-01", "2026-05-05"),  # 劳动节
        _days("2026-06-19", "2026-06-21"),  # 端午
        _days("2026-09-25", "2026-09-27"),  # 中秋
        _days("2026-10-01", "2026-10-07"),  # 国庆
    )
    worked = {date.fromisoformat(f"2026-{day}") for day in ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")}
    year = _days("2026-01-01", "2026-12-31")
    weekends = {day for day in year if day.isoweekday() > 5}
    calendar = WorkCalendar()
    assert {day for day in year if calendar.is_workday(day)} == (year - weekends - off) | worked
    assert not any(calendar.is_estimated(day) for day in year)


@pytest.mark.parametrize(
    ("since", "written", "ends"),
    [
        ("2026-02-13 10:00", "5个工作日", "2026-02-27 23:59:59"),  # 春节: the 14th is worked, nine days are not
        ("2026-02-13 10:00", "5天", "2026-02-18 10:00:00"),  # calendar days do not care
        ("2026-02-27 09:00", "1个工作日", "2026-02-28 23:59:59"),  # a Saturday that is worked
        ("2026-09-30 16:30", "5个工作日", "2026-10-13 23:59:59"),  # 国庆: the 8th, 9th, 10th, 12th and 13th
        ("2026-09-18 08:00", "2个工作日", "2026-09-21 23:59:59"),  # a Sunday that is worked
        ("2025-12-31 08:00", "1个工作日", "2026-01-04 23:59:59"),
        ("2026-04-03 08:00", "10个工作日", "2026-04-20 23:59:59"),  # 清明 on a Monday
    ],
)
def test_holidays_and_worked_weekends_of_2026(since: str, written: str, ends: str) -> None:
    assert _due(since, written) == ends


@pytest.mark.parametrize(
    ("since", "ends"),
    [
        ("2026-03-06 08:59", "2026-03-13 23:59:59"),  # a Friday morning
        ("2026-03-06 23:59", "2026-03-13 23:59:59"),  # that night
        ("2026-03-07 03:00", "2026-03-13 23:59:59"),  # Saturday: Monday to Friday are five whole days
        ("2026-03-08 22:00", "2026-03-13 23:59:59"),  # Sunday
        ("2026-03-09 00:10", "2026-03-16 23:59:59"),  # Monday, ten minutes in
        (
            "2026-02-18 12:00",
            "2026-02-28 23:59:59",
        ),  # in the middle of 春节; the last of them is a Saturday that is worked
    ],
)
def test_what_comes_at_night_or_on_a_day_off_has_five_whole_working_days(since: str, ends: str) -> None:
    assert _due(since, "5个工作日") == ends


def test_the_file_of_the_community_wins_over_what_was_announced() -> None:
    ours = WorkCalendar({date(2026, 2, 14): False, date(2026, 2, 16): True})
    assert _due("2026-02-13 10:00", "1个工作日", ours) == "2026-02-16 23:59:59"


def test_a_year_nobody_has_announced_goes_by_weekends_and_says_so() -> None:
    calendar, limit = WorkCalendar(), Limit.read("5个工作日")
    friday = next(day for day in (date(ANNOUNCED + 1, 6, d) for d in range(1, 8)) if day.isoweekday() == 5)
    since = datetime.combine(friday, time(10), tzinfo=SHANGHAI)
    ends = calendar.due(since, limit, timezone="Asia/Shanghai").astimezone(SHANGHAI)
    assert ends.date() == friday + timedelta(days=7)
    assert calendar.due_is_estimated(since, limit, timezone="Asia/Shanghai")
    assert not calendar.due_is_estimated(since, Limit.read("5天"), timezone="Asia/Shanghai")


def test_a_day_in_the_middle_that_nobody_announced_makes_the_end_an_estimate() -> None:
    last = date(ANNOUNCED, 12, 31)
    known = {last + timedelta(days=count): True for count in (2, 3, 4, 5)}
    since = datetime.combine(last, time(10), tzinfo=SHANGHAI)
    limit = Limit.read("4个工作日")
    unknown = WorkCalendar(known)
    assert not unknown.is_estimated(unknown.due(since, limit, timezone="Asia/Shanghai").astimezone(SHANGHAI).date())
    assert unknown.due_is_estimated(since, limit, timezone="Asia/Shanghai")
    told = with_day(unknown, last + timedelta(days=1), is_worked=False)
    assert not told.due_is_estimated(since, limit, timezone="Asia/Shanghai")


@given(CALENDARS, MOMENTS, WORKDAYS, TIMEZONES)
def test_as_many_working_days_as_were_promised_and_not_one_less(
    calendar: WorkCalendar, since: datetime, limit: Limit, timezone: str
) -> None:
    zone = ZoneInfo(timezone)
    ends = calendar.due(since, limit, timezone=timezone)
    first, last = since.astimezone(zone).date(), ends.astimezone(zone).date()
    counted = [first + timedelta(days=day) for day in range(1, (last - first).days + 1)]
    assert sum(map(calendar.is_workday, counted)) == limit.amount
    assert calendar.is_workday(last)
    assert ends.astimezone(zone).time() == time(23, 59, 59)
    announced = {day for day in counted if day.year <= ANNOUNCED or day in calendar.overrides}
    assert calendar.due_is_estimated(since, limit, timezone=timezone) == (announced != set(counted))


@given(CALENDARS, MOMENTS, LIMITS, DAYS, TIMEZONES)
def test_a_holiday_never_makes_a_limit_earlier_and_a_worked_weekend_never_later(
    calendar: WorkCalendar, since: datetime, limit: Limit, day: date, timezone: str
) -> None:
    holiday, worked = (with_day(calendar, day, is_worked=is_worked) for is_worked in (False, True))
    by_holiday, by_itself, by_work = (each.due(since, limit, timezone=timezone) for each in (holiday, calendar, worked))
    assert by_work <= by_itself <= by_holiday
    assert by_itself in (by_work, by_holiday)


@given(CALENDARS, MOMENTS, LIMITS, TIMEZONES)
def test_more_is_later(calendar: WorkCalendar, since: datetime, limit: Limit, timezone: str) -> None:
    more = Limit(limit.amount + 1, limit.span)
    assert since < calendar.due(since, limit, timezone=timezone) < calendar.due(since, more, timezone=timezone)


@given(CALENDARS, MOMENTS, STRETCHES, LIMITS, TIMEZONES)
def test_who_came_later_is_never_due_earlier(
    calendar: WorkCalendar, since: datetime, later: timedelta, limit: Limit, timezone: str
) -> None:
    assert calendar.due(since, limit, timezone=timezone) <= calendar.due(since + later, limit, timezone=timezone)


def test_the_end_is_said_in_utc() -> None:
    ends = WorkCalendar().due(_local("2026-03-06 08:00"), Limit(1, Span.WORKDAYS), timezone="Asia/Shanghai")
    assert (ends, ends.tzinfo) == (datetime(2026, 3, 9, 15, 59, 59, tzinfo=UTC), UTC)
