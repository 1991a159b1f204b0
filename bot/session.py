"""A session for a command: one transaction, committed when the command is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from bot.database import Database, MigrationState, migration_state
from bot.errors import Unusable
from bot.settings import Settings
from texts import text


@contextmanager
def writing(settings: Settings) -> Iterator[Session]:
    with _opened(settings) as database, Session(database.engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    """For as long as it takes: a year's figures of a whole city, or the audit of it, are asked for by one person who
    waits at a terminal, and hold up nobody."""
    with _opened(settings) as database, Session(database.reader) as session:
        if database.dialect == "postgresql":
            session.execute(sql("SET LOCAL statement_timeout = 0"))
            session.execute(sql("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield session


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    match migration_state(settings.database.url):
        case MigrationState.NEWER:
            raise Unusable(text("app.database_newer"))
        case MigrationState.CURRENT:
            pass
        case _:
            raise Unusable(text("app.not_migrated"))
    database = Database.open(
        settings.database.url,
        busy_timeout=settings.database.busy_timeout_seconds,
        pool_size=settings.database.pool_size,
    )
    try:
        yield database
    finally:
        database.close()
