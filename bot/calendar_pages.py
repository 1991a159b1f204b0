"""The addresses of calendars: one meeting to put into one's own, and all of a series to subscribe to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot import calendar_file
from bot.platforms.base import Deps
from bot.platforms.webchat_browser import guarded
from handlers.web import pages
from models.document import CONTENT_TYPES
from models.rules.errors import NotFound
from services.meetings import calendars

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def routes(deps: Deps) -> list[BaseRoute]:
    found = _CalendarPages(deps)
    return [
        Route("/meetings/{public_id}.ics", found.meeting, methods=["GET"]),
        Route("/calendars/{public_id}.ics", found.series, methods=["GET"]),
    ]


@dataclass(frozen=True)
class _CalendarPages:
    deps: Deps

    async def meeting(self, request: Request) -> Response:
        """A meeting that people were told of, for whoever holds its unguessable address."""
        return await self._file(request, self._meeting)

    async def series(self, request: Request) -> Response:
        """Phones come back for it: what they have already is not sent again."""
        return await self._file(request, self._series)

    def _meeting(self, session: Session, public_id: str) -> tuple[str, bytes]:
        entry = calendars.announced_entry(session, public_id=public_id)
        return entry.organiser, calendar_file.invitation(entry, site=self._site, timezone=self._timezone)

    def _series(self, session: Session, public_id: str) -> tuple[str, bytes]:
        calendar = calendars.calendar(session, public_id=public_id, at=self.deps.clock.now())
        return calendar.label, calendar_file.published(calendar, site=self._site, timezone=self._timezone)

    async def _file(self, request: Request, made: Callable[[Session, str], tuple[str, bytes]]) -> Response:
        public_id = request.path_params["public_id"]
        if not _PUBLIC_ID.fullmatch(public_id):
            return self._missing()
        try:
            name, data = await self.deps.transactions.read(lambda session: made(session, public_id))
        except NotFound:
            return self._missing()
        version = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        headers = {"Cache-Control": "no-cache", "ETag": version, "X-Robots-Tag": "noindex"}
        had = request.headers.get("if-none-match", "").split(",")
        if version in (each.strip().removeprefix("W/") for each in had):
            return self._guarded(Response(status_code=304, headers=headers))
        own_name = f"UTF-8''{quote(name, safe='')}.ics"
        headers["Content-Disposition"] = f'inline; filename="zhuoluo.ics"; filename*={own_name}'
        return self._guarded(Response(data, media_type=CONTENT_TYPES["ics"], headers=headers))

    def _missing(self) -> Response:
        return self._guarded(HTMLResponse(pages.missing(), 404, headers={"Cache-Control": "no-cache"}))

    def _guarded(self, response: Response) -> Response:
        return guarded(response, self._site, personal=False)

    @property
    def _site(self) -> str:
        return self.deps.settings.server.public_url

    @property
    def _timezone(self) -> str:
        return str(self.deps.settings.community.timezone)
