"""The screen of the room: who is there, what is talked over, and the code to check in with, as it is now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.platforms.base import Deps
from bot.platforms.webchat_browser import guarded
from handlers.dates import day_and_time
from handlers.web import pages
from models.rules.house import HouseRules
from models.rules.meeting_workflow import MeetingState
from services.meetings import room
from services.meetings.room import Room

_PART = re.compile(r"[A-Za-z0-9_-]{22}")


def routes(deps: Deps) -> list[BaseRoute]:
    found = _RoomPages(deps)
    return [
        Route("/room/{public_id}/{key}", found.page, methods=["GET"]),
        Route("/room/{public_id}/{key}/live", found.live, methods=["GET"]),
    ]


def check_in_link(public_url: str, code: str) -> str:
    """What the QR code leads to: the web chat, with the code ready to be sent. Behind the #, so it is in no log."""
    return f"{public_url}/chat#checkin=QD{code}"


@dataclass(frozen=True)
class _RoomPages:
    deps: Deps

    async def page(self, request: Request) -> Response:
        return await self._shown(request, whole=True)

    async def live(self, request: Request) -> Response:
        """The part that changes; the page asks for it every few seconds."""
        return await self._shown(request, whole=False)

    async def _shown(self, request: Request, *, whole: bool) -> Response:
        public_id, key = request.path_params["public_id"], request.path_params["key"]
        found = None
        if _PART.fullmatch(public_id) and _PART.fullmatch(key):
            asked = partial(
                room.room, public_id=public_id, key=key, at=self.deps.clock.now(), rules=self._rules
            )
            found = await self.deps.transactions.read(asked)
        public_url = self.deps.settings.server.public_url
        if found is None:
            return guarded(HTMLResponse(pages.missing(), 404), public_url, personal=False)
        shown = pages.room_live(**self._facts(found))
        if whole:
            shown = pages.room(label=found.label, path=f"/room/{public_id}/{key}/live", live=shown)
        response = guarded(HTMLResponse(shown), public_url)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @property
    def _rules(self) -> HouseRules:
        return self.deps.settings.house_rules()

    def _facts(self, found: Room) -> dict[str, object]:
        """The words of a page. The bar is full where the quorum is reached."""
        zone, now = self._rules.timezone, self.deps.clock.now()
        there = found.attendance
        return {
            "room": found,
            "when": day_and_time(found.meets_at, zone, now=now),
            "opens": day_and_time(found.opens_at, zone, now=now),
            "sitting": found.state is MeetingState.IN_SESSION,
            "coming": found.state is MeetingState.CALLED,
            "over": found.state not in (MeetingState.IN_SESSION, MeetingState.CALLED),
            "there": there,
            "qr": _qr(check_in_link(self.deps.settings.server.public_url, found.code)) if found.code else "",
        }


def _qr(link: str) -> str:
    """As an inline drawing: one path, no styles, so that the page's policy allows it."""
    import segno

    return str(segno.make(link, micro=False, error="m").svg_inline(border=2, omitsize=True, dark="#17302f"))
