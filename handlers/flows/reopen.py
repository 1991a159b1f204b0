"""重新办理: a raiser who finds it not settled after all."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_issue
from models.rules.issue_workflow import State
from services import following, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(
        ctx.session, member_id=ctx.person.member_id, states=frozenset({State.ANSWERED, State.CLOSED}), limit=9
    )
    return choose_issue(ctx, lines, ask="reopen.ask_which", none="reopen.none", then=receive_issue)


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
    if not ctx.text:
        return again("errors.words_needed")
    issue = following.reopen_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    role, label = queries.holder_of(ctx.session, issue=issue)
    return Reply(text("reopen.done", number=issue.number, holder=text(f"words.holder_{role}", label=label)))
