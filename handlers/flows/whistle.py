"""吹哨: units are called to help; which, by when, and what for. The holder stays the lead."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from handlers.context import Context
from handlers.dates import day_and_time, local
from handlers.messages import Reply
from handlers.prompts import (
    again,
    chosen_line,
    held_by,
    option,
    several_options,
    take_several,
    which_issue,
    written_moment,
)
from models.rules.issue_workflow import Action
from services import circumstances, whistles
from texts import text

_WORK_ENDS = time(18)


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.WHISTLE, word="menu.whistle", ask="whistle.ask_which", none="whistle.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.WHISTLE)
    if line is None:
        return again()
    units = circumstances.units_to_call(ctx.session, issue_id=line.issue_id, at=ctx.at)
    if not units.ready:
        return Reply(text("whistle.no_units", number=line.number, silent=units.silent))
    ctx.data |= {"chosen": [], "first": 0, "number": line.number, "summary": line.summary}
    return _asks_units(ctx)


def receive_units(ctx: Context) -> Reply:
    return take_several(ctx, none="whistle.none_chosen", more=_asks_units, enough=_asks_when)


def receive_when(ctx: Context) -> Reply:
    moment = written_moment(ctx, at=_WORK_ENDS)
    if not isinstance(moment, datetime):
        return moment
    ctx.data["arrive_by"] = moment.isoformat()
    return Reply(text("whistle.ask_why"), then=receive_why)


def receive_why(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    arrive_by = datetime.fromisoformat(ctx.data["arrive_by"])
    if arrive_by <= ctx.at:  # they thought about it for too long
        return _asks_when(ctx)
    units = _names(ctx)
    issue = whistles.whistle(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        organisations=ctx.data["chosen"],
        words=ctx.text,
        arrive_by=arrive_by,
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(
        text(
            "whistle.done",
            number=issue.number,
            units=units,
            until=day_and_time(arrive_by, ctx.rules.timezone, now=ctx.at),
            holder=held_by(ctx, issue),
        )
    )


def _asks_units(ctx: Context) -> Reply:
    units = circumstances.units_to_call(ctx.session, issue_id=ctx.data["issue"], at=ctx.at)
    options, _ = several_options(ctx, units.ready)
    question = text(
        "whistle.ask_units",
        number=ctx.data["number"],
        summary=ctx.data["summary"],
        chosen=_names(ctx),
        silent=units.silent,
    )
    return Reply(question, options, then=receive_units)


def _asks_when(ctx: Context) -> Reply:
    options = [option("whistle.hour", "1小时后")]
    if local(ctx.at + timedelta(hours=1), ctx.rules.timezone).time() < _WORK_ENDS:
        options.append(option("whistle.today", "今天18点"))
    options.append(option("whistle.tomorrow", "明天18点"))
    return Reply(text("whistle.ask_when"), tuple(options), then=receive_when)


def _names(ctx: Context) -> list[str]:
    names = dict(circumstances.units_to_call(ctx.session, issue_id=ctx.data["issue"], at=ctx.at).ready)
    return [names[unit] for unit in ctx.data["chosen"] if unit in names]
