"""How people write where they live: 3号楼2单元501, 3#2-501, 三栋二单元五楼 — building, unit, floor and room, with no
gazetteer. Texts are plain (`segment.plain`), so a span here is a span of what the person wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from understanding.numerals import number

Span = tuple[int, int]


class Door(NamedTuple):
    """Building, unit and room as written next to each other."""

    building: str
    unit: str
    room: str
    span: Span


_CJK = "一二三四五六七八九十"
_BUILDING_NUMBER = rf"(?:[A-Z]{{1,3}}-?|[甲乙丙丁])?\d{{1,4}}(?:-\d{{1,3}})?[A-Z]?|[{_CJK}两百零〇]{{1,5}}|[A-Z]{{1,5}}"
_UNIT_NUMBER = rf"\d{{1,2}}|[{_CJK}]{{1,3}}|[A-Z]|[东西南北中]"
_NO_QUANTITY = r"(?![\d.%:/]|[元米人户年平㎡弄天个次万多几余块月日只斤公路分度])"

_BUILDING = re.compile(
    rf"(?<![\dA-Z.:/])(?P<number>{_BUILDING_NUMBER}) ?"
    r"(?P<suffix>号楼(?![道梯])|号(?=楼[道梯])|号栋|号别墅|#楼?(?![道梯])|[栋幢](?:楼(?![道梯上下顶里房栋层]))?"
    r"|座(?![桥山塔公城大房庙雕厕变基小高垃坟医学立坑楼])"
    rf"|[号楼](?= ?(?:{_UNIT_NUMBER}) ?单元)|号(?=\d{{1,2}}-\d{{3,4}}(?!\d)|\d{{3,4}}室))"
)
_TRIPLE = re.compile(r"(?<![\dA-Z.:/-])(\d{1,3}[A-Z]?|[A-Z]\d{0,2})-(\d{1,2})-(\d{3,4})(?![\d-])" + _NO_QUANTITY)
_PAIR = re.compile(r"(\d{1,3}[A-Z]?)-(?:(?P<room>\d{3,4})|(?P<unit>\d{1,2}))(?![\d-]|[号点楼层])" + _NO_QUANTITY)
UNIT = re.compile(rf"(?<![\dA-Z.{_CJK}])({_UNIT_NUMBER}) ?号?单元")
_UNIT_AFTER = re.compile(
    rf"[ ,的-]{{0,2}}(?:({_UNIT_NUMBER}) ?号?单元"
    rf"|(\d{{1,2}}|[{_CJK}]{{1,2}})(?:门(?![口前外卫窗铃锁禁岗店市面头])|梯(?![间口户子]))|(\d{{1,2}})-(?=\d{{3,4}}(?!\d)))"
)
_FLOOR = rf"(?:\d{{1,2}}|[{_CJK}]{{1,3}})[楼层]"
ROOM_AFTER = re.compile(
    rf"[ 的-]{{0,2}}(?:(?:{_FLOOR}[ 的-]?)?([A-Z]?\d{{3,4}}[A-Z]?|[一二三四五六七八九零〇]{{3,4}})"
    rf"(?:室|号房?|房|铺)?{_NO_QUANTITY}"
    rf"|({_FLOOR}[东西南北中]户|[东西南北中]户|\d{{1,2}}(?=室))(?:室)?)"
)
ROOM = re.compile(
    r"(?<![\dA-Z])([A-Z]?\d{3,4}[A-Z]?)(?:室(?![内外友])|号房|房(?![价屋子产源间东租贷型])|住户)"
    rf"|(?:楼上|楼下|隔壁|对门)的?(\d{{3,4}}){_NO_QUANTITY}"
)
_GAP = re.compile(rf"(?:[ ,的在第]|[{_CJK}\d]{{1,2}}期|[东西南北][区院]){{0,3}}")
_AMOUNT_BEFORE = re.compile(r"[有共建这那几约近余整每各本同多某百千]$|盖了$|之一$")
_AMOUNT_AFTER = re.compile(r"楼房|高层|别墅|建筑|大楼|高楼|几|\d+层|全部|都是")
_MONTH_BEFORE = re.compile(r"月(?:份)?$|(?:[昨今明本上下]|这个)[天日月]$")


def doors(text: str) -> Iterator[Door]:
    found = [*_TRIPLE.finditer(text), *(match for match in _BUILDING.finditer(text) if not _is_amount(text, match))]
    for match in sorted(found, key=lambda match: match.start()):
        yield _door(text, match)


def _door(text: str, match: re.Match[str]) -> Door:
    if match.re is _TRIPLE:
        return Door(number(match[1]), number(match[2]), match[3], match.span())
    end = match.end()
    unit = _UNIT_AFTER.match(text, end)
    if unit:
        end = unit.end()
    room = ROOM_AFTER.match(text, end)
    if room:
        end = room.end()
    unit_number = number(unit[1] or unit[2] or unit[3]) if unit else ""
    return Door(number(match["number"]), unit_number, room_of(room) if room else "", (match.start(), end))


def room_of(match: re.Match[str]) -> str:
    return match[2] or number(match[1])


def door_after(text: str, at: int) -> Door | None:
    """A door written right behind a compound's name, where "3-501" and "3-2" are doors too."""
    gap = _GAP.match(text, at)
    for start in dict.fromkeys((gap.end() if gap else at, at)):
        match = _TRIPLE.match(text, start) or _BUILDING.match(text, start)
        if match and not _is_amount(text, match):
            return _door(text, match)
        if pair := _PAIR.match(text, start):
            return _pair_door(pair)
    return None


def whole(text: str) -> Door | None:
    """A text that is nothing but "3-2" or "3-501": an answer to the question where."""
    pair = _PAIR.fullmatch(text.strip())
    return _pair_door(pair)._replace(span=(0, len(text))) if pair else None


def _pair_door(pair: re.Match[str]) -> Door:
    return Door(number(pair[1]), number(pair["unit"] or ""), pair["room"] or "", pair.span())


def _is_amount(text: str, match: re.Match[str]) -> bool:
    """ "有3栋楼", "两栋", "一座", "12月5号楼道": a number of buildings, or a date."""
    before = text[max(0, match.start() - 3) : match.start()]
    written, suffix = match["number"] if match.re is _BUILDING else "", match.group() if match.re is _BUILDING else ""
    if not written:
        return False
    if "号" in suffix:
        return _MONTH_BEFORE.search(before) is not None
    if suffix[len(written) :].strip()[:1] not in ("栋", "幢", "座"):
        return False
    if written in ("一", "两"):
        return written == "两" or not (_UNIT_AFTER.match(text, match.end()) or ROOM_AFTER.match(text, match.end()))
    return bool(_AMOUNT_BEFORE.search(before) or _AMOUNT_AFTER.match(text, match.end()))
