"""督办: somebody above whoever has it says what is expected."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, ask_about_chosen, held_by, which_issue
from models.rules.issue_workflow import Action
from services import pressing
from texts import text


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx,
        Action.SUPERVISE,
        word="menu.supervise",
        ask="supervise.ask_which",
        none="supervise.none",
        then=receive_issue,
    )


def receive_issue(ctx: Context) -> Reply:
    return ask_about_chosen(ctx, Action.SUPERVISE, ask="supervise.ask_words", then=receive_words)


def receive_words(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    issue = pressing.supervise_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("supervise.done", number=issue.number, holder=held_by(ctx, issue)))
