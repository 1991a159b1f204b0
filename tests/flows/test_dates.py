"""Dates and times as people write them, read on a Wednesday noon in Lanzhou."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.dates import day, months_later, read_moment

ZONE = "Asia/Shanghai"
WEDNESDAY = datetime(2026, 3, 4, 4, tzinfo=UTC)


def read(said: str, *, now: datetime = WEDNESDAY) -> str:
    moment = read_moment(said, now=now, timezone=ZONE, at=time(18))
    return moment.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M") if moment else ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("3月15日", "2026-03-15 18:00"),
        ("３月15号。", "2026-03-15 18:00"),
        ("三月十五", "2026-03-15 18:00"),
        ("3.15", "2026-03-15 18:00"),
        ("12-1", "2026-12-01 18:00"),
        ("2026-12-01", "2026-12-01 18:00"),
        ("2026年12月1日", "2026-12-01 18:00"),
        ("二〇二七年一月二号", "2027-01-02 18:00"),
        ("明年3月1日", "2027-03-01 18:00"),
        ("15号", "2026-03-15 18:00"),
        ("1号", "2026-04-01 18:00"),
        ("下个月31号", ""),
        ("今天", "2026-03-04 18:00"),
        ("后天", "2026-03-06 18:00"),
        ("周五", "2026-03-06 18:00"),
        ("周一", "2026-03-09 18:00"),
        ("这周一", "2026-03-02 18:00"),
        ("下周五", "2026-03-13 18:00"),
        ("下下个星期天", "2026-03-22 18:00"),
        ("三天后", "2026-03-07 18:00"),
        ("两周以后", "2026-03-18 18:00"),
        ("一个月后", "2026-04-04 18:00"),
        ("半个月后", "2026-03-19 18:00"),
        ("半年后", "2026-09-04 18:00"),
        ("月底", "2026-03-31 18:00"),
        ("下月底前", "2026-04-30 18:00"),
        ("年底", "2026-12-31 18:00"),
        ("明天下午3点", "2026-03-05 15:00"),
        ("明天下午三点半前到", "2026-03-05 15:30"),
        ("明早8点", "2026-03-05 08:00"),
        ("明晚", "2026-03-05 21:00"),
        ("中午12点", "2026-03-04 12:00"),
        ("中午1点", "2026-03-04 13:00"),
        ("后天 9：30", "2026-03-06 09:30"),
        ("3点", "2026-03-04 15:00"),
        ("8点", "2026-03-04 20:00"),
        ("明天8点", "2026-03-05 08:00"),
        ("下午两点一刻", "2026-03-04 14:15"),
        ("两小时内", "2026-03-04 14:00"),
        ("一个半小时后", "2026-03-04 13:30"),
        ("半小时", "2026-03-04 12:30"),
    ],
)
def test_a_date_is_read_as_it_is_meant(said: str, meant: str) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    "said", ["", "不知道", "12栋", "3", "3月", "2月30日", "2026-13-01", "25点", "尽快", "等通知", "半天", "31-12-99"]
)
def test_what_is_no_date_is_not_taken_for_one(said: str) -> None:
    assert read(said) == ""


def test_a_day_just_over_is_past_and_one_long_over_is_of_next_year() -> None:
    november = datetime(2026, 11, 21, 4, tzinfo=UTC)
    assert read("11月1日", now=november) == "2026-11-01 18:00"
    assert read("3月15日", now=november) == "2027-03-15 18:00"
    assert read("1月5日", now=november) == "2027-01-05 18:00"


def test_the_day_is_that_of_the_house_and_not_of_greenwich() -> None:
    early = datetime(2026, 3, 3, 23, tzinfo=UTC)  # seven in the morning of the 4th
    assert read("今天", now=early) == "2026-03-04 18:00"
    assert read("明天上午", now=early) == "2026-03-05 12:00"


@given(st.integers(0, 6000), st.integers(0, 200))
def test_a_day_written_in_full_is_read_back(days: int, ahead: int) -> None:
    moment = WEDNESDAY + timedelta(days=days, hours=days)
    local = moment.astimezone(ZoneInfo(ZONE))
    for written in (f"{local.year}年{day(moment, ZONE)}", local.strftime("%Y-%m-%d"), local.strftime("%Y/%m/%d")):
        assert read(written) == local.strftime("%Y-%m-%d 18:00")
    later = months_later(local.date(), ahead)
    assert (later.year * 12 + later.month) - (local.year * 12 + local.month) == ahead
    assert later.day <= local.day


@given(st.text(alphabet="0123456789年月日号点半一二十两个天周星期上下午今明后底以前内: -./大过刻分小时", max_size=12))
@example("99999999")
@example("999年后")
@example("0月0日")
def test_whatever_is_written_is_a_moment_or_nothing(said: str) -> None:
    moment = read_moment(said, now=WEDNESDAY, timezone=ZONE, at=time(9))
    assert moment is None or moment.tzinfo is UTC
