"""The four platforms behind one driver each, so that one suite (test_contract.py) holds for all of them.

The drivers are in drivers.py.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from PIL import Image
from starlette.applications import Starlette

from bot.clock import Clock
from bot.media import MediaStore
from bot.platforms.base import Answer, Deps, Platform
from bot.settings import Settings
from bot.transactions import Transactions, open_transactions
from handlers.messages import SILENCE, Button, Incoming, Outgoing
from services.outbox import Outcome, SendResult
from tests.database import fresh_database, opened
from tests.fakes.server import LoopbackServer

T = TypeVar("T")

TELEGRAM_SECRET = "a-webhook-secret-of-forty-three-characters-"


def until(condition: Callable[[], T], *, seconds: float = 10) -> T:
    """Its first true value; fails when none comes in time."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)
    return value


def a_photo(side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side // 2), "orange").save(out, "JPEG")
    return out.getvalue()


class Recorder:
    """An Answerer: keeps what came, gives ``reply``; an event heard before gets the reply of that time."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.heard: list[Incoming] = []
        self.reply = SILENCE
        self.failure: Exception | None = None
        self._given: dict[str, Outgoing] = {}

    async def __call__(self, incoming: Incoming, *, answer_within: float | None = None) -> Answer:
        self.heard.append(incoming)
        if self.failure is not None:
            raise self.failure
        repeated = incoming.event_key in self._given
        return Answer(self._given.setdefault(incoming.event_key, self.reply), repeated=repeated)


@dataclass(frozen=True)
class Shown:
    """One message on the person's screen. ``buttons``: label and data."""

    text: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    photos: int = 0


class Driver(Protocol):
    recorder: Recorder
    media: MediaStore
    trouble: dict[Outcome, Callable[[], None]]  # how the peer is brought to each failure of a notice it knows

    def says(self, words: str) -> None: ...

    def sends_photo(self, jpeg: bytes) -> None: ...

    def sends_location(self, latitude: float, longitude: float) -> None:
        """As the platform gives it; outside China that is the same everywhere."""

    def chooses(self, number: int, button: Button) -> None:
        """Takes the ``number``-th option, by whatever way the platform has."""

    def repeats(self) -> None:
        """The platform delivers the last event once more."""

    def screen(self) -> list[Shown]:
        """What we said, in order."""

    def notify(self, message: Outgoing) -> SendResult: ...

    def photo_bytes(self, incoming: Incoming) -> bytes: ...


def settings(folder: Path, **sections: dict[str, Any]) -> Settings:
    return Settings.model_validate({"paths": {"data": folder}, "delivery": {"timeout_seconds": 20}, **sections})


@dataclass(frozen=True)
class Served:
    """A platform on a loopback port, with a database and a photo store of its own."""

    platform: Platform
    recorder: Recorder
    media: MediaStore
    transactions: Transactions
    server: LoopbackServer

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """In the platform's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.server.loop).result(30)

    def notify(self, to: str, message: Outgoing) -> SendResult:
        return self.run(self.platform.send(to, message, repeat=False))


@contextmanager
def serve(kind: Callable[[Deps], Platform], folder: Path, given: Settings) -> Iterator[Served]:
    media = MediaStore(folder / "media")
    with fresh_database("sqlite") as url, opened(url) as database:
        transactions = open_transactions(database)
        platform, recorder = kind(Deps(given, transactions, media, Clock())), Recorder()

        @asynccontextmanager
        async def until_all_is_sent(_app: Starlette) -> AsyncIterator[None]:
            yield
            await platform.close()
            await transactions.close()

        app = Starlette(routes=list(platform.routes(recorder)), lifespan=until_all_is_sent)
        with LoopbackServer(app, lifespan=True) as server:
            yield Served(platform, recorder, media, transactions, server)
