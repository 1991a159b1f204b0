"""Exported tables: nobody's name or number, and nothing a spreadsheet would obey."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy.orm import Session

from bot.export_file import safe_cell, write_table
from services.export import TABLES

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\n=1", "\ufeff=1"]


@pytest.mark.parametrize("words", FORMULAS)
def test_a_formula_is_words(words: str) -> None:
    assert safe_cell(words) == "'" + words


@pytest.mark.parametrize("words", ["灯坏了", "3号楼", "a=b", "", "1-2"])
def test_words_stay_as_they_are(words: str) -> None:
    assert safe_cell(words) == words


def test_what_no_file_can_hold_is_left_out() -> None:
    assert safe_cell("灯\x00坏\x0b了\ud800") == "灯坏了"


def test_files_hold_formulas_as_text(tmp_path: Path) -> None:
    rows = [{"summary": words, "count": 3} for words in FORMULAS]
    assert write_table(tmp_path / "t.xlsx", rows, timezone="Asia/Shanghai") == len(FORMULAS)
    write_table(tmp_path / "t.csv", rows, timezone="Asia/Shanghai")
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        assert all(row[0].startswith("'") and row[1] == "3" for row in list(csv.reader(file))[1:])


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_can_be_asked_for_when_empty(session: Session, name: str) -> None:
    assert list(TABLES[name](session)) == []
