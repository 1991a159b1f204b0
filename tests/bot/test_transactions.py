from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import exc, func, select, text, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import Busy
from bot.transactions import Transactions, WriterLane, open_transactions
from models.community import Street
from models.dialect import insert_ignore
from tests.database import on_postgresql, on_sqlite


@asynccontextmanager
async def transacting(database: Database) -> AsyncIterator[Transactions]:
    transactions = open_transactions(database)
    try:
        yield transactions
    finally:
        await transactions.close()


def found(name: str) -> Callable[[Session], int]:
    def work(session: Session) -> int:
        street = Street(name=name)
        session.add(street)
        session.flush()
        return street.id

    return work


def names(database: Database) -> set[str]:
    with Session(database.reader) as session:
        return set(session.scalars(select(Street.name)))


def test_many_at_once_are_all_stored_before_anybody_is_told(database: Database) -> None:
    async def main() -> None:
        async with transacting(database) as transactions:

            async def one(number: int) -> int:
                key = await transactions.run(found(f"{number}路"))
                with Session(database.reader) as other:
                    assert other.scalars(select(Street.name).where(Street.id == key)).one() == f"{number}路"
                return key

            assert len(set(await asyncio.gather(*map(one, range(150))))) == 150

    asyncio.run(main())
    assert len(names(database)) == 150


def test_a_work_that_fails_is_undone_and_harms_no_neighbour(database: Database) -> None:
    def fails(session: Session) -> None:
        found("半途路")(session)
        raise LookupError("changed my mind")

    def breaks_a_rule(session: Session) -> None:
        found("重名路")(session)
        found("重名路")(session)

    async def main() -> list[Any]:
        async with transacting(database) as transactions:
            works: list[Callable[[Session], Any]] = []
            for number in range(40):
                works += [found(f"{number}路"), fails, breaks_a_rule]
            return await asyncio.gather(*(transactions.run(w) for w in works), return_exceptions=True)

    results = asyncio.run(main())
    assert all(isinstance(r, int) for r in results[0::3])
    assert all(isinstance(r, LookupError) for r in results[1::3])
    assert all(isinstance(r, exc.IntegrityError) for r in results[2::3])
    assert names(database) == {f"{number}路" for number in range(40)}


def test_a_work_may_use_savepoints_of_its_own(database: Database) -> None:
    def work(session: Session) -> None:
        found("一路")(session)
        with pytest.raises(exc.IntegrityError), session.begin_nested():
            found("一路")(session)
        found("二路")(session)

    async def main() -> None:
        async with transacting(database) as transactions:
            await transactions.run(work)

    asyncio.run(main())
    assert names(database) == {"一路", "二路"}


def test_reading_cannot_write_and_sees_what_is_committed(database: Database) -> None:
    async def main() -> None:
        async with transacting(database) as transactions:
            await transactions.run(found("一路"))
            assert await transactions.read(lambda s: s.scalar(select(func.count()).select_from(Street))) == 1
            with pytest.raises(exc.DBAPIError):
                await transactions.read(found("二路"))

    asyncio.run(main())


def test_what_was_accepted_is_finished_and_nothing_more_is_accepted(database: Database) -> None:
    async def main() -> None:
        transactions = open_transactions(database)
        works = [asyncio.ensure_future(transactions.run(found(f"{n}路"))) for n in range(100)]
        await asyncio.sleep(0)  # all are in the queue
        await transactions.close()
        assert len(await asyncio.gather(*works)) == 100
        with pytest.raises(Busy):
            await transactions.run(found("迟到路"))
        with pytest.raises(Busy):
            await transactions.read(lambda session: None)
        await transactions.close()

    asyncio.run(main())
    assert len(names(database)) == 100


@on_sqlite
def test_people_are_turned_away_when_too_many_wait(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def takes_long(session: Session) -> None:
        begun.set()
        go_on.wait(30)

    async def main() -> None:
        async with transacting(database) as transactions:
            slow = asyncio.ensure_future(transactions.run(takes_long))
            assert await asyncio.to_thread(begun.wait, 30)  # until then it waits like the others
            works: list[asyncio.Future[None]] = []
            while not (works and works[-1].done()):
                works.append(asyncio.ensure_future(transactions.run(lambda session: None)))
                await asyncio.sleep(0)
            with pytest.raises(Busy):
                await works.pop()
            go_on.set()
            await asyncio.gather(slow, *works)
            assert len(works) >= 5_000

    asyncio.run(main())


def test_works_of_several_event_loops_share_the_database(database: Database) -> None:
    transactions = open_transactions(database)

    async def main(letter: str) -> None:
        await asyncio.gather(*(transactions.run(found(f"{letter}{n}路")) for n in range(30)))

    threads = [threading.Thread(target=lambda letter=letter: asyncio.run(main(letter))) for letter in "甲乙丙"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(transactions.close())
    assert len(names(database)) == 90


@on_sqlite
def test_a_database_locked_by_another_program_is_busy_and_then_works_again(database: Database) -> None:
    impatient = Database.open(str(database.url), busy_timeout=0.05)
    other = sqlite3.connect(str(database.url.database), isolation_level=None)

    async def main() -> None:
        async with transacting(impatient) as transactions:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Busy):
                await transactions.run(found("一路"))
            assert await transactions.read(lambda s: s.scalar(select(func.count()).select_from(Street))) == 0
            other.execute("COMMIT")
            await transactions.run(found("二路"))

    asyncio.run(main())
    other.close()
    impatient.close()
    assert names(database) == {"二路"}


@on_sqlite
def test_on_a_full_disk_nobody_is_told_that_something_was_stored(database: Database) -> None:
    def fill(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1"))  # no page more than there are
        for number in range(2_000):
            found(f"{number}大道" + "长" * 200)(session)

    async def main() -> None:
        async with transacting(database) as transactions:
            await transactions.run(found("一路"))
            results = await asyncio.gather(
                *(transactions.run(work) for work in (found("二路"), fill, found("三路"))), return_exceptions=True
            )
            stored = {n for n, result in zip(("二路", "三路"), results[::2], strict=True) if isinstance(result, int)}
            assert isinstance(results[1], Busy)
            assert names(database) == {"一路"} | stored
            assert "四路" not in names(database)

    asyncio.run(main())


@on_sqlite
def test_when_the_writer_dies_everybody_knows(database: Database) -> None:
    died = threading.Event()

    def bug(session: Session) -> None:
        raise SystemExit

    async def main() -> None:
        lane = WriterLane(database, on_death=died.set)
        refused = await asyncio.gather(lane.run(bug), lane.run(found("一路")), return_exceptions=True)
        assert [type(r) for r in refused] == [Busy, Busy]
        assert await asyncio.to_thread(died.wait, 10)
        with pytest.raises(Busy):
            await lane.run(found("二路"))
        await lane.close()

    asyncio.run(main())
    assert names(database) == set()


@on_postgresql
def test_two_that_block_each_other_both_get_through(database: Database) -> None:
    meeting = threading.Barrier(2)
    met: set[str] = set()

    def rename(first: str, second: str) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            session.execute(update(Street).where(Street.name == first).values(name=first))
            if first not in met:
                met.add(first)
                meeting.wait(10)
            session.execute(update(Street).where(Street.name == second).values(name=second))

        return work

    async def main() -> None:
        async with transacting(database) as transactions:
            await asyncio.gather(transactions.run(found("一路")), transactions.run(found("二路")))
            await asyncio.gather(transactions.run(rename("一路", "二路")), transactions.run(rename("二路", "一路")))

    asyncio.run(main())


@on_postgresql
def test_two_that_make_the_same_thing_at_once_make_it_once(database: Database) -> None:
    meeting = threading.Barrier(2)
    met: set[str] = set()

    def ensure(who: str) -> Callable[[Session], int]:
        def work(session: Session) -> int:
            key = session.scalar(select(Street.id).where(Street.name == "一路"))
            if who not in met:
                met.add(who)
                meeting.wait(10)
            return key or found("一路")(session)

        return work

    async def main() -> tuple[int, int]:
        async with transacting(database) as transactions:
            return await asyncio.gather(transactions.run(ensure("甲")), transactions.run(ensure("乙")))

    one, other = asyncio.run(main())
    assert one == other


@on_postgresql
def test_a_cut_connection_is_not_noticed_by_anybody(database: Database) -> None:
    cut: list[int] = []

    def work(session: Session) -> int:
        key = found("一路")(session)
        if not cut:
            cut.append(session.scalars(text("SELECT pg_backend_pid()").columns()).one())
            with database.reader.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": cut[0]})
            session.execute(text("SELECT 1"))
        return key

    async def main() -> None:
        async with transacting(database) as transactions:
            await transactions.run(work)

    asyncio.run(main())
    assert names(database) == {"一路"}


def test_a_server_that_is_away_is_busy() -> None:
    database = Database.open("postgresql://nobody@127.0.0.1:9/none")

    async def main() -> None:
        async with transacting(database) as transactions:
            with pytest.raises(Busy):
                await transactions.run(found("一路"))
            with pytest.raises(Busy):
                await transactions.read(lambda session: session.scalar(select(Street.id)))

    asyncio.run(main())
    database.close()


def test_insert_ignore_tells_who_was_first(session: Session) -> None:
    assert insert_ignore(session, Street, {"name": "一路"}, conflict=["name"])
    assert not insert_ignore(session, Street, {"name": "一路"}, conflict=["name"])
    assert insert_ignore(session, Street, {"name": "二路"}, conflict=["name"])
