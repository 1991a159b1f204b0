"""WeChat at our real door: the platform behind a loopback server, and somebody inside who answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.applications import Starlette

from bot.clock import Clock
from bot.media import MediaStore
from bot.platforms.base import Answer, Busy, Deps
from bot.platforms.wechat import WeChat
from bot.settings import Settings
from bot.settings_sections import DeliverySettings, PathSettings, ServerSettings, WeChatSettings
from bot.transactions import open_transactions
from handlers.messages import Incoming, Outgoing
from tests.database import fresh_database, opened
from tests.fakes.server import LoopbackServer
from tests.fakes.wechat_user import WeChatUser

TOKEN = "token-of-the-account"
APP_ID = "wx0123456789abcdef"
SECRET = "app-secret-of-the-fake-0123456789"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OTHER_KEY = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvuE"


class StillClock(Clock):
    """A clock that somebody else sets; waiting takes real time."""

    def __init__(self, at: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def settings(*, patience: float = 20, **wechat: Any) -> Settings:
    """``patience``: seconds in which a message must have left; short only for a peer that is to hang."""
    given = {"app_id": APP_ID, "app_secret": SECRET, "token": TOKEN, "encoding_aes_key": AES_KEY} | wechat
    return Settings(
        wechat=WeChatSettings.model_validate(given),
        server=ServerSettings(public_url="https://zhuoluo.example"),
        delivery=DeliverySettings(timeout_seconds=patience),
    )


@contextmanager
def deps(clock: Clock, url: str = "", **wechat: Any) -> Iterator[Deps]:
    """``url``: of a migrated database; without it an SQLite file of its own."""
    if not url:
        with fresh_database("sqlite") as own, deps(clock, own, **wechat) as made:
            yield made
        return
    with opened(url) as database, TemporaryDirectory() as folder:
        transactions = open_transactions(database)
        try:
            given = settings(**wechat).model_copy(update={"paths": PathSettings(data=Path(folder))})
            yield Deps(given, transactions, MediaStore(Path(folder)), clock)
        finally:
            asyncio.run(transactions.close())


@dataclass
class Desk:
    """Whoever answers. ``answers``: what to say to the next events, in order."""

    heard: list[Incoming] = field(default_factory=list)
    answers: list[Answer | Outgoing | Busy] = field(default_factory=list)
    patience: list[float | None] = field(default_factory=list)

    async def __call__(self, incoming: Incoming, *, answer_within: float | None = None) -> Answer:
        self.heard.append(incoming)
        self.patience.append(answer_within)
        said = self.answers.pop(0) if self.answers else Outgoing("收到")
        if isinstance(said, Busy):
            raise said
        return said if isinstance(said, Answer) else Answer(said)


@dataclass
class Stage:
    desk: Desk
    user: WeChatUser
    clock: StillClock
    server: LoopbackServer
    platform: WeChat


@contextmanager
def stage(url: str = "", *, mode: str = "safe", user_key: str = AES_KEY, **wechat: Any) -> Iterator[Stage]:
    clock, desk = StillClock(), Desk()
    with deps(clock, url, mode=mode, **wechat) as made:
        platform = WeChat(made)
        with LoopbackServer(Starlette(routes=list(platform.routes(desk)))) as server:
            key = user_key if mode == "safe" else ""
            with WeChatUser(server.url, TOKEN, APP_ID, key, now=clock.now) as user:
                yield Stage(desk, user, clock, server, platform)
            asyncio.run_coroutine_threadsafe(platform.close(), server.loop).result(10)
