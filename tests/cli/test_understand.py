"""``zhuoluo understand``, ``parse-address``, ``classify``, ``likeness``: JSON for whatever the lines hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from bot.json_lines import as_line, given
from tests.cli.command import Command
from tests.cli.lines import Lines, feed

HOSTILE = [
    b"",
    b"   ",
    b"\xff\xfe\x00 broken bytes",
    b'{"text": broken',
    b"{" * 5000,
    b'{"text": ' + b"[" * 100_000,
    b'{"text": 3}',
    b"[1, 2]",
    b'{"text": "\\ud800 half a pair \\u2028 and \\u0085 ends"}',
    "西苑小区3号楼2单元楼道灯坏了，".encode() * 700,
    "😀🎉".encode() * 50,
    "لامپ راهرو خراب است ئەسسالامۇ".encode(),
    b"\x0b\x0c\x1c\x1d",
    b'{"text": "x", "location": [1e999, NaN], "home": {}}',
]
LISTED = "街道,社区,社区代码,编号前缀,网格,小区,别名,楼号,单元\n"
HOUSES = "凤栖街道,兰宁社区,990101001001,LN,第一网格,西苑小区,西苑、老西苑,3号楼,2\n"


def place_of(answer: dict[str, Any]) -> tuple[object, ...]:
    """As written, and the first candidate as found."""
    place = answer["place"]
    written = tuple(place[part] for part in ("compound", "building", "unit", "floor", "room"))
    found = [tuple(each[part] for part in ("compound", "building", "unit", "room")) for each in place["resolved"]]
    return (written, *found[:1])


def test_a_sentence_gets_its_category_its_nature_and_its_place(lines: Lines, folder: Path) -> None:
    (folder / "places.txt").write_text("西苑小区,西苑\n", "utf-8")
    (answer,) = lines("西苑3栋二单元501门口的楼道灯坏了，没人修\n", "understand", "--places", "places.txt")
    assert (answer["category"], answer["urgent"], answer["danger"]) == ("lighting", False, None)
    assert answer["nature"] in {"ask", "help", "complaint", "report", "suggest"}
    assert place_of(answer) == (("西苑", "3栋", "二单元", "", "501"), ("西苑小区", "3", "2", "501"))
    assert answer["place"]["resolved"][0]["ids"] == {"compound": 1, "building": None, "unit": None, "spot": None}
    assert "楼道灯" in next(each["words"] for each in answer["reasons"] if each["about"] == "category")
    assert 0 < answer["ms"] < 60_000
    assert {"matters", "reasons"} <= answer.keys()


@pytest.mark.parametrize("command", ["understand", "parse-address", "classify"])
def test_every_line_is_answered_by_one_object_in_its_place(lines: Lines, command: str) -> None:
    ends = [b"\n", b"\r\n"]
    data = b"".join(line + ends[number % 2] for number, line in enumerate(HOSTILE)) + "楼道灯坏了".encode()
    answers = lines(data, command)
    assert len(answers) == len(HOSTILE) + 1
    assert [number for number, answer in enumerate(answers) if "error" in answer] == (
        [6, 13] if command == "understand" else [6]
    )
    keys = [answer.keys() - {"error"} for answer in answers]
    assert all(each == keys[0] for each in keys)
    (alone,) = lines("楼道灯坏了", command)
    assert answers[-1] | {"ms": 0} == alone | {"ms": 0}


@pytest.mark.parametrize("command", ["understand", "parse-address", "classify"])
def test_nothing_in_is_nothing_out(lines: Lines, command: str) -> None:
    assert lines("", command) == []


def test_an_address_is_cut_the_same_as_words_and_as_json(lines: Lines) -> None:
    cut = {"spans": [["poi", 0, 4], ["houseno", 4, 6], ["cellno", 6, 9], ["roomno", 9, 12]]}
    address = "西苑小区3栋2单元501"
    data = f'\ufeff{address}\r\n{{"text": "{address}"}}\n{{"title": "{address}", "spans": []}}\n\n'
    assert lines(data, "parse-address") == [cut, cut, cut, {"spans": []}]


def test_a_home_in_words_and_a_pin_say_where(lines: Lines, folder: Path) -> None:
    (folder / "places.csv").write_text(LISTED + HOUSES, "utf-8")
    ask = [
        {"text": "我们单元的灯坏了", "home": "西苑小区3号楼2单元501"},
        {"text": "我们单元的灯坏了", "home": "西苑小区8号楼1单元", "location": [36.06, 103.83]},
        {"text": "我们单元的灯坏了", "home": "", "location": {"latitude": 36.06, "longitude": 103.83}},
    ]
    data = "\n".join(json.dumps(each, ensure_ascii=False) for each in ask)
    known, unknown, nowhere = lines(data, "understand", "--places", "places.csv")
    assert place_of(known)[1][:3] == ("西苑小区", "3", "2")
    assert None not in list(known["place"]["resolved"][0]["ids"].values())[:3]
    assert place_of(unknown)[1][:3] == ("西苑小区", "8", "1")
    assert list(unknown["place"]["resolved"][0]["ids"].values())[1:] == [None, None, None]
    assert "error" not in nowhere


@pytest.mark.parametrize(
    ("home", "location", "told"),
    [
        ("桃花苑1号楼", None, "桃花苑1号楼"),
        (["西苑"], None, "home"),
        (None, [103.83, 36.06], "location"),
        (None, [True, 1], "location"),
        (None, "36.06,103.83", "location"),
        (None, [36.06], "location"),
    ],
)
def test_a_home_or_a_pin_that_cannot_be_read_is_told_and_left_out(
    lines: Lines, folder: Path, home: object, location: object, told: str
) -> None:
    (folder / "places.csv").write_text(LISTED + HOUSES, "utf-8")
    ask = json.dumps({"text": "楼道灯坏了", "home": home, "location": location})
    (answer,) = lines(ask, "understand", "--places", "places.csv")
    assert told in answer["error"]
    assert answer["category"] == "lighting"


def test_without_a_database_none_is_made(lines: Lines, folder: Path) -> None:
    (answer,) = lines("西苑小区3栋灯坏了", "understand")
    assert place_of(answer) == (("西苑小区", "3栋", "", "", ""),)
    assert list(folder.iterdir()) == []


def test_the_places_of_the_database_are_known(lines: Lines, zhuoluo: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    zhuoluo("migrate")
    (answer,) = lines("西苑3号楼2单元楼道灯坏了", "understand")
    assert place_of(answer)[1] == ("西苑小区", "3", "2", None)
    assert None not in list(answer["place"]["resolved"][0]["ids"].values())[:3]


def test_a_database_that_was_not_migrated_is_told_and_left_alone(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "zhuoluo.db").touch()
    feed(monkeypatch, "西苑小区灯坏了")
    said = zhuoluo("understand")
    assert (said.code, json.loads(said.out)["place"]["resolved"]) == (0, [])
    assert "zhuoluo migrate" in said.err


def test_who_types_is_told_what_to_type(zhuoluo: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, "西苑小区3栋\n", terminal=True)
    said = zhuoluo("parse-address")
    assert (said.code, len(said.out.splitlines()), len(said.err.splitlines())) == (0, 1, 1)
    assert "Ctrl+D" in said.err


@pytest.mark.parametrize("command", ["understand", "classify"])
def test_a_file_that_is_no_model_is_said_so(zhuoluo: Command, folder: Path, command: str) -> None:
    (folder / "no.model").write_bytes(b"PK")
    assert [zhuoluo(command, "--model", name).code for name in ("no.model", "none.model", ".")] == [2, 2, 2]


@examples(st.dictionaries(st.text(), st.text() | st.lists(st.text()), max_size=4))
def test_an_answer_is_one_line_of_utf_8_whatever_it_holds(answer: dict[str, Any]) -> None:
    written = as_line(answer).decode("utf-8")
    assert len(written.splitlines()) == 1
    assert len(json.loads(written)) <= len(answer)


@examples(st.text() | st.text(alphabet='{}[]":,text0 \ud800'))
def test_any_line_is_read_as_words_or_as_an_object(line: str) -> None:
    asked = given(line)
    assert isinstance(asked.words, str)
    assert bool(asked.fault) <= line.lstrip().startswith("{")


def tellings(folder: Path, *rows: object) -> None:
    (folder / "told.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")


def telling(id_: object, words: str, *, at: str = "2026-03-01 08:00:00") -> dict[str, object]:
    return {"id": id_, "raiser": f"r{id_}", "at": at, "title": words, "detail": f"{words}，已经好几天了，请尽快处理。"}


def test_ids_come_back_as_they_were_given(zhuoluo: Command, folder: Path) -> None:
    pump = "锦绣豪庭二期小区水泵房整夜轰鸣扰民"
    tellings(folder, telling(7, pump), telling("k8", pump), telling(9, "凤栖路的公交车总不来"))
    said = zhuoluo("likeness", "told.jsonl", "--json")
    found = json.loads(said.out)
    assert (said.code, len(said.out.splitlines())) == (0, 1)
    assert found["groups"] == [[7, "k8"]]
    assert [pair[:2] for pair in found["pairs"]] == [[7, "k8"]]
    shown = zhuoluo("likeness", "told.jsonl").out
    assert "3 条里有 1 组" in shown
    assert shown.count(pump) == 2


def test_a_file_of_nothing_has_no_groups(zhuoluo: Command, folder: Path) -> None:
    (folder / "told.jsonl").write_text("\n", "utf-8")
    assert zhuoluo("likeness", "told.jsonl", "--json").out == '{"pairs": [], "groups": []}\n'


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ([], "不是完好的 JSON"),
        (telling(1, "灯坏了"), "前面已经有了"),
        ({"title": "灯坏了"}, "没有 id"),
        ({"id": 2}, "没有 title"),
        (telling(2, "灯坏了", at="昨天"), "不是时间"),
    ],
)
def test_a_bad_telling_is_named_with_its_line(zhuoluo: Command, folder: Path, row: object, why: str) -> None:
    tellings(folder, telling(1, "灯坏了"), row)
    said = zhuoluo("likeness", "told.jsonl")
    assert (said.code, said.out) == (2, "")
    assert "told.jsonl 第 2 行" in said.err
    assert why in said.err


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_tellings_that_cannot_be_opened_are_said_so(zhuoluo: Command, folder: Path, content: bytes | None) -> None:
    if content is not None:
        (folder / "told.jsonl").write_bytes(content)
    assert zhuoluo("likeness", "told.jsonl", "--json").code == 2


@pytest.mark.parametrize("name", ["understand", "parse-address", "classify", "likeness", "train", "evaluate"])
def test_the_help_shows_how_it_is_typed(zhuoluo: Command, name: str) -> None:
    said = zhuoluo(name, "--help")
    assert said.code == 0
    assert f"zhuoluo {name}" in said.out.partition("例子")[2]
    assert "…│" not in said.out.replace(" ", "")  # nothing is cut off
    assert '"groups": [[id,' in said.out or name != "likeness"
    assert "看懂一句话" in zhuoluo("--help").out


def test_the_program_starts_without_what_only_training_needs() -> None:
    heavy = "{'sklearn', 'scipy', 'understanding.category.training'}"
    asked = f"import sys, bot.__main__; print({heavy} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
