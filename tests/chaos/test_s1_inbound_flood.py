"""S1 of endurance.md in its short form; the long one is ``python -m bench chaos S1 --long``."""

from __future__ import annotations

from contextlib import nullcontext

from bench.chaos.inbound import run_s1


def test_a_flood_of_events_with_repeats_and_kills_takes_effect_exactly_once(database_url: str) -> None:
    report = run_s1(lambda: nullcontext(database_url))
    print(report.table())
    assert [failed for failed in report.failed if not failed.startswith("p99")] == []  # time is judged by the long form
