"""上报: to the next rung, with a reason that the raisers hear."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_issue
from models.rules.issue_workflow import Action
from services import handling, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.tasks_that_allow(ctx.session, member_id=ctx.person.member_id, action=Action.HAND_OVER, at=ctx.at)
    return choose_issue(ctx, lines, ask="hand_over.ask_which", none="hand_over.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    line = queries.line_for(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=Action.HAND_OVER, at=ctx.at
    )
    ctx.data["issue"] = issue_id
    return Reply(text("hand_over.ask_why", number=line.number, summary=line.summary), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    issue = handling.hand_over_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    role, label = queries.holder_of(ctx.session, issue=issue)
    return Reply(text("hand_over.done", number=issue.number, holder=text(f"words.holder_{role}", label=label)))
