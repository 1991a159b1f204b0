"""The addresses of the pages that are not a chat: home, privacy, demo, photos, and the files pages are made of."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.platforms.base import Deps
from bot.platforms.webchat_browser import guarded
from handlers.web import pages

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def routes(deps: Deps) -> list[BaseRoute]:
    found = _Pages(deps)
    shown: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [
        ("/", found.home),
        ("/privacy", found.privacy),
        ("/photo/{public_id}.jpg", found.photo),
        ("/static/{name}", found.static),
    ]
    if deps.settings.demo.enabled:
        shown.append(("/demo", found.demo))
    return [Route(path, endpoint, methods=["GET"]) for path, endpoint in shown]


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


def missing_page() -> str:
    """What a person sees at an address that is not there."""
    return pages.missing()
