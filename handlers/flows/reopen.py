"""重新办理: a raiser who finds it not settled after all."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, chosen_issue, reopen, which_answered
from services import following
from texts import text


def start(ctx: Context) -> Reply:
    return which_answered(ctx, ask="reopen.ask_which", none="reopen.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    following.check_reopening(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    ctx.data["issue"] = issue_id
    return Reply(text("rate.ask_reason"), then=receive_reason)


def receive_reason(ctx: Context) -> Reply:
    return reopen(ctx)
