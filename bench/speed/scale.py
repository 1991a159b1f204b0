"""Does a message cost more where more people live? The same dialogue in a small town and in a large one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from bench.speed.crowd import load_crowd
from bench.speed.measure import ROUNDS, heading, interleaved, kinds, ratios, tell, tell_ratio
from bench.speed.town import dialogue, house, message, settle
from bot.clock import Clock, ScaledClock
from bot.database import Database
from bot.inbox import Inbox
from bot.transactions import open_transactions
from handlers.messages import Incoming, Kind
from tests.database import fresh_database, opened

IN_FLIGHT = 16


class Town:
    """A database and the way into it, without HTTP."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._residents = 0
        self._steward_clock = ScaledClock(1.0)
        with Session(database.reader) as session:
            self._house = house(session)

    def talk(self, residents: int) -> float:
        """Milliseconds a message: so many new residents go through the dialogue, 16 at once; each then gives the
        number of the issue to the steward, who looks at it."""
        return asyncio.run(self._talk(residents))

    async def _talk(self, residents: int) -> float:
        transactions = open_transactions(self.database)
        inbox = Inbox(transactions, Clock(), self._house)
        people = iter(range(self._residents, self._residents + residents))
        self._residents += residents
        messages = 0

        async def talk() -> None:
            nonlocal messages
            for person in people:
                for number, words in enumerate(dialogue(person)):
                    await inbox.answer(message(f"r{person}", f"r{person}-{number}", words))
                    messages += 1

        began = time.perf_counter()
        await asyncio.gather(*(talk() for _ in range(IN_FLIGHT)))
        taken = time.perf_counter() - began
        await transactions.close()
        return taken / messages * 1e3

    def look(self, times: int) -> float:
        """Milliseconds a message: the steward opens issues by their short number."""
        return asyncio.run(self._look(times))

    async def _look(self, times: int) -> float:
        transactions = open_transactions(self.database)
        inbox = Inbox(transactions, self._steward_clock, self._house)
        began = time.perf_counter()
        for number in range(times):
            key = f"look-{began}-{number}"
            await inbox.answer(Incoming("webchat", key, "demo-steward", Kind.TEXT, "进度 2", raw="{}"))
            self._steward_clock.jump(timedelta(seconds=20))  # one person may not write faster for long
        taken = time.perf_counter() - began
        await transactions.close()
        return taken / times * 1e3


@contextmanager
def town(kind: str, size: int) -> Iterator[Town]:
    with fresh_database(kind) as url:
        settle(url, at=datetime.now(UTC))
        with opened(url) as database:
            load_crowd(database, size)
            yield Town(database)


def run_scale(long: bool) -> None:
    small, large = 1_000, 1_000_000 if long else 100_000
    residents = 400 if long else 80
    for kind in kinds():
        heading(f"cost of a message, {kind}: {small:,} and {large:,} members with an issue each; no HTTP, 16 in flight")
        with town(kind, small) as village, town(kind, large) as city:
            for place in (village, city):
                place.talk(IN_FLIGHT)
            few, many = interleaved(ROUNDS, lambda: village.talk(residents), lambda: city.talk(residents))
            tell(f"{small:,}", few, "ms a message", digits=2)
            tell(f"{large:,}", many, "ms a message", digits=2)
            tell_ratio("growth", ratios(many, few), most=1.3)
            few, many = interleaved(ROUNDS, lambda: village.look(40), lambda: city.look(40))
            tell("steward opens an issue by number: growth", ratios(many, few), "x", digits=2)
