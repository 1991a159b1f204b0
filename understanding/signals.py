"""The words of `signals.toml`, found in one pass: what tells danger, and what tells urgency without danger."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from understanding.place.sounds import spoken
from understanding.segment import Hit, Lexicon, plain


class Signal(NamedTuple):
    """`danger` is "" for mere urgency, of which `weight` 1 is enough. A word with `near` counts only close to one of
    them, and none counts close to one of `unless`. A `quiet` word hides those inside it."""

    danger: str = ""
    weight: float = 1.0
    near: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    quiet: bool = False


_TABLE: dict[str, Any] = tomllib.loads(files("understanding").joinpath("signals.toml").read_text(encoding="utf-8"))
DANGERS: tuple[str, ...] = tuple(_TABLE["danger"])
"""The gravest first: it is the one told where a text holds several."""
_WEIGHTS = {"sure": 1.0, "likely": 0.6, "hint": 0.3}
_SOUNDING = 3
"""Characters of the shortest danger word that is known by its sound too: 煤汽味."""
_CHAT = 100
"""Characters of the longest text searched by sound: letters are written with more care."""


def _rules(rules: Mapping[str, Any], danger: str, weight: float) -> Iterator[tuple[str, Signal]]:
    unless: dict[str, tuple[str, ...]] = {}
    for words, others in rules.get("unless", ()):
        for word in words:
            unless[word] = (*unless.get(word, ()), *others)
    for word in rules["words"]:
        yield word, Signal(danger, weight, unless=_any_of(unless.get(word, ())))
    for things, states in rules.get("near", ()):
        for thing in things:
            yield thing, Signal(danger, weight, _any_of(tuple(states)), _any_of(unless.get(thing, ())))


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, map(plain, words)))) if words else None


def _entries() -> Iterator[tuple[str, Signal]]:
    for name, rules in _TABLE["danger"].items():
        yield from _rules(rules, name, 1.0)
    for strength, rules in _TABLE["urgent"].items():
        yield from _rules(rules, "", _WEIGHTS[strength])


_LEXICON = Lexicon([*((word, Signal(quiet=True)) for word in _TABLE["quiet"]), *_entries()])
_LONGEST = max(map(len, _LEXICON.words))
_SOUNDS = Lexicon(
    (spoken(word), signal)
    for word, signal in _entries()
    if signal.danger and not signal.near and len(word) >= _SOUNDING
)


def signals(text: str) -> list[Hit[Signal]]:
    """All signals of a plain text in order, without those inside a quiet word. In a short text, danger words are known
    by their sound too."""
    hits = list(_LEXICON.find(text, overlapping=True))
    if len(text) <= _CHAT:
        hits += _by_sound(text, hits)
    quiet = {hit.start: hit.end for hit in reversed(hits) if hit.values[0].quiet}
    longer = {hit.start: hit.end for hit in reversed(hits) if hit.values[0].danger and not hit.values[0].near}
    if not quiet and len(longer) < 2:
        return hits
    return [hit for hit in hits if not _within(hit, quiet, 0) and not _within(hit, longer, 1)]


def _within(hit: Hit[Signal], spans: Mapping[int, int], more: int) -> bool:
    """Whether it lies in one of the spans, which is longer by at least so much."""
    at = hit.start
    if spans.get(at, 0) >= hit.end + more:
        return True
    return any(spans.get(start, 0) >= hit.end for start in range(at - _LONGEST, at))


def _by_sound(text: str, known: Iterable[Hit[Signal]]) -> list[Hit[Signal]]:
    found = list(_SOUNDS.find(spoken(text), overlapping=True))
    spans = {(hit.start, hit.end) for hit in known} if found else set()
    return [hit._replace(word=text[hit.start : hit.end]) for hit in found if (hit.start, hit.end) not in spans]
