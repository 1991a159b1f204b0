"""Fixtures for every test. What asks for a database runs on SQLite and, where a server is configured, on PostgreSQL."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from bot.database import Database
from tests.database import KINDS, emptied_database, missing, opened, required

#: Dialogues on PostgreSQL: one in so many, always the same ones, for the services below them are tested there in full.
#: ZHUOLUO_TEST_ALL=1 runs every one.
_ONE_IN = 1 if "ZHUOLUO_TEST_ALL" in os.environ else 4


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first, or one worker is left with them at the end while the others have nothing to do."""
    left_out = [item for item in items if _is_dialogue(item) and zlib.crc32(item.nodeid.encode()) % _ONE_IN]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    chosen = set(items) - set(left_out)
    items[:] = sorted(
        (item for item in items if item in chosen), key=lambda item: "machine" not in item.path.parts
    )


def _is_dialogue(item: pytest.Item) -> bool:
    told = {"flows", "stories"} & set(item.path.parts)
    return bool(told) and "[postgresql" in item.name


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
