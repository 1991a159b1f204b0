"""Fetching photos that were mentioned but still lie on their platform."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.errors import Busy
from bot.media import MediaStore
from bot.transactions import Transactions
from models.rules.house import HouseRules
from services import media
from services.media import OwedPhoto

log = logging.getLogger(__name__)

_BATCH = 8
_POLL = 2.0  # seconds


class Source(Protocol):
    """As much of a platform as is needed here."""

    async def fetch(self, remote_id: str) -> bytes: ...


class MediaFetcher:
    """A background task. A photo that cannot be had now is tried again, by this process or another."""

    def __init__(
        self,
        transactions: Transactions,
        platforms: Mapping[str, Source],
        store: MediaStore,
        clock: Clock,
        rules: HouseRules,
    ) -> None:
        self._transactions = transactions
        self._platforms = platforms
        self._store = store
        self._clock = clock
        self._rules = rules
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.drain()
            except Busy:
                log.warning("the database is busy; photos wait")
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), self._clock.real(_POLL))
            except TimeoutError:
                continue

    async def drain(self) -> int:
        """Fetch all that is due now. Returns how many photos were tried."""
        tried = 0
        while await self._transactions.read(partial(media.any_owed, now=self._clock.now())):
            claimed = await self._transactions.run(partial(media.claim_owed, now=self._clock.now(), limit=_BATCH))
            if not claimed:
                break
            tried += len(claimed)
            await asyncio.gather(*map(self._fetch, claimed))
        return tried

    async def _fetch(self, photo: OwedPhoto) -> None:
        await self._transactions.run(await self._outcome(photo))

    async def _outcome(self, photo: OwedPhoto) -> Callable[[Session], None]:
        """How it went, to be recorded. Whatever goes wrong with one photo is no reason to stop fetching others."""
        platform = self._platforms.get(photo.platform)
        if platform is None:
            return partial(media.later, photo=photo, now=self._clock.now(), rules=self._rules)
        try:
            data = await platform.fetch(photo.remote_id)
            jpeg = await asyncio.to_thread(self._store.accept, data)
            await asyncio.to_thread(self._store.save, photo.public_id, jpeg)
        except ValueError:
            return partial(media.gone, photo=photo, now=self._clock.now(), rules=self._rules)
        except Exception as error:
            log.warning("photo %d of %s waits: %s", photo.id, photo.platform, type(error).__name__)
            return partial(media.later, photo=photo, now=self._clock.now(), rules=self._rules)
        return partial(media.stored, photo=photo, size=len(jpeg))
