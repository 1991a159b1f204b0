"""The days of a series, and the rule as people write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.recurrence import off_holiday, sittings
from models.rules.working_days import WorkCalendar
from understanding.recurrence import Recurrence, read_recurrence

ZONE = "Asia/Shanghai"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
CALENDAR = WorkCalendar()

RULES = st.sampled_from(
    [
        *(f"FREQ=MONTHLY;BYDAY={nth}{day}" for nth in (1, 2, 3, 4, -1, -2) for day in ("MO", "WE", "FR", "SA", "SU")),
        *(f"FREQ=MONTHLY;BYMONTHDAY={day}" for day in (1, 5, 15, 28, -1)),
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SA",
        "FREQ=MONTHLY;BYDAY=1SA,3SA",
        "FREQ=WEEKLY;BYDAY=SU",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",
    ]
)
DAYS = st.dates(date(2025, 12, 1), date(2027, 12, 31))
FILES = st.dictionaries(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.booleans(), max_size=20)


def days(rule: str, *, starts_on: date = date(2026, 1, 1), count: int = 12) -> dict[str, str]:
    """Those that were moved off a holiday: the day of the rule, and where it went and why."""
    found = sittings(rule, begins="15:00", starts_on=starts_on, after=NEW_YEAR, calendar=CALENDAR, timezone=ZONE)
    zone = ZoneInfo(ZONE)
    return {
        each.slot.astimezone(zone).strftime("%m-%d"): each.meets_at.astimezone(zone).strftime("%m-%d ") + each.holiday
        for each in islice(found, count)
        if each.holiday
    }


def test_the_holidays_of_2026() -> None:
    assert days("FREQ=MONTHLY;BYDAY=2SA") == {}  # 14 February is a Saturday that is worked, and no holiday
    assert days("FREQ=MONTHLY;BYDAY=1SA") == {
        "01-03": "01-10 new_year",
        "04-04": "04-11 tombs",
        "05-02": "05-16 labour",  # 9 May is worked
        "10-03": "10-17 national",  # 10 October is worked
    }
    assert days("FREQ=MONTHLY;BYDAY=3SA") == {"02-21": "03-07 spring", "06-20": "06-27 dragon_boat"}
    assert days("FREQ=MONTHLY;BYMONTHDAY=1") == {
        "01-01": "01-08 new_year",
        "05-01": "05-08 labour",
        "10-01": "10-08 national",
    }


def test_a_weekly_meeting_is_not_put_onto_the_next() -> None:
    assert days("FREQ=WEEKLY;BYDAY=SU", count=20) == {
        "02-15": "02-24 spring",
        "02-22": "02-25 spring",
        "04-05": "04-07 tombs",
        "05-03": "05-06 labour",
    }


def test_years_that_nobody_has_announced_keep_the_days_that_the_law_names() -> None:
    assert CALENDAR.holiday(date(2027, 10, 2)) == "national"
    assert CALENDAR.holiday(date(2027, 10, 6)) is None
    assert off_holiday(date(2027, 5, 1), CALENDAR) == (date(2027, 5, 8), "labour")


def test_the_community_s_own_file_comes_first() -> None:
    own = WorkCalendar({date(2026, 3, 11): False, date(2026, 10, 3): True, date(2026, 3, 14): False})
    assert [own.holiday(day) for day in (date(2026, 3, 11), date(2026, 10, 3), date(2026, 3, 14))] == [
        "other",
        None,
        None,  # a Saturday that is free is an ordinary Saturday
    ]


@given(rule=RULES, starts_on=DAYS, own=FILES)
def test_no_meeting_is_on_a_holiday_none_before_its_day_and_no_two_on_one(
    rule: str, starts_on: date, own: dict[date, bool]
) -> None:
    calendar, zone = WorkCalendar(own), ZoneInfo(ZONE)
    after = datetime.combine(starts_on, time(0), zone).astimezone(UTC) - timedelta(seconds=1)
    found = list(
        islice(
            sittings(rule, begins="15:00", starts_on=starts_on, after=after, calendar=calendar, timezone=ZONE), 12
        )
    )
    meets = [each.meets_at.astimezone(zone).date() for each in found]
    assert all(calendar.holiday(day) is None for day in meets)
    assert all(each.meets_at >= each.slot > after for each in found)
    assert all((each.meets_at == each.slot) == (each.holiday is None) for each in found)
    assert len({each.slot for each in found}) == 12
    later = list(
        islice(
            sittings(
                rule, begins="15:00", starts_on=starts_on, after=found[5].slot, calendar=calendar, timezone=ZONE
            ),
            6,
        )
    )
    assert later == found[6:12]  # whenever it is asked, a slot is the same


@pytest.mark.parametrize(
    ("said", "rule", "begins"),
    [
        ("每月第二个周六 15:00", "FREQ=MONTHLY;BYDAY=2SA", time(15)),
        ("每月15号下午3点", "FREQ=MONTHLY;BYMONTHDAY=15", time(15)),
        ("每月最后一个周五晚上7点", "FREQ=MONTHLY;BYDAY=-1FR", time(19)),
        ("每个月第2个星期六下午三点半开会。", "FREQ=MONTHLY;BYDAY=2SA", time(15, 30)),
        ("每月第二周周六15点", "FREQ=MONTHLY;BYDAY=2SA", time(15)),
        ("每月第一、三个礼拜天上午9点", "FREQ=MONTHLY;BYDAY=1SU,3SU", time(9)),
        ("每两个月第一个周三１５：００", "FREQ=MONTHLY;INTERVAL=2;BYDAY=1WE", time(15)),
        ("每季度最后一个周五下午2点", "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", time(14)),
        ("每月1号和15号 15:00", "FREQ=MONTHLY;BYMONTHDAY=1,15", time(15)),
        ("每月十五号3点", "FREQ=MONTHLY;BYMONTHDAY=15", time(15)),
        ("每月最后一天下午3点", "FREQ=MONTHLY;BYMONTHDAY=-1", time(15)),
        ("每月月底下午三点", "FREQ=MONTHLY;BYMONTHDAY=-1", time(15)),
        ("每月31号晚7点", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", time(19)),
        ("每周六下午3点", "FREQ=WEEKLY;BYDAY=SA", time(15)),
        ("隔周三19:30", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", time(19, 30)),
        ("每月第二个周六", "FREQ=MONTHLY;BYDAY=2SA", None),
    ],
)
def test_a_rule_in_plain_words(said: str, rule: str, begins: time | None) -> None:
    assert read_recurrence(said) == Recurrence(rule, begins)


@pytest.mark.parametrize(
    "said",
    ["", "每天9点", "每月", "第二个周六", "每月第五个周六", "每月第二个周六25点", "每月40号", "每月0号", "每周", "经常",
     "每月第二个周六和别的", "每0个月第一个周六", "每0周周六"],
)  # fmt: skip
def test_what_is_no_rule(said: str) -> None:
    assert read_recurrence(said) is None


@given(st.text(alphabet="每月第二个周六日1590:点下午晚上号最后季隔星期、和半", max_size=16))
def test_whatever_is_understood_gives_days(said: str) -> None:
    read = read_recurrence(said)
    if read is not None:
        found = sittings(
            read.rule, begins="15:00", starts_on=date(2026, 1, 1), after=NEW_YEAR, calendar=CALENDAR, timezone=ZONE
        )
        assert len(list(islice(found, 3))) == 3
