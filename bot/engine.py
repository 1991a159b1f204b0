"""The port behind which owed work is done: notices sent, photos fetched, files made, scheduled acts carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from bot.clock import Clock
from bot.delivery import Delivery
from bot.documents import DocumentMaker
from bot.files import FileStore
from bot.jobs import MediaFetcher
from bot.media import MediaStore
from bot.platforms.base import Platform
from bot.scheduler import Scheduler
from bot.settings import Settings
from bot.transactions import Transactions
from handlers.context import House

_LONGEST_STOP = 25.0  # seconds: the longest send (delivery.timeout_seconds) and its record


class Engine(Protocol):
    """Decides who does owed work, and when. What is owed lies in ``notices``, ``media``, ``documents`` and ``due``."""

    async def run(self) -> None:
        """Until :meth:`stop`. An error means that a part of it died; the process must not live on half alive."""

    def wake(self) -> None:
        """Something new is owed: look now rather than at the next turn."""

    async def stop(self) -> None:
        """Finish and record what was begun, begin nothing new."""


class EmbeddedEngine:
    """All of it inside this process, on leases and unique rows, so that several processes may run one each."""

    def __init__(
        self,
        transactions: Transactions,
        platforms: Mapping[str, Platform],
        store: MediaStore,
        documents: FileStore,
        clock: Clock,
        settings: Settings,
        house: House,
        *,
        on_findings: Callable[[str, Sequence[Any]], None],
    ) -> None:
        self._run, self._clock = settings.run, clock
        self._delivery = Delivery(transactions, platforms, clock, settings)
        self._maker = DocumentMaker(transactions, documents, clock, house, on_told=self._delivery.wake)
        self._fetcher = MediaFetcher(transactions, platforms, store, clock, house.rules)
        self._scheduler = Scheduler(transactions, clock, house, on_findings=on_findings)
        self._parts: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        work: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        if self._run.delivery:
            work["delivery"] = self._delivery.run
            work["documents"] = self._maker.run
        if self._run.platforms:
            work["photos"] = self._fetcher.run
        if self._run.timetable:
            work["timetable"] = self._scheduler.run
        self._parts = {name: asyncio.create_task(part(), name=name) for name, part in work.items()}
        if not self._parts:
            return
        done, _ = await asyncio.wait(self._parts.values(), return_when=asyncio.FIRST_EXCEPTION)
        for part in done:
            if not part.cancelled() and (error := part.exception()) is not None:
                error.add_note(part.get_name())
                raise error

    def wake(self) -> None:
        self._delivery.wake()
        self._fetcher.wake()
        self._maker.wake()

    async def stop(self) -> None:
        self._delivery.stop()
        self._maker.stop()
        if ending := [self._parts[name] for name in ("delivery", "documents") if name in self._parts]:
            await asyncio.wait(ending, timeout=self._clock.real(_LONGEST_STOP))
        for part in self._parts.values():
            part.cancel()
        if self._parts:
            await asyncio.wait(self._parts.values())
