"""A Telegram bot behind its webhook, and the Bot API behind the bot; one of each for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.platforms.telegram import Telegram
from tests.fakes.telegram_api import FakeTelegram, State
from tests.platforms.contract import TELEGRAM_SECRET, Served, serve
from tests.platforms.telegram_stage import Deliver, telegram_settings


@pytest.fixture(scope="module")
def running_api() -> Iterator[FakeTelegram]:
    with FakeTelegram() as api:
        yield api


@pytest.fixture
def api(running_api: FakeTelegram) -> FakeTelegram:
    running_api.state = State()
    return running_api


@pytest.fixture(scope="module")
def running(running_api: FakeTelegram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("telegram")
    with serve(Telegram, folder, telegram_settings(running_api, folder, mode="webhook")) as served:
        yield served


@pytest.fixture
def served(running: Served) -> Served:
    running.recorder.forget()
    return running


@pytest.fixture
def deliver(api: FakeTelegram, served: Served) -> Deliver:
    return lambda update: api.deliver(f"{served.server.url}/telegram", update, secret=TELEGRAM_SECRET)
