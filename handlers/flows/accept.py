"""受理: the holder takes it on; the raisers hear who has it."""

from __future__ import annotations

from handlers.announcements import deeds
from handlers.context import Context
from handlers.dates import until
from handlers.messages import Reply
from handlers.prompts import again, chosen_issue, which_task
from models.rules.issue_workflow import Action
from services import handling, queries
from texts import text


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.ACCEPT, ask="accept.ask_which", none="accept.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    issue = handling.accept_issue(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    role, _ = queries.holder_of(ctx.session, issue=issue)
    due = until(issue.landing_due, ctx.rules.timezone, now=ctx.at)
    return Reply(text("accept.done", number=issue.number, landing_due=due), deeds(role, issue.id, issue.state))
