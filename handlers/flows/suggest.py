"""建议议事: a steward thinks that neighbours should settle it together; the secretary decides."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import ask_about_chosen, do_in_words, overseen_by, which_issue
from models.issue import Issue
from models.rules.issue_workflow import Action
from services import deliberating
from texts import text


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.SUGGEST, word="menu.suggest", ask="suggest.ask_which", none="suggest.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    return ask_about_chosen(ctx, Action.SUGGEST, ask="suggest.ask_why", then=receive_why)


def receive_why(ctx: Context) -> Reply:
    return do_in_words(ctx, deliberating.suggest_talk, _done)


def _done(ctx: Context, issue: Issue) -> Reply:
    return Reply(text("suggest.done", number=issue.number, above=overseen_by(ctx, issue)))
