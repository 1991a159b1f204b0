"""The themes of public life that the words of a text belong to, for models trained from a community's own rows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from math import sqrt

from understanding.segment import LONGEST, Lexicon, plain

MARK = "~"
"""What the names of themes begin with among the clues, beside those of categories."""


def themes(text: str) -> dict[str, float]:
    """How much of a text belongs to each theme found, from 0 to 1: a half for one word that belongs to it alone."""
    found: dict[str, float] = {}
    for hit in _lexicon().find(plain(text[:LONGEST])):
        for theme in hit.values:
            found[theme] = found.get(theme, 0.0) + 1 / sqrt(len(hit.values))
    return {MARK + theme: weight / (weight + 1) for theme, weight in found.items()}


@cache
def _lexicon() -> Lexicon[str]:
    return Lexicon(_read())


def _read() -> Iterator[tuple[str, str]]:
    table = tomllib.loads(files("understanding.category").joinpath("themes.toml").read_text(encoding="utf-8"))
    for theme, words in table.items():
        for word in words.split():
            yield word, theme
