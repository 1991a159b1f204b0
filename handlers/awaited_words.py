"""Until when an issue waits, and for what, in words: in a list, on its page, and in what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from handlers.dates import day, day_and_time, until
from services.awaiting import OF_MEETINGS, Awaited, Wait
from texts import text

_WITH_HOUR = frozenset({Wait.CANDIDATE, Wait.MEETING, Wait.MINUTES})


def short(waits: Awaited, *, now: datetime, timezone: str, staff: bool = False) -> str:
    """12月12日 15:00 开会商议: after the state and the holder in a list."""
    return _said("short", waits, _near(waits, now, timezone), staff=staff)


def full(waits: Awaited, *, now: datetime, timezone: str) -> str:
    """12月12日 15:00 到西苑小区议事会上商议: for who knows nothing of it yet."""
    return _said("full", waits, _near(waits, now, timezone))


def of_meeting(waits: Awaited, *, now: datetime, timezone: str, form: str = "full") -> str:
    """The same where a meeting has to do with it; empty where it waits for its landing, of which others speak."""
    return _said(form, waits, _near(waits, now, timezone)) if waits.what in OF_MEETINGS else ""


def of_notice(params: Mapping[str, Any], *, form: str = "full") -> str:
    """The same of a notice, where a meeting has to do with it. Empty: it waits for its landing, or was written before
    notices said more."""
    facts = params.get("awaits") or {}
    if facts.get("what") not in OF_MEETINGS:
        return ""
    waits = Awaited(
        Wait(facts["what"]),
        datetime.fromisoformat(facts["until"]),
        facts["meeting"],
        facts["owner_role"] or None,
        facts["owner"],
        date.fromisoformat(facts["due_on"]) if facts["due_on"] else None,
        facts["delayed"],
    )
    said = (day_and_time if waits.what in _WITH_HOUR else day)(facts["until"])
    return _said(form, waits, said)


def _near(waits: Awaited, now: datetime, timezone: str) -> str:
    """The moment, as of today or tomorrow where it is near; of a meeting always with its hour."""
    if waits.what in _WITH_HOUR:
        return day_and_time(waits.until, timezone, now=now)
    return day(waits.until, timezone) if waits.what is Wait.OBJECTIONS else until(waits.until, timezone, now=now)


def _said(form: str, waits: Awaited, moment: str, *, staff: bool = False) -> str:
    due = waits.due_on
    return text(
        f"awaited_words.{form}_{waits.what}",
        until=moment,
        meeting=waits.meeting,
        owner=text(f"words.holder_{waits.owner_role}", label=waits.owner) if waits.owner_role else "",
        due_on=text("dates.day", month=due.month, day=due.day) if due else "",
        delayed=waits.delayed,
        staff=staff,
    )
