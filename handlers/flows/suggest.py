"""建议议事: a steward thinks that neighbours should settle it together; the secretary decides."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, ask_about_chosen, overseen_by, which_issue
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
    if not ctx.text:
        return again("errors.words_needed")
    issue = deliberating.suggest_talk(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(text("suggest.done", number=issue.number, above=overseen_by(ctx, issue)))
