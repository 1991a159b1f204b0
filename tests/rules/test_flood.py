"""The flood rule for any sequence of messages."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.rules.flood import Pulse, Verdict, judge
from models.rules.house import HouseRules

RULES = HouseRules()
GAPS = st.lists(st.tuples(st.floats(0.0, 90.0), st.booleans()), max_size=120)


def run(messages: list[tuple[float, bool]]) -> list[tuple[float, bool, Verdict, Pulse]]:
    pulse, now, seen = Pulse(), 1_000_000.0, []
    for gap, photo in messages:
        now += gap
        verdict, pulse = judge(pulse, now=now, photo=photo, rules=RULES)
        pulse = Pulse.from_json(pulse.to_json())  # as it is kept between two messages
        seen.append((now, photo, verdict, pulse))
    return seen


@given(GAPS)
def test_somebody_at_an_easy_pace_is_never_slowed_down(messages: list[tuple[float, bool]]) -> None:
    easy = [(gap + 2.1, photo) for gap, photo in messages]
    assert all(verdict is Verdict.FINE for _, _, verdict, _ in run(easy))


@given(GAPS)
def test_silence_is_announced_once_and_lasts_as_long_as_said(messages: list[tuple[float, bool]]) -> None:
    quiet_until = 0.0
    for now, _, verdict, pulse in run(messages):
        assert (verdict is Verdict.SILENT) == (now < quiet_until)
        if verdict is Verdict.STOP:
            quiet_until = now + RULES.flood_quiet.total_seconds()
            assert pulse.quiet_until == quiet_until


@given(GAPS)
def test_no_more_than_the_flood_is_ever_handled_in_a_minute(messages: list[tuple[float, bool]]) -> None:
    fine = [now for now, _, verdict, _ in run(messages) if verdict is Verdict.FINE]
    for now in fine:
        assert sum(1 for t in fine if now - RULES.flood_window.total_seconds() < t <= now) <= RULES.flood


@given(GAPS)
def test_words_are_slowed_by_words_alone(messages: list[tuple[float, bool]]) -> None:
    """Photos come many at once and do not slow the words that follow them."""
    for at, (now, photo, verdict, _) in enumerate(seen := run(messages)):
        if verdict is not Verdict.SLOW_DOWN:
            continue
        assert not photo
        window = RULES.burst_window.total_seconds()
        words = [t for t, p, v, _ in seen[: at + 1] if not p and v is not Verdict.SILENT and t > now - window]
        assert len(words) > RULES.burst


@given(GAPS)
def test_what_is_kept_does_not_grow(messages: list[tuple[float, bool]]) -> None:
    assert all(len(pulse.times) <= RULES.flood for _, _, _, pulse in run(messages))


def test_the_numbers_of_the_house() -> None:
    assert (RULES.burst, RULES.burst_window) == (5, timedelta(seconds=10))
    assert (RULES.flood, RULES.flood_window, RULES.flood_quiet) == (30, timedelta(minutes=1), timedelta(minutes=10))
