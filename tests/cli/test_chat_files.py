"""A file asked for in the terminal is made before the terminal closes."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

from bot.files import FileStore
from tests.cli.command import Command


def test_a_ledger_asked_for_in_the_terminal_lies_where_it_says(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    zhuoluo("migrate")
    monkeypatch.setattr("sys.stdin", io.StringIO("西苑小区3号楼2单元楼道灯坏了一个星期\n1\n"))
    zhuoluo("chat")
    monkeypatch.setattr("sys.stdin", io.StringIO("台账\n要表格\n"))
    said = zhuoluo("chat", "--as", "secretary")
    assert said.code == 0, said.err
    assert "做好了" in said.out
    found = re.search(r"📄 (.+\.xlsx) /files/([A-Za-z0-9_-]{22})$", said.out, re.MULTILINE)
    assert found, said.out
    bytes_of_it = FileStore(folder / "var" / "documents", ".file").load(found[2])
    assert openpyxl.load_workbook(io.BytesIO(bytes_of_it)).sheetnames
