"""请假、代班: somebody on a post says until when they are away, and who stands in."""

from __future__ import annotations

from datetime import datetime, time

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.messages import Option, Reply
from handlers.prompts import again, option, refused, start_option, written_moment
from models.rules.errors import TooLong
from services import absence
from services.absence import Colleague
from texts import text

#: The day that is named is still one of absence.
EVENING = time(23, 59)
#: Dates offered, as one would write them.
SPANS = {"tomorrow": "明天", "three_days": "3天后", "week": "7天后"}
_NOBODY = "0"


def start(ctx: Context) -> Reply:
    """``argument``: back."""
    if ctx.argument == "back":
        return _back(ctx)
    away = absence.absence_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    if away is not None and away.stand_in is not None:
        return Reply(
            text("absence.away", until=_day(ctx, away.until), who=_who(away.stand_in)),
            (option("absence.back", "back"), option("absence.change", "change")),
            then=receive_change,
        )
    return _asks_until(ctx)


def receive_change(ctx: Context) -> Reply:
    match ctx.choice:
        case "back":
            return _back(ctx)
        case "change":
            return _asks_until(ctx)
    return again()


def receive_until(ctx: Context) -> Reply:
    until = written_moment(ctx, at=EVENING)
    if not isinstance(until, datetime):
        return until
    if until > ctx.at + absence.LONGEST:
        return refused(TooLong(days=absence.LONGEST.days))
    ctx.data["until"] = until.isoformat()
    colleagues = absence.colleagues(ctx.session, member_id=ctx.person.member_id, at=ctx.at)
    options = tuple(Option(_who(each), str(each.member_id), (each.name,) if each.name else ()) for each in colleagues)
    key = "absence.ask_who" if colleagues else "absence.ask_nobody"
    return Reply(text(key, until=_day(ctx, until)), (*options, option("absence.nobody", _NOBODY)), then=receive_who)


def receive_who(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    away = absence.go_away(
        ctx.session,
        member_id=ctx.person.member_id,
        until=datetime.fromisoformat(ctx.data["until"]),
        stand_in=int(ctx.choice) or None,
        at=ctx.at,
        rules=ctx.rules,
    )
    until = _day(ctx, away.until)
    if away.stand_in is None:
        return Reply(text("absence.done_nobody", until=until, issues=away.issues))
    return Reply(
        text("absence.done", until=until, who=_who(away.stand_in), issues=away.issues),
        (start_option("absence.back", "absence", argument="back"),),
    )


def _back(ctx: Context) -> Reply:
    posts = absence.come_back(ctx.session, member_id=ctx.person.member_id, at=ctx.at, rules=ctx.rules)
    return Reply(text("absence.welcome" if posts else "absence.not_away"))


def _asks_until(ctx: Context) -> Reply:
    spans = tuple(option(f"absence.{span}", written) for span, written in SPANS.items())
    return Reply(text("absence.ask_until"), spans, then=receive_until)


def _who(colleague: Colleague) -> str:
    return text("absence.who", name=colleague.name, role=text(f"words.role_{colleague.role}"), label=colleague.label)


def _day(ctx: Context, until: datetime) -> str:
    return day_and_time(until, ctx.rules.timezone)
