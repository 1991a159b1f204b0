"""进度: own issues in one message; a number opens one, with what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.messages import Option, Reply, command
from handlers.prompts import holder, start_option, summary_line, title
from models.rules.issue_workflow import Action
from services import queries
from services.queries import IssueLine, IssueView
from texts import text

#: What the page of an issue offers, in this order: the deed, for staff or for raisers, the capability and its label.
_OFFERS = (
    (Action.ACCEPT, True, "accept", "menu.accept"),
    (Action.ANSWER, True, "resolve", "menu.resolve"),
    (Action.ANSWER, True, "answer", "menu.answer"),
    (Action.ASSIGN, True, "assign", "menu.assign"),
    (Action.HAND_OVER, True, "hand_over", "menu.hand_over"),
    (Action.RATE, False, "rate", "menu.rate"),
    (Action.SUPPLY, False, "supply", "menu.supply"),
    (Action.REOPEN, False, "reopen", "menu.reopen"),
    (Action.WITHDRAW, False, "withdraw", "menu.withdraw"),
)


def start(ctx: Context) -> Reply:
    if ctx.issue_id:
        return _open(ctx, ctx.issue_id)
    lines = queries.own_issues(ctx.session, member_id=ctx.person.member_id)
    if not lines:
        return Reply(text("progress.none"))
    body = "\n".join(summary_line(ctx, line) for line in lines)
    return Reply(
        text("progress.list", count=len(lines), lines=body),
        tuple(_opener(line) for line in lines[:9]),
    )


def _opener(line: IssueLine) -> Option:
    return Option(title(line), command("progress", line.issue_id), (str(line.short), line.number))


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
        category=text(f"categories.{line.category}"),
        place=line.place,
        summary=line.summary,
        state=text(f"words.state_{line.state}"),
        holder=holder(line),
        first_answer_due=day_and_time(line.first_answer_due, zone, now=ctx.at),
        landing_due=day_and_time(line.landing_due, zone, now=ctx.at),
        open=line.state not in ("answered", "closed", "withdrawn"),
        words=view.words,
        steps=steps,
        next=text(f"issues.next_{line.state}"),
    )
    return Reply(body, tuple(_offers(view)), photos=view.photos[:9])


def _offers(view: IssueView) -> Iterator[Option]:
    for action, for_staff, capability, label in _OFFERS:
        if action in view.may and (view.is_staff if for_staff else view.is_raiser):
            yield start_option(label, capability, view.line.issue_id)
