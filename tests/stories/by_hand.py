"""The program's own engine, moved on by a story instead of by loops of its own."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.app import Running
from bot.clock import Clock
from bot.delivery import Delivery
from bot.documents import DocumentMaker
from bot.due_acts import TIMETABLE
from bot.jobs import MediaFetcher
from bot.scheduler import Scheduler


class StoryClock(Clock):
    """Stands still until somebody sets it; pauses between two messages last no more than a blink."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.05 if seconds > 0.1 else 0)


class EngineByHand:
    """The program's own parts behind the engine's port (:class:`bot.engine.Engine`)."""

    def __init__(self, running: Running, clock: StoryClock) -> None:
        deps = running.deps
        self.findings: list[Any] = []
        self.entries = TIMETABLE
        self._ended = asyncio.Event()
        self._delivery = Delivery(running.transactions, running.platforms, clock, deps.settings)
        self._fetcher = MediaFetcher(running.transactions, running.platforms, deps.media, clock, running.house.rules)
        self._running, self._clock = running, clock
        self._scheduler: Scheduler | None = None
        self._maker: DocumentMaker | None = None

    async def run(self) -> None:
        await self._ended.wait()

    def wake(self) -> None:
        """Whatever is owed leaves at :meth:`delivers`."""

    async def stop(self) -> None:
        self._ended.set()

    def leaves_out(self, *kinds: str) -> None:
        """Of the timetable, for a long story that is about none of these."""
        self.entries = {kind: entry for kind, entry in self.entries.items() if kind not in kinds}
        self._scheduler = None

    async def keeps_time(self) -> None:
        if self._scheduler is None:  # by now the places are known
            self._scheduler = Scheduler(
                self._running.transactions,
                self._clock,
                self._running.house,
                entries=self.entries,
                on_findings=lambda kind, found: self.findings.extend(found),
            )
        await self._scheduler.tick()

    async def delivers(self) -> None:
        if self._maker is None:
            deps, house = self._running.deps, self._running.house
            self._maker = DocumentMaker(
                self._running.transactions, deps.documents, self._clock, house, on_told=lambda: None
            )
        await self._fetcher.drain()
        await self._maker.drain()
        await self._delivery.drain()


class Counted:
    """The application, and how many requests are not at their end (what follows a reply belongs to it)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.busy = app, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.busy += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.busy -= 1
