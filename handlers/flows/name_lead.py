"""指定牵头: after declines the community names who must do it; that unit cannot decline."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Reply
from handlers.prompts import again, chosen_line, refused, told_of_declines, unit_options, which_task
from models.rules.errors import NobodyReachable
from models.rules.issue_workflow import Action
from services import circumstances, handling, queries
from texts import text


def start(ctx: Context) -> Reply:
    return which_task(ctx, Action.NAME_LEAD, ask="name_lead.ask_which", none="name_lead.none", then=receive_issue)


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.NAME_LEAD)
    if line is None:
        return again()
    issue, held = queries.what_somebody_is(
        ctx.session, issue_id=line.issue_id, member_id=ctx.person.member_id, at=ctx.at
    )
    units = handling.units_for(ctx.session, issue=issue, held=held)
    if not units:
        return Reply(text("name_lead.no_units", number=line.number))
    declined = circumstances.declined(ctx.session, issue_id=line.issue_id)
    return Reply(
        text("name_lead.ask_whom", number=line.number, summary=line.summary) + told_of_declines(declined),
        unit_options(units, declined),
        then=receive_unit,
    )


def receive_unit(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    try:
        issue = handling.assign_issue(
            ctx.session,
            issue_id=ctx.data["issue"],
            member_id=ctx.person.member_id,
            organisation_id=int(ctx.choice),
            lead=True,
            at=ctx.at,
            rules=ctx.rules,
        )
    except NobodyReachable as error:
        return refused(error)
    _, label = queries.holder_of(ctx.session, issue=issue)
    return Reply(text("name_lead.done", number=issue.number, unit=label))
