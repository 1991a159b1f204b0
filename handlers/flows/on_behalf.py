"""代报: a steward tells for a neighbour without a phone; the neighbour is answered at the door."""

from __future__ import annotations

from handlers import drafts, suggestions
from handlers.context import Context
from handlers.dates import until
from handlers.messages import Reply
from handlers.prompts import again, held_by, option
from services import intake, members
from texts import text
from understanding import Home


def start(ctx: Context) -> Reply:
    return Reply(text("on_behalf.ask_who"), then=receive_who)


def receive_who(ctx: Context) -> Reply:
    if not ctx.text:
        return again("errors.words_needed")
    ctx.data["who"] = ctx.text[:20]
    return Reply(text("on_behalf.ask_words", who=ctx.data["who"]), then=receive_words)


def receive_words(ctx: Context) -> Reply:
    drafts.add(ctx, home=_home(ctx))
    if not ctx.data["words"]:
        return drafts.asks_words(ctx, then=receive_words)
    return _card(ctx)


def receive_place(ctx: Context) -> Reply:
    return drafts.takes_place(ctx, home=_home(ctx), then=receive_place) or _card(ctx)


def receive_known(ctx: Context) -> Reply:
    """Is it the same as what is known already?"""
    match ctx.choice:
        case suggestions.OTHER:
            suggestions.refuse(ctx)
            return _card(ctx)
        case suggestions.SAME:
            told_by = ctx.person.member_id
            return Reply(suggestions.join(ctx, raiser_id=_neighbour(ctx), told_by=told_by, who=ctx.data["who"]))
    if not ctx.text and not ctx.photos:
        return again()
    return receive_words(ctx)


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "submit":
            return _submit(ctx)
        case "change":
            ctx.data |= {"words": [], "place": {}}
            return Reply(text("on_behalf.ask_words", who=ctx.data["who"]), then=receive_words)
        case "drop":
            return Reply(text("report.dropped"))
        case "not_again":
            suggestions.not_again(ctx)
            return _card(ctx)
    if not ctx.text and not ctx.photos:
        return again()
    return receive_words(ctx)


def _home(ctx: Context) -> Home | None:
    """A steward most likely speaks of their own building."""
    return members.patch_of(ctx.session, member_id=ctx.person.member_id, at=ctx.at) or ctx.person.home


def _card(ctx: Context) -> Reply:
    if not ctx.data["place"]:
        return drafts.asks_place(ctx, then=receive_place)
    drafts.alarm(ctx)
    known = suggestions.offer(ctx, then=receive_known, for_neighbour=True)
    if known:
        return known
    shown = drafts.card(ctx, consent=False, then=receive_confirmation, who=ctx.data["who"])
    return Reply(
        shown.text,
        (option("on_behalf.agreed", "submit"), *shown.options[1:]),
        then=receive_confirmation,
    )


def _neighbour(ctx: Context) -> int:
    community_id = intake.locate(ctx.session, drafts.where(ctx.data)).scope.community_id
    return members.member_without_phone(ctx.session, name=ctx.data["who"], community_id=community_id, at=ctx.at)


def _submit(ctx: Context) -> Reply:
    recurs = ctx.data.get("recurs")
    issue = intake.report_issue(
        ctx.session,
        raiser_id=_neighbour(ctx),
        told_by=ctx.person.member_id,
        platform=ctx.person.platform,
        told=drafts.told(ctx.data),
        at=ctx.at,
        rules=ctx.rules,
        recurs_id=recurs["issue"] if recurs else None,
    )
    return Reply(
        text(
            "on_behalf.received",
            who=ctx.data["who"],
            number=issue.number,
            holder=held_by(ctx, issue),
            first_answer_due=until(issue.first_answer_due, ctx.rules.timezone, now=ctx.at),
            landing_due=until(issue.landing_due, ctx.rules.timezone, now=ctx.at),
        )
    )
