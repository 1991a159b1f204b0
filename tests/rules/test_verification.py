"""评事: silence is never counted as satisfaction; the clocks of a resolution."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.house import HouseRules
from models.rules.resolution_looking import Look, last_moment, next_look, over_at, overdue_days, silent_days
from models.rules.resolution_workflow import RUNNING, ResolutionState
from models.rules.verification import Verdict, verdict

PEOPLE = st.sets(st.integers(1, 8))
ANSWERS = st.dictionaries(st.integers(1, 8), st.booleans())
RULES = HouseRules()
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "answers", "over", "expected"),
    [
        ({1, 2}, {}, False, Verdict.WAIT),
        ({1, 2}, {1: True}, False, Verdict.WAIT),
        ({1, 2}, {1: True, 2: True}, False, Verdict.MET),
        ({1, 2}, {1: True, 2: False}, False, Verdict.WAIT),
        ({1, 2}, {1: True, 2: False}, True, Verdict.NOT_MET),
        ({1, 2}, {1: True}, True, Verdict.MET),
        ({1, 2}, {}, True, Verdict.UNJUDGED),
        (set(), {}, False, Verdict.WAIT),
        (set(), {}, True, Verdict.UNJUDGED),
    ],
)
def test_what_comes_of_what_was_said(
    asked: set[int], answers: dict[int, bool], over: bool, expected: Verdict
) -> None:
    assert verdict(asked, answers, over=over) is expected


@given(PEOPLE, ANSWERS, st.booleans())
def test_it_is_met_only_where_somebody_says_so_and_nobody_else(
    asked: set[int], answers: dict[int, bool], over: bool
) -> None:
    if verdict(asked, answers, over=over) is Verdict.MET:
        assert answers
        assert all(answers.values())


@given(PEOPLE, ANSWERS)
def test_before_they_were_waited_for_nothing_goes_back(asked: set[int], answers: dict[int, bool]) -> None:
    assert verdict(asked, answers, over=False) in (Verdict.WAIT, Verdict.MET)


@given(PEOPLE, ANSWERS)
def test_when_they_were_waited_for_something_comes_of_it(asked: set[int], answers: dict[int, bool]) -> None:
    assert verdict(asked, answers, over=True) is not Verdict.WAIT


@given(PEOPLE, ANSWERS, st.booleans())
def test_who_says_nothing_changes_nothing_when_time_is_over(
    asked: set[int], answers: dict[int, bool], more: bool
) -> None:
    silent = asked | {9} if more else asked
    assert verdict(silent, answers, over=True) is verdict(asked - {9}, answers, over=True)


@dataclass(frozen=True)
class Running:
    state: ResolutionState = ResolutionState.IN_FORCE
    due_on: date = date(2026, 4, 1)
    objections_until: datetime | None = None
    delayed_at: datetime | None = None
    noted_at: datetime | None = NOON
    warned_at: datetime | None = None
    verify_asked_at: datetime | None = None
    convener_asked_at: datetime | None = None
    begun_at: datetime | None = NOON


def test_a_day_is_whole_on_the_clock_of_the_house() -> None:
    assert last_moment(date(2026, 4, 1), rules=RULES) == datetime(2026, 4, 1, 15, 59, tzinfo=UTC)
    assert over_at(date(2026, 4, 1), rules=RULES) == datetime(2026, 4, 1, 16, tzinfo=UTC)
    moments = (datetime(2026, 4, 1, 15, 59, 59, tzinfo=UTC), datetime(2026, 4, 1, 16, tzinfo=UTC))
    assert [overdue_days(date(2026, 4, 1), at=at, rules=RULES) for at in moments] == [0, 1]


def test_what_is_next() -> None:
    ends = datetime(2026, 4, 1, 16, tzinfo=UTC)
    ten = timedelta(days=10)
    assert next_look(Running(), rules=RULES) == (NOON + ten, Look.WARN)
    assert next_look(Running(noted_at=ends - timedelta(days=1)), rules=RULES) == (ends, Look.ASK_VERIFICATION)
    warned = Running(noted_at=ends - timedelta(days=1), warned_at=ends)
    back = replace(warned, begun_at=ends + timedelta(days=3), noted_at=ends + timedelta(days=3))
    assert next_look(back, rules=RULES) == (ends + ten, Look.WARN)
    judged = replace(warned, state=ResolutionState.VERIFYING, verify_asked_at=ends)
    assert next_look(judged, rules=RULES) == (ends + timedelta(days=5), Look.JUDGE)
    asked = replace(judged, convener_asked_at=ends + timedelta(days=5))
    assert next_look(asked, rules=RULES) == (ends + timedelta(days=5) + ten, Look.WARN)
    on_view = Running(state=ResolutionState.PUBLISHED, objections_until=NOON)
    assert next_look(on_view, rules=RULES) == (NOON, Look.END_OBJECTIONS)
    held_up = replace(on_view, delayed_at=NOON)
    assert next_look(held_up, rules=RULES) == (NOON + timedelta(days=1), Look.END_OBJECTIONS)


@pytest.mark.parametrize("state", [ResolutionState.RECORDED, ResolutionState.DONE, ResolutionState.STOPPED])
def test_what_is_at_its_end_or_not_begun_is_left_alone(state: ResolutionState) -> None:
    assert next_look(Running(state=state), rules=RULES) is None


@given(st.sampled_from(sorted(RUNNING)), st.integers(-40, 40), st.integers(0, 40), st.integers(0, 60))
def test_whatever_runs_is_looked_at_again_and_warned_of_no_oftener_than_every_ten_days(
    state: ResolutionState, due: int, noted: int, days: int
) -> None:
    now = NOON
    running = Running(
        state=state, due_on=NOON.date() + timedelta(days=due), noted_at=NOON + timedelta(days=noted),
        verify_asked_at=NOON if state is ResolutionState.VERIFYING else None,
    )  # fmt: skip
    warned: list[datetime] = []
    while now < NOON + timedelta(days=days):
        coming = next_look(running, rules=RULES)
        assert coming is not None
        now = max(now, coming[0])
        match coming[1]:
            case Look.WARN:
                warned.append(now)
                running = replace(running, warned_at=now)
            case Look.ASK_VERIFICATION:
                running = replace(running, state=ResolutionState.VERIFYING, verify_asked_at=now)
            case Look.JUDGE:
                running = replace(running, convener_asked_at=now)
            case Look.END_OBJECTIONS:
                raise AssertionError("it is past that")
    assert all(later - earlier >= RULES.resolution_silent for earlier, later in pairwise(warned))


def test_nobody_is_silent_while_it_is_judged() -> None:
    at = NOON + timedelta(days=12)
    assert silent_days(Running(), at=at, rules=RULES) == 12
    assert silent_days(Running(), at=NOON + timedelta(days=9), rules=RULES) == 0
    assert silent_days(Running(state=ResolutionState.VERIFYING), at=at, rules=RULES) == 0
