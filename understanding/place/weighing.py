"""How likely each compound is the one meant: from what was named, the door, the home and the pin.

The numbers are judgements, set so that what is settled without a question was right in the files measured; only
their order and the two bounds of `Place.sure` matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from understanding.place.gazetteer import Gazetteer, Home
from understanding.place.mention import Evidence, Mention

OFFERED = 3
"""Candidates of one question."""

_CLOSE = 0.15


class Weighed(NamedTuple):
    compound_id: int
    confidence: float
    evidence: tuple[Evidence, ...]


def named(
    mention: Mention, words: str, *, building: str, home: Home, pin: Mapping[int, float], gazetteer: Gazetteer
) -> list[Weighed]:
    """A name of several compounds is settled by home, else by the pin, else by the building."""
    found: list[tuple[int, Weighed]] = []
    for compound_id, kind, confidence in mention.meanings:
        evidence, support = [Evidence(kind, words)], 0
        if building and gazetteer.building_id(compound_id, building) is not None:
            evidence.append(Evidence("door", building))
            confidence, support = _raised(confidence, 0.2), 1
        elif building and gazetteer.knows_buildings(compound_id):
            confidence *= 0.93
        if compound_id in pin:
            evidence.append(Evidence("pin", f"{pin[compound_id]:.0f}"))
            confidence, support = _raised(confidence, 0.4), support + 2
        if compound_id == home.compound_id:
            evidence.append(Evidence("home", ""))
            confidence, support = _raised(confidence, 0.5), support + 4
        found.append((support, Weighed(compound_id, confidence, tuple(evidence))))
    most = max((support for support, _ in found), default=0)
    settled = [each if support == most else _times(each, 0.5) for support, each in found]
    best = max((each.confidence for each in settled), default=0.0)
    equal = sum(each.confidence > best - _CLOSE for each in settled)
    return [_times(each, 1 / equal) if each.confidence > best - _CLOSE else each for each in settled]


def unnamed(
    words: str, *, own: bool, unknown: bool, building: str, home: Home, pin: Mapping[int, float], gazetteer: Gazetteer
) -> list[Weighed]:
    """No known compound is named: the home, the pin, the only compound there is.

    `own`: words of one's own house (`words`); `unknown`: a compound is named that is not in the gazetteer.
    """
    found = _pinned(pin, own=own and home.compound_id is not None)
    if home.compound_id is not None:
        missing = (
            building != ""
            and gazetteer.knows_buildings(home.compound_id)
            and gazetteer.building_id(home.compound_id, building) is None
        )
        confidence = 0.4 if unknown and not own else 0.78 if missing else 0.92 if own or building else 0.82
        evidence = [Evidence("home", words)]
        if building and not missing:
            evidence.append(Evidence("door", building))
        if home.compound_id in pin:
            confidence = _raised(confidence, 0.5)
            evidence.append(Evidence("pin", f"{pin[home.compound_id]:.0f}"))
        elif pin and not own:
            confidence = min(confidence, 0.6)
        found.append(Weighed(home.compound_id, confidence, tuple(evidence)))
    elif not found and not unknown and len(gazetteer.names) == 1:
        found.append(Weighed(next(iter(gazetteer.names)), 0.7, (Evidence("only", ""),)))
    return found


def _pinned(pin: Mapping[int, float], *, own: bool) -> list[Weighed]:
    """`pin` holds the metres of the compounds near it, the likeliest first: at most 0.9, 0.5 at 400 metres."""
    found = []
    for place, (compound_id, away) in enumerate(pin.items()):
        confidence = (0.9 - away / 1000) * (0.5 if own else 1.0) * (1.0 if place == 0 else 0.8)
        found.append(Weighed(compound_id, confidence, (Evidence("pin", f"{away:.0f}"),)))
    return found


def best(weighed: Iterable[Weighed]) -> list[Weighed]:
    """One for each compound, the likeliest first, as many as a question offers."""
    kept: dict[int, Weighed] = {}
    for each in sorted(weighed, key=lambda each: (-each.confidence, each.compound_id)):
        kept.setdefault(each.compound_id, each._replace(confidence=round(each.confidence, 2)))
    return list(kept.values())[:OFFERED]


def _raised(confidence: float, part: float) -> float:
    return confidence + (1 - confidence) * part


def _times(weighed: Weighed, factor: float) -> Weighed:
    return weighed._replace(confidence=weighed.confidence * factor)
