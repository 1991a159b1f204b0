"""Numbers as people write them on doors."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from understanding.segment import plain

DIGITS = "一二三四五六七八九两零〇○壹贰叁肆伍陆柒捌玖"
TENS = "十百千拾"
SIGNS = "①-⒛Ⅰ-Ⅻ❶-❿㊀-㊉"
"""Circled, bracketed and Roman numbers, for use within a character class."""

_DIGITS = {**{character: value for value, character in enumerate("〇一二三四五六七八九")}, "零": 0, "○": 0, "两": 2}
_DIGITS |= {character: value for value, character in enumerate("壹贰叁肆伍陆柒捌玖", start=1)}
_TENS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
_ENDS = re.compile(
    r"^第|(?:号楼|号院|号[栋幢]|号门洞|号单元|单元|门洞|号房|号|[栋幢]楼?|座|#[楼栋幢]?|楼|层|门|梯|室|房)$"
)
_BELOW = re.compile(r"^(?:负|地下|-)(?=.)")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_SIGN = re.compile(rf"[{SIGNS}]")


@lru_cache(maxsize=2048)
def number(written: str) -> str:
    """三号楼, ３#, ③栋, 03 and 3 are all "3"; a3栋 is "A3"; 五零一 is "501"; 负一楼 is "-1". What is no number stays
    as it is."""
    bare = _SIGN.sub(_value_of, plain(written).strip().replace(" ", ""))
    bare = _ENDS.sub("", _ENDS.sub("", bare)) or bare
    below = _BELOW.match(bare)
    counted = bare[below.end() :] if below else bare
    if all(character in _DIGITS or character in _TENS for character in counted) and counted:
        value = str(_counted(counted)) if any(character in _TENS for character in counted) else _spelt(counted)
        return f"-{value}" if below else value
    if below and counted.isdecimal():
        return f"-{_ZEROS.sub('', counted)}"
    return _ZEROS.sub("", bare)


def _value_of(sign: re.Match[str]) -> str:
    return str(int(unicodedata.numeric(sign[0])))


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
