"""What the outbox asks of the database: a fixed number of statements, and never the whole table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from bot.database import Database
from models.base import insert_row, insert_rows
from models.conversation import Conversation
from models.member import Account
from models.notice import Notice, NoticeState, Policy
from services.outbox import (
    Outcome,
    SendResult,
    record,
)
from tests.services.outbox_stage import NOON, RETRIES, SENT, UNSURE, add_person, claim, owe, seconds


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    found: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        found.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield found
    event.remove(connection, "before_cursor_execute", note)


def test_the_number_of_statements_does_not_depend_on_the_size_of_the_batch(session: Session) -> None:
    counts = []
    for size in (2, 60):
        for platform, heard in (("telegram", NOON), ("wechat", NOON), ("wechat", None), ("chat", NOON)):
            for _ in range(size):
                member = add_person(session, platform, heard_at=heard)
                account = session.scalars(select(Account.id).where(Account.member_id == member)).one()
                insert_row(session, Conversation, account_id=account, frames=[], draft=[], recent=[], updated_at=NOON)
                owe(session, member, 2, kind="asks")
        at = NOON + seconds(size * 60)
        with counted(session) as claimed:
            envelopes = claim(session, at, limit=1000, with_options=frozenset({"asks"}))
        outcomes = [SENT, UNSURE, SendResult(Outcome.CLOSED), SendResult(Outcome.BLOCKED)]
        with counted(session) as recorded:
            record(session, [(e, outcomes[n % 4]) for n, e in enumerate(envelopes)], now=at, retries=RETRIES)
        counts.append((len(claimed), len(recorded)))
    assert counts[0][0] <= 11 + 2  # the two make the gate's row the first time
    assert counts[1] <= counts[0]
    assert counts[1][1] <= 6


def test_claiming_reads_what_is_due_and_not_the_whole_table(database: Database) -> None:
    with Session(database.engine) as session:
        members = [add_person(session, "chat") for _ in range(40)]
        settled = {"member_id": members[0], "kind": "note", "params": {}, "policy": Policy.AT_LEAST_ONCE,
                   "state": NoticeState.SENT, "not_before": NOON, "created_at": NOON}  # fmt: skip
        insert_rows(session, Notice, [settled | {"key": f"old{n}", "member_id": members[n % 40]} for n in range(20000)])
        for member in members:
            owe(session, member, 2)
        session.commit()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    with Session(database.engine) as session:
        plan = _plan(session, database.dialect)
    assert "ix_notices_due" in plan
    assert "ix_notices_head" in plan
    assert "Seq Scan on notices" not in plan
    assert "SCAN notices" not in plan.replace("SCAN notices USING INDEX ix_notices_due", "")


def _plan(session: Session, dialect: str) -> str:
    """How the database finds the heads, as the claim asks for them."""
    explain = "EXPLAIN" if dialect == "postgresql" else "EXPLAIN QUERY PLAN"
    plan: list[str] = []

    def explained(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        if "ORDER BY notices.not_before" in statement and not statement.startswith("EXPLAIN"):
            cursor = raw.cursor()
            cursor.execute(f"{explain} {statement}", parameters)
            plan.extend(str(row) for row in cursor.fetchall())

    connection = session.connection()
    raw: Any = connection.connection.dbapi_connection
    event.listen(connection, "before_cursor_execute", explained)
    claim(session, limit=20)
    event.remove(connection, "before_cursor_execute", explained)
    return "\n".join(plan)
