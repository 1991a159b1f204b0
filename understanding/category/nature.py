"""What the person wants: to ask, help, to complain, to report wrongdoing, to suggest."""

from __future__ import annotations

from collections.abc import Sequence

from understanding.category.classify import read
from understanding.category.model import Judgement


def nature_of(text: str, *, danger: bool = False, tokens: Sequence[str] | None = None) -> Judgement:
    """One of ask, help, complaint, report, suggest. Who is in danger calls for help and does not complain."""
    return in_danger(read(text, tokens=tokens).nature) if danger else read(text, tokens=tokens).nature


def in_danger(judged: Judgement) -> Judgement:
    """The nature of a text that tells of a danger: help, unless it asks, reports or suggests."""
    if judged.label != "complaint":
        return judged
    others = tuple(other for other in judged.others if other[0] != "help")
    return Judgement("help", judged.confidence, judged.words, others)
