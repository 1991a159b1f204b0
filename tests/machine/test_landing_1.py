"""Proof of the promise, part 1 of two: fifty steps a run, and after each of them every invariant holds."""

from __future__ import annotations

import os

from bot.database import Database
from tests.database import on_sqlite
from tests.machine.deeds import DEEDS
from tests.machine.proof import run

#: Both parts together are the proof; ZHUOLUO_TEST_RUNS for less of it.
RUNS = int(os.environ.get("ZHUOLUO_TEST_RUNS", "1000"))


@on_sqlite
def test_whatever_anybody_does_every_issue_lands_and_every_raiser_is_answered(database: Database) -> None:
    done = run(database.engine, runs=RUNS, start=1)
    never = {action.value for action in DEEDS} - set(done)
    assert len(never) <= 2 or RUNS < 500, f"a machine that never does {never}"
