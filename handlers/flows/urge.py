"""催办: a raiser urges; whoever has it and the rung above hear it, once a day."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_line, held_by, overseen_by
from models.rules.issue_workflow import OPEN, Action
from services import pressing, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id, states=OPEN, limit=9)
    return choose_issue(ctx, lines, ask="urge.ask_which", none="urge.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.URGE)
    if line is None:
        return again()
    issue = pressing.urge_issue(
        ctx.session, issue_id=line.issue_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    told = [who for who in (held_by(ctx, issue), overseen_by(ctx, issue)) if who]
    next_at = day_and_time(ctx.at + ctx.rules.urge_again, ctx.rules.timezone, now=ctx.at)
    return Reply(text("urge.done", number=issue.number, told=told, next=next_at))
