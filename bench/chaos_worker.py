"""A delivery process for the chaos runs: ``python -m bench.chaos_worker ORDERS``, where ORDERS is JSON.

It opens everything, prints ``ready``, waits for a line on its input and delivers until its input ends or it is killed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.clock import Clock, ScaledClock
from bot.database import Database
from bot.delivery import Delivery
from bot.media import MediaStore
from bot.platforms.base import Deps, Limits, Platform
from bot.platforms.telegram import Telegram
from bot.settings import Settings
from bot.settings_sections import DatabaseSettings, DeliverySettings, TelegramSettings, WeChatSettings
from bot.transactions import open_transactions
from tests.fakes.telegram_api import TOKEN


@dataclass(frozen=True)
class Orders:
    """``per_second`` None: no limit. ``clock_rate``: virtual seconds in a real one, counted from ``clock_start``."""

    database: str
    telegram: str
    wechat: str = ""
    per_second: float | None = None
    chat_interval: float = 0.0
    delivery: dict[str, Any] = field(default_factory=dict)
    clock_rate: float = 1.0
    clock_start: float = 0.0  # seconds since the epoch, on the wall
    late_slot: float = 0.02

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def clock(self) -> Clock:
        """The same virtual time in every process."""
        if self.clock_rate == 1.0:
            return Clock()
        passed = (time.time() - self.clock_start) * self.clock_rate
        return ScaledClock(self.clock_rate, datetime.fromtimestamp(self.clock_start + passed, UTC))

    def settings(self) -> Settings:
        return Settings(
            database=DatabaseSettings(url=self.database),
            delivery=DeliverySettings(**self.delivery),
            telegram=TelegramSettings(
                enabled=True,
                token=SecretStr(TOKEN),
                api_url=self.telegram,
                messages_per_second=self.per_second or 30,
                chat_interval_seconds=self.chat_interval,
            ),
            wechat=WeChatSettings(
                enabled=bool(self.wechat),
                mode="plaintext",
                app_id="wx0123456789abcdef",
                app_secret=SecretStr("app-secret-of-the-fake-0123456789"),
                token=SecretStr("token-of-the-fake"),
                api_url=self.wechat or "http://127.0.0.1:9",
            ),
        )


async def deliver(orders: Orders) -> None:
    settings, clock = orders.settings(), orders.clock()
    database = Database.open(settings.database.url, busy_timeout=10, pool_size=4)
    transactions = open_transactions(database)
    with tempfile.TemporaryDirectory() as folder:
        deps = Deps(settings=settings, transactions=transactions, media=MediaStore(Path(folder)), clock=clock)
        telegram = Telegram(deps)
        if orders.per_second is None:
            telegram.limits = Limits(chat_interval=orders.chat_interval)
        platforms: dict[str, Platform] = {"telegram": telegram}
        if orders.wechat:
            from bot.platforms.wechat import WeChat  # only where it is needed: a spare worker should be ready soon

            platforms["wechat"] = WeChat(deps)
        delivery = Delivery(transactions, platforms, clock, settings, late_slot=orders.late_slot)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        running = asyncio.create_task(delivery.run())
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
        delivery.stop()
        await running
        for platform in platforms.values():
            await platform.close()
    await transactions.close()
    database.close()


if __name__ == "__main__":
    asyncio.run(deliver(Orders(**json.loads(sys.argv[1]))))
