"""Sending to Telegram: texts, pictures and files of one message, and what each failure means for the notice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import httpx
from telegram import Bot, InputMediaPhoto, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.files import FileStore
from bot.platforms.telegram_polling import seconds
from bot.platforms.telegram_render import GROUP_LIMIT, Rendered
from services.outbox import Outcome, SendResult

log = logging.getLogger(__name__)

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)  # nobody fetches the addresses people write
_SENT = SendResult(Outcome.SENT)


@dataclass(frozen=True)
class _Attached:
    data: bytes
    name: str
    picture: bool


class Sender:
    """``media``: the store of photos; ``documents``: of files made for somebody."""

    def __init__(self, bot: Bot, media: FileStore, documents: FileStore) -> None:
        self._bot = bot
        self._media = media
        self._documents = documents

    async def send(self, chat: int, message: Rendered, *, sent: int = 0) -> SendResult:
        """``sent``: how many of the texts have left already. A message that arrived in part is UNSURE, not LATER."""
        attached = await self._attached(message)
        if len(attached) == 1 and not sent and message.caption is not None:
            result = await self._send_captioned(chat, message, attached[0])
            if result.outcome is not Outcome.IMPOSSIBLE or not message.texts or message.files:
                return result
            attached = []  # the picture was refused, the words need not be
        if not message.texts and not attached and (message.photos or message.files):
            return SendResult(Outcome.IMPOSSIBLE, "what it should bring is missing")
        result = await self._send_texts(chat, message, sent)
        if result.outcome is not Outcome.SENT:
            return result
        return await self._send_attached(chat, attached, behind=bool(message.texts))

    async def replace(self, chat: int, message_id: int, message: Rendered) -> bool:
        """Put a message in the place of one that was sent before. False: it may not stand there, so send it."""
        try:
            await self._bot.edit_message_text(
                message.texts[0],
                chat_id=chat,
                message_id=message_id,
                reply_markup=message.keyboard,
                link_preview_options=NO_PREVIEW,
            )
        except BadRequest as error:
            return "not modified" in error.message.lower()  # it stands there already
        except Exception as error:
            log.info("telegram: a message was not edited (%s)", type(error).__name__)
            return False
        return True

    async def _send_texts(self, chat: int, message: Rendered, sent: int) -> SendResult:
        last = len(message.texts) - 1
        for n, text in enumerate(message.texts[sent:], start=sent):
            result = await _try(
                partial(
                    self._bot.send_message,
                    chat,
                    text,
                    reply_markup=message.keyboard if n == last else None,
                    link_preview_options=NO_PREVIEW,
                )
            )
            if result.outcome is not Outcome.SENT:
                return result if n == 0 else _in_part(result)
        return _SENT

    async def _send_attached(self, chat: int, attached: Sequence[_Attached], *, behind: bool) -> SendResult:
        """``behind``: something of the message has arrived before. Pictures may be refused where words were sent."""
        pictures = [one for one in attached if one.picture]
        calls = [
            partial(self._send_pictures, chat, pictures[start : start + GROUP_LIMIT])
            for start in range(0, len(pictures), GROUP_LIMIT)
        ]
        calls += [partial(self._send_file, chat, one) for one in attached if not one.picture]
        for n, call in enumerate(calls):
            result = await call()
            if result.outcome is Outcome.IMPOSSIBLE and behind and n * GROUP_LIMIT < len(pictures):
                log.warning("telegram: photos were refused, the words were sent")
            elif result.outcome is not Outcome.SENT:
                return _in_part(result) if behind or n else result
        return _SENT

    async def _send_captioned(self, chat: int, message: Rendered, only: _Attached) -> SendResult:
        send = self._bot.send_photo if only.picture else self._bot.send_document
        return await _try(
            partial(
                send,
                chat,
                only.data,
                caption=message.caption or None,
                reply_markup=message.keyboard,
                filename=only.name,
            )
        )

    async def _send_pictures(self, chat: int, pictures: Sequence[_Attached]) -> SendResult:
        if len(pictures) == 1:
            return await _try(partial(self._bot.send_photo, chat, pictures[0].data, filename=pictures[0].name))
        group = [InputMediaPhoto(one.data, filename=f"{n}-{one.name}") for n, one in enumerate(pictures, start=1)]
        return await _try(partial(self._bot.send_media_group, chat, group))

    async def _send_file(self, chat: int, one: _Attached) -> SendResult:
        return await _try(partial(self._bot.send_document, chat, one.data, filename=one.name))

    async def _attached(self, message: Rendered) -> list[_Attached]:
        found = []
        for photo in message.photos:
            if (data := await _load(self._media, photo)) is not None:
                found.append(_Attached(data, "photo.jpg", picture=True))
        for file in message.files:
            if (data := await _load(self._documents, file.public_id)) is not None:
                found.append(_Attached(data, file.name, file.picture))
        return found


async def _load(store: FileStore, public_id: str) -> bytes | None:
    try:
        return await asyncio.to_thread(store.load, public_id)
    except OSError:
        log.warning("telegram: a photo or file to be sent is not in the store")
        return None


async def _try(call: Callable[[], Awaitable[object]]) -> SendResult:
    try:
        await call()
    except Exception as error:  # the library passes on whatever an odd answer leads to
        return _failure(error)
    return _SENT


def _failure(error: Exception) -> SendResult:
    """What an exception of a sending call means for the notice. The reason never holds an address or a message."""
    cause = error.__cause__
    match error:
        case RetryAfter():
            return SendResult(Outcome.LATER, "too many requests", retry_after=seconds(error))
        case Forbidden():
            return SendResult(Outcome.BLOCKED, "blocked")
        case InvalidToken():
            return SendResult(Outcome.LATER, "token not accepted", whole_platform=True)
        case BadRequest() if "chat not found" in error.message.lower():
            return SendResult(Outcome.BLOCKED, "chat not found")
        case BadRequest():
            return SendResult(Outcome.IMPOSSIBLE, "refused")
        case TimedOut() if isinstance(cause, httpx.ConnectTimeout | httpx.PoolTimeout):
            return SendResult(Outcome.LATER, "no connection")
        case TimedOut():
            return SendResult(Outcome.UNSURE, "timed out")
        case NetworkError() if isinstance(cause, httpx.ConnectError):
            return SendResult(Outcome.LATER, "no connection")
        case NetworkError() if error.message.startswith("Too Many Requests"):
            return SendResult(Outcome.LATER, "too many requests")
        case TelegramError():
            return SendResult(Outcome.UNSURE, type(error).__name__)
        case _:
            return SendResult(Outcome.UNSURE, f"odd answer ({type(error).__name__})")


def _in_part(result: SendResult) -> SendResult:
    if result.outcome is Outcome.LATER:
        return SendResult(
            Outcome.UNSURE, f"arrived in part, then: {result.reason}", result.retry_after, result.whole_platform
        )
    return result
