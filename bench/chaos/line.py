"""A platform's connection to us. httpx's pool costs more than the program it talks to once forty share it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode


class Cut(Exception):
    """The connection ended before the answer was complete: nobody knows what happened on the other side."""


@dataclass(frozen=True)
class Request:
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        target = f"{self.path}?{urlencode(self.params)}" if self.params else self.path
        lines = [f"POST {target} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Line:
    """One connection, kept open as long as the other side lets us; opened again when it does not."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, request: Request) -> tuple[int, str]:
        """Status and text. Raises :class:`Cut`."""
        try:
            if self._reader is None or self._writer is None:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._writer.write(request.encoded())
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            body = await self._reader.readexactly(length)
        except (OSError, EOFError):
            self.close()
            raise Cut from None
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), body.decode()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
