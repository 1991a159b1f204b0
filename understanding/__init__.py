"""What a sentence means: text in; category, nature, place and urgency out. Pure: no database, no network, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understanding import segment
from understanding.category.classify import CATEGORIES, Category, classify, find_category, read
from understanding.category.model import Model, shipped
from understanding.category.nature import in_danger
from understanding.courtesy import without_courtesy
from understanding.elsewhere import elsewhere
from understanding.matters import split
from understanding.place.finding import Candidate, Place, WrittenPlace, find_place, locate
from understanding.place.gazetteer import (
    BuildingEntry,
    CompoundEntry,
    Gazetteer,
    GridEntry,
    Home,
    Location,
    SpotEntry,
    UnitEntry,
)
from understanding.place.mention import Evidence
from understanding.segment import LONGEST, cut, plain
from understanding.signals import signals
from understanding.summary import summarise
from understanding.urgency import Urgency, assess

__all__ = [
    "CATEGORIES",
    "LONGEST",
    "BuildingEntry",
    "Candidate",
    "Category",
    "CompoundEntry",
    "Evidence",
    "Gazetteer",
    "GridEntry",
    "Home",
    "Location",
    "Model",
    "Place",
    "SpotEntry",
    "Understanding",
    "UnitEntry",
    "Urgency",
    "WrittenPlace",
    "find_category",
    "find_place",
    "prepare",
    "understand",
]


@dataclass(frozen=True, slots=True)
class Understanding:
    """`text` is what was read, at most 2,000 characters of it. `category` is a key of CATEGORIES or a label of the
    model given, `category_others` are the next best; `nature` is ask, help, complaint, report or suggest. Confidences
    are from 0 to 1; the words are those that decided.

    `elsewhere`: court, petition, discipline, secrets or emergency where the matter is not for this channel.
    `matters`: what each of several things told at once says, empty where it is one.
    """

    text: str
    summary: str
    category: str
    category_confidence: float
    category_words: tuple[str, ...]
    category_others: tuple[tuple[str, float], ...]
    nature: str
    nature_confidence: float
    nature_words: tuple[str, ...]
    place: Place
    urgency: Urgency
    elsewhere: str | None = None
    matters: tuple[str, ...] = ()


def understand(
    text: str,
    *,
    gazetteer: Gazetteer,
    home: Home | None = None,
    location: Location | None = None,
    model: Model | None = None,
) -> Understanding:
    """Never refuses and never raises, whatever the text: what it cannot tell is None, empty or "other".

    `location`: the pin they sent. `model`: the community's own, for the category alone.
    """
    text = text[:LONGEST]
    plainly = plain(text)
    place, spans, names = locate(text, gazetteer, home or Home(), location)
    bare = without_courtesy(_blank(plainly, (*names, *spans)))
    tokens = cut(bare)
    category, nature, _ = read(bare, tokens=tokens)
    if model is not None:
        category = classify(bare, model, tokens=tokens)
    found = signals(plainly)
    urgency = assess(plainly, found)
    wanted = in_danger(nature) if urgency.danger else nature
    return Understanding(
        text=text,
        summary=summarise(text, spans, urgency.words if urgency.danger else category.words),
        category=category.label,
        category_confidence=category.confidence,
        category_words=category.words,
        category_others=category.others,
        nature=wanted.label,
        nature_confidence=wanted.confidence,
        nature_words=wanted.words,
        place=place,
        urgency=urgency,
        elsewhere=elsewhere(text),
        matters=split(text),
    )


def prepare(cache_dir: Path) -> None:
    """Read jieba's dictionary and the shipped model once, as `segment.prepare` says; any thread may call it."""
    segment.prepare(cache_dir)
    shipped()


def _blank(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The text without its names: a compound called 绿地 or 学府 says nothing of the matter."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
