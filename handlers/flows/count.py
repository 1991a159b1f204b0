"""核户: how many households and people it concerns, counted as far as homes are known and confirmed by the staff."""

from __future__ import annotations

import re

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import again, chosen_line, which_issue
from models.rules.issue_workflow import Action
from services import households, merging, queries
from texts import choice, text
from understanding.numerals import number
from understanding.segment import plain

#: More than lives in any compound: a slip of the finger.
MOST = 20_000
_ABOUT = "(?:约|大概|一共|共)?"
_NUMBER = r"[0-9〇零一二两三四五六七八九十百千]{1,6}"
_WRITTEN = re.compile(
    rf"{_ABOUT}(?P<households>{_NUMBER})[户家](?:[,、 和]*{_ABOUT}(?P<people>{_NUMBER})[口个]?人?)?"
)


def start(ctx: Context) -> Reply:
    return which_issue(
        ctx, Action.COUNT, word="menu.count", ask="count.ask_which", none="count.none", then=receive_issue
    )


def receive_issue(ctx: Context) -> Reply:
    line = chosen_line(ctx, Action.COUNT)
    if line is None:
        return again()
    found = households.estimate(ctx.session, issue_id=line.issue_id)
    ctx.data["least"] = found.people
    confirmed = queries.what_somebody_is(
        ctx.session, issue_id=line.issue_id, member_id=ctx.person.member_id, at=ctx.at
    )[0]
    label, also = choice("count.right")
    said = text("count.written", households=found.households, people=found.people)
    return Reply(
        text(
            "count.ask",
            number=line.number,
            summary=line.summary,
            counted=said,
            unknown=found.unknown,
            before=text("count.written", households=confirmed.households, people=confirmed.people)
            if confirmed.households
            else "",
        ),
        (Option(f"{label} {said}", f"{found.households},{found.people}", (label, *also)),),
        then=receive_count,
    )


def receive_count(ctx: Context) -> Reply:
    counted = _chosen(ctx.choice) if ctx.choice else read_count(ctx.text, least=ctx.data["least"])
    if counted is None:
        return again("count.unreadable")
    issue = merging.count_affected(
        ctx.session,
        issue_id=ctx.data["issue"],
        member_id=ctx.person.member_id,
        households=counted[0],
        people=counted[1],
        at=ctx.at,
        rules=ctx.rules,
    )
    said = text("count.written", households=counted[0], people=counted[1])
    return Reply(text("count.done", number=issue.number, counted=said))


def read_count(said: str, *, least: int) -> tuple[int, int] | None:
    """ "9户27人", "9户" or "九户二十七口人": households and people; who wrote none is given the least there can be."""
    found = _WRITTEN.fullmatch(plain(said).strip(" 。.!"))
    if found is None:
        return None
    homes = int(number(found["households"]))
    people = int(number(found["people"])) if found["people"] else max(homes, least)
    return (homes, people) if 1 <= homes <= people <= MOST else None


def _chosen(choice: str) -> tuple[int, int]:
    homes, people = choice.split(",")
    return int(homes), int(people)
