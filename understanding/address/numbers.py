"""The numbers of an address line, each with the word behind it, and how they stand together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from understanding.address.names import is_market
from understanding.numerals import DIGITS, TENS

HOUSE, CELL, FLOOR, ROOM = "houseno", "cellno", "floorno", "roomno"
NUMBERED, LANE = "号", "弄"
"""Words that count different things in different places."""

_WORDS = {
    HOUSE: ("号楼", "号栋", "号幢", "号写字楼", "号搂", "#楼", "#", "幢", "栋", "座", "撞", "懂", "排", "号馆", "号库"),
    CELL: ("号单元", "单元号", "单元", "单无", "街"),
    FLOOR: ("楼", "层", "F"),
    ROOM: ("号室", "号房", "号铺", "号店", "办公室", "室", "房", "店", "档", "间", "仓", "市"),
    NUMBERED: (NUMBERED,),
    LANE: (LANE,),
}
_COUNTS = {word: label for label, words in _WORDS.items() for word in words}
_ANY_WORD = "|".join(map(re.escape, sorted(_COUNTS, key=len, reverse=True)))
_HAN = f"[{DIGITS}{TENS}]"
_NUMBER = re.compile(
    r"(?P<number>[第笫]?[A-Z]{0,2}(?<!\d)\d{1,6}(?!\d)(?:[A-EG-Z](?![A-Z]))?"
    rf"|第?(?<!{_HAN})[负富]?(?<!\d){_HAN}{{1,4}}(?!{_HAN}|\d)|(?<=\d){_HAN}{{1,3}}(?=[楼层栋幢]|单元)"
    r"|(?<![A-Z])[A-Z]{1,2}(?![A-Z])|[甲乙丙丁东西南北前后左右](?=[栋幢座]|单元))"
    rf"(?P<word>(?:{_ANY_WORD})(?<!店(?=面))(?<!档(?=口)))?"
)
_NAMED = re.compile(r"[区期路巷线组社村年月米乡镇县省里弄条大桥堡墩团队园苑工公小度千商]|国道|地块|号[门线院路桥]")
_NAMED_BY_NUMBER = re.compile(r"[路线院门桥支]|大街|大道|公路|地块")
_STALL = re.compile(r"[-_]?[A-Z]?\d{3,6}")
_DASHED = re.compile(r"-\d")
_GAP = re.compile(r"[-_~/、.一 ,]{0,2}")
_SPELT = re.compile(rf"(?=.*[零〇○]|...)[{DIGITS}]{{2,4}}")
_POSTCODE = 6
_SHOP_WORDS, _SHOP_DIGITS = ("店", "档", "间", "仓", "市"), 2


class Number(NamedTuple):
    """`word` is what stands behind it and belongs to its span, "" where nothing does."""

    start: int
    end: int
    written: str
    word: str

    @property
    def counts(self) -> str:
        """What its word counts: a label, NUMBERED, LANE or ""."""
        return _COUNTS.get(self.word, "")

    @property
    def digits(self) -> int:
        return len(self._ascii())

    @property
    def value(self) -> int:
        return int(self._ascii() or 0)

    def _ascii(self) -> str:
        return "".join(character for character in self.written if "0" <= character <= "9")


def runs(line: str) -> Iterator[list[Number]]:
    """Numbers with at most a dash or a comma between."""
    run: list[Number] = []
    for number in _numbers(line):
        if run and (gap := _GAP.match(line, run[-1].end)) and gap.end() < number.start:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def groups(run: list[Number]) -> Iterator[list[Number]]:
    """Numbers with no word between them ("3-2-501室") go together; the word behind the last is the word of all."""
    group: list[Number] = []
    for number in run:
        if group and not number.written.isascii() and group[-1].end == number.start:
            yield group
            group = []
        group.append(number)
        if number.word:
            yield group
            group = []
    if group:
        yield group


def _numbers(line: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(line):
        written, word = match["number"], match["word"] or ""
        if not _is_name(line, written, word, match.end()):
            letters = word == "楼" and written.isascii() and written.isalpha()
            yield Number(match.start(), match.end(), written, "座" if letters else word)


def _is_name(line: str, written: str, word: str, end: int) -> bool:
    """三河镇, 2期, A区 and 6号门 are names; letters and Chinese numerals count nothing without a word."""
    if word == "号":
        return _NAMED_BY_NUMBER.match(line, end) is not None
    if word == "房":
        return _NAMED.match(line, end) is not None
    if word in _SHOP_WORDS:
        return not written.isascii() or len(written) < _SHOP_DIGITS
    if word == "街":
        return not (_STALL.match(line, end) and is_market(line[:end]))
    if word:
        return False
    if _SPELT.fullmatch(written):
        return line[end - len(written) - 1 : end - len(written)] not in tuple("元幢栋楼层座")
    if not any("0" <= character <= "9" for character in written):
        return not (written.isascii() and _DASHED.match(line, end))
    return (len(written) == _POSTCODE and written.isdecimal()) or _NAMED.match(line, end) is not None
