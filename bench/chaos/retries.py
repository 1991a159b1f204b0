"""S2, WeChat's retries: each message comes one to three times, and the handler is slow (endurance.md).

The clock runs fast. What the machine itself loses (it is late by milliseconds, which the clock multiplies) is measured
beside and allowed for.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Scope, Send
from starlette.types import Receive as AsgiReceive

from bench.chaos.inbound import SENTENCE, SUBMIT
from bench.chaos.program import AES_KEY, APP_ID, WECHAT_TOKEN, settings_of
from bench.chaos_outbound import DatabaseFactory, Report
from bot.clock import ScaledClock
from bot.database import Database
from bot.delivery import Delivery
from bot.inbox import Inbox
from bot.media import MediaStore
from bot.platforms.base import Deps
from bot.platforms.wechat import WeChat
from bot.settings import Settings
from bot.transactions import open_transactions
from handlers import dispatcher
from handlers.context import House
from handlers.dispatcher import Received
from handlers.messages import Incoming, Kind
from models.conversation import Inbound
from models.issue import Issue
from models.notice import Notice, NoticeState
from services.audit import audit
from services.places import gazetteer
from services.sample import load_sample
from tests.database import opened
from tests.fakes.server import LoopbackServer
from tests.fakes.wechat_api import FakeWeChatApi
from tests.fakes.wechat_user import WeChatUser

_PAUSE = 5.0  # seconds between WeChat's tries
_PATIENCE = 4.5
_SLOWEST = 6.0


@dataclass(frozen=True)
class _Pace:
    """How the run is laid out. SQLite has one writer, which a slow handler blocks for all: few of them are slow."""

    clock_rate: float
    apart: float  # virtual seconds between two messages
    slow_share: float
    threads: int


_PACES = {"sqlite": _Pace(15.0, 0.7, 0.14, 8), "postgresql": _Pace(6.0, 0.12, 1.0, 48)}


@dataclass
class _Slow:
    """The dispatcher as the program runs it, slow within its transaction the first time each event comes."""

    clock: ScaledClock
    seconds: dict[str, float]
    calls: Counter[str] = field(default_factory=Counter)

    def __call__(self, session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        received = dispatcher.receive(session, incoming, at=at, house=house)
        if not received.repeated:
            self.calls[incoming.event_key] += 1
            time.sleep(self.clock.real(self.seconds.get(incoming.event_key, 0.0)))
        return received


class _Stopwatch:
    """From the request to the answer, on the server's side."""

    def __init__(self, app: ASGIApp, clock: ScaledClock) -> None:
        self._app, self._clock = app, clock
        self.took: list[float] = []

    async def __call__(self, scope: Scope, receive: AsgiReceive, send: Send) -> None:
        began = self._clock.monotonic()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["type"] == "http":
                self.took.append(self._clock.monotonic() - began)
            await send(message)

        await self._app(scope, receive, watch)


@dataclass
class _Line:
    """One person's message and what came back, delivery by delivery: (status, text or None)."""

    n: int
    user: WeChatUser
    key: str
    times: int
    answers: list[tuple[int, str | None]] = field(default_factory=list)


def run_s2(databases: DatabaseFactory, *, long: bool = False, seed: int = 2) -> Report:
    """500 messages delivered one to three times, 5 s apart; the handler takes 0 to 6 s."""
    report = Report("S2 WeChat's retries, 500 messages")
    chance = random.Random(seed)
    with ExitStack() as stack:
        database = stack.enter_context(opened(stack.enter_context(databases())))
        pace = _PACES[database.dialect]
        clock = ScaledClock(pace.clock_rate)
        api = stack.enter_context(FakeWeChatApi(now=clock.now))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sections = {"wechat": {"api_url": api.url}, "delivery": {"poll_seconds": 2.0}}
        settings = Settings.model_validate(settings_of(str(database.url), folder, sections))
        lines = [
            _Line(n, _user(n, clock), f"msg:{8_000_000_000 + n}", chance.randint(1, 3)) for n in range(500)
        ]
        seconds = {
            line.key: chance.uniform(0.0, _SLOWEST) if chance.random() < pace.slow_share else 0.0 for line in lines
        }
        _prepare(database, lines, settings, clock)
        slow = _Slow(clock, seconds)
        watched, lag = asyncio.run(_deliver_all(database, settings, clock, slow, lines, pace))
        _judge(report, database, lines, api, clock, watched, lag)
        report.figures |= {"handler, s": f"0 to {max(seconds.values()):.1f}", "database": database.dialect}
        report.want(set(slow.calls.values()) == {1}, "each message is handled once")
    return report


def _user(n: int, clock: ScaledClock) -> WeChatUser:
    openid = f"oRetry_{n:020d}"
    return WeChatUser("", WECHAT_TOKEN, APP_ID, AES_KEY, openid=openid, now=clock.now, http=None)  # type: ignore[arg-type]


def _prepare(database: Database, lines: list[_Line], settings: Settings, clock: ScaledClock) -> None:
    """The sample community, and everybody with the card of a report in front of them."""
    with Session(database.engine, expire_on_commit=False) as session:
        load_sample(session, at=clock.now(), consent_version=settings.consent.version)
        house = House(settings.house_rules(), gazetteer(session))
        for line in lines:
            incoming = Incoming("wechat", f"before:{line.n}", line.user.openid, Kind.TEXT, text=SENTENCE)
            dispatcher.receive(session, incoming, at=clock.now(), house=house)
        session.commit()


async def _deliver_all(
    database: Database, settings: Settings, clock: ScaledClock, slow: _Slow, lines: list[_Line], pace: _Pace
) -> tuple[list[float], float]:
    wide = Database.open(str(settings.database.url), pool_size=pace.threads)
    transactions = open_transactions(wide)
    deps = Deps(settings, transactions, MediaStore(settings.paths.data / "media"), clock)
    platform = WeChat(deps)
    with Session(database.reader) as session:
        house = House(settings.house_rules(), gazetteer(session))
    inbox = Inbox(transactions, clock, house, receive=slow)
    delivery = Delivery(transactions, {"wechat": platform}, clock, settings)
    lag = 0.0

    async def measure_lag() -> None:
        nonlocal lag
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.002)
            lag = max(lag, time.monotonic() - began - 0.002)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(delivery.run()), asyncio.create_task(measure_lag())]
        yield
        await inbox.close()
        await _until(lambda: _settled(database), 30)
        delivery.stop()
        tasks[1].cancel()
        await asyncio.wait(tasks)
        await platform.close()
        await transactions.close()
        wide.close()

    stopwatch = _Stopwatch(Starlette(routes=list(platform.routes(inbox.answer)), lifespan=lifespan), clock)
    with LoopbackServer(stopwatch, lifespan=True) as server:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=server.url, timeout=30, limits=limits, trust_env=False) as http:
            began = clock.monotonic()
            await asyncio.gather(*(_deliver(http, line, clock, began + line.n * pace.apart) for line in lines))
        await asyncio.to_thread(server.stop)
    return stopwatch.took, lag


async def _deliver(http: httpx.AsyncClient, line: _Line, clock: ScaledClock, at: float) -> None:
    """The first try, and the others 5 s after the one before, whatever was answered."""
    xml = line.user.xml({"MsgType": "text", "Content": SUBMIT, "MsgId": line.key.removeprefix("msg:")})

    async def once(at: float) -> None:
        await clock.sleep(max(0.0, at - clock.monotonic()))
        post = line.user.sign(xml)
        response = await http.post("/wechat", params=post.params, content=post.body, headers=post.headers)
        line.answers.append((response.status_code, line.user.read(response.status_code, response.text).text))

    await asyncio.gather(*(once(at + n * _PAUSE) for n in range(line.times)))


async def _until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(holds) and time.monotonic() < end:
        await asyncio.sleep(0.05)


def _settled(database: Database) -> bool:
    with Session(database.reader) as session:
        waiting = Notice.state.in_((NoticeState.OWED, NoticeState.SENDING))
        return not session.scalar(select(func.count()).where(Notice.kind == "late_reply", waiting))


def _judge(
    report: Report,
    database: Database,
    lines: list[_Line],
    api: FakeWeChatApi,
    clock: ScaledClock,
    took: list[float],
    lag: float,
) -> None:
    with Session(database.reader) as session:
        keys = [line.key for line in lines]
        inbound = {
            row.event_key: row
            for row in session.execute(
                select(Inbound.event_key, Inbound.reply, Inbound.late, Inbound.failed).where(Inbound.event_key.in_(keys))
            )
        }
        issues = session.scalar(select(func.count()).select_from(Issue)) or 0
        breaches = audit(session, at=clock.now())
    followed = defaultdict(list)
    for message in api.accepted:
        followed[message.to].append(message.text)
    passive = late = unheard = 0
    wrong: list[int] = []
    for line in lines:
        stored = inbound.get(line.key)
        texts = {text for _, text in line.answers if text is not None}
        follow = followed[line.user.openid]
        reply = stored.reply["text"] if stored and stored.reply else ""
        statuses = {status for status, _ in line.answers}
        if stored is None or not statuses <= {200, 503}:
            wrong.append(line.n)
        elif stored.late:
            late += 1
            if texts or len(follow) != 1 or not follow[0].startswith(reply):
                wrong.append(line.n)
        else:
            passive += bool(texts)
            unheard += not texts
            if follow or not texts or not all(text.startswith(reply) for text in texts) or len(texts) > 1:
                wrong.append(line.n)
    busy = sum(status == 503 for line in lines for status, _ in line.answers)
    report.figures |= {
        "deliveries": sum(line.times for line in lines),
        "inbound rows / issues": f"{len(inbound)} / {issues}",
        "answered in the reply": passive,
        "answered late, by one customer-service message": late,
        "answered 503 (not stored yet)": busy,
        "wrong or twice": len(wrong),
        "slowest answer, virtual s": f"{max(took):.2f}",
        "of which the machine's own hiccup may be": f"{lag * clock.rate:.2f}",
        "answered above 4.5 s": sum(seconds > _PATIENCE for seconds in took),
    }
    report.want(len(inbound) == len(lines) and issues == len(lines), "one effect each")
    report.want(not any(row.failed for row in inbound.values()), "nothing broke")
    report.want(not wrong and unheard == 0, f"the same reply each time, or once by message (wrong: {wrong[:5]})")
    report.want(late > 0, "some answers were late")
    report.want(max(took) <= _PATIENCE + lag * clock.rate, "answered within 4.5 s always")
    report.want(not breaches, f"audit is clean ({breaches[:3]})")
