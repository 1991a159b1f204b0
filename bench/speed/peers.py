"""The same dialogue by the usual libraries, in process: an update as Telegram sends it in, the answer to Telegram out.

Everybody parses the same bytes, keeps the conversation and makes the parameters of the same ``sendMessage``; nobody
sends them. A peer remembers sentence, place and confirmation in its conversation state and nothing else: no issue, no
history, no notices, no limits. python-telegram-bot keeps its state with PicklePersistence, flushed after each update as
durability asks; aiogram keeps it in memory. Ours writes all it always writes, durably, to SQLite.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.speed.intake import Server, listening
from bench.speed.intake import ours as ours_served
from bench.speed.measure import ROUNDS, heading, interleaved, ratios, tell, tell_ratio
from bench.speed.town import STEPS, dialogue, house, settle
from bot.clock import Clock
from bot.inbox import Inbox
from bot.platforms.telegram_parse import parse_body
from bot.platforms.telegram_render import render
from bot.transactions import open_transactions
from tests.database import fresh_database, opened
from tests.fakes import telegram_updates
from tests.fakes.telegram_api import TOKEN

IN_FLIGHT = 16
Handle = Callable[[bytes], Awaitable[None]]


def updates(first: int, residents: int) -> list[list[bytes]]:
    """For each resident, what they send."""
    return [
        [
            json.dumps(telegram_updates.text(resident * 10 + step, resident, words), ensure_ascii=False).encode()
            for step, words in enumerate(dialogue(resident))
        ]
        for resident in range(first, first + residents)
    ]


async def _talk(handle: Handle, residents: list[list[bytes]], in_flight: int) -> float:
    """Messages a second."""
    waiting = iter(residents)

    async def one() -> None:
        for messages in waiting:
            for body in messages:
                await handle(body)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(in_flight)))
    return len(residents) * STEPS / (time.perf_counter() - began)


class Ours:
    def __init__(self, url: str) -> None:
        self._url = url

    async def talk(self, residents: list[list[bytes]]) -> float:
        with opened(self._url) as database:
            with Session(database.reader) as session:
                here = house(session)
            transactions = open_transactions(database)
            inbox = Inbox(transactions, Clock(), here)

            async def handle(body: bytes) -> None:
                parsed = parse_body(body)
                assert parsed
                answer = await inbox.answer(parsed.incoming)
                rendered = render(answer.outgoing)
                assert rendered.texts
                if rendered.keyboard is not None:
                    rendered.keyboard.to_dict()

            found = await _talk(handle, residents, IN_FLIGHT)
            await transactions.close()
            return found


async def ptb(residents: list[list[bytes]], known: int, folder: Path) -> float:
    """``known``: users whose conversations are stored already. One update at a time: a ConversationHandler needs it."""
    from telegram import ReplyKeyboardMarkup, Update
    from telegram.ext import (
        Application,
        ContextTypes,
        ConversationHandler,
        ExtBot,
        MessageHandler,
        PicklePersistence,
        filters,
    )
    from telegram.request import BaseRequest

    class Nowhere(BaseRequest):
        """Takes every call and sends nothing."""

        read_timeout = 1.0

        async def initialize(self) -> None: ...
        async def shutdown(self) -> None: ...
        async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
            return 200, b'{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"x"}}'

    Context = ContextTypes.DEFAULT_TYPE
    keyboard = ReplyKeyboardMarkup([["同意并提交", "修改", "不提交"]])

    async def say(update: Update, words: str) -> None:
        assert update.message
        await update.message.reply_text(words, reply_markup=keyboard)

    async def sentence(update: Update, context: Context) -> int:
        assert update.message
        assert context.user_data is not None
        context.user_data["words"] = update.message.text
        await say(update, f"收到您反映的问题：\n{update.message.text}")
        return 0

    async def submit(update: Update, context: Context) -> int:
        assert context.user_data is not None
        context.user_data.setdefault("reports", []).append(context.user_data.pop("words"))
        await say(update, "已收到，编号 LN-2026-0001。您住在这里吗？")
        return 1

    async def home(update: Update, context: Context) -> int:
        await say(update, "好的。以后想登记，回复“登记住址”。")
        return 2

    async def progress(update: Update, context: Context) -> int:
        assert context.user_data is not None
        await say(update, "您有 1 件事：\n" + "\n".join(context.user_data["reports"]))
        return ConversationHandler.END

    def on(act: Callable[[Update, Context], Awaitable[int]]) -> list[MessageHandler[Context, int]]:
        return [MessageHandler(filters.TEXT, act)]

    store = PicklePersistence(folder / f"known-{known}.pickle", update_interval=3600)
    app = (
        Application.builder()
        .bot(ExtBot(TOKEN, request=Nowhere(), get_updates_request=Nowhere()))
        .persistence(store)
        .build()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        talk = ConversationHandler(
            entry_points=on(sentence),
            states={0: on(submit), 1: on(home), 2: on(progress)},
            fallbacks=[],
            name="report",
            persistent=True,
        )
    app.add_handler(talk)
    app.bot._bot_user = _bot_user()
    app._initialized = True
    await app._initialize_persistence()
    for user in range(known):
        await store.update_user_data(-user - 1, {"words": dialogue(user)[0], "reports": [dialogue(user)[0]]})
        await store.update_conversation("report", (-user - 1, -user - 1), 1)

    async def handle(body: bytes) -> None:
        await app.process_update(Update.de_json(json.loads(body), app.bot))
        await app.update_persistence()
        await store.flush()

    return await _talk(handle, residents, 1)


def _bot_user() -> Any:
    from telegram import User

    return User(1, "着落", True, username="zhuoluo_bot")


def aiogram_handle() -> Handle:
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.base import BaseSession
    from aiogram.filters import StateFilter
    from aiogram.fsm.context import FSMContext
    from aiogram.fsm.state import State, StatesGroup
    from aiogram.types import KeyboardButton, Message, ReplyKeyboardMarkup, Update

    class Nowhere(BaseSession):
        """Takes every call, makes its parameters, and sends nothing."""

        async def close(self) -> None: ...
        async def make_request(self, bot: Any, method: Any, timeout: Any = None) -> Any:
            for key, value in method.model_dump(warnings=False).items():
                self.prepare_value(value, bot=bot, files={}) if key != "link_preview_options" else None
            return True

        async def stream_content(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("nothing is ever downloaded")
            yield b""  # which makes it what BaseSession declares, a generator

    class Report(StatesGroup):
        confirmation, home, done = State(), State(), State()

    keyboard = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text=t) for t in ("同意并提交", "修改", "不提交")]])
    bot, dispatcher = Bot(TOKEN, session=Nowhere()), Dispatcher()

    async def sentence(message: Message, state: FSMContext) -> None:
        await state.update_data(words=message.text)
        await state.set_state(Report.confirmation)
        await message.answer(f"收到您反映的问题：\n{message.text}", reply_markup=keyboard)

    async def submit(message: Message, state: FSMContext) -> None:
        data = await state.get_data()
        await state.update_data(reports=[*data.get("reports", ()), data["words"]])
        await state.set_state(Report.home)
        await message.answer("已收到，编号 LN-2026-0001。您住在这里吗？", reply_markup=keyboard)

    async def home(message: Message, state: FSMContext) -> None:
        await state.set_state(Report.done)
        await message.answer("好的。以后想登记，回复“登记住址”。", reply_markup=keyboard)

    async def progress(message: Message, state: FSMContext) -> None:
        data = await state.get_data()
        await state.set_state(None)
        await message.answer("您有 1 件事：\n" + "\n".join(data["reports"]), reply_markup=keyboard)

    for at, act in ((None, sentence), (Report.confirmation, submit), (Report.home, home), (Report.done, progress)):
        dispatcher.message.register(act, StateFilter(at))

    async def handle(body: bytes) -> None:
        await dispatcher.feed_update(bot, Update.model_validate_json(body, context={"bot": bot}))

    return handle


async def aiogram(residents: list[list[bytes]]) -> float:
    return await _talk(aiogram_handle(), residents, IN_FLIGHT)


def aiogram_app() -> Starlette:
    """The same behind a webhook; for ``uvicorn --factory``."""
    handle = aiogram_handle()

    async def webhook(request: Request) -> Response:
        await handle(await request.body())
        return JSONResponse({"method": "sendMessage", "text": "好的。以后想登记，回复“登记住址”。"})

    return Starlette(routes=[Route("/telegram", webhook, methods=["POST"])])


@contextmanager
def _places() -> Iterator[tuple[str, Path]]:
    with fresh_database("sqlite") as url, tempfile.TemporaryDirectory(prefix="zhuoluo-peers-") as folder:
        settle(url, at=datetime.now(UTC))
        yield url, Path(folder)


def run_peers(long: bool) -> None:
    crowds = (1_000, 20_000) if long else (1_000,)
    residents = 400 if long else 100
    heading(f"peers: the dialogue, in process, {ROUNDS} rounds of {residents} residents x {STEPS} messages")
    with _places() as (url, folder):
        ours = Ours(url)
        first = iter(range(1_000_000, 10**9, residents))

        def mine() -> float:
            return asyncio.run(ours.talk(updates(next(first), residents)))

        def in_memory() -> float:
            return asyncio.run(aiogram(updates(next(first), residents)))

        mine()
        for known in crowds:
            fewer = residents if known <= 1_000 else 4

            def pickled(known: int = known, fewer: int = fewer) -> float:
                return asyncio.run(ptb(updates(next(first), fewer), known, folder))

            figures, durable, memory = interleaved(ROUNDS, mine, pickled, in_memory)
            tell("ours, durable", figures, "messages/s")
            tell(f"python-telegram-bot, flushed, {known:,} users", durable, "messages/s")
            tell("aiogram, in memory, not durable", memory, "messages/s")
            tell_ratio(f"ours / python-telegram-bot at {known:,} users", ratios(figures, durable), least=1.0)
            tell("ours / aiogram, in process", ratios(figures, memory), "x", digits=2)
    _by_webhook(residents)


def _by_webhook(residents: int) -> None:
    heading(f"peers: the dialogue through the webhook, 16 in flight, {ROUNDS} rounds of {residents} residents")
    served = ["-m", "uvicorn", "--factory", "bench.speed.peers:aiogram_app", "--no-access-log", "--port"]
    with ours_served("sqlite") as program, listening(served) as address:
        theirs = Server(*address)

        def mine() -> float:
            return program.talk(residents).per_second

        def memory() -> float:
            return theirs.talk(residents).per_second

        mine(), memory()
        figures, floor = interleaved(ROUNDS, mine, memory)
        tell("ours, durable", figures, "messages/s")
        tell("aiogram, in memory, not durable", floor, "messages/s")
        tell_ratio("ours / aiogram", ratios(figures, floor), least=0.3)
