"""Address lines are cut into estate, building, unit, floor and room, with no list of estates."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.address.spans import LONGEST, parse
from understanding.evaluation.addresses import evaluate
from understanding.evaluation.report import Score

BEFORE = ["", "新月省", "新月市东岭区", "新月省新月市东岭区柳河街道", "东岭县柳河镇长虹路128号", "柳河街道长虹路"]
ESTATES = ["和谐花园", "西苑小区", "松涛雅苑", "金桂公寓", "阳光家园", "云杉花园"]
HOUSES = ["号楼", "幢", "栋", "座", "#楼"]


def pieces(text: str) -> list[tuple[str, str]]:
    return [(label, text[start:end]) for label, start, end in parse(text)]


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """An address line with words behind its numbers, and its pieces."""
    number = st.integers(1, 30)
    estate = ("poi", draw(st.sampled_from(ESTATES)))
    house = ("houseno", f"{draw(number)}{draw(st.sampled_from(HOUSES))}")
    cell = ("cellno", f"{draw(number | st.sampled_from('一二三'))}单元")
    floor = ("floorno", f"{draw(number | st.sampled_from('一二三四五'))}{draw(st.sampled_from('楼层'))}")
    room = ("roomno", f"{draw(st.integers(101, 3404))}{draw(st.sampled_from(['', '室', '号', '房']))}")
    kept = [piece for piece in (cell, floor, room) if draw(st.booleans())]
    if house[1].endswith("#楼") and kept[:1] == [room]:
        kept = [cell, *kept]
    rest = [estate, house, *kept]
    return draw(st.sampled_from(BEFORE)) + "".join(written for _, written in rest), rest


@given(lines())
def test_an_address_with_its_words_is_cut_at_every_word(line: tuple[str, list[tuple[str, str]]]) -> None:
    text, expected = line
    assert pieces(text) == expected


@given(
    st.sampled_from(BEFORE),
    st.sampled_from(ESTATES),
    st.integers(1, 60),
    st.integers(1, 12),
    st.integers(101, 3404),
    st.sampled_from(["", "室"]),
)
def test_three_numbers_with_dashes_are_building_unit_and_room(
    before: str, estate: str, house: int, cell: int, room: int, word: str
) -> None:
    assert pieces(f"{before}{estate}{house}-{cell}-{room}{word}") == [
        ("poi", estate),
        ("houseno", str(house)),
        ("cellno", str(cell)),
        ("roomno", f"{room}{word}"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("和谐花园3-1203", [("poi", "和谐花园"), ("houseno", "3"), ("roomno", "1203")]),
        ("和谐花园3-2", [("poi", "和谐花园"), ("houseno", "3"), ("cellno", "2")]),
        ("和谐花园3幢2-501", [("poi", "和谐花园"), ("houseno", "3幢"), ("cellno", "2"), ("roomno", "501")]),
        ("和谐花园八幢", [("poi", "和谐花园"), ("houseno", "八幢")]),
        ("和谐花园3幢12号", [("poi", "和谐花园"), ("houseno", "3幢"), ("cellno", "12号")]),
        ("和谐花园3幢112号", [("poi", "和谐花园"), ("houseno", "3幢"), ("roomno", "112号")]),
        ("和谐花园125号", [("poi", "和谐花园"), ("houseno", "125号")]),
        ("长虹路125号", []),
        ("长虹路125号3幢", [("houseno", "3幢")]),
        ("长虹路123-125号", []),
        ("长虹路82-11号", [("houseno", "11号")]),
        ("长虹路128号云帆大厦C座14楼", [("poi", "云帆大厦"), ("houseno", "C座"), ("floorno", "14楼")]),
        ("云帆大厦801-805", [("poi", "云帆大厦"), ("roomno", "801-805")]),
        ("云帆大厦负一楼", [("poi", "云帆大厦"), ("floorno", "负一楼")]),
        ("云帆大厦15F", [("poi", "云帆大厦"), ("floorno", "15F")]),
        ("和谐花园二期3幢", [("poi", "和谐花园"), ("houseno", "3幢")]),
        ("和谐花园A区3幢", [("poi", "和谐花园A区"), ("houseno", "3幢")]),
        ("金桂公寓３号楼５０１室", [("poi", "金桂公寓"), ("houseno", "３号楼"), ("roomno", "５０１室")]),
        ("东岭县三河镇", []),
        ("和谐花园3幢501室电联", [("poi", "和谐花园"), ("houseno", "3幢"), ("roomno", "501室")]),
        ("", []),
        ("2", [("houseno", "2")]),
    ],
)
def test_usual_lines_are_cut_as_people_mean_them(text: str, expected: list[tuple[str, str]]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("云帆大厦A1203", [("poi", "云帆大厦"), ("houseno", "A"), ("roomno", "1203")]),
        ("云帆市场A1203", [("poi", "云帆市场"), ("roomno", "A1203")]),
        ("云帆大厦C座A1203", [("poi", "云帆大厦"), ("houseno", "C座"), ("roomno", "A1203")]),
        ("云帆大厦B12楼", [("poi", "云帆大厦"), ("houseno", "B"), ("floorno", "12楼")]),
        ("和谐花园52楼3单元501", [("poi", "和谐花园"), ("houseno", "52楼"), ("cellno", "3单元"), ("roomno", "501")]),
        ("和谐花园52楼501", [("poi", "和谐花园"), ("floorno", "52楼"), ("roomno", "501")]),
        ("云帆大厦C座1506九楼", [("poi", "云帆大厦"), ("houseno", "C座"), ("roomno", "1506"), ("floorno", "九楼")]),
        ("长虹路125号南幢", [("poi", "南幢")]),
        ("和谐花园南幢", [("poi", "和谐花园"), ("houseno", "南幢")]),
        ("长虹路125号-8店面", [("roomno", "8")]),
        ("柳河镇东山头13号商铺", [("poi", "东山头"), ("roomno", "13号")]),
        ("云帆商贸城12街B2034", [("poi", "云帆商贸城"), ("cellno", "12街"), ("roomno", "B2034")]),
        ("云帆商贸城三楼B20345", [("poi", "云帆商贸城"), ("floorno", "三楼"), ("roomno", "B20345")]),
        ("柳河镇东山头106", [("poi", "东山头")]),
        ("柳河镇东山头1106", [("poi", "东山头"), ("roomno", "1106")]),
        ("柳河镇新21世纪大楼", [("poi", "新21世纪大楼")]),
        ("和谐花园3幢和谐花园-5幢", [("poi", "和谐花园"), ("houseno", "3幢")]),
        ("和谐花园3幢和谐花园-5幢501", [("poi", "和谐花园"), ("houseno", "5幢"), ("roomno", "501")]),
    ],
)
def test_what_a_number_counts_is_told_by_what_stands_around_it(text: str, expected: list[tuple[str, str]]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    ("text", "estate"),
    [
        ("东岭县柳河镇云杉工业区长虹路47号", "云杉工业区"),
        ("东岭县经济开发区云杉花园3幢", "云杉花园"),
        ("柳河街道东山社区云杉花园3幢", "云杉花园"),
        ("柳河镇东山村八组云杉桥", "云杉桥"),
        ("长虹路与柳河街交叉口西北角200米云杉花园", "云杉花园"),
        ("长虹路云杉中学隔壁", "云杉中学"),
        ("柳河镇云杉小镇3号楼", "云杉小镇"),
        ("东岭县云杉城市广场八楼", "云杉城市广场"),
        ("柳河镇柳河村12幢", "柳河村"),
        ("长虹路铁路宿舍3幢", "铁路宿舍"),
        ("云杉花园二区3幢", "云杉花园"),
    ],
)
def test_an_estate_is_named_without_what_only_leads_to_it(text: str, estate: str) -> None:
    assert [name for label, name in pieces(text) if label == "poi"] == [estate]


@given(st.text() | st.text("0123456789-号楼幢单元室路弄村区一二AB座# ", max_size=60))
def test_any_line_gives_spans_within_it_that_do_not_overlap(text: str) -> None:
    spans = parse(text)
    assert all(0 <= start < end <= min(len(text), LONGEST) for _, start, end in spans)
    assert all(one[2] <= other[1] for one, other in pairwise(spans))


@pytest.mark.parametrize("piece", ["1", "1-", "-", "一", "路", "村", "市区", "3幢", "A1", "号"])
def test_a_hostile_line_is_read_as_far_as_lines_go(piece: str) -> None:
    assert all(end <= LONGEST for _, _, end in parse(piece * 10_000))


def test_a_file_of_labelled_lines_is_scored_label_by_label(tmp_path: Path) -> None:
    whole = [["poi", 0, 4], ["houseno", 4, 6], ["cellno", 6, 9], ["roomno", 9, 13]]
    rows = [
        {"text": "和谐花园3幢2单元501室", "spans": whole},
        {"text": "长虹路128号5楼", "spans": [["road", 0, 3], ["roadno", 3, 7], ["roomno", 7, 9]]},
    ]
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
    report = evaluate(path)
    assert (report.kind, report.rows) == ("addresses", 2)
    assert report.scores == (
        Score("houseno F1", 1.0, 1, 1),
        Score("cellno F1", 1.0, 1, 1),
        Score("floorno F1", 0.0, 0, 0),
        Score("roomno F1", 2 / 3, 1, 2),
        Score("poi F1", 1.0, 1, 1),
    )
    assert report.confusion[("roomno", "floorno")] == 1
    assert [(each.expected, each.got) for each in report.mistakes] == [("roomno:5楼", "floorno:5楼")]
    assert evaluate(path, limit=1).rows == 1
