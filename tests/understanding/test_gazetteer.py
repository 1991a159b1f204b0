"""What a gazetteer knows: names, pins and borders."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from understanding import CompoundEntry, Gazetteer, GridEntry, Location, SpotEntry, find_place
from understanding.place.borders import metres
from understanding.place.naming import core, kind, variants
from understanding.place.slips import Slips

SOUTH_WEST, NORTH_EAST = Location(36.00, 103.00), Location(36.01, 103.01)


def square(south: float, west: float, size: float = 0.01) -> dict[str, object]:
    north, east = south + size, west + size
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


GRIDS = [
    GridEntry(11, "第一网格", 1, square(36.00, 103.00)),
    GridEntry(
        12,
        "第二网格",
        1,
        {
            "type": "MultiPolygon",
            "coordinates": [square(36.00, 103.01)["coordinates"], square(36.02, 103.02)["coordinates"]],
        },
    ),
    GridEntry(13, "第三网格", 1),
]


def test_a_pin_lies_in_the_grid_whose_border_holds_it() -> None:
    town = Gazetteer.build([], GRIDS)
    assert town.grid_at(Location(36.005, 103.005)) == 11
    assert town.grid_at(Location(36.005, 103.015)) == 12
    assert town.grid_at(Location(36.025, 103.025)) == 12
    assert town.grid_at(Location(36.005, 103.01)) == 11, "on the border between two, the first"
    assert town.grid_at(Location(35.9, 103.005)) is None
    assert Gazetteer.build([], GRIDS[2:]).grid_at(Location(36.005, 103.005)) is None


def test_compounds_of_the_pins_grid_come_before_nearer_ones_of_another() -> None:
    town = Gazetteer.build(
        [
            CompoundEntry(1, "西苑小区", point=Location(36.005, 103.0075)),
            CompoundEntry(2, "东苑小区", point=Location(36.005, 103.0105)),
            CompoundEntry(3, "北苑小区", point=Location(36.015, 103.0095)),
            CompoundEntry(4, "南苑小区"),
        ],
        GRIDS,
    )
    near = town.nearest(Location(36.005, 103.0098))
    assert [(compound, round(away)) for compound, away in near] == [(1, 207), (2, 63)]
    assert town.nearest(Location(36.005, 103.0098), 100) == [(2, near[1][1])]
    assert town.nearest(Location(0, 0)) == []


@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(-0.002, 0.002), st.floats(-0.002, 0.002))
def test_what_is_within_reach_is_found_wherever_it_lies(
    latitude: float, longitude: float, up: float, aside: float
) -> None:
    here, there = Location(latitude, longitude), Location(latitude + up, longitude + aside)
    away = metres(here, there)
    town = Gazetteer.build([CompoundEntry(1, "西苑小区", point=there)])
    assert town.nearest(here) == ([(1, away)] if away <= 400 else [])


def test_a_kilometre_is_a_kilometre_at_any_latitude() -> None:
    assert round(metres(Location(36.0, 103.0), Location(36.009, 103.0))) == 1001
    assert round(metres(Location(60.0, 103.0), Location(60.0, 103.018))) == 1001


def test_shapely_is_imported_only_for_a_border_and_a_pin() -> None:
    script = (
        "import sys; from understanding import CompoundEntry, Gazetteer, Location, find_place\n"
        "town = Gazetteer.build([CompoundEntry(1, '西苑小区', point=Location(36, 103))])\n"
        "print(find_place('漏水', town, None, Location(36, 103)).compound_id, 'shapely' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert ran.stdout == "1 False\n"


def test_names_come_apart_into_core_and_kind() -> None:
    assert [(core(name), kind(name)) for name in ("云景花园小区", "桃花苑", "花园小区", "粮食局家属院")] == [
        ("云景", "花园小区"),
        ("桃花", "苑"),
        ("花园", "小区"),
        ("粮食局", "家属院"),
    ]


def test_no_short_form_is_made_of_kinds_alone() -> None:
    for name in ("国际花园小区", "东方国际城", "万科城", "城关镇花园小区", "新城名都花园"):
        assert not {"国际", "花园", "国际城", "城", "新城", "新城小区", "国际小区"} & {
            each.word for each in variants(name)
        }


def test_a_short_form_that_many_share_means_none_and_one_that_is_a_name_means_that() -> None:
    many = [CompoundEntry(number, f"阳光{kind_}") for number, kind_ in enumerate("苑园庭府城湾", 1)]
    assert find_place("阳光3号楼漏水", Gazetteer.build(many)).candidates == ()
    town = Gazetteer.build([CompoundEntry(1, "云景花园"), CompoundEntry(2, "云景小区")])
    assert [each.compound_id for each in find_place("云景小区漏水", town).candidates] == [2]


def test_answers_find_compounds_by_name_or_alias_only() -> None:
    town = Gazetteer.build([CompoundEntry(1, "云景花园小区", ("老粮库",)), CompoundEntry(2, "百合·云景")])
    assert [town.compounds_named(name) for name in (" 云景花园小区 ", "老粮库", "云景", "百合云景", "百合·云景")] == [
        (1,),
        (1,),
        (),
        (2,),
        (2,),
    ]


def test_spots_are_found_by_part_of_their_name_in_their_compound() -> None:
    town = Gazetteer.build(
        [CompoundEntry(1, "西苑小区", (), (), (SpotEntry(7, "老王烧烤店"), SpotEntry(8, "便民超市")))]
    )
    assert (town.spots_like(1, "烧烤"), town.spots_like(1, "药店"), town.spots_like(2, "烧烤")) == ([7], [], [])


LETTERS = st.text(st.sampled_from("甲乙丙丁戊己庚辛"), min_size=4, max_size=8)


@settings(max_examples=200, deadline=None)
@given(LETTERS, st.data())
def test_every_single_slip_of_a_name_is_found_where_it_stands(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    wrong = data.draw(
        st.sampled_from([name[:at] + "错" + name[at + 1 :], name[:at] + name[at + 1 :], name[:at] + "多" + name[at:]])
    )
    found = [slip for slip in Slips([name]).find(f"在{wrong}住") if slip.word == name]
    assert (1, 1 + len(wrong)) in [(slip.start, slip.end) for slip in found]


@given(LETTERS)
def test_a_name_written_right_is_no_slip(name: str) -> None:
    assert [slip for slip in Slips([name]).find(name) if (slip.start, slip.end) == (0, len(name))] == []
