"""协办结果: a unit that was called tells what came of it; the lead answers the raisers."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_line, holder
from models.rules.issue_workflow import Action
from services import queries, whistles
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.issues_to_help(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    return choose_issue(ctx, lines, ask="help_out.ask_which", none="help_out.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.HELP)
    if line is None:
        return again()
    ctx.data["holder"] = holder(line)
    return Reply(text("help_out.ask_what", number=line.number, summary=line.summary), then=receive_what)


def receive_what(ctx: Context) -> Reply:
    photos = ctx.data["photos"] = [*ctx.data.get("photos", ()), *ctx.photos][: ctx.rules.max_photos]
    if not ctx.text:
        return Reply(text("help_out.photo_first"), then=receive_what)
    issue = whistles.report_help(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        photos=photos,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("help_out.done", number=issue.number, holder=ctx.data["holder"]))
