"""A limit as people write it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.limits import Limit, Span


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("24小时", Limit(24, Span.HOURS)),
        ("7天", Limit(7, Span.DAYS)),
        ("7 日", Limit(7, Span.DAYS)),
        (" 5个工作日 ", Limit(5, Span.WORKDAYS)),
        ("5工作日", Limit(5, Span.WORKDAYS)),
        ("５个工作日", Limit(5, Span.WORKDAYS)),
        ("48h", Limit(48, Span.HOURS)),
        ("10 W", Limit(10, Span.WORKDAYS)),
    ],
)
def test_what_people_write_is_read(written: str, means: Limit) -> None:
    assert Limit.read(written) == means


@pytest.mark.parametrize(
    "written", ["", "24", "小时", "0天", "-1天", "1.5天", "7天半", "两天", "7天 5小时", "99999小时", "7周"]
)
def test_what_is_no_limit_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit.read(written)


@given(st.text("0123456789５² 两小时天日个工作hHdDwWİſK-.\n", max_size=8))
def test_whatever_is_written_is_a_limit_of_at_least_one_or_refused(written: str) -> None:
    with contextlib.suppress(ValueError):
        assert Limit.read(written).amount > 0
