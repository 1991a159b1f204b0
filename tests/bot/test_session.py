"""What a command reads with."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from bot.session import reading, writing
from bot.settings import Settings
from tests.database import on_postgresql


@on_postgresql
def test_who_waits_at_a_terminal_may_ask_for_what_takes_long_and_nobody_else(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"database": {"url": database_url}, "paths": {"data": tmp_path}})
    limits = []
    for session_of in (reading, writing):
        with session_of(settings) as session:
            limits.append(session.scalar(text("SHOW statement_timeout")))
    assert limits == ["0", "15s"]
