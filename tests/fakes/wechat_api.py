"""WeChat's API as a real HTTP server that can be told to misbehave.

In process: ``with FakeWeChatApi() as api: … api.url``. As a process: ``python -m tests.fakes.wechat_api --port N
--record FILE``; then ``POST /fake/script``, ``POST /fake/heard`` and ``GET /fake/accepted`` do what the methods do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.server import LoopbackServer

TOKEN, SEND = "/cgi-bin/stable_token", "/cgi-bin/message/custom/send"
UPLOAD, GET = "/cgi-bin/media/upload", "/cgi-bin/media/get"


@dataclass(frozen=True)
class Fault:
    """``kind``: html, hang, cut (taken, then cut), or with a ``value``: errcode, status, late (seconds)."""

    kind: str
    value: float = 0


def errcode(number: int) -> Fault:
    return Fault("errcode", number)


def status(code: int) -> Fault:
    return Fault("status", code)


def late(seconds: float) -> Fault:
    """Taken and answered, but only after a while."""
    return Fault("late", seconds)


HTML = Fault("html")
HANG = Fault("hang")
CUT = Fault("cut")


@dataclass(frozen=True)
class Accepted:
    """A message that is on somebody's phone."""

    at: datetime
    to: str
    text: str = ""
    media_id: str = ""
    raw: str = ""


class _Cut(Response):
    """Promises more than it sends, so the server closes the connection under the client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class FakeWeChatApi:
    """``rates``: of each kind of fault ("status", "cut", "hang", "errcode"), the share of sends that meet it at random.

    ``enforce_window``: 45015 and 45047 as WeChat keeps them; somebody is heard by :meth:`heard`.
    """

    def __init__(
        self,
        *,
        app_id: str = "wx0123456789abcdef",
        secret: str = "app-secret-of-the-fake-0123456789",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        enforce_window: bool = False,
        rates: Mapping[str, float] | None = None,
        seed: int = 1,
        record: Path | None = None,
        port: int = 0,
    ) -> None:
        self.app_id, self.secret, self.now = app_id, secret, now
        self.enforce_window = enforce_window
        self.window, self.window_sends, self.token_lifetime = timedelta(hours=48), 5, 7200
        self.rates, self._random = dict(rates or {}), random.Random(seed)
        self.accepted: list[Accepted] = []
        self.calls: list[str] = []
        self.token_requests: list[dict[str, Any]] = []
        self.not_following: set[str] = set()
        self.media: dict[str, tuple[str, bytes]] = {}
        self._tokens: dict[str, datetime] = {}
        self._scripts: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._heard: dict[str, tuple[datetime, int]] = {}
        self._record = record
        self._lock = threading.Lock()
        api = [
            Route(TOKEN, self._token, methods=["POST"]),
            Route(SEND, self._send, methods=["POST"]),
            Route(UPLOAD, self._upload, methods=["POST"]),
            Route(GET, self._get),
            Route("/fake/script", self._script, methods=["POST"]),
            Route("/fake/heard", self._was_heard, methods=["POST"]),
            Route("/fake/accepted", self._was_accepted),
        ]
        self.app = Starlette(routes=api)
        self.server = LoopbackServer(self.app, port=port)

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    @property
    def url(self) -> str:
        return self.server.url

    def script(self, path: str, *faults: Fault) -> None:
        """The next calls of ``path`` meet these, one each."""
        self._scripts[path].extend(faults)

    def heard(self, openid: str) -> None:
        """This person wrote to the account: the window opens anew."""
        self._heard[openid] = (self.now(), 0)

    def expire_tokens(self) -> None:
        self._tokens.clear()

    def keep(self, data: bytes, kind: str = "image/jpeg") -> str:
        """A picture somebody sent; its media id."""
        media_id = f"media-{secrets.token_hex(12)}"
        self.media[media_id] = (kind, data)
        return media_id

    # The API

    async def _token(self, request: Request) -> Response:
        self.calls.append(TOKEN)
        wish = json.loads(await request.body())
        self.token_requests.append(wish)
        if odd := await self._misbehave(TOKEN, request):
            return odd
        if wish.get("grant_type") != "client_credential" or wish.get("appid") != self.app_id:
            return _no(40013)
        if wish.get("secret") != self.secret:
            return _no(40125)
        now = self.now()
        living = [token for token, until in self._tokens.items() if until > now]
        if living and not wish.get("force_refresh"):
            token = living[0]
        else:
            token = f"token-{secrets.token_hex(16)}"
            self._tokens = {token: now + timedelta(seconds=self.token_lifetime)}
        return JSONResponse({"access_token": token, "expires_in": int((self._tokens[token] - now).total_seconds())})

    async def _send(self, request: Request) -> Response:
        self.calls.append(SEND)
        raw = await request.body()
        fault = self._fault(SEND)
        if fault and (odd := await _odd_answer(fault, request)):
            return odd
        with self._lock:
            refusal = self._token_refusal(request) or self._accept(raw)
        if refusal:
            return _no(refusal)
        if fault and fault.kind == "cut":
            return _Cut()
        if fault and fault.kind == "late":
            await asyncio.sleep(fault.value)
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    def _accept(self, raw: bytes) -> int:
        message = json.loads(raw)
        to, kind = message.get("touser", ""), message.get("msgtype")
        content, media_id = message.get("text", {}).get("content", ""), message.get("image", {}).get("media_id", "")
        if not to:
            return 40003
        if to in self.not_following:
            return 43004
        if kind not in ("text", "image") or (kind == "text" and not content):
            return 40008
        if len(content.encode()) > 2048:
            return 45002
        if kind == "image" and media_id not in self.media:
            return 40007
        now = self.now()
        since, sent = self._heard.get(to, (None, 0))
        if self.enforce_window:
            if since is None or now - since > self.window:
                return 45015
            if sent >= self.window_sends:
                return 45047
            self._heard[to] = (since, sent + 1)
        arrived = Accepted(now, to, content, media_id, raw.decode())
        self.accepted.append(arrived)
        if self._record:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(arrived), default=str, ensure_ascii=False) + "\n")
        return 0

    async def _upload(self, request: Request) -> Response:
        self.calls.append(UPLOAD)
        async with request.form() as form:
            upload = form["media"]
            data, kind = await upload.read(), upload.content_type  # type: ignore[union-attr]
        if odd := await self._misbehave(UPLOAD, request):
            return odd
        if refusal := self._token_refusal(request):
            return _no(refusal)
        if not data:
            return _no(44001)
        return JSONResponse(
            {"type": "image", "media_id": self.keep(data, kind or ""), "created_at": int(self.now().timestamp())}
        )

    async def _get(self, request: Request) -> Response:
        self.calls.append(GET)
        if odd := await self._misbehave(GET, request):
            return odd
        if refusal := self._token_refusal(request):
            return _no(refusal)
        kind, data = self.media.get(request.query_params.get("media_id", ""), ("", b""))
        return Response(data, media_type=kind) if kind else _no(40007)

    def _token_refusal(self, request: Request) -> int:
        until = self._tokens.get(request.query_params.get("access_token", ""))
        return 40001 if until is None else 42001 if until <= self.now() else 0

    async def _misbehave(self, path: str, request: Request) -> Response | None:
        fault = self._fault(path)
        return await _odd_answer(fault, request) if fault else None

    def _fault(self, path: str) -> Fault | None:
        if self._scripts[path]:
            return self._scripts[path].popleft()
        dice = self._random.random() if path == SEND and self.rates else 1.0
        for kind, share in self.rates.items():
            if dice < share:
                return Fault(kind, {"status": 502, "errcode": -1}.get(kind, 0))
            dice -= share
        return None

    # For whoever runs this as a process

    async def _script(self, request: Request) -> Response:
        wish = await request.json()
        self.script(wish["path"], *(Fault(**fault) for fault in wish["faults"]))
        return JSONResponse({})

    async def _was_heard(self, request: Request) -> Response:
        self.heard((await request.json())["openid"])
        return JSONResponse({})

    async def _was_accepted(self, request: Request) -> Response:
        return Response(json.dumps([asdict(a) for a in self.accepted], default=str), media_type="application/json")


async def _odd_answer(fault: Fault, request: Request) -> Response | None:
    """None for faults that strike only after the message was taken."""
    match fault.kind:
        case "errcode":
            return _no(int(fault.value))
        case "status":
            return HTMLResponse("<h1>bad gateway</h1>", int(fault.value))
        case "html":
            return HTMLResponse("<html>please log in to the network</html>")
        case "hang":
            while (await request.receive())["type"] != "http.disconnect":
                pass
            return Response()
    return None


def _no(number: int) -> Response:
    hint = {"errcode": number, "errmsg": f"refused by the fake rid: {secrets.token_hex(4)}"}
    return Response(json.dumps(hint), media_type="text/plain" if number == 40007 else "application/json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--app-id", default="wx0123456789abcdef")
    parser.add_argument("--secret", default="app-secret-of-the-fake-0123456789")
    parser.add_argument("--enforce-window", action="store_true")
    parser.add_argument("--rates", type=json.loads, default={}, help='for example {"status": 0.02, "cut": 0.01}')
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    api = FakeWeChatApi(
        app_id=given.app_id,
        secret=given.secret,
        enforce_window=given.enforce_window,
        rates=given.rates,
        seed=given.seed,
        record=given.record,
    )
    uvicorn.run(api.app, host="127.0.0.1", port=given.port, log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
