"""Fixtures for every test. What asks for a database runs on SQLite and, where a server is configured, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from bot.database import Database
from tests.database import KINDS, emptied_database, missing, opened, required


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated, empty database, for tests that start processes of their own."""
    reason = missing(request.param)
    if reason is not None:
        (pytest.fail if required(request.param) else pytest.skip)(reason)
    with emptied_database(request.param) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session in a transaction that nobody commits."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
