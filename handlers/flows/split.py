"""我的不一样: a report that was put in with others wrongly goes on by itself, with its own time."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import day, until
from handlers.messages import Option, Reply
from handlers.prompts import again, choose_issue, chosen_issue, held_by, option
from models.rules.issue_workflow import Action
from services import queries, splitting
from texts import text

#: Reports to choose from under one message.
MOST = 9


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.issues_that_allow(ctx.session, member_id=ctx.person.member_id, action=Action.SPLIT, at=ctx.at)
    shared = splitting.shared(ctx.session, issue_ids=[line.issue_id for line in lines])
    return choose_issue(
        ctx,
        [line for line in lines if line.issue_id in shared],
        ask="split.ask_which",
        none="split.none",
        then=receive_issue,
    )


def receive_issue(ctx: Context) -> Reply:
    """Also by the number it had before it was merged."""
    issue_id = chosen_issue(ctx)
    if issue_id is None:
        return again()
    issue, reports = splitting.separable(
        ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at
    )
    if len(reports) == 1:
        ctx.choice = str(reports[0].report_id)
        ctx.data["issue"] = issue.id
        return receive_report(ctx)
    ctx.data["issue"] = issue.id
    options = tuple(
        Option(text("split.report", name=each.name, words=each.words[:20]), str(each.report_id))
        for each in reports[:MOST]
    )
    return Reply(text("split.ask_report", number=issue.number, summary=issue.summary), options, then=receive_report)


def receive_report(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    issue, reports = splitting.separable(
        ctx.session, issue_id=ctx.data["issue"], member_id=ctx.person.member_id, at=ctx.at
    )
    chosen = next((each for each in reports if str(each.report_id) == ctx.choice), None)
    if chosen is None:
        return again()
    ctx.data["report"] = chosen.report_id
    told = day(chosen.at, ctx.rules.timezone)
    return Reply(
        text("split.sure", words=chosen.words[:40], number=issue.number, summary=issue.summary, told=told),
        (option("split.yes", "yes"), option("split.no", "no")),
        then=receive_confirmation,
    )


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            return _split(ctx)
        case "no":
            return Reply(text("split.kept"))
    return again()


def _split(ctx: Context) -> Reply:
    issue = splitting.split_report(
        ctx.session,
        report_id=ctx.data["report"],
        member_id=ctx.person.member_id,
        at=ctx.at,
        rules=ctx.rules,
        gazetteer=ctx.house.gazetteer,
        model=ctx.house.model,
    )
    return Reply(
        text(
            "split.done",
            number=issue.number,
            holder=held_by(ctx, issue),
            told=day(issue.first_reported_at, ctx.rules.timezone),
            landing_due=until(issue.landing_due, ctx.rules.timezone, now=ctx.at),
        )
    )
