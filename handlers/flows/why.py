"""为什么: one plain sentence on why an issue has its category, its place and its holder; and a way to say 不对."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import choose_issue, chosen_issue, start_option, why
from services import queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id)
    return choose_issue(ctx, lines, ask="why.ask_which", none="progress.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return Reply(text("common.choose_one"), again=True)
    view = queries.view(ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at)
    return Reply(
        text("why.one", number=view.line.number, why=why(view)),
        (start_option("menu.correct", "correct", issue_id),),
    )
