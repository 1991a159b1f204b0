"""What comes first on an agenda, and what fits into a meeting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.agenda_score import WEIGHTS, Case, Entry, Part, fit, minutes_for, score

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
counts = st.integers(0, 500)
cases = st.builds(Case, counts, st.booleans(), counts, counts, st.integers(0, 20), st.booleans(), st.booleans())
entries = st.lists(
    st.builds(
        Entry,
        key=st.integers(0, 10_000),
        minutes=st.integers(1, 60),
        mandatory=st.booleans(),
        score=st.floats(0, 300).map(lambda value: round(value, 1)),
        since=st.integers(0, 50).map(lambda days: BEGAN + timedelta(days=days)),
    ),
    max_size=30,
    unique_by=lambda entry: entry.key,
)


def test_the_points_are_the_sum_of_the_published_parts() -> None:
    told = Case(households=11, urgent=True, days_waiting=23, days_overdue=16, recurrence=1, referred=True)
    assert score(told, weights={}) == (
        22 + 20 + 11.5 + 16 + 5 + 15,
        {
            "households": (11, 22.0),
            "urgent": (1, 20.0),
            "days_waiting": (23, 11.5),
            "days_overdue": (16, 16.0),
            "recurrence": (1, 5.0),
            "referred": (1, 15.0),
        },
    )


def test_a_community_may_weigh_otherwise_and_never_below_nothing() -> None:
    told = Case(households=4, days_waiting=10)
    assert score(told, weights={"households": 5, "days_waiting": -1}) == (
        20.0,
        {"households": (4, 20.0), "days_waiting": (10, 0.0)},
    )


def test_every_part_has_its_weight() -> None:
    assert set(WEIGHTS) == set(Part)


@given(cases, st.sampled_from(["households", "days_waiting", "days_overdue", "recurrence"]), st.integers(1, 100))
def test_more_of_anything_never_lowers_the_points(case: Case, part: str, more: int) -> None:
    raised = replace(case, **{part: getattr(case, part) + more})
    assert score(raised, weights={})[0] >= score(case, weights={})[0]


@given(cases, st.sampled_from(["urgent", "referred", "review"]))
def test_what_is_urgent_or_referred_never_has_fewer_points(case: Case, part: str) -> None:
    assert score(replace(case, **{part: True}), weights={})[0] >= score(replace(case, **{part: False}), weights={})[0]


@given(cases)
def test_the_total_can_be_counted_again(case: Case) -> None:
    total, parts = score(case, weights={})
    assert total == pytest.approx(sum(points for _, points in parts.values()))
    assert total >= 0


@pytest.mark.parametrize(("alike", "minutes"), [(1, 20), (2, 25), (3, 30), (4, 30), (40, 30)])
def test_like_issues_need_a_little_more_time(alike: int, minutes: int) -> None:
    assert minutes_for(alike) == minutes


def entry(key: int, minutes: int, points: float, *, mandatory: bool = False, days: int = 0) -> Entry:
    return Entry(key, minutes, mandatory, points, BEGAN + timedelta(days=days))


def test_by_points_while_the_minutes_last() -> None:
    found = [entry(1, 20, 10), entry(2, 30, 50), entry(3, 30, 40), entry(4, 20, 30)]
    assert fit(found, minutes=90) == ([2, 3, 4], [1])


def test_nothing_small_gets_in_before_what_has_more_points() -> None:
    assert fit([entry(1, 60, 50), entry(2, 40, 40), entry(3, 10, 1)], minutes=90) == ([1], [2, 3])


def test_what_is_mandatory_comes_first_and_is_never_left_out() -> None:
    found = [entry(1, 60, 99), entry(2, 50, 1, mandatory=True), entry(3, 50, 2, mandatory=True)]
    assert fit(found, minutes=90) == ([3, 2], [1])


def test_of_two_alike_the_older_comes_first_and_then_the_smaller_key() -> None:
    found = [entry(3, 10, 5, days=1), entry(2, 10, 5, days=1), entry(1, 10, 5, days=2)]
    assert fit(found, minutes=20) == ([2, 3], [1])


def test_one_that_is_longer_than_the_meeting_has_it_to_itself() -> None:
    assert fit([entry(1, 60, 5), entry(2, 5, 4)], minutes=30) == ([1], [2])


@given(entries, st.integers(1, 180), st.randoms(use_true_random=False))
def test_everything_is_listed_or_queued_once_in_any_order(
    found: list[Entry], minutes: int, shuffling: object
) -> None:
    listed, queued = fit(found, minutes=minutes)
    assert sorted([*listed, *queued]) == sorted(entry.key for entry in found)
    shuffled = list(found)
    shuffling.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fit(shuffled, minutes=minutes) == (listed, queued)


@given(entries, st.integers(1, 180))
def test_what_waits_never_has_more_points_than_what_is_listed_and_never_must(
    found: list[Entry], minutes: int
) -> None:
    listed, queued = fit(found, minutes=minutes)
    by_key = {entry.key: entry for entry in found}
    free = [by_key[key].score for key in listed if not by_key[key].mandatory]
    assert not any(by_key[key].mandatory for key in queued)
    assert all(by_key[key].score <= least for least in free for key in queued)


@given(entries, st.integers(1, 180))
def test_only_what_must_goes_beyond_the_minutes(found: list[Entry], minutes: int) -> None:
    listed, _ = fit(found, minutes=minutes)
    by_key = {entry.key: entry for entry in found}
    must = sum(by_key[key].minutes for key in listed if by_key[key].mandatory)
    chosen = [by_key[key].minutes for key in listed if not by_key[key].mandatory]
    assert not chosen or must + sum(chosen) <= minutes or len(listed) == 1
