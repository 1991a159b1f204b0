"""Delivery through real HTTP to a fake Telegram: what is owed leaves, and whatever the platform answers is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.database import Database
from bot.delivery import Delivery
from bot.media import MediaStore
from bot.platforms.base import Busy, Deps, Platform
from bot.platforms.telegram import Telegram
from bot.settings import Settings
from bot.settings_sections import DeliverySettings, TelegramSettings
from bot.transactions import Transactions, Work, open_transactions
from handlers.messages import Outgoing
from models.base import insert_row, insert_rows
from models.conversation import Conversation
from models.member import Account, Member
from models.notice import Notice, NoticeState, Policy
from services.outbox import SendResult
from tests.fakes.telegram_api import TOKEN, FakeTelegram


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


def add_person(database: Database, chat: int) -> int:
    now = Clock().now()
    with Session(database.engine) as session:
        member = insert_row(session, Member, created_at=now)
        insert_row(session, Account, member_id=member, platform="telegram", external_id=str(chat), heard_at=now)
        session.commit()
    return member


def owe(database: Database, member: int, *texts: str, **columns: Any) -> None:
    now = Clock().now()
    with Session(database.engine) as session:
        before = session.scalar(select(Notice.id).order_by(Notice.id.desc()).limit(1)) or 0
        rows: list[dict[str, Any]] = [
            {
                "key": f"test:{n}",
                "member_id": member,
                "kind": "late_reply",
                "params": {"outgoing": Outgoing(text).to_json()},
                "policy": Policy.AT_LEAST_ONCE,
                "state": NoticeState.OWED,
                "not_before": now,
                "created_at": now,
                **columns,
            }
            for n, text in enumerate(texts, start=before + 1)
        ]
        insert_rows(session, Notice, rows)
        session.commit()


def states(database: Database) -> list[tuple[NoticeState, str]]:
    with Session(database.engine) as session:
        return [(n.state, n.reason) for n in session.scalars(select(Notice).order_by(Notice.id))]


@asynccontextmanager
async def delivering(
    database: Database,
    telegram: FakeTelegram,
    folder: Path,
    *,
    transactions: Callable[[Transactions], Transactions] = lambda real: real,
    platform: Callable[[Telegram], Platform] = lambda real: real,
    **delivery: Any,
) -> AsyncIterator[Delivery]:
    settings = Settings(
        delivery=DeliverySettings(**delivery),
        telegram=TelegramSettings(token=SecretStr(TOKEN), api_url=telegram.url, chat_interval_seconds=0),
    )
    lane, clock = open_transactions(database), Clock()
    real = Telegram(Deps(settings=settings, transactions=lane, media=MediaStore(folder), clock=clock))
    try:
        yield Delivery(transactions(lane), {"telegram": platform(real)}, clock, settings)
    finally:
        await real.close()
        await lane.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def run(work: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(bounded())


def test_everything_owed_leaves_in_the_order_of_each_person(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    for chat in (11, 12, 13):
        owe(database, add_person(database, chat), "一", "二", "三")

    async def story() -> None:
        async with delivering(database, telegram, tmp_path) as delivery:
            await delivery.drain()

    run(story())
    assert [[m.text for m in telegram.messages(chat)] for chat in (11, 12, 13)] == [["一", "二", "三"]] * 3
    assert states(database) == [(NoticeState.SENT, "")] * 9


def test_a_notice_leaves_at_once_when_delivery_is_woken(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    member = add_person(database, 11)

    async def story() -> None:
        async with delivering(database, telegram, tmp_path, poll_seconds=3600) as delivery:
            running = asyncio.create_task(delivery.run())
            await asyncio.sleep(0)
            for text in ("一", "二"):
                owe(database, member, text)
                delivery.wake()
                await until(lambda text=text: [m.text for m in telegram.messages()][-1:] == [text])  # type: ignore[misc]
            delivery.stop()
            await running

    run(story())
    assert states(database) == [(NoticeState.SENT, "")] * 2


def test_a_message_that_may_have_arrived_is_repeated_with_a_mark(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    owe(database, add_person(database, 11), "水管修好了")
    telegram.fail(cut=True)

    async def story() -> None:
        async with delivering(database, telegram, tmp_path, retry_seconds=[0.05], poll_seconds=0.05) as delivery:
            running = asyncio.create_task(delivery.run())
            await until(lambda: states(database) == [(NoticeState.SENT, "")])
            delivery.stop()
            await running

    run(story())
    assert [m.text for m in telegram.messages()] == ["水管修好了", "【补发】水管修好了"]


def test_a_platform_that_says_nothing_is_given_up_in_time(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    owe(database, add_person(database, 11), "一")
    telegram.fail(hang=5)

    async def story() -> None:
        async with delivering(database, telegram, tmp_path, timeout_seconds=0.2) as delivery:
            await delivery.drain()

    run(story())
    with Session(database.engine) as session:
        notice = session.scalars(select(Notice)).one()
    assert (notice.state, notice.reason, notice.in_doubt) == (NoticeState.OWED, "timeout", True)


def test_somebody_who_blocked_us_is_parked_and_the_others_are_served(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    for chat in (11, 12):
        owe(database, add_person(database, chat), "一", "二")
    telegram.state.blocked.add(11)

    async def story() -> None:
        async with delivering(database, telegram, tmp_path) as delivery:
            await delivery.drain()

    run(story())
    assert states(database) == [(NoticeState.PARKED, "blocked")] * 2 + [(NoticeState.SENT, "")] * 2


def test_a_notice_that_cannot_be_rendered_stands_before_the_administrator(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    member = add_person(database, 11)
    owe(database, member, "一", params={})
    owe(database, member, "二")

    async def story() -> None:
        async with delivering(database, telegram, tmp_path) as delivery:
            await delivery.drain()

    run(story())
    assert states(database) == [(NoticeState.FAILED, "cannot be rendered"), (NoticeState.SENT, "")]


def test_an_order_to_somebody_with_nothing_open_can_be_answered_by_number(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    member = add_person(database, 11)
    with Session(database.engine) as session:
        account, now = session.scalars(select(Account.id)).one(), Clock().now()
        insert_row(session, Conversation, account_id=account, frames=[], draft=[], recent=[], updated_at=now)
        session.commit()
    owe(database, member, "", kind="confirm_role",
        params={"grant": 5, "name": "王建国", "role": "steward", "label": "西苑小区3号楼2单元"})  # fmt: skip

    async def story() -> None:
        async with delivering(database, telegram, tmp_path) as delivery:
            await delivery.drain()

    run(story())
    (message,) = telegram.messages()
    with Session(database.engine) as session:
        notice = session.scalars(select(Notice.id)).one()
        assert session.scalars(select(Conversation.offered)).one() == {"notice": notice}
    assert [key["callback_data"] for row in message.rows for key in row] == [f"n:{notice}:0", f"n:{notice}:1"]


def test_stopping_finishes_what_is_in_flight_and_gives_the_rest_back(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    for chat in range(11, 41):
        owe(database, add_person(database, chat), "一")
    telegram.fail(hang=0.3, times=1000)

    async def story() -> None:
        async with delivering(database, telegram, tmp_path, concurrency=4) as delivery:
            running = asyncio.create_task(delivery.run())
            await until(lambda: (NoticeState.SENDING, "") in states(database))
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    run(story())
    found = states(database)
    sent = [m.chat for m in telegram.messages()]
    assert found.count((NoticeState.SENT, "")) == len(sent) == len(set(sent)) <= 8
    assert found.count((NoticeState.OWED, "not tried")) + found.count((NoticeState.OWED, "")) == 30 - len(sent)
    with Session(database.engine) as session:
        assert set(session.scalars(select(Notice.attempts).where(Notice.state == NoticeState.OWED))) == {0}


class _Away(Transactions):
    """A database that is away for the first tries."""

    def __init__(self, real: Transactions, tries: int) -> None:
        self._real, self.left = real, tries

    async def run(self, work: Work[Any]) -> Any:
        self.left -= 1
        if self.left >= 0:
            raise Busy("locked")
        return await self._real.run(work)

    async def read(self, work: Work[Any]) -> Any:
        return await self._real.read(work)

    async def close(self) -> None:
        await self._real.close()


def test_a_busy_database_is_waited_for(database: Database, telegram: FakeTelegram, tmp_path: Path) -> None:
    owe(database, add_person(database, 11), "一")

    async def story() -> None:
        async with delivering(database, telegram, tmp_path, transactions=lambda real: _Away(real, 2)) as delivery:
            running = asyncio.create_task(delivery.run())
            await until(lambda: states(database) == [(NoticeState.SENT, "")])
            delivery.stop()
            await running

    run(story())
    assert [m.text for m in telegram.messages()] == ["一"]


class _Buggy:
    """A platform with a bug in it."""

    def __init__(self, real: Telegram) -> None:
        self.name, self.limits, self.window = real.name, real.limits, None
        self.routes, self.run, self.fetch, self.close = real.routes, real.run, real.fetch, real.close

    async def send(self, to: str, message: Outgoing, *, repeat: bool) -> SendResult:
        raise KeyError("a bug")


def test_a_bug_in_a_platform_leaves_a_doubt_and_loses_nothing(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    owe(database, add_person(database, 11), "一")

    async def story() -> None:
        async with delivering(database, telegram, tmp_path, platform=_Buggy) as delivery:
            await delivery.drain()

    run(story())
    assert states(database) == [(NoticeState.OWED, "KeyError")]


def test_any_other_fault_comes_out_of_the_task(database: Database, telegram: FakeTelegram, tmp_path: Path) -> None:
    class Broken(_Away):
        async def run(self, work: Work[Any]) -> Any:
            raise LookupError("a bug")

    async def story() -> None:
        async with delivering(database, telegram, tmp_path, transactions=lambda real: Broken(real, 0)) as delivery:
            with pytest.raises(LookupError):
                await delivery.run()

    run(story())


def test_two_deliveries_side_by_side_send_each_notice_once(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    for chat in range(11, 31):
        owe(database, add_person(database, chat), "一", "二")

    async def story() -> None:
        async with (
            delivering(database, telegram, tmp_path) as one,
            delivering(database, telegram, tmp_path) as other,
        ):
            running = [asyncio.create_task(d.run()) for d in (one, other)]
            await until(lambda: set(states(database)) == {(NoticeState.SENT, "")})
            for delivery in (one, other):
                delivery.stop()
            await asyncio.gather(*running)

    run(story())
    assert sorted((m.chat, m.text) for m in telegram.messages()) == sorted(
        (chat, text) for chat in range(11, 31) for text in ("一", "二")
    )


def test_a_pause_asked_for_one_chat_holds_up_that_chat_alone(
    database: Database, telegram: FakeTelegram, tmp_path: Path
) -> None:
    for chat in (11, 12):
        owe(database, add_person(database, chat), "一", "二")
    telegram.fail(chat=11, status=429, retry_after=30)

    async def story() -> None:
        async with delivering(database, telegram, tmp_path) as delivery:
            await delivery.drain()

    run(story())
    assert [m.chat for m in telegram.messages()] == [12, 12]
    with Session(database.engine) as session:
        first, second = session.scalars(select(Notice).where(Notice.state == NoticeState.OWED).order_by(Notice.id))
    assert (first.attempts, second.attempts) == (0, 0)
    assert timedelta(seconds=20) < first.not_before - first.created_at
    assert second.not_before == first.not_before
    assert (first.in_doubt, first.reason) == (False, "too many requests")
