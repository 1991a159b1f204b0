"""Where a matter is: a compound by name or alias, building, unit, room; else the person's own home; else unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from understanding.gazetteer import Gazetteer, Home, Named
from understanding.numerals import number
from understanding.segment import LONGEST, Hit, plain

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """What was understood, not more: ids are None where nothing known was named. Numbers are as people count ("三号楼"
    is "3"), also where no such building is known, and empty where the home was taken. `from_home` says that the text
    named neither compound nor building, unit or spot. `candidates` are the compounds a shared name may mean, for
    the question which one."""

    compound_id: int | None = None
    building_id: int | None = None
    unit_id: int | None = None
    spot_id: int | None = None
    room: str = ""
    building_number: str = ""
    unit_number: str = ""
    from_home: bool = False
    candidates: tuple[int, ...] = ()


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
_UNIT = re.compile(rf"(?<![\dA-Z.{_CJK}])({_UNIT_NUMBER}) ?号?单元")
_UNIT_AFTER = re.compile(
    rf"[ ,的-]{{0,2}}(?:({_UNIT_NUMBER}) ?号?单元"
    rf"|(\d{{1,2}}|[{_CJK}]{{1,2}})(?:门(?![口前外卫窗铃锁禁岗店市面头])|梯(?![间口户子]))|(\d{{1,2}})-(?=\d{{3,4}}(?!\d)))"
)
_FLOOR = rf"(?:\d{{1,2}}|[{_CJK}]{{1,3}})[楼层]"
_ROOM_AFTER = re.compile(
    rf"[ 的-]{{0,2}}(?:(?:{_FLOOR}[ 的-]?)?([A-Z]?\d{{3,4}}[A-Z]?|[一二三四五六七八九零〇]{{3,4}})"
    rf"(?:室|号房?|房|铺)?{_NO_QUANTITY}"
    rf"|({_FLOOR}[东西南北中]户|[东西南北中]户|\d{{1,2}}(?=室))(?:室)?)"
)
_ROOM = re.compile(
    r"(?<![\dA-Z])([A-Z]?\d{3,4}[A-Z]?)(?:室(?![内外友])|号房|房(?![价屋子产源间东租贷型])|住户)"
    rf"|(?:楼上|楼下|隔壁|对门)的?(\d{{3,4}}){_NO_QUANTITY}"
)
_GAP = re.compile(rf"(?:[ ,的在第]|[{_CJK}\d]{{1,2}}期|[东西南北][区院]){{0,3}}")

_STREET = re.compile(r"路(?![灯面边口上])|街|大道|站|小学|中学|医院|派出所|幼儿园|市场|大桥|立交")
_AMOUNT_BEFORE = re.compile(r"[有共建这那几约近余整每各本同多某百千]$|盖了$|之一$")
_AMOUNT_AFTER = re.compile(r"楼房|高层|别墅|建筑|大楼|高楼|几|\d+层|全部|都是")
_MONTH_BEFORE = re.compile(r"月(?:份)?$|(?:[昨今明本上下]|这个)[天日月]$")
_OWN_UNIT = re.compile(r"我们?家|[我咱]们?(?:这个?)?单元|本单元|咱们?家|[家屋]里")
_OWN_HOUSE = re.compile(
    rf"{_OWN_UNIT.pattern}|[我咱]们?这?[栋幢楼]|本[栋楼]|这[栋幢]|楼[上下道梯顶内层门]|顶楼|对门|门洞|电梯|单元门"
)
_OWN_HOME = re.compile(r"我们?家|咱们?家|[家屋]里")
_OTHER_COMPOUND = re.compile(
    r"([\u4e00-\u9fff]{2,8})(?:小区|家属院|花园|家园|新村|公寓|佳苑|名苑|华庭|华府|大院|山庄|嘉园|雅苑|新城|城)"
    r"(?:.期|[东西南北][区院])?[ 的]?$"
)
_OUR_COMPOUND = re.compile(r"(?:我们?|咱们?|[本该在住老旧整全个到是家于映诉问来和说]|他们|隔壁)$")


def find_place(text: str, gazetteer: Gazetteer, home: Home | None = None) -> Place:
    return locate(plain(text[:LONGEST]), gazetteer, home or Home()).place


class Located(NamedTuple):
    """`spans` name the place (compound, building, unit, room); `names` are all compounds and spots named."""

    place: Place
    spans: tuple[Span, ...]
    names: tuple[Span, ...]


def locate(text: str, gazetteer: Gazetteer, home: Home) -> Located:
    """The place in a plain text, and where it is written."""
    hits = [hit for hit in gazetteer.find(text) if _names_a_place(text, hit)]
    compound = next((hit for hit in hits if _door_after(text, hit.end)), None)
    compound = compound or next((hit for hit in hits if any(each.spot_id is None for each in hit.values)), None)
    door = (compound and _door_after(text, compound.end)) or next(_doors(text), None) or _whole(text)
    unit = door.unit if door else ""
    room = door.room if door else ""
    spans = [door.span] if door else []
    if compound:
        spans += [(hit.start, hit.end) for hit in hits if hit.values == compound.values]
    if not unit and (found := _UNIT.search(text)):
        unit = number(found[1])
        after = _ROOM_AFTER.match(text, found.end())
        room = room or (_room(after) if after else "")
        spans.append((found.start(), after.end() if after else found.end()))
    if not room and (found := _ROOM.search(text)):
        room = found[1] or found[2]
    names = tuple((hit.start, hit.end) for hit in hits)
    building = door.building if door else ""
    compound_id, candidates = _compound(text, compound, door, gazetteer, home)
    spot = _spot(hits, compound_id, named=compound is not None or bool(candidates))
    if spot and compound_id is None:
        compound_id = spot.compound_id
    if not (compound or building or unit or spot):
        return Located(_home(text, home, room), tuple(spans), names)
    building_id = gazetteer.building_id(compound_id, building) if building else None
    if building_id is None and (first := _first_of_range(building)):
        building, building_id = first, gazetteer.building_id(compound_id, first)
    own = compound_id is not None and compound_id == home.compound_id
    if own and not building and spot is None and (unit or _OWN_HOUSE.search(text)):
        building_id = home.building_id
    unit_id = gazetteer.unit_id(building_id, unit) if unit else None
    if not unit and own and building_id is not None and building_id == home.building_id:
        unit_id = home.unit_id if not building or _OWN_UNIT.search(text) else None
    spot_id = spot.spot_id if spot else None
    place = Place(compound_id, building_id, unit_id, spot_id, room, building, unit, False, candidates)
    return Located(place, tuple(spans), names)


def _home(text: str, home: Home, room: str) -> Place:
    if home.compound_id is None:
        return Place(room=room)
    own_room = home.room if _OWN_HOME.search(text) else ""
    return Place(home.compound_id, home.building_id, home.unit_id, room=room or own_room, from_home=True)


def _first_of_range(building: str) -> str:
    """ "8-9" of "8-9栋": where no building is called so, the first of several."""
    first, _, last = building.partition("-")
    return first if first.isdecimal() and last.isdecimal() and int(first) < int(last) else ""


def _names_a_place(text: str, hit: Hit[Named]) -> bool:
    """A stem needs a door behind it; a short name followed by 路, 街, 小学 … is something else of that name."""
    if all(each.stem for each in hit.values):
        return _door_after(text, hit.end) is not None
    return len(hit.word) > 3 or _STREET.match(text, hit.end) is None


def _compound(
    text: str, hit: Hit[Named] | None, door: Door | None, gazetteer: Gazetteer, home: Home
) -> tuple[int | None, tuple[int, ...]]:
    if hit is None:
        before = text[max(0, door.span[0] - 14) : door.span[0]] if door else ""
        other = _OTHER_COMPOUND.search(before)
        return (None if other and not _OUR_COMPOUND.search(other[1]) else home.compound_id), ()
    named = [each for each in hit.values if each.spot_id is None]
    ids = tuple(dict.fromkeys(each.compound_id for each in named if not each.stem)) or tuple(
        dict.fromkeys(each.compound_id for each in named)
    )
    if home.compound_id in ids:
        return home.compound_id, ()
    if len(ids) > 1 and door:
        ids = tuple(id_ for id_ in ids if gazetteer.building_id(id_, door.building) is not None) or ids
    return (ids[0], ()) if len(ids) == 1 else (None, ids)


def _spot(hits: list[Hit[Named]], compound_id: int | None, *, named: bool) -> Named | None:
    """A spot of the compound; where no compound was named, also the only spot of that name anywhere."""
    for hit in hits:
        spots = [each for each in hit.values if each.spot_id is not None]
        here = [each for each in spots if each.compound_id == compound_id]
        if here:
            return here[0]
        if compound_id is None and not named and len(spots) == 1:
            return spots[0]
    return None


def _doors(text: str) -> Iterator[Door]:
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
    room = _ROOM_AFTER.match(text, end)
    if room:
        end = room.end()
    unit_number = number(unit[1] or unit[2] or unit[3]) if unit else ""
    return Door(number(match["number"]), unit_number, _room(room) if room else "", (match.start(), end))


def _room(match: re.Match[str]) -> str:
    return match[2] or number(match[1])


def _door_after(text: str, at: int) -> Door | None:
    """A door written right behind a compound's name, where "3-501" and "3-2" are doors too."""
    gap = _GAP.match(text, at)
    for start in dict.fromkeys((gap.end() if gap else at, at)):
        match = _TRIPLE.match(text, start) or _BUILDING.match(text, start)
        if match and not _is_amount(text, match):
            return _door(text, match)
        if pair := _PAIR.match(text, start):
            return _pair_door(pair)
    return None


def _whole(text: str) -> Door | None:
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
        return written == "两" or not (_UNIT_AFTER.match(text, match.end()) or _ROOM_AFTER.match(text, match.end()))
    return bool(_AMOUNT_BEFORE.search(before) or _AMOUNT_AFTER.match(text, match.end()))
