"""Why a place is meant and how surely: home, landmarks, pins, shops, and the words as they were written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understanding.town import BUREAU, EAST_SUNNY, HOME, SHOP, TOWN, WEST_SUNNY, XIYUAN
from understanding import Candidate, CompoundEntry, Evidence, Gazetteer, Home, Location, WrittenPlace, find_place

NONE = Gazetteer.build([])


def test_a_named_door_is_told_with_all_that_speaks_for_it() -> None:
    place = find_place("西苑小区3号楼2单元漏水", TOWN, HOME)
    evidence = (Evidence("name", "西苑小区"), Evidence("door", "3"), Evidence("home", ""))
    assert place.candidates == (Candidate(XIYUAN, 103, 1032, None, 0.99, evidence),)
    assert (place.sure, place.confidence, place.evidence) == (True, 0.99, evidence)


@pytest.mark.parametrize(
    ("text", "words"),
    [("我们单元灯坏了", "我们单元"), ("楼道灯坏了", "楼道"), ("我家水管爆了", "我家"), ("隔壁老李家太吵", "")],
)
def test_own_words_mean_the_home(text: str, words: str) -> None:
    place = find_place(text, TOWN, HOME)
    assert (place.compound_id, place.building_id, place.unit_id) == (XIYUAN, 103, 1032)
    assert place.evidence == (Evidence("home", words),)


def test_a_shop_known_by_what_it_sells_is_at_the_own_building() -> None:
    place = find_place("楼下那家烧烤油烟太大", TOWN, HOME)
    evidence = (Evidence("home", "楼下"), Evidence("spot", "楼下那家烧烤"))
    assert place.candidates == (Candidate(XIYUAN, 103, None, None, 0.92, evidence),)
    assert find_place("楼下的超市太吵", TOWN, HOME).spot_id == SHOP


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("北门往里第二栋没水", "北门往里第二栋"),
        ("进大门左手第三栋没水", "大门左手第三栋"),
        ("最后面那栋垃圾多", "最后面那栋"),
        ("靠马路的那栋太吵", "靠马路的那栋"),
        ("前面那栋没电", "前面那栋"),
    ],
)
def test_a_landmark_gives_the_compound_and_guesses_no_building(text: str, words: str) -> None:
    place = find_place(text, TOWN, HOME)
    assert (place.compound_id, place.building_id, place.unit_id, place.building_number) == (XIYUAN, None, None, "")
    assert place.evidence[-1] == Evidence("landmark", words)
    assert find_place(f"文化局家属院{text}", TOWN, HOME).building_id is None


def test_several_buildings_are_all_told() -> None:
    assert find_place("3、5栋没水", TOWN, HOME).buildings == ("3", "5")
    assert find_place("1-3栋停电", TOWN, HOME).buildings == ("1", "2", "3")
    assert find_place("西苑小区3栋和5栋没水", TOWN).buildings == ("3", "5")
    assert find_place("3栋没水", TOWN, HOME).buildings == ()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("西苑３号楼２单元５０１漏水", WrittenPlace("西苑", "３号楼", "２单元", "", "５０１")),
        ("西苑小区二期三号楼二单元五楼没水", WrittenPlace("西苑小区二期", "三号楼", "二单元", "五楼", "")),
        ("我们单元灯坏了", WrittenPlace()),
    ],
)
def test_the_words_stay_as_they_were_written(text: str, written: WrittenPlace) -> None:
    assert find_place(text, TOWN, HOME).written == written


@pytest.mark.parametrize(
    ("text", "compound"),
    [
        ("我住在牡丹花园3栋,没水", "牡丹花园"),
        ("请管管东城区牡丹花园小区的垃圾", "牡丹花园小区"),
        ("关于解放路紫荆公馆二期停车难的问题", "紫荆公馆二期"),
        ("轴承厂家属院没暖气", "轴承厂家属院"),
        ("碧水湾业主投诉物业", "碧水湾"),
        ("我们小区没水", ""),
        ("老旧小区什么时候改造", ""),
        ("这个小区3栋没水", ""),
        ("政府门口的路坏了", ""),
        ("整个家属院都停电了", ""),
    ],
)
def test_a_compound_is_read_where_none_is_known(text: str, compound: str) -> None:
    assert find_place(text, NONE).written.compound == compound


def test_an_unknown_compound_is_not_the_home_but_what_is_beside_the_home_is_no_other_place() -> None:
    place = find_place("牡丹花园漏雨", TOWN, HOME)
    assert (place.compound_id, [each.compound_id for each in place.candidates]) == (None, [XIYUAN])
    assert find_place("隔壁牡丹花园施工太吵", TOWN, HOME).compound_id == XIYUAN


def test_the_only_compound_there_is_is_offered_but_not_taken() -> None:
    town = Gazetteer.build([CompoundEntry(5, "红旗小区")])
    place = find_place("路灯不亮", town)
    assert (place.compound_id, place.candidates) == (
        None,
        (Candidate(5, None, None, None, 0.7, (Evidence("only", ""),)),),
    )


AT_EAST, AT_WEST = Location(36.0600, 103.8300), Location(36.0600, 103.8400)
PINNED = Gazetteer.build(
    [
        CompoundEntry(EAST_SUNNY, "阳光花园", point=AT_EAST),
        CompoundEntry(WEST_SUNNY, "阳光花园", point=AT_WEST),
        CompoundEntry(BUREAU, "文化局家属院"),
    ]
)


def test_a_pin_says_where_and_which_of_two_of_one_name() -> None:
    place = find_place("路灯不亮", PINNED, None, AT_WEST)
    assert (place.compound_id, place.evidence) == (WEST_SUNNY, (Evidence("pin", "0"),))
    assert find_place("阳光花园路灯不亮", PINNED, None, AT_EAST).compound_id == EAST_SUNNY
    assert find_place("阳光花园路灯不亮", PINNED, None, None).compound_id is None


def test_a_name_is_stronger_than_a_pin_and_so_are_words_of_the_own_house() -> None:
    assert find_place("文化局家属院路灯不亮", PINNED, None, AT_EAST).compound_id == BUREAU
    assert find_place("我家漏水了", PINNED, Home(EAST_SUNNY), AT_WEST).compound_id == EAST_SUNNY
    assert find_place("这里路灯不亮", PINNED, Home(BUREAU), AT_WEST).compound_id == WEST_SUNNY


SHAPES = ["西苑3栋2单元", "阳光花园", "我们单元", "北门往里第二栋", "楼下那家烧烤", "牡丹花园", "", "文化局3号楼"]
PINS = [None, AT_EAST, AT_WEST, Location(0, 0), Location(90, 180), Location(-90, -180)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*SHAPES, "漏水", "停电", ",", "和"]), max_size=6).map("".join), st.sampled_from(PINS))
def test_candidates_are_few_ordered_and_the_settled_place_is_the_first(text: str, pin: Location | None) -> None:
    for town, home in ((TOWN, HOME), (PINNED, None), (NONE, Home())):
        place = find_place(text, town, home, pin)
        likely = [each.confidence for each in place.candidates]
        assert likely == sorted(likely, reverse=True)
        assert len(likely) <= 3
        assert all(0 <= each <= 1 for each in likely)
        assert len({each.compound_id for each in place.candidates}) == len(likely)
        if place.sure:
            first = place.candidates[0]
            assert first[:4] == (place.compound_id, place.building_id, place.unit_id, place.spot_id)
        else:
            assert (place.compound_id, place.building_id, place.unit_id, place.spot_id) == (None,) * 4
