"""Doors and how they are written, for the tests of addresses."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

DIGITS = "零一二三四五六七八九"


def in_chinese(value: int) -> str:
    """21 as 二十一, 205 as 二百零五, as people count."""
    if value < 10:
        return DIGITS[value]
    if value < 20:
        return "十" + (DIGITS[value - 10] if value > 10 else "")
    unit, word = next((unit, word) for unit, word in ((1000, "千"), (100, "百"), (10, "十")) if value >= unit)
    rest = value % unit
    gap = "零" if 0 < rest < unit // 10 else ""
    tail = f"一{in_chinese(rest)}" if 10 <= rest < 20 else in_chinese(rest)
    return DIGITS[value // unit] + word + (gap + tail if rest else "")


def circled(value: int) -> str:
    return chr(0x245F + value)


def full_width(value: int) -> str:
    return "".join(chr(0xFF10 + int(digit)) for digit in str(value))


@dataclass(frozen=True)
class Shape:
    """One door as written, and the numbers it has; `pieces` are the building, unit, floor and room as written."""

    text: str
    building: str
    unit: str
    floor: str
    room: str
    pieces: tuple[str, str, str, str]


BUILDING_WORDS = ("号楼", "栋", "幢", "座", "#", "#楼", "号栋", "栋楼")
UNIT_WORDS = ("单元", "号单元", "门洞", "号门洞")
FLOOR_WORDS = ("楼", "层")
ROOM_WORDS = ("", "室", "号房", "号", "房")


@st.composite
def counted(draw: st.DrawFn, low: int, high: int) -> tuple[str, str]:
    """A number and one way of writing it."""
    value = draw(st.integers(low, high))
    ways = [str(value), full_width(value), in_chinese(value), *([circled(value)] if value <= 20 else [])]
    return str(value), draw(st.sampled_from(ways))


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """A door with a building and any of unit, floor and room behind it."""
    lettered = st.sampled_from([("A3", "A3"), ("B12", "b12"), ("C", "c"), ("A", "Ａ"), ("甲", "甲"), ("5A", "5a")])
    building, building_written = draw(counted(2, 60) | counted(2, 60) | lettered)
    building_piece = building_written + draw(st.sampled_from(BUILDING_WORDS))
    unit, unit_piece = "", ""
    if draw(st.booleans()):
        unit, unit_written = draw(counted(1, 12) | st.sampled_from([("东", "东"), ("甲", "甲"), ("A", "A")]))
        words = UNIT_WORDS if unit.isdecimal() else ("单元",)
        unit_piece = unit_written + draw(st.sampled_from(words))
    floor, floor_piece = "", ""
    if draw(st.booleans()):
        floor, floor_written = draw(counted(1, 33))
        floor_piece = floor_written + draw(st.sampled_from(FLOOR_WORDS))
    room, room_piece = "", ""
    if draw(st.booleans()):
        room = str(draw(st.integers(1, 33))) + draw(st.sampled_from(["01", "02", "03", "12"]))
        written = draw(st.sampled_from([room, "".join(DIGITS[int(digit)] for digit in room)]))
        room_piece = written + draw(st.sampled_from(ROOM_WORDS))
    gap = st.sampled_from(["", "", " ", "的"])
    text = building_piece + "".join(draw(gap) + piece for piece in (unit_piece, floor_piece, room_piece) if piece)
    return Shape(text, building, unit, floor, room, (building_piece, unit_piece, floor_piece, room_piece))
