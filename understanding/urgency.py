"""Whether somebody must come at once. A miss is a defect, a false alarm costs one line: feared dangers alarm too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from understanding.segment import SENTENCE_ENDS, Hit
from understanding.signals import DANGERS, Signal

_REACH = 8
"""Characters between a thing (煤气) and what is wrong with it (味)."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """`danger` is gas, fire, trapped, electric, no_answer, falling or flood, the gravest where there are several;
    a danger is always urgent. `words` are those that said so."""

    urgent: bool
    danger: str | None
    words: tuple[str, ...]


def assess(text: str, found: Iterable[Hit[Signal]]) -> Urgency:
    """The urgency of a plain text by its signals."""
    dangers: set[str] = set()
    words: list[str] = []
    for hit in found:
        for each in hit.values:
            if each.subject not in ("urgent", "danger") or (each.near and not _is_near(text, hit, each.near)):
                continue
            words.append(hit.word)
            if each.subject == "danger":
                dangers.add(each.name)
    return Urgency(bool(words), next((name for name in DANGERS if name in dangers), None), tuple(dict.fromkeys(words)))


def _is_near(text: str, hit: Hit[Signal], states: tuple[str, ...]) -> bool:
    start, end = hit.start, hit.end
    while start > max(0, hit.start - _REACH) and text[start - 1] not in SENTENCE_ENDS:
        start -= 1
    while end < min(len(text), hit.end + _REACH) and text[end] not in SENTENCE_ENDS:
        end += 1
    before, after = text[start : hit.start], text[hit.end : end]
    return any(state in before or state in after for state in states)
