"""The floor of the intake: a bare Starlette handler that writes the rows our program writes, and does nothing else.

One resident's dialogue is rehearsed with our program on a scratch database, and every INSERT and UPDATE is noted as the
driver saw it. The floor replays exactly these, with ids, numbers and keys of each new resident put in, in one raw
transaction a message: sqlite3 in one writer thread, psycopg on as many connections as our pool has. It reads nothing,
understands nothing, checks nothing, and answers with the same words. ``python -m bench.speed.floor URL SCRATCH PORT``;
both databases are settled alike.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import uvicorn
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.speed.town import dialogue, house, say
from bot.database import Database
from models.guards import without_guards

# Ids nothing else is equal to, so that they are recognised in the statements of the rehearsal.
_TABLES = ("members", "accounts", "issues", "reports", "issue_history")
_LAST = {table: 910_000_000 + 10_000_000 * n for n, table in enumerate(_TABLES)}
_SERIAL = 960_000_000
_SENDER, _EVENT = "970000001", "98000000"
_WRITES = re.compile(r"\s*(INSERT INTO|UPDATE) (\w+)", re.IGNORECASE)
_LONGEST_KEY = 64  # characters; what is longer is somebody's words

Ids = dict[str, Any]  # of one resident, by what they stand for in the rehearsal
Row = dict[str, Any] | list[Any]


@dataclass(frozen=True)
class Write:
    """A statement of the rehearsal. ``holes``: for each row, what is to be put in where; ``gives``: what the id of its
    new row stands for."""

    sql: str
    rows: tuple[Row, ...]
    holes: tuple[tuple[tuple[Any, str], ...], ...]
    many: bool
    gives: str

    def filled(self, ids: Ids) -> Iterator[Row]:
        for row, holes in zip(self.rows, self.holes, strict=True):
            given: Any = row.copy()
            for place, stands_for in holes:
                given[place] = ids[stands_for] if stands_for in ids else _spelled(stands_for, ids)
            yield given


@dataclass(frozen=True)
class Step:
    writes: list[Write]
    answer: str
    public_id: str  # of the issue, in the rehearsal


def rehearsed(url: str) -> list[Step]:
    """What each message of the dialogue writes, and its answer."""
    at, seen = datetime.now(UTC), list[tuple[str, Any, bool]]()
    database = Database.open(url, busy_timeout=10, pool_size=2)
    unguard(url)
    _far_away(url, database)

    def note(_connection: Any, _cursor: Any, sql: str, given: Any, _context: Any, many: bool) -> None:
        seen.append((sql, given, many))

    event.listen(database.engine, "before_cursor_execute", note)
    steps = []
    with Session(database.engine, expire_on_commit=False) as session:
        here = house(session)
        for number, words in enumerate(dialogue(int(_SENDER))):
            seen.clear()
            answer = say(session, here, _SENDER, f"{_EVENT}{number}", words, at=at)
            session.flush()
            said = list(seen)
            public_id = str(session.scalar(text("SELECT public_id FROM issues ORDER BY id DESC LIMIT 1")))
            marks = [str(last + 1) for last in (*_LAST.values(), _SERIAL)]
            marks += [_SENDER, f"{_EVENT}{number}", public_id]
            writes = [write for one in said if (write := _write(*one, marks))]
            steps.append(Step(writes, answer, public_id))
        session.rollback()
    database.close()
    return steps


def unguard(url: str) -> None:
    """The floor checks nothing, nor does its database."""
    database = Database.open(url, busy_timeout=10, pool_size=2)
    with database.engine.begin() as connection:
        without_guards(connection)
    database.close()


def _far_away(url: str, database: Database) -> None:
    """The next ids are ``_LAST + 1``, the next serial ``_SERIAL + 1``."""
    if database.dialect == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:  # where references are not checked
            for table, last in _LAST.items():
                raw.execute(f"UPDATE {table} SET id = {last} WHERE id = (SELECT max(id) FROM {table})")
            raw.execute(f"UPDATE issue_numbers SET last = {_SERIAL}")
        raw.close()
        return
    with database.engine.begin() as connection:
        for table, last in _LAST.items():
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})"))
        connection.execute(text(f"UPDATE issue_numbers SET last = {_SERIAL}"))


def _write(sql: str, given: Any, many: bool, marks: list[str]) -> Write | None:
    found = _WRITES.match(sql)
    if found is None:
        return None
    verb, table = found[1].upper(), found[2]
    gives = str(_LAST[table] + 1) if verb == "INSERT INTO" and table in _LAST else ""
    if table == "issue_numbers":
        gives = str(_SERIAL + 1)
    if gives and "%(" in sql and "RETURNING" not in sql:
        sql += " RETURNING id"
    rows: tuple[Row, ...] = tuple(dict(r) if isinstance(r, dict) else list(r) for r in (given if many else [given]))
    return Write(sql, rows, tuple(_holes(row, marks) for row in rows), many, gives)


def _holes(row: Row, marks: list[str]) -> tuple[tuple[Any, str], ...]:
    places = row.items() if isinstance(row, dict) else enumerate(row)
    found = [(place, str(value)) for place, value in places if isinstance(value, str | int)]
    return tuple((p, v) for p, v in found if len(v) < _LONGEST_KEY and any(mark in v for mark in marks))


def _spelled(stands_for: str, ids: Ids) -> str:
    """A key made of several ids, such as ``history:950000001:910000001``."""
    for mark, value in ids.items():
        stands_for = stands_for.replace(mark, str(value))
    return stands_for


Run = Callable[[list[Write], Ids], None]


def sqlite_run(url: str) -> Run:
    raw = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -16000"):
        raw.execute(f"PRAGMA {pragma}")

    def transact(writes: list[Write], ids: Ids) -> None:
        raw.execute("BEGIN IMMEDIATE")
        for write in writes:
            if write.many:
                raw.executemany(write.sql, write.filled(ids))
                continue
            ran = raw.execute(write.sql, *write.filled(ids))
            if write.gives:
                ids[write.gives] = ran.fetchone()[0] if ran.description else ran.lastrowid
        raw.execute("COMMIT")

    return transact


def postgresql_run(url: str) -> Run:
    own = threading.local()

    def transact(writes: list[Write], ids: Ids) -> None:
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(url)
        with own.connection.transaction(), own.connection.cursor() as cursor:
            for write in writes:
                if write.many:
                    cursor.executemany(write.sql, list(write.filled(ids)))
                    continue
                cursor.execute(write.sql, *write.filled(ids))
                if write.gives:
                    ids[write.gives] = cursor.fetchone()[0]

    return transact


def app(url: str, steps: list[Step]) -> Starlette:
    sqlite = url.startswith("sqlite")
    unguard(url)
    run = (sqlite_run if sqlite else postgresql_run)(url)
    threads = ThreadPoolExecutor(1 if sqlite else 8)
    residents: dict[int, Ids] = {}

    async def handle(request: Request) -> Response:
        update = await request.json()
        chat, number = update["message"]["chat"]["id"], update["update_id"] % 10
        step = steps[number]
        ids = residents.setdefault(chat, {_SENDER: str(chat)})
        ids[f"{_EVENT}{number}"] = str(update["update_id"])
        ids[step.public_id] = f"issue-{chat}"
        await asyncio.get_running_loop().run_in_executor(threads, run, step.writes, ids)
        return JSONResponse({"method": "sendMessage", "chat_id": chat, "text": step.answer})

    return Starlette(routes=[Route("/telegram", handle, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(
        app(sys.argv[1], rehearsed(sys.argv[2])),
        host="127.0.0.1",
        port=int(sys.argv[3]),
        log_level="critical",
        access_log=False,
    )
