"""进度: own issues in one message; a number opens one, with what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator

from handlers import categories
from handlers.announcements import deeds
from handlers.context import Context
from handlers.dates import day_and_time, until
from handlers.messages import Option, Reply
from handlers.prompts import holder, openers, start_option, summary_line, why
from models.rules.issue_workflow import OPEN, Action, State
from services import queries
from services.queries import IssueView
from texts import text

#: What the page of an issue offers to its raisers, in this order.
_OWN = (
    (Action.RATE, "rate"),
    (Action.SUPPLY, "supply"),
    (Action.REOPEN, "reopen"),
    (Action.WITHDRAW, "withdraw"),
)


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return _open(ctx, ctx.issue_id)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id)
    if not lines:
        return Reply(text("progress.none"))
    body = "\n".join(summary_line(ctx, line) for line in lines)
    return Reply(
        text("progress.list", count=len(lines), lines=body, example=lines[0].short), openers(lines[:9]), numbered=False
    )


def _open(ctx: Context, issue_id: int) -> Reply:
    view = queries.view(ctx.session, issue_id=issue_id, member_id=ctx.person.member_id, at=ctx.at)
    zone = ctx.rules.timezone
    line = view.line
    steps = [
        text(
            f"progress.step_{step.action}",
            at=day_and_time(step.at, zone),
            words=step.words,
            holder=text(f"words.holder_{step.holder_role}", label=step.holder),
            photos=len(step.photos),
        )
        for step in view.steps
    ]
    body = text(
        "progress.one",
        number=line.number,
        category=categories.label(line.category),
        place=line.place,
        summary=line.summary,
        state=text(f"words.state_{line.state}"),
        holder=holder(line),
        first_answer_due=until(line.first_answer_due, zone, now=ctx.at),
        landing_due=until(line.landing_due, zone, now=ctx.at),
        waiting=line.state is State.RECEIVED,
        open=line.state in OPEN,
        words=view.words,
        why=why(view) if view.is_staff and line.state in OPEN else "",
        steps=steps,
    )
    return Reply(body, tuple(_offers(view)), photos=view.photos[:9])


def _offers(view: IssueView) -> Iterator[Option]:
    line = view.line
    if Action.ANSWER in view.may:  # whoever holds it
        mine = deeds(line.holder_role, line.issue_id)
        yield from (offer for offer in mine if line.state is State.RECEIVED or not _accepts(offer))
    elif Action.ASSIGN in view.may:
        yield start_option("menu.assign", "assign", line.issue_id)
    for action, capability in _OWN:
        if action in view.may and view.is_raiser:
            yield start_option(f"menu.{capability}", capability, line.issue_id)
    if line.state in OPEN:
        asks = "correct" if view.is_staff else "why"
        yield start_option(f"menu.{asks}", asks, line.issue_id)


def _accepts(offer: Option) -> bool:
    return offer.value.startswith("do:accept:")
