"""补充: add words or photos to an own issue."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_issue, option
from models.rules.issue_workflow import Action
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
    line = queries.line_for(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=Action.SUPPLY, at=ctx.at
    )
    ctx.data["issue"] = issue_id
    return Reply(text("supply.ask_what", number=line.number, summary=line.summary), then=receive_what)


def receive_what(ctx: Context) -> Reply:
    if not ctx.text and not ctx.photos:
        return again("common.empty")
    issue = following.supply_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        photos=ctx.photos,
        at=ctx.at,
        rules=ctx.rules,
    )
    # More photos of the same burst, or a word about them, belong here too.
    if ctx.photos:
        enough = option("supply.enough", "enough")
        return Reply(text("supply.done_so_far", number=issue.number), (enough,), then=receive_more, fresh=True)
    return Reply(text("supply.done", number=issue.number))


def receive_more(ctx: Context) -> Reply:
    if ctx.choice:
        return Reply(text("supply.finished"))
    return receive_what(ctx)
