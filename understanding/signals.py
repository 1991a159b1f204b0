"""The words of `signals.toml`, found in one pass: danger, urgency and nature read what they need of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

from understanding.segment import Hit, Lexicon, plain


class Signal(NamedTuple):
    """`subject` is danger, urgent, nature or quiet; `name` the danger or nature; a word with `near` counts only
    close to one of them; `weight` is that of a nature."""

    subject: str
    name: str = ""
    weight: int = 0
    near: tuple[str, ...] = ()


_TABLE = tomllib.loads(files("understanding").joinpath("signals.toml").read_text(encoding="utf-8"))
DANGERS: tuple[str, ...] = tuple(_TABLE["danger"])
"""The gravest first: it is the one told where a text holds several."""
NATURES: tuple[str, ...] = tuple(_TABLE["nature"])
_WEIGHTS = {"strong": 3, "words": 1}


def _entries() -> Iterator[tuple[str, Signal]]:
    for word in _TABLE["quiet"]:
        yield word, Signal("quiet")
    for word in _TABLE["urgent"]["words"]:
        yield word, Signal("urgent")
    for name, rules in _TABLE["danger"].items():
        for word in rules["words"]:
            yield word, Signal("danger", name)
        for things, states in rules.get("near", ()):
            for word in things:
                yield word, Signal("danger", name, near=tuple(plain(state) for state in states))
    for name, lists in _TABLE["nature"].items():
        for strength, words in lists.items():
            for word in words:
                yield word, Signal("nature", name, _WEIGHTS[strength])


_LEXICON = Lexicon(_entries())


def signals(text: str) -> list[Hit[Signal]]:
    """All signals of a plain text in order, without those inside a quiet word."""
    hits = list(_LEXICON.find(text, overlapping=True))
    quiet = [(hit.start, hit.end) for hit in hits if hit.values[0].subject == "quiet"]
    if not quiet:
        return hits
    return [hit for hit in hits if not any(start <= hit.start and hit.end <= end for start, end in quiet)]
