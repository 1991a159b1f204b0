"""Tables that strangers made: read by a child process, never beyond its limits."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from bot.errors import Unusable
from bot.place_table import read_places
from bot.reading import MAX_BYTES, TableRefused, read_table

HEAD = "街道,社区,社区代码,编号前缀,网格,小区,楼号,单元,房间\n"
ROW = "凤栖街道,兰宁社区,640104003012,LN,第一网格,西苑小区,3,2,101-103、201\n"


def _refusal(file: Path) -> str:
    with pytest.raises(TableRefused) as refused:
        read_table(file)
    return refused.value.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_of_excel_and_wps(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(HEAD + "\n" + ROW, encoding)
    rows, bad = read_places(file)
    assert bad == []
    assert [(r.line, r.community, r.rooms) for r in rows] == [(3, "兰宁社区", ("101", "102", "103", "201"))]


def test_an_xlsx_is_read_with_numbers_as_people_see_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(HEAD.strip().split(","))
    book.worksheets[0].append(["凤栖街道", "兰宁社区", 640104003012, "LN", "第一网格", "西苑小区", 3.0, 2, 101])
    book.save(tmp_path / "list.xlsx")
    (row,), _ = read_places(tmp_path / "list.xlsx")
    assert (row.code, row.building, row.unit, row.rooms) == ("640104003012", "3", "2", ("101",))


def test_english_heads_will_do(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Street,Community,Code,Prefix\na,b,640104003012,LN\n")
    (row,), _ = read_places(tmp_path / "list.csv")
    assert (row.street, row.code) == ("a", "640104003012")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("社区,小区\na,b\n", "街道"),
        ("街道,社区,门牌\na,b,c\n", "门牌"),
        ("街道,社区,社区名称\na,b,c\n", "社区名称"),
        ("街道,社区\n", "没有内容"),
        ("", "没有内容"),
    ],
)
def test_a_table_without_the_right_columns_is_refused(tmp_path: Path, words: str, said: str) -> None:
    (tmp_path / "list.csv").write_text(words, "utf-8")
    with pytest.raises(Unusable, match=said):
        read_places(tmp_path / "list.csv")


def test_rooms_and_kinds_that_cannot_be_read_are_bad_rows(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "街道,社区,房间,单位类型\na,b,104-101,\na,b,1-99999,\na,b,??,\na,b,,魔法部\n", "utf-8"
    )
    rows, bad = read_places(tmp_path / "list.csv")
    assert rows == []
    assert [(b.line, b.reason) for b in bad] == [
        (2, "rooms_malformed"),
        (3, "rooms_malformed"),
        (4, "rooms_malformed"),
        (5, "kind_unknown"),
    ]


def test_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text(HEAD + ROW * 10_001, "utf-8")
    assert _refusal(tmp_path / "long.csv") == "too_many_rows"
    (tmp_path / "big.csv").write_bytes(b"a" * (MAX_BYTES + 1))
    assert _refusal(tmp_path / "big.csv") == "too_big"


def test_a_spreadsheet_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (30 * 1024 * 1024))
    assert (tmp_path / "bomb.xlsx").stat().st_size < MAX_BYTES
    assert _refusal(tmp_path / "bomb.xlsx") == "too_big"


def test_a_workbook_whose_entities_explode_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "plain.xlsx")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><worksheet>&e11;</worksheet>'
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as packed:
        for name in plain.namelist():
            packed.writestr(name, bomb if name.endswith("sheet1.xml") else plain.read(name))
    assert _refusal(tmp_path / "bomb.xlsx") == "not_a_table"


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"PK\x03\x04broken", b"\xff\xfe\xff"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    (tmp_path / "x.pdf").write_bytes(content)
    assert _refusal(tmp_path / "x.xlsx") == "not_a_table"
    assert _refusal(tmp_path / "x.pdf") == "unknown_kind"
    assert _refusal(tmp_path / "none.csv") == "missing"
