"""``zhuoluo understand``, ``parse-address``, ``classify`` and ``likeness``: lines in, JSON out, in the same order."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from bot.errors import Unusable
from bot.json_lines import Given, answer_lines, as_line, printable
from bot.measured_file import tellings_of
from texts import text
from understanding import Gazetteer, Home, Location, Place, Understanding, find_place, understand

if TYPE_CHECKING:
    from bot.places_given import KnownPlaces
    from bot.settings import Settings

_BUILDING, _UNIT = -1, -2
"""Ids of a home's building and unit which no gazetteer knows."""
_SHOWN = 40


class Asked(NamedTuple):
    """One line: the words, where they come from, and the numbers of a home's doors that the gazetteer has not."""

    words: str
    home: Home | None = None
    location: Location | None = None
    numbers: Mapping[int, str] = {}
    fault: str = ""


def understand_lines(
    ctx: typer.Context,
    places: Annotated[Path | None, typer.Option("--places", help=text("cli.opt_gazetteer"))] = None,
    model: Annotated[Path | None, typer.Option("--model", help=text("cli.opt_own_model"))] = None,
) -> None:
    from bot.models_given import own_model, read_model
    from bot.places_given import places_of_file
    from bot.settings import load_settings

    known = places_of_file(places) if places else _configured_places(load_settings(ctx.obj))
    own = read_model(model) if model else own_model(load_settings(ctx.obj))
    understand(text("understand.warm_up"), gazetteer=known.gazetteer, model=own)  # reads the dictionary and the models
    gc.freeze()  # thousands of places need not be gone through again and again

    def one(given: Given) -> dict[str, Any]:
        asked = read_request(given, known.gazetteer)
        began = time.perf_counter()
        found = understand(asked.words, gazetteer=known.gazetteer, home=asked.home, location=asked.location, model=own)
        took = time.perf_counter() - began
        answer = shown(found, known, asked.numbers, ms=took * 1000)
        return {**answer, "error": asked.fault} if asked.fault else answer

    answer_lines(one)


def parse_addresses() -> None:
    from understanding.address.spans import parse

    answer_lines(lambda given: {"spans": [list(span) for span in parse(given.words)]})


def classify_lines(
    model: Annotated[Path | None, typer.Option("--model", help=text("cli.opt_model"))] = None,
) -> None:
    from bot.models_given import read_model
    from understanding.category.classify import classify

    own = read_model(model) if model else None

    def one(given: Given) -> dict[str, Any]:
        judged = classify(given.words, own)
        return {"label": judged.label, "confidence": round(judged.confidence, 4), "words": list(judged.words)}

    answer_lines(one)


def likeness_of_file(
    file: Annotated[Path, typer.Argument(help=text("cli.arg_tellings"))],
    as_json: Annotated[bool, typer.Option("--json", help=text("cli.opt_json"))] = False,
) -> None:
    from understanding.likeness.groups import suggest

    rows = tellings_of(file)
    found = suggest([telling for telling, _ in rows])
    ids = {telling.id: row["id"] for telling, row in rows}  # as they came: numbers stay numbers
    if as_json:
        pairs = [[ids[one], ids[other], score] for one, other, score in found.pairs]
        groups = [[ids[each] for each in group] for group in found.groups]
        sys.stdout.buffer.write(as_line({"pairs": pairs, "groups": groups}))
        return
    titles = {telling.id: printable((telling.title or telling.text)[:_SHOWN]) for telling, _ in rows}
    print(text("understand.groups", count=len(found.groups), rows=len(rows)))
    for group in found.groups:
        print(text("understand.group", members=[f"{printable(each)} {titles[each]}" for each in group]))


def shown(found: Understanding, known: KnownPlaces, numbers: Mapping[int, str], *, ms: float) -> dict[str, Any]:
    """An understanding as one JSON object; what is not written is "", what is not known null."""
    return {
        "category": found.category,
        "category_confidence": round(found.category_confidence, 4),
        "nature": found.nature,
        "nature_confidence": round(found.nature_confidence, 4),
        "urgent": found.urgency.urgent,
        "danger": found.urgency.danger,
        "elsewhere": found.elsewhere,
        "place": {
            **found.place.written._asdict(),
            "buildings": list(found.place.buildings),
            "resolved": list(_resolved(found.place, known, numbers)),
        },
        "matters": list(found.matters),
        "reasons": _reasons(found),
        "summary": found.summary,
        "ms": round(ms, 3),
    }


def _resolved(place: Place, known: KnownPlaces, numbers: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """The likeliest first. A number with no id is one that was said, of a building or unit that is not on the list."""
    for each in place.candidates:
        ids = {"compound": each.compound_id, "building": each.building_id, "unit": each.unit_id, "spot": each.spot_id}
        building, unit = each.building_id or 0, each.unit_id or 0
        yield {
            "compound": known.compounds.get(each.compound_id),
            "building": known.buildings.get(building) or numbers.get(building) or place.building_number or None,
            "unit": known.units.get(unit) or numbers.get(unit) or place.unit_number or None,
            "floor": place.floor or None,
            "room": place.room or None,
            "spot": known.spots.get(each.spot_id) if each.spot_id else None,
            "ids": {name: id_ if id_ and id_ > 0 else None for name, id_ in ids.items()},
            "confidence": round(each.confidence, 3),
            "evidence": [list(evidence) for evidence in each.evidence],
        }


def _reasons(found: Understanding) -> list[dict[str, Any]]:
    reasons: list[dict[str, Any]] = [
        {"about": "category", "words": list(found.category_words)},
        {"about": "nature", "words": list(found.nature_words)},
    ]
    if found.urgency.urgent:
        reasons.append({"about": "danger" if found.urgency.danger else "urgent", "words": list(found.urgency.words)})
    reasons += [{"about": "place", "kind": kind, "words": [words]} for kind, words in found.place.evidence]
    return reasons


def _configured_places(settings: Settings) -> KnownPlaces:
    """Those of the configured database; where there is none yet, none."""
    from bot.places_given import known_places, places_of_database

    try:
        return places_of_database(settings) or known_places()
    except Unusable as unusable:
        print(text("understand.without_places", why=str(unusable)), file=sys.stderr)
        return known_places()


def read_request(given: Given, gazetteer: Gazetteer) -> Asked:
    """With `home` in words and `location` as [latitude, longitude]; a bad one is told and left out."""
    location, location_fault = _location(given.row.get("location"))
    home, numbers, home_fault = _home(given.row.get("home"), gazetteer)
    faults = " ".join(fault for fault in (given.fault, home_fault, location_fault) if fault)
    return Asked(given.words, home, location, numbers, faults)


def _home(home: object, gazetteer: Gazetteer) -> tuple[Home | None, Mapping[int, str], str]:
    if home is None or home == "":
        return None, {}, ""
    if not isinstance(home, str):
        return None, {}, text("understand.bad_home")
    place = find_place(home, gazetteer)
    if place.compound_id is None:
        return None, {}, text("understand.unknown_home", home=home[:_SHOWN]) if gazetteer.names else ""
    building = place.building_id or (_BUILDING if place.building_number else None)
    unit = place.unit_id or (_UNIT if building and place.unit_number else None)
    numbers = {_BUILDING: place.building_number, _UNIT: place.unit_number}
    return Home(place.compound_id, building, unit, place.room), numbers, ""


def _location(location: object) -> tuple[Location | None, str]:
    match location:
        case None:
            return None, ""
        case [first, second]:
            degrees = [first, second]
        case {"latitude": first, "longitude": second}:
            degrees = [first, second]
        case _:
            degrees = []
    numbers = [each for each in degrees if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) == 2 and abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180:
        return Location(float(numbers[0]), float(numbers[1])), ""
    return None, text("understand.bad_location")
