"""The papers after a meeting: its minutes for the notice board, and the list of what was resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.export_file import Sheet, workbook
from bot.papers import phrases
from bot.papers.filling import fill
from bot.papers.phrases import lines, number_of, numeral, one_line, whole_day
from handlers import minutes_words
from handlers.context import House
from handlers.dates import local
from handlers.public_names import without_people
from models.rules.meeting_workflow import MeetingState
from services.export import Value
from services.meetings import minutes_view
from services.meetings.papers import Paper, check_paper
from services.meetings.resolutions.papers import ResolutionRow, resolutions_of_series, resolutions_of_year
from services.public_names import people_named
from texts import text

#: Each column of the year's sheet: its head, its width in letters, and what stands in it.
_COLUMNS: tuple[tuple[str, int, Callable[[ResolutionRow], Value]], ...] = (
    ("number", 14, lambda row: number_of(row)),
    ("community", 14, lambda row: row.community),
    ("series", 24, lambda row: row.series),
    ("meeting", 8, lambda row: row.number),
    ("held_on", 17, lambda row: row.held_on),
    ("topic", 30, lambda row: row.title),
    ("words", 40, lambda row: row.words),
    ("standard", 30, lambda row: row.standard),
    ("owner", 26, lambda row: _owner(row)),
    ("due_on", 12, lambda row: row.due_on.isoformat()),
    ("budget", 14, lambda row: row.budget),
    ("source", 14, lambda row: row.source),
    ("state", 10, lambda row: text(f"papers.state_{row.state}")),
    ("published_at", 17, lambda row: row.published_at),
    ("objections_until", 17, lambda row: row.objections_until),
    ("in_force_at", 17, lambda row: row.in_force_at),
    ("noted_at", 17, lambda row: row.noted_at),
    ("done_at", 17, lambda row: row.done_at),
    ("review_on", 12, lambda row: row.review_on.isoformat() if row.review_on else None),
    ("followers", 12, lambda row: sum(count for _, count in row.followers)),
    ("objections", 8, lambda row: row.objections),
)


def minutes_file(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """As it may be put up, in the same words as on its page. ``params``: member, meeting."""
    meeting = check_paper(session, meeting_id=params["meeting"], member_id=params["member"], paper=Paper.MINUTES, at=at)
    zone, view = house.rules.timezone, minutes_view.minutes_of(session, meeting_id=meeting.meeting_id)
    composed = minutes_words.compose(view, timezone=zone, public=True)
    closing = [line for words in composed.closing for line in lines(words)]
    if meeting.state is MeetingState.PUBLISHED:
        closing += lines(minutes_words.public_sheet(view, timezone=zone).hint)
    values = {
        **phrases.head(meeting, zone),
        "title": text(
            "papers.title_minutes",
            label=one_line(meeting.label),
            ordinal=phrases.ordinal(meeting.number),
            draft=meeting.state is MeetingState.HELD,
            checking=meeting.state is MeetingState.MINUTED,
        ),
        "opening": [line for words in composed.opening for line in lines(words)],
        "items": [
            {
                "title": text(
                    "papers.minutes_item",
                    numeral=numeral(count),
                    title=one_line(section.heading).removeprefix(f"{count}. "),
                ),
                "lines": [line for words in section.lines for line in lines(words)],
            }
            for count, section in enumerate(composed.sections, start=1)
        ],
        "closing": closing,
        "signed": one_line(meeting.label),
        "day": whole_day(at, zone),
    }
    return fill("minutes", values, own=house.papers)


def resolutions_file(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """Of all meetings of a series, the latest first. ``params``: member, meeting (any of the series)."""
    meeting = check_paper(
        session, meeting_id=params["meeting"], member_id=params["member"], paper=Paper.RESOLUTIONS, at=at
    )
    people, zone = people_named(session, meeting_id=meeting.meeting_id, level=meeting.level), house.rules.timezone
    rows = resolutions_of_series(session, series_id=meeting.series_id)

    def said(words: str) -> str:
        return without_people(one_line(words), people)

    values = {
        "title": text("papers.title_resolutions", label=one_line(meeting.label)),
        "rows": [
            {
                "number": number_of(row),
                "topic": said(row.title),
                "resolution": text("papers.ledger_resolution", words=said(row.words), standard=said(row.standard)),
                "owner": _owner(row),
                "dates": _dates(row),
                "state": _state(row, zone),
            }
            for row in reversed(rows)
        ],
    }
    return fill("resolutions", values, own=house.papers)


def resolutions_sheet(session: Session, params: Mapping[str, Any], *, house: House, at: datetime) -> bytes:
    """All of a year that the member answers for when it is made. ``params``: member, year."""
    rows = resolutions_of_year(session, member_id=params["member"], year=params["year"], at=at)
    sheet = Sheet(
        text("papers.sheet_title", year=params["year"]),
        [text(f"papers.col_{name}") for name, _, _ in _COLUMNS],
        ([shown(row) for _, _, shown in _COLUMNS] for row in rows),
        [width for _, width, _ in _COLUMNS],
    )
    return workbook([sheet], timezone=house.rules.timezone)


def _owner(row: ResolutionRow) -> str:
    return text(f"words.holder_{row.owner_role}", label=row.owner)


def _dates(row: ResolutionRow) -> str:
    if row.review_on is None:
        return row.due_on.isoformat()
    return text("papers.ledger_review", due=row.due_on, review=row.review_on)


def _state(row: ResolutionRow, zone: str) -> str:
    """How it stands, and since when where that is said."""
    since = row.done_at or row.noted_at or row.in_force_at or row.published_at
    day = local(since, zone).date().isoformat() if since else ""
    return text("papers.ledger_state", state=text(f"papers.state_{row.state}"), day=day)
