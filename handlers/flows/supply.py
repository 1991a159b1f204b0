"""补充: add words or photos to an own issue; or answer what the holder asked."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_line, option, start_option
from models.rules.issue_workflow import Action
from services import circumstances, following, queries
from texts import text
from understanding import understand


def start(ctx: Context) -> Reply:
    """``argument``: what was said already."""
    if ctx.argument:
        chosen_line(ctx, Action.SUPPLY)
        ctx.text = ctx.argument
        return receive_what(ctx)
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id)
    asked = [line for line in lines if line.asked_id == ctx.person.member_id]
    return choose_issue(ctx, asked or lines, ask="supply.ask_which", none="supply.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.SUPPLY)
    if line is None:
        return again()
    question = _question(ctx)
    if question:
        return Reply(text("supply.ask_answer", number=line.number, question=question), then=receive_what)
    return Reply(text("supply.ask_what", number=line.number, summary=line.summary), then=receive_what)


def receive_what(ctx: Context) -> Reply:
    if not ctx.text and not ctx.photos:
        return again("common.empty")
    answers = bool(_question(ctx))
    issue = following.supply_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        words=ctx.text,
        photos=ctx.photos,
        at=ctx.at,
        rules=ctx.rules,
    )
    # More photos of the same burst, or a word about them, belong here too.
    if ctx.photos:
        enough = option("supply.enough", "enough")
        return Reply(text("supply.done_so_far", number=issue.number), (enough,), then=receive_more, fresh=True)
    return Reply(text("supply.answered" if answers else "supply.done", number=issue.number))


def receive_more(ctx: Context) -> Reply:
    if ctx.choice:
        return Reply(text("supply.finished"))
    return receive_what(ctx)


def receive_unbidden(ctx: Context) -> Reply | None:
    """Words of somebody who was asked something: its answer, or something else? None: something else for certain."""
    ctx.data["issue"] = ctx.issue_id
    question = _question(ctx)
    if not question or understand(ctx.text, gazetteer=ctx.house.gazetteer).urgency.danger:
        ctx.data = {}
        return None
    return Reply(
        text("supply.is_it_answer", question=question, words=ctx.text),
        (
            start_option("supply.it_is", "supply", ctx.data["issue"], ctx.text),
            start_option("supply.it_is_not", "report", 0, ctx.text),
        ),
    )


def _question(ctx: Context) -> str:
    """What this person was asked about the issue and has not answered."""
    return circumstances.question_to(ctx.session, issue_id=ctx.data["issue"], member_id=ctx.person.member_id)
