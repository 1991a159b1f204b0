"""The maker of documents: bytes on disk, a notice for whoever asked, and no harm done by a builder that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import ScaledClock
from bot.database import Database
from bot.documents import Builder, DocumentMaker
from bot.files import FileStore
from bot.transactions import open_transactions
from handlers.context import House
from models.base import insert_row
from models.document import Document, DocumentState
from models.member import Member
from models.notice import Notice
from models.rules.errors import NotFound
from models.rules.house import HouseRules
from services import documents
from understanding import Gazetteer

HOUSE = House(HouseRules(), Gazetteer.build([]))


def names(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """A real one, if a small: the names of all members."""
    found = session.scalars(select(Member.name).where(Member.name.startswith(params["first"])).order_by(Member.id))
    return ",".join(found).encode()


def not_yours(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    raise NotFound


def writes(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """A mistake: a builder only reads."""
    insert_row(session, Member, name="nobody", created_at=at)
    session.commit()
    return b"x"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "documents", ".file")


def ask(database: Database, kind: str, at: datetime, *, first: str = "") -> str:
    with Session(database.engine) as session:
        member = insert_row(session, Member, name=f"王{kind}", created_at=at)
        asked = documents.request_document(
            session, member_id=member, kind=kind, params={"first": first}, name="名单.xlsx", at=at, rules=HOUSE.rules
        )
        session.commit()
    return asked.public_id


def making(
    database: Database,
    store: FileStore,
    clock: ScaledClock,
    work: Callable[[DocumentMaker], Awaitable[int]],
    **builders: Builder,
) -> int:
    async def story() -> int:
        transactions = open_transactions(database)
        try:
            return await work(DocumentMaker(transactions, store, clock, HOUSE, builders=builders))
        finally:
            await transactions.close()

    return asyncio.run(story())


def states(database: Database) -> list[tuple[str, DocumentState, int]]:
    with Session(database.engine) as session:
        return [(d.kind, d.state, d.size) for d in session.scalars(select(Document).order_by(Document.id))]


def kinds(database: Database) -> list[str]:
    with Session(database.engine) as session:
        return list(session.scalars(select(Notice.kind).order_by(Notice.id)))


def test_what_was_asked_for_lies_in_the_store_before_anybody_is_told(database: Database, store: FileStore) -> None:
    clock = ScaledClock(1)
    public_id = ask(database, "names", clock.now(), first="王")
    assert making(database, store, clock, DocumentMaker.drain, names=names) == 1
    assert store.load(public_id).decode() == "王names"
    assert states(database) == [("names", DocumentState.READY, 8)]
    assert kinds(database) == ["document_ready"]


def test_one_that_is_refused_or_unknown_is_said_at_once_and_harms_no_other(
    database: Database, store: FileStore
) -> None:
    clock = ScaledClock(1)
    for kind in ("not_yours", "unheard_of", "names"):
        ask(database, kind, clock.now())
    assert making(database, store, clock, DocumentMaker.drain, names=names, not_yours=not_yours) == 3
    assert [state for _, state, _ in states(database)] == [
        DocumentState.FAILED,
        DocumentState.FAILED,
        DocumentState.READY,
    ]
    assert kinds(database) == ["document_failed", "document_failed", "document_ready"]


def test_a_builder_that_breaks_is_tried_again_and_given_up_after_three_times(
    database: Database, store: FileStore
) -> None:
    clock = ScaledClock(1)
    calls = []

    def broken(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
        calls.append(at)
        raise MemoryError

    ask(database, "broken", clock.now())
    for _ in range(4):
        making(database, store, clock, DocumentMaker.drain, broken=broken)
        clock.jump(timedelta(minutes=2))
    assert len(calls) == 3
    assert kinds(database) == ["document_failed"]


def test_a_document_that_ends_the_process_each_time_is_given_up(database: Database, store: FileStore) -> None:
    clock = ScaledClock(1)
    ask(database, "names", clock.now())
    for _ in range(3):  # each time it was claimed, and nobody came back
        with Session(database.engine) as session:
            assert documents.claim_owed(session, now=clock.now()) is not None
            session.commit()
        clock.jump(timedelta(minutes=6))
    making(database, store, clock, DocumentMaker.drain, names=names)
    assert kinds(database) == ["document_failed"]


def test_a_builder_cannot_write(database: Database, store: FileStore) -> None:
    clock = ScaledClock(1)
    ask(database, "writes", clock.now())
    making(database, store, clock, DocumentMaker.drain, writes=writes)
    with Session(database.engine) as session:
        assert session.scalars(select(Member.name).where(Member.name == "nobody")).all() == []
    assert states(database)[0][1] is DocumentState.OWED


def test_a_task_makes_what_is_asked_for_while_it_runs_and_wakes_delivery(database: Database, store: FileStore) -> None:
    clock, told = ScaledClock(1), []

    async def story() -> None:
        transactions = open_transactions(database)
        heard = asyncio.Event()

        def on_told() -> None:
            told.append(kinds(database))
            heard.set()

        maker = DocumentMaker(transactions, store, clock, HOUSE, builders={"names": names}, on_told=on_told)
        running = asyncio.create_task(maker.run())
        try:
            await asyncio.sleep(0)
            await asyncio.to_thread(ask, database, "names", clock.now())
            maker.wake()
            await asyncio.wait_for(heard.wait(), 20)
        finally:
            running.cancel()
            await asyncio.wait({running})
            await transactions.close()

    asyncio.run(story())
    assert told == [["document_ready"]]


def test_files_that_are_kept_no_longer_are_removed(database: Database, store: FileStore) -> None:
    clock = ScaledClock(1)
    public_id = ask(database, "names", clock.now())
    making(database, store, clock, DocumentMaker.drain, names=names)
    store.save("A" * 22, b"of nobody")
    assert making(database, store, clock, DocumentMaker.sweep) == 1
    assert list(store.public_ids()) == [public_id]
    clock.jump(timedelta(hours=24, seconds=1))
    assert making(database, store, clock, DocumentMaker.sweep) == 1
    assert list(store.public_ids()) == []
