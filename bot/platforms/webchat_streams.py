"""Who has the page open right now, and how a new row reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: One person with a phone, a tablet and a desk screen, and one to spare.
PER_VISITOR = 4
#: Open pages in one process; beyond it pages ask every few seconds instead.
IN_TOTAL = 500


class Stream:
    """One open page: the last row it was given, and the bell that says there may be more."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.bell = asyncio.Event()


class Streams:
    """The open pages of this process, bounded per person and in total."""

    def __init__(self) -> None:
        self._open: dict[str, list[Stream]] = {}
        self._count = 0
        self.closed = False

    def has_room(self, visitor: str) -> bool:
        return not self.closed and self._count < IN_TOTAL and len(self._open.get(visitor, ())) < PER_VISITOR

    @contextmanager
    def joined(self, visitor: str, after: int) -> Iterator[Stream]:
        stream = Stream(after)
        self._open.setdefault(visitor, []).append(stream)
        self._count += 1
        try:
            yield stream
        finally:
            self._count -= 1
            self._open[visitor].remove(stream)
            if not self._open[visitor]:
                del self._open[visitor]

    def visitors(self) -> list[str]:
        return list(self._open)

    def wake(self, visitor: str) -> None:
        for stream in self._open.get(visitor, ()):
            stream.bell.set()

    def wake_behind(self, newest: Mapping[str, int]) -> None:
        """Wake whoever was not given the newest row yet: another process may have written it."""
        for visitor, last in newest.items():
            for stream in self._open.get(visitor, ()):
                if stream.after < last:
                    stream.bell.set()

    def close(self) -> None:
        """End all streams now and refuse new ones."""
        self.closed = True
        for visitor in self._open:
            self.wake(visitor)
