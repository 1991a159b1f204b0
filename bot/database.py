"""Opening and migrating the database: SQLite (WAL, every commit on disk) or PostgreSQL (every call with a timeout)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url

from bot.errors import Unusable
from texts import text

_MIGRATIONS = Path(__file__).resolve().parent.parent / "models" / "migrations"
_MIGRATION_LOCK = 7_365_810  # any number, the same in every process

# libpq: a server that is away or a black hole is noticed within seconds, and no statement waits for ever.
_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
_WRITER = "-c timezone=UTC -c statement_timeout=15s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
_READER = f"{_WRITER} -c default_transaction_read_only=on"


class DatabaseUnsuitable(Unusable):
    """The database cannot keep what we promise."""


class MigrationState(StrEnum):
    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    NEWER = "newer"  # written by a later version of this program


@dataclass(frozen=True)
class Database:
    """``engine`` writes, ``reader`` cannot. On SQLite a writer has the one write lock from its first statement on."""

    url: URL
    engine: Engine
    reader: Engine
    busy_timeout: float
    pool_size: int

    @classmethod
    def open(cls, url: str, *, busy_timeout: float = 30.0, pool_size: int = 8) -> Database:
        """``busy_timeout``: seconds to wait for another process's write lock (SQLite)."""
        address = database_url(url)
        if address.get_backend_name() == "sqlite":
            engine = sqlite_engine(address, busy_timeout, begin="BEGIN IMMEDIATE")
            reader = sqlite_engine(address, busy_timeout, begin="BEGIN", read_only=True)
            with engine.connect() as connection:
                _assert_durable(connection)
        else:
            engine = _postgresql_engine(address, pool_size, _WRITER, ping=False)
            reader = _postgresql_engine(address, pool_size, _READER, ping=True)
        return cls(address, engine, reader, busy_timeout, pool_size)

    @property
    def dialect(self) -> str:
        """``"sqlite"`` or ``"postgresql"``."""
        return self.url.get_backend_name()

    def close(self) -> None:
        self.reader.dispose()
        self.engine.dispose()


def database_url(url: str) -> URL:
    """The address with our drivers filled in; the folder of an SQLite file is made. Refuses what we do not run on."""
    address = make_url(url)
    backend = address.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise DatabaseUnsuitable(text("database.kind", kind=backend))
    if not address.database or address.database == ":memory:":
        raise DatabaseUnsuitable(text("database.memory"))
    Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    return address.set(drivername="sqlite")


def sqlite_engine(
    address: URL,
    busy_timeout: float,
    *,
    begin: str,
    read_only: bool = False,
    foreign_keys: bool = True,
    factory: type[sqlite3.Connection] = sqlite3.Connection,
) -> Engine:
    """``begin``: the statement that opens a transaction; sqlite3's own transaction control is switched off."""
    engine = create_engine(
        address,
        hide_parameters=True,
        connect_args={
            "isolation_level": None,
            "timeout": busy_timeout,
            "cached_statements": 512,
            "factory": factory,
            "check_same_thread": False,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute("PRAGMA cache_size = -16000")  # KiB
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        raw.execute(begin)

    return engine


def _postgresql_engine(address: URL, pool_size: int, options: str, *, ping: bool) -> Engine:
    """``ping``: try a connection before use. Not worth a round trip where a cut transaction is simply run again."""
    return create_engine(
        address,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=5,
        pool_pre_ping=ping,
        connect_args={**_POSTGRESQL, "options": options},
    )


def _assert_durable(connection: Connection) -> None:
    """What an acknowledgement rests on: write-ahead log, synced at each commit, references checked."""
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    if found != wanted:
        pragmas = ", ".join(f"{name}={value}" for name, value in found.items())
        raise DatabaseUnsuitable(text("database.durability", found=pragmas))


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    """One transaction that no second process migrates beside. On SQLite references are checked at its end."""
    address = database_url(url)
    if address.get_backend_name() == "sqlite":
        engine = sqlite_engine(address, 60.0, begin="BEGIN IMMEDIATE", foreign_keys=False)
    else:
        engine = create_engine(address, poolclass=NullPool, connect_args=_POSTGRESQL)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            yield connection
            if engine.dialect.name == "sqlite":
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise RuntimeError(f"the migration breaks a reference: {tuple(broken)}")
    finally:
        engine.dispose()


def _state(connection: Connection) -> MigrationState:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    found = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory(str(_MIGRATIONS))
    if found is None:
        return MigrationState.EMPTY
    if found == script.get_current_head():
        return MigrationState.CURRENT
    known = {revision.revision for revision in script.walk_revisions()}
    return MigrationState.BEHIND if found in known else MigrationState.NEWER


def migration_state(url: str) -> MigrationState:
    """Whether ``migrate`` has work to do, or the program is too old for this database."""
    with _migrating(url) as connection:
        return _state(connection)


def migrate(url: str, *, to: str = "head") -> None:
    """Brings the tables to ``to``, all or nothing; several processes may try at once. ``to="base"`` removes everything.

    Raises DatabaseUnsuitable when the database was written by a later version of this program.
    """
    from alembic import command
    from alembic.config import Config

    with _migrating(url) as connection:
        if _state(connection) is MigrationState.NEWER:
            raise DatabaseUnsuitable(text("app.database_newer"))
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        if to == "base":
            command.downgrade(config, to)
        else:
            command.upgrade(config, to)
