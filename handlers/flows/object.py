"""异议: while a resolution is on view, anybody it concerns may object to it. An objection is an issue of its own."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import day
from handlers.meetings import named
from handlers.messages import Reply
from handlers.prompts import again
from handlers.resolutions import MOST_RESOLUTIONS, chosen_resolution, told, which_resolution
from services.meetings.resolutions import objections
from services.meetings.resolutions import queries as resolution_queries
from texts import text
from understanding.substance import says_something

_TITLE = 24  # characters of what was agreed in the summary of the issue


def start(ctx: Context) -> Reply:
    resolution_id, _ = named(ctx)
    if resolution_id is not None:
        return _asks_words(ctx, resolution_id)
    lines = resolution_queries.open_to_objection(
        ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=MOST_RESOLUTIONS
    )
    return which_resolution(ctx, lines, ask="object.ask_which", none="object.none", then=receive_resolution)


def receive_resolution(ctx: Context) -> Reply:
    resolution_id = chosen_resolution(ctx)
    return again() if resolution_id is None else _asks_words(ctx, resolution_id)


def receive_words(ctx: Context) -> Reply:
    if not says_something(ctx.text):
        return again("errors.words_needed")
    line = resolution_queries.line_of(ctx.session, resolution_id=ctx.data["resolution"])
    raised = objections.object_to(
        ctx.session,
        resolution_id=line.resolution_id,
        member_id=ctx.person.member_id,
        platform=ctx.person.platform,
        words=ctx.text,
        summary=text("object.summary", title=line.title[:_TITLE]),
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("object.done", **told(line), number=raised.number))


def _asks_words(ctx: Context, resolution_id: int) -> Reply:
    resolution, _ = objections.check_objecting(
        ctx.session, resolution_id=resolution_id, member_id=ctx.person.member_id, at=ctx.at
    )
    ctx.data["resolution"] = resolution_id
    until = resolution.objections_until
    shown = day(until, ctx.rules.timezone) if until else ""
    line = resolution_queries.line_of(ctx.session, resolution_id=resolution_id)
    return Reply(text("object.ask_words", **told(line), until=shown), then=receive_words)
