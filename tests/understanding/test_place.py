"""Where a matter is, as people write it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.understanding.town import BUREAU, EAST_SUNNY, HOME, SHOP, TOWN, WEST_SUNNY, XIYUAN
from understanding import Gazetteer, Home, Place, WrittenPlace, find_place


def where(text: str, gazetteer: Gazetteer, home: Home | None = None) -> Place:
    """The place without why and how surely it was understood."""
    place = find_place(text, gazetteer, home)
    return replace(place, candidates=(), written=WrittenPlace(), confidence=0.0, evidence=(), buildings=(), floor="")


@pytest.mark.parametrize(
    "text",
    [
        "西苑小区3号楼2单元501漏水",
        "西苑3栋2单元501",
        "西苑 3 栋 2 单元 501 室",
        "西苑三号楼二单元五零一",
        "西苑小区３号楼２单元５０１室",
        "西苑3#2-501",
        "西苑3#楼2单元501号",
        "西苑小区3-2-501",
        "西苑小区3—2—501",
        "西苑3幢2门501",
        "西苑3座2梯501",
        "西苑小区的3号楼,2单元5楼501漏水",
        "西苑3号2单元501",
        "西苑03栋02单元501",
        "西苑3號樓2單元501",
        "您好,我住在西苑小区二期3栋2单元5层501,暖气不热",
    ],
)
def test_one_door_is_understood_however_it_is_written(text: str) -> None:
    assert where(text, TOWN) == Place(XIYUAN, 103, 1032, None, "501", "3", "2")


@pytest.mark.parametrize(
    ("text", "building", "unit", "room"),
    [
        ("12栋1203漏水", "12", "", "1203"),
        ("十二栋电梯坏了", "12", "", ""),
        ("二十一号楼停电", "21", "", ""),
        ("A3栋门禁坏了", "A3", "", ""),
        ("a座2单元", "A", "2", ""),
        ("3号楼道灯坏了", "3", "", ""),
        ("3号楼东单元没水", "3", "东", ""),
        ("12号院5号楼下水道堵了", "5", "", ""),
        ("十二栋一单元三楼东户漏水", "12", "1", "东户"),
        ("8-9栋之间堆满垃圾", "8", "", ""),
        ("1-8号楼", "1", "", ""),
        ("3栋1单元201-203都没水", "3", "1", "201"),
    ],
)
def test_without_a_compound_the_building_is_looked_for_at_home(text: str, building: str, unit: str, room: str) -> None:
    place = where(text, TOWN, HOME)
    assert (place.compound_id, place.building_number, place.unit_number, place.room) == (XIYUAN, building, unit, room)
    assert place.building_id == TOWN.building_id(XIYUAN, building)
    assert not place.from_home


@pytest.mark.parametrize(
    "text",
    [
        "11月27日停水",
        "停水3天了",
        "这3个月修了2次",
        "晚上10点还在施工",
        "5号停水",
        "12月5号楼道灯坏了",
        "2026-11-27 停电",
        "小区有3栋楼没暖气",
        "两栋楼之间路灯不亮",
        "前面盖了一座桥",
        "电话13909511234",
        "3楼灯坏了",
        "2号门进不来",
        "这3栋都没水",
        "物业费涨到3-5元",
        "0951-2012345 没人接",
    ],
)
def test_dates_times_phones_and_amounts_are_no_buildings(text: str) -> None:
    assert where(text, TOWN, HOME) == Place(XIYUAN, 103, 1032, from_home=True)


@pytest.mark.parametrize("text", ["3-2", " 3—2 ", "西苑3-2"])
def test_a_bare_pair_is_a_door_where_nothing_else_is_said(text: str) -> None:
    assert where(text, TOWN, HOME) == Place(XIYUAN, 103, 1032, None, "", "3", "2")


def test_a_building_nobody_entered_is_told_by_its_number() -> None:
    assert where("西苑小区99号楼1单元漏水", TOWN) == Place(XIYUAN, None, None, None, "", "99", "1")


def test_a_building_with_one_unit_does_not_name_the_unit() -> None:
    assert where("文化局家属院3号楼漏雨", TOWN) == Place(BUREAU, 203, None, None, "", "3", "")


def test_a_compound_without_its_kind_counts_before_a_door_only() -> None:
    assert where("文化局3号楼漏雨", TOWN).compound_id == BUREAU
    assert where("文化局门口堵车", TOWN, HOME).from_home


def test_a_short_name_inside_a_street_is_not_the_compound() -> None:
    assert where("西苑路坑坑洼洼", TOWN) == Place()
    assert where("西苑路灯不亮", TOWN).compound_id == XIYUAN


def test_a_name_of_two_compounds_is_settled_by_home_or_building_or_left_to_the_person() -> None:
    assert where("阳光花园漏雨", TOWN) == Place()
    asked = find_place("阳光花园漏雨", TOWN).candidates
    assert [candidate.compound_id for candidate in asked] == [EAST_SUNNY, WEST_SUNNY]
    assert where("阳光花园8栋漏雨", TOWN).building_id == 408
    assert where("阳光花园漏雨", TOWN, Home(WEST_SUNNY)).compound_id == WEST_SUNNY


def test_a_compound_we_do_not_know_is_not_taken_for_home() -> None:
    assert where("牡丹花园3号楼漏雨", TOWN, HOME) == Place(building_number="3")
    assert where("我们小区3号楼漏雨", TOWN, HOME).building_id == 103


def test_nothing_named_means_home_and_home_alone_gives_the_room() -> None:
    assert where("楼道灯坏了", TOWN, HOME) == Place(XIYUAN, 103, 1032, from_home=True)
    assert where("我家水管爆了", TOWN, HOME) == Place(XIYUAN, 103, 1032, room="501", from_home=True)
    assert where("楼道灯坏了", TOWN) == Place()


def test_own_words_beside_the_own_compound_mean_the_own_unit() -> None:
    assert where("西苑小区楼道灯坏了", TOWN, HOME) == Place(XIYUAN, 103, 1032)
    assert where("西苑小区大门坏了", TOWN, HOME) == Place(XIYUAN)
    assert where("3号楼我们单元灯坏了", TOWN, HOME) == Place(XIYUAN, 103, 1032, building_number="3")
    assert where("1单元灯坏了", TOWN, HOME) == Place(XIYUAN, 103, 1031, unit_number="1")


def test_somebody_elses_compound_borrows_nothing_from_home() -> None:
    assert where("文化局家属院楼道灯坏了", TOWN, HOME) == Place(BUREAU)


def test_a_spot_is_a_place() -> None:
    assert where("便民超市门口积水", TOWN) == Place(XIYUAN, spot_id=SHOP)
    assert where("文化局家属院的便民超市", TOWN) == Place(BUREAU)


def test_an_empty_gazetteer_still_reads_numbers() -> None:
    assert where("3号楼2单元灯不亮", Gazetteer.build([])) == Place(building_number="3", unit_number="2")


def test_exact_names_are_looked_up_for_answers() -> None:
    assert TOWN.compounds_named(" 西苑 ") == (XIYUAN,)
    assert TOWN.compounds_named("文化局") == ()
    assert TOWN.names[BUREAU] == "文化局家属院"
