"""The two clocks: for every matter both are set, the first answer before the landing, urgency never later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.deadlines import deadlines
from models.rules.house import HouseRules
from understanding import CATEGORIES

RULES = HouseRules()
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
KINDS = st.sampled_from(sorted(CATEGORIES))


@given(MOMENTS, st.booleans(), KINDS)
def test_the_first_answer_comes_before_the_landing_and_both_after_the_report(
    since: datetime, urgent: bool, category: str
) -> None:
    due = deadlines(since, urgent=urgent, category=category, rules=RULES)
    assert since < due.first_answer <= due.landing


@given(MOMENTS, KINDS)
def test_urgent_is_never_later(since: datetime, category: str) -> None:
    urgent = deadlines(since, urgent=True, category=category, rules=RULES)
    ordinary = deadlines(since, urgent=False, category=category, rules=RULES)
    assert urgent.first_answer <= ordinary.first_answer
    assert urgent.landing <= ordinary.landing


@given(MOMENTS, MOMENTS, st.booleans(), KINDS)
def test_who_told_earlier_is_due_earlier(one: datetime, other: datetime, urgent: bool, category: str) -> None:
    first, second = sorted((one, other))
    assert (
        deadlines(first, urgent=urgent, category=category, rules=RULES).landing
        <= deadlines(second, urgent=urgent, category=category, rules=RULES).landing
    )


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
