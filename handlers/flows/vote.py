"""投票: one household, one vote; whoever holds a proxy votes for that household too."""

from __future__ import annotations

from handlers.context import Context
from handlers.dates import day_and_time
from handlers.meetings import cast, household, named
from handlers.messages import Option, Reply
from handlers.prompts import again, option
from services.meetings import ballot_views
from services.meetings.ballot_seats import Seat
from services.meetings.ballot_views import BallotView
from texts import text

_MOST = 9


def start(ctx: Context) -> Reply:
    ballot, chosen = named(ctx)
    if ballot is not None:
        ctx.data["ballot"] = ballot
        if chosen.isdecimal():
            ctx.choice = chosen
            return receive_choice(ctx)
        return _asks(ctx)
    lines = ballot_views.open_ballots(ctx.session, member_id=ctx.person.member_id, at=ctx.at, limit=_MOST)
    if not lines:
        return Reply(text("vote.none"))
    if len(lines) == 1:
        ctx.data["ballot"] = lines[0].ballot_id
        return _asks(ctx)
    options = tuple(
        Option(text("vote.name", label=line.label, question=line.question), str(line.ballot_id)) for line in lines
    )
    return Reply(text("vote.ask_which"), options, then=receive_ballot)


def receive_ballot(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["ballot"] = int(ctx.choice)
    return _asks(ctx)


def receive_choice(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    view = _view(ctx)
    chosen = int(ctx.choice)
    meant = ctx.data.setdefault("paper", view.papers[0].invitation_id)
    paper = next((paper for paper in view.papers if paper.invitation_id == meant), None)
    if paper is None or chosen >= len(view.options):  # somebody else of the household was quicker
        return _asks(ctx)
    ctx.data["choice"] = chosen
    words = text(
        "vote.confirm", own=_own(ctx, paper), household=household(paper), option=view.options[chosen]
    )
    kept_as = text("vote.confirm_kept", own=_own(ctx, paper), household=household(paper)) if view.secret else ""
    options = (option("vote.yes", "yes"), option("vote.no", "no"))
    return Reply(words, options, then=receive_confirmation, kept_as=kept_as)


def receive_confirmation(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    if ctx.choice == "no":
        return _asks(ctx)
    voted = cast(ctx)
    done = text("vote.done", own=voted.own, household=household(voted))
    if not voted.left:
        return Reply(done)
    following = _asks(ctx)
    return Reply(f"{done}\n\n{following.text}", following.options, then=receive_choice, fresh=True)


def _asks(ctx: Context) -> Reply:
    view = _view(ctx)
    paper = view.papers[0]  # their own household before those of proxies
    ctx.data["paper"] = paper.invitation_id
    ctx.data.pop("choice", None)
    closes = day_and_time(view.closes_at, ctx.rules.timezone, now=ctx.at) if view.closes_at else ""
    words = text(
        "vote.ask",
        label=view.label,
        question=view.question,
        own=_own(ctx, paper),
        household=household(paper),
        secret=view.secret,
        majority=view.majority,
        needed=view.needed,
        base=view.base,
        base_count=view.base_count,
        closes_at=closes,
    )
    options = tuple(Option(label, str(index)) for index, label in enumerate(view.options))
    return Reply(words, options, then=receive_choice)


def _view(ctx: Context) -> BallotView:
    return ballot_views.ballot_for(
        ctx.session, ballot_id=ctx.data["ballot"], member_id=ctx.person.member_id, at=ctx.at
    )


def _own(ctx: Context, paper: Seat) -> bool:
    return paper.member_id == ctx.person.member_id
