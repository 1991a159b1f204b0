"""派单: to a handling unit; a steward to the property company."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import again, choose_issue, chosen_issue
from models.rules.issue_workflow import Action
from services import handling, queries
from texts import text


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.tasks_that_allow(ctx.session, member_id=ctx.person.member_id, action=Action.ASSIGN, at=ctx.at)
    return choose_issue(ctx, lines, ask="assign.ask_which", none="assign.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    queries.line_for(ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, action=Action.ASSIGN, at=ctx.at)
    issue, held = queries.what_somebody_is(ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at)
    units = handling.units_for(ctx.session, issue=issue, held=held)
    if not units:
        return Reply(text("assign.no_units", number=issue.number))
    ctx.data["issue"] = issue_id
    options = tuple(Option(name, str(organisation)) for organisation, name in units)
    return Reply(text("assign.ask_whom", number=issue.number, summary=issue.summary), options, then=receive_unit)


def receive_unit(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    issue = handling.assign_issue(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        organisation_id=int(ctx.choice),
        at=ctx.at,
        rules=ctx.rules,
    )
    _, label = queries.holder_of(ctx.session, issue=issue)
    return Reply(text("assign.done", number=issue.number, unit=label))
