"""离岗: somebody gives up a post, or the community ends it; what it held goes to somebody who can be reached."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import again, option
from models.rules.errors import NobodyReachable
from services import leaving
from services.leaving import Holding
from texts import text

#: People to choose from under one message; others are named.
MOST = 9


def start(ctx: Context) -> Reply:
    found = _holdings(ctx)
    if not found:
        return Reply(text("leave_post.none"))
    if len(found) == 1:
        ctx.choice = str(found[0].grant_id)
        return receive_holding(ctx)
    return _asks_who(found)


def receive_holding(ctx: Context) -> Reply:
    """Whose post; a name may be written."""
    found = _holdings(ctx)
    if not ctx.choice:
        named = [each for each in found if ctx.text and ctx.text in (each.name, each.label)]
        if len(named) != 1:
            return _asks_who(named) if named else again("leave_post.unknown")
        ctx.choice = str(named[0].grant_id)
    chosen = next((each for each in found if str(each.grant_id) == ctx.choice), None)
    if chosen is None:
        return again()
    ctx.data["grant"] = chosen.grant_id
    return Reply(
        text("leave_post.sure", who=_who(chosen), own=_is_own(ctx, chosen), issues=chosen.issues),
        (option("leave_post.yes", "yes"), option("leave_post.no", "no")),
        then=receive_sure,
    )


def receive_sure(ctx: Context) -> Reply:
    """Asked twice: it cannot be undone without a new invitation."""
    if ctx.choice == "no":
        return Reply(text("leave_post.kept"))
    if ctx.choice != "yes":
        return again()
    chosen = next((each for each in _holdings(ctx) if each.grant_id == ctx.data["grant"]), None)
    who = _who(chosen) if chosen else ""
    return Reply(
        text("leave_post.really", who=who),
        (option("leave_post.really_yes", "yes"), option("leave_post.no", "no")),
        then=receive_really,
    )


def receive_really(ctx: Context) -> Reply:
    if ctx.choice == "no":
        return Reply(text("leave_post.kept"))
    if ctx.choice != "yes":
        return again()
    try:
        left = leaving.end_role(
            ctx.session,
            grant_id=ctx.data["grant"],
            by=ctx.person.member_id,
            words=text("leave_post.why"),
            at=ctx.at,
            rules=ctx.rules,
        )
    except NobodyReachable as nobody:
        raise NobodyReachable(unit=text("leave_post.others")) from nobody
    return Reply(
        text(
            "leave_post.done",
            who=text("absence.who", name=left.name, role=text(f"words.role_{left.role}"), label=left.label),
            kept=left.kept,
            moved=left.moved,
        )
    )


def _holdings(ctx: Context) -> list[Holding]:
    return leaving.holdings(ctx.session, by=ctx.person.member_id, at=ctx.at)


def _asks_who(found: list[Holding]) -> Reply:
    options = tuple(Option(_who(each), str(each.grant_id)) for each in found[:MOST])
    return Reply(text("leave_post.ask_who", more=len(found) > MOST), options, then=receive_holding)


def _who(holding: Holding) -> str:
    return text("absence.who", name=holding.name, role=text(f"words.role_{holding.role}"), label=holding.label)


def _is_own(ctx: Context, holding: Holding) -> bool:
    return holding.member_id == ctx.person.member_id
