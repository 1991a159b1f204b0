"""How a unit of work reaches the database. A work is a plain function of a Session and runs in exactly one transaction.

SQLite: one writer thread runs the waiting works, each in a savepoint, commits them together and only then lets their
results go (one fsync for many works). PostgreSQL: each work is a transaction of its own on a pool of threads. A work
may be run again when the database asks for it, so it does nothing but read and write through its Session.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine, exc
from sqlalchemy.orm import Session

from bot.database import Database, sqlite_engine
from bot.errors import Busy

T = TypeVar("T")
Work = Callable[[Session], T]

log = logging.getLogger(__name__)

_BATCH = 64  # works committed together; at 16 in flight a commit rarely holds more than 16
_WAITING = 5_000  # then people are told to try again: at 1,500 works a second nobody should wait longer than this
_READERS = 4
_TRIES = 3

# sqlite3.h: SQLITE_BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL
_SQLITE_AWAY = frozenset({5, 6, 7, 8, 10, 11, 13, 14, 15})
_SQLITE_READONLY = 8
# PostgreSQL: two transactions met; whoever lost may simply begin again (serialization, deadlock, same key at once).
_AGAIN = frozenset({"40001", "40P01", "23505"})
_POSTGRESQL_READONLY = "25006"


class Transactions(Protocol):
    async def run(self, work: Work[T]) -> T:
        """The work's result, once it is committed. Its own exceptions undo it and come back; Busy: nothing is stored.

        Cancelling the wait does not stop the work.
        """

    async def read(self, work: Work[T]) -> T:
        """The same for a work that only reads; it does not wait for writers."""

    async def close(self) -> None:
        """Finishes what was accepted; later works are refused with Busy."""


def open_transactions(database: Database, *, on_death: Callable[[], None] | None = None) -> Transactions:
    """``on_death``: called when the writer thread dies of a bug; by default the process ends, not to live on deaf."""
    if database.dialect == "sqlite":
        return WriterLane(database, on_death=on_death or _end_process)
    return ThreadPool(database)


def _end_process() -> None:
    log.critical("the writer died; ending the process")
    logging.shutdown()
    os._exit(70)


def _translated(error: Exception, *, writing: bool) -> Exception:
    """Busy for a database that is full, locked, read-only or away; anything else is the work's own matter."""
    if isinstance(error, StopIteration):
        return RuntimeError("StopIteration")  # which a future cannot carry
    if isinstance(error, exc.TimeoutError):
        return Busy("no free connection")
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_AWAY and (writing or code != _SQLITE_READONLY):
        return Busy(getattr(cause, "sqlite_errorname", "sqlite"))
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return Busy("connection lost")
    state = getattr(cause, "sqlstate", None)
    if type(cause).__module__.startswith("psycopg") and isinstance(error, exc.OperationalError):
        return Busy(f"postgresql: {state or 'away'}")
    return Busy("postgresql: read-only") if writing and state == _POSTGRESQL_READONLY else error


def _may_begin_again(error: Exception, *, committing: bool) -> bool:
    """A connection cut during COMMIT leaves open what happened; only who sent the work can ask again."""
    if not isinstance(error, exc.DBAPIError):
        return False
    return getattr(error.orig, "sqlstate", None) in _AGAIN or (error.connection_invalidated and not committing)


class _Threads:
    """A pool of threads that refuses rather than lets a queue grow without end."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, name)
        self._room = threading.BoundedSemaphore(count + _WAITING)

    async def call(self, function: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            raise Busy("too many are waiting")
        try:
            future = self._pool.submit(function)
        except RuntimeError:
            self._room.release()
            raise Busy("closing") from None
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.shutdown)


class _Readers:
    """On SQLite the write-ahead log keeps readers out of the writer's way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = _Threads(_READERS, "reader")

    async def read(self, work: Work[T]) -> T:
        return await self._threads.call(lambda: self._run(work))

    def _run(self, work: Work[T]) -> T:
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                return work(session)
        except Exception as error:
            raise _translated(error, writing=False) from error

    async def close(self) -> None:
        await self._threads.close()


class ThreadPool(_Readers):
    """PostgreSQL: as many transactions at once as there are connections."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.reader)
        self._writer = database.engine
        self._writers = _Threads(database.pool_size, "writer")

    async def run(self, work: Work[T]) -> T:
        return await self._writers.call(lambda: self._transact(work))

    def _transact(self, work: Work[T]) -> T:
        for tries_left in reversed(range(_TRIES)):
            committing = False
            try:
                with Session(self._writer, expire_on_commit=False) as session:
                    result = work(session)
                    session.flush()
                    committing = True
                    session.commit()
                    return result
            except Exception as error:
                if not tries_left or not _may_begin_again(error, committing=committing):
                    raise _translated(error, writing=True) from error
        raise AssertionError

    async def close(self) -> None:
        await self._writers.close()
        await super().close()


class _LaneConnection(sqlite3.Connection):
    """Within the lane, what SQLAlchemy takes for a transaction is one savepoint of the batch's transaction."""

    def commit(self) -> None:
        if self.in_transaction:
            self.execute("RELEASE work")

    def rollback(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK TO work")
            self.execute("RELEASE work")


@dataclass(slots=True, eq=False)
class _Waiting:
    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def release(self) -> None:
        if self.future.done():
            return  # nobody waits any more
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class WriterLane(_Readers):
    """SQLite: one thread writes. A work that raises loses its savepoint and harms no neighbour in the batch."""

    def __init__(self, database: Database, *, on_death: Callable[[], None]) -> None:
        super().__init__(database.reader)
        self._engine_of_lane = sqlite_engine(
            database.url, database.busy_timeout, begin="SAVEPOINT work", factory=_LaneConnection
        )
        self._engines = (self._engine_of_lane, database.reader, database.engine)
        self._connection: Connection | None = None
        self._on_death = on_death
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._door:
            if self._closed:
                raise Busy("closing")
            if self._queue.qsize() >= _WAITING:
                raise Busy("too many are waiting")
            self._queue.put(_Waiting(work, loop, future))
        return await future

    async def close(self) -> None:
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await super().close()

    def _serve(self) -> None:
        batch: list[_Waiting] = []
        try:
            while batch := self._next():
                self._commit_together(batch)
                _release(batch)
        except BaseException:
            log.critical("a bug in the writer itself", exc_info=True)
            with self._door:
                self._closed = True
            _refuse(batch, Busy("the writer died"))
            _release(batch)
            while left := self._next(wait=False):
                _refuse(left, Busy("the writer died"))
                _release(left)
            self._on_death()
        finally:
            self._disconnect()

    def _next(self, *, wait: bool = True) -> list[_Waiting]:
        """What waits now, at least one work; nothing at all means the lane is closed and empty."""
        batch: list[_Waiting] = []
        try:
            while len(batch) < _BATCH:
                waiting = self._queue.get(block=wait and not batch)
                if waiting is None:
                    self._queue.put(None)  # stays the last
                    break
                batch.append(waiting)
        except queue.Empty:
            pass
        return batch

    def _commit_together(self, batch: list[_Waiting]) -> None:
        try:
            connection, raw = self._connect()
            raw.execute("BEGIN IMMEDIATE")
            for waiting in batch:
                _in_savepoint(connection, raw, waiting)
                if not raw.in_transaction:  # SQLite gave up the whole transaction: disk full, out of memory
                    raise sqlite3.OperationalError("the transaction is lost")
            sqlite3.Connection.commit(raw)
            if refused := [waiting.error for waiting in batch if isinstance(waiting.error, Busy)]:
                log.warning("%d of a batch of %d are refused: %s", len(refused), len(batch), refused[0])
                self._disconnect()  # read-only, most likely, which BEGIN IMMEDIATE does not mind
        except (sqlite3.Error, exc.DBAPIError) as error:
            log.warning("a batch of %d is refused: %s", len(batch), type(error).__name__, exc_info=error)
            _refuse(batch, Busy(str(error)))
            self._disconnect()

    def _connect(self) -> tuple[Connection, sqlite3.Connection]:
        if self._connection is None:
            self._connection = self._engine_of_lane.connect()
        return self._connection, cast(sqlite3.Connection, self._connection.connection.dbapi_connection)

    def _disconnect(self) -> None:
        """A connection that failed is not trusted again. Closing it rolls back.

        Nor are the others: what SQLite shares among the connections of a process stays read-only while one is open.
        """
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        for engine in self._engines:
            engine.dispose()


def _in_savepoint(connection: Connection, raw: sqlite3.Connection, waiting: _Waiting) -> None:
    session = Session(connection, expire_on_commit=False)
    try:
        waiting.result = waiting.work(session)
        session.commit()
    except Exception as error:
        waiting.error = _translated(error, writing=True)
        try:
            session.rollback()
        except (sqlite3.Error, exc.DBAPIError):
            sqlite3.Connection.rollback(raw)
    finally:
        session.close()


def _refuse(batch: list[_Waiting], error: Busy) -> None:
    """Works that failed of themselves keep their own exception."""
    for waiting in batch:
        waiting.error = waiting.error or error


def _release(batch: list[_Waiting]) -> None:
    """Wakes each event loop once for all of its works."""
    loops: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting in batch:
        loops.setdefault(waiting.loop, []).append(waiting)
    for loop, works in loops.items():
        try:
            loop.call_soon_threadsafe(_wake, works)
        except RuntimeError:
            log.warning("%d works were committed after their event loop had closed", len(works))


def _wake(works: list[_Waiting]) -> None:
    for waiting in works:
        waiting.release()
