"""答复: the written answer, classed A (solved), B (under way) or C (cannot be done now, why, and who could)."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, at_the_door, choose_issue, chosen_issue, option
from models.rules.issue_workflow import Action, Outcome, Reason
from services import handling, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.tasks_that_allow(ctx.session, member_id=ctx.person.member_id, action=Action.ANSWER, at=ctx.at)
    return choose_issue(ctx, lines, ask="answer.ask_which", none="answer.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    line = queries.line_for(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=Action.ANSWER, at=ctx.at
    )
    ctx.data["issue"] = issue_id
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
        return Reply(
            text("answer.ask_reason"),
            tuple(option(f"answer.reason_{reason}", reason.value) for reason in Reason),
            then=receive_reason,
        )
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
    return Reply(text("answer.ask_words"), then=receive_words)


def receive_words(ctx: Context) -> Reply:
    photos = ctx.data["photos"] = [*ctx.data.get("photos", ()), *ctx.photos][: ctx.rules.max_photos]
    if not ctx.text:
        return Reply(text("resolve.photo_first"), then=receive_words)
    reason = ctx.data.get("reason")
    issue = handling.answer_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        outcome=Outcome(ctx.data["outcome"]),
        reason=Reason(reason) if reason else None,
        decider=ctx.data.get("decider", ""),
        photos=photos,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("answer.done", number=issue.number) + at_the_door(ctx, issue.id))
