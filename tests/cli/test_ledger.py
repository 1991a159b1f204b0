"""``zhuoluo ledger``: counts, lines, a file; and a clear word where something is not there."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from tests.cli.command import Command

SENTENCE = "西苑小区3号楼2单元楼道灯坏了一个星期\n1\n"


@pytest.fixture
def told(zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The sample community, in which somebody has told of a broken lamp."""
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    zhuoluo("migrate")
    monkeypatch.setattr("sys.stdin", io.StringIO(SENTENCE))
    assert zhuoluo("chat").code == 0
    return zhuoluo


def test_without_a_kind_it_counts(told: Command) -> None:
    said = told("ledger")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        *("在办 1 件", "超期 0 件", "快到期 0 件", "没人受理 0 件", "等补充 0 件"),
        *("挂账 0 件", "退过单 0 件", "重办 0 件", "办结没通知到 0 件"),
    ]


@pytest.mark.parametrize("kind", ["open", "在办"])
def test_with_a_kind_it_lists(told: Command, kind: str) -> None:
    said = told("ledger", kind, "--community", "兰宁社区")
    assert said.code == 0, said.err
    first, second, last = said.out.splitlines()
    assert first.endswith("【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期")
    assert second.startswith("　已收到，红管家（西苑小区3号楼2单元），")
    assert last == "在办 1 件"
    assert told("ledger", kind, "--grid", "兰宁第二网格").out == "在办 0 件\n"


def test_a_file_has_a_sheet_for_each_ledger(told: Command, folder: Path) -> None:
    said = told("ledger", "--xlsx", "all.xlsx")
    assert (said.code, said.out) == (0, "已写到 all.xlsx。\n"), said.err
    assert len(openpyxl.load_workbook(folder / "all.xlsx").sheetnames) == 9
    assert told("ledger", "overdue", "--xlsx", "red.xlsx").code == 0
    assert openpyxl.load_workbook(folder / "red.xlsx").sheetnames == ["超期"]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("nothing",), "overdue 超期"),
        (("--community", "没有社区"), "兰宁社区"),
        (("--grid", "没有网格"), "兰宁第一网格"),
        (("--xlsx", "all.pdf"), ".xlsx"),
        (("--xlsx", "nowhere/all.xlsx"), "nowhere/all.xlsx"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(told: Command, arguments: tuple[str, ...], hint: str) -> None:
    said = told("ledger", *arguments)
    assert (said.code, said.out) == (2, "")
    assert hint in said.err
