"""A report in the making: what was said so far, what was understood of it, and the card that shows it.

``data`` holds ``words`` (list), ``photos`` (list), ``category``, ``nature``, ``urgent``, ``danger``, ``summary`` and
``place`` (the fields of ``intake.Where`` and ``label``; empty while unknown).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import Step, option
from models.rules.issue_workflow import Nature
from services import intake
from services.queries import compounds_near
from texts import text
from understanding import Home, Place, find_place

ELSEWHERE = "elsewhere"


def add(ctx: Context, *, home: Home | None) -> None:
    """Take words and photos into the draft and understand it anew. A place once settled stays unless newly named."""
    data = ctx.data
    data["words"] = [*data.get("words", ()), ctx.text] if ctx.text else list(data.get("words", ()))
    data["photos"] = [*data.get("photos", ()), *ctx.photos][: ctx.rules.max_photos]
    if not ctx.text:
        return
    words = spoken(data)
    heard = intake.understand_words(words, gazetteer=ctx.house.gazetteer, home=home)
    if not data.get("category_chosen"):
        data["category"] = heard.category
    data |= {"nature": heard.nature, "urgent": heard.urgency.urgent, "danger": heard.urgency.danger or ""}
    data["summary"] = heard.summary
    if not data.get("place"):
        data["place"] = _place(ctx, heard.place)
        return
    found = find_place(ctx.text, ctx.house.gazetteer, Home(data["place"]["compound_id"]))
    if found.compound_id is not None and not found.from_home:
        data["place"] = _place(ctx, found)


def spoken(data: dict[str, Any]) -> str:
    """The raiser's own words so far."""
    return "\n".join(data.get("words", ()))


def asks_place(ctx: Context, *, then: Step, ask: str = "report.ask_place") -> Reply:
    """Only what is missing is asked, the person's own compound first."""
    near = compounds_near(ctx.session, community_id=ctx.person.community_id)
    own = ctx.person.home.compound_id if ctx.person.home else None
    near.sort(key=lambda pair: pair[0] != own)
    options = [
        Option(text("report.own_compound", name=name) if compound == own else name, str(compound), (name,))
        for compound, name in near
    ]
    elsewhere = option("report.elsewhere", ELSEWHERE)
    return Reply(danger_line(ctx.data) + text(ask), (*options, elsewhere), then=then)


def takes_place(ctx: Context, *, home: Home | None, then: Step) -> Reply | None:
    """The answer to "where". None: it is settled, and the card can be shown."""
    if ctx.photos and not ctx.text:
        add(ctx, home=home)
        return Reply(text("report.photo_kept"), again=True)
    if ctx.choice == ELSEWHERE:
        return Reply(text("report.ask_place_name"), then=then)
    if settle_place(ctx, home=home):
        return None
    ctx.data["words"] = [*ctx.data["words"], ctx.text]
    return asks_place(ctx, then=then, ask="report.place_unknown")


def settle_place(ctx: Context, *, home: Home | None) -> bool:
    """Take the answer to "where": a chosen compound, or words that name one. False: not understood."""
    if ctx.choice and ctx.choice != ELSEWHERE:
        known = Home(int(ctx.choice), None, None, "")
        found = find_place(spoken(ctx.data), ctx.house.gazetteer, known)
        found = replace(found, compound_id=known.compound_id)
    else:
        before = ctx.data.get("place")
        found = find_place(ctx.text, ctx.house.gazetteer, Home(before["compound_id"]) if before else home)
        if found.compound_id is None or found.from_home:
            return False
    ctx.data["place"] = _place(ctx, found)
    return True


def alarm(ctx: Context) -> None:
    """A danger is told at once, before anything is confirmed."""
    danger = ctx.data.get("danger")
    if danger:
        intake.raise_alarm(
            ctx.session,
            teller=ctx.person.member_id,
            where=where(ctx.data),
            danger=danger,
            words=spoken(ctx.data),
            at=ctx.at,
            rules=ctx.rules,
        )


def where(data: dict[str, Any]) -> intake.Where:
    return intake.Where(**{key: value for key, value in data["place"].items() if key != "label"})


def told(data: dict[str, Any]) -> intake.Told:
    return intake.Told(
        words=spoken(data),
        summary=data["summary"],
        category=data["category"],
        nature=Nature(data["nature"]),
        urgent=data["urgent"],
        where=where(data),
        photos=tuple(data.get("photos", ())),
    )


def card(ctx: Context, *, consent: bool, then: Step, who: str = "") -> Reply:
    """What was understood, to be confirmed. ``consent``: the person has not agreed to our keeping anything yet.

    ``who``: the neighbour who is spoken for.
    """
    data = ctx.data
    note = ""
    if consent:
        abroad = ctx.person.platform in ctx.rules.abroad_platforms
        note = text("report.consent_abroad" if abroad else "report.consent", url=f"{ctx.house.public_url}/privacy")
    body = text(
        "report.card",
        who=who,
        category=text(f"categories.{data['category']}"),
        place=data["place"]["label"],
        summary=data["summary"],
        photos=len(data.get("photos", ())),
        urgent=data["urgent"],
        consent=note,
    )
    submit = option("report.agree_and_submit" if consent else "report.submit", "submit")
    return Reply(
        danger_line(data) + body, (submit, option("report.change", "change"), option("report.drop", "drop")), then=then
    )


def danger_line(data: dict[str, Any]) -> str:
    """The safety line, which comes before anything else."""
    return text(f"danger.{data['danger']}") + "\n" if data.get("danger") else ""


def _place(ctx: Context, found: Place) -> dict[str, Any]:
    if found.compound_id is None:
        return {}
    known = intake.Where(found.compound_id, found.building_id, found.unit_id, found.spot_id, found.room)
    return {**asdict(known), "label": intake.locate(ctx.session, known).label}
