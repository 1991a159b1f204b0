"""What a model sees of a text: characters and pairs of them, words, their beginnings and ends.

Numbers, letter codes and punctuation are one sign each, so that no house or district is learnt.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from operator import add
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from understanding.segment import LONGEST, plain

WORD, HINT = "\x01", "\x02"
"""What words and hints begin with in a vocabulary; n-grams begin with neither."""
_BEGIN, _END, _FIRST, _LAST, _PAIR = "\x03", "\x04", "\x05", "\x06", "\x07"
HINTED = 0.25
"""The weight of a hint of strength 1 beside the text, whose features have length 1 together."""

_CODE = re.compile(r"[A-Z](?<![A-Z]{2})(?:\d*(?=[市区县镇乡省])|\d+(?![A-Z]))")
_DIGIT = "零一二三四五六七八九十百千两几"
_NUMBER = re.compile(
    rf"[\d{_DIGIT}](?:(?<=\d)\d*(?:[.:]\d+)*|(?<!\d)[{_DIGIT}]*(?=[号栋幢楼层期年月日元个次点岁米户]))"
)
_GREETING = re.compile(
    r"(?:(?:尊敬|敬爱|亲爱)的[^,。:!\n]{1,20}|(?:您|你|大家|各位|领导|书记|市长|老师|师傅)[^,。:!\n]{0,6}好"
    r"|在吗|打扰[^,。:!\n]{0,4}|你们好|您好|你好)[\s,。:!?~]+"
)
_STOP = re.compile(r"[。!?;\n…]+")
_TELLING, _OPENING = 6, 60
"""Characters of a sentence that can say something, and of an opening at most."""
_BETWEEN = re.compile(r"[^\w?!]+|_+")

Floats = NDArray[np.float32]


def masked(text: str) -> str:
    """A plain text between ^ and $, numbers as 0, codes as Ω, whatever stands between words as one blank."""
    text = _BETWEEN.sub(" ", _NUMBER.sub("0", _CODE.sub("Ω", text)))
    return f"^{text.strip()}$"


def opening(text: str) -> tuple[int, int]:
    """Where the first sentence that says something lies, without its greeting."""
    start = greeting.end() if (greeting := _GREETING.match(text)) else 0
    end = start
    while end - start < _TELLING and end < len(text):
        found = _STOP.search(text, max(end, start + 1))
        end = found.end() if found else len(text)
    return start, min(end, start + _OPENING)


class Part(NamedTuple):
    """What is looked at of a text, masked, and its words of two characters or more."""

    text: str
    words: Sequence[str]


def parts(text: str, tokens: Sequence[str]) -> list[Part]:
    """The whole text and, of a longer one, its opening."""
    text = plain(text[:LONGEST])
    start, end = opening(text)
    found = [Part(masked(text), [token for token in tokens if len(token) > 1])]
    if len(text) - (end - start) > _TELLING:
        ends = list(accumulate(map(len, tokens)))
        first = tokens[bisect_right(ends, start) : bisect_left(ends, end) + 1]
        found.append(Part(masked(text[start:end]), [token for token in first if len(token) > 1]))
    return found


def of_word(word: str) -> tuple[str, ...]:
    """The features of a word beside its characters."""
    if len(word) == 2:
        return WORD + word, _FIRST + word[0], _LAST + word[1]
    return WORD + word, _FIRST + word[0], _LAST + word[-1], _BEGIN + word[:2], _END + word[-2:]


def count(
    text: str, tokens: Sequence[str], number: Callable[[str], int | None], *, reach: int = 0
) -> list[dict[int, int]]:
    """How often each feature occurs in each part of a text. Words up to `reach` words apart are features together."""
    return [_counted(part, number, reach) for part in parts(text, tokens)]


def _counted(part: Part, number: Callable[[str], int | None], reach: int) -> dict[int, int]:
    grams = [*part.text, *map(add, part.text, part.text[1:])]
    of_words = list(map(of_word, part.words))
    for at in range(3):
        grams += [each[at] for each in of_words]
    for each in of_words:
        grams += each[3:]
    grams += pairs(part.words, reach)
    counts = Counter(map(number, grams))
    del counts[None]
    return cast("dict[int, int]", counts)


def pairs(words: Sequence[str], reach: int) -> Iterator[str]:
    """The features of words up to `reach` words apart."""
    for at, word in enumerate(words):
        for other in words[at + 1 : at + 1 + reach]:
            yield f"{_PAIR}{word} {other}" if word < other else f"{_PAIR}{other} {word}"


def weighed(counts: Sequence[Mapping[int, int]], rarity: Floats) -> dict[int, float]:
    """The features counted and their weights: logarithm of the count times rarity, of length 1 together. The opening
    counts as much as the whole: people name the matter first and complain after."""
    whole, *rest = [_of_length_one(each, rarity) for each in counts]
    for first in rest:
        whole = {found: value / 2 for found, value in whole.items()}
        for found, value in first.items():
            whole[found] = whole.get(found, 0.0) + value / 2
    return whole


def _of_length_one(counts: Mapping[int, int], rarity: Floats) -> dict[int, float]:
    ids = np.fromiter(counts, np.int64, len(counts))
    values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * rarity[ids]
    length = math.sqrt(values @ values) or 1.0
    return dict(zip(counts, (values / length).tolist(), strict=True))
