"""当场办结: settled on the spot, with one sentence and perhaps a photo."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, at_the_door, choose_issue, chosen_issue
from models.rules.issue_workflow import Action, Outcome
from services import handling, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.tasks_that_allow(ctx.session, member_id=ctx.person.member_id, action=Action.ANSWER, at=ctx.at)
    return choose_issue(ctx, lines, ask="resolve.ask_which", none="resolve.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    line = queries.line_for(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=Action.ANSWER, at=ctx.at
    )
    ctx.data["issue"] = issue_id
    return Reply(text("resolve.ask_how", number=line.number, summary=line.summary), then=receive_how)


def receive_how(ctx: Context) -> Reply:
    photos = ctx.data["photos"] = [*ctx.data.get("photos", ()), *ctx.photos][: ctx.rules.max_photos]
    if not ctx.text:
        return Reply(text("resolve.photo_first"), then=receive_how)
    issue = handling.answer_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        outcome=Outcome.SOLVED,
        photos=photos,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("resolve.done", number=issue.number) + at_the_door(ctx, issue.id))
