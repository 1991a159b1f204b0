"""A terminal as a platform: for development, and for transcripts of dialogues.

A line is a message. ``@path/to/photo.jpg words`` sends a photo, with words or without.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from starlette.routing import BaseRoute

from bot.platforms.base import Answerer, Deps, Limits, Window, numbered_text
from handlers.messages import Incoming, IncomingPhoto, Kind, Outgoing
from services.outbox import Outcome, SendResult

NAME = "console"
FILE_LIMIT = 20 * 1024 * 1024  # bytes
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # an escape sequence would command the terminal

Read = Callable[[], Awaitable[str | None]]
Write = Callable[[str], None]


class Console:
    name = NAME
    limits = Limits()
    window: Window | None = None

    def __init__(self, deps: Deps) -> None:
        self._open: dict[str, Write] = {}

    def routes(self, answer: Answerer) -> Sequence[BaseRoute]:
        return []

    async def run(self, answer: Answerer) -> None:
        return

    @contextmanager
    def open(self, sender: str, write: Write) -> Iterator[None]:
        """While it is open, notices to ``sender`` are written; otherwise they wait until the person writes."""
        self._open[sender] = write
        try:
            yield
        finally:
            del self._open[sender]

    async def send(self, to: str, message: Outgoing, *, repeat: bool) -> SendResult:
        write = self._open.get(to)
        if write is None:
            return SendResult(Outcome.CLOSED, "no terminal is open")
        if shown := render(message):
            write(shown)
        return SendResult(Outcome.SENT)

    async def fetch(self, remote_id: str) -> bytes:
        """Reads a file of this machine: whoever has this terminal may read it anyway."""
        file = Path(remote_id)
        if not await asyncio.to_thread(file.is_file) or file.stat().st_size > FILE_LIMIT:
            raise ValueError("no such photo")
        return await asyncio.to_thread(file.read_bytes)

    async def close(self) -> None:
        return


def render(message: Outgoing) -> str:
    """Text, options as lines, photos and files as paths of this site; nothing that a terminal would obey."""
    lines = [
        numbered_text(message),
        *(f"🖼 /photo/{photo}.jpg" for photo in message.photos),
        *(f"📄 {file.name} {file.path}" for file in message.files),
    ]
    return _CONTROL.sub("", "\n".join(line for line in lines if line))


async def repl(answer: Answerer, *, sender: str, read: Read, write: Write) -> None:
    """Answers line by line until ``read`` gives None. Late answers come by :meth:`Console.send`."""
    session, number = uuid4().hex, 0
    while (line := await read()) is not None:
        number += 1
        incoming = _incoming(line.strip(), sender=sender, key=f"{session}:{number}")
        if incoming is None:
            continue
        answered = await answer(incoming)
        if not answered.late and (shown := render(answered.outgoing)):
            write(shown)


def _incoming(line: str, *, sender: str, key: str) -> Incoming | None:
    line = _CONTROL.sub("", line)
    if not line:
        return None
    if not line.startswith("@"):
        return Incoming(NAME, key, sender, Kind.TEXT, line, raw=line)
    path, _, words = line[1:].partition(" ")
    return Incoming(NAME, key, sender, Kind.PHOTO, words.strip(), photos=(IncomingPhoto(remote_id=path),), raw=line)
