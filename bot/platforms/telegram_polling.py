"""Long polling: the offset moves past an update only when nothing more is owed for it.

Telegram keeps what lies at or after the offset, so a crash at any point brings those updates again, and the unique
event key gives them the stored reply.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from telegram.error import Conflict, InvalidToken, RetryAfter

from bot.clock import Clock
from bot.platforms.telegram_parse import Parsed

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds; doubled at each failure in a row
LONGEST_PAUSE = 60.0
_AT_ONCE = 16


@dataclass(frozen=True)
class Update:
    """``parsed`` is None where there is nothing to do but to move on."""

    number: int
    parsed: Parsed | None

    @property
    def sender(self) -> str:
        return self.parsed.incoming.sender if self.parsed else ""


def pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


async def insist(what: str, call: Callable[[], Awaitable[object]], clock: Clock) -> None:
    """Repeats ``call`` with growing pauses until Telegram accepts it."""
    for pause in pauses():
        try:
            await call()
            return
        except Exception as error:  # whatever the network and the library make of it
            await clock.sleep(complain(what, error, pause))


def complain(what: str, error: Exception, pause: float) -> float:
    """Logs the failure without its words, which may hold an address with the token; returns the pause to make."""
    if isinstance(error, RetryAfter):
        pause = max(pause, seconds(error))
    if isinstance(error, Conflict):
        why = "another program receives with the same token, or a webhook is set: stop it"
    elif isinstance(error, InvalidToken):
        why = "the token is not accepted: check telegram.token"
    else:
        why = type(error).__name__
    log.warning("telegram: %s failed (%s); again in %.0f s", what, why, pause)
    return pause


def seconds(error: RetryAfter) -> float:
    """What Telegram asked to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


async def poll(
    receive: Callable[[int | None], Awaitable[Sequence[Update]]],
    settle: Callable[[Update], Awaitable[bool]],
    clock: Clock,
) -> None:
    """Runs until cancelled. ``settle`` stores, answers, and says whether the update is done with.

    Updates of one sender keep their order; those of different people are settled side by side.
    """
    offset: int | None = None
    settled: set[int] = set()  # done with, but behind one that is not
    growing = pauses()
    while True:
        try:
            updates = await receive(offset)
        except Exception as error:  # whatever the network and the library make of it
            await clock.sleep(complain("receiving", error, next(growing)))
            continue
        lines: dict[str, list[Update]] = {}
        for update in updates:
            if update.number not in settled:
                lines.setdefault(update.sender, []).append(update)
        room = asyncio.Semaphore(_AT_ONCE)
        for done in await asyncio.gather(*(_settle_line(line, settle, room) for line in lines.values())):
            settled |= done
        owed = [update.number for update in updates if update.number not in settled]
        if updates:
            offset = min(owed) if owed else max(update.number for update in updates) + 1
            settled = {number for number in settled if number >= offset}
        if owed:
            pause = next(growing)
            log.warning("telegram: %d updates could not be settled; again in %.0f s", len(owed), pause)
            await clock.sleep(pause)
        else:
            growing = pauses()


async def _settle_line(
    line: Sequence[Update], settle: Callable[[Update], Awaitable[bool]], room: asyncio.Semaphore
) -> set[int]:
    done: set[int] = set()
    async with room:
        for update in line:
            if not await settle(update):
                break
            done.add(update.number)
    return done
