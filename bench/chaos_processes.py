"""Worker and fake platform processes of the chaos runs. Only what is started here is ever signalled."""

from __future__ import annotations

import json
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from bench.chaos_worker import Orders

REPEAT_MARK = "补发"
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Arrival:
    """One message on somebody's phone. ``at``: seconds on the clock of the fake; ``notice``: the id in its text."""

    at: float
    to: str
    notice: int
    repeat: bool


class Worker:
    """A delivery process. It waits, ready, until told to go."""

    def __init__(self, orders: Orders) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.chaos_worker", orders.to_json()],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._going = False

    def go(self) -> Self:
        assert self._process.stdout
        assert self._process.stdin
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(60) or self._process.stdout.readline() != "ready\n":
                raise RuntimeError("a worker did not start")
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._close()

    def stop(self) -> int:
        """Asks it to finish what it began; its exit code."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._close()

    def _close(self) -> int:
        code = self._process.wait(30)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        return code


@dataclass(frozen=True)
class Fake:
    url: str
    record: Path

    def lines(self) -> list[dict[str, Any]]:
        if not self.record.exists():
            return []
        return [json.loads(line) for line in self.record.read_text("utf-8").splitlines()]

    def control(self, **wanted: Any) -> None:
        self.post("/control", wanted)

    def post(self, path: str, body: Any) -> None:
        httpx.post(self.url + path, json=body, timeout=10).raise_for_status()

    def arrivals(self) -> list[Arrival]:
        """Telegram's, in the order in which they came."""
        found = [each for line in self.lines() for each in arrived(line["at"], str(line["chat"]), line["text"])]
        return sorted(found, key=lambda a: a.at)


def arrived(at: float, to: str, text: str) -> list[Arrival]:
    """``text`` holds the notice's id between two ``#``; a message that brings several has a line for each."""
    notices = [notice for notice in re.split(r"(?m)^· ", text) if "#" in notice]
    return [Arrival(at, to, int(notice.split("#")[1]), REPEAT_MARK in notice) for notice in notices]


@contextmanager
def fake(module: str, *arguments: str) -> Iterator[Fake]:
    """A fake platform as a process of its own; it outlives the workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="zhuoluo-fake-", ignore_cleanup_errors=True) as folder:
        it = Fake(f"http://127.0.0.1:{port}", Path(folder) / "record.jsonl")
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--port", str(port), "--record", str(it.record), *arguments], cwd=_ROOT
        )
        try:
            wait_until(lambda: _listens(port), 30, "the fake platform listens")
            yield it
        finally:
            process.kill()
            process.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)
