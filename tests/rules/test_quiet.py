"""The quiet hours: what becomes owed at night leaves in the morning, at no other hour is anything held back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.rules.house import HouseRules
from models.rules.quiet import may_leave_at

ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Kathmandu", "UTC", "Pacific/Honolulu")  # none of them moves its clocks
MOMENTS = st.floats(0, 2 * 365).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
CLOCKS = st.times().map(lambda t: t.replace(second=0, microsecond=0))


def house(begins: time | None = time(22), ends: time = time(7), zone: str = "Asia/Shanghai") -> HouseRules:
    return replace(HouseRules(), quiet_from=begins, quiet_until=ends, timezone=zone)


def lanzhou(written: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02 {written}+08:00")


@pytest.mark.parametrize(
    ("owed", "leaves"),
    [
        ("21:59:59.999999", "21:59:59.999999"),
        ("22:00", "2026-03-03 07:00"),
        ("23:10", "2026-03-03 07:00"),
        ("00:00", "2026-03-02 07:00"),
        ("06:59:59", "2026-03-02 07:00"),
        ("07:00", "07:00"),
        ("12:00", "12:00"),
    ],
)
def test_a_night_in_lanzhou(owed: str, leaves: str) -> None:
    expected = datetime.fromisoformat(f"{leaves}+08:00") if " " in leaves else lanzhou(leaves)
    assert may_leave_at(lanzhou(owed), rules=house()) == expected


def test_a_midday_rest_does_not_reach_into_the_next_day() -> None:
    rest = house(time(12, 30), time(14))
    assert may_leave_at(lanzhou("13:59"), rules=rest) == lanzhou("14:00")
    assert may_leave_at(lanzhou("23:10"), rules=rest) == lanzhou("23:10")


@settings(deadline=None)
@given(MOMENTS)
def test_where_nobody_is_to_be_spared_everything_leaves_at_once(moment: datetime) -> None:
    assert may_leave_at(moment, rules=house(None)) == moment
    assert may_leave_at(moment, rules=house(time(7), time(7))) == moment


@settings(deadline=None)
@given(MOMENTS, CLOCKS, CLOCKS, st.sampled_from(ZONES))
def test_what_is_owed_leaves_outside_the_quiet_hours_and_no_later_than_their_end(
    moment: datetime, begins: time, ends: time, zone: str
) -> None:
    assume(begins != ends)
    rules = house(begins, ends, zone)
    leaves = may_leave_at(moment, rules=rules)
    here, there = (m.astimezone(ZoneInfo(zone)) for m in (moment, leaves))
    length = (datetime.combine(here.date(), ends) - datetime.combine(here.date(), begins)) % timedelta(days=1)
    begun = (datetime.combine(here.date(), here.time()) - datetime.combine(here.date(), begins)) % timedelta(days=1)
    if begun < length:
        assert there.time() == ends
        assert leaves - moment == length - begun
    else:
        assert leaves == moment
    assert may_leave_at(leaves, rules=rules) == leaves


@settings(deadline=None)
@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=2)), CLOCKS, CLOCKS)
def test_what_is_owed_later_never_leaves_earlier(moment: datetime, more: timedelta, begins: time, ends: time) -> None:
    rules = house(begins, ends)
    assert may_leave_at(moment, rules=rules) <= may_leave_at(moment + more, rules=rules)
