"""``--places FILE``: the lists people have, from an import list to one name a line."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from bot.errors import Unusable
from bot.places_given import places_of_file
from understanding import find_place

WRITTEN = {
    "commas.txt": "西苑小区,西苑,老西苑\n桃花苑\n",
    "chinese.txt": "西苑小区，西苑、老西苑\n桃花苑\n",
    "colon.txt": "# 名单\n西苑小区：西苑、老西苑\n\n桃花苑：\n",
    "equals.txt": "西苑小区 = 西苑 | 老西苑\n桃花苑\n",
    "tabs.tsv": "西苑小区\t西苑\t老西苑\r\n桃花苑\r\n",
    "semicolons.csv": "西苑小区;西苑;老西苑\n桃花苑\n",
    "head.csv": "序号,小区名称,别名,城市\n1,西苑小区,西苑、老西苑,临江市\n2,桃花苑,,临江市\n",
    "english.csv": 'name,alias\n西苑小区,"西苑,老西苑"\n桃花苑,\n',
    "twice.txt": "西苑小区,西苑\n桃花苑\n西苑小区,老西苑,西苑小区\n",
    "lines.jsonl": '{"name": "西苑小区", "aliases": ["西苑", "老西苑"]}\n\n{"name": "桃花苑"}\n',
    "text.jsonl": '{"name": "西苑小区", "aliases": "西苑、老西苑"}\n"桃花苑"\n',
    "list.json": '[\n {"name": "西苑小区", "aliases": ["西苑", "老西苑"]},\n ["桃花苑"]\n]\n',
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_of_names_is_read_however_it_is_written(tmp_path: Path, name: str, encoding: str) -> None:
    (tmp_path / name).write_text(WRITTEN[name], encoding, newline="")
    known = places_of_file(tmp_path / name)
    assert sorted(known.compounds.values()) == ["桃花苑", "西苑小区"]
    found = [find_place(f"{said}3栋灯坏了", known.gazetteer) for said in ("西苑", "老西苑", "桃花苑")]
    assert [known.compounds.get(place.compound_id or 0) for place in found] == ["西苑小区", "西苑小区", "桃花苑"]


def test_a_sheet_of_names_is_a_plain_list(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["小区", "别名"], ["西苑小区", "西苑、老西苑"], ["桃花苑", None]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "names.xlsx")
    known = places_of_file(tmp_path / "names.xlsx")
    assert list(known.compounds.values()) == ["西苑小区", "桃花苑"]
    assert find_place("老西苑停水", known.gazetteer).compound_id == 1


def test_an_import_list_brings_buildings_units_and_spots(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "街道,社区,小区,别名,楼号,单元,场所\n"
        "凤栖街道,兰宁社区,西苑小区,西苑,3号楼,二单元,\n"
        "凤栖街道,兰宁社区,西苑小区,,,,北门广场\n"
        "凤栖街道,河东社区,西苑小区,,8,1,\n"
        "凤栖街道,河东社区,,,,,\n",
        "utf-8",
    )
    known = places_of_file(tmp_path / "list.csv")
    assert list(known.compounds.values()) == ["西苑小区", "西苑小区"]
    assert (list(known.buildings.values()), list(known.units.values())) == (["3", "8"], ["2", "1"])
    assert list(known.spots.values()) == ["北门广场"]
    place = find_place("西苑小区八栋一单元停电", known.gazetteer)
    assert (known.buildings[place.building_id or 0], known.units[place.unit_id or 0]) == ("8", "1")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("none.txt", None, "没有找到"),
        ("empty.txt", b"# \xe5\xb0\x8f\n\n", "没有小区"),
        ("broken.jsonl", '{"name": "西苑小区"}\n{"name": 3}'.encode(), "第 2 条"),
        ("broken2.jsonl", '{"name": "西苑小区"}\n{"name'.encode(), "第 2 条"),
        ("bytes.txt", b"\xff\xff\x80", "编码"),
        ("table.csv", "社区,小区,楼号\n兰宁社区,西苑小区,3\n".encode(), "街道"),
        ("rooms.csv", "街道,社区,小区,楼号,房号\n凤栖街道,兰宁社区,西苑小区,3,101-\n".encode(), "第 2 行"),
        ("no.xlsx", b"PK", "表格"),
        ("quotes.csv", ('name,alias\n西苑小区,"' + "x" * 200_000).encode(), "打不开"),
    ],
)
def test_a_list_that_cannot_be_read_is_said_so(tmp_path: Path, name: str, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Unusable, match=why):
        places_of_file(tmp_path / name)


def test_ten_thousand_names_are_read(tmp_path: Path) -> None:
    names = [{"name": f"锦绣{number}号院", "aliases": []} for number in range(10_000)]
    (tmp_path / "many.json").write_text(json.dumps(names), "utf-8")
    assert len(places_of_file(tmp_path / "many.json").compounds) == 10_000
