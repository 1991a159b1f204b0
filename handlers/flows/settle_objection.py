"""处理异议: whoever convened the meeting, or is above them, says whether an objection holds, and why."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.meetings import named
from handlers.messages import Option, Reply, unended
from handlers.prompts import again, option, refused
from handlers.resolutions import MOST_RESOLUTIONS
from models.rules.errors import HollowAnswer
from services.meetings.resolutions import objections
from services.meetings.resolutions import queries as resolution_queries
from services.meetings.resolutions.queries import OpenObjection
from texts import text

_SHOWN = 12  # characters of an objection on its button


def start(ctx: Context) -> Reply:
    resolution_id, _ = named(ctx)
    open_ones = resolution_queries.objections_to_settle(
        ctx.session,
        member_id=ctx.person.member_id,
        at=ctx.at,
        limit=MOST_RESOLUTIONS,
        resolution_id=resolution_id,
    )
    if not open_ones:
        return Reply(text("settle_objection.none"))
    if len(open_ones) == 1:
        return _asks_verdict(ctx, open_ones[0])
    options = tuple(Option(_name(each), str(each.objection_id)) for each in open_ones)
    return Reply(text("settle_objection.ask_which"), options, then=receive_objection)


def receive_objection(ctx: Context) -> Reply:
    open_ones = resolution_queries.objections_to_settle(
        ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=MOST_RESOLUTIONS
    )
    chosen = next((each for each in open_ones if str(each.objection_id) == ctx.choice), None)
    return again() if chosen is None else _asks_verdict(ctx, chosen)


def receive_verdict(ctx: Context) -> Reply:
    if ctx.choice not in ("yes", "no"):
        return again()
    ctx.data["uphold"] = ctx.choice == "yes"
    key = "settle_objection.ask_why_upheld" if ctx.data["uphold"] else "settle_objection.ask_why_dismissed"
    return Reply(text(key), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    try:
        settled = objections.settle_objection(
            ctx.session,
            objection_id=ctx.data["objection"],
            member_id=ctx.person.member_id,
            uphold=ctx.data["uphold"],
            words=ctx.text,
            at=ctx.at,
            rules=ctx.rules,
        )
    except HollowAnswer as hollow:
        return refused(hollow)
    key = "settle_objection.upheld" if ctx.data["uphold"] else "settle_objection.dismissed"
    again_at = day_and_time(settled.again_at, ctx.rules.timezone) if settled.again_at else ""
    return Reply(text(key, title=settled.title, left=settled.left, again_at=again_at))


def _asks_verdict(ctx: Context, chosen: OpenObjection) -> Reply:
    ctx.data["objection"] = chosen.objection_id
    line = resolution_queries.line_of(ctx.session, resolution_id=chosen.resolution_id)
    question = text(
        "settle_objection.ask_verdict",
        title=chosen.title,
        resolved=unended(line.words),
        standard=unended(line.standard),
        objection=unended(chosen.words),
    )
    options = (option("settle_objection.dismiss", "no"), option("settle_objection.uphold", "yes"))
    return Reply(question, options, then=receive_verdict)


def _name(each: OpenObjection) -> str:
    return text("settle_objection.name", title=each.title, words=each.words[:_SHOWN])
