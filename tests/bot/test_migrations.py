from __future__ import annotations

import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from bot.database import Database, DatabaseUnsuitable, MigrationState, migrate, migration_state
from models import Base
from models.guards import GUARDS, with_guards, without_guards
from tests.database import fresh_database, missing


def _kinds() -> list[Any]:
    return [
        pytest.param(kind, marks=pytest.mark.skipif(missing(kind) is not None, reason=missing(kind) or ""))
        for kind in ("sqlite", "postgresql")
    ]


def test_the_steps_lead_to_exactly_what_the_models_say(database: Database) -> None:
    """When this fails: python -m models.migrations "what changed"."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_steps_write_the_same_sqlite_tables_as_the_models_would() -> None:
    """Sees what Alembic's comparison overlooks: checks and conditions of partial indexes. A column that came later
    stands at the end of its table, with its foreign key beside it, so the order of the parts does not count."""

    def schema(url: str) -> dict[str, frozenset[str]]:
        engine = create_engine(url)
        if url == "sqlite://":
            Base.metadata.create_all(engine)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
        engine.dispose()
        return {name: _parts(re.sub(r"\s+", " ", sql)) for name, sql in rows if name != "alembic_version"}

    with fresh_database("sqlite") as url:
        assert schema(url) == schema("sqlite://")


def _parts(sql: str) -> frozenset[str]:
    """The columns and constraints of a table, foreign keys without their names; an index as it is."""
    head, _, body = sql.partition("(")
    if not head.startswith("CREATE TABLE"):
        return frozenset({sql})
    parts = {head.strip()}
    for part in re.split(r",(?![^(]*\))", body.rstrip(" )") + ")"):
        part = part.strip().rstrip(") ") if part.count("(") < part.count(")") else part.strip()
        column = re.fullmatch(r"(\w+) (\w+)(?: CONSTRAINT \w+)? (REFERENCES .+)", part)
        if column:
            parts |= {f"{column[1]} {column[2]}", f"FOREIGN KEY({column[1]}) {column[3]}"}
        else:
            parts.add(re.sub(r"^CONSTRAINT \w+ (?=FOREIGN KEY)", "", part))
    return frozenset(part.rstrip(") ").strip() for part in parts)


@pytest.mark.parametrize("kind", _kinds())
def test_the_steps_put_up_the_same_guards_as_the_models_would(kind: str) -> None:
    """The steps keep a copy of their own. When this fails, a new step takes the old guards away and puts up these."""
    with fresh_database(kind) as url:
        database = Database.open(url)
        migrated = _guards(database)
        database.close()
        migrate(url, to="base")
        database = Database.open(url)
        assert _guards(database) == {}
        Base.metadata.create_all(database.engine)
        assert _guards(database) == migrated
        assert set(migrated) == {guard.name for guard in GUARDS}
        with database.engine.begin() as connection:
            without_guards(connection)
        assert _guards(database) == {}
        with database.engine.begin() as connection:
            with_guards(connection)
        assert _guards(database) == migrated
        database.close()


def _guards(database: Database) -> dict[str, str]:
    if database.dialect == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT p.proname AS name, coalesce(pg_get_triggerdef(t.oid), '') || p.prosrc AS sql FROM pg_proc p"
            " LEFT JOIN pg_trigger t ON t.tgfoid = p.oid WHERE p.proname LIKE 'guard%'"
        )
    with database.engine.connect() as connection:
        return {row.name: row.sql for row in connection.execute(text(query))}


@pytest.mark.parametrize("kind", _kinds())
def test_all_the_way_down_and_up_again(kind: str) -> None:
    with fresh_database(kind) as url:
        migrate(url, to="base")
        assert migration_state(url) is MigrationState.EMPTY
        database = Database.open(url)
        assert inspect(database.engine).get_table_names() == ["alembic_version"]
        database.close()
        migrate(url)
        assert migration_state(url) is MigrationState.CURRENT
        migrate(url)


@pytest.mark.parametrize("kind", _kinds())
def test_a_database_of_a_later_version_is_left_alone(kind: str) -> None:
    with fresh_database(kind) as url:
        database = Database.open(url)
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        database.close()
        assert migration_state(url) is MigrationState.NEWER
        with pytest.raises(DatabaseUnsuitable, match="更新版本"):
            migrate(url)


def test_a_database_that_forgets_is_refused() -> None:
    with pytest.raises(DatabaseUnsuitable, match="必须是一个文件"):
        Database.open("sqlite://")
    with pytest.raises(DatabaseUnsuitable, match="只支持"):
        Database.open("mysql://somewhere/db")


def test_the_reader_cannot_write(database: Database) -> None:
    with database.reader.connect() as connection, pytest.raises(Exception, match=r"(?i)read-?only"):
        connection.execute(text("DELETE FROM streets"))
