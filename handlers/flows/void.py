"""作废: a test, or no matter at all; asked once more, because the raiser reads it and it cannot be undone."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply, unended
from handlers.prompts import again, chosen_line, option, which_issue
from models.rules.issue_workflow import Action
from services import shelving
from texts import text


def start(ctx: Context) -> Reply:
    return which_issue(ctx, Action.VOID, word="menu.void", ask="void.ask_which", none="void.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.VOID)
    if line is None:
        return again()
    ctx.data["number"], ctx.data["summary"] = line.number, line.summary
    return Reply(text("void.ask_why", number=line.number, summary=line.summary), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["why"] = ctx.text
    return Reply(
        text("void.sure", number=ctx.data["number"], summary=ctx.data["summary"], why=unended(ctx.text)),
        (option("void.yes", "yes"), option("void.no", "no")),
        then=receive_confirmation,
    )


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            issue = shelving.void_issue(
                ctx.session,
                issue_id=ctx.data["issue"],
                member_id=ctx.person.member_id,
                words=ctx.data["why"],
                at=ctx.at,
                rules=ctx.rules,
            )
            return Reply(text("void.done", number=issue.number))
        case "no":
            return Reply(text("void.kept", number=ctx.data["number"]))
    return again()
