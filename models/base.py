"""Declarative base and the column types shared by all tables."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, cast

from sqlalchemy import JSON, DateTime, Dialect, Enum, Insert, MetaData, Table, Update, bindparam, insert, update
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. A naive one is a bug and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def closed_set(kind: type[StrEnum]) -> Enum:
    """A column for a closed set of words, stored as they are written in the glossary."""
    return Enum(kind, native_enum=False, length=24, values_callable=lambda e: [m.value for m in e])


def new_public_id() -> str:
    """An id that can stand in a link: 128 random bits, 22 characters."""
    return secrets.token_urlsafe(16)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


def insert_row(session: Session, model: type[Base], **values: Any) -> int:
    """Insert without the unit of work, which costs several times as much on a hot path. Returns the new id."""
    key = session.connection().execute(_insert(model), values).inserted_primary_key
    return int(key[0]) if key else 0


def insert_rows(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    """The same for several rows of the same columns, in one statement."""
    if rows:
        session.connection().execute(_insert(model), rows)


def update_row(session: Session, model: type[Base], key: int, **values: Any) -> None:
    """Change columns of the row with this id; what the session holds of it is not told."""
    session.connection().execute(_update(model), {"row": key, **values})


@contextmanager
def undone_if_refused(session: Session) -> Iterator[None]:
    """What was written within is undone when it raises, and the session forgets what it had read.

    A savepoint without the bookkeeping and compiling of ``session.begin_nested``, which cost a tenth of a message.
    """
    connection = session.connection()
    connection.exec_driver_sql("SAVEPOINT step")
    try:
        yield
        session.flush()
    except BaseException:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT step")
        session.expunge_all()
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT step")


# A statement costs several times as much to build as to run, so each is built once.


@cache
def _insert(model: type[Base]) -> Insert:
    return insert(cast(Table, model.__table__))


@cache
def _update(model: type[Base]) -> Update:
    table = cast(Table, model.__table__)
    (key,) = table.primary_key
    return update(table).where(key == bindparam("row"))
