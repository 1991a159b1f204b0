"""Doors as residents write them, with no gazetteer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.understanding.doors import BUILDING_WORDS, Shape, counted, shapes
from understanding.address.doors import Door, Written, door_after, doors, together, whole
from understanding.numerals import number
from understanding.segment import plain


def read(text: str) -> list[Door]:
    return list(doors(plain(text)))


def numbers(text: str) -> list[tuple[str, str, str, str]]:
    return [door[:4] for door in read(text)]


BEFORE = st.sampled_from(["", "西苑小区", "您好,我住在", "反映一下:"])
AFTER = st.sampled_from(["", "漏水", ",没人管", "。"])


@given(shapes(), BEFORE, AFTER)
def test_a_door_in_any_shape_is_read_back_whole(shape: Shape, before: str, after: str) -> None:
    (door,) = read(before + shape.text + after)
    assert door[:4] == (shape.building, shape.unit, shape.floor, shape.room)
    assert door.written == tuple(map(plain, shape.pieces))
    assert door.span == (len(before), len(before) + len(shape.text))


@given(counted(2, 40), st.sampled_from("-/#"), counted(1, 9), st.integers(1, 33), st.sampled_from(BUILDING_WORDS))
def test_dashes_may_stand_for_the_words(
    building: tuple[str, str], mark: str, unit: tuple[str, str], floor: int, word: str
) -> None:
    room = f"{floor}02"
    expected = [(building[0], unit[0], "", room)]
    if mark == "-":
        assert numbers(f"{building[0]}-{unit[0]}-{room}") == expected
        assert numbers(f"{building[1]}{word}{unit[0]}-{room}室") == expected
    if mark == "#":
        assert numbers(f"{building[1]}#{unit[0]}-{room}漏水") == expected


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5, unique=True), st.sampled_from("、,和及/"))
def test_a_list_of_buildings_is_a_door_for_each(buildings: list[int], mark: str) -> None:
    expected = [(str(building), "", "", "") for building in buildings]
    assert numbers(mark.join(map(str, buildings)) + "栋没水") == expected
    assert numbers("、".join(f"{building}栋" for building in buildings) + "没水") == expected


@given(st.integers(1, 30), st.integers(1, 12), st.sampled_from("-~到至"), st.sampled_from(["号楼", "栋", "#楼"]))
def test_a_range_of_buildings_is_a_door_for_each(first: int, more: int, mark: str, word: str) -> None:
    text = f"{first}{mark}{first + more}{word}"
    assert numbers(text) == [(str(each), "", "", "") for each in range(first, first + more + 1)]
    assert {door.written.building for door in read(text)} == {text}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3#2-501", ("3", "2", "", "501")),
        ("3-2-501", ("3", "2", "", "501")),
        ("3幢2门501", ("3", "2", "", "501")),
        ("3座2梯501", ("3", "2", "", "501")),
        ("3-2楼道里堆满杂物", ("3", "2", "", "")),
        ("3-2单元没水", ("3", "2", "", "")),
        ("3楼2单元没水", ("3", "2", "", "")),
        ("3号2单元没水", ("3", "2", "", "")),
        ("3号101室没水", ("3", "", "", "101")),
        ("3-501室没水", ("3", "", "", "501")),
        ("3号楼西户", ("3", "", "", "西户")),
        ("3号楼道灯坏了", ("3", "", "", "")),
        ("12号院5号楼下水道堵了", ("5", "", "", "")),
        ("T9-1栋", ("T9-1", "", "", "")),
        ("五楼东户漏水", ("", "", "5", "东户")),
        ("负一楼积水", ("", "", "-1", "")),
        ("3楼灯坏了", ("", "", "3", "")),
        ("住12层", ("", "", "12", "")),
        ("二单元门坏了", ("", "2", "", "")),
        ("2门洞灯不亮", ("", "2", "", "")),
        ("6楼602漏水", ("", "", "6", "602")),
        ("我住3号楼,2单元,501。", ("3", "2", "", "501")),
        ("3号楼-1楼积水", ("3", "", "-1", "")),
        ("602的业主养狗", ("", "", "", "602")),
        ("501室漏水", ("", "", "", "501")),
        ("楼上501天天吵", ("", "", "", "501")),
        ("和谐小区A803养狗", ("", "", "", "A803")),
        ("云杉家园7-104开了麻将馆", ("7", "", "", "104")),
    ],
)
def test_every_usual_way_of_writing_a_door_is_understood(text: str, expected: tuple[str, str, str, str]) -> None:
    assert numbers(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "有3栋楼没暖气",
        "现有住房21栋",
        "拆了2栋,还剩几栋",
        "两栋之间路灯不亮",
        "前面盖了一座桥",
        "加油站22座",
        "12月5号楼道停电",
        "5号停水",
        "2023年12月3号",
        "共12层",
        "6层楼没电梯",
        "12层",
        "小区1200住户",
        "3楼以上水压低",
        "110kV变电站",
        "2室1厅",
        "幸福路259号",
        "2号门进不来",
        "物业费涨到3-5元",
        "每平米1.5元,共1200元",
        "电话13909511234",
        "0951-2012345没人接",
        "晚上10:30还在施工",
        "2026-11-27停电",
        "K207路公交",
    ],
)
def test_amounts_dates_and_numbers_of_other_things_are_no_doors(text: str) -> None:
    assert read(text) == []


@given(
    st.integers(1, 3000),
    st.sampled_from(["元", "个月", "天", "平米", "户", "年", "次", "万", "多人", "%", "米", "度", "路公交", "km"]),
    st.sampled_from(["交了", "已经", "一共", "大约", "小区里"]),
)
def test_no_amount_of_anything_is_a_door(value: int, measure: str, before: str) -> None:
    assert read(f"{before}{value}{measure}") == []


@given(st.text("0123456789-#、,号楼栋单元层室一二十东户座门梯第负 ", max_size=80))
def test_whatever_is_typed_the_doors_stand_in_order_and_are_written_there(text: str) -> None:
    read_doors = read(text)
    ends = [door.span for door in read_doors]
    assert ends == sorted(ends)
    for door in read_doors:
        assert any(door[:4])
        assert all(piece in plain(text)[slice(*door.span)] for piece in door.written)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ("3-501漏水", ("3", "", "", "501")),
        ("3-2漏水", ("3", "2", "", "")),
        ("的3栋", ("3", "", "", "")),
        ("二期3栋2单元", ("3", "2", "", "")),
        ("3号灯坏了", ("3", "", "", "")),
        ("三号2单元501", ("3", "2", "", "501")),
        ("A803养狗", ("", "", "", "A803")),
    ],
)
def test_right_behind_a_compound_shorter_forms_are_doors(behind: str, expected: tuple[str, str, str, str]) -> None:
    door = door_after("西苑" + behind, 2)
    assert door
    assert door[:4] == expected


@pytest.mark.parametrize("behind", ["3号上午停水", ",5号没水", "3-5元", "2-3天", "3号门", "2单元", "门口", ""])
def test_a_date_or_a_gate_behind_a_compound_is_no_building(behind: str) -> None:
    assert door_after("西苑" + behind, 2) is None


def test_a_bare_pair_is_a_whole_answer_only() -> None:
    assert whole(" 3-2 ") == Door("3", "2", "", "", (0, 5), Written("3", "2"))
    assert whole("3-501") == Door("3", "", "", "501", (0, 5), Written("3", "", "", "501"))
    assert whole("3-2不行") is None
    assert read("3-2") == []


def test_what_is_said_later_of_the_same_building_belongs_to_it() -> None:
    door = together(doors("3栋太吵了。5栋还好,3栋2单元501天天唱歌"))
    assert door
    assert door[:4] == ("3", "2", "", "501")
    assert together(doors("没有写在哪里")) is None


def test_units_of_one_building_are_doors_of_their_own() -> None:
    assert numbers("3栋1、2单元没水") == [("3", "1", "", ""), ("3", "2", "", "")]
    assert numbers("1-3单元没水") == [("", "1", "", ""), ("", "2", "", ""), ("", "3", "", "")]


@given(counted(1, 60), st.sampled_from(["号楼", "栋", "#楼"]))
def test_the_number_of_a_building_is_what_the_register_calls_it(building: tuple[str, str], word: str) -> None:
    assert number(building[1] + word) == building[0]


@pytest.mark.parametrize("piece", [*"1-一A第东负", "1-", "3栋", "1、", "3#", "12-3-", "3栋2单元", "1 "])
def test_a_hostile_text_is_read_like_any_other(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    assert len(read(text)) <= len(text)
    assert door_after(text, 0) is None or piece[0] in "A13一"
