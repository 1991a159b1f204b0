"""S10 of endurance.md, as far as it needs no root; the long form is ``python -m bench chaos S10 --long``."""

from __future__ import annotations

from contextlib import nullcontext

from bench.chaos.disk import run_s10


def test_what_cannot_be_stored_is_not_acknowledged_and_all_is_well_again_afterwards(database_url: str) -> None:
    report = run_s10(lambda: nullcontext(database_url))
    print(report.table())
    assert report.failed == []
