"""派单: to a handling unit, perhaps with a word of instruction; a steward to the property company."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, chosen_line, option, refused, told_of_declines, unit_options, which_task
from models.rules.errors import NobodyReachable
from models.rules.issue_workflow import Action
from services import circumstances, handling, queries
from texts import text


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.ASSIGN, ask="assign.ask_which", none="assign.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.ASSIGN)
    return _asks_whom(ctx) if line else again()


def receive_unit(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "words":
        return Reply(text("assign.ask_words"), then=receive_words)
    try:
        issue = handling.assign_issue(
            ctx.session,
            issue_id=ctx.data["issue"],
            member_id=ctx.person.member_id,
            organisation_id=int(ctx.choice),
            words=ctx.data.get("words", ""),
            at=ctx.at,
            rules=ctx.rules,
        )
    except NobodyReachable as error:
        return refused(error)
    _, label = queries.holder_of(ctx.session, issue=issue)
    return Reply(text("assign.done", number=issue.number, unit=label))


def receive_words(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["words"] = ctx.text
    return _asks_whom(ctx)


def _asks_whom(ctx: Context) -> Reply:
    issue, held = queries.what_somebody_is(
        ctx.session, issue_id=ctx.data["issue"], member_id=ctx.person.member_id, at=ctx.at
    )
    units = handling.units_for(ctx.session, issue=issue, held=held)
    if not units:
        return Reply(text("assign.no_units", number=issue.number))
    declined = circumstances.declined(ctx.session, issue_id=issue.id)
    words = ctx.data.get("words", "")
    options = unit_options(units, declined)
    if not words:
        options = (*options, option("assign.with_words", "words"))
    question = text("assign.ask_whom", number=issue.number, summary=issue.summary, words=words)
    return Reply(question + told_of_declines(declined), options, then=receive_unit)
