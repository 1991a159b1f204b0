"""What a matter is about: one of the categories of `categories.csv`, or a label of a community's own model.

The shipped model has read the texts of `corpus/`; the words of `keywords.toml` are hints to it and, where it agrees
with them, the reason that is told.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from understanding.category.features import opening
from understanding.category.model import Judgement, Model, shipped
from understanding.category.themes import themes
from understanding.segment import LONGEST, Hit, Lexicon, cut, plain

_WEIGHTS = {"strong": 4.0, "words": 2.0, "weak": 1.0}
_BEGINNING = 40
"""Characters in which a word counts half as much again: people name the matter first and complain after."""
_HALF = 4.0
"""The score that makes a hint half as strong as it can be: one strong word."""
_LEAST = 0.08
"""Confidence below which the shipped model has recognised nothing: about twice that of guessing among 31."""
_TOLD = 3
"""Words told at most."""


@dataclass(frozen=True, slots=True)
class Category:
    """`covers` says in Chinese what belongs here; `usual_handler` is a kind of handler, not an organisation."""

    key: str
    label: str
    covers: str
    standard_code: str
    usual_handler: str
    discussable: bool


def _read_categories() -> Iterator[Category]:
    with files("understanding.category").joinpath("categories.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            discussable = row.pop("discussable") == "yes"
            yield Category(**row, discussable=discussable)


CATEGORIES: Mapping[str, Category] = MappingProxyType({category.key: category for category in _read_categories()})


def _read_keywords() -> Iterator[tuple[str, tuple[str, float]]]:
    """Each word once for a category, with the strength that comes first."""
    table = tomllib.loads(files("understanding.category").joinpath("keywords.toml").read_text(encoding="utf-8"))
    for key, lists in table.items():
        weights: dict[str, float] = {}
        for strength, words in lists.items():
            for word in words:
                weights.setdefault(word, _WEIGHTS[strength])
        for word, weight in weights.items():
            yield word, (CATEGORIES[key].key, weight)


_LEXICON = Lexicon(_read_keywords())
_BY_NAME = {name: category.key for category in CATEGORIES.values() for name in (category.key.upper(), category.label)}


class Reading(NamedTuple):
    """`keywords` are the known words of the text by category, in order."""

    category: Judgement
    nature: Judgement
    keywords: Mapping[str, tuple[str, ...]]


def classify(text: str, model: Model | None = None, *, tokens: Sequence[str] | None = None) -> Judgement:
    """The category of a text whose place names are blanked, or the label of the model given.

    `tokens` is jieba's cut of the plain text, if it is there already. "other", and not sure, where the shipped model
    recognises nothing.
    """
    if model is None:
        return read(text, tokens=tokens).category
    tokens = cut(plain(text[:LONGEST])) if tokens is None else tokens
    return model.judge(text, tokens=tokens, hints=clues(text, tokens=tokens) if model.hinted else None)


def clues(text: str, *, tokens: Sequence[str] | None = None) -> dict[str, float]:
    """What a community's own model is told beside the text: how likely the shipped model holds each category, and the
    themes of its words."""
    tokens = cut(plain(text[:LONGEST])) if tokens is None else tokens
    return shipped().shares(text, "category", tokens=tokens, hints=hints(text, tokens)) | themes(text)


def read(text: str, *, tokens: Sequence[str] | None = None) -> Reading:
    """Category and nature by the shipped model, the text being read once."""
    text = plain(text[:LONGEST])
    tokens = cut(text) if tokens is None else tokens
    hits = sorted(_LEXICON.find_cut(text, tokens), key=attrgetter("start"))
    found: dict[str, dict[str, None]] = {}
    for hit in hits:
        for key, _ in hit.values:
            found.setdefault(key, {})[hit.word] = None
    words = {key: tuple(said) for key, said in found.items()}
    category, nature = shipped().judge_all(
        text, heads=("category", "nature"), tokens=tokens, hints=_strengths(text, hits)
    )
    return Reading(_explained(category, words), nature, words)


def hints(text: str, tokens: Sequence[str] | None = None) -> dict[str, float]:
    """What the known words say of a text, from 0 to 1 for each category; its opening says as much as the whole."""
    hits = list(_LEXICON.find_cut(plain(text[:LONGEST]), tokens))
    return _strengths(plain(text[:LONGEST]), hits)


def _explained(judged: Judgement, words: Mapping[str, tuple[str, ...]]) -> Judgement:
    if judged.confidence < _LEAST:
        return Judgement("other", judged.confidence, (), ((judged.label, judged.confidence), *judged.others[:1]))
    if judged.label == "other":
        return judged._replace(words=())
    return judged._replace(words=words[judged.label][:_TOLD]) if judged.label in words else judged


def _strengths(text: str, hits: Sequence[Hit[tuple[str, float]]]) -> dict[str, float]:
    if not hits:
        return {}
    start, end = opening(text)
    whole = _strength(hits)
    if end - start == len(text):
        return whole
    first = _strength([hit for hit in hits if start <= hit.start < end])
    return {key: (strength + first.get(key, 0.0)) / 2 for key, strength in whole.items()}


def _strength(hits: Iterable[Hit[tuple[str, float]]]) -> dict[str, float]:
    """Each word counts once, half as much again at the beginning."""
    counted: set[str] = set()
    totals: dict[str, float] = {}
    for hit in hits:
        if hit.word not in counted:
            counted.add(hit.word)
            share = 1.5 if hit.start < _BEGINNING else 1.0
            for key, weight in hit.values:
                totals[key] = totals.get(key, 0.0) + weight * share
    return {key: total / (total + _HALF) for key, total in totals.items()}


def find_category(words: str) -> str | None:
    """The category whose key or label this is exactly, as somebody writes it who corrects us."""
    return _BY_NAME.get(plain(words).strip(" .。!,、\n\t【】[]"))
