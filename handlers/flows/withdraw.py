"""撤回: take an own report back; asked once more, because it cannot be undone."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_issue, option
from models.rules.issue_workflow import OPEN, Action
from services import following, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id, states=OPEN)
    return choose_issue(ctx, lines, ask="withdraw.ask_which", none="withdraw.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    ctx.data["issue"] = issue_id
    line = queries.line_for(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=Action.WITHDRAW, at=ctx.at
    )
    return Reply(
        text("withdraw.sure", number=line.number, summary=line.summary),
        (option("withdraw.yes", "yes"), option("withdraw.no", "no")),
        then=receive_confirmation,
    )


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            issue = following.withdraw_report(
                ctx.session,
                issue_id=ctx.data["issue"],
                member_id=ctx.person.member_id,
                at=ctx.at,
                rules=ctx.rules,
            )
            return Reply(text("withdraw.done", number=issue.number))
        case "no":
            return Reply(text("withdraw.kept"))
    return again()
