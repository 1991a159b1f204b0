"""What the tests of Telegram share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from bot.clock import ScaledClock
from bot.platforms.base import Deps
from bot.settings import Settings
from tests.fakes import telegram_updates as updates
from tests.fakes.telegram_api import FakeTelegram
from tests.platforms.contract import TELEGRAM_SECRET, settings

CHAT = 7001

Deliver = Callable[[updates.Update | bytes], int]


def telegram_settings(
    api: FakeTelegram, folder: Path, *, public_url: str = "http://127.0.0.1", **more: Any
) -> Settings:
    telegram = {"enabled": True, "token": api.token, "webhook_secret": TELEGRAM_SECRET, "api_url": api.url, **more}
    return settings(folder, telegram=telegram, server={"public_url": public_url})


def a_deps(api: FakeTelegram, folder: Path, *, clock: ScaledClock | None = None, **more: Any) -> Deps:
    given = telegram_settings(api, folder, **more)
    nothing = cast(Any, None)
    return Deps(given, nothing, nothing, clock or ScaledClock(200))


def wrong(update: updates.Update, *path: str | int, value: object) -> updates.Update:
    """The update with one value of a wrong type."""
    changed = json.loads(json.dumps(update))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return cast(updates.Update, changed)
