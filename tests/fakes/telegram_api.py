"""The Telegram Bot API as a real HTTP server that can be told to fail.

In a test: ``with FakeTelegram() as api: … api.url, api.token, api.messages(chat)``.
As a process of its own, which outlives ours: ``python -m tests.fakes.telegram_api --port 8081 --record FILE``; each
accepted message is one JSON line in FILE, written before it is answered, and faults are set by ``POST /control``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.server import LoopbackServer

TOKEN = "123456:fake-bot-token-which-must-never-be-logged"
SENDING = frozenset({"sendMessage", "sendPhoto", "sendMediaGroup", "sendDocument"})
EDITING = "editMessageText"
_REASONS = {
    400: "Bad Request: message can't be sent",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    429: "Too Many Requests: retry after {retry_after}",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass(frozen=True)
class Call:
    """One accepted call. ``at``: monotonic seconds of arrival; ``files``: size of each upload, in order; ``names``:
    what each is called."""

    method: str
    chat: int | None
    params: dict[str, Any]
    at: float
    files: tuple[int, ...] = ()
    webhook: bool = False  # came as the answer to a webhook call
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return str(self.params.get("text") or self.params.get("caption") or "")

    @property
    def rows(self) -> list[list[dict[str, str]]]:
        """The inline keyboard."""
        markup: dict[str, Any] = self.params.get("reply_markup") or {}
        rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
        return rows


@dataclass
class Fault:
    """What the next ``times`` matching calls meet. ``method`` or ``chat`` empty: any.

    ``status``: this answer, nothing accepted. ``hang``: seconds of silence, then accepted. ``cut``: accepted, then the
    connection is cut. ``drop``: cut before it is accepted. ``html``: accepted, and answered by something else.
    """

    method: str = ""
    chat: int | None = None
    times: int = 1
    status: int = 0
    description: str = ""
    retry_after: int = 0
    hang: float = 0.0
    cut: bool = False
    drop: bool = False
    html: bool = False

    def matches(self, method: str, chat: int | None) -> bool:
        return self.times > 0 and self.method in ("", method) and self.chat in (None, chat)


@dataclass
class Rates:
    """Shares of sending calls that fail at random, from one seeded source."""

    limited: float = 0.0  # 429
    broken: float = 0.0  # 502
    cut: float = 0.0
    hang: float = 0.0
    hang_seconds: float = 5.0
    retry_after: int = 1


@dataclass
class State:
    calls: list[Call] = field(default_factory=list)
    refused: list[tuple[str, int | None, int]] = field(default_factory=list)  # method, chat, status
    faults: list[Fault] = field(default_factory=list)
    rates: Rates = field(default_factory=Rates)
    blocked: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)  # by file id
    paths: dict[str, str] = field(default_factory=dict)  # by file id, where the path is not the usual one
    updates: list[dict[str, Any]] = field(default_factory=list)
    offsets: list[int | None] = field(default_factory=list)  # as asked by getUpdates
    webhook: dict[str, Any] = field(default_factory=dict)
    outage: bool = False  # 502 to everything


class FakeTelegram:
    """``refuse()`` closes the port, ``accept()`` opens the same again."""

    def __init__(self, *, token: str = TOKEN, record: Path | None = None, seed: int = 0, port: int = 0) -> None:
        self.token = token
        self.state = State()
        self._record = record
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._message_id = 0
        routes = [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._file),
            Route("/control", self._control, methods=["GET", "POST"]),
        ]
        self.app = Starlette(routes=routes)
        self._server = LoopbackServer(self.app, port=port)

    # For tests

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def refuse(self) -> None:
        self._server.stop()

    def accept(self) -> None:
        self._server.start()

    def fail(self, **fault: Any) -> None:
        """See :class:`Fault`."""
        self.state.faults.append(Fault(**fault))

    def calls(self, method: str = "", chat: int | None = None) -> list[Call]:
        with self._lock:
            return [c for c in self.state.calls if method in ("", c.method) and chat in (None, c.chat)]

    def messages(self, chat: int | None = None) -> list[Call]:
        """What people see, in the order of arrival."""
        return [call for call in self.calls(chat=chat) if call.method in SENDING]

    def deliver(self, address: str, update: Mapping[str, Any] | bytes, *, secret: str, timeout: float = 10) -> int:
        """Posts an update to a webhook as Telegram does, carries out the method in the answer, returns the status."""
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
        # Plain HTTP to loopback: reading the certificates of the whole world for each update takes ten times as long.
        response = httpx.post(address, content=body, headers=headers, timeout=timeout, verify=False, trust_env=False)
        if response.status_code == 200 and response.content:
            params = response.json()
            method = params.pop("method")
            problem = self._problem(method, params, ())
            assert problem is None, f"Telegram would refuse this reply: {problem}"
            self._accept(method, params, (), webhook=True)
        return response.status_code

    # The server

    async def _call(self, request: Request) -> Response:
        at = time.monotonic()
        method = request.path_params["method"]
        if request.path_params["token"] != self.token:
            return self._refuse(method, None, 401)
        params, files, names = await _read(request)
        chat = int(params["chat_id"]) if str(params.get("chat_id", "")).lstrip("-").isdigit() else None
        fault = self._fault(method, chat)
        if fault.status:
            return self._refuse(method, chat, fault.status, fault.description, fault.retry_after)
        if fault.drop:
            return _Cut()
        await asyncio.sleep(fault.hang)
        if chat in self.state.blocked:
            return self._refuse(method, chat, 403)
        if method == "getUpdates":
            return await self._get_updates(request, params)
        if problem := self._problem(method, params, files):
            return self._refuse(method, chat, 400, f"Bad Request: {problem}")
        result = self._accept(method, params, files, at=at, names=names)
        if fault.cut:
            return _Cut()
        return (
            Response("<html>", media_type="text/html") if fault.html else JSONResponse({"ok": True, "result": result})
        )

    def _fault(self, method: str, chat: int | None) -> Fault:
        with self._lock:
            if self.state.outage:
                return Fault(status=502)
            for fault in self.state.faults:
                if fault.matches(method, chat):
                    fault.times -= 1
                    return fault
            return self._chance() if method in SENDING else Fault()

    def _chance(self) -> Fault:
        rates, draw = self.state.rates, self._random.random()
        for share, fault in (
            (rates.limited, Fault(status=429, retry_after=rates.retry_after)),
            (rates.broken, Fault(status=502)),
            (rates.cut, Fault(cut=True)),
            (rates.hang, Fault(hang=rates.hang_seconds)),
        ):
            if draw < share:
                return fault
            draw -= share
        return Fault()

    def _refuse(
        self, method: str, chat: int | None, status: int, description: str = "", retry_after: int = 0
    ) -> Response:
        with self._lock:
            self.state.refused.append((method, chat, status))
        words = description or _REASONS.get(status, "Error").format(retry_after=retry_after)
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": words}
        if retry_after:
            body["parameters"] = {"retry_after": retry_after}
        return JSONResponse(body, status_code=status)

    def _problem(self, method: str, params: Mapping[str, Any], files: tuple[bytes, ...]) -> str | None:
        """What the real one would refuse."""
        chat = params.get("chat_id")
        if method in SENDING and (chat is None or int(chat) in self.state.unknown):
            return "chat not found"
        keys = [key for row in (params.get("reply_markup") or {}).get("inline_keyboard", []) for key in row]
        if any(not 0 < len(key["callback_data"].encode()) <= 64 or not key["text"] for key in keys):
            return "BUTTON_DATA_INVALID"
        checks = {
            "sendMessage": _too_long(params.get("text", ""), 4096, least=1),
            EDITING: _too_long(params.get("text", ""), 4096, least=1) or self._not_modified(params),
            "sendPhoto": _too_long(params.get("caption", ""), 1024) or (None if files else "there is no photo"),
            "sendDocument": _too_long(params.get("caption", ""), 1024) or (None if files else "there is no document"),
            "sendMediaGroup": None if 2 <= len(files) <= 10 else "wrong number of media",
            "getFile": None
            if params.get("file_id") in self.state.files
            else "wrong file_id or the file is unavailable",
        }
        return checks.get(method)

    def _not_modified(self, params: Mapping[str, Any]) -> str | None:
        """Any message may be edited here, but to say the same once more is refused."""
        edits = [c for c in self.state.calls if c.method == EDITING]
        before = [c.params for c in edits if c.params["message_id"] == params.get("message_id")]
        same = before and all(before[-1].get(key) == params.get(key) for key in ("text", "reply_markup"))
        return "message is not modified" if same else None

    def _accept(
        self,
        method: str,
        params: dict[str, Any],
        files: tuple[bytes, ...],
        *,
        at: float | None = None,
        webhook: bool = False,
        names: tuple[str, ...] = (),
    ) -> Any:
        chat = int(params["chat_id"]) if "chat_id" in params else None
        call = Call(method, chat, params, at or time.monotonic(), tuple(map(len, files)), webhook, names)
        with self._lock:
            self._message_id += 1
            self.state.calls.append(call)
            if self._record is not None and method in SENDING:
                with self._record.open("a", encoding="utf-8") as out:
                    out.write(
                        json.dumps({"time": time.time(), "text": call.text, **asdict(call)}, ensure_ascii=False) + "\n"
                    )
            message = {"message_id": self._message_id, "date": 1, "chat": {"id": chat, "type": "private"}}
            if method == "setWebhook":
                self.state.webhook = params
            if method == "deleteWebhook":
                self.state.webhook = {}
        if method == "getMe":
            return {"id": 123456, "is_bot": True, "first_name": "着落", "username": "zhuoluo_bot"}
        if method == "getFile":
            file_id = params["file_id"]
            size = len(self.state.files[file_id])
            path = self.state.paths.get(file_id, f"photos/{file_id}.jpg")
            return {"file_id": file_id, "file_unique_id": "u", "file_size": size, "file_path": path}
        if method == "sendMediaGroup":
            return [message for _ in files]
        if method == EDITING:
            return {**message, "message_id": int(params["message_id"]), "text": params["text"]}
        return {**message, "text": params.get("text", "")} if method in SENDING else True

    async def _get_updates(self, request: Request, params: Mapping[str, Any]) -> Response:
        if self.state.webhook.get("url"):
            words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            return self._refuse("getUpdates", None, 409, words)
        offset = int(params["offset"]) if "offset" in params else None
        with self._lock:
            self.state.offsets.append(offset)
            if offset is not None:
                self.state.updates = [u for u in self.state.updates if u["update_id"] >= offset]
        end = time.monotonic() + float(params.get("timeout", 0))
        while not self.state.updates and time.monotonic() < end and not await request.is_disconnected():
            await asyncio.sleep(0.01)
        with self._lock:
            return JSONResponse({"ok": True, "result": self.state.updates[:100]})

    async def _file(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            return Response(status_code=404)
        fault = self._fault("download", None)
        if fault.status:
            return Response(status_code=fault.status)
        data = self.state.files.get(request.path_params["path"].removeprefix("photos/").removesuffix(".jpg"))
        return Response(data, media_type="image/jpeg") if data is not None else Response(status_code=404)

    async def _control(self, request: Request) -> Response:
        """For other processes: ``{"rates": {…}, "faults": [{…}], "blocked": […], "outage": true, "updates": […]}``."""
        if request.method == "POST":
            wanted = await request.json()
            with self._lock:
                self.state.rates = Rates(**wanted["rates"]) if "rates" in wanted else self.state.rates
                self.state.faults += [Fault(**fault) for fault in wanted.get("faults", [])]
                self.state.blocked |= set(wanted.get("blocked", []))
                self.state.unknown |= set(wanted.get("unknown", []))
                self.state.updates += wanted.get("updates", [])
                self.state.outage = wanted.get("outage", self.state.outage)
        return JSONResponse({"accepted": len(self.state.calls), "refused": len(self.state.refused)})


class _Cut(Response):
    """The connection ends in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b'{"ok":', "more_body": True})


async def _read(request: Request) -> tuple[dict[str, Any], tuple[bytes, ...], tuple[str, ...]]:
    """Parameters of the query and the form, JSON decoded; the uploads and what they are called, in order."""
    params: dict[str, Any] = {key: _decoded(key, value) for key, value in request.query_params.items()}
    files, names = [], []
    async with request.form() as form:
        for key, value in form.multi_items():
            if isinstance(value, UploadFile):
                files.append(await value.read())
                names.append(value.filename or "")
            else:
                params[key] = _decoded(key, value)
    return params, tuple(files), tuple(names)


def _decoded(key: str, value: str) -> Any:
    return json.loads(value) if key in {"reply_markup", "media", "allowed_updates", "link_preview_options"} else value


def _too_long(text: str, limit: int, *, least: int = 0) -> str | None:
    if len(text.encode("utf-16-le")) // 2 > limit:
        return "message is too long"
    return "message text is empty" if len(text.strip()) < least else None


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.telegram_api", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    fake = FakeTelegram(token=given.token, record=given.record, seed=given.seed)
    uvicorn.run(fake.app, host="127.0.0.1", port=given.port, log_level="critical", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1:])
