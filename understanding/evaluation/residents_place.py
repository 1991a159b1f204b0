"""Places in what residents write: the right compound first, and building, unit and room right or rightly absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from understanding.evaluation.report import Mistake, Score
from understanding.numerals import number
from understanding.place.finding import Place, find_place
from understanding.place.gazetteer import CompoundEntry, Gazetteer
from understanding.place.naming import GENERIC, tidy

_PARTS = {"building": "buildings", "unit": "units", "room": "rooms"}
_SHOWN = 120

Find = Callable[[str, Gazetteer], Place]


def score_places(
    rows: Sequence[Mapping[str, Any]], others: Iterable[str] = (), find: Find = find_place
) -> tuple[list[Score], list[Mistake]]:
    """Of rows with id, title, detail, compounds, buildings, units and rooms (each a list of what is right, "" where
    none is named). The gazetteer holds the `others` and the compounds of all rows: the spellings of one row are one
    compound, with and without 小区 is the same."""
    estates = _estates(rows, others)
    of = {name: id_ for id_, names in estates.items() for name in names}
    gazetteer = Gazetteer.build(CompoundEntry(id_, names[0], names[1:]) for id_, names in estates.items())
    scores: list[Score] = []
    mistakes: list[Mistake] = []
    for form in ("title + detail", "title"):
        read = [(row, _text(row, form)) for row in rows]
        places = [(row, text, find(text, gazetteer)) for row, text in read]
        scores += _compound(form, places, of, estates, mistakes)
        for part, key in _PARTS.items():
            scores += _part(form, part, key, places, mistakes)
    return scores, mistakes


def _text(row: Mapping[str, Any], form: str) -> str:
    return str(row["title"]) if form == "title" else f"{row['title']}。{row['detail']}"


def _estates(rows: Sequence[Mapping[str, Any]], others: Iterable[str]) -> dict[int, tuple[str, ...]]:
    estates: dict[int, dict[str, None]] = {}
    same: dict[str, int] = {}
    for spellings in (*(row["compounds"] for row in rows), *([name] for name in others)):
        spellings = [name for name in spellings if name]
        if not spellings:
            continue
        keys = {_bare(name) for name in spellings}
        id_ = next((same[key] for key in sorted(keys) if key in same), len(estates) + 1)
        same |= dict.fromkeys(keys, id_)
        estates.setdefault(id_, {}).update(dict.fromkeys(spellings))
    return {id_: tuple(names) for id_, names in estates.items()}


def _bare(name: str) -> str:
    ending = next((generic for generic in GENERIC if name.endswith(generic)), "")
    return tidy(name.removesuffix(ending)) or name


def _compound(
    form: str,
    places: Sequence[tuple[Mapping[str, Any], str, Place]],
    of: Mapping[str, int],
    estates: Mapping[int, tuple[str, ...]],
    mistakes: list[Mistake],
) -> list[Score]:
    """Recall over rows whose compound the text names (for the title alone: holds the name, 小区 aside)."""
    right = named = wrong = unnamed = sure = 0
    for row, text, place in places:
        accepted = {of[name] for name in row["compounds"] if name}
        absent = "" in row["compounds"]
        got = place.candidates[0] if place.candidates else None
        told = f"{estates[got.compound_id][0]} ({got.evidence[0].kind})" if got else "-"
        if accepted and not absent and any(_bare(name) in tidy(text) for id_ in accepted for name in estates[id_]):
            named += 1
            right += got is not None and got.compound_id in accepted
            sure += place.compound_id in accepted
            if got is None or got.compound_id not in accepted:
                mistakes.append(_mistake(f"compound, {form}", row, text, "/".join(row["compounds"]), told, place))
        elif absent and not accepted:
            unnamed += 1
            wrong += place.compound_id is not None
            if place.compound_id is not None:
                mistakes.append(_mistake(f"compound named by none, {form}", row, text, "-", told, place))
    return [
        Score(f"compound first, {form}", right / max(named, 1), right, named),
        Score(f"compound settled without a question, {form}", sure / max(named, 1), sure, named),
        Score(f"compound found where none is named, {form}", wrong / max(unnamed, 1), wrong, unnamed),
    ]


def _part(
    form: str, part: str, key: str, places: Sequence[tuple[Mapping[str, Any], str, Place]], mistakes: list[Mistake]
) -> list[Score]:
    """Right where one is named, counted as people count; and found where none is. For the title alone only rows whose
    title holds the answer are asked for it."""
    right = named = wrong = unnamed = 0
    for row, text, place in places:
        accepted = [str(value) for value in row[key]]
        found = {_said(place, part), number(getattr(place.written, part))} - {""}
        wanted = {number(value) for value in accepted if value}
        if "" not in accepted and (form != "title" or any(value in text for value in accepted)):
            named += 1
            right += bool(found & wanted)
            if not found & wanted:
                mistakes.append(_mistake(f"{part}, {form}", row, text, "/".join(accepted), "/".join(found), place))
        elif not wanted:
            unnamed += 1
            wrong += bool(found)
            if found:
                mistakes.append(_mistake(f"{part} named by none, {form}", row, text, "-", "/".join(found), place))
    return [
        Score(f"{part}, {form}", right / max(named, 1), right, named),
        Score(f"{part} found where none is named, {form}", wrong / max(unnamed, 1), wrong, unnamed),
    ]


def _said(place: Place, part: str) -> str:
    return {"building": place.building_number, "unit": place.unit_number, "room": place.room}[part]


def _mistake(what: str, row: Mapping[str, Any], text: str, expected: str, got: str, place: Place) -> Mistake:
    return Mistake(what, str(row["id"]), text[:_SHOWN], expected, got, place.confidence)
