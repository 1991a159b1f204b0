"""A running web chat with a small conversation of its own behind it (it repeats what it hears), and its visitors."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot.clock import Clock
from bot.database import Database
from bot.errors import Busy
from bot.media import MediaStore
from bot.pages import routes as page_routes
from bot.platforms.base import Answer, Deps
from bot.platforms.webchat import WebChat
from bot.settings import Settings
from bot.settings_sections import PathSettings, WebChatSettings
from bot.transactions import Transactions, open_transactions
from handlers.messages import Button, Incoming, Outgoing
from models.member import Account, Member
from tests.fakes.server import LoopbackServer


@dataclass
class Echo:
    """Answers with what it heard and two buttons; remembers each event, as the inbox does."""

    transactions: Transactions
    clock: Clock
    answers: dict[str, Outgoing] = field(default_factory=dict)
    heard: list[Incoming] = field(default_factory=list)
    busy_after_storing: int = 0  # so many times the connection is lost between the commit and the answer

    async def answer(self, incoming: Incoming) -> Answer:
        if incoming.event_key in self.answers:
            return Answer(self.answers[incoming.event_key], repeated=True)
        said = incoming.text or incoming.press or f"{len(incoming.photos)}张照片"
        reply = Outgoing(f"您说：{said}", (Button("好", "s:1:0"), Button("受理", "n:7:0", "受理 31")))
        self.answers[incoming.event_key] = reply
        self.heard.append(incoming)
        await self.transactions.run(lambda session: self._meet(session, incoming.sender))
        if self.busy_after_storing:
            self.busy_after_storing -= 1
            raise Busy("full")
        return Answer(reply)

    def _meet(self, session: Session, sender: str) -> None:
        if session.scalar(select(Account.id).where(Account.external_id == sender)) is None:
            member = Member(created_at=self.clock.now())
            session.add(member)
            session.flush()
            session.add(Account(member_id=member.id, platform="webchat", external_id=sender))


@dataclass
class House:
    """A running web chat and what stands behind it."""

    url: str
    chat: WebChat
    echo: Echo
    deps: Deps
    loop: asyncio.AbstractEventLoop
    clients: ExitStack

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def visitor(self, path: str = "/chat") -> Visitor:
        return Visitor(self.browser(), path)

    def browser(self, **cookies: str) -> httpx.Client:
        """Closed with the house."""
        client = httpx.Client(base_url=self.url, headers={"X-Zhuoluo": "1"}, cookies=cookies, timeout=20)
        return self.clients.enter_context(client)


@dataclass
class Visitor:
    client: httpx.Client
    base: str

    def __post_init__(self) -> None:
        assert self.client.get(self.base).status_code == 200

    def say(self, text: str = "", **more: Any) -> httpx.Response:
        message = {"id": secrets.token_hex(16), "text": text, **more}
        return self.client.post(f"{self.base}/messages", json=message)

    def reads(self, after: int = 0) -> list[dict[str, Any]]:
        rows = self.client.get(f"{self.base}/messages", params={"after": after}).json()["messages"]
        assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
        return list(rows)

    def upload(self, data: bytes) -> httpx.Response:
        return self.client.post(f"{self.base}/photos", content=data, headers={"Content-Type": "image/jpeg"})


def settings_of(folder: Path, **changes: Any) -> Settings:
    return Settings(
        **{
            "paths": PathSettings(data=str(folder)),
            "webchat": WebChatSettings(cookie_secret=SecretStr("a secret for tests only"), upload_limit=200_000),
            **changes,
        }
    )


@contextmanager
def running(database: Database, folder: Path, **changes: Any) -> Iterator[House]:
    settings = settings_of(folder, **changes)
    transactions = open_transactions(database)
    deps = Deps(settings=settings, transactions=transactions, media=MediaStore(folder / "media"), clock=Clock())
    chat, echo = WebChat(deps), Echo(transactions, deps.clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        watch = asyncio.create_task(chat.run(echo.answer))
        yield
        watch.cancel()

    app = Starlette(routes=[*page_routes(deps), *chat.routes(echo.answer)], lifespan=lifespan)
    with LoopbackServer(app, lifespan=True) as server, ExitStack() as clients:
        house = House(server.url, chat, echo, deps, server.loop, clients)
        yield house
        house.do(chat.close())
        house.do(transactions.close())


def bubbles(rows: list[dict[str, Any]]) -> list[tuple[bool, str]]:
    return [(row["own"], row["text"]) for row in rows]


def picture() -> bytes:
    data = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "my own balcony"
    Image.new("RGB", (60, 40), "darkred").save(data, "JPEG", exif=exif)
    return data.getvalue()


def streamed(visitor: Visitor, count: int, *, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The first ``count`` rows the page is sent by itself."""
    rows: list[dict[str, Any]] = []
    if not count:
        return rows
    with visitor.client.stream("GET", f"{visitor.base}/events", headers=headers) as response:
        assert response.status_code == 200
        for line in response.iter_lines():
            if line.startswith("data: "):
                rows.append(json.loads(line[6:]))
                if len(rows) == count:
                    break
    return rows


def wait_until(condition: Callable[[], bool]) -> None:
    async def look() -> None:
        while not condition():
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(look(), 20))
