"""What a sentence means: text in; category, nature, place and urgency out. Pure: no database, no network, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from understanding.classify import CATEGORIES, Category, classify, find_category
from understanding.gazetteer import BuildingEntry, CompoundEntry, Gazetteer, Home, SpotEntry, UnitEntry
from understanding.nature import nature_of
from understanding.place import Place, find_place, locate
from understanding.segment import LONGEST, plain, prepare
from understanding.signals import signals
from understanding.summary import summarise
from understanding.urgency import Urgency, assess

__all__ = [
    "CATEGORIES",
    "LONGEST",
    "BuildingEntry",
    "Category",
    "CompoundEntry",
    "Gazetteer",
    "Home",
    "Place",
    "SpotEntry",
    "Understanding",
    "UnitEntry",
    "Urgency",
    "find_category",
    "find_place",
    "prepare",
    "understand",
]


@dataclass(frozen=True, slots=True)
class Understanding:
    """`text` is what was read, at most 2,000 characters of it. `nature` is ask, help, complaint, report or suggest;
    `category` a key of CATEGORIES, said by `category_words`."""

    text: str
    summary: str
    category: str
    category_words: tuple[str, ...]
    nature: str
    place: Place
    urgency: Urgency


def understand(text: str, *, gazetteer: Gazetteer, home: Home | None = None) -> Understanding:
    """Never refuses and never raises, whatever the text: what it cannot tell is None, empty or "other"."""
    text = text[:LONGEST]
    plainly = plain(text)
    place, spans, names = locate(plainly, gazetteer, home or Home())
    category, words = classify(_blank(plainly, names))
    found = signals(plainly)
    urgency = assess(plainly, found)
    summary = summarise(text, spans, urgency.words if urgency.danger else words)
    nature = nature_of(found, otherwise="help" if urgency.danger else "complaint")
    return Understanding(text, summary, category, words, nature, place, urgency)


def _blank(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The text without its names: a compound called 绿地 or 学府 says nothing of the matter."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
