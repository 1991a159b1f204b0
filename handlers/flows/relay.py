"""已当面告知, or 没找到人: what came of going to the door of somebody whom no message reaches."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.context import Context
from handlers.messages import Reply
from services import doorstep
from services.doorstep import Visit
from texts import text

_MISSED = "missed"


def start(ctx: Context) -> Reply:
    """``argument``: of whom it is said, and ``missed`` where nobody was there. Without a name: everybody who waits for
    a visit about that issue."""
    who, _, missed = ctx.argument.rpartition(":") if ":" in ctx.argument else ("", "", ctx.argument)
    if missed.isdecimal():
        who, missed = missed, ""
    waiting = doorstep.visits(ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=50)
    meant = [
        visit
        for visit in waiting
        if (not ctx.issue_id or visit.issue_id == ctx.issue_id) and (not who or str(visit.member_id) == who)
    ]
    if not meant:
        return Reply(text("relay.none"))
    if missed == _MISSED:
        return _missed(ctx, meant)
    doorstep.told(ctx.session, notice_ids=_ids(meant), by=ctx.person.member_id, at=ctx.at)
    return Reply(text("relay.done", numbers=_numbers(meant)))


def _missed(ctx: Context, meant: Iterable[Visit]) -> Reply:
    counted, given_up = doorstep.not_found(
        ctx.session, notice_ids=_ids(meant), by=ctx.person.member_id, at=ctx.at, rules=ctx.rules
    )
    key = "relay.given_up" if given_up else "relay.missed_once" if counted else "relay.missed_today"
    return Reply(text(key, numbers=_numbers(meant)))


def _ids(meant: Iterable[Visit]) -> list[int]:
    return [notice for visit in meant for notice in visit.notice_ids]


def _numbers(meant: Iterable[Visit]) -> str:
    return "、".join(dict.fromkeys(visit.number for visit in meant))
