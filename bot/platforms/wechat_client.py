"""WeChat's API, wrapped once: one token for all, one retry, a time limit on everything, and errors without secrets.

NotSent            certainly nothing happened; try again
└── NoToken        and for nobody: the token is refused or cannot be had
Unsure             it may have happened: cut, timed out, 5xx, a page of HTML
ApiError           WeChat said no, with its number
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from bot.clock import Clock

if TYPE_CHECKING:
    from bot.settings_sections import WeChatSettings

T = TypeVar("T")

#: Pictures on WeChat are at most 10 MB.
MEDIA_LIMIT = 10 * 1024 * 1024
#: ``stable_token`` hands out the next token five minutes before the old one ends.
TOKEN_MARGIN = 300.0
#: Seconds a connection may lie idle and still be used. Shorter than any server's own limit in use (5 s is the least):
#: who posts into a connection that is just being closed can never know whether the message arrived.
KEEP_ALIVE = 4.0
TOKEN_ERRORS = frozenset({40001, 40014, 42001})


class NotSent(Exception):
    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class NoToken(NotSent):
    pass


class Unsure(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ApiError(Exception):
    def __init__(self, errcode: int) -> None:
        super().__init__(f"errcode {errcode}")
        self.errcode = errcode


class WeChatClient:
    """``timeout``: seconds on the wall for one call, from its beginning to the last byte."""

    def __init__(self, settings: WeChatSettings, clock: Clock, *, timeout: float) -> None:
        self._app_id = settings.app_id
        self._secret = settings.app_secret
        self._clock = clock
        self._timeout = timeout
        connect = min(5.0, timeout / 2)
        self._http = httpx.AsyncClient(
            base_url=settings.api_url,
            timeout=httpx.Timeout(timeout, connect=connect, pool=connect),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32, keepalive_expiry=KEEP_ALIVE),
        )
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes addresses, and the token is in them
        self._lock = asyncio.Lock()
        self._token = ""
        self._token_until = 0.0

    async def close(self) -> None:
        await self._http.aclose()

    async def send_text(self, to: str, content: str) -> None:
        await self._custom_send({"touser": to, "msgtype": "text", "text": {"content": content}})

    async def send_image(self, to: str, media_id: str) -> None:
        await self._custom_send({"touser": to, "msgtype": "image", "image": {"media_id": media_id}})

    async def _custom_send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message, ensure_ascii=False).encode()  # escapes would be shown to people as they are
        await self._with_token(lambda token: self._post("/cgi-bin/message/custom/send", token, content=body))

    async def upload_image(self, data: bytes, name: str, content_type: str) -> str:
        """A temporary media id, good for three days."""
        files = {"media": (name, data, content_type)}
        answer = await self._with_token(
            lambda token: self._post("/cgi-bin/media/upload", token, params={"type": "image"}, files=files)
        )
        media_id = answer.get("media_id")
        if not isinstance(media_id, str):
            raise Unsure("no media_id")
        return media_id

    async def get_media(self, media_id: str) -> bytes:
        """The bytes of a picture. Raises ValueError when there is more than ``MEDIA_LIMIT`` of it."""
        return await self._with_token(lambda token: self._download(media_id, token))

    async def _download(self, media_id: str, token: str) -> bytes:
        async def read() -> bytes:
            query = {"access_token": token, "media_id": media_id}
            async with self._http.stream("GET", "/cgi-bin/media/get", params=query) as response:
                data = bytearray()
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) > MEDIA_LIMIT:
                        raise ValueError("more than a picture may have")
                kind = response.headers.get("content-type", "").partition(";")[0].strip()
                if response.status_code == 200 and kind not in ("application/json", "text/plain", "text/html"):
                    return bytes(data)
                _checked(response.status_code, bytes(data))
                raise ValueError("no picture")  # a film is answered with an address

        return await self._call(read())

    async def _post(
        self, path: str, token: str, *, params: dict[str, str] | None = None, **body: Any
    ) -> dict[str, Any]:
        async def post() -> dict[str, Any]:
            response = await self._http.post(path, params={"access_token": token, **(params or {})}, **body)
            return _checked(response.status_code, response.content)

        return await self._call(post())

    async def _call(self, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._timeout):
                return await work
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent(type(error).__name__) from None
        except (httpx.TimeoutException, TimeoutError):
            raise Unsure("timeout") from None
        except httpx.HTTPError as error:
            raise Unsure(type(error).__name__) from None

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        """Exactly one more try, with a fresh token, when WeChat does not like the one we have."""
        token = await self._fresh_token()
        try:
            return await call(token)
        except ApiError as error:
            if error.errcode not in TOKEN_ERRORS:
                raise
        token = await self._fresh_token(rejected=token)
        try:
            return await call(token)
        except ApiError as error:
            if error.errcode not in TOKEN_ERRORS:
                raise
            raise NoToken(f"token refused twice: {error.errcode}", 60) from None

    async def _fresh_token(self, rejected: str = "") -> str:
        """``rejected``: the token WeChat refused; if another was fetched since, that one is taken."""
        async with self._lock:
            if self._token and self._token != rejected and self._clock.monotonic() < self._token_until:
                return self._token
            wish = {
                "grant_type": "client_credential",
                "appid": self._app_id,
                "secret": self._secret.get_secret_value(),
                "force_refresh": bool(rejected),
            }

            async def fetch() -> dict[str, Any]:
                response = await self._http.post("/cgi-bin/stable_token", json=wish)
                return _checked(response.status_code, response.content)

            try:
                answer = await self._call(fetch())
            except ApiError as error:
                raise NoToken(f"token: {error.errcode}", 3600 if error.errcode == 45009 else 60) from None
            except (NotSent, Unsure) as error:
                raise NoToken(f"token: {error.reason}", 30) from None
            token, seconds = answer.get("access_token"), answer.get("expires_in")
            if not isinstance(token, str) or not token or not isinstance(seconds, int):
                raise NoToken("token: no answer", 60)
            self._token = token
            self._token_until = self._clock.monotonic() + max(seconds - TOKEN_MARGIN, seconds / 2)
            return token


def _checked(status: int, body: bytes) -> dict[str, Any]:
    """The JSON object WeChat promises; a proxy's HTML at 200 is none."""
    if 400 <= status < 500:
        raise NotSent(f"http {status}")
    if status != 200:
        raise Unsure(f"http {status}")
    try:
        answer = json.loads(body)
    except ValueError:
        raise Unsure("no JSON") from None
    errcode = answer.get("errcode", 0) if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(errcode, int):
        raise Unsure("odd JSON")
    if errcode:
        raise ApiError(errcode)
    return answer
