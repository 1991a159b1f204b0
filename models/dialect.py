"""The one place with SQL that not every database understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import Base


@cache
def _insert_ignore(dialect: str, table: Table, conflict: tuple[str, ...]) -> Insert:
    insert: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    insert = insert.on_conflict_do_nothing(index_elements=list(conflict)).inline()
    return cast(Insert, insert.execution_options(preserve_rowcount=True))


def insert_ignore(
    session: Session, table: type[Base] | Table, values: Mapping[str, Any], *, conflict: Sequence[str]
) -> bool:
    """Inserts unless a row with the same ``conflict`` columns is there. True: this call inserted it.

    PostgreSQL: waits for a transaction that is just inserting the same key.
    """
    target = table if isinstance(table, Table) else cast(Table, table.__table__)
    statement = _insert_ignore(session.get_bind().dialect.name, target, tuple(conflict))
    return session.connection().execute(statement, dict(values)).rowcount == 1
