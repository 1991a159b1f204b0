"""Intake: from the webhook to the reply, with everything stored, against the floor; and its slowest hundredth."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from bench.chaos.program import ROOT, WEBHOOK_SECRET, program
from bench.speed.load import Figures, Orders, send
from bench.speed.measure import ROUNDS, heading, interleaved, kinds, ratios, tell, tell_ratio
from bench.speed.town import STEPS, settle
from tests.database import fresh_database, opened

_FIRST = 1_000_000  # chat id of the first resident
_WARM = 16  # residents before the measured rounds
_TABLES = ("members", "accounts", "conversations", "inbound", "issues", "reports", "issue_history", "notices")

#: Notices are owed, not sent: delivery has figures of its own, and the floor sends nothing.
_SECTIONS = {"run": {"delivery": False, "timetable": False}, "wechat": {"enabled": False}}


class Server:
    """A running server and the database it writes to; residents are counted up from run to run."""

    def __init__(self, port: int, pid: int, database_url: str = "") -> None:
        self.port, self.pid, self.database_url = port, pid, database_url
        self._next = _FIRST

    def talk(self, residents: int, *, per_second: float | None = None) -> Figures:
        orders = Orders(self.port, self._next, residents, WEBHOOK_SECRET, per_second=per_second)
        self._next += residents
        return send(orders)

    def cpu_seconds(self) -> float:
        """Of the process, so far: what a busy machine disturbs least."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rows(self) -> list[int]:
        with opened(self.database_url) as database, database.reader.connect() as connection:
            return [_count(connection, table) for table in _TABLES]


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@contextmanager
def ours(kind: str) -> Iterator[Server]:
    """The real program, ``python -m bot run``."""
    with fresh_database(kind) as url:
        settle(url, at=datetime.now(UTC))
        with program(url, _SECTIONS) as running:
            yield Server(int(running.url.rpartition(":")[2]), running.pid, url)


@contextmanager
def floor(kind: str) -> Iterator[Server]:
    with ExitStack() as stack:
        url, scratch = stack.enter_context(fresh_database(kind)), stack.enter_context(fresh_database(kind))
        for database_url in (url, scratch):
            settle(database_url, at=datetime.now(UTC))
        yield Server(*stack.enter_context(listening(["-m", "bench.speed.floor", url, scratch])), url)


@contextmanager
def listening(arguments: list[str]) -> Iterator[tuple[int, int]]:
    """Port and process id of a Python process that listens where its last argument says. It ends with the context."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    child = subprocess.Popen([sys.executable, *arguments, str(port)], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while child.poll() is None and time.monotonic() < end:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 2):
                break
            time.sleep(0.05)
        else:
            raise RuntimeError(f"{arguments[1]} did not start")
        yield port, child.pid
    finally:
        child.kill()
        child.wait(30)


def run_intake(long: bool) -> None:
    residents = 2_000 if long else 200
    for kind in kinds():
        heading(f"intake, {kind}: {ROUNDS} rounds of {residents} residents x {STEPS} messages, 16 in flight")
        with ours(kind) as program_, floor(kind) as bare:
            for server in (program_, bare):
                server.talk(_WARM)
            before = program_.rows(), bare.rows()
            spent = [-program_.cpu_seconds(), -bare.cpu_seconds()]

            def mine(server: Server = program_) -> float:
                return server.talk(residents).per_second

            def other(server: Server = bare) -> float:
                return server.talk(residents).per_second

            figures, floors = interleaved(ROUNDS, mine, other)
            after = program_.rows(), bare.rows()
            messages = ROUNDS * residents * STEPS
            cpu = [(s.cpu_seconds() + b) / messages * 1e3 for s, b in zip((program_, bare), spent, strict=True)]
            grown = [[n - m for n, m in zip(*pair, strict=True)] for pair in zip(after, before, strict=True)]
            if grown[0] != grown[1]:
                raise RuntimeError(f"not the same rows: {dict(zip(_TABLES, zip(*grown, strict=True), strict=True))}")
            tell("ours", figures, "messages/s")
            tell("floor: the same rows, raw", floors, "messages/s")
            tell_ratio("ours / floor", ratios(figures, floors), least=0.25)
            print(f"  CPU a message: ours {cpu[0]:.2f} ms, floor {cpu[1]:.2f} ms: {cpu[1] / cpu[0]:.2f} x")
            most = sorted(figures)[len(figures) // 2]
            _half_load(program_, most, residents)


def _half_load(server: Server, most: float, residents: int) -> None:
    rounds = [server.talk(residents, per_second=most / 2) for _ in range(ROUNDS)]
    tell("p50 at half of the maximum", [r.quantile(0.5) * 1e3 for r in rounds], "ms", digits=1)
    p99 = [r.quantile(0.99) * 1e3 for r in rounds]
    tell("p99 at half of the maximum", p99, "ms", digits=1, note="asked <= 100")
