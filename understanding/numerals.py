"""Numbers as people write them on doors."""

from __future__ import annotations

import re

from understanding.segment import plain

_DIGITS = {**{character: value for value, character in enumerate("〇一二三四五六七八九")}, "零": 0, "两": 2}
_TENS = {"十": 10, "百": 100}
_ENDS = re.compile(r"^第|(?:号楼|号院|单元|号|栋楼?|幢|座|#楼?|楼|门|梯|室)$")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def number(written: str) -> str:
    """三号楼, ３#, 03 and 3 are all "3"; a3栋 is "A3"; 五零一 is "501". What is no number stays as it is."""
    bare = plain(written).strip().replace(" ", "")
    bare = _ENDS.sub("", _ENDS.sub("", bare)) or bare
    if bare and all(character in _DIGITS or character in _TENS for character in bare):
        return str(_counted(bare)) if any(character in _TENS for character in bare) else _spelt(bare)
    return _ZEROS.sub("", bare)


def _spelt(characters: str) -> str:
    return "".join(str(_DIGITS[character]) for character in characters).lstrip("0") or "0"


def _counted(characters: str) -> int:
    total = digit = 0
    for character in characters:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit
