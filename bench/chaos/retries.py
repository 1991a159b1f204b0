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

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Scope, Send
from starlette.types import Receive as AsgiReceive

from bench.chaos.inbound import SUBMIT, matter
from bench.chaos.line import Line, Request
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
from models.member import Account
from models.notice import Notice, NoticeState
from services.audit import audit
from services.places import gazetteer
from services.sample import load_sample
from tests.database import opened
from tests.fakes.server import LoopbackServer
from tests.fakes.wechat_api import FakeWeChatApi
from tests.fakes.wechat_user import WeChatUser

Span = tuple[float, float]

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


_PACES = {"sqlite": _Pace(8.0, 0.5, 0.05, 8), "postgresql": _Pace(5.0, 0.25, 0.7, 32)}


@dataclass
class _Slow:
    """The dispatcher as the program runs it, slow the first time each event comes, its person's row locked as ever."""

    clock: ScaledClock
    seconds: dict[str, float]
    calls: Counter[str] = field(default_factory=Counter)

    def __call__(self, session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        mine = select(Account.id).where(Account.external_id == incoming.sender).with_for_update()
        session.execute(mine).all()
        time.sleep(self.clock.real(self.seconds.pop(incoming.event_key, 0.0)))
        received = dispatcher.receive(session, incoming, at=at, house=house)
        self.calls[incoming.event_key] += not received.repeated
        return received


class _Stopwatch:
    """From the request to the answer, on the server's side."""

    def __init__(self, app: ASGIApp, clock: ScaledClock) -> None:
        self._app, self._clock = app, clock
        self.took: list[Span] = []  # began, ended

    async def __call__(self, scope: Scope, receive: AsgiReceive, send: Send) -> None:
        began = self._clock.monotonic()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["type"] == "http":
                self.took.append((began, self._clock.monotonic()))
            await send(message)

        await self._app(scope, receive, watch)


@dataclass
class _Line:
    """One person's message and what came back, delivery by delivery: (status, text or None)."""

    n: int
    user: WeChatUser
    key: str
    times: int  # planned
    answers: dict[int, tuple[int, str | None]] = field(default_factory=dict)


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
        sections: dict[str, dict[str, Any]] = {"wechat": {"api_url": api.url}, "delivery": {"poll_seconds": 2.0}}
        settings = Settings.model_validate(settings_of(str(database.url), folder, sections))
        lines = [_Line(n, _user(n, clock), f"msg:{8_000_000_000 + n}", chance.randint(1, 3)) for n in range(500)]
        seconds = {
            line.key: chance.uniform(0.0, _SLOWEST) if chance.random() < pace.slow_share else 0.0 for line in lines
        }
        _prepare(database, lines, settings, clock)
        slowest = max(seconds.values())
        slow = _Slow(clock, seconds)
        took, hiccups = asyncio.run(_deliver_all(database, settings, clock, slow, lines, pace))
        _judge(report, database, lines, api, clock, took, hiccups)
        report.figures |= {"handler, s": f"0 to {slowest:.1f}", "database": database.dialect}
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
            incoming = Incoming("wechat", f"before:{line.n}", line.user.openid, Kind.TEXT, text=matter(line.n))
            dispatcher.receive(session, incoming, at=clock.now(), house=house)
        session.commit()


async def _deliver_all(
    database: Database, settings: Settings, clock: ScaledClock, slow: _Slow, lines: list[_Line], pace: _Pace
) -> tuple[list[Span], list[Span]]:
    wide = Database.open(str(settings.database.url), pool_size=pace.threads)
    transactions = open_transactions(wide)
    deps = Deps(settings, transactions, MediaStore(settings.paths.data / "media"), clock)
    platform = WeChat(deps)
    with Session(database.reader) as session:
        house = House(settings.house_rules(), gazetteer(session))
    inbox = Inbox(transactions, clock, house, receive=slow)
    delivery = Delivery(transactions, {"wechat": platform}, clock, settings)
    hiccups: list[Span] = []

    async def watch_for_hiccups() -> None:
        while True:
            began = clock.monotonic()
            await asyncio.sleep(0.002)
            if (ended := clock.monotonic()) - began > clock.rate * 0.003:
                hiccups.append((began, ended))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(delivery.run()), asyncio.create_task(watch_for_hiccups())]
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
        began = clock.monotonic()
        await asyncio.gather(*(_deliver(server.port, line, clock, began + line.n * pace.apart) for line in lines))
        await asyncio.to_thread(server.stop)
    return stopwatch.took, hiccups


async def _deliver(port: int, line: _Line, clock: ScaledClock, at: float) -> None:
    """As often as planned, 5 s apart whatever was answered before; and three times in all while it is not taken."""
    xml = line.user.xml({"MsgType": "text", "Content": SUBMIT, "MsgId": line.key.removeprefix("msg:")})

    async def once(n: int) -> None:
        await clock.sleep(max(0.0, at + n * _PAUSE - clock.monotonic()))
        post = line.user.sign(xml)
        connection = Line(port)
        status, body = await connection.post(Request("/wechat", post.body, post.headers, post.params))
        connection.close()
        line.answers[n] = (status, line.user.read(status, body).text)

    planned = [asyncio.create_task(once(n)) for n in range(line.times)]
    await asyncio.gather(*planned)
    while line.answers[len(line.answers) - 1][0] != 200 and len(line.answers) < 3:
        await once(len(line.answers))


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
    took: list[Span],
    hiccups: list[Span],
) -> None:
    with Session(database.reader) as session:
        keys = [line.key for line in lines]
        inbound = {
            row.event_key: row
            for row in session.execute(
                select(Inbound.event_key, Inbound.reply, Inbound.failed).where(Inbound.event_key.in_(keys))
            )
        }
        issues = session.scalar(select(func.count()).select_from(Issue)) or 0
        breaches = audit(session, at=clock.now())
    followed = defaultdict(list)
    for message in api.accepted:
        followed[message.to].append(message.text)
    passive = late = 0
    wrong: list[str] = []
    for line in lines:
        stored, texts = inbound.get(line.key), [text for _, text in line.answers.values() if text is not None]
        reply = stored.reply["text"] if stored and stored.reply else "?"
        # Who is asked again has not got the answer before: the last one counts, or the message that follows.
        last, by_message = line.answers[len(line.answers) - 1][1], followed[line.user.openid]
        late += len(by_message)
        passive += last is not None
        if (
            len({*texts, *by_message}) != 1
            or not all(words.startswith(reply) for words in (*texts, *by_message))
            or len(by_message) + (last is not None) != 1
            or not {status for status, _ in line.answers.values()} <= {200, 503}
        ):
            wrong.append(f"{line.n}: answered {line.answers}, by message {by_message}, stored {reply!r}")
    busy = sum(status == 503 for line in lines for status, _ in line.answers.values())
    over = [span for span in took if span[1] - span[0] > _PATIENCE]
    unexplained = [span for span in over if span[1] - span[0] - _stalled(hiccups, span) > _PATIENCE]
    report.figures |= {
        "deliveries": sum(len(line.answers) for line in lines),
        "inbound rows / issues": f"{len(inbound)} / {issues}",
        "answered in the reply": passive,
        "answered late, by a customer-service message": late,
        "answered 503 (not stored yet)": busy,
        "not answered, differently, or twice": len(wrong),
        "slowest answer, virtual s": f"{max(ended - began for began, ended in took):.2f}",
        "after 4.5 s": f"{len(over)}, of these not by a hiccup of the machine {len(unexplained)}",
    }
    report.want(len(inbound) == len(lines) and issues == len(lines), "one effect each")
    report.want(not any(row.failed for row in inbound.values()), "nothing broke")
    report.want(not wrong, f"the same reply each time, or once by message (wrong: {wrong[:3]})")
    report.want(late > 0, "some answers were late")
    report.want(not unexplained, "answered within 4.5 s always")
    report.want(not breaches, f"audit is clean ({breaches[:3]})")


def _stalled(hiccups: list[Span], span: Span) -> float:
    """How long the machine ran nothing of ours around the moment when the answer was to leave."""
    due = span[0] + _PATIENCE - 0.5
    return sum(min(ended, span[1]) - began for began, ended in hiccups if ended > due and began < span[1])
