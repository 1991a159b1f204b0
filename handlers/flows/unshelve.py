"""恢复办理: what was shelved can be done after all."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, chosen_line, held_by, which_issue
from models.rules.issue_workflow import Action
from services import shelving
from texts import text


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.UNSHELVE, word="menu.unshelve", ask="unshelve.ask_which", none="unshelve.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.UNSHELVE)
    if line is None:
        return again()
    issue = shelving.unshelve_issue(
        ctx.session, issue_id=line.issue_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    return Reply(text("unshelve.done", number=issue.number, holder=held_by(ctx, issue)))
