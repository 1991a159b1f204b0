"""S14 of endurance.md."""

from __future__ import annotations

from contextlib import nullcontext

from bench.chaos.bad_input import run_s14
from tests.database import on_sqlite


@on_sqlite
def test_five_hundred_bad_requests_are_refused_or_answered_politely(database_url: str) -> None:
    report = run_s14(lambda: nullcontext(database_url))
    print(report.table())
    assert report.failed == []
