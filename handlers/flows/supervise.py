"""督办: somebody above whoever has it says what is expected."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import ask_about_chosen, do_in_words, held_by, which_issue
from models.issue import Issue
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
    return do_in_words(ctx, pressing.supervise_issue, _done)


def _done(ctx: Context, issue: Issue) -> Reply:
    return Reply(text("supervise.done", number=issue.number, holder=held_by(ctx, issue)))
