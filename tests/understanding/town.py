"""A small town for these tests."""

from __future__ import annotations

from understanding import BuildingEntry, CompoundEntry, Gazetteer, Home, SpotEntry, UnitEntry

XIYUAN, BUREAU, EAST_SUNNY, WEST_SUNNY = 1, 2, 3, 4
SHOP = 7


def building(compound: int, number: str, units: int = 3) -> BuildingEntry:
    id_ = compound * 100 + int(number)
    return BuildingEntry(id_, number, tuple(UnitEntry(id_ * 10 + at, str(at)) for at in range(1, units + 1)))


TOWN = Gazetteer.build(
    [
        CompoundEntry(
            XIYUAN,
            "西苑小区",
            ("西苑",),
            (*(building(XIYUAN, str(number)) for number in range(1, 13)), BuildingEntry(190, "A3")),
            (SpotEntry(SHOP, "便民超市"),),
        ),
        CompoundEntry(BUREAU, "文化局家属院", (), (building(BUREAU, "3", 1),)),
        CompoundEntry(EAST_SUNNY, "阳光花园", (), (building(EAST_SUNNY, "5"),)),
        CompoundEntry(WEST_SUNNY, "阳光花园", ("城西阳光",), (building(WEST_SUNNY, "8"),)),
    ]
)
HOME = Home(XIYUAN, 103, 1032, "501")
