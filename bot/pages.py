"""The addresses of the pages that are not a chat: home, privacy, demo, photos, files, and what pages are made of."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot import calendar_pages, room_pages
from bot.platforms.base import Deps
from bot.platforms.webchat_browser import guarded
from handlers.web import pages
from models.document import CONTENT_TYPES
from services import documents

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def routes(deps: Deps) -> list[BaseRoute]:
    found = _Pages(deps)
    shown: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [
        ("/", found.home),
        ("/privacy", found.privacy),
        ("/photo/{public_id}.jpg", found.photo),
        ("/files/{public_id}", found.file),
        ("/static/{name}", found.static),
    ]
    if deps.settings.demo.enabled:
        shown.append(("/demo", found.demo))
    own = [Route(path, endpoint, methods=["GET"]) for path, endpoint in shown]
    return [*own, *calendar_pages.routes(deps), *room_pages.routes(deps)]


@dataclass(frozen=True)
class _Pages:
    deps: Deps

    async def home(self, request: Request) -> Response:
        return self._html(pages.home(demo=self.deps.settings.demo.enabled))

    async def privacy(self, request: Request) -> Response:
        return self._html(pages.privacy(raw_days=self.deps.settings.retention.raw_days))

    async def demo(self, request: Request) -> Response:
        return self._html(pages.demo())

    async def photo(self, request: Request) -> Response:
        """A photo, for whoever holds its unguessable address; nobody in between may keep it."""
        public_id = request.path_params["public_id"]
        if not _PUBLIC_ID.fullmatch(public_id):
            return self._html(pages.missing(), 404)
        try:
            jpeg = await asyncio.to_thread(self.deps.media.load, public_id)
        except FileNotFoundError:
            return self._html(pages.missing(), 404)
        headers = {"Cache-Control": "private, max-age=3600"}
        return self._guarded(Response(jpeg, media_type="image/jpeg", headers=headers))

    async def file(self, request: Request) -> Response:
        """A document, for whoever holds its unguessable address, while it is kept; no copy stays on the way."""
        public_id = request.path_params["public_id"]
        if not _PUBLIC_ID.fullmatch(public_id):
            return self._html(pages.missing(), 404)
        wanted = partial(documents.name_of, public_id=public_id, at=self.deps.clock.now())
        name = await self.deps.transactions.read(wanted)
        if name is None:
            return self._html(pages.missing(), 404)
        try:
            data = await asyncio.to_thread(self.deps.documents.load, public_id)
        except FileNotFoundError:
            return self._html(pages.missing(), 404)
        ending = name.rpartition(".")[2]
        shown = "inline" if CONTENT_TYPES[ending].startswith("image/") else "attachment"
        headers = {
            "Content-Disposition": f"{shown}; filename=\"zhuoluo.{ending}\"; filename*=UTF-8''{quote(name, safe='')}",
            "X-Robots-Tag": "noindex",
        }
        response = Response(data, media_type=CONTENT_TYPES[ending], headers=headers)
        return guarded(response, self.deps.settings.server.public_url)

    async def static(self, request: Request) -> Response:
        asset = pages.assets().get(request.path_params["name"])
        if asset is None:
            return self._html(pages.missing(), 404)
        current = request.query_params.get("v") == asset.version
        keep = "public, max-age=31536000, immutable" if current else "no-cache"
        return self._guarded(Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": keep}))

    def _html(self, page: str, status: int = 200) -> Response:
        return self._guarded(HTMLResponse(page, status, headers={"Cache-Control": "no-cache"}))

    def _guarded(self, response: Response) -> Response:
        return guarded(response, self.deps.settings.server.public_url, personal=False)
