"""S10, trouble below the database: disk full, read-only, busy (endurance.md).

Short form: the system lets no file of the program grow (``RLIMIT_FSIZE``). Long form, as root: a file system of 4 MB.
"""

from __future__ import annotations

import asyncio
import itertools
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
from sqlalchemy import make_url

from bench.chaos.inbound import SECRET_HEADER, _stored, matter
from bench.chaos.program import Program, leaks, program
from bench.chaos_outbound import DatabaseFactory, Report
from tests.fakes import telegram_updates

_AT_ONCE = 16
_HEALS_WITHIN = 30.0  # seconds


@dataclass
class Sender:
    """Telegram's side. What was not acknowledged stays ``owed`` and is sent again later."""

    running: Program
    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    owed: list[int] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def send(self, count: int) -> Counter[int]:
        """New events, each tried once; what they were answered."""
        return self._post([next(self._numbers) for _ in range(count)])

    def send_again(self) -> Counter[int]:
        again, self.owed = self.owed, []
        return self._post(again)

    def _post(self, updates: list[int]) -> Counter[int]:
        found = asyncio.run(self._post_all(updates))
        self.statuses += found
        return found

    async def _post_all(self, updates: list[int]) -> Counter[int]:
        found: Counter[int] = Counter()
        line = iter(updates)
        async with httpx.AsyncClient(base_url=self.running.url, timeout=120, trust_env=False) as http:

            async def work() -> None:
                for number in line:
                    update = telegram_updates.text(number, 200_000 + number, matter(number))
                    response = await http.post("/telegram", json=update, headers=SECRET_HEADER)
                    found[response.status_code] += 1
                    if response.status_code == 200:
                        self.acknowledged.add(("telegram", str(number)))
                    else:
                        self.owed.append(number)

            await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
        return found


def run_s10(databases: DatabaseFactory, *, long: bool = False) -> Report:
    """Acknowledged = stored, the rest gets 503, integrity holds, an alert is raised, and it works again by itself."""
    with ExitStack() as stack:
        if long:
            url = stack.enter_context(databases())
            if url.startswith("sqlite"):
                url = f"sqlite:///{stack.enter_context(small_disk(4)) / 'zhuoluo.db'}"
        else:
            url = stack.enter_context(databases())
        kind = make_url(url).get_backend_name()
        report = Report(f"S10 disk full, read-only, busy ({kind})")
        held = 30.0 if long else 3.0
        sections = {"database": {"busy_timeout_seconds": 10.0 if long else 1.0}}
        running = stack.enter_context(program(url, sections))
        sender = Sender(running)
        report.want(set(sender.send(30)) == {200}, "all is well at first")
        if kind == "sqlite":
            full = _grown_disk(url) if long else _grown_files(running, url)
            _trouble(report, sender, "disk full", full, count=400)
            _trouble(report, sender, f"busy {held:.0f} s", _held(url, held), count=40)
            if long:
                disk = Path(str(make_url(url).database)).parent
                _trouble(report, sender, "read-only", _read_only_disk(running, disk), count=40)
        else:
            _trouble(report, sender, "read-only", _read_only(url), count=40)
        _judge(report, sender, kind)
    return report


def _trouble(report: Report, sender: Sender, name: str, fault: AbstractContextManager[None], *, count: int) -> None:
    with fault:
        found = sender.send(count)
        alive = httpx.get(f"{sender.running.url}/healthz", timeout=10, trust_env=False).status_code
        missing = sender.acknowledged - _stored(sender.running.database_url)
        metrics = httpx.get(f"{sender.running.url}/metrics", timeout=10, trust_env=False).text
    began = time.monotonic()
    while set(sender.send(1)) != {200} and time.monotonic() - began < _HEALS_WITHIN:
        time.sleep(0.2)
    healed = time.monotonic() - began
    again = sender.send_again()
    busy = [line for line in metrics.splitlines() if line.startswith("zhuoluo_messages_total") and '"busy"' in line]
    report.figures |= {
        f"{name}: answered": dict(found),
        f"{name}: acknowledged but missing": len(missing),
        f"{name}: works again after, s": round(healed, 1),
        f"{name}: sent again": dict(again),
    }
    report.want(set(found) <= {200, 503} and found[503] > 0, f"{name}: the rest gets 503")
    report.want(alive == 200, f"{name}: the process lives")
    report.want(not missing, f"{name}: acknowledged = stored")
    report.want(healed < _HEALS_WITHIN and set(again) <= {200}, f"{name}: works again by itself")
    report.want(bool(busy) and float(busy[0].split()[-1]) > 0, f"{name}: the metric tells of it")


def _judge(report: Report, sender: Sender, kind: str) -> None:
    running = sender.running
    report.want(running.stop() == 0, "the program ends in order")
    logged = running.logged()
    alerts = [line for line in logged.splitlines() if " WARNING " in line or " ERROR " in line or " CRITICAL " in line]
    stored = _stored(running.database_url)
    if kind == "sqlite":
        with sqlite3.connect(str(make_url(running.database_url).database)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        connection.close()
        report.figures["integrity_check"] = sound
        report.want(sound == "ok", "integrity holds")
        report.want(any("refused" in line for line in alerts), "an alert stands in the log")
    audit = running.command("audit")
    report.figures |= {
        "acknowledged / stored": f"{len(sender.acknowledged)} / {len(stored)}",
        "all answers": dict(sender.statuses),
        "lines of alarm in the log": len(alerts),
        "zhuoluo audit": audit.stdout.strip(),
    }
    report.want(sender.acknowledged == stored, "acknowledged = stored")
    report.want(audit.returncode == 0, "zhuoluo audit is clean")
    report.want(not leaks(logged), "no log line with a secret")


# The faults. Each holds while its block runs.


@contextmanager
def _grown_files(running: Program, url: str) -> Iterator[None]:
    """The files of the program may grow by a little more, and then no further."""
    size = Path(f"{make_url(url).database}-wal").stat().st_size
    forever = resource.RLIM_INFINITY
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (size + 150_000, forever))
    try:
        yield
    finally:
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (forever, forever))


@contextmanager
def _grown_disk(url: str) -> Iterator[None]:
    """The 4 MB fill up by themselves; then somebody makes room."""
    yield
    _run("mount", "-o", "remount,size=64m", str(Path(str(make_url(url).database)).parent))


@contextmanager
def _held(url: str, seconds: float) -> Iterator[None]:
    """Another process (ours) has the write lock for so long."""
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    release = threading.Timer(seconds, connection.rollback)
    release.start()
    try:
        yield
    finally:
        release.join()
        connection.close()


@contextmanager
def _read_only(url: str) -> Iterator[None]:
    """A standby, or a server that protects itself: PostgreSQL takes no writes."""
    address = make_url(url)

    def all_sessions(statement: str) -> None:
        with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
            connection.execute(statement.encode())
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}".encode())

    all_sessions(f'ALTER DATABASE "{address.database}" SET default_transaction_read_only = on')
    try:
        yield
    finally:
        all_sessions(f'ALTER DATABASE "{address.database}" RESET default_transaction_read_only')


@contextmanager
def _read_only_disk(running: Program, mounted: Path) -> Iterator[None]:
    """The disk came back read-only after a crash; later somebody remounts it under the running program."""
    running.kill()
    _run("mount", "-o", "remount,ro", str(mounted))
    try:
        running.start()
        yield
    finally:
        _run("mount", "-o", "remount,rw", str(mounted))


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own in memory. Needs root."""
    folder = Path(tempfile.mkdtemp(prefix="zhuoluo-disk-"))
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", str(folder))
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=30)
