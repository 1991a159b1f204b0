"""Questions and phrases that the flows about resolutions (决议) share."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.context import Context
from handlers.meeting_notices import whole_day
from handlers.messages import Option, Reply, unended
from handlers.prompts import Step
from services.meetings.resolutions.queries import ResolutionLine
from texts import text

MOST_RESOLUTIONS = 9


def name(line: ResolutionLine) -> str:
    """决议2026-7 增设充电桩"""
    return text("resolution.name", year=line.year, serial=line.serial, title=line.title)


def which_resolution(
    ctx: Context, lines: Sequence[ResolutionLine], *, ask: str, none: str, then: Step
) -> Reply:
    """Which one? With only one there is nothing to ask. ``then`` finds it by :func:`chosen_resolution`."""
    if not lines:
        return Reply(text(none))
    if len(lines) == 1:
        ctx.choice = str(lines[0].resolution_id)
        return then(ctx)
    return Reply(text(ask), tuple(Option(name(line), str(line.resolution_id)) for line in lines), then=then)


def chosen_resolution(ctx: Context) -> int | None:
    """The resolution of the choice, kept in ``ctx.data``; None where something else was said."""
    if ctx.choice is None or not ctx.choice.isdecimal():
        return None
    ctx.data["resolution"] = int(ctx.choice)
    return int(ctx.choice)


def told(line: ResolutionLine) -> dict[str, str]:
    """What a sentence may say of one."""
    return {
        "name": name(line),
        "title": line.title,
        "words": unended(line.words),
        "standard": unended(line.standard),
        "due": whole_day(line.due_on),
        "holder": text(f"words.holder_{line.holder_role}", label=line.holder),
    }
