"""The port every chat platform implements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from starlette.routing import BaseRoute

from bot.errors import Busy
from bot.files import FileStore
from handlers.messages import Incoming, Outgoing
from services.outbox import SendResult

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.media import MediaStore
    from bot.settings import Settings
    from bot.transactions import Transactions

__all__ = ["Answer", "Answerer", "Busy", "Deps", "Limits", "Platform", "Window", "numbered_text"]


@dataclass(frozen=True)
class Deps:
    """What every platform is made of."""

    settings: Settings
    transactions: Transactions
    media: MediaStore
    clock: Clock

    @property
    def documents(self) -> FileStore:
        """Files that were made for somebody."""
        return FileStore(self.settings.paths.data / "documents", ".file")


@dataclass(frozen=True)
class Answer:
    """The stored answer to one event. ``late``: it was not ready in time and leaves through the outbox instead."""

    outgoing: Outgoing
    late: bool = False
    repeated: bool = False  # the event had been answered before; this is the same answer


class Answerer(Protocol):
    """Stores and answers one event, in one transaction; returns only after the commit. Raises :class:`Busy`.

    ``answer_within``: seconds the platform waits for us; what is ready later leaves through the outbox. Whoever calls
    waits for the end: an answer that is ready and dropped would count as given.
    """

    async def __call__(self, incoming: Incoming, *, answer_within: float | None = None) -> Answer: ...


@dataclass(frozen=True)
class Limits:
    """How fast a platform lets us send: messages per second over all chats, and seconds between two to one chat.

    ``text_bytes``: of UTF-8, that one message certainly takes.
    """

    per_second: float | None = None
    chat_interval: float = 0.0
    text_bytes: int = 4096


@dataclass(frozen=True)
class Window:
    """After a person wrote, how long and how many times we may write without being asked (WeChat: 48 hours, 5)."""

    duration: timedelta
    sends: int


class Platform(Protocol):
    """Verify and parse what arrives, render what leaves; know nothing of what it means."""

    name: str
    limits: Limits

    @property
    def window(self) -> Window | None:
        """None: we may write at any time."""

    def routes(self, answer: Answerer) -> Sequence[BaseRoute]:
        """The HTTP endpoints of the platform (empty where it has none)."""

    async def run(self, answer: Answerer) -> None:
        """Work of its own beside the endpoints (long polling); returns at once where there is none."""

    async def send(self, to: str, message: Outgoing, *, repeat: bool) -> SendResult:
        """Deliver one notice to an external id. Never raises for what a platform may answer.

        ``repeat``: an earlier try may have arrived; the text already says so (补发).
        """

    async def fetch(self, remote_id: str) -> bytes:
        """The bytes of a photo left on the platform. Raises OSError to try again later, ValueError when it is gone."""

    async def close(self) -> None:
        """Give back connections."""


def numbered_text(message: Outgoing) -> str:
    """The message for platforms without buttons: options as numbered lines under the text."""
    if not message.buttons:
        return message.text
    if message.numbered:
        lines = [f"{n} {b.label}" for n, b in enumerate(message.buttons, start=1)]
    else:
        lines = [f"· {b.say or b.label}" for b in message.buttons]
    return "\n".join([message.text, *lines]) if message.text else "\n".join(lines)
