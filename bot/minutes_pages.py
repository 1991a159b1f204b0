"""The addresses of a meeting: its minutes for who was there, the page to change them, and what everybody may see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol
from urllib.parse import parse_qs

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.platforms.base import Deps
from bot.platforms.webchat_browser import TooLarge, from_own_page, guarded, read_body
from handlers import minutes_words, signed_links
from handlers.signed_links import EditingLink
from handlers.web import pages
from models.rules.errors import MinutesChanged, RuleError, WordsNeeded
from services.meetings import minutes, minutes_view
from services.meetings.minutes_view import MinutesView
from texts import text

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_BODY = 400_000  # bytes of a form; its words are cut by the service
_FIELDS = 200
_WHY = 200


class ByAddress(Protocol):
    """Finds what an address names; None: nothing."""

    def __call__(self, session: Session, *, public_id: str) -> MinutesView | None: ...


def routes(deps: Deps) -> list[BaseRoute]:
    found = _Pages(deps)
    return [
        Route("/minutes/edit/{token}", found.editor, methods=["GET"]),
        Route("/minutes/edit/{token}", found.save, methods=["POST"]),
        Route("/minutes/{public_id}", found.minutes, methods=["GET"]),
        Route("/published/{public_id}", found.published, methods=["GET"]),
    ]


@dataclass(frozen=True)
class _Pages:
    deps: Deps

    async def minutes(self, request: Request) -> Response:
        """One version, for whoever holds its unguessable address."""
        view = await self._read(minutes_view.minutes_by_address, request)
        if view is None:
            return self._html(pages.missing(), 404)
        composed = minutes_words.compose(view, timezone=self._zone, public=True)
        page = pages.record(
            title=composed.title,
            opening=composed.opening,
            sections=composed.sections,
            closing=composed.closing,
            note=text("minutes_words.check_note", version=view.version),
            photos=True,
        )
        return self._html(page)

    async def published(self, request: Request) -> Response:
        """A meeting for everybody: when and where it is, and in the end what was decided."""
        view = await self._read(minutes_view.meeting_by_address, request)
        if view is None:
            return self._html(pages.missing(), 404)
        sheet = minutes_words.public_sheet(view, timezone=self._zone)
        page = pages.record(
            title=sheet.title,
            opening=sheet.opening,
            sections=sheet.sections,
            closing=sheet.closing,
            note=sheet.note,
            hint=sheet.hint,
        )
        return self._html(page)

    async def editor(self, request: Request) -> Response:
        link = self._link(request)
        if link is None:
            return self._html(pages.missing(), 404)
        try:
            view = await self.deps.transactions.read(partial(_for_chair, link, self.deps.clock.now()))
        except RuleError as error:
            return self._refused(error)
        return self._form(request, view, {}, why="", note="")

    async def save(self, request: Request) -> Response:
        if not from_own_page(request, self.deps.settings.server.public_url):
            return self._html(pages.refused(words=text("minutes_words.page_elsewhere")), 403)
        link = self._link(request)
        if link is None:
            return self._html(pages.missing(), 404)
        try:
            fields = _fields(await read_body(request, _BODY))
        except (TooLarge, ValueError):
            return self._html(pages.refused(words=text("minutes_words.page_too_long")), 413)
        changes = {key.removeprefix("part-"): words for key, words in fields.items() if key.startswith("part-")}
        why, at = fields.get("why", "")[:_WHY], self.deps.clock.now()
        written = fields.get("version", "")
        version = int(written) if written.isascii() and written.isdecimal() and len(written) < 7 else 0
        rules = self.deps.settings.house_rules()

        def change(session: Session) -> int:
            saved = minutes.edit_minutes(
                session,
                meeting_id=link.meeting_id,
                member_id=link.member_id,
                based_on=version,
                changes=changes,
                why=why,
                at=at,
                rules=rules,
            )
            return saved.version

        try:
            return self._html(pages.saved(version=await self.deps.transactions.run(change)))
        except (MinutesChanged, WordsNeeded) as error:
            view = await self.deps.transactions.read(partial(_for_chair, link, at))
            newer = isinstance(error, MinutesChanged)
            note = text("minutes_words.page_newer") if newer else text("minutes_words.page_unchanged")
            return self._form(request, view, changes if newer else {}, why=why, note=note, status=409 if newer else 200)
        except RuleError as error:
            return self._refused(error)

    def _form(
        self, request: Request, view: MinutesView, mine: Mapping[str, str], *, why: str, note: str, status: int = 200
    ) -> Response:
        page = pages.minutes_edit(
            title=minutes_words.title(view),
            action=request.url.path,
            version=view.version,
            parts=_parts(view, mine, self._zone),
            why=why,
            most=self.deps.settings.house_rules().max_words,
            note=note,
        )
        return self._html(page, status, form=True)

    async def _read(self, what: ByAddress, request: Request) -> MinutesView | None:
        public_id = request.path_params["public_id"]
        if not _PUBLIC_ID.fullmatch(public_id):
            return None
        return await self.deps.transactions.read(lambda session: what(session, public_id=public_id))

    def _link(self, request: Request) -> EditingLink | None:
        secret = self.deps.settings.webchat.cookie_secret.get_secret_value()
        token = request.path_params["token"]
        return signed_links.read_editing_link(token, secret=secret, at=self.deps.clock.now()) if secret else None

    def _refused(self, error: RuleError) -> Response:
        return self._html(pages.refused(words=text(f"errors.{error.code}", **error.params)), 403)

    def _html(self, page: str, status: int = 200, *, form: bool = False) -> Response:
        response = HTMLResponse(page, status, headers={"X-Robots-Tag": "noindex"})
        return guarded(response, self.deps.settings.server.public_url, form=form)

    @property
    def _zone(self) -> str:
        return self.deps.settings.house_rules().timezone


def _for_chair(link: EditingLink, at: datetime, session: Session) -> MinutesView:
    return minutes_view.minutes_for_chair(session, meeting_id=link.meeting_id, member_id=link.member_id, at=at)


def _fields(body: bytes) -> dict[str, str]:
    """Of a form; the last of two with one name counts. Raises ValueError for what is no form."""
    found = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    return {key: values[-1].replace("\r\n", "\n").replace("\x00", "") for key, values in found.items()}


def _parts(view: MinutesView, mine: Mapping[str, str], zone: str) -> list[pages.Part]:
    """``mine``: what was typed against an older version."""
    composed = {section.item_id: section.lines for section in minutes_words.compose(view, timezone=zone).sections}

    def part(key: str, label: str, lines: tuple[str, ...], words: str) -> pages.Part:
        typed = mine.get(key)
        return pages.Part(key, label, lines, words, typed if typed is not None and typed.strip() != words else None)

    items = [
        part(str(item.item_id), minutes_words.heading(item, place), composed[item.item_id], item.written)
        for place, item in enumerate(view.items, start=1)
    ]
    return [
        part(minutes.OPENING, text("minutes_words.page_opening"), (), view.opening),
        *items,
        part(minutes.CLOSING, text("minutes_words.page_closing"), (), view.closing),
    ]
