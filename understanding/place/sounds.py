"""How characters sound: toneless pinyin, and the same with what many dialects do not tell apart made one."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

_TABLE = Path(__file__).with_name("sounds.txt")
_F = {"a": "hua", "an": "huan", "ang": "huan", "ei": "hui", "en": "hun", "eng": "hong", "o": "huo", "ou": "hou"}
_F["u"] = "hu"
_FRONT = re.compile(r"(?<=^[zcs])h")
_BACK = re.compile(r"(?<=[iea]n)g$")
_CODES = 0xE000
"""A sound is written as one character of the private use area, so that a text of sounds can be searched like a text."""


class _Sounds(NamedTuple):
    exact: dict[int, str]
    merged: dict[int, str]
    others: dict[str, tuple[str, ...]]


def merged(syllable: str) -> str:
    """n and l, z and zh, c and ch, s and sh, f and h, in and ing, en and eng, an and ang are one."""
    if syllable[0] == "f":
        return _F.get(syllable[1:], syllable)
    return _BACK.sub("", _FRONT.sub("", "l" + syllable[1:] if syllable[0] == "n" else syllable))


@cache
def _sounds() -> _Sounds:
    exact: dict[int, str] = {}
    merging: dict[int, str] = {}
    others: dict[str, tuple[str, ...]] = {}
    codes: dict[str, str] = {}
    with _TABLE.open(encoding="utf-8") as lines:
        for line in lines:
            syllable, characters = line.split()
            like = merged(syllable.removeprefix("+"))
            code = codes.setdefault(like, chr(_CODES + len(codes)))
            if syllable[0] == "+":
                others |= {character: (*others.get(character, ()), code) for character in characters}
                continue
            own = codes.setdefault(f"={syllable}", chr(_CODES + len(codes)))
            exact |= dict.fromkeys(map(ord, characters), own)
            merging |= dict.fromkeys(map(ord, characters), code)
    return _Sounds(exact, merging, others)


def heard(text: str) -> str:
    """The text as it sounds, dialects merged: the same length, one code for each character that has a sound."""
    return text.translate(_sounds().merged)


def spoken(text: str) -> str:
    """The text as it sounds in the standard language, tones left out; the same length."""
    return text.translate(_sounds().exact)


def readings(name: str) -> tuple[str, ...]:
    """The ways a name may sound (`heard`), the common reading first; at most four."""
    others = _sounds().others
    common = heard(name)
    if not any(character in others for character in name):
        return (common,)
    ways = [(code, *others.get(character, ())) for character, code in zip(name, common, strict=True)]
    return tuple(dict.fromkeys(map("".join, product(*ways))))[:4]
