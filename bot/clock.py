"""The time, for the only layer that may ask for it. Everything below ``bot/`` is told (``at=``)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Wall time. Durations are seconds."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Never jumps; for measuring durations only."""
        return time.monotonic()

    def real(self, seconds: float) -> float:
        """How long ``seconds`` of this clock take on the wall."""
        return seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real(seconds))

    async def wait_for(self, awaitable: Awaitable[T], seconds: float) -> T:
        """Its result, or TimeoutError. Neither a timeout nor cancelling the wait stops the work itself."""
        work = asyncio.ensure_future(awaitable)
        await asyncio.wait({work}, timeout=self.real(seconds))
        if not work.done():
            raise TimeoutError
        return work.result()


class ScaledClock(Clock):
    """Virtual time, ``rate`` times as fast as the wall: a month rehearsed in seconds."""

    def __init__(self, rate: float, start: datetime | None = None) -> None:
        if rate <= 0:
            raise ValueError("time must pass")
        self.rate = rate
        self._start = start or datetime.now(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self.rate

    def real(self, seconds: float) -> float:
        return seconds / self.rate

    def jump(self, by: timedelta) -> None:
        """Somebody sets the clock of the machine. Durations are unharmed."""
        self._start += by
