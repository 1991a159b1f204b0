"""The two clocks: for every matter both are set, the first answer before the landing, urgency never later, a pause
never shorter; and the lights, which never go back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.deadlines import (
    Deadlines,
    Light,
    deadlines,
    due,
    landing_is_estimated,
    light,
    paused,
    rung_due,
    rung_is_estimated,
    yellow_at,
)
from models.rules.house import HouseRules
from models.rules.limits import Limit, Span
from models.rules.posts import Rung
from tests.rules.calendars import ANNOUNCED, DAYS, HOUSES, KINDS, LIMITS, MOMENTS, STRETCHES, UNITS, with_day

RULES = HouseRules()
RUNGS = st.sampled_from(Rung)
LIGHTS = list(Light)


@given(HOUSES, MOMENTS, st.booleans(), KINDS)
def test_the_first_answer_comes_before_the_landing_and_both_after_the_report(
    rules: HouseRules, since: datetime, urgent: bool, category: str
) -> None:
    due = deadlines(since, urgent=urgent, category=category, rules=rules)
    assert since < due.first_answer <= due.landing


@given(HOUSES, MOMENTS, KINDS)
def test_urgent_is_never_later_whatever_a_community_writes(rules: HouseRules, since: datetime, category: str) -> None:
    urgent = deadlines(since, urgent=True, category=category, rules=rules)
    ordinary = deadlines(since, urgent=False, category=category, rules=rules)
    assert urgent.first_answer <= ordinary.first_answer
    assert urgent.landing <= ordinary.landing


@given(HOUSES, MOMENTS, STRETCHES, st.booleans(), KINDS)
def test_who_told_earlier_is_due_earlier(
    rules: HouseRules, since: datetime, later: timedelta, urgent: bool, category: str
) -> None:
    first = deadlines(since, urgent=urgent, category=category, rules=rules)
    second = deadlines(since + later, urgent=urgent, category=category, rules=rules)
    assert first.first_answer <= second.first_answer
    assert first.landing <= second.landing


@given(HOUSES, MOMENTS, st.booleans(), KINDS, LIMITS)
def test_a_category_with_more_time_is_never_due_earlier(
    rules: HouseRules, since: datetime, urgent: bool, category: str, limit: Limit
) -> None:
    limits = (limit, Limit(limit.amount + 1, limit.span))
    less, more = (
        deadlines(since, urgent=urgent, category=category, rules=replace(rules, category_limits={category: each}))
        for each in limits
    )
    assert less.landing <= more.landing
    assert less.first_answer == more.first_answer


@given(HOUSES, MOMENTS, st.booleans(), KINDS, DAYS)
def test_a_holiday_in_the_calendar_makes_neither_clock_earlier(
    rules: HouseRules, since: datetime, urgent: bool, category: str, day: date
) -> None:
    holiday, worked = (
        deadlines(
            since,
            urgent=urgent,
            category=category,
            rules=replace(rules, calendar=with_day(rules.calendar, day, is_worked=is_worked)),
        )
        for is_worked in (False, True)
    )
    assert worked.first_answer <= holiday.first_answer
    assert worked.landing <= holiday.landing


@pytest.mark.parametrize(
    ("urgent", "category", "first_answer", "landing"),
    [
        (True, "lighting", timedelta(hours=2), timedelta(hours=24)),
        (False, "lighting", timedelta(hours=24), timedelta(days=7)),
        (False, "water", timedelta(hours=24), timedelta(hours=24)),
        (False, "heating", timedelta(hours=24), timedelta(hours=24)),
        (False, "illegal_build", timedelta(hours=24), timedelta(days=15)),
        (True, "illegal_build", timedelta(hours=2), timedelta(hours=24)),
    ],
)
def test_the_limits_of_the_design(urgent: bool, category: str, first_answer: timedelta, landing: timedelta) -> None:
    since = datetime(2026, 3, 2, 4, tzinfo=UTC)
    due = deadlines(since, urgent=urgent, category=category, rules=RULES)
    assert (due.first_answer - since, due.landing - since) == (first_answer, landing)


def test_a_category_may_have_a_limit_of_its_own() -> None:
    rules = replace(RULES, category_limits={"water": Limit(4, Span.HOURS), "noise": Limit(3, Span.WORKDAYS)})
    since = datetime(2026, 2, 13, 2, tzinfo=UTC)
    noise = deadlines(since, urgent=False, category="noise", rules=rules)
    burst = deadlines(since, urgent=True, category="water", rules=rules)
    assert noise.landing == datetime(2026, 2, 25, 15, 59, 59, tzinfo=UTC)  # the 14th, 24th and 25th are worked
    assert burst == Deadlines(since + timedelta(hours=2), since + timedelta(hours=4))


@given(MOMENTS, STRETCHES, MOMENTS, STRETCHES, STRETCHES)
def test_a_pause_never_shortens_and_resuming_later_never_makes_it_earlier(
    first_answer: datetime, more: timedelta, since: datetime, waited: timedelta, longer: timedelta
) -> None:
    before = Deadlines(first_answer, first_answer + more)
    after = paused(before, since=since, until=since + waited)
    assert after.first_answer == before.first_answer
    assert after.landing == before.landing + (waited if since < before.landing else timedelta(0))
    assert paused(before, since=since, until=since + waited + longer).landing >= after.landing
    assert paused(before, since=since, until=since - waited) == before  # a clock that jumped back takes nothing away


@given(MOMENTS, STRETCHES, STRETCHES, STRETCHES)
def test_what_was_left_when_it_stood_still_is_left_when_it_goes_on(
    since: datetime, left: timedelta, first: timedelta, gap: timedelta
) -> None:
    ends = Deadlines(since, since + left)
    went_on = since + first
    after = paused(ends, since=since, until=went_on)
    assert after.landing - went_on == left if left else after == ends
    again = went_on + gap
    twice = paused(after, since=again, until=again + first)
    assert twice.landing - (again + first) == left - gap if left > gap else twice == after


def test_a_question_asked_too_late_gives_no_new_time() -> None:
    """Nor does it turn an overdue matter into one that is due after its question, and so climbs at once."""
    over = Deadlines(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
    since = datetime(2026, 3, 10, tzinfo=UTC)
    assert paused(over, since=since, until=since + timedelta(days=5)) == over


@given(HOUSES, MOMENTS, RUNGS, UNITS)
def test_a_unit_never_has_less_time_than_its_rung(rules: HouseRules, since: datetime, rung: Rung, unit: str) -> None:
    alone = rung_due(since, rung=rung, unit=None, rules=rules)
    given_away = rung_due(since, rung=rung, unit=unit, rules=rules)
    own = rules.unit_limits.get(unit, rules.rung_limits[rung])
    assert since < alone <= given_away
    assert given_away == max(alone, due(since, own, rules=rules))


@given(HOUSES, MOMENTS, STRETCHES, RUNGS, st.none() | UNITS, DAYS)
def test_a_rung_that_got_it_later_or_has_a_holiday_is_never_due_earlier(
    rules: HouseRules, since: datetime, later: timedelta, rung: Rung, unit: str | None, day: date
) -> None:
    ends = rung_due(since, rung=rung, unit=unit, rules=rules)
    assert ends <= rung_due(since + later, rung=rung, unit=unit, rules=rules)
    holiday = replace(rules, calendar=with_day(rules.calendar, day, is_worked=False))
    assert ends <= rung_due(since, rung=rung, unit=unit, rules=holiday)


def test_the_rungs_of_the_design_over_the_spring_festival() -> None:
    since = datetime(2026, 2, 13, 2, tzinfo=UTC)  # a Friday, ten in the morning
    zone = ZoneInfo("Asia/Shanghai")
    ends = {rung: rung_due(since, rung=rung, unit=None, rules=RULES).astimezone(zone) for rung in Rung}
    assert {rung: f"{moment:%m-%d %H:%M}" for rung, moment in ends.items()} == {
        Rung.CORRIDOR: "02-15 10:00",
        Rung.GRID: "02-27 23:59",
        Rung.COMMUNITY: "03-05 23:59",
        Rung.STREET: "03-12 23:59",
    }


@given(HOUSES, MOMENTS, STRETCHES, st.timedeltas(-timedelta(days=1), timedelta(days=120)), STRETCHES)
def test_a_light_never_goes_back(
    rules: HouseRules, since: datetime, limit: timedelta, passed: timedelta, later: timedelta
) -> None:
    ends, at = since + limit, since + passed
    now_is, then = (light(moment, since=since, ends=ends, rules=rules) for moment in (at, at + later))
    assert LIGHTS.index(now_is) <= LIGHTS.index(then)


@given(HOUSES, MOMENTS, st.timedeltas(-timedelta(days=30), timedelta(days=90)))
def test_yellow_comes_before_red_and_each_at_its_moment(rules: HouseRules, since: datetime, limit: timedelta) -> None:
    ends = since + limit
    turns = yellow_at(since, ends, rules=rules)
    assert turns <= ends
    assert light(ends, since=since, ends=ends, rules=rules) is Light.RED
    assert light(turns, since=since, ends=ends, rules=rules) is (Light.YELLOW if turns < ends else Light.RED)
    assert light(turns - timedelta.resolution, since=since, ends=ends, rules=rules) is Light.GREEN


def test_a_week_is_green_for_five_and_a_half_days() -> None:
    since = datetime(2026, 3, 2, tzinfo=UTC)
    ends = since + timedelta(days=7)
    shown = {days: light(since + timedelta(days=days), since=since, ends=ends, rules=RULES) for days in (5.5, 5.7, 7.1)}
    assert shown == {5.5: Light.GREEN, 5.7: Light.YELLOW, 7.1: Light.RED}


def test_a_landing_in_working_days_that_nobody_announced_is_an_estimate() -> None:
    since = datetime.combine(date(ANNOUNCED, 12, 30), time(2), tzinfo=UTC)
    in_working_days = replace(RULES, landing=Limit(5, Span.WORKDAYS))

    def is_estimated(rules: HouseRules) -> bool:
        ends = deadlines(since, urgent=False, category="lighting", rules=rules).landing
        return landing_is_estimated(since, ends, urgent=False, category="lighting", rules=rules)

    year = [date(ANNOUNCED + 1, 1, day) for day in range(1, 31)]
    told = replace(in_working_days.calendar, overrides={day: day.isoweekday() < 6 for day in year})
    assert is_estimated(in_working_days)
    assert not is_estimated(replace(in_working_days, calendar=told))
    assert not is_estimated(RULES)  # seven calendar days


def test_a_rung_is_an_estimate_by_its_own_limit_or_by_that_of_its_unit() -> None:
    since = datetime.combine(date(ANNOUNCED, 12, 30), time(2), tzinfo=UTC)
    rules = replace(RULES, unit_limits={"department": Limit(15, Span.WORKDAYS)})

    def is_estimated(rung: Rung, unit: str | None) -> bool:
        ends = rung_due(since, rung=rung, unit=unit, rules=rules)
        return rung_is_estimated(since, ends, rung=rung, unit=unit, rules=rules)

    assert is_estimated(Rung.GRID, None)
    assert is_estimated(Rung.CORRIDOR, "department")
    assert not is_estimated(Rung.CORRIDOR, "property")
