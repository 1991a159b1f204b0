"""并案: two issues that are one matter are put together, after a look at what speaks for it and what against."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from handlers import categories
from handlers.context import Context
from handlers.dates import day
from handlers.messages import Option, Reply
from handlers.prompts import again, chosen_line, option, refused, start_option, which_issue
from models.rules.errors import MergeRefused, NotFound, TransitionNotAllowed
from models.rules.issue_workflow import Action
from services import merge_offers, merging, queries
from services.merge_offers import Candidate, Side
from texts import text
from understanding.likeness import Match

#: Characters of what was told, side by side.
MOST_WORDS = 60
_LEVELS = ("spot", "unit", "building", "compound", "grid")


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.MERGE, word="menu.merge", ask="merge.ask_which", none="merge.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    """What looks like the same is offered; any other is named by its number."""
    line = chosen_line(ctx, Action.MERGE)
    if line is None:
        return again()
    found = merge_offers.candidates(
        ctx.session, issue_id=line.issue_id, member_id=ctx.person.member_id, at=ctx.at
    )
    facts = {"number": line.number, "summary": line.summary, "place": line.place}
    if not found:
        return Reply(text("merge.ask_number", **facts), then=receive_other)
    lines = [
        text(
            "merge.candidate",
            short=each.side.short,
            summary=each.side.summary,
            place=each.side.place,
            evidence="，".join(_said(ctx, each.likeness.matched, "same")),
        )
        for each in found
    ]
    options = tuple(
        Option(
            text("issues.opener", short=each.side.short, summary=each.side.summary),
            str(each.side.issue_id),
            (str(each.side.short), each.side.number),
        )
        for each in found
    )
    return Reply(text("merge.ask_other", **facts, lines=lines), options, then=receive_other, numbered=False)


def receive_other(ctx: Context) -> Reply:
    """Both side by side, and which of them goes on."""
    number = ctx.text.strip("#号 ")
    if not ctx.choice and not number.isdecimal():
        return again("merge.write_number")
    issue_id, member_id = ctx.data["issue"], ctx.person.member_id
    try:
        other = int(ctx.choice or 0) or queries.find_issue(
            ctx.session, member_id=member_id, short=int(number[:6]), at=ctx.at
        )
        found = merge_offers.compared(
            ctx.session, issue_id=issue_id, other_id=other, member_id=member_id, at=ctx.at
        )
    except (MergeRefused, NotFound, TransitionNotAllowed) as error:
        return refused(error)
    own = merge_offers.side_of(ctx.session, issue_id=issue_id)
    into, merged = merge_offers.older(own, found.side)
    ctx.data |= {"other": found.side.issue_id, "into": into.issue_id} | _evidence(ctx, own, found)
    shown = text(
        "merge.sides",
        first=_side(ctx, into),
        second=_side(ctx, merged),
        matches=ctx.data["matches"],
        differs=ctx.data["differs"],
    )
    if into.merged:
        return _asks_sure(ctx, said=shown)
    options = (_stays(into), _stays(merged))
    return Reply(f"{shown}\n{text('merge.ask_into')}", options, then=receive_into)


def receive_into(ctx: Context) -> Reply:
    if ctx.choice is None:
        return again()
    ctx.data["into"] = int(ctx.choice)
    return _asks_sure(ctx)


def receive_confirmation(ctx: Context) -> Reply:
    match ctx.choice:
        case "yes":
            return _merge(ctx)
        case "no":
            return Reply(text("merge.kept"))
    return again()


def _merge(ctx: Context) -> Reply:
    merged = merge_offers.side_of(ctx.session, issue_id=_merged_id(ctx))
    into = merging.merge_issues(
        ctx.session,
        issue_id=merged.issue_id,
        into_id=ctx.data["into"],
        member_id=ctx.person.member_id,
        evidence={"matches": ctx.data["matches"], "differs": ctx.data["differs"]},
        at=ctx.at,
        rules=ctx.rules,
    )
    return Reply(
        text("merge.done", merged=merged.number, into=into.number, raisers=merged.raisers),
        (start_option("menu.unmerge", "unmerge", merged.issue_id), start_option("menu.count", "count", into.id)),
    )


def _merged_id(ctx: Context) -> int:
    one, other = int(ctx.data["issue"]), int(ctx.data["other"])
    return other if one == ctx.data["into"] else one


def _asks_sure(ctx: Context, said: str = "") -> Reply:
    merged = merge_offers.side_of(ctx.session, issue_id=_merged_id(ctx))
    into = merge_offers.side_of(ctx.session, issue_id=ctx.data["into"])
    question = text("merge.sure", merged=merged.number, into=into.number, raisers=merged.raisers)
    return Reply(
        f"{said}\n{question}" if said else question,
        (option("merge.yes", "yes"), option("merge.no", "no")),
        then=receive_confirmation,
    )


def _side(ctx: Context, side: Side) -> str:
    return text(
        "merge.side",
        number=side.number,
        category=categories.label(side.category),
        place=side.place,
        summary=side.summary,
        words=side.words[:MOST_WORDS],
        since=day(side.since, ctx.rules.timezone),
        raisers=side.raisers,
        state=text(f"words.state_{side.state}"),
        merged=side.merged,
    )


def _stays(side: Side) -> Option:
    return Option(text("merge.stays", short=side.short, summary=side.summary), str(side.issue_id), (str(side.short),))


def _evidence(ctx: Context, own: Side, found: Candidate) -> dict[str, list[str]]:
    """What is shown to whoever decides, and told to the raisers. That both name the place is said once."""
    matched = [
        match
        for match in found.likeness.matched
        if match.kind != "words" or not all(word in own.place for word in match.here)
    ]
    return {"matches": _said(ctx, matched, "same"), "differs": _said(ctx, found.likeness.differs, "other")}


def _said(ctx: Context, matches: Iterable[Match], side: str) -> list[str]:
    return [said for match in matches if (said := _sentence(ctx, match, side))]


def _sentence(ctx: Context, match: Match, side: str) -> str:
    here, there = match.here, match.there
    if match.kind == "place":
        here = there = (next(level for level in _LEVELS if level in match.here),)
    if match.kind == "category":
        here, there = (categories.label(here[0]),), (categories.label(there[0]),)
    if match.kind == "time":
        here, there = (_day(ctx, here[0]),), (_day(ctx, there[0]),)
    return text(f"merge.{side}_{match.kind}", here="、".join(here), there="、".join(there))


def _day(ctx: Context, moment: str) -> str:
    return day(datetime.fromisoformat(moment), ctx.rules.timezone)
