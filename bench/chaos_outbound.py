"""The outbound chaos runs of endurance.md: S3 (crash), S4 (bad platform), S5 (rate).

Real worker processes deliver from a real database to fake platforms, which are processes of their own and note each
message before they answer. Each run returns a report; ``report.failed`` is empty when the criteria hold.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.chaos_processes import REPEAT_MARK, Arrival, Worker, arrived, fake, wait_until
from bench.chaos_worker import Orders
from bot.database import Database
from handlers.messages import Outgoing
from models.base import insert_row, insert_rows
from models.member import Account, Member
from models.notice import UNSETTLED, Notice, NoticeState, Policy

#: Gives a migrated, empty database of its own for the length of a run.
DatabaseFactory = Callable[[], AbstractContextManager[str]]


@dataclass
class Report:
    """``failed``: the criteria that do not hold, in words."""

    name: str
    figures: dict[str, object] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def want(self, holds: bool, criterion: str) -> None:
        if not holds:
            self.failed.append(criterion)

    def table(self) -> str:
        wide = max(len(name) for name in self.figures)
        lines = [f"{name:<{wide}}  {value}" for name, value in self.figures.items()]
        return "\n".join([f"== {self.name}", *lines, *(f"FAILED: {f}" for f in self.failed)])


def people(session: Session, count: int, accounts: Mapping[str, Mapping[str, Any]], *, first: int = 1) -> list[int]:
    """Members whose external id on each platform is 1000 + their running number."""
    at, members = datetime.now(UTC), []
    for n in range(first, first + count):
        member = insert_row(session, Member, created_at=at)
        for platform, columns in accounts.items():
            row = {"heard_at": at, **columns}
            insert_row(session, Account, member_id=member, platform=platform, external_id=str(1000 + n), **row)
        members.append(member)
    return members


def owe(
    session: Session, members: Sequence[int], each: int, *, seed: int, at: datetime, in_company: bool = False
) -> None:
    """``each`` notices to each member, mixed; each text holds the notice's id.

    They are of a kind that travels alone; ``in_company``: of one of which three fit into a message.
    """
    line = [member for member in members for _ in range(each)]
    random.Random(seed).shuffle(line)
    first = (session.scalar(select(func.max(Notice.id))) or 0) + 1
    insert_rows(
        session,
        Notice,
        [
            {
                "id": n,
                "key": f"chaos:{n}",
                "member_id": member,
                **(_in_company(n) if in_company else _alone(n)),
                "policy": Policy.AT_LEAST_ONCE,
                "state": NoticeState.OWED,
                "not_before": at,
                "created_at": at,
            }
            for n, member in enumerate(line, start=first)
        ],
    )


def _alone(n: int) -> dict[str, Any]:
    return {"kind": "late_reply", "params": {"outgoing": Outgoing(f"您反映的事项有了回音 #{n}#").to_json()}}


def _in_company(n: int) -> dict[str, Any]:
    return {"kind": "human", "params": {"name": "", "home": "", "note": f"#{n}# " + "有人在吗" * 80}}


def unsettled(database: Database, *states: NoticeState) -> int:
    with Session(database.reader) as session:
        wanted = states or (NoticeState.OWED, NoticeState.SENDING)
        return session.scalar(select(func.count()).where(Notice.state.in_(wanted))) or 0


def judge(report: Report, database: Database, arrivals: Sequence[Arrival]) -> dict[int, list[Arrival]]:
    """What holds after every run: nothing lost, order kept, repeats marked, each settled or parked with a reason."""
    with Session(database.reader) as session:
        rows = session.execute(select(Notice.id, Notice.member_id, Notice.state, Notice.reason)).all()
    by_notice: dict[int, list[Arrival]] = defaultdict(list)
    for one in arrivals:
        by_notice[one.notice].append(one)
    parked = [row for row in rows if row.state is NoticeState.PARKED]
    lost = [r.id for r in rows if r.id not in by_notice and r.state is not NoticeState.PARKED]
    lost += [r.id for r in rows if r.state is not NoticeState.SENT and r.state is not NoticeState.PARKED]
    unmarked = sum(not a.repeat for found in by_notice.values() for a in found[1:])
    member_of = {row.id: row.member_id for row in rows}
    firsts: dict[int, list[int]] = defaultdict(list)
    for notice in sorted(by_notice, key=lambda n: by_notice[n][0].at):
        firsts[member_of[notice]].append(notice)
    broken = sum(line != sorted(line) for line in firsts.values())
    report.figures |= {
        "notices": len(rows),
        "arrived": len(by_notice),
        "parked": dict(Counter(row.reason for row in parked)),
        "lost": len(lost),
        "repeats": sum(len(found) - 1 for found in by_notice.values()),
        "repeats without 补发": unmarked,
        "order broken for": f"{broken} of {len(firsts)} people",
    }
    report.want(not lost, f"lost 0 (is {len(lost)})")
    report.want(unmarked == 0, f"each repeat is marked {REPEAT_MARK}")
    report.want(broken == 0, "order broken 0")
    report.want(not any(r.state in UNSETTLED - {NoticeState.PARKED} for r in rows), "every notice is settled or parked")
    report.want(all(row.reason for row in parked), "every parked notice has its reason")
    return by_notice


def busiest(moments: Sequence[float], window: float) -> int:
    """The most moments that any window, wherever it begins, holds."""
    most, start = 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[start] >= window:
            start += 1
        most = max(most, end - start + 1)
    return most


# The runs


def run_s3(
    databases: DatabaseFactory, *, long: bool = False, workers: int = 1, seed: int = 3, in_company: bool = False
) -> Report:
    """Outbound crash: SIGKILL every 1.5 s while 1,000 (5,000) notices are owed; a new process takes over at once.

    A kill also comes as soon as another share of what is owed has gone, however fast the machine or slow its kills.
    ``in_company``: three times as many, three of them in each message.
    """
    owed, kills_wanted, batch = (5_000, 30, 32 // workers) if long else (1_000, 10, 32 // workers)
    report = Report(f"S3 outbound crash, {workers} worker(s), {owed} messages owed{', of three' * in_company}")
    if in_company:
        owed, batch = 3 * owed, 3 * batch
    with ExitStack() as stack:
        database, url = _opened(stack, databases)
        telegram = stack.enter_context(fake("tests.fakes.telegram_api"))
        # The fake takes its time, so that there is something in flight at every kill.
        telegram.control(faults=[{"hang": 0.25, "times": 10**9}])
        with Session(database.engine) as session:
            members = people(session, 50, {"telegram": {}})
            owe(session, members, owed // 50, seed=seed, at=datetime.now(UTC), in_company=in_company)
            session.commit()
        delivery = {"concurrency": 16 // workers, "batch": 32 // workers, "lease_seconds": 2, "timeout_seconds": 1.5,
                    "poll_seconds": 0.2}  # fmt: skip
        orders = Orders(url, telegram.url, delivery=delivery)
        running = _started(stack, orders, workers)
        spare = _spare(stack, orders)
        began, kills, in_flight = time.monotonic(), 0, 0
        share = owed / (kills_wanted + 2)
        end = began + (600 if long else 80)
        while unsettled(database) and time.monotonic() < end:
            due = time.monotonic() + 1.5
            left = owed - share * (kills + 1) if kills < kills_wanted else 0
            while time.monotonic() < due and unsettled(database) > left:
                time.sleep(0.05)
            if kills < kills_wanted and unsettled(database):
                victim = running.pop(0)
                in_flight += unsettled(database, NoticeState.SENDING)
                victim.kill()
                kills += 1
                running.append(spare.go())
                spare = _spare(stack, orders)
        took = time.monotonic() - began
        codes = [w.stop() for w in running]
        judge(report, database, telegram.arrivals())
        report.figures |= {
            "messages": len(telegram.lines()),
            "kills": kills,
            "in flight at the kills": in_flight,
            "seconds": round(took, 1),
            "database": database.dialect,
        }
        repeats = int(str(report.figures["repeats"]))
        report.want(kills >= kills_wanted, f"at least {kills_wanted} kills (were {kills})")
        report.want(repeats <= batch * kills, f"repeats at most in flight x kills ({batch} x {kills})")
        report.want(codes == [0] * workers, "the last workers end in order")
        if in_company:
            arrivals = owed + repeats
            report.want(len(telegram.lines()) <= arrivals / 2, "most messages bring several notices")
    return report


@dataclass(frozen=True)
class _Crowd:
    """Members by what happens to them in S4."""

    plain: list[int]
    blocked: list[int]  # blocked us on Telegram and have nothing else
    rerouted: list[int]  # the same, but with a WeChat window that is open
    shut_there: list[int]  # wrote by WeChat last, but its window is closed; Telegram takes over
    shut: list[int]  # have WeChat only, and the window is closed


def _crowd(database: Database, each: int, seed: int, at: datetime) -> _Crowd:
    earlier: dict[str, Any] = {"heard_at": at - timedelta(hours=1)}
    with Session(database.engine) as session:
        crowd = _Crowd(
            plain=people(session, 100, {"telegram": {}}, first=1),
            blocked=people(session, 4, {"telegram": {}}, first=101),
            rerouted=people(session, 4, {"telegram": {}, "wechat": earlier}, first=105),
            shut_there=people(session, 4, {"telegram": earlier, "wechat": {}}, first=109),
            shut=people(session, 4, {"wechat": {}}, first=113),
        )
        owe(session, [*crowd.plain, *crowd.blocked, *crowd.shut_there], each, seed=seed, at=at)
        owe(session, [*crowd.rerouted, *crowd.shut], 3, seed=seed, at=at)  # fewer than WeChat's five
        session.commit()
    return crowd


def run_s4(databases: DatabaseFactory, *, long: bool = False, seed: int = 4) -> Report:
    """Bad platform, on a clock 40 times as fast: 429, 5xx, cut, hang, a ten-minute outage, blocked, window closed."""
    each, per_second, rate = (20 if long else 5), 1.5, 40.0
    report = Report(f"S4 bad platform, {each} notices a person")
    with ExitStack() as stack:
        database, url = _opened(stack, databases)
        telegram = stack.enter_context(fake("tests.fakes.telegram_api", "--seed", str(seed)))
        wechat = stack.enter_context(fake("tests.fakes.wechat_api", "--enforce-window"))
        start = time.time()
        crowd = _crowd(database, each, seed, datetime.fromtimestamp(start, UTC))
        chances = {"limited": 0.02, "broken": 0.02, "cut": 0.01, "hang": 0.01, "hang_seconds": 2.0, "retry_after": 20}
        telegram.control(rates=chances, blocked=list(range(1101, 1109)))
        for n in range(1105, 1109):
            wechat.post("/fake/heard", {"openid": str(n)})
        delivery = {"lease_seconds": 120, "timeout_seconds": 30, "poll_seconds": 10, "retry_seconds": [5, *[30.0] * 40]}
        orders = Orders(
            url,
            telegram.url,
            wechat.url,
            per_second=per_second,
            chat_interval=1.0,
            delivery=delivery,
            clock_rate=rate,
            clock_start=start,
            late_slot=2.0,
        )
        running = _started(stack, orders, 2)
        wait_until(lambda: len(telegram.lines()) >= 60, 30, "the first sixty arrive")
        telegram.control(outage=True)
        outage = time.monotonic()
        time.sleep(600 / rate)  # ten minutes by the virtual clock
        backlog = unsettled(database)
        telegram.control(outage=False)
        over = time.monotonic()
        wait_until(lambda: unsettled(database) == 0, 300 if long else 60, "the backlog drains")
        report.want([w.stop() for w in running] == [0, 0], "the workers end in order")
        by_wechat = [each for line in wechat.lines() for each in arrived(0.0, line["to"], line["text"])]
        arrivals = telegram.arrivals()
        judge(report, database, [*arrivals, *by_wechat])
        moments = [a.at * rate for a in arrivals]
        after = [m for m in moments if m >= over * rate]
        main = after[: max(2, int(len(after) * 0.9))]  # the last ones wait for their own pauses
        drained = (len(main) - 1) / (main[-1] - main[0])
        report.figures |= {
            "owed at the end of the outage": backlog,
            "arrived during the outage": sum((outage + 1) * rate < m < over * rate for m in moments),
            "drained, messages a virtual second": f"{drained:.2f} of {per_second} allowed",
            "busiest virtual minute": f"{busiest(moments, 60.0)} of {per_second * 60:.0f} allowed",
            "arrived by WeChat": len(by_wechat),
            "virtual minutes": round((moments[-1] - moments[0]) / 60, 1),
            "database": database.dialect,
        }
        ended = {name: _states(database, members) for name, members in asdict(crowd).items()}
        report.want(ended["blocked"] == {(NoticeState.PARKED, "blocked"): 4 * each}, "the blocked are parked")
        report.want(ended["shut"] == {(NoticeState.PARKED, "window_closed"): 12}, "closed windows are parked")
        report.want(ended["rerouted"] == {(NoticeState.SENT, ""): 12}, "the next route takes what Telegram refuses")
        report.want(ended["shut_there"] == {(NoticeState.SENT, ""): 4 * each}, "and what WeChat refuses")
        report.want(len({a.notice for a in by_wechat}) == 12, "WeChat has taken what was rerouted, and nothing else")
        report.want(backlog > len(crowd.plain), "there was a backlog")
        report.want(drained >= 0.7 * per_second, "the backlog drains at the allowed rate")
        report.want(busiest(moments, 60.0) <= per_second * 60, "never above the allowed rate")
    return report


def _states(database: Database, members: Sequence[int]) -> dict[tuple[NoticeState, str], int]:
    with Session(database.reader) as session:
        wanted = select(Notice.state, Notice.reason).where(Notice.member_id.in_(members))
        return dict(Counter((state, reason) for state, reason in session.execute(wanted)))


def _opened(stack: ExitStack, databases: DatabaseFactory) -> tuple[Database, str]:
    url = stack.enter_context(databases())
    database = Database.open(url)
    stack.callback(database.close)
    return database, url


def _spare(stack: ExitStack, orders: Orders) -> Worker:
    worker = Worker(orders)
    stack.callback(worker.kill)
    return worker


def _started(stack: ExitStack, orders: Orders, count: int) -> list[Worker]:
    """Workers that begin together; whatever happens, none of them outlives the run."""
    workers = [_spare(stack, orders) for _ in range(count)]
    for worker in workers:
        worker.go()
    return workers


def run_s5(databases: DatabaseFactory, *, long: bool = False, seed: int = 5) -> Report:
    """Rate: three processes share 30 messages a second."""
    each = 100 if long else 10
    report = Report(f"S5 rate, 3 processes, {each * 90} notices, 30/s")
    with ExitStack() as stack:
        database, url = _opened(stack, databases)
        telegram = stack.enter_context(fake("tests.fakes.telegram_api"))
        with Session(database.engine) as session:
            owe(session, people(session, 90, {"telegram": {}}), each, seed=seed, at=datetime.now(UTC))
            session.commit()
        orders = Orders(url, telegram.url, per_second=30, chat_interval=1.0)
        running = _started(stack, orders, 3)
        wait_until(lambda: unsettled(database) == 0, 500 if long else 60, "all is delivered")
        codes = [w.stop() for w in running]
        arrivals = telegram.arrivals()
        judge(report, database, arrivals)
        moments = [a.at for a in arrivals]
        chats: dict[str, list[float]] = defaultdict(list)
        for one in arrivals:
            chats[one.to].append(one.at)
        closest = min(b - a for line in chats.values() for a, b in pairwise(line))
        mean = (len(moments) - 1) / (moments[-1] - moments[0])
        report.figures |= {
            "busiest second": busiest(moments, 1.0),
            "closest two to one chat, s": round(closest, 3),
            "mean rate, 1/s": round(mean, 2),
            "database": database.dialect,
        }
        report.want(busiest(moments, 1.0) <= 30, "any second at most 30")
        report.want(closest >= 1.0, "per chat at most 1/s")
        report.want(mean >= 28.0, "mean at least 28/s")
        report.want(codes == [0, 0, 0], "the workers end in order")
    return report


if __name__ == "__main__":
    from tests.database import fresh_database

    def _databases() -> AbstractContextManager[str]:
        return fresh_database(sys.argv[2] if len(sys.argv) > 2 else "sqlite")

    _run = {"S3": run_s3, "S4": run_s4, "S5": run_s5}[sys.argv[1]]
    _given = {"workers": int(os.environ.get("WORKERS", "1"))} if sys.argv[1] == "S3" else {}
    _report = _run(_databases, long="--long" in sys.argv, **_given)
    print(_report.table())
    sys.exit(bool(_report.failed))
