"""Which statements were sent, and whether any of them reads all of a table to find a few rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any, cast

from sqlalchemy import Engine, Table, event
from sqlalchemy.orm import Session

from models import Base

#: The partial indexes of issues: of what is open, what is answered, what is due.
_PARTIAL = re.compile(r"\bix_issues_(open_\w+|landed|look_at|to_deliberate)\b")

#: A step that reads issues, on SQLite and on PostgreSQL; and one that does so by their ids.
_READS = re.compile(r"^(SCAN|SEARCH) issues\b|Scan .*\bon (issues\b|\w*issues_\w+)")
_BY_ID = re.compile(r"\bPRIMARY KEY \(rowid=\?\)|\bissues_pkey\b|\bpk_issues\b|Bitmap Heap Scan")


#: A step that reads a table and by which index, on SQLite and on PostgreSQL.
_STEP = re.compile(
    r"^SCAN (?P<a>\w+)(?: USING (?:COVERING )?INDEX (?P<b>\w+))?"
    r"|Seq Scan on (?P<c>\w+)|Index (?:Only )?Scan using (?P<d>\w+) on (?P<e>\w+)"
)
_SUBSETS = {
    str(index.name)
    for table in Base.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"].get("where") is not None
}


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """Each statement with its parameters, while it lasts."""
    seen: list[tuple[str, Any]] = []
    engine = session.get_bind()
    assert isinstance(engine, Engine)

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan(session: Session, statement: str, parameters: Any) -> list[str]:
    """How the database goes about it, a line a step."""
    lite = session.get_bind().dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if lite else "EXPLAIN "
    rows = session.connection().exec_driver_sql(explain + statement, parameters).all()
    return [str(row[-1]).strip() for row in rows]


def whole_reads(session: Session, seen: Sequence[tuple[str, Any]]) -> list[str]:
    """The steps that find issues otherwise than by their ids or a partial index: they go through what is long closed.
    Needs enough rows, analysed, for the planner to care."""
    steps = [step for sent, values in seen if sent.startswith("SELECT") for step in plan(session, sent, values)]
    return [step for step in steps if _READS.search(step) and not _PARTIAL.search(step) and not _BY_ID.search(step)]


def read_whole(session: Session, seen: Sequence[tuple[str, Any]], tables: Collection[type[Base]]) -> set[str]:
    """Those of the tables of which a statement reads every row, or every entry of an index over all rows."""
    found = set()
    names = {cast(Table, table.__table__).name for table in tables}
    for statement, parameters in seen:
        steps = plan(session, statement, parameters) if statement.startswith("SELECT") else []
        for number, step in enumerate(steps):
            read = _STEP.search(step)
            if read is None:
                continue
            table, index = read["a"] or read["c"] or read["e"], read["b"] or read["d"]
            details = takewhile(lambda line: "->" not in line, steps[number + 1 :])
            chosen = read["e"] is not None and any("Index Cond" in line for line in details)
            if not chosen and index not in _SUBSETS:
                found |= {name for name in names if re.fullmatch(rf"{name}(_\d+)?", table)}
    return found


def partial_indexes(session: Session, seen: Sequence[tuple[str, Any]]) -> set[str]:
    """The partial indexes of issues that the statements use."""
    steps = [step for statement, parameters in seen for step in plan(session, statement, parameters)]
    return {found[0] for step in steps for found in _PARTIAL.finditer(step)}
