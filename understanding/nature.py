"""What the person wants: to ask, help, to complain, to report wrongdoing, to suggest."""

from __future__ import annotations

from collections.abc import Iterable

from understanding.segment import Hit
from understanding.signals import NATURES, Signal


def nature_of(found: Iterable[Hit[Signal]], *, otherwise: str) -> str:
    """One of ask, help, complaint, report, suggest by the words used; `otherwise` where none is used."""
    scores: dict[str, int] = {}
    for word, each in {(hit.word, each) for hit in found for each in hit.values if each.subject == "nature"}:
        if word:
            scores[each.name] = scores.get(each.name, 0) + each.weight
    return max(NATURES, key=lambda name: scores.get(name, 0)) if scores else otherwise
