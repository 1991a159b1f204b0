"""Telegram. The library is used as client and parser of the Bot API only; what must last lies in our database."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
from collections import Counter
from collections.abc import Sequence
from functools import partial

import httpx
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from telegram import Bot
from telegram.error import BadRequest, NetworkError
from telegram.request import HTTPXRequest

from bot.platforms.base import Answer, Answerer, Busy, Deps, Limits, Window
from bot.platforms.telegram_cards import Cards
from bot.platforms.telegram_parse import NAME, UPDATES, Parsed, parse_body, parse_update
from bot.platforms.telegram_polling import Update, insist, poll
from bot.platforms.telegram_render import Rendered, render
from bot.platforms.telegram_sending import NO_PREVIEW, Sender
from handlers.messages import Kind, Outgoing
from services.outbox import Outcome, SendResult

log = logging.getLogger(__name__)

# Otherwise the library warns at each 429 that durations will be timedeltas one day.
os.environ.setdefault("PTB_TIMEDELTA", "1")

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
SHORTEST_SECRET = 32
FILE_LIMIT = 20 * 1024 * 1024  # bytes; more the Bot API does not let us download
POLL_SECONDS = 25
_AT_ONCE = 16  # calls that follow replies, side by side
_MOST_WAITING = 256  # beyond that, they are left out: they are best effort
_REPLY_TRIES = 3
_NOTHING = Rendered((), None, ())
_BEHIND_REPLY = 0.3  # seconds; a call made at once might overtake the reply that went with the acknowledgement


class Telegram:
    name = NAME
    window: Window | None = None

    def __init__(self, deps: Deps) -> None:
        for logger, level in (
            ("httpx", logging.WARNING),
            ("httpcore", logging.WARNING),
            ("telegram", logging.CRITICAL),
        ):
            # httpx writes addresses, which hold the token, at INFO; the library writes whole messages at any level.
            logging.getLogger(logger).setLevel(max(level, logging.getLogger(logger).level))
        settings = self._settings = deps.settings.telegram
        self._secret = settings.webhook_secret.get_secret_value().encode()
        if settings.mode == "webhook" and len(self._secret) < SHORTEST_SECRET:
            raise ValueError(f"telegram.webhook_secret needs at least {SHORTEST_SECRET} characters")
        self.limits = Limits(per_second=settings.messages_per_second, chat_interval=settings.chat_interval_seconds)
        self._public_url = deps.settings.server.public_url
        self._clock = deps.clock
        timeout = deps.settings.delivery.timeout_seconds
        self._request = HTTPXRequest(
            connection_pool_size=deps.settings.delivery.concurrency + 2 * _AT_ONCE,
            connect_timeout=min(timeout, 5.0),
            read_timeout=timeout,
            write_timeout=timeout,
            pool_timeout=timeout,
        )
        self._bot = Bot(
            settings.token.get_secret_value(),
            base_url=f"{settings.api_url}/bot",
            base_file_url=f"{settings.api_url}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._sender = Sender(self._bot, deps.media, deps.documents)
        self._cards = Cards(self._sender)
        self._files = httpx.AsyncClient(timeout=timeout, headers={"Accept-Encoding": "identity"})
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._tries: Counter[int] = Counter()

    def routes(self, answer: Answerer) -> Sequence[BaseRoute]:
        if self._settings.mode != "webhook":
            return []

        async def webhook(request: Request) -> Response:
            return await self._receive_post(request, answer)

        return [Route("/telegram", webhook, methods=["POST"])]

    async def run(self, answer: Answerer) -> None:
        if self._settings.mode == "polling":
            await insist("removing the webhook", self._bot.delete_webhook, self._clock)
            await poll(self._receive_updates, partial(self._settle, answer), self._clock)
        elif self._public_url.startswith("https://"):
            register = partial(
                self._bot.set_webhook,
                f"{self._public_url}/telegram",
                secret_token=self._secret.decode(),
                allowed_updates=UPDATES,
            )
            await insist("setting the webhook", register, self._clock)
            log.info("telegram: the webhook is set")
        else:
            log.warning("telegram: no webhook was set, because server.public_url is not https")

    async def send(self, to: str, message: Outgoing, *, repeat: bool) -> SendResult:
        try:
            chat = int(to)
        except ValueError:
            return SendResult(Outcome.IMPOSSIBLE, "not a telegram chat")
        return await self._sender.send(chat, render(message))

    async def fetch(self, remote_id: str) -> bytes:
        try:
            file = await self._bot.get_file(remote_id)
        except BadRequest as error:
            if "temporarily unavailable" in error.message:
                raise OSError("telegram: the file is temporarily unavailable") from None
            raise ValueError("telegram no longer has this file") from None
        except Exception as error:
            raise OSError(f"telegram: getFile failed ({type(error).__name__})") from None
        address = file.file_path or ""
        if not address.startswith(f"{self._bot.base_file_url}/") or (file.file_size or 0) > FILE_LIMIT:
            raise ValueError("telegram has no file that may be loaded")
        try:
            return await self._download(address)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OSError(f"telegram: download failed ({type(error).__name__})") from None

    async def close(self) -> None:
        await self._request.shutdown()
        await self._files.aclose()

    # Receiving

    async def _receive_post(self, request: Request, answer: Answerer) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("latin-1"), self._secret):
            return Response(status_code=403)
        body = await _body(request, self._settings.body_limit)
        if body is None:
            return Response(status_code=413)
        try:
            parsed = parse_body(body)
        except ValueError as error:
            log.warning("telegram: a malformed update was refused (%s)", type(error).__name__)
            return Response(status_code=400)
        if parsed is None:
            return Response()
        try:
            answered = await answer(parsed.incoming)
        except Busy:
            return Response(status_code=503)
        rendered = _reply_of(parsed, answered)
        if await self._cards.replace(parsed, answered, rendered):
            rendered = _NOTHING
        return self._reply(parsed, rendered)

    def _reply(self, parsed: Parsed, rendered: Rendered) -> Response:
        """The first text leaves in the acknowledgement itself: Telegram has both or neither, and asks again."""
        chat = int(parsed.incoming.sender)
        rest = rendered if len(rendered.texts) > 1 or rendered.photos or rendered.files else None
        follow_up = (
            BackgroundTask(self._follow_up, chat, rest, parsed.callback_id) if rest or parsed.callback_id else None
        )
        if not rendered.texts:
            return Response(background=follow_up)
        reply: dict[str, object] = {
            "method": "sendMessage",
            "chat_id": chat,
            "text": rendered.texts[0],
            "link_preview_options": NO_PREVIEW.to_dict(),
        }
        if rendered.keyboard is not None and len(rendered.texts) == 1:
            reply["reply_markup"] = rendered.keyboard.to_dict()
        return JSONResponse(reply, background=follow_up)

    async def _follow_up(self, chat: int, rest: Rendered | None, callback_id: str) -> None:
        if self._waiting >= _MOST_WAITING:
            log.warning("telegram: too many calls wait; what follows a reply was left out")
            return
        self._waiting += 1
        try:
            async with self._room:
                await asyncio.gather(self._end_press(callback_id), self._send_rest(chat, rest))
        finally:
            self._waiting -= 1

    async def _send_rest(self, chat: int, rest: Rendered | None) -> None:
        if rest is not None:
            await self._clock.sleep(_BEHIND_REPLY)
            result = await self._sender.send(chat, rest, sent=min(1, len(rest.texts)))
            if result.outcome is not Outcome.SENT:
                log.warning("telegram: the rest of a reply was not sent (%s)", result.outcome)

    async def _end_press(self, callback_id: str) -> None:
        """Takes the waiting mark off the button. Best effort; Telegram refuses it after some seconds anyway."""
        if callback_id:
            try:
                await self._bot.answer_callback_query(callback_id)
            except Exception as error:
                log.info("telegram: a press was not acknowledged (%s)", type(error).__name__)

    async def _receive_updates(self, offset: int | None) -> list[Update]:
        # Not Bot.get_updates: one update that it cannot parse would hold up all others for good, and be logged whole.
        query = httpx.QueryParams(timeout=POLL_SECONDS, allowed_updates=json.dumps(UPDATES))
        query = query if offset is None else query.set("offset", offset)
        found = await self._request.post(
            f"{self._bot.base_url}/getUpdates?{query}",
            read_timeout=POLL_SECONDS + (self._request.read_timeout or 0),
        )
        if not isinstance(found, list):
            raise NetworkError("not a list of updates")
        updates = []
        for given in found:
            number = int(given["update_id"])
            try:
                parsed = parse_update(given, json.dumps(given, ensure_ascii=False))
            except ValueError:
                log.error("telegram: update %d is malformed and was skipped", number)
                parsed = None
            updates.append(Update(number, parsed))
        return updates

    async def _settle(self, answer: Answerer, update: Update) -> bool:
        """True once the event is stored and its reply has left, or was tried often enough."""
        parsed = update.parsed
        if parsed is None:
            return True
        try:
            answered = await answer(parsed.incoming)
        except Exception as error:
            log.warning("telegram: update %d was not stored (%s)", update.number, type(error).__name__)
            return False
        chat = int(parsed.incoming.sender)
        rendered = _reply_of(parsed, answered)
        if await self._cards.replace(parsed, answered, rendered):
            rendered = _NOTHING
        result, _ = await asyncio.gather(self._sender.send(chat, rendered), self._end_press(parsed.callback_id))
        self._tries[update.number] += 1
        if result.outcome is Outcome.LATER and self._tries[update.number] < _REPLY_TRIES:
            return False
        if result.outcome is not Outcome.SENT:
            log.warning("telegram: the reply to update %d was not sent (%s)", update.number, result.outcome)
        del self._tries[update.number]
        return True

    async def _download(self, address: str) -> bytes:
        async with self._files.stream("GET", address) as response:
            if response.status_code == httpx.codes.NOT_FOUND:
                raise ValueError("telegram no longer has this file")
            if response.status_code != httpx.codes.OK:
                raise OSError(f"telegram: download answered {response.status_code}")
            data = bytearray()
            async for chunk in response.aiter_raw():
                data += chunk
                if len(data) > FILE_LIMIT:
                    raise ValueError("telegram: the file is too large")
            return bytes(data)


def _reply_of(parsed: Parsed, answered: Answer) -> Rendered:
    """Nothing for one who has left, and nothing now for what leaves through the outbox."""
    nothing = answered.late or answered.outgoing.empty or parsed.incoming.kind is Kind.LEAVE
    return _NOTHING if nothing else render(answered.outgoing)


async def _body(request: Request, limit: int) -> bytes | None:
    """None when it is larger than ``limit``, whatever its Content-Length says."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)
