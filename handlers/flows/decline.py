"""退单: not ours, for this reason; and who should do it instead."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import again, chosen_issue, held_by, which_task
from models.rules.issue_workflow import Action, Actor
from services import handling, queries
from texts import text

#: Characters of a unit that is not in the list.
LONGEST_NAME = 30


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.DECLINE, ask="decline.ask_which", none="decline.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    issue = handling.check_declining(ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at)
    ctx.data["issue"] = issue_id
    return Reply(text("decline.ask_why", number=issue.number, summary=issue.summary), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["why"] = ctx.text
    issue, _ = queries.what_somebody_is(
        ctx.session, issue_id=ctx.data["issue"], member_id=ctx.person.member_id, at=ctx.at
    )
    _, own = queries.holder_of(ctx.session, issue=issue)
    # The units that the rung above could give it to.
    units = handling.units_for(ctx.session, issue=issue, held={Actor.SECRETARY})
    options = tuple(Option(name, name) for _, name in units if name != own)
    return Reply(text("decline.ask_who"), options, then=receive_who)


def receive_who(ctx: Context) -> Reply:
    proposed = (ctx.choice or ctx.text)[:LONGEST_NAME].strip()
    if not proposed:
        return again("errors.words_needed")
    issue = handling.decline_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.data["why"],
        proposed=proposed,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(
        text(
            "decline.done",
            number=issue.number,
            holder=held_by(ctx, issue),
            last=issue.declines >= ctx.rules.declines_before_lead,
        )
    )
