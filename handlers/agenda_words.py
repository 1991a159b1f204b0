"""An agenda in words: its items with why they are on it, what waits with its place, and what the law says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from handlers.dates import day, day_and_time
from handlers.messages import unended
from handlers.reasons import in_words
from models.rules.competence import majority_for
from models.rules.meeting_workflow import Competence, ItemKind
from services.meetings.agenda import AgendaLine, AgendaView
from services.meetings.agenda_standing import AgendaStanding, Before
from texts import text

#: Parts of a score that are told; more say nothing more.
MOST_PARTS = 3
#: Parts that the line of an item says with its title.
_IN_LINE = frozenset({"households", "days_waiting"})


def of_draft(params: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of a draft, as facts of a notice, in words."""
    return {
        "lines": [line(each) for each in params["lines"]],
        "queued": [queued(each) for each in params["queued"]],
        "warnings": [text("agenda.duty", title=each["title"]) for each in params["warnings"]],
    }


def of_view(view: AgendaView) -> dict[str, Any]:
    """The same of what a convener looks at."""
    return of_draft(
        {
            "lines": [asdict(each) for each in view.lines],
            "queued": [asdict(each) for each in view.queued],
            "warnings": [asdict(each) for each in view.duties],
        }
    )


def line(item: Mapping[str, Any]) -> str:
    """屋顶漏雨 3件 · 11户 · 已等23天（20分钟） 为什么：11户反映、超期3天"""
    key = "agenda.review" if item["kind"] == ItemKind.REVIEW else "agenda.item"
    said = text(
        key,
        title=item["title"],
        count=item["count"],
        households=item["households"],
        days=item["days"],
        overdue=item["overdue"],
        minutes=item["minutes"],
    )
    because = reason(item, told=_IN_LINE)
    if because:
        said += " " + text("agenda.because", why=because)
    if item.get("allowed"):  # a draft told by an older release has no such thing
        said += "\n" + text("agenda.allowed", why=unended(item["allowed"]))
    if item["competence"] == Competence.OWNERS:
        said += "\n" + law(int(item["point"]))
    return said


def queued(item: Mapping[str, Any]) -> str:
    return text("agenda.queued", title=item["title"], place=item["place"])


def reason(item: Mapping[str, Any], *, told: Collection[str] = ()) -> str:
    """Why it is on the agenda, or how it counts: the parts with most points first. Empty for what was added.

    ``told``: parts that were said already."""
    said: list[str] = []
    if item["mandatory"] and item["kind"] != ItemKind.REVIEW:
        said.append(text("agenda.must", carried=item["carried"]))
    parts: Sequence[tuple[str, Sequence[float]]] = sorted(
        item["parts"].items(), key=lambda part: (-part[1][1], part[0])
    )
    for part, counted in parts:
        if part in told or (part == "recurrence" and item["mandatory"]):
            continue
        said.append(text(f"agenda.part_{part}", count=int(counted[0])))
    return "、".join(said[:MOST_PARTS])


def points(item: AgendaLine | AgendaStanding) -> str:
    """The published parts of its score, each with its points."""
    found = [
        text("agenda.points", part=text(f"agenda.part_{part}", count=int(count)), points=f"{value:g}")
        for part, (count, value) in item.parts.items()
    ]
    return "、".join(found)


def standing(found: AgendaStanding, *, staff: bool, now: datetime, timezone: str) -> str:
    """Whether an issue is on the agenda of a meeting, how it counts, and why it is not: for whoever asks why."""
    when = day_and_time(found.meets_at, timezone, now=now) if found.meets_at else ""
    return text(
        f"agenda.whether_{found.whether}",
        meeting=found.label,
        when=when,
        position=found.position,
        place=found.place,
        score=f"{found.score:g}",
        points=points(found),
        must=text("agenda.must", carried=found.carried) if found.mandatory else "",
        outcome=text(f"agenda.came_{found.outcome}") if found.outcome else "",
        words=unended(in_words(found.words)),
        before=_before(found.before, timezone) if found.before else "",
        staff=staff,
    )


def _before(last: Before, timezone: str) -> str:
    """Why the meeting before did not settle it."""
    return text(
        f"agenda.before_{last.state}",
        meeting=last.label,
        day=day(last.meets_at, timezone),
        place=last.place,
        words=unended(in_words(last.words)),
    )


def law(point: int) -> str:
    """That it is the owners' to decide, by which point and which majority (民法典 278)."""
    return text(
        "agenda.owners",
        point=point,
        matter=text(f"agenda.point_{point}"),
        majority=text(f"agenda.majority_{majority_for(point)}"),
    )


def competence(item: AgendaLine) -> str:
    """Whose matter it is, with the sentence of the law."""
    if item.competence is Competence.OWNERS and item.point is not None:
        return law(item.point)
    if item.competence is Competence.GOVERNMENT:
        return text("agenda.duty", title=item.title)
    return text("agenda.residents")
