"""S8, the clock: three scheduler processes on one database, a clock that is set back and forth, kills, a pause."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.chaos.program import ROOT
from bench.chaos.striker import KIND, SharedClock
from bench.chaos_outbound import DatabaseFactory, Report
from bench.chaos_processes import wait_until
from bot.database import Database
from models.due import Due
from models.member import Member
from tests.database import opened

START = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run_s8(databases: DatabaseFactory, *, long: bool = False) -> Report:
    """Jumps of -1 h, +1 h and +40 days, down over slots, three schedulers, four kills. The act is hourly."""
    report = Report("S8 clock, 3 schedulers on one database")
    with ExitStack() as stack:
        url = stack.enter_context(databases())
        database = stack.enter_context(opened(url))
        clock = SharedClock(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "clock.json")
        clock.set(START)
        began = time.monotonic()
        running = [_start(stack, url, clock) for _ in range(3)]
        _wait_for(database, 2)
        clock.jump(-HOUR)  # an hour happens again
        _until_shown(clock, _last(database) + 1.5 * HOUR)
        clock.jump(HOUR)
        _wait_for(database, _struck(database) + 1)
        _kill(running.pop(0))
        running.append(_start(stack, url, clock))
        _wait_for(database, _struck(database) + 1)
        while running:  # all of them are gone, and hours pass
            _kill(running.pop(0))
        gone = _last(database)
        _until_shown(clock, gone + 3 * HOUR)
        running = [_start(stack, url, clock) for _ in range(3)]
        _wait_for(database, _struck(database) + 3)
        clock.jump(timedelta(days=40))
        _wait_for(database, _struck(database) + 300)
        _kill(running.pop(0))  # in the middle of catching up
        running.append(_start(stack, url, clock))
        end = clock.now()
        wait_until(lambda: _last(database) >= end - HOUR, 120, "all the hours are struck")
        wait_until(lambda: not _unsettled(database), 60, "nothing that is due is left")
        took = time.monotonic() - began
        for process in running:
            _kill(process)
        _judge(report, database, clock, end)
        report.figures |= {"kills": 5, "seconds": round(took, 1), "database": database.dialect}
    return report


def _judge(report: Report, database: Database, clock: SharedClock, end: datetime) -> None:
    with Session(database.reader) as session:
        struck = Counter(session.scalars(select(Member.name)))
        begun = session.scalars(select(Due.due_at).where(Due.kind == KIND, Due.subject != "")).one()
        in_order = session.scalars(select(Member.name).order_by(Member.id)).all()
    first = begun.replace(minute=0, second=0, microsecond=0) + HOUR
    last = datetime.fromisoformat(max(struck))
    wanted = {(first + n * HOUR).isoformat() for n in range(int((last - first) / HOUR) + 1)}
    twice = sum(count - 1 for count in struck.values())
    missed = wanted - struck.keys()
    report.figures |= {
        "slots": len(wanted),
        "fired": struck.total(),
        "twice": twice,
        "missed": len(missed),
        "that nobody owed": len(struck.keys() - wanted),
        "in order": in_order == sorted(in_order),
    }
    report.want(last >= end - HOUR, "up to the last one that was due")
    report.want(struck.total() == len(wanted), "slots fired = slots")
    report.want(twice == 0, "twice 0")
    report.want(not missed, f"missed 0 ({sorted(missed)[:3]})")
    report.want(struck.keys() <= wanted, "nothing that was not due")
    report.want(in_order == sorted(in_order), "in order")


def _start(stack: ExitStack, url: str, clock: SharedClock) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "bench.chaos.striker", url, str(clock.file)], cwd=ROOT)
    stack.callback(_kill, process)
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait(30)


def _struck(database: Database) -> int:
    with Session(database.reader) as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0


def _last(database: Database) -> datetime:
    with Session(database.reader) as session:
        return datetime.fromisoformat(session.scalars(select(func.max(Member.name))).one())


def _unsettled(database: Database) -> int:
    with Session(database.reader) as session:
        return session.scalar(select(func.count()).where(Due.kind == KIND, Due.done_at.is_(None))) or 0


def _wait_for(database: Database, count: int) -> None:
    wait_until(lambda: _struck(database) >= count, 60, f"{count} hours are struck")


def _until_shown(clock: SharedClock, moment: datetime) -> None:
    wait_until(lambda: clock.now() >= moment, 60, f"the clock shows {moment}")
