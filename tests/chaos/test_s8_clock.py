"""S8 of endurance.md."""

from __future__ import annotations

from contextlib import nullcontext

from bench.chaos.clockwork import run_s8


def test_every_hour_is_struck_once_by_three_processes_whatever_happens_to_the_clock_and_to_them(
    database_url: str,
) -> None:
    report = run_s8(lambda: nullcontext(database_url))
    print(report.table())
    assert report.failed == []
