"""Delivery: with limits off against one HTTP client in a loop, and with Telegram's limits on against 30 a second."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from bench.chaos_outbound import owe, people, unsettled
from bench.chaos_processes import Worker, fake, wait_until
from bench.chaos_worker import Orders
from bench.delivery_speed import run_delivery_speed
from bench.speed.measure import ROUNDS, heading, kinds, tell, tell_ratio
from tests.database import fresh_database, opened

_PER_SECOND = 30  # Telegram's limit over all chats


def run_delivery(long: bool) -> None:
    for kind in kinds():
        count = 2_000 if long else 400
        heading(f"delivery, {kind}, limits off, one worker: {ROUNDS} rounds of {count} notices")
        report = run_delivery_speed(partial(fresh_database, kind), rounds=ROUNDS, count=count)
        for name in ("floor, posts/s", "delivery, notices/s", "ratio", "lost", "repeats"):
            print(f"  {name:<46} {report.figures[name]!s:>28}")
        for failure in report.failed:
            print(f"  NOT HELD: {failure}")
        _limited(kind, 600 if long else 20)


def _limited(kind: str, seconds: int) -> None:
    heading(f"delivery, {kind}, Telegram's limits on, {seconds} s")
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(kind))
        telegram = stack.enter_context(fake("tests.fakes.telegram_api"))
        database = stack.enter_context(opened(url))
        with Session(database.engine) as session:
            chats = people(session, min(600, _PER_SECOND * seconds), {"telegram": {}})
            owe(session, chats, _PER_SECOND * seconds // len(chats), seed=1, at=datetime.now(UTC))
            session.commit()
        worker = Worker(Orders(url, telegram.url, per_second=_PER_SECOND, chat_interval=1.0))
        stack.callback(worker.kill)
        worker.go()
        wait_until(lambda: unsettled(database) == 0, seconds * 1.5 + 30, "all is delivered")
        worker.stop()
        moments = [arrival.at for arrival in telegram.arrivals()]
    rate = (len(moments) - 1) / (moments[-1] - moments[0])
    most = max(sum(1 for at in moments if begin <= at < begin + 1) for begin in moments)
    tell("reached", [rate], "messages/s", digits=2)
    tell_ratio("of 30 messages/s", [rate / _PER_SECOND], least=0.95)
    tell("most in any one second (31 would earn a 429)", [most], "messages")
