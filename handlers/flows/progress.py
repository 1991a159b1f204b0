"""进度: own issues in one message; a number opens one, with what can be done about it now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from handlers import categories
from handlers.announcements import ACTIONS, deeds
from handlers.context import Context
from handlers.dates import day, day_and_time, until
from handlers.messages import Option, Reply, unended
from handlers.prompts import awaits, holder, openers, start_option, summary_line, why
from handlers.reasons import in_words
from models.rules.issue_workflow import OPEN, Action
from models.rules.posts import Role
from services import queries
from services.circumstances import Circumstances
from services.history import Step
from services.queries import IssueView
from texts import choice, text

#: What the page offers to those whom their posts give something to do, the most likely first.
_STAFF = (
    (Action.UNSHELVE, "unshelve"),
    (Action.ARRIVE, "arrive"),
    (Action.HELP, "help_out"),
    (Action.EXTEND, "decide_extension"),
    (Action.ASSIGN, "assign"),
    (Action.ASK, "ask"),
    (Action.SUGGEST, "suggest"),
    (Action.PROPOSE, "propose"),
    (Action.ASK_EXTENSION, "extend"),
    (Action.SUPERVISE, "supervise"),
    (Action.CORRECT, "correct"),
    (Action.DECLINE, "decline"),
    (Action.WHISTLE, "whistle"),
    (Action.CONSULT, "consult"),
    (Action.SHELVE, "shelve"),
    (Action.HAND_OVER, "hand_over"),
    (Action.NAME_LEAD, "name_lead"),
    (Action.MERGE, "merge"),
    (Action.UNMERGE, "unmerge"),
    (Action.COUNT, "count"),
    (Action.SPLIT, "split"),
    (Action.VOID, "void"),
)
#: What it offers to raisers.
_OWN = (
    (Action.RATE, "rate"),
    (Action.SUPPLY, "supply"),
    (Action.URGE, "urge"),
    (Action.REOPEN, "reopen"),
    (Action.WITHDRAW, "withdraw"),
)
#: Options under one message; the rest is under 更多.
MOST_OFFERS = 9
#: What a sentence about a step may speak of where the step says nothing of it.
_UNSAID: dict[str, Any] = dict.fromkeys(
    ("unit", "into", "merged", "new", "meeting", "proposed"), ""
) | {"units": (), "count": (0, 0), "late": False, "solved": False, "moved": False, "upheld": False}


def start(ctx: Context) -> Reply:
    """``argument`` more: what else can be done with the issue."""
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
    line, zone = view.line, ctx.rules.timezone
    offers = tuple(_offers(view))
    more = len(offers) > MOST_OFFERS
    if more and ctx.argument == "more":
        return Reply(text("progress.what_else", number=line.number, summary=line.summary), offers[MOST_OFFERS - 1 :])
    body = text(
        "progress.one",
        number=line.number,
        category=categories.label(line.category),
        place=line.place,
        summary=line.summary,
        state=text(f"words.state_{line.state}"),
        stage=line.state.value,
        holder=holder(line),
        open=line.state in OPEN,
        awaits=awaits(ctx, line),
        landing_due=until(line.landing_due, zone, now=ctx.at),
        overdue=line.state in OPEN and line.landing_due <= ctx.at,
        words=view.words,
        why=why(view) if view.is_staff and line.state in OPEN else "",
        notes=tuple(_notes(ctx, view)),
        steps=[_told(ctx, step, staff=view.is_staff) for step in view.steps],
    )
    if more:
        offers = (*offers[: MOST_OFFERS - 1], start_option("progress.more", "progress", issue_id, "more"))
    return Reply(body, offers, photos=view.photos[:9])


def _told(ctx: Context, step: Step, *, staff: bool) -> str:
    """One step of the history as a sentence."""
    zone, said = ctx.rules.timezone, dict(step.details)
    ends = said.get("until")
    by_the_hour = step.action in (Action.WHISTLE, Action.SCHEDULE)
    facts = {
        "at": day_and_time(step.at, zone),
        "words": unended(in_words(step.words)),
        "reason_given": unended(said.get("reason_given", "")),
        "reason": text(f"words.reason_{step.reason}") if step.reason else "",
        "decider": step.decider,
        "holder": text(f"words.holder_{step.holder_role}", label=step.holder),
        "photos": len(step.photos),
        "staff": staff,
        "rating": choice(f"rate.{said['rating']}")[0] if said.get("rating") else "",
        "level": text(f"words.level_{said['level']}") if said.get("level") else "",
        "until": (day_and_time if by_the_hour else day)(datetime.fromisoformat(ends), zone) if ends else "",
    }
    return text(f"progress.step_{step.action}", **_UNSAID | said | facts)


def _notes(ctx: Context, view: IssueView) -> Iterator[str]:
    """What is open beside the state: a question, helpers, an extension."""
    if view.question:
        yield text("progress.asks_you", question=view.question)
    if view.circumstances is not None:
        yield from _circumstances(ctx, view.circumstances)


def _circumstances(ctx: Context, now: Circumstances) -> Iterator[str]:
    zone = ctx.rules.timezone
    if now.question:
        yield text("progress.asks", question=now.question.words, since=day(now.question.since, zone))
    for called in now.called:
        yield text(
            "progress.called",
            unit=called.unit,
            arrive_by=day_and_time(called.arrive_by, zone, now=ctx.at),
            arrived=day_and_time(called.arrived_at, zone, now=ctx.at) if called.arrived_at else "",
            late=(called.arrived_at or ctx.at) > called.arrive_by,
            result=called.result,
        )
    if now.request:
        ends = until(now.request.until, zone, now=ctx.at).strip()
        yield text("progress.extension_asked", until=ends, reason=now.request.reason)
    if now.extended:
        yield text("progress.extended")
    if now.lead_named:
        yield text("progress.lead_named")
    elif now.declines:
        yield text("progress.declined", times=now.declines)
    if now.affected:
        yield text("progress.affected", households=now.affected[0], people=now.affected[1])


def _offers(view: IssueView) -> Iterator[Option]:
    """What this person may do now, each thing once."""
    line = view.line
    seen = set[str]()
    for offer in _all_offers(view):
        capability = offer.value.split(":")[1]
        if capability not in seen:
            seen.add(capability)
            yield offer
    if line.state in OPEN and not view.is_staff:
        yield start_option("menu.why", "why", line.issue_id)


def _all_offers(view: IssueView) -> Iterator[Option]:
    line, now = view.line, view.circumstances
    if now is not None:
        if now.declines and not now.lead_named and view.holds and Action.NAME_LEAD in view.may:
            yield start_option("menu.name_lead", "name_lead", line.issue_id)
        if view.holds:
            mine = deeds(line.holder_role, line.issue_id, line.state)
            yield from (offer for offer in mine if _fits(ACTIONS[offer.value.split(":")[1]], view, now))
        for action, capability in _STAFF:
            if action in view.may and _fits(action, view, now):
                yield start_option(f"menu.{capability}", capability, line.issue_id)
    for action, capability in _OWN:
        if action in view.may and view.is_raiser:
            key = "ask.reply" if view.question and action is Action.SUPPLY else f"menu.{capability}"
            yield start_option(key, capability, line.issue_id)


def _fits(action: Action, view: IssueView, now: Circumstances) -> bool:
    """What the workflow's row does not know: it would be refused, or there is nothing to do."""
    mine = [called for called in now.called if called.mine]
    match action:
        case Action.ARRIVE:
            return any(called.arrived_at is None for called in mine)
        case Action.HELP:
            return any(not called.result for called in mine)
        case Action.DECLINE:
            return view.holds and not now.lead_named
        case Action.EXTEND:
            return now.request is not None
        case Action.ASK_EXTENSION:
            return now.request is None and not now.extended
        case Action.HAND_OVER:
            return view.line.holder_role is not Role.HANDLER  # who declines instead
        case Action.SPLIT:
            return len(view.words) > 1
        case Action.ASSIGN:
            return not now.lead_named or Action.NAME_LEAD in view.may
    return True
