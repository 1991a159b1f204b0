"""The six digits that the room shows: they change, they last long enough to be typed, and no other meeting has them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.rules.room_code import WINDOW_SECONDS, code_at, is_good, page_key, seconds_left

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=1500)).map(lambda later: FIRST + later)
SECRETS = st.text(min_size=22, max_size=22, alphabet="abcdefghijklmnopqrstuvwxyz0123456789_-")


@given(SECRETS, MOMENTS, st.integers(min_value=0, max_value=WINDOW_SECONDS))
def test_a_code_is_good_for_half_a_minute_after_it_was_read(secret: str, at: datetime, later: int) -> None:
    code = code_at(secret, at)
    assert len(code) == 6
    assert code.isdecimal()
    assert is_good(secret, code, at + timedelta(seconds=later))


@given(SECRETS, MOMENTS)
def test_a_photo_of_the_screen_is_of_no_use_a_minute_later(secret: str, at: datetime) -> None:
    start = at - timedelta(seconds=WINDOW_SECONDS - seconds_left(at), microseconds=at.microsecond)
    shown, later = code_at(secret, start), start + timedelta(seconds=2 * WINDOW_SECONDS)
    others = {code_at(secret, later), code_at(secret, later - timedelta(seconds=WINDOW_SECONDS))}
    assert is_good(secret, shown, later) == (shown in others)  # one in half a million comes again


@given(SECRETS, MOMENTS)
def test_the_screen_knows_when_the_next_code_comes(secret: str, at: datetime) -> None:
    left = seconds_left(at)
    assert 1 <= left <= WINDOW_SECONDS
    assert code_at(secret, at.replace(microsecond=0) + timedelta(seconds=left - 1)) == code_at(secret, at)


def test_nothing_else_is_a_code() -> None:
    at = datetime(2026, 12, 12, 7, tzinfo=UTC)
    code = code_at("the secret of one meeting", at)
    assert not is_good("the secret of another one", code, at)
    wrong = ("", code[:5], f"{code}0", "１２３４５６")
    assert not any(is_good("the secret of one meeting", each, at) for each in wrong)
    assert page_key("a") != page_key("b")
    assert len(page_key("a")) == 22
