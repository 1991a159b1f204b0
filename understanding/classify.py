"""What a matter is about: one of the categories of `categories.csv`, by the words of `keywords.toml`."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from understanding.segment import Lexicon, plain

_WEIGHTS = {"strong": 4.0, "words": 2.0, "weak": 1.0}
_BEGINNING = 40
"""Characters in which a word counts half as much again: people name the matter first and complain after."""


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
    with files("understanding").joinpath("categories.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            discussable = row.pop("discussable") == "yes"
            yield Category(**row, discussable=discussable)


CATEGORIES: Mapping[str, Category] = MappingProxyType({category.key: category for category in _read_categories()})


def _read_keywords() -> Iterator[tuple[str, tuple[str, float]]]:
    table = tomllib.loads(files("understanding").joinpath("keywords.toml").read_text(encoding="utf-8"))
    for key, lists in table.items():
        for strength, words in lists.items():
            for word in words:
                yield word, (CATEGORIES[key].key, _WEIGHTS[strength])


_LEXICON = Lexicon(_read_keywords())
_BY_NAME = {name: category.key for category in CATEGORIES.values() for name in (category.key.upper(), category.label)}


def classify(text: str) -> tuple[str, tuple[str, ...]]:
    """The category of a plain text and the words that say so, in order; "other" and none where no word is known."""
    scores: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    for hit in _LEXICON.find_cut(text):
        for key, weight in hit.values:
            seen = words.setdefault(key, [])
            if hit.word not in seen:
                seen.append(hit.word)
                scores[key] = scores.get(key, 0.0) + weight * (1.5 if hit.start < _BEGINNING else 1.0)
    if not scores:
        return "other", ()
    best = max(scores, key=lambda key: scores[key])
    return best, tuple(sorted(words[best], key=text.index))


def find_category(words: str) -> str | None:
    """The category whose key or label this is exactly, as somebody writes it who corrects us."""
    return _BY_NAME.get(plain(words).strip(" .。!,、\n\t【】[]"))
