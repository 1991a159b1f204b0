"""What the tests of the clocks draw from: moments, days, limits, calendars and houses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
from hypothesis import strategies as st

from models.rules.house import HouseRules
from models.rules.limits import Limit, Span
from models.rules.posts import Rung
from models.rules.working_days import WorkCalendar
from understanding import CATEGORIES

#: The last year of which the library knows the days.
ANNOUNCED = max(day.year for day in chinese_calendar.holidays)
#: Two years around the last day that is announced.
MOMENTS = st.datetimes(datetime(ANNOUNCED, 1, 1), datetime(ANNOUNCED + 1, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(date(ANNOUNCED, 1, 1), date(ANNOUNCED + 2, 3, 1))
STRETCHES = st.timedeltas(timedelta(0), timedelta(days=90))
LIMITS = st.builds(Limit, st.integers(1, 40), st.sampled_from(Span))
WORKDAYS = st.builds(Limit, st.integers(1, 40), st.just(Span.WORKDAYS))
CALENDARS = st.builds(WorkCalendar, st.dictionaries(DAYS, st.booleans(), max_size=12))
KINDS = st.sampled_from(sorted(CATEGORIES))
UNITS = st.sampled_from(["property", "owners", "department", "utility", "partner"])
HOUSES = st.builds(
    HouseRules,
    calendar=CALENDARS,
    first_answer=LIMITS,
    first_answer_urgent=LIMITS,
    landing=LIMITS,
    landing_urgent=LIMITS,
    landing_complex=LIMITS,
    quick_categories=st.frozensets(KINDS, max_size=4),
    complex_categories=st.frozensets(KINDS, max_size=4),
    category_limits=st.dictionaries(KINDS, LIMITS, max_size=4),
    rung_limits=st.fixed_dictionaries(dict.fromkeys(Rung, LIMITS)),
    unit_limits=st.dictionaries(UNITS, LIMITS),
    yellow_from=st.floats(0.01, 0.99),
    waiting_for_raiser=LIMITS,
    waiting_for_meeting=LIMITS,
    heartbeat=st.timedeltas(timedelta(hours=1), timedelta(days=30)),
    follow_up=st.timedeltas(timedelta(hours=1), timedelta(days=30)),
    rating_window=st.timedeltas(timedelta(hours=1), timedelta(days=30)),
)


def with_day(calendar: WorkCalendar, day: date, *, is_worked: bool) -> WorkCalendar:
    return replace(calendar, overrides={**calendar.overrides, day: is_worked})
