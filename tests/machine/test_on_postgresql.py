"""The same machine on PostgreSQL, fewer runs: what differs are the guards and the locks."""

from __future__ import annotations

from bot.database import Database
from tests.database import on_postgresql
from tests.machine.proof import run


@on_postgresql
def test_the_promises_hold_there_too(database: Database) -> None:
    run(database.engine, runs=20, start=3)
