"""WeChat Official Account (公众号): one passive reply per message, customer-service messages within the window.

The bot is fully usable with passive replies alone; where the account may write first (``wechat.verified``), the rest of
a long reply and the notices of the outbox go as customer-service messages.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.platforms.base import Answer, Answerer, Busy, Deps, Limits, Window
from bot.platforms.wechat_client import ApiError, NoToken, NotSent, Unsure, WeChatClient
from bot.platforms.wechat_crypto import Guard, NonceMemory, Refused, Seal
from bot.platforms.wechat_parse import NAME, Hostile, parse
from bot.platforms.wechat_render import TEXT_LIMIT, parts, passive_reply
from handlers.messages import File, Incoming, Outgoing
from services.outbox import Outcome, SendResult

#: Of the time to answer, seconds kept for sealing the answer.
_MARGIN = 0.2
#: Customer-service messages: within 48 hours of the person's last message, five of them (WeChat's page on them).
WINDOW = timedelta(hours=48)
WINDOW_SENDS = 5
#: After a menu tap, a follow or a scan: three within a minute.
EVENT_SENDS = 3
#: Of the pictures of a notice one travels as such, the others as links: each costs a send of the window.
PICTURES = 1

_REMEMBERED = 4096  # events whose long reply was completed

_log = logging.getLogger(__name__)

_OUTCOMES = {
    45015: SendResult(Outcome.CLOSED, "45015"),  # the window is over
    45047: SendResult(Outcome.CLOSED, "45047"),  # the window's messages are used up
    48001: SendResult(Outcome.CLOSED, "48001"),  # this account may not write first at all
    43004: SendResult(Outcome.BLOCKED, "43004"),  # no longer follows us
    40003: SendResult(Outcome.BLOCKED, "40003"),  # nobody by this openid
    45009: SendResult(Outcome.LATER, "45009", 3600, whole_platform=True),  # the day's quota
    45011: SendResult(Outcome.LATER, "45011", 60, whole_platform=True),  # the minute's quota
    -1: SendResult(Outcome.LATER, "-1"),  # WeChat is busy
}


class _TooLarge(Exception):
    """More than ``wechat.body_limit``: 64 KB of XML cost 23 ms, 14 MB cost 7.5 s and 880 MB (security.md)."""


class WeChat:
    name = NAME
    limits = Limits(text_bytes=TEXT_LIMIT)
    window: Window | None = Window(WINDOW, WINDOW_SENDS)

    def __init__(self, deps: Deps) -> None:
        self._settings = deps.settings.wechat
        self._public_url = deps.settings.server.public_url.rstrip("/")
        self._clock = deps.clock
        self._media, self._documents = deps.media, deps.documents
        self._guard = Guard(self._settings)
        self._nonces = NonceMemory(deps.transactions)
        self._completed: OrderedDict[str, None] = OrderedDict()
        # Half of the outbox's patience: a token and a message fit in, and a slow token is not taken for a doubt.
        self._client = WeChatClient(self._settings, deps.clock, timeout=deps.settings.delivery.timeout_seconds / 2)

    def routes(self, answer: Answerer) -> Sequence[BaseRoute]:
        async def receive(request: Request) -> Response:
            return await self._receive(request, answer)

        return [Route("/wechat", self._verify, methods=["GET"]), Route("/wechat", receive, methods=["POST"])]

    async def run(self, answer: Answerer) -> None:
        return

    async def close(self) -> None:
        await self._client.close()

    async def _verify(self, request: Request) -> Response:
        """WeChat asks once, when the address is set up: signed words come back as plain text."""
        echo = request.query_params.get("echostr", "")
        try:
            self._guard.check(request.query_params, at=self._clock.now())
        except Refused as refusal:
            return _refused(refusal)
        if not echo or len(echo) > 512:
            return _refused(Refused("no echostr"))
        return PlainTextResponse(echo, headers={"X-Content-Type-Options": "nosniff"})

    async def _receive(self, request: Request, answer: Answerer) -> Response:
        began, at = self._clock.monotonic(), self._clock.now()
        try:
            incoming, own_name, seal = await self._admit(request, at)
            if incoming is None:
                return _success()
            left = self._settings.answer_within_seconds - (self._clock.monotonic() - began)
            # The inbox alone keeps the time: who stopped waiting beside it might drop what counts as answered.
            answered = await answer(incoming, answer_within=max(left - _MARGIN, left / 2))
        except _TooLarge:
            return PlainTextResponse("too large", 413)
        except (Refused, Hostile) as refusal:
            return _refused(refusal)
        except Busy:
            # Not known to be stored, so not to be acknowledged: WeChat tries again, three times in all.
            return PlainTextResponse("busy", 503, headers={"Retry-After": "5"})
        return self._reply(answered, incoming, own_name, seal, at)

    async def _admit(self, request: Request, at: datetime) -> tuple[Incoming | None, str, Seal | None]:
        """Size, signature, freshness; then the body is read and parsed; a replay with another body ends here."""
        query = request.query_params
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced) > self._settings.body_limit:
            raise _TooLarge
        self._guard.check(query, at=at)
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.answer_within_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._settings.body_limit:
                        raise _TooLarge  # whatever was announced
        except (TimeoutError, ClientDisconnect):
            raise Refused("half a body") from None
        xml, seal = self._guard.open(query, bytes(body))
        incoming, own_name = parse(xml)
        if not self._guard.safe:
            await self._nonces.check(query, bytes(body), at=at)
        return incoming, own_name, seal

    def _reply(self, answered: Answer, incoming: Incoming, own_name: str, seal: Seal | None, at: datetime) -> Response:
        message, to = answered.outgoing, incoming.sender
        if answered.late or message.empty or not to:
            return _success()
        follow = EVENT_SENDS if incoming.event_key.startswith("event:") else WINDOW_SENDS - 1
        room = 1 + follow if self._settings.verified else 1
        first, *rest = parts(message, self._links(message.photos, message.files), room)
        if not first.strip():
            return _success()
        xml = passive_reply(first, to=to, sender=own_name, at=at)
        sealed = seal.close(xml, at=at) if seal else xml
        task = BackgroundTask(self._send_rest, incoming, rest) if rest else None
        return Response(sealed, media_type="application/xml", background=task)

    async def _send_rest(self, incoming: Incoming, rest: list[str]) -> None:
        """Once for each event; after a restart a retry may bring it again, as notices do."""
        if incoming.event_key in self._completed:
            return
        self._completed[incoming.event_key] = None
        while len(self._completed) > _REMEMBERED:
            self._completed.popitem(last=False)
        result = await self._send_parts(incoming.sender, rest)
        if result.outcome is not Outcome.SENT:
            person = hashlib.sha256(incoming.sender.encode()).hexdigest()[:8]
            _log.warning("the rest of a long reply to %s: %s %s", person, result.outcome, result.reason)

    def _links(self, photos: Sequence[str], files: Sequence[File]) -> tuple[str, ...]:
        shown = (f"{self._public_url}/photo/{photo}.jpg" for photo in photos)
        return *shown, *(f"{self._public_url}{file.path}" for file in files)

    async def send(self, to: str, message: Outgoing, *, repeat: bool) -> SendResult:
        """A notice as customer-service messages: a picture, then the words. The outbox has looked at the window."""
        if message.empty:
            return SendResult(Outcome.SENT)
        if not self._settings.verified:
            return SendResult(Outcome.CLOSED, "not verified")
        linked: list[str | File] = [*message.photos, *message.files]
        arrived = False
        for picture in [p for p in linked if not isinstance(p, File) or p.picture][:PICTURES]:
            result = await self._send_picture(to, picture)
            if result.outcome in (Outcome.CLOSED, Outcome.BLOCKED, Outcome.LATER):
                return result
            if result.outcome is Outcome.SENT:
                arrived = True
                linked.remove(picture)
        links = self._links([p for p in linked if isinstance(p, str)], [f for f in linked if isinstance(f, File)])
        texts = [part for part in parts(message, links, WINDOW_SENDS - arrived) if part.strip()]
        return await self._send_parts(to, texts, arrived=arrived)

    async def _send_parts(self, to: str, texts: Sequence[str], *, arrived: bool = False) -> SendResult:
        """``arrived``: something of this message is on the phone already, so a failure leaves a doubt."""
        for part in texts:
            result = await self._outcome(self._client.send_text(to, part))
            if result.outcome in (Outcome.LATER, Outcome.CLOSED) and arrived:
                return SendResult(Outcome.UNSURE, result.reason, result.retry_after, result.whole_platform)
            if result.outcome is not Outcome.SENT:
                return result
            arrived = True
        return SendResult(Outcome.SENT)

    async def _send_picture(self, to: str, picture: str | File) -> SendResult:
        """IMPOSSIBLE or UNSURE: the words carry a link instead."""
        try:
            if isinstance(picture, File):
                data = await asyncio.to_thread(self._documents.load, picture.public_id)
                media_id = await self._client.upload_image(data, "picture.png", picture.content_type)
            else:
                data = await asyncio.to_thread(self._media.load, picture)
                media_id = await self._client.upload_image(data, "photo.jpg", "image/jpeg")
        except (OSError, ValueError, NotSent, Unsure, ApiError) as error:
            _log.info("photo goes as a link: %s", type(error).__name__)
            return SendResult(Outcome.IMPOSSIBLE)
        return await self._outcome(self._client.send_image(to, media_id))

    async def _outcome(self, sending: Awaitable[None]) -> SendResult:
        try:
            await sending
        except ApiError as error:
            return _OUTCOMES.get(error.errcode) or SendResult(Outcome.IMPOSSIBLE, str(error.errcode))
        except NotSent as error:
            return SendResult(Outcome.LATER, error.reason, error.retry_after, isinstance(error, NoToken))
        except Unsure as error:
            return SendResult(Outcome.UNSURE, error.reason)
        return SendResult(Outcome.SENT)

    async def fetch(self, remote_id: str) -> bytes:
        try:
            return await self._client.get_media(remote_id)
        except ApiError as error:
            if error.errcode in (40007, 40004):  # wrong or expired media id; not a picture
                raise ValueError(f"gone: {error.errcode}") from None
            raise OSError(f"errcode {error.errcode}") from None
        except (NotSent, Unsure) as error:
            raise OSError(error.reason) from None


def _success() -> Response:
    return PlainTextResponse("success")


def _refused(reason: Exception) -> Response:
    _log.info("a post to /wechat was refused: %s", reason)
    return PlainTextResponse("refused", 400)
