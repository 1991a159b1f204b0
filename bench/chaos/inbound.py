"""S1, inbound flood: both webhooks at once, repeats, and the program killed again and again (endurance.md)."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.chaos.line import Cut, Line, Request
from bench.chaos.program import AES_KEY, APP_ID, PHONE, WEBHOOK_SECRET, WECHAT_TOKEN, Program, leaks, program
from bench.chaos_outbound import DatabaseFactory, Report
from models.conversation import Inbound
from models.issue import HistoryEntry, Issue
from models.report import Report as IssueReport
from tests.database import opened
from tests.fakes import telegram_updates
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.wechat_api import FakeWeChatApi
from tests.fakes.wechat_user import WeChatUser

SECRET_HEADER = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
SENTENCE = f"西苑小区3号楼2单元楼道灯坏了一个星期了没人管，我的电话{PHONE}"
SUBMIT = "1"
_AT_ONCE = 40
KILLS = 10  # at least
_NUMBER = re.compile(r"LN-\d{4}-(\d+)")


def matter(n: int) -> str:
    """What the n-th person tells: each about their own room, so that none is taken for another's."""
    return f"西苑小区3号楼2单元{n + 101}室的水表坏了，我的电话{PHONE}"


@dataclass
class Event:
    """What one person does once. ``after``: the event that must have been answered before a person does this."""

    platform: str
    key: str
    post: Callable[[], Request]  # as the platform signs it at this moment
    read: Callable[[str], str | None]  # from the body of the answer to what the person sees
    after: Event | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    replies: list[str] = field(default_factory=list)
    acknowledged: int = 0

    @property
    def name(self) -> tuple[str, str]:
        return self.platform, self.key


@dataclass
class Flood:
    """The state of a run, on the side of those who send."""

    program: Program
    serving: asyncio.Event
    times: list[float] = field(default_factory=list)
    refused: int = 0
    cut: int = 0
    lost: set[tuple[str, str]] = field(default_factory=set)
    kills: int = 0
    serving_seconds: float = 0.0


def _telegram_person(n: int) -> Iterator[Event]:
    def read(body: str) -> str | None:
        return str(json.loads(body).get("text", "")) if body else None

    before = None
    for step, words in enumerate((matter(n), SUBMIT)):
        update = telegram_updates.text(2 * n + step + 1, 100_000 + n, words)

        def post(update: dict[str, Any] = update) -> Request:
            return Request("/telegram", json.dumps(update).encode(), SECRET_HEADER)

        before = Event("telegram", str(update["update_id"]), post, read, before)
        yield before


def _wechat_person(n: int) -> Iterator[Event]:
    user = WeChatUser("", WECHAT_TOKEN, APP_ID, AES_KEY, openid=f"oChaos_{n:020d}", http=None)  # type: ignore[arg-type]
    before = None
    for step, words in enumerate((matter(n), SUBMIT)):
        number = 7_000_000_000 + 2 * n + step
        xml = user.xml({"MsgType": "text", "Content": words, "MsgId": str(number)})

        def post(xml: str = xml) -> Request:
            signed = user.sign(xml)
            return Request("/wechat", signed.body, signed.headers, signed.params)

        def read(body: str) -> str | None:
            return user.read(200, body).text

        before = Event("wechat", f"msg:{number}", post, read, before)
        yield before


def plan(people: int, chance: random.Random) -> tuple[list[Event], list[Event]]:
    """The events, and the deliveries in the order in which they are tried: a fifth comes two or three times."""
    lines = [list(_telegram_person(n) if n % 2 else _wechat_person(n)) for n in range(people)]
    tries: list[list[Event]] = []
    for first, second in lines:
        later = [first] * _repeats(chance) + [second] * (1 + _repeats(chance))
        chance.shuffle(later)
        tries.append([first, *later])  # nobody answers what was not asked
    order = [n for n, mine in enumerate(tries) for _ in mine]
    chance.shuffle(order)
    deliveries: list[Event] = []
    for n in order:
        if tries[n]:
            event = tries[n].pop(0)
            deliveries.append(event)
            if tries[n] and tries[n][0] is event and chance.random() < 0.5:
                deliveries.append(tries[n].pop(0))  # again in the very same instant
    return [event for line in lines for event in line], deliveries


def _repeats(chance: random.Random) -> int:
    return chance.choice((1, 2)) if chance.random() < 0.2 else 0


def run_s1(databases: DatabaseFactory, *, long: bool = False, seed: int = 1) -> Report:
    """2,000 (10,000) events, a fifth of them repeated, 40 at once, SIGKILL every 2 s and at least ten times."""
    people = 5_000 if long else 1_000
    report = Report(f"S1 inbound flood, {2 * people:,} events")
    with ExitStack() as stack:
        url = stack.enter_context(databases())
        telegram, wechat = stack.enter_context(FakeTelegram()), stack.enter_context(FakeWeChatApi())
        sections = {"telegram": {"api_url": telegram.url}, "wechat": {"api_url": wechat.url}}
        running = stack.enter_context(program(url, sections))
        events, flood, tries = asyncio.run(_flood(running, people, seed, most_kills=2 * KILLS if long else KILLS))
        report.figures |= {"database": url.partition(":")[0], "deliveries": tries}
        _judge(report, events, flood, running)
        ended = running.stop()
        report.want(ended == 0, f"the program ends in order (exit code {ended})")
        audit = running.command("audit")
        report.figures["zhuoluo audit"] = f"{audit.stdout.strip()} (exit code {audit.returncode})"
        report.want(audit.returncode == 0, "zhuoluo audit is clean")
        found = leaks(running.logged())
        report.figures["secrets in the log"] = len(found)
        report.want(not found, f"no log line with a secret ({found})")
    return report


async def _flood(running: Program, people: int, seed: int, *, most_kills: int) -> tuple[list[Event], Flood, int]:
    events, deliveries = plan(people, random.Random(seed))
    flood = Flood(running, asyncio.Event())
    flood.serving.set()
    order = iter(deliveries)

    async def sender() -> None:
        line = Line(running.port)
        for event in order:
            await _deliver(flood, line, event)
        line.close()

    killer = asyncio.create_task(_killing(flood, events, most_kills))
    await asyncio.gather(*(sender() for _ in range(_AT_ONCE)))
    await killer
    return events, flood, len(deliveries)


async def _deliver(flood: Flood, line: Line, event: Event) -> None:
    """Until it is acknowledged, as the platforms do."""
    if event.after:
        await event.after.answered.wait()
    while True:
        await flood.serving.wait()
        kills, began = flood.kills, time.monotonic()
        try:
            status, body = await line.post(event.post())
        except Cut:
            flood.cut += 1
            await asyncio.sleep(0.01)
            continue
        if status == 200:
            event.acknowledged += 1
            if flood.kills == kills:
                flood.times.append(time.monotonic() - began)
            reply = event.read(body)
            if reply is not None:
                event.replies.append(reply)
            event.answered.set()
            return
        flood.refused += 1
        if status != 503:
            raise AssertionError(f"{event.platform} was answered {status}")
        await asyncio.sleep(0.05)


async def _killing(flood: Flood, events: Sequence[Event], most: int) -> None:
    """After 2 s of serving, or earlier where the flood would end before there were enough kills."""

    def done() -> int:
        return sum(event.acknowledged > 0 for event in events)

    while True:
        began = time.monotonic()
        share = len(events) * (flood.kills + 1) // (KILLS + 1) if flood.kills < KILLS else len(events)
        end = began + (2.0 if flood.kills < most else 600.0)
        while time.monotonic() < end and done() < share:
            await asyncio.sleep(0.02)
        flood.serving_seconds += time.monotonic() - began
        if done() == len(events):
            return
        flood.serving.clear()
        flood.kills += 1
        await asyncio.to_thread(flood.program.kill)
        acknowledged = {event.name for event in events if event.acknowledged}
        flood.lost |= acknowledged - await asyncio.to_thread(_stored, flood.program.database_url)
        await asyncio.to_thread(flood.program.start)
        flood.serving.set()


def _stored(url: str) -> set[tuple[str, str]]:
    with opened(url) as database, Session(database.reader) as session:
        return {(row.platform, row.event_key) for row in session.execute(select(Inbound.platform, Inbound.event_key))}


def _judge(report: Report, events: Sequence[Event], flood: Flood, running: Program) -> None:
    people = len(events) // 2
    stored = _stored(running.database_url)
    names = {event.name for event in events}
    lost = flood.lost | (names - stored)
    with opened(running.database_url) as database, Session(database.reader) as session:
        rows = session.scalar(select(func.count()).select_from(Inbound)) or 0
        failed = session.scalar(select(func.count()).where(Inbound.failed)) or 0
        serials = sorted(session.scalars(select(Issue.serial)))
        effects = {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Issue, IssueReport, HistoryEntry)
        }
    told = defaultdict(list)
    for event in events:
        for reply in set(event.replies):
            if event.after and (number := _NUMBER.search(reply)):
                told[int(number[1])].append(event.name)
    percentiles = quantiles(flood.times, n=100)
    report.figures |= {
        "distinct events": len(events),
        "inbound rows": rows,
        "effects": effects,
        "kills": flood.kills,
        "seconds of serving": round(flood.serving_seconds, 1),
        "events a second while serving": round(len(events) / flood.serving_seconds),
        "cut by a kill and sent again": flood.cut,
        "answered 503 and sent again": flood.refused,
        "acknowledged but missing": len(lost),
        "kept as broken": failed,
        "different replies to one event": sum(len(set(event.replies)) > 1 for event in events),
        "numbers told": f"{len(told)}, of {serials[-1] if serials else 0} given, gaps {_gaps(serials)}",
        "p50 / p99 / max between kills, ms": " / ".join(
            f"{1000 * seconds:.0f}" for seconds in (percentiles[49], percentiles[98], max(flood.times))
        ),
    }
    report.want(rows == len(events), "inbound rows = distinct events")
    report.want(set(effects.values()) == {people}, f"each effect once ({people})")
    report.want(not lost, "acknowledged but missing 0")
    report.want(flood.kills >= KILLS, "at least ten kills")
    report.want(failed == 0, "nothing broke")
    report.want(all(len(set(event.replies)) <= 1 for event in events), "the same reply each time")
    report.want(all(len(who) == 1 for who in told.values()), "no number is told to two people")
    report.want(serials == list(range(1, people + 1)), "numbers without gaps")
    report.want(percentiles[98] < 2.0, "p99 < 2 s between kills")


def _gaps(serials: Sequence[int]) -> int:
    return (serials[-1] if serials else 0) - len(set(serials))
