"""Delivery without limits, against the floor: the HTTP client of the platforms, posting to the same fake in a loop."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import partial
from statistics import median

import httpx
from sqlalchemy.orm import Session

from bench.chaos_outbound import DatabaseFactory, Report, judge, owe, people, unsettled
from bench.chaos_processes import Worker, fake, wait_until
from bench.chaos_worker import Orders
from bot.database import Database
from tests.fakes.telegram_api import TOKEN


def run_delivery_speed(databases: DatabaseFactory, *, rounds: int = 5, count: int = 1_000) -> Report:
    """Each round: ``count`` posts in a loop, then ``count`` notices to 200 people through one delivery process."""
    report = Report(f"delivery, limits off, one worker, {rounds} rounds of {count}")
    floors, rates = [], []
    for number in range(rounds):
        with ExitStack() as stack:
            url = stack.enter_context(databases())
            telegram = stack.enter_context(fake("tests.fakes.telegram_api"))
            database = Database.open(url)
            stack.callback(database.close)
            floors.append(asyncio.run(_floor(telegram.url, count)))
            with Session(database.engine) as session:
                owe(session, people(session, 200, {"telegram": {}}), count // 200, seed=number, at=datetime.now(UTC))
                session.commit()
            worker = Worker(Orders(url, telegram.url, delivery={"concurrency": 8}))
            stack.callback(worker.kill)
            worker.go()
            wait_until(partial(_all_settled, database), 120, "all is delivered")
            worker.stop()
            arrivals = telegram.arrivals()[count:]
            judge(report, database, arrivals)
            rates.append((len(arrivals) - 1) / (arrivals[-1].at - arrivals[0].at))
    ratios = sorted(rate / floor for rate, floor in zip(rates, floors, strict=True))
    report.figures |= {
        "floor, posts/s": round(median(floors)),
        "delivery, notices/s": round(median(rates)),
        "ratio": f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        "database": database.dialect,
    }
    report.want(median(ratios) >= 0.5, "at least half of the floor")
    return report


async def _floor(url: str, count: int) -> float:
    async with httpx.AsyncClient() as client:
        began = time.monotonic()
        for _ in range(count):
            words = {"chat_id": 1, "text": "您反映的事项有了回音 #0#"}
            (await client.post(f"{url}/bot{TOKEN}/sendMessage", data=words)).raise_for_status()
        return count / (time.monotonic() - began)


if __name__ == "__main__":
    from tests.database import fresh_database

    def _databases() -> AbstractContextManager[str]:
        return fresh_database(sys.argv[1] if len(sys.argv) > 1 else "sqlite")

    _report = run_delivery_speed(_databases)
    print(_report.table())
    sys.exit(bool(_report.failed))


def _all_settled(database: Database) -> bool:
    return unsettled(database) == 0
