"""挂账: it cannot be done now; why, and when it is looked at again."""

from __future__ import annotations

from datetime import datetime

from handlers.context import Context
from handlers.dates import until
from handlers.messages import Reply
from handlers.prompts import again, chosen_line, day_of_review, reason_options, review_options, which_issue
from models.rules.issue_workflow import Action, Reason
from services import shelving
from texts import text


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.SHELVE, word="menu.shelve", ask="shelve.ask_which", none="shelve.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.SHELVE)
    if line is None:
        return again()
    return Reply(
        text("shelve.ask_reason", number=line.number, summary=line.summary), reason_options(), then=receive_reason
    )


def receive_reason(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["reason"] = ctx.choice
    return Reply(text("shelve.ask_words"), then=receive_words)


def receive_words(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["words"] = ctx.text
    return Reply(text("shelve.ask_until"), review_options("month", "quarter", "half_year"), then=receive_until)


def receive_until(ctx: Context) -> Reply:
    review_at = day_of_review(ctx)
    if not isinstance(review_at, datetime):
        return review_at
    issue = shelving.shelve_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.data["words"],
        reason=Reason(ctx.data["reason"]),
        review_at=review_at,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("shelve.done", number=issue.number, until=until(review_at, ctx.rules.timezone, now=ctx.at)))
