"""An address line cut into estate, building, unit, floor and room, with no gazetteer: `parse`.

Three steps: the numbers of the line with the word behind each; the runs in which they follow one another
(`address_numbers`); and what each number of a run counts (`_Reading`), told by its word, by the name before the run
and by what came already: road numbers come before buildings, buildings before units, units before floors, floors
before rooms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from understanding.address.names import Before, before, estate, goes_on, is_shop, is_tower
from understanding.address.numbers import CELL, FLOOR, HOUSE, LANE, NUMBERED, ROOM, Number, groups, runs
from understanding.numerals import DIGITS, TENS
from understanding.segment import plain

Labelled = tuple[str, int, int]

POI = "poi"
LONGEST = 400
"""Characters of an address line that are read."""

_NOTHING, _ROAD = "", "road"
_ORDER = {_NOTHING: 0, _ROAD: 1, HOUSE: 2, CELL: 3, FLOOR: 4, ROOM: 5}
_PARTS = (HOUSE, CELL, FLOOR)
_SIDES = tuple("东西南北前后左右")

_NEIGHBOURS = 60
"""Doors at most so far apart are a range."""
_ANNEXES = 3
"""Annexes of one road number (82-1号) that are usual."""
_ROOM_DIGITS = 3
_FLAT_DIGITS = 4
"""Rooms have three digits at least; of more than four together the first ones are the building's."""
_TOWERED = re.compile(r"([A-H])(\d{3,4})")
_TOWERED_FLOOR = re.compile(r"([A-H])(\d{1,3})")
"""A1203 of a tower block is tower A and room 1203, A12楼 is tower A and floor 12."""
_UNIT_OR_FLOOR = re.compile(rf"-?(?:\d{{1,3}}|[{DIGITS}{TENS}]{{1,3}})(?P<word>单元|层)")


def parse(text: str) -> list[Labelled]:
    """Labels and character spans of the text as given, in its order. What follows `LONGEST` characters is not read."""
    line = plain(text[:LONGEST])
    reading = _Reading(line)
    for run in runs(line):
        reading.read(run)
    poi = estate(line, reading.road_end, reading.doors_start, reading.doors_end)
    return sorted([*reading.labelled, *([(POI, *poi)] if poi else [])], key=lambda span: span[1:])


class _Reading:
    """What was read so far: `level` is the last thing counted, `lane` whether a 弄 was."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.labelled: list[Labelled] = []
        self.level = _NOTHING
        self.lane = False
        self.road_end = 0
        self.doors_start, self.doors_end = len(line), 0
        self._end = 0

    def read(self, run: list[Number]) -> None:
        kind = before(self.line, self._end, run[0].start)
        if self._end < run[0].start and (self.level == _ROAD or kind is Before.ROAD):
            self.level = _NOTHING
        every = list(groups(run))
        if self._repeats_estate(run[0].start):
            if len(every) == 1:
                self._end = run[-1].end
                return
            self._forget_doors()
        for group, after in zip(every, [*every[1:], None], strict=True):
            self._read_group(group, kind, after[-1].counts if after else None)
            kind = kind if self.level == _NOTHING else Before.NAME
        self._end = run[-1].end

    def _repeats_estate(self, start: int) -> bool:
        """Whether the doors come with the same name as those before: some write an address twice in one line."""
        name = self.line[self._end : start].strip("-_ ")
        return bool(self.labelled) and len(name) > 1 and self.line[: self.doors_start].endswith(name)

    def _forget_doors(self) -> None:
        self.labelled.clear()
        self.level, self.road_end = _NOTHING, self._end
        self.doors_start, self.doors_end = len(self.line), 0

    def _read_group(self, group: list[Number], kind: Before, after: str | None) -> None:
        """`after` is what the next group counts, None where the run ends."""
        counts = group[-1].counts
        self.lane = self.lane or counts == LANE
        if road := self._road_numbers(group, kind, after):
            self._pass_road(group[:road], village=kind is not Before.ROAD)
            group = group[road:]
        if group:
            for label, start, end in self._labels(group, kind, more=after is not None):
                self.level = label
                self.doors_start, self.doors_end = min(self.doors_start, start), end
                self.labelled.append((label, start, end))

    def _pass_road(self, group: list[Number], *, village: bool) -> None:
        self.level = _ROAD
        if village:
            self.doors_start = min(self.doors_start, group[0].start)
        elif not self.labelled:
            self.road_end = group[-1].end

    def _road_numbers(self, group: list[Number], kind: Before, after: str | None) -> int:
        """How many of the numbers belong to a road, a lane or a village, not to a building."""
        counts = group[-1].counts
        if counts == LANE:
            return len(group)
        if counts not in ("", NUMBERED):
            return 0
        if self.level == _ROAD:
            return len(group) if self.lane and counts and group[0].digits >= _ROOM_DIGITS else 0
        if self.level != _NOTHING or len(group) == 3:
            return 0
        if kind is Before.ROAD:
            return 2 if _is_one_road_number(group) else 1
        if counts and len(group) == 1 and after == HOUSE:
            return 1
        if kind is not Before.VILLAGE or is_shop(self.line, group[-1].end):
            return 0
        if not counts:
            return 1 if len(group) == 1 and after is None and self._is_village_number(group[0]) else 0
        return 1 if len(group) < 3 and (len(group) == 2 or after is None) else 0

    def _labels(self, group: list[Number], kind: Before, *, more: bool) -> Iterator[Labelled]:
        first, last = group[0], group[-1]
        counts = last.counts
        if len(group) == 1:
            yield from self._single(last, kind, more=more)
        elif counts == HOUSE:
            yield HOUSE, first.start, last.end
        elif counts not in (CELL, FLOOR) and self._is_one_room(group, kind):
            yield ROOM, first.start, last.end
        else:
            parts = _PARTS[1:] if self._has(HOUSE) and len(group) != 3 else _PARTS
            if counts in ("", NUMBERED):
                short = last.digits < _ROOM_DIGITS and last.written.isdecimal()
                counts = CELL if short and not counts and len(group) == 2 and parts is _PARTS else ROOM
            for label, number in zip((*parts[: len(group) - 1], counts), group, strict=False):
                yield label, number.start, number.end

    def _single(self, number: Number, kind: Before, *, more: bool) -> Iterator[Labelled]:
        counts = number.counts
        if tower := self._tower(number):
            yield HOUSE, number.start, tower
            yield FLOOR if counts == FLOOR else ROOM, tower, number.end
        elif counts in ("", NUMBERED):
            label = self._numbered(number, kind, more=more) if counts else self._bare(number, kind, more=more)
            if label:
                yield label, number.start, number.end
        elif self._is_flat(number, kind):
            flat = number.start + number.digits - _FLAT_DIGITS
            yield HOUSE, number.start, flat
            yield ROOM, flat, number.end
        elif counts == FLOOR and self._is_block(number):
            yield HOUSE, number.start, number.end
        elif counts != HOUSE or not (self._has(CELL) or self._is_wing(number) or self._is_beside_road(number)):
            yield counts, number.start, number.end

    def _numbered(self, number: Number, kind: Before, *, more: bool) -> str:
        """What "9号" is."""
        if is_shop(self.line, number.end):
            return ROOM
        if self.level == _NOTHING:
            stall = kind is Before.MARKET or number.digits > _ROOM_DIGITS
            return ROOM if stall and not more else HOUSE
        if self.level == HOUSE:
            return CELL if number.digits < _ROOM_DIGITS or self.line[number.end : number.end + 1].isdecimal() else ROOM
        return HOUSE if self.level == _ROAD else ROOM

    def _bare(self, number: Number, kind: Before, *, more: bool) -> str:
        """What "9" with no word is, "" for a number of a name."""
        if is_shop(self.line, number.end):
            return ROOM
        if self.level == _NOTHING and not more and goes_on(self.line, number.end):
            village = kind is Before.VILLAGE and self._is_without_road()
            if number.digits < _ROOM_DIGITS + village:
                return ""
        if not self._has(HOUSE):
            return ROOM if number.digits >= _ROOM_DIGITS else HOUSE
        short = number.digits < _ROOM_DIGITS and number.written.isdecimal()
        return CELL if short and self.level == HOUSE and number.end == len(self.line) else ROOM

    def _is_village_number(self, number: Number) -> bool:
        """The 106 at the end of a line with a village in it and no road."""
        return self._is_without_road() and number.digits <= _ROOM_DIGITS and not goes_on(self.line, number.end)

    def _is_without_road(self) -> bool:
        return not self.road_end and not self.labelled

    def _has(self, label: str) -> bool:
        return _ORDER[self.level] >= _ORDER[label]

    def _is_one_room(self, group: list[Number], kind: Before) -> bool:
        """ "801-805"; also "2-501" where the unit is known, and "3B12" where the building is."""
        if self._has(CELL) or (self._has(HOUSE) and group[0].end == group[1].start):
            return True
        same = group[0].digits == group[-1].digits
        stalls = kind is Before.MARKET or group[0].digits >= _ROOM_DIGITS
        return len(group) == 2 and same and stalls and _are_neighbours(group)

    def _is_wing(self, number: Number) -> bool:
        """A座 of 3幢A座 is part of a building that was counted."""
        joined = self.level == HOUSE and self.doors_end == number.start and self.line[number.start - 1] in "幢栋楼座"
        return joined and number.written.isascii() and number.written.isalpha()

    def _is_beside_road(self, number: Number) -> bool:
        """南幢 of 长虹路125号南幢 is a name."""
        return number.written in _SIDES and number.word != "座" and self.level == _ROAD

    def _tower(self, number: Number) -> int:
        """Where the tower's letter ends, 0 if the number has none."""
        if self._has(HOUSE):
            return 0
        if number.counts == FLOOR:
            return number.start + 1 if _TOWERED_FLOOR.fullmatch(number.written) and not self._is_block(number) else 0
        towered = number.counts != HOUSE and _TOWERED.fullmatch(number.written)
        return number.start + 1 if towered and is_tower(self.line[: number.start]) else 0

    def _is_flat(self, number: Number, kind: Before) -> bool:
        counted = number.counts == ROOM and number.digits > _FLAT_DIGITS and number.written.isdecimal()
        return counted and kind is not Before.MARKET and not self._has(HOUSE)

    def _is_block(self, number: Number) -> bool:
        """52楼 before a unit is a building, and so is A10楼 before a floor."""
        behind = _UNIT_OR_FLOOR.match(self.line, number.end)
        lettered = not number.written.isdecimal() and number.written.isascii()
        return behind is not None and not self._has(HOUSE) and (behind["word"] == "单元" or lettered)


def _is_one_road_number(group: list[Number]) -> bool:
    """ "123-125号" and "82-1号" are one number, "82-11号" is 82 and a house behind."""
    annexed = bool(group[-1].word) and group[-1].value <= _ANNEXES
    return len(group) == 2 and (annexed or _are_neighbours(group))


def _are_neighbours(group: list[Number]) -> bool:
    return 0 < group[-1].value - group[0].value <= _NEIGHBOURS
