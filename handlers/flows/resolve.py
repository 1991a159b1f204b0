"""当场办结: settled on the spot, with one sentence and perhaps a photo."""

from __future__ import annotations

from handlers import closing
from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import ask_about_chosen, at_the_door, which_task
from models.rules.issue_workflow import Action, Outcome
from services import handling
from texts import text


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.ANSWER, ask="resolve.ask_which", none="resolve.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    return ask_about_chosen(ctx, Action.ANSWER, ask="resolve.ask_how", then=receive_how)


def receive_how(ctx: Context) -> Reply:
    return closing.take_words(ctx, ask=receive_how, tick=receive_tick, submit=_resolve)


def receive_tick(ctx: Context) -> Reply:
    return closing.take_tick(ctx, tick=receive_tick, submit=_resolve)


def _resolve(ctx: Context) -> Reply:
    issue = handling.answer_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.data["answer"],
        outcome=Outcome.SOLVED,
        ticked=ctx.data["ticked"],
        photos=ctx.data["photos"],
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("resolve.done", number=issue.number) + at_the_door(ctx, issue.id))
