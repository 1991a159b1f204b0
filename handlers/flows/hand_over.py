"""上报: to the next rung, with a reason that the raisers hear."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import ask_about_chosen, do_in_words, held_by, which_task
from models.issue import Issue
from models.rules.issue_workflow import Action
from services import handling
from texts import text


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.HAND_OVER, ask="hand_over.ask_which", none="hand_over.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    return ask_about_chosen(ctx, Action.HAND_OVER, ask="hand_over.ask_why", then=receive_why)


def receive_why(ctx: Context) -> Reply:
    return do_in_words(ctx, handling.hand_over_issue, _done)


def _done(ctx: Context, issue: Issue) -> Reply:
    return Reply(text("hand_over.done", number=issue.number, holder=held_by(ctx, issue)))
