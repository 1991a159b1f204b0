"""同意延期, 不同意: the rung above decides on more time; who refuses says why."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import until
from handlers.messages import Reply
from handlers.prompts import again, choose_issue, chosen_line, holder, option
from models.rules.issue_workflow import Action
from services import circumstances, pressing, queries
from texts import text


def start(ctx: Context) -> Reply:
    """``argument``: yes or no, where it was said at once."""
    ctx.data["decision"] = ctx.argument
    if ctx.issue_id:
        return receive_issue(ctx)
    lines = queries.extensions_to_decide(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    return choose_issue(
        ctx, lines, ask="decide_extension.ask_which", none="decide_extension.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.EXTEND)
    if line is None:
        return again()
    asked = circumstances.request(ctx.session, issue_id=line.issue_id)
    if asked is None:
        return Reply(text("decide_extension.decided", number=line.number))
    if ctx.data["decision"]:
        return _decide(ctx, ctx.data["decision"])
    question = text(
        "decide_extension.ask",
        number=line.number,
        summary=line.summary,
        holder=holder(line),
        why=asked.reason,
        ends=until(line.landing_due, ctx.rules.timezone, now=ctx.at).strip(),
        until=until(asked.until, ctx.rules.timezone, now=ctx.at).strip(),
    )
    agree, disagree = option("decide_extension.agree", "yes"), option("decide_extension.disagree", "no")
    return Reply(question, (agree, disagree), then=receive_decision)


def receive_decision(ctx: Context) -> Reply:
    return _decide(ctx, ctx.choice) if ctx.choice else again()


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    issue = pressing.decide_extension(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        grant=False,
        words=ctx.text,
        at=ctx.at,
        rules=ctx.rules,
    )
    ends = until(issue.landing_due, ctx.rules.timezone, now=ctx.at).strip()
    return Reply(text("decide_extension.refused", number=issue.number, ends=ends))


def _decide(ctx: Context, decision: str) -> Reply:
    if decision == "no":
        return Reply(text("decide_extension.ask_why"), then=receive_why)
    issue = pressing.decide_extension(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        grant=True,
        at=ctx.at,
        rules=ctx.rules,
    )
    ends = until(issue.landing_due, ctx.rules.timezone, now=ctx.at).strip()
    return Reply(text("decide_extension.granted", number=issue.number, ends=ends))
