"""补充: add words or photos to an own issue."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_issue
from services import following, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id)
    return choose_issue(ctx, lines, ask="supply.ask_which", none="supply.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    ctx.data["issue"] = issue_id
    return Reply(text("supply.ask_what"), then=receive_what)


def receive_what(ctx: Context) -> Reply:
    if not ctx.text and not ctx.photos:
        return again("supply.ask_what")
    issue = following.supply_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        photos=ctx.photos,
        at=ctx.at,
        rules=ctx.rules,
    )
    # More photos of the same burst belong here too; any words begin something new.
    if ctx.photos:
        return Reply(text("supply.done", number=issue.number), then=receive_more)
    return Reply(text("supply.done", number=issue.number))


def receive_more(ctx: Context) -> Reply:
    if ctx.photos:
        return receive_what(ctx)
    return Reply(text("supply.finished"))
