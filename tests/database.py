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
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from bot.database import Database, migrate
from models import Base
from models.guards import GUARDS

KINDS = ("sqlite", "postgresql")

_GUARDED = sorted({guard.table for guard in GUARDS})  # where rows may not be deleted

#: Of this process: files that no test uses now, and what was opened at an address and is closed.
_free: list[Path] = []
_numbers = count()
_idle: dict[str, list[Database]] = defaultdict(list)

_MOST = 24 * 2**20  # bytes of the database that is used again and again: then a new one is made

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
        file = _free.pop() if _free else _sqlite_template().with_name(f"{next(_numbers)}.db")
        shutil.copyfile(_sqlite_template(), file)
        try:
            yield f"sqlite:///{file}"
        finally:
            for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
                each.unlink(missing_ok=True)
            _free.append(file)
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
    if _size(name) > _MOST:
        _renew(name)
        name = _shared()
    _empty(name)
    yield _address(name)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Without connections of an earlier test, but its statements need not be compiled again: a fifth of a dialogue."""
    idle = _idle[url]
    database = idle.pop() if idle else Database.open(url, busy_timeout=10, pool_size=8)
    try:
        yield database
    finally:
        database.close()
        idle.append(database)


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
    """Nothing is vacuumed in it, or rows would fill gaps and come back in another order than they were written."""
    name = _create(template=_postgresql_template())
    atexit.register(_drop, name)
    with psycopg.connect(_address(name), autocommit=True) as connection:
        for table in Base.metadata.tables:
            connection.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = off)'.encode())
    return name


def _size(name: str) -> int:
    """Bytes, those of rows that are gone included."""
    found = _asked(name, "SELECT pg_database_size(current_database())").fetchone()
    assert found
    return int(str(found[0]))


def _renew(name: str) -> None:
    _connected(name).close()
    _connected.cache_clear()
    _shared.cache_clear()
    _drop(name)


@cache
def _connected(name: str) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(_address(name), autocommit=True)
    atexit.register(connection.close)
    return connection


def _empty(name: str) -> None:
    """Cuts off whoever an earlier test left connected, so that nothing waits for its locks, and deletes what it left.

    Most tests commit nothing, so mostly there is nothing to delete: asking is quicker than turning the guards off.
    """
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    _asked(name, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    _clear(_connected(name))


def _asked(name: str, sql: str) -> psycopg.Cursor[tuple[object, ...]]:
    try:
        return _connected(name).execute(sql.encode())
    except psycopg.OperationalError:  # an earlier test cut us off
        _connected.cache_clear()
        return _connected(name).execute(sql.encode())


def _clear(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    held = " OR ".join(f'EXISTS (SELECT 1 FROM "{table}")' for table in tables)
    if connection.execute(f"SELECT {held}".encode()).fetchone() == (True,):
        # A TRUNCATE makes new files for every table and index: a hundred times the cost of deleting a few rows.
        deletes = "; ".join(f'DELETE FROM "{table}"' for table in tables)
        off, on = (
            "; ".join(f'ALTER TABLE "{table}" {what} TRIGGER USER' for table in _GUARDED)
            for what in ("DISABLE", "ENABLE")
        )
        connection.execute(f"{off}; {deletes}; {on}".encode())
    connection.execute(
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
        " WHERE last_value IS NOT NULL"
    )
