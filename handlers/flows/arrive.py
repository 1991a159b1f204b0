"""报到: the unit that was called is there."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_line, holder, start_option
from models.rules.issue_workflow import Action
from services import queries, whistles
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.issues_to_help(ctx.session, member_id=ctx.person.member_id, at=ctx.at, arrived=False)
    return choose_issue(ctx, lines, ask="arrive.ask_which", none="arrive.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.ARRIVE)
    if line is None:
        return again()
    whistles.arrive(
        ctx.session, issue_id=line.issue_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    return Reply(
        text("arrive.done", number=line.number, holder=holder(line)),
        (start_option("menu.help_out", "help_out", line.issue_id),),
    )
