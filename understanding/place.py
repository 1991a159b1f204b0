"""Where a matter is: a compound by name or alias, building, unit, room; else the person's own home; else unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from understanding.address import ROOM, ROOM_AFTER, UNIT, Door, Span, door_after, doors, room_of, whole
from understanding.gazetteer import Gazetteer, Home, Named
from understanding.numerals import number
from understanding.segment import LONGEST, Hit, plain


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


_STREET = re.compile(r"路(?![灯面边口上])|街|大道|站|小学|中学|医院|派出所|幼儿园|市场|大桥|立交")
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
    compound = next((hit for hit in hits if door_after(text, hit.end)), None)
    compound = compound or next((hit for hit in hits if any(each.spot_id is None for each in hit.values)), None)
    door = (compound and door_after(text, compound.end)) or next(doors(text), None) or whole(text)
    unit = door.unit if door else ""
    room = door.room if door else ""
    spans = [door.span] if door else []
    if compound:
        spans += [(hit.start, hit.end) for hit in hits if hit.values == compound.values]
    if not unit and (found := UNIT.search(text)):
        unit = number(found[1])
        after = ROOM_AFTER.match(text, found.end())
        room = room or (room_of(after) if after else "")
        spans.append((found.start(), after.end() if after else found.end()))
    if not room and (found := ROOM.search(text)):
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
        return door_after(text, hit.end) is not None
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
