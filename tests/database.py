"""Real, migrated, empty databases for tests, chaos runs and benchmarks.

PostgreSQL is used when ZHUOLUO_TEST_POSTGRES names a server (postgresql://postgres@127.0.0.1:5432/postgres) on which
databases may be created; ZHUOLUO_TEST_REQUIRE=postgres makes its absence an error.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from bot.database import Database, migrate
from models import Base

KINDS = ("sqlite", "postgresql")

#: For a test about one of them only (it asks for ``database``, ``database_url`` or ``session`` as usual).
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def missing(kind: str) -> str | None:
    """Why there is no database of this kind here, or None."""
    if kind == "sqlite" or os.environ.get("ZHUOLUO_TEST_POSTGRES"):
        return None
    return "no PostgreSQL: set ZHUOLUO_TEST_POSTGRES to the address of a server"


def required(kind: str) -> bool:
    return kind.removesuffix("ql") in os.environ.get("ZHUOLUO_TEST_REQUIRE", "")


@contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """The address of a database of its own, migrated and empty; removed at the end whoever is still connected."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="zhuoluo-", ignore_cleanup_errors=True) as folder:
            file = Path(folder) / "test.db"
            shutil.copyfile(_sqlite_template(), file)
            yield f"sqlite:///{file}"
        return
    name = _create(template=_postgresql_template())
    try:
        yield _address(name)
    finally:
        _drop(name)


@contextmanager
def emptied_database(kind: str) -> Iterator[str]:
    """The same, but on PostgreSQL one database is used again and again: quicker. One at a time in a process."""
    if kind == "sqlite":
        with fresh_database(kind) as url:
            yield url
        return
    name = _shared()
    _empty(name)
    yield _address(name)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database.open(url, busy_timeout=10, pool_size=8)
    try:
        yield database
    finally:
        database.close()


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="zhuoluo-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(f"sqlite:///{folder / 'template.db'}")
    return folder / "template.db"


def _server(sql: str, name: str = "") -> None:
    with psycopg.connect(_address(name), autocommit=True) as connection:
        connection.execute(sql.encode())


def _address(name: str = "") -> str:
    url = make_url(os.environ["ZHUOLUO_TEST_POSTGRES"]).set(drivername="postgresql")
    return (url.set(database=name) if name else url).render_as_string(hide_password=False)


def _create(template: str = "template1") -> str:
    name = f"zhuoluo_test_{os.getpid()}_{secrets.token_hex(4)}"
    _server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


def _drop(name: str) -> None:
    _server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def _postgresql_template() -> str:
    name = _create()
    atexit.register(_drop, name)
    migrate(_address(name))
    return name


@cache
def _shared() -> str:
    name = _create(template=_postgresql_template())
    atexit.register(_drop, name)
    return name


def _empty(name: str) -> None:
    """Cuts off whoever an earlier test left connected, so that nothing waits for its locks."""
    _server(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )
    # A TRUNCATE makes new files for every table and index, which costs a hundred times as much as deleting a few rows.
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    deletes = "; ".join(f'DELETE FROM "{table}"' for table in tables)
    restart = "SELECT setval(c.oid, 1, false) FROM pg_class c WHERE c.relkind = 'S'"
    _server(f"{deletes}; {restart}", name)
