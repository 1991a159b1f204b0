"""The command line: clear sentences, exit codes as documented, no traceback for what a person can put right."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from tests.cli.command import Command

COMMANDS = [
    *("run", "migrate", "check-config", "chat", "import-places", "import-map", "invite", "end-role"),
    *("audit", "export", "ledger", "figures", "rehearse"),
    *("understand", "parse-address", "classify", "likeness", "train", "evaluate"),
]


def test_help_names_every_command_and_the_exit_codes(zhuoluo: Command) -> None:
    said = zhuoluo("--help")
    assert said.code == 0
    assert all(name in said.out for name in COMMANDS)
    assert "退出码" in said.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_in_chinese(zhuoluo: Command, name: str) -> None:
    said = zhuoluo(name, "--help")
    assert said.code == 0
    assert re.search("[\u4e00-\u9fff]{4}", said.out)


def test_check_config_shows_every_setting_and_no_secret(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.toml").write_text('[telegram]\nenabled = true\ntoken = "123456:canary"\n')
    monkeypatch.setenv("ZHUOLUO_DATABASE__URL", "postgresql://me:canary@db.example/zhuoluo")
    said = zhuoluo("check-config")
    assert said.code == 0
    assert "telegram.token = 已设置" in said.out
    assert "wechat.token = 未设置" in said.out
    assert "database.url = postgresql://me:***@db.example/zhuoluo" in said.out
    assert "canary" not in said.out + said.err


def test_wrong_settings_are_named_one_a_line(zhuoluo: Command, folder: Path) -> None:
    (folder / "wrong.toml").write_text('[telegram]\nmode = "pull"\n[server]\nprot = 1\n')
    said = zhuoluo("--config", "wrong.toml", "check-config")
    assert (said.code, said.out) == (2, "")
    assert [line.split(":")[0] for line in said.err.splitlines()] == ["server.prot", "telegram.mode"]


@pytest.mark.parametrize("arguments", [("audit",), ("export", "issues", "x.csv"), ("chat",)])
def test_a_database_that_is_not_there_yet_is_a_hint_not_a_traceback(
    zhuoluo: Command, arguments: tuple[str, ...]
) -> None:
    said = zhuoluo(*arguments)
    assert said.code == 2
    assert "zhuoluo migrate" in said.err


def test_a_database_that_is_away_has_a_code_of_its_own(zhuoluo: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHUOLUO_DATABASE__URL", "postgresql://me:canary@127.0.0.1:9/none")
    said = zhuoluo("migrate")
    assert said.code == 3
    assert "database.url" in said.err
    assert "canary" not in said.err


def test_a_file_that_is_no_database_is_said_so(zhuoluo: Command, folder: Path) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "zhuoluo.db").write_bytes(b"not a database" * 100)
    assert zhuoluo("migrate").code == 3


def test_migrating_twice_is_fine_and_demo_mode_brings_people(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    assert "示例社区" in zhuoluo("migrate").out
    again = zhuoluo("migrate")
    assert (again.code, "示例社区" in again.out) == (0, False)
    assert (zhuoluo("audit").code, zhuoluo("audit").out) == (0, "查账：没有问题。\n")


def test_the_template_is_imported_and_imported_again(zhuoluo: Command, migrated: str) -> None:
    assert zhuoluo("import-places", "--template", "样表.xlsx").code == 0
    first = zhuoluo("import-places", "样表.xlsx")
    assert first.code == 0
    assert re.search(r"新增 \d\d，更新 0，未变 0。", first.out)
    again = zhuoluo("import-places", "样表.xlsx")
    assert re.search(r"新增 0，更新 0，未变 \d\d。", again.out)


def test_a_list_with_bad_rows_is_not_imported_unless_in_part(zhuoluo: Command, folder: Path, migrated: str) -> None:
    good = "凤栖街道,兰宁社区,990101001001,LN,第一网格,西苑小区,3,2\n"
    (folder / "list.csv").write_text(
        "街道,社区,社区代码,编号前缀,网格,小区,楼号,单元\n" + good + good.replace(",3,2", ",,2"), "utf-8"
    )
    said = zhuoluo("import-places", "list.csv")
    assert said.code == 1
    assert "第 3 行：写了单元，没有写楼号" in said.err
    assert "什么也没有导入" in said.err
    assert _count(folder, "units") == 0
    partly = zhuoluo("import-places", "list.csv", "--partial")
    assert (partly.code, _count(folder, "units")) == (1, 1)


def test_a_list_that_is_not_there_is_said_so(zhuoluo: Command, migrated: str) -> None:
    assert (zhuoluo("import-places", "none.xlsx").code, zhuoluo("import-places").code) == (2, 2)


def test_an_invitation_has_a_code_links_and_a_picture(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    zhuoluo("migrate")
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "false")
    monkeypatch.setenv("ZHUOLUO_TELEGRAM__USERNAME", "zhuoluo_bot")
    said = zhuoluo("invite", "--role", "steward", "--scope", "西苑/2号楼/1单元", "--qr", "code.png")
    assert said.code == 0, said.err
    code = re.search(r"^  (ZL[A-Z2-7]{26})$", said.out, re.MULTILINE)
    assert code
    assert f"https://t.me/zhuoluo_bot?start={code[1]}" in said.out
    assert f"http://127.0.0.1:8000/chat#invite={code[1]}" in said.out
    assert "西苑小区2号楼1单元" in said.out
    assert "确认" in said.out
    with Image.open(folder / "code.png") as picture:
        assert picture.size[0] > 200
    assert code[1].encode() not in (folder / "var" / "zhuoluo.db").read_bytes()


@pytest.mark.parametrize(
    ("role", "scope", "said"),
    [
        ("king", "西苑小区", "steward 红管家"),
        ("steward", "西院小区/3号楼", "西苑小区"),
        ("steward", "兰宁社区", "单元"),
        ("网格书记", "兰宁第三网格", "兰宁第一网格"),
    ],
)
def test_an_invitation_for_nothing_offers_what_there_is(
    zhuoluo: Command, monkeypatch: pytest.MonkeyPatch, role: str, scope: str, said: str
) -> None:
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    zhuoluo("migrate")
    refused = zhuoluo("invite", "--role", role, "--scope", scope)
    assert refused.code == 2
    assert said in refused.err


def test_a_resident_talks_in_the_terminal_and_the_books_show_it(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    zhuoluo("migrate")
    monkeypatch.setattr("sys.stdin", io.StringIO("西苑小区3号楼2单元楼道灯坏了一个星期了，电话13912345678\n1\n"))
    said = zhuoluo("chat")
    assert said.code == 0, said.err
    number = re.search(r"LN-\d{4}-0001", said.out)
    assert number, said.out
    monkeypatch.setattr("sys.stdin", io.StringIO("我的任务\n"))
    steward = zhuoluo("chat", "--as", "steward")
    assert number[0] in steward.out
    assert zhuoluo("audit").code == 0
    for name in ("issues", "reports", "history", "notices"):
        for kind in ("xlsx", "csv", "jsonl"):
            assert zhuoluo("export", name, f"{name}.{kind}").code == 0
    (report,) = [json.loads(line) for line in (folder / "reports.jsonl").read_text("utf-8").splitlines()]
    assert report["words"].endswith("电话***")
    sheet = openpyxl.load_workbook(folder / "issues.xlsx").worksheets[0]
    assert (sheet["A1"].value, sheet["A2"].value) == ("编号", number[0])


def test_nobody_plays_a_steward_where_there_is_no_sample(zhuoluo: Command, migrated: str) -> None:
    assert zhuoluo("chat", "--as", "steward").code == 2
    assert zhuoluo("chat", "--as", "king").code == 2


def test_an_export_that_cannot_be_is_refused(zhuoluo: Command, migrated: str) -> None:
    assert "issues" in zhuoluo("export", "people", "x.csv").err
    assert ".jsonl" in zhuoluo("export", "issues", "x.pdf").err
    assert zhuoluo("export", "issues", "nowhere/x.csv").code == 2


def _count(folder: Path, table: str) -> int:
    connection = sqlite3.connect(folder / "var" / "zhuoluo.db")
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        connection.close()
