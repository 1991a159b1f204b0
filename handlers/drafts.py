"""A report in the making: what was said so far, what was understood of it, and the card that shows it.

``data`` holds ``words`` (list), ``photos`` (list), ``category``, ``others`` (the categories that come next),
``nature``, ``urgent``, ``danger``, ``elsewhere`` (and ``here_all_the_same``, when they were told and went on),
``matters`` (several told at once), ``summary``, ``grounds``, ``pin`` (latitude, longitude), ``place`` (the fields of
``intake.Where`` and ``label``; empty while unknown), and while that is unknown ``candidates`` (places it may be, with
their labels).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from handlers import categories
from handlers.context import Context
from handlers.messages import Option, Reply
from handlers.prompts import Step, option
from models.rules.issue_workflow import Nature
from services import intake
from services.queries import compounds_near
from texts import choice, text
from understanding import Home, Location, Place, find_place

ELSEWHERE = "elsewhere"
CANDIDATE = "candidate:"
#: Places offered when it is not clear which is meant.
MOST_CANDIDATES = 3


def add(ctx: Context, *, home: Home | None) -> None:
    """Take words, photos and a pin into the draft and understand it anew. A place once settled stays unless newly
    named; a pin waits for the words, which may name another."""
    data = ctx.data
    data["words"] = [*data.get("words", ()), ctx.text] if ctx.text else list(data.get("words", ()))
    data["photos"] = [*data.get("photos", ()), *ctx.photos][: ctx.rules.max_photos]
    if ctx.location:
        data["pin"] = [ctx.location.latitude, ctx.location.longitude]
    if not ctx.text:
        return
    heard = intake.understand_words(
        spoken(data), gazetteer=ctx.house.gazetteer, home=home, location=pin(data), model=ctx.house.model
    )
    grounds = dict(data.get("grounds", ()))
    if not data.get("category_chosen"):
        data["category"], data["others"] = heard.category, [key for key, _ in heard.category_others]
        grounds |= {"category": list(heard.category_words), "by": "words"}
    data |= {"nature": heard.nature, "urgent": heard.urgency.urgent, "danger": heard.urgency.danger or ""}
    data |= {"summary": heard.summary, "matters": list(heard.matters)}
    data["elsewhere"] = "" if data.get("here_all_the_same") else heard.elsewhere or ""
    data["grounds"] = grounds
    if not data.get("place"):
        _take_place(ctx, heard.place)
        return
    found = find_place(ctx.text, ctx.house.gazetteer, Home(data["place"]["compound_id"]))
    if found.compound_id is not None and not found.from_home:
        _take_place(ctx, found)


def spoken(data: dict[str, Any]) -> str:
    """The raiser's own words so far."""
    return "\n".join(data.get("words", ()))


def pin(data: dict[str, Any]) -> Location | None:
    """Where the person says they stand."""
    return Location(*data["pin"]) if data.get("pin") else None


def asks_words(ctx: Context, *, then: Step) -> Reply:
    """A photo or a pin came first."""
    if not ctx.location:
        return Reply(text("report.photo_first"), then=then)
    near = find_place("", ctx.house.gazetteer, location=ctx.location)
    label = "" if near.compound_id is None else _named(ctx, intake.Where(near.compound_id))["label"]
    return Reply(text("report.location_first", place=label), then=then)


def asks_place(ctx: Context, *, then: Step, ask: str = "report.ask_place") -> Reply:
    """Only what is missing is asked: the two or three places it may be, else the compounds near, one's own first."""
    elsewhere = option("report.elsewhere", ELSEWHERE)
    if candidates := ctx.data.get("candidates"):
        only = choice("common.yes") if len(candidates) == 1 else ("", ())
        offers = tuple(
            Option(each["label"], f"{CANDIDATE}{at}", (only[0], *only[1]) if only[0] else ())
            for at, each in enumerate(candidates)
        )
        asked = text("report.ask_which_place", names=[each["label"] for each in candidates])
        return Reply(danger_line(ctx.data) + asked, (*offers, elsewhere), then=then)
    near = compounds_near(ctx.session, community_id=ctx.person.community_id)
    own = ctx.person.home.compound_id if ctx.person.home else None
    near.sort(key=lambda pair: pair[0] != own)
    options = [
        Option(text("report.own_compound", name=name) if compound == own else name, str(compound), (name,))
        for compound, name in near
    ]
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
    ctx.data["words"] = [*ctx.data["words"], ctx.text] if ctx.text else ctx.data["words"]
    return asks_place(ctx, then=then, ask="report.place_unknown")


def settle_place(ctx: Context, *, home: Home | None) -> bool:
    """Take the answer to "where": a chosen compound, a pin, or words that name a place. False: not understood."""
    if ctx.choice and ctx.choice.startswith(CANDIDATE):
        chosen = ctx.data.pop("candidates")[int(ctx.choice.removeprefix(CANDIDATE))]
        ctx.data["place"] = chosen
        return True
    ctx.data.pop("candidates", None)
    if ctx.choice and ctx.choice != ELSEWHERE:
        _take_place(ctx, _in_compound(ctx, int(ctx.choice)))
        return True
    if ctx.location and not ctx.text:
        return _settle_by_pin(ctx, ctx.location)
    before = ctx.data.get("place")
    around = Home(before["compound_id"]) if before else home
    found = find_place(ctx.text, ctx.house.gazetteer, around, location=pin(ctx.data))
    if found.compound_id is None or found.from_home:
        if found.candidates:
            _take_place(ctx, found)
        return False
    _take_place(ctx, found)
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
        grounds=data.get("grounds", {}),
        pin=pin(data),
    )


def card(ctx: Context, *, consent: bool, then: Step, who: str = "") -> Reply:
    """What was understood, to be confirmed. ``consent``: the person has not agreed to our keeping anything yet.

    ``who``: the neighbour who is spoken for.
    """
    data = ctx.data
    recurs = data.get("recurs")
    body = text(
        "report.card",
        who=who,
        category=categories.label(data["category"]),
        place=data["place"]["label"],
        summary=data["summary"],
        photos=len(data.get("photos", ())),
        urgent=data["urgent"],
        recurs=recurs["number"] if recurs else "",
        consent=consent_note(ctx) if consent else "",
    )
    submit = option("report.agree_and_submit" if consent else "report.submit", "submit")
    options = [submit, option("report.change", "change"), option("report.drop", "drop")]
    if recurs:
        options.append(option("report.not_again", "not_again"))
    return Reply(danger_line(data) + body, tuple(options), then=then)


def consent_note(ctx: Context) -> str:
    """What agreeing means."""
    abroad = ctx.person.platform in ctx.rules.abroad_platforms
    return text("report.consent_abroad" if abroad else "report.consent", url=f"{ctx.house.public_url}/privacy")


def danger_line(data: dict[str, Any]) -> str:
    """The safety line, which comes before anything else."""
    return text(f"danger.{data['danger']}") + "\n" if data.get("danger") else ""


def _settle_by_pin(ctx: Context, location: Location) -> bool:
    """The compound by the pin alone, the door by what was said before."""
    ctx.data["pin"] = [location.latitude, location.longitude]
    near = find_place("", ctx.house.gazetteer, location=location)
    if near.compound_id is not None:
        _take_place(ctx, replace(_in_compound(ctx, near.compound_id), evidence=near.evidence))
        return True
    if near.candidates:
        _take_place(ctx, near)
    return False


def _in_compound(ctx: Context, compound_id: int) -> Place:
    """What the words so far say of a place in this compound."""
    found = find_place(spoken(ctx.data), ctx.house.gazetteer, Home(compound_id))
    return replace(found, evidence=()) if found.compound_id == compound_id else Place(compound_id)


def _take_place(ctx: Context, found: Place) -> None:
    """Keep a place that is sure, with why; else what it may be, for the question."""
    data = ctx.data
    if found.compound_id is None:
        data["place"] = {}
        data["candidates"] = [
            _named(ctx, intake.Where(each.compound_id, each.building_id, each.unit_id, each.spot_id, found.room))
            for each in found.candidates[:MOST_CANDIDATES]
            if each.compound_id is not None
        ]
        return
    where = intake.Where(found.compound_id, found.building_id, found.unit_id, found.spot_id, found.room)
    data["place"] = _named(ctx, where)
    data["grounds"] = {**data.get("grounds", {}), "place": [[each.kind, each.words] for each in found.evidence]}


def _named(ctx: Context, where: intake.Where) -> dict[str, Any]:
    return {**asdict(where), "label": intake.locate(ctx.session, where).label}
