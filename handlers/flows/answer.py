"""答复: the written answer, classed A (solved), B (under way) or C (cannot be done now, why, who could, and when it is
looked at again). It speaks to each of the matters that were named."""

from __future__ import annotations

from datetime import datetime

from handlers import closing
from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import (
    again,
    at_the_door,
    chosen_line,
    day_of_review,
    option,
    reason_options,
    review_options,
    which_task,
)
from models.rules.issue_workflow import Action, Outcome, Reason
from services import handling
from texts import text


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.ANSWER, ask="answer.ask_which", none="answer.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.ANSWER)
    if line is None:
        return again()
    return Reply(
        text("answer.ask_outcome", number=line.number, summary=line.summary),
        tuple(option(f"answer.outcome_{outcome}", outcome.value) for outcome in Outcome),
        then=receive_outcome,
    )


def receive_outcome(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["outcome"] = ctx.choice
    if ctx.choice == Outcome.EXPLAINED:
        return Reply(text("answer.ask_reason"), reason_options(), then=receive_reason)
    return Reply(text("answer.ask_words"), then=receive_words)


def receive_reason(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["reason"] = ctx.choice
    return Reply(text("answer.ask_decider"), then=receive_decider)


def receive_decider(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["decider"] = ctx.text
    return Reply(text("answer.ask_review"), review_options("month", "quarter"), then=receive_review)


def receive_review(ctx: Context) -> Reply:
    """When it is looked at again; the raisers are told the day."""
    review_at = day_of_review(ctx)
    if not isinstance(review_at, datetime):
        return review_at
    ctx.data["review_at"] = review_at.isoformat()
    return Reply(text("answer.ask_words"), then=receive_words)


def receive_words(ctx: Context) -> Reply:
    return closing.take_words(ctx, ask=receive_words, tick=receive_tick, submit=_answer)


def receive_tick(ctx: Context) -> Reply:
    return closing.take_tick(ctx, tick=receive_tick, submit=_answer)


def _answer(ctx: Context) -> Reply:
    reason, review_at = ctx.data.get("reason"), ctx.data.get("review_at")
    issue = handling.answer_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.data["answer"],
        outcome=Outcome(ctx.data["outcome"]),
        reason=Reason(reason) if reason else None,
        decider=ctx.data.get("decider", ""),
        review_at=datetime.fromisoformat(review_at) if review_at else None,
        ticked=ctx.data["ticked"],
        photos=ctx.data["photos"],
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("answer.done", number=issue.number) + at_the_door(ctx, issue.id))
