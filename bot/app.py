"""Wiring: one ASGI application out of the database, the platforms, delivery, timetable and pages."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import minutes_pages, pages
from bot.clock import Clock
from bot.database import Database, MigrationState, migration_state
from bot.engine import EmbeddedEngine, Engine
from bot.errors import Busy, Unusable
from bot.health import Health
from bot.inbox import Inbox
from bot.media import MediaStore
from bot.metrics import Metrics
from bot.models_given import own_model
from bot.platforms.base import Deps, Platform
from bot.platforms.telegram import Telegram
from bot.platforms.webchat import WebChat
from bot.platforms.webchat_browser import guarded
from bot.platforms.wechat import WeChat
from bot.settings import Settings, problems, with_generated_secrets
from bot.transactions import Transactions, open_transactions
from handlers import dispatcher
from handlers.context import House
from handlers.dispatcher import Received
from handlers.messages import Incoming
from handlers.web.pages import missing
from services.places import gazetteer, gazetteer_version
from services.vitals import schema_version
from texts import text
from understanding import Gazetteer, prepare

log = logging.getLogger(__name__)

_NAMES_EVERY = 3.0  # seconds between looks whether places were added
_BREATH = 0.05  # seconds in which answers gather before somebody looks what they owe


def create_app(
    settings: Settings, *, clock: Clock | None = None, on_failure: Callable[[], None] | None = None
) -> Starlette:
    """The application on a migrated database; everything is opened by its lifespan.

    ``on_failure`` is called when a background task died: the process must end, so that a supervisor starts it again.
    Raises :class:`Unusable` for settings that contradict themselves.
    """
    if wrong := problems(settings):
        raise Unusable("\n".join(wrong))
    running = Running(with_generated_secrets(settings), clock or Clock(), on_failure or _ask_to_end)
    app = Starlette(
        routes=running.routes(),
        lifespan=running.lifespan,
        middleware=[Middleware(_Apology)],
        exception_handlers={HTTPException: _refusal},
    )
    app.state.running = running
    return app


def _ask_to_end() -> None:
    signal.raise_signal(signal.SIGTERM)


class Running:
    """What lives as long as the application does."""

    def __init__(self, settings: Settings, clock: Clock, on_failure: Callable[[], None]) -> None:
        self.settings = settings
        self.fallen: list[str] = []
        self._on_failure = on_failure
        self._clock = clock
        _check_schema(settings.database.url)
        self._database = Database.open(
            settings.database.url,
            busy_timeout=settings.database.busy_timeout_seconds,
            pool_size=settings.database.pool_size,
        )
        with Session(self._database.reader) as session:
            self._version = schema_version(session)
        self.transactions: Transactions = open_transactions(self._database)
        store = MediaStore(settings.paths.data / "media")
        self.deps = Deps(settings, self.transactions, store, clock)
        self.platforms = _platforms(self.deps)
        self.house = House(
            settings.house_rules(),
            Gazetteer.build([]),
            settings.server.public_url,
            own_model(settings),
            Path(settings.papers.templates) if settings.papers.templates else None,
            page_secret=settings.webchat.cookie_secret.get_secret_value(),
        )
        self.metrics = Metrics(self.transactions, clock)
        self.inbox = Inbox(self.transactions, clock, self.house, receive=self._receive, on_answer=self._note_answer)
        self.engine: Engine = EmbeddedEngine(
            self.transactions,
            self.platforms,
            store,
            self.deps.documents,
            clock,
            settings,
            self.house,
            on_findings=self.metrics.note_findings,
        )
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._names: tuple[int | None, ...] = ()
        self._waking = False

    def routes(self) -> list[BaseRoute]:
        health = Health(self.transactions, version=self._version, fallen=lambda: self.fallen)
        found: list[BaseRoute] = [
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
            Route("/metrics", self.metrics.scrape),
        ]
        if self.settings.run.platforms:
            for platform in self.platforms.values():
                found += platform.routes(self.inbox.answer)
        if self.settings.run.pages:
            found += pages.routes(self.deps)
            found += minutes_pages.routes(self.deps)
        return found

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        await self._look_for_names()
        self._start("jieba", asyncio.to_thread(prepare, self.settings.paths.data / "cache"))
        self._start("names", self._follow_names())
        self._start("engine", self.engine.run())
        if self.settings.run.platforms:
            for platform in self.platforms.values():
                self._start(platform.name, platform.run(self.inbox.answer))
        try:
            yield
        finally:
            await self._stop()

    def let_go(self) -> None:
        """Ends what would keep connections open, so that the server can finish the rest in peace."""
        webchat = self.platforms.get("webchat")
        if isinstance(webchat, WebChat):
            webchat.streams.close()

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that dies takes the process with it, rather than leave it half alive (endurance.md)."""
        if task.cancelled() or task.exception() is None:
            return
        error = task.exception()
        name = getattr(error, "__notes__", [task.get_name()])[0]  # the engine notes which part of it died
        where = "".join(traceback.format_tb(error.__traceback__)) if error else ""
        log.critical("%s died: %s\n%s", name, type(error).__name__, where)
        self.fallen.append(name)
        self._on_failure()

    async def _stop(self) -> None:
        """Nothing new comes in; what was begun is answered, sent and recorded; then the database is let go."""
        self.let_go()
        await self._end([*self.platforms, "names"])
        await self.inbox.close()
        await self.engine.stop()
        await self._end(["engine", "jieba"])
        for platform in self.platforms.values():
            await platform.close()
        await self.transactions.close()
        self._database.close()

    async def _end(self, names: list[str]) -> None:
        tasks = {self._tasks[name] for name in names if name in self._tasks}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _follow_names(self) -> None:
        while True:
            await asyncio.sleep(_NAMES_EVERY)
            try:
                await self._look_for_names()
            except Busy:
                continue

    async def _look_for_names(self) -> None:
        newest = await self.transactions.read(gazetteer_version)
        if newest != self._names:
            self.house = replace(self.house, gazetteer=await self.transactions.read(gazetteer))
            self._names = newest

    def _receive(self, session: Session, incoming: Incoming, *, at: datetime, house: House) -> Received:
        """With the names as they are now, not as they were when the inbox was made."""
        return dispatcher.receive(session, incoming, at=at, house=self.house)

    def _note_answer(self, platform: str, outcome: str, seconds: float) -> None:
        self.metrics.note_answer(platform, outcome, seconds)
        if not self._waking:
            self._waking = True
            asyncio.get_running_loop().call_later(_BREATH, self._wake)

    def _wake(self) -> None:
        self._waking = False
        self.engine.wake()


def _check_schema(url: str) -> None:
    """Before anything is opened: tables of another version are not touched."""
    match migration_state(url):
        case MigrationState.CURRENT:
            return
        case MigrationState.NEWER:
            raise Unusable(text("app.database_newer"))
        case _:
            raise Unusable(text("app.not_migrated"))


def _platforms(deps: Deps) -> dict[str, Platform]:
    found: list[Platform] = []
    if deps.settings.webchat.enabled:
        found.append(WebChat(deps))
    if deps.settings.telegram.enabled:
        found.append(Telegram(deps))
    if deps.settings.wechat.enabled:
        found.append(WeChat(deps))
    return {platform.name: platform for platform in found}


async def _refusal(request: Request, error: Exception) -> Response:
    """A page for whoever reads pages, a line for whoever does not."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    if status == 404 and "text/html" in request.headers.get("accept", ""):
        public_url = request.app.state.running.settings.server.public_url
        return guarded(HTMLResponse(missing(), 404), public_url, personal=False)
    return PlainTextResponse(text("app.refused", status=status) + "\n", status, headers=headers)


class _Apology:
    """Whatever breaks, the person gets a sentence with a number, the log where it broke, and nobody a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Busy:
            await self._say(503, text("app.busy"), begun, scope, receive, send)
        except Exception as error:
            number = secrets.token_hex(4)
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("request %s broke: %s\n%s", number, type(error).__name__, where)
            await self._say(500, text("app.broken", number=number), begun, scope, receive, send)

    async def _say(self, status: int, words: str, begun: bool, scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            return  # too late for a sentence; the connection is cut
        await PlainTextResponse(words + "\n", status, headers={"Retry-After": "5"})(scope, receive, send)
