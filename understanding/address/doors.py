"""How people write where they live: 3号楼2单元501, 3#2-501, 三栋二单元五楼 — building, unit, floor and room, with no
gazetteer. Texts are plain (`segment.plain`), so a span here is a span of what the person wrote.

A door begins at a building, a unit, a floor or a room (`address_words.START`) and goes on, in that order, with what
follows it directly. Numbers that count buildings or storeys, and dates, begin none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from understanding.address import words
from understanding.numerals import number

Span = tuple[int, int]

LONGEST_RANGE = 30
""" "1-30栋" is a range of buildings, a longer one the name of a single building."""


class Written(NamedTuple):
    """The pieces as the person wrote them, "" where absent; of "3、5栋" each building is written "3、5栋"."""

    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""


class Door(NamedTuple):
    """Building, unit, floor and room as written next to each other, in the numbers people count by ("三号楼" is "3",
    "负一楼" is "-1"), "" where absent."""

    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    span: Span = (0, 0)
    written: Written = Written()


def doors(text: str) -> Iterator[Door]:
    """Every door named, in order, also one that is only a unit, a floor or a room. Lists and ranges give a door for
    each member: "3、5栋" two, "1-3栋" three, all with the span of the whole."""
    end = 0
    for match in words.START.finditer(text):
        if match.start() < end:
            continue
        found = _begin(text, match)
        if found:
            end = found[-1].span[1]
            yield from found


def together(found: Iterable[Door]) -> Door | None:
    """What all doors of a text come to: the first building, and the first unit, floor and room that are named for it
    or for no building."""
    every = list(found)
    main = next((door for door in every if door.building), every[0] if every else None)
    if main is None:
        return None
    own = [main, *(door for door in every if door.building == main.building or not door.building)]
    unit = next((door for door in own if door.unit), main)
    floor = next((door for door in own if door.floor), main)
    room = next((door for door in own if door.room), main)
    written = Written(main.written.building, unit.written.unit, floor.written.floor, room.written.room)
    return Door(main.building, unit.unit, floor.floor, room.room, main.span, written)


def door_after(text: str, at: int) -> Door | None:
    """The door with a building that is written right behind a compound's name, where "3-501", "3-2", "3号" and "A803"
    are doors too."""
    gap = words.GAP.match(text, at)
    for start in dict.fromkeys((gap.end() if gap else at, at)):
        match = words.START.match(text, start)
        found = match and (match["building"] or match["triple"] or match["stairs"] or match["flat"] or match["pair"])
        if match and found and (begun := _begin(text, match)):
            return begun[0]
        if pair := words.PAIR.match(text, start):
            return _pair(pair)
        if "," not in text[at:start] and (named := words.NUMBERED.match(text, start)):
            return _go_on(text, [number(named["building"])], named.group(), named.span())[0]
        if lettered := words.LETTERED.match(text, start):
            return Door(room=lettered["room"], span=lettered.span(), written=Written(room=lettered["room"]))
    return None


def whole(text: str) -> Door | None:
    """A text that is nothing but "3-2" or "3-501": an answer to the question where."""
    pair = words.PAIR.fullmatch(text.strip())
    return _pair(pair)._replace(span=(0, len(text))) if pair else None


def _begin(text: str, match: re.Match[str]) -> list[Door]:
    """The doors that begin here; none where the number is an amount or a date."""
    start, end = match.span()
    if match["triple"] or match["stairs"] or match["flat"] or match["pair"]:
        return [_dashed(match)]
    if match["building"] is not None:
        if _is_amount(text, match):
            return []
        return _go_on(text, _members(match["items"]), match.group(), (start, end))
    if match["unit"]:
        return _units(text, match)
    if match["side"]:
        return _after_unit(text, ("", ""), [match.group()[0]], match.group(), (start, end))
    if match["floor"]:
        return [] if _counts_storeys(text, match) else [_after_floor(text, match["floor"], (start, end))]
    room = next(match[each] for each in _ROOMS if match[each])
    return [Door(room=_room(room), span=(match.end() - len(room), end), written=Written(room=room))]


def _dashed(match: re.Match[str]) -> Door:
    pieces = (match["triple"] or match["stairs"] or match["flat"] or match["pair"]).replace("--", "-").split("-")
    unit = "" if match["flat"] or match["pair"] else pieces[1]
    room = "" if match["stairs"] else pieces[-1]
    return Door(number(pieces[0]), number(unit), "", _room(room), match.span(), Written(pieces[0], unit, "", room))


def _pair(match: re.Match[str]) -> Door:
    unit, room = match["unit"] or "", match["room"] or ""
    written = Written(match["building"], unit, "", room)
    return Door(number(match["building"]), number(unit), "", _room(room), match.span(), written)


def _go_on(text: str, buildings: list[str], building: str, span: Span) -> list[Door]:
    """What follows a building directly."""
    unit = words.UNIT_AFTER.match(text, span[1])
    if unit is None:
        return [_after_floor_or_room(text, Door(each, span=span, written=Written(building))) for each in buildings]
    units = _members(unit["units"] or unit["gate"] or unit["dashed"])
    written = unit["dashed"] or unit.group().lstrip(" ,的-")
    found: list[Door] = []
    for each in buildings:
        found += _after_unit(text, (each, building), units, written, (span[0], unit.end()))
    return found


def _units(text: str, match: re.Match[str]) -> list[Door]:
    """ "2单元", "1、2单元"; "3-2单元", which counts down, is unit 2 of building 3."""
    written = match.group()
    members = _members(match["items"])
    if len(members) == 1 and "-" in members[0]:
        building, _, unit = match["items"].partition("-")
        return _after_unit(text, (number(building), building), [number(unit)], written.partition("-")[2], match.span())
    return [] if match["items"] == "两" else _after_unit(text, ("", ""), members, written, match.span())


def _after_unit(text: str, building: tuple[str, str], units: list[str], written: str, span: Span) -> list[Door]:
    pieces = Written(building[1], written)
    return [_after_floor_or_room(text, Door(building[0], each, span=span, written=pieces)) for each in units]


def _after_floor_or_room(text: str, door: Door) -> Door:
    end = door.span[1]
    floor = words.FLOOR_AFTER.match(text, end)
    if floor:
        end = floor.end()
        door = door._replace(floor=number(floor["floor"]), written=door.written._replace(floor=floor["floor"]))
    room = words.ROOM_AFTER.match(text, end)
    if room:
        end = room.end()
        door = door._replace(room=_room(room["room"]), written=door.written._replace(room=room["room"]))
    return door._replace(span=(door.span[0], end))


def _after_floor(text: str, floor: str, span: Span) -> Door:
    return _after_floor_or_room(text, Door(floor=number(floor), span=span, written=Written(floor=floor)))


def _room(written: str) -> str:
    return number(_ROOM_ENDS.sub("", written)) if written else ""


_ROOMS = ("room", "peopled", "letter", "lettered", "beside", "flank")
_LETTER = re.compile(r"[A-Z甲乙丙丁东西南北中]")
_ROOM_ENDS = re.compile(r"(?:室|号房|号|房|铺|(?<=\d)户)$")
_LISTED = re.compile(r" ?[、,和与跟及/] ?第?")
_FROM_TO = re.compile(r" ?[-~到至] ?第?")


def _members(written: str) -> list[str]:
    """The numbers of "3", "3、5", "1-3" or "1-3、5". "3-2" and "T9-1" are names of one building."""
    if written.isdecimal():
        return [number(written)]
    members: list[str] = []
    for piece in _LISTED.split(written):
        first, *others = _FROM_TO.split(piece)
        if len(others) > 1 and piece.replace("-", "").isdecimal():
            members += map(number, (first, *others))
            continue
        low, high = number(first), number(others[-1]) if others else ""
        if len(others) == 1 and low.isdecimal() and high.isdecimal() and 0 < int(high) - int(low) <= LONGEST_RANGE:
            members += map(str, range(int(low), int(high) + 1))
        else:
            members.append(number(piece))
    return list(dict.fromkeys(members))


def _is_amount(text: str, match: re.Match[str]) -> bool:
    """ "有3栋楼", "两栋", "一座", "12月5号楼道": a number of buildings, or a date."""
    before = text[max(0, match.start() - 3) : match.start()]
    written, suffix = match["items"], match["building"]
    if suffix.startswith("号"):
        return words.MONTH_BEFORE.search(before) is not None
    if suffix[:1] not in ("栋", "幢", "座") or _LETTER.search(written):
        return False
    if written in ("一", "两") or (suffix == "座" and before and not words.NAMED_BEFORE.search(before)):
        after = (words.UNIT_AFTER, words.ROOM_AFTER, *([words.FLOOR_AFTER] if suffix == "座" else []))
        return written == "两" or not any(each.match(text, match.end()) for each in after)
    return bool(words.AMOUNT_BEFORE.search(before) or words.AMOUNT_AFTER.match(text, match.end()))


def _counts_storeys(text: str, match: re.Match[str]) -> bool:
    """ "共18层", "6层楼", "3楼以上"; "12层" alone counts storeys unless somebody lives on it."""
    before = text[max(0, match.start() - 2) : match.start()]
    floor = match["floor"]
    if words.STOREYS_AFTER.match(text, match.end()):
        return True
    if floor[0] in "第负地-":
        return False
    if floor[-1] == "层":
        return words.LIVED_ON.search(before) is None
    return words.STOREYS_BEFORE.search(before) is not None
