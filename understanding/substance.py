"""Whether an answer says what was done, or what came of it: "已处理" alone says nothing.

What is said of anything is taken away (`substance.toml`): who, how soon, the bare deed, courtesy. One character that is
left says something, for "修了" is an answer; so a real answer passes even where it is short, and a hollow one in words
that nobody has thought of passes too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files

from understanding.segment import plain

_TABLE: Mapping[str, list[str]] = tomllib.loads(
    files("understanding").joinpath("substance.toml").read_text(encoding="utf-8")
)
_STOCK = sorted({plain(word) for words in _TABLE.values() for word in words}, key=lambda word: (-len(word), word))
_HOLLOW = re.compile("|".join(map(re.escape, _STOCK)))
_NO_LETTER = re.compile(r"[\W\d_]+")
_SAYS = re.compile(r"和好|\d{5}")  # though each character is taken away: two who made it up, a number to call


def says_something(answer: str) -> bool:
    words = plain(answer)
    return bool(_SAYS.search(words) or _NO_LETTER.sub("", _HOLLOW.sub(" ", words)))
