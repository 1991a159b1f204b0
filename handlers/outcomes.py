"""What a chair is asked about the outcome of an item: who carries it out, who follows it, where it goes, by when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from handlers import conducting
from handlers.context import Context
from handlers.dates import local, until
from handlers.meetings import guest_label
from handlers.messages import Option, Reply
from handlers.prompts import again, option, written_moment
from models.rules.deadlines import due
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import ItemState
from services import unmet_levels
from services.meetings import posts as meeting_posts
from services.meetings import settling, sitting
from services.meetings.room import Desk
from services.meetings.settling import Agreed, HandedOver
from texts import choice, text

DAY_ENDS = time(18)
_NOT_LONG = timedelta(days=31)  # what takes longer may be looked at on the way


def owners(ctx: Context) -> tuple[Option, ...]:
    """Posts that may carry it out, so many at a time."""
    posts = meeting_posts.owners_for(ctx.session, meeting_id=ctx.data["meeting"], at=ctx.at)
    return conducting.page(ctx, [_post(post, str(post.post_id)) for post in posts])


def whither(ctx: Context, desk: Desk) -> tuple[Option, ...]:
    """The other levels, the owners' committees and the street."""
    posts = meeting_posts.owners_committees(ctx.session, meeting_id=desk.meeting_id, at=ctx.at)
    street = meeting_posts.street_post(ctx.session, meeting_id=desk.meeting_id, at=ctx.at)
    levels = [Option(text(f"words.level_{level}"), f"level.{level}") for level in Level if level is not desk.level]
    if street is not None:
        posts.append(street)
    return (*levels, *(_post(post, f"post.{post.post_id}") for post in posts))


def unmet(ctx: Context) -> dict[str, str]:
    """The levels at which nobody meets for the item, by their values among those of :func:`whither`."""
    levels = unmet_levels.unmet_of_item(ctx.session, item_id=ctx.data["item"])
    return {f"level.{level}": text(f"words.level_{level}") for level in levels}


def group(ctx: Context) -> tuple[list[str], tuple[Option, ...]]:
    """Who was chosen so far for the follow-up group, and who is there to be chosen; nothing where nobody is."""
    if "group" not in ctx.data:
        ctx.data |= {"group": [], "first": 0}
    chosen = ctx.data["group"]
    people = [g for g in sitting.there(ctx.session, meeting_id=ctx.data["meeting"]) if g.member_id is not None]
    options = [
        Option(
            text("common.chosen", name=guest_label(guest)) if guest.member_id in chosen else guest_label(guest),
            str(guest.member_id),
            (guest_label(guest),),
        )
        for guest in people
    ]
    if not options:
        return [], ()
    names = [guest_label(guest) for guest in people if guest.member_id in chosen]
    enough = option("conduct.enough" if chosen else "conduct.no_group", "enough")
    return names, (*conducting.page(ctx, options), enough)


def answer_by(ctx: Context) -> tuple[Option, ...]:
    """By when another level may be asked to answer: as the house has it, or sooner."""
    usual = until(due(ctx.at, ctx.rules.referral_answers, rules=ctx.rules), ctx.rules.timezone, now=ctx.at).strip()
    label, also = choice("conduct.usual_answer")
    house = Option(text("conduct.answer_by", day=usual), "none", (label, *also))
    return house, option("conduct.two_weeks", "2周后")


def coming_day(ctx: Context) -> date | Reply:
    """The day chosen or written, after today; else the question once more."""
    moment = written_moment(ctx, at=DAY_ENDS)
    if not isinstance(moment, datetime):
        return moment
    day = local(moment, ctx.rules.timezone).date()
    return day if day > local(ctx.at, ctx.rules.timezone).date() else again("dates.over")


def takes_long(ctx: Context, day: date) -> bool:
    """Whether a meeting may come between now and the day."""
    return day - local(ctx.at, ctx.rules.timezone).date() > _NOT_LONG


def settle(ctx: Context) -> str:
    """Note it with all that was answered; the sentence that says so."""
    outcome, data = ItemState(ctx.data["outcome"]), ctx.data
    adopted = outcome is ItemState.ADOPTED
    item = settling.settle_item(
        ctx.session,
        item_id=data["item"],
        member_id=ctx.person.member_id,
        outcome=outcome,
        words=data["words"],
        agreed=_agreed(data) if adopted else None,
        handed_over=_handed_over(data) if outcome is ItemState.REFERRED else None,
        review_on=None if adopted else _review_on(data),
        at=ctx.at,
        rules=ctx.rules,
    )
    by = (item.details or {}).get("until")
    answered_by = until(datetime.fromisoformat(by), ctx.rules.timezone, now=ctx.at) if by else ""
    ctx.data = {"meeting": data["meeting"], "item": item.id}
    return text("conduct.settled", title=item.title, outcome=text(f"words.item_{outcome}"), answer_by=answered_by)


def _agreed(data: Mapping[str, Any]) -> Agreed:
    return Agreed(
        data["standard"],
        data["owner"],
        date.fromisoformat(data["due"]),
        data.get("budget", ""),
        data.get("source", ""),
        tuple(data["group"]),
        _review_on(data),
    )


def _handed_over(data: Mapping[str, Any]) -> HandedOver:
    what, _, which = data["to"].partition(".")
    level, post_id = (Level(which), None) if what == "level" else (None, int(which))
    return HandedOver(level, post_id, datetime.fromisoformat(data["until"]) if "until" in data else None)


def _review_on(data: Mapping[str, Any]) -> date | None:
    return date.fromisoformat(data["review_on"]) if "review_on" in data else None


def _post(post: meeting_posts.PostLine, value: str) -> Option:
    return Option(text(f"words.holder_{post.role}", label=post.label), value, (post.label,))
