"""The web chat: a page of our own, with the same buttons and photos as any other platform."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.platforms.base import Answerer, Busy, Deps, Limits, Window
from bot.platforms.webchat_browser import (
    Buckets,
    Cookies,
    Seat,
    TooLarge,
    Visitor,
    from_own_page,
    guarded,
    new_visitor,
    read_body,
)
from bot.platforms.webchat_streams import Streams
from bot.platforms.webchat_transcript import append_exchange, append_notice, newest, transcript
from handlers.messages import Incoming, IncomingPhoto, Kind, Outgoing
from handlers.web import pages
from models.base import new_public_id
from services.outbox import Outcome, SendResult
from texts import text as said

#: The demo's stewards are the same two people for everybody; its residents are new each time.
DEMO_SEATS = (
    Seat("/demo/resident/chat", "resident"),
    Seat("/demo/steward/chat", "steward", fixed="demo-steward"),
    Seat("/demo/secretary/chat", "secretary", fixed="demo-secretary"),
)

_BODY_LIMIT = 65536  # bytes of one message
_PHOTOS = 9  # photos in one message, as WeChat's own picker allows
_PING_SECONDS = 15  # keeps proxies, which cut silent connections after 30 to 60 s, from cutting
_POLL_SECONDS = 1.5  # how soon a row of another process is seen
_ASK_AGAIN_SECONDS = 30  # an open page looks for itself, should a wake-up ever be missed
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")


# At DEBUG it writes out what it streams, and our logs carry no messages.
logging.getLogger("sse_starlette").setLevel(logging.INFO)


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class WebChat:
    """The built-in platform. Answers POSTs directly, brings notices by server-sent events."""

    name = "webchat"
    limits = Limits()
    window: Window | None = None

    def __init__(self, deps: Deps) -> None:
        settings = deps.settings
        self.deps = deps
        self.public_url = settings.server.public_url
        self.streams = Streams()
        self.cookies = Cookies(
            settings.webchat.cookie_secret.get_secret_value(), secure=self.public_url.startswith("https:")
        )
        # A house or an office shares one address: 120 new people at once, then one every five seconds.
        self.arrivals = Buckets(120, 0.2)
        # Photos: by address 60 at once, then one every two seconds; by person so many bytes a day, as they are kept.
        a_day = settings.flood.media_bytes_per_day
        self.uploads = Buckets(60, 0.5)
        self.volume = Buckets(a_day, a_day / 86400)

    def routes(self, answer: Answerer) -> Sequence[BaseRoute]:
        seats = (Seat("/chat"), *(DEMO_SEATS if self.deps.settings.demo.enabled else ()))
        return [route for seat in seats for route in _Desk(self, seat, answer).routes()]

    async def run(self, answer: Answerer) -> None:
        """Look every 1.5 s, in one query, whether another process wrote to somebody whose page is open here."""
        while not self.streams.closed:
            await asyncio.sleep(_POLL_SECONDS)
            if visitors := self.streams.visitors():
                try:
                    self.streams.wake_behind(await self.deps.transactions.read(partial(newest, visitors=visitors)))
                except Busy:
                    continue

    async def send(self, to: str, message: Outgoing, *, repeat: bool) -> SendResult:
        try:
            known = await self.deps.transactions.run(
                partial(append_notice, visitor=to, message=message, at=self.deps.clock.now())
            )
        except Busy:
            return SendResult(Outcome.LATER, "database busy")
        if not known:
            return SendResult(Outcome.IMPOSSIBLE, "no such visitor")
        self.streams.wake(to)
        return SendResult(Outcome.SENT)

    async def fetch(self, remote_id: str) -> bytes:
        raise ValueError("web chat photos are in our store from the start")

    async def close(self) -> None:
        self.streams.close()


@dataclass(frozen=True)
class _Desk:
    """The endpoints of one seat."""

    chat: WebChat
    seat: Seat
    answer: Answerer

    def routes(self) -> list[BaseRoute]:
        base = self.seat.base
        routes: list[BaseRoute] = [
            Route(base, self.page, methods=["GET"]),
            Route(f"{base}/messages", self.messages, methods=["GET"]),
            Route(f"{base}/messages", self.say, methods=["POST"]),
            Route(f"{base}/events", self.events, methods=["GET"]),
            Route(f"{base}/photos", self.photo, methods=["POST"]),
        ]
        if self.seat.role == "resident":
            routes.append(Route(f"{base}/restart", self.restart, methods=["POST"]))
        return routes

    async def page(self, request: Request) -> Response:
        """The page; who comes for the first time is given a name (a cookie, nothing is stored)."""
        visitor = self.chat.cookies.visitor(request, self.seat)
        if visitor is None:
            if not self.chat.arrivals.take(_address(request), now=self.chat.deps.clock.monotonic()):
                return self._guarded(HTMLResponse(pages.crowded(), 429, headers={"Retry-After": "10"}))
            visitor = Visitor(new_visitor(), fresh=True)
        response = HTMLResponse(pages.chat(base=self.seat.base, site=self.chat.public_url, role=self.seat.role))
        if visitor.fresh:
            self.chat.cookies.write(response, self.seat, visitor.id)
        return self._guarded(response)

    async def messages(self, request: Request) -> Response:
        visitor = self.chat.cookies.visitor(request, self.seat)
        if visitor is None:
            return self._json({"messages": []})
        try:
            rows = await self.chat.deps.transactions.read(
                partial(transcript, visitor=visitor.id, after=_whole(request.query_params.get("after")))
            )
        except Busy:
            return self._refusal(503, "busy")
        return self._json({"messages": rows})

    async def events(self, request: Request) -> Response:
        """Rows as server-sent events, from the one after ``Last-Event-ID`` on. 503 when too many pages are open."""
        visitor = self.chat.cookies.visitor(request, self.seat)
        if visitor is None:
            return self._refusal(401, "visitor")
        if not self.chat.streams.has_room(visitor.id):
            return self._refusal(503, "crowded")
        after = _whole(request.headers.get("last-event-id")) or _whole(request.query_params.get("after"))
        response = EventSourceResponse(self._rows(visitor.id, after), ping=_PING_SECONDS, send_timeout=20)
        return self._guarded(response)

    async def _rows(self, visitor: str, after: int) -> AsyncIterator[ServerSentEvent]:
        chat = self.chat
        with chat.streams.joined(visitor, after) as stream:
            yield ServerSentEvent(comment="open", retry=2000)
            while not chat.streams.closed:
                stream.bell.clear()
                try:
                    rows = await chat.deps.transactions.read(partial(transcript, visitor=visitor, after=stream.after))
                except Busy:
                    return  # the page connects again by itself
                for row in rows:
                    stream.after = row["id"]
                    yield ServerSentEvent(json.dumps(row, ensure_ascii=False), id=str(row["id"]))
                if not rows:
                    try:
                        await asyncio.wait_for(stream.bell.wait(), _ASK_AGAIN_SECONDS)
                    except TimeoutError:
                        continue

    async def say(self, request: Request) -> Response:
        """One message or press. The browser may post it again with the same id until it hears 200: it counts once."""
        try:
            visitor = self._sender(request)
            body = await read_body(request, _BODY_LIMIT)
            incoming, own, key = _parse(body, visitor)
            await self._check_photos(incoming)
        except _Refused as refused:
            return self._refusal(refused.status, refused.reason)
        except TooLarge:
            return self._refusal(413, "too large")
        except ClientDisconnect:
            return self._refusal(400, "cut off")
        try:
            answer = await self.answer(incoming)
            rows = await self.chat.deps.transactions.run(
                partial(
                    append_exchange,
                    visitor=visitor,
                    key=key,
                    own=own,
                    reply=answer.outgoing,
                    at=self.chat.deps.clock.now(),
                )
            )
        except Busy:
            return self._refusal(503, "busy")
        self.chat.streams.wake(visitor)
        return self._json({"messages": rows})

    async def photo(self, request: Request) -> Response:
        """Take one picture (the body is its bytes, whatever the header calls it); answer the id to send it with."""
        chat, now = self.chat, self.chat.deps.clock.monotonic()
        try:
            visitor = self._sender(request)
            if not chat.uploads.take(_address(request), now=now):
                raise _Refused(429, "too many photos")
            data = await read_body(request, chat.deps.settings.webchat.upload_limit)
            jpeg = await asyncio.to_thread(chat.deps.media.accept, data)
            if not chat.volume.take(visitor, now=now, cost=len(jpeg)):
                raise _Refused(429, "too many photos")
            public_id = new_public_id()
            await asyncio.to_thread(chat.deps.media.save, public_id, jpeg)
        except _Refused as refused:
            return self._refusal(refused.status, refused.reason)
        except TooLarge:
            return self._refusal(413, "too large")
        except ClientDisconnect:
            return self._refusal(400, "cut off")
        except ValueError:
            return self._refusal(415, "not a picture")
        except OSError:
            return self._refusal(503, "busy")
        return self._json({"id": public_id})

    async def restart(self, request: Request) -> Response:
        """The demo's resident becomes a new person. The answer tells where each steward's transcript ends now."""
        if not from_own_page(request, self.chat.public_url):
            return self._refusal(403, "foreign page")
        fixed = [seat for seat in DEMO_SEATS if seat.fixed]
        try:
            last = await self.chat.deps.transactions.read(partial(newest, visitors=[seat.fixed for seat in fixed]))
        except Busy:
            return self._refusal(503, "busy")
        response = self._json({seat.role: last.get(seat.fixed, 0) for seat in fixed})
        self.chat.cookies.write(response, self.seat, new_visitor())
        return response

    def _sender(self, request: Request) -> str:
        if not from_own_page(request, self.chat.public_url):
            raise _Refused(403, "foreign page")
        visitor = self.chat.cookies.visitor(request, self.seat)
        if visitor is None:
            raise _Refused(401, "visitor")
        return visitor.id

    async def _check_photos(self, incoming: Incoming) -> None:
        for photo in incoming.photos:
            try:
                await asyncio.to_thread(self.chat.deps.media.load, photo.public_id)
            except FileNotFoundError:
                raise _Refused(400, "no such photo") from None

    def _guarded(self, response: Response) -> Response:
        return guarded(response, self.chat.public_url)

    def _json(self, content: dict[str, Any]) -> Response:
        return self._guarded(JSONResponse(content))

    def _refusal(self, status: int, reason: str) -> Response:
        headers = {"Retry-After": "2"} if status in (429, 503) else None
        return self._guarded(JSONResponse({"error": reason}, status, headers=headers))


def _parse(body: bytes, visitor: str) -> tuple[Incoming, dict[str, Any], str]:
    """The event, the person's own bubble, and the client's key. Raises :class:`_Refused` for anything malformed."""
    try:
        raw = body.decode("utf-8")
        message = json.loads(raw)
    except (ValueError, RecursionError):
        raise _Refused(400, "not JSON") from None
    if not isinstance(message, dict):
        raise _Refused(400, "not an object")
    words = {name: message.get(name, "") for name in ("id", "text", "press", "label")}
    photos = message.get("photos", [])
    if not all(isinstance(value, str) for value in words.values()) or not isinstance(photos, list):
        raise _Refused(400, "wrong type")
    if "\x00" in raw or "\\u0000" in raw or _lone_surrogates(words):
        raise _Refused(400, "not text")
    if not _CLIENT_ID.fullmatch(words["id"]):
        raise _Refused(400, "id")
    if len(photos) > _PHOTOS or not all(isinstance(p, str) and _PUBLIC_ID.fullmatch(p) for p in photos):
        raise _Refused(400, "photos")
    text, press = words["text"].strip(), words["press"]
    location = _location(message.get("location"))
    sent = [bool(text or photos), bool(press), location is not None]
    if len(press.encode()) > 64 or sent.count(True) != 1:
        raise _Refused(400, "one of text and photos, press, location")
    kind = Kind.PRESS if press else Kind.LOCATION if location else Kind.PHOTO if photos else Kind.TEXT
    incoming = Incoming(
        platform=WebChat.name,
        event_key=f"{visitor}:{words['id']}",
        sender=visitor,
        kind=kind,
        text=text,
        press=press,
        photos=tuple(IncomingPhoto(public_id=p) for p in photos),
        location=location,
        raw=raw,
    )
    shown = said("common.own_location") if location else text or words["label"][:100]
    return incoming, {"text": shown, "press": press, "photos": photos}, words["id"]


def _location(given: object) -> tuple[float, float] | None:
    """Latitude and longitude in degrees. Raises :class:`_Refused` for what lies nowhere."""
    if given is None:
        return None
    numbers = given if isinstance(given, list) and all(type(each) in (int, float) for each in given) else []
    if len(numbers) != 2 or not (abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180):  # NaN is no such number
        raise _Refused(400, "location")
    return float(numbers[0]), float(numbers[1])


def _lone_surrogates(words: dict[str, str]) -> bool:
    return any("\ud800" <= letter <= "\udfff" for value in words.values() for letter in value)


def _whole(value: str | None) -> int:
    """A row id from outside; anything else is 0."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else 0


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
