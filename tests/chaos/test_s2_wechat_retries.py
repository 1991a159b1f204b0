"""S2 of endurance.md. On PostgreSQL: ``python -m bench chaos S2 --database postgresql``."""

from __future__ import annotations

from contextlib import nullcontext

from bench.chaos.retries import run_s2
from tests.database import on_sqlite


@on_sqlite
def test_whoever_wechat_asks_again_for_gets_one_answer_however_slow_we_are(database_url: str) -> None:
    report = run_s2(lambda: nullcontext(database_url))
    print(report.table())
    assert report.failed == []
