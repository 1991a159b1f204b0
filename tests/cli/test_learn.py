"""``zhuoluo train`` and ``evaluate``: a model of one's own, and how well texts are understood."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from unicodedata import east_asian_width

import pytest

from tests.cli.command import Command
from tests.cli.lines import Lines, feed
from understanding.category.model import MAGIC

LIFT = ["电梯又停了", "电梯门关不上", "电梯坏了三天", "坐电梯被困过", "电梯抖得厉害", "电梯按键没反应"]
WASTE = ["垃圾没人清", "垃圾桶满了", "垃圾堆在门口发臭", "垃圾站太脏", "装修垃圾没运走", "垃圾分类点缺桶"]
ROWS = [*((words, "电梯") for words in LIFT), *((words, "垃圾") for words in WASTE)]


def write(file: Path, rows: list[tuple[str, str]], head: tuple[str, str] = ("text", "label")) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])


def jsonl(file: Path, *rows: object) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def width(line: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


def test_a_community_trains_a_model_and_asks_it(zhuoluo: Command, lines: Lines, folder: Path) -> None:
    write(folder / "lessons.csv", ROWS)
    said = zhuoluo("train", "lessons.csv", "--out", "own.model")
    assert (said.code, said.err) == (0, "正在训练，12 条\n")
    assert "12 条，2 个标签，写到 own.model" in said.out
    assert sorted(each.name for each in folder.iterdir()) == ["lessons.csv", "own.model"]
    answers = lines("我家电梯停了\n楼下垃圾没人管\n", "classify", "--model", "own.model")
    assert [answer["label"] for answer in answers] == ["电梯", "垃圾"]
    assert [answer.keys() for answer in answers] == [{"label", "confidence", "words"}] * 2
    assert all(0.5 < answer["confidence"] <= 1 for answer in answers)
    (whole,) = lines("我家电梯停了", "understand", "--model", "own.model")
    assert whole["category"] == "电梯"


def test_the_service_s_own_model_is_the_one_that_understands(
    zhuoluo: Command, lines: Lines, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "lessons.csv", ROWS)
    zhuoluo("train", "lessons.csv", "--out", "own.model")
    monkeypatch.setenv("ZHUOLUO_UNDERSTANDING__MODEL", "own.model")
    assert lines("我家电梯停了", "understand")[0]["category"] == "电梯"
    assert lines("我家电梯停了", "classify")[0]["label"] == "elevator"


def test_training_again_gives_the_same_file(zhuoluo: Command, folder: Path) -> None:
    write(folder / "lessons.csv", ROWS)
    written = []
    for _ in range(2):
        assert zhuoluo("train", "lessons.csv", "--out", "own.model").code == 0
        written.append((folder / "own.model").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "没有文本列"),
        ("words,label\n", "没有文本列"),
        ("text,answer\n", "没有标签列"),
        ('text,label\n"never closed,a\n', "引号"),
        ("text,label\n好\n", "第 2 条的列数不够"),
        ("text,label\n好,电梯\n坏,\n", "第 3 条没有文本或标签"),
        ("text,label\n" + "电梯停了,电梯\n" * 6, "至少要两种"),
        ("text,label\n" + "电梯停了,电梯\n" * 6 + "有味道,垃圾\n" * 4, "垃圾（4 条）"),
        (b"text,label\n\xff\xff\x80,a\n", "编码读不懂"),
        (None, "打不开"),
    ],
)
def test_what_cannot_be_learnt_from_is_said_and_the_old_model_stays(
    zhuoluo: Command, folder: Path, content: str | bytes | None, why: str
) -> None:
    old = MAGIC + b"an old one"
    (folder / "own.model").write_bytes(old)
    if content is not None:
        (folder / "bad.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    said = zhuoluo("train", "bad.csv", "--out", "own.model")
    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert "bad.csv" in said.err
    assert (folder / "own.model").read_bytes() == old


def test_labels_with_few_examples_can_be_left_out(zhuoluo: Command, folder: Path) -> None:
    write(folder / "lessons.csv", [*ROWS, ("有味道", "其他")])
    assert "其他（1 条）" in zhuoluo("train", "lessons.csv", "--out", "own.model").err
    said = zhuoluo("train", "lessons.csv", "--out", "own.model", "--skip-rare")
    assert (said.code, "其他（1 条）" in said.err, "12 条，2 个标签" in said.out) == (0, True, True)


def test_only_a_model_is_ever_overwritten(zhuoluo: Command, folder: Path) -> None:
    write(folder / "lessons.csv", ROWS)
    (folder / "letter.docx").write_bytes(b"a letter")
    (folder / "empty").touch()
    before = (folder / "lessons.csv").read_bytes()
    codes = [
        zhuoluo("train", "lessons.csv", "--out", out).code
        for out in ("lessons.csv", "letter.docx", ".", "none/own.model", "/dev/null", "empty")
    ]
    assert codes == [2, 2, 2, 2, 2, 0]
    assert ((folder / "lessons.csv").read_bytes(), (folder / "letter.docx").read_bytes()) == (before, b"a letter")


def test_what_was_exported_as_lessons_can_be_learnt_from(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHUOLUO_DEMO__ENABLED", "true")
    zhuoluo("migrate")
    feed(monkeypatch, "西苑小区3号楼2单元楼道灯坏了一个星期了\n1\n")
    assert zhuoluo("chat").code == 0
    assert zhuoluo("export", "lessons", "lessons.csv").code == 0
    with (folder / "lessons.csv").open("a", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows((*row, "False") for row in ROWS)
    said = zhuoluo("train", "lessons.csv", "--out", "own.model", "--skip-rare")
    assert (said.code, "lighting（1 条）" in said.err) == (0, True)


RESIDENT = {
    "id": 1,
    "title": "楼道灯坏了",
    "detail": "西苑小区3栋2单元的楼道灯坏了很久",
    "categories": ["lighting"],
    "natures": ["complaint", "report", "help"],
    "urgent": [0],
    "compounds": ["西苑小区"],
    "buildings": ["3栋"],
    "units": ["2单元"],
    "rooms": [""],
}
ADDRESS = {"text": "西苑小区3栋", "spans": [["poi", 0, 4], ["houseno", 4, 6]]}


def event(id_: str, words: str, name: str | None) -> dict[str, object]:
    return {"id": id_, "raiser": id_, "at": "2026-03-01", "title": words, "detail": words, "event": name}


def test_each_kind_of_file_is_measured_twice_the_same_and_nothing_is_kept(zhuoluo: Command, folder: Path) -> None:
    jsonl(folder / "residents", RESIDENT, {**RESIDENT, "id": 2, "categories": ["noise", "neighbour"]})
    jsonl(folder / "addresses", ADDRESS, {"text": "西苑小区4栋", "spans": [["houseno", 0, 6]]})
    pump = "锦绣豪庭二期小区水泵房整夜轰鸣扰民"
    jsonl(folder / "likeness", event("a", pump, "水泵房"), event("b", pump, "水泵房"), event("c", "公交车不来", None))
    write(folder / "titles", ROWS)
    (folder / "pairs.csv").write_text("id_a,id_b\na,b\n", "utf-8-sig")
    for kind in ("residents", "addresses", "likeness"):  # as Windows saves them
        (folder / kind).write_text((folder / kind).read_text("utf-8"), "utf-8-sig")
    (folder / "others.txt").write_text("桃花苑\n", "utf-8")
    more = {"likeness": ["--resubmissions", "pairs.csv"], "residents": ["--places", "others.txt"]}
    there = sorted(folder.iterdir())
    expected = {
        "residents": ["category, title", "building, title", "lighting"],
        "addresses": ["houseno F1", "（没有认出）", "[spans] 2"],
        "likeness": ["pair F1", "resubmissions recall", "1/1"],
        "titles": ["macro-F1", "F1 of 电梯"],
    }
    for kind, words in expected.items():
        once, again = (zhuoluo("evaluate", kind, kind, *more.get(kind, [])) for _ in range(2))
        assert (once, once.code) == (again, 0)
        assert [word for word in words if word not in once.out] == []
    assert sorted(folder.iterdir()) == there


def test_wide_labels_and_strange_signs_stay_whole_in_eighty_columns(
    zhuoluo: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = "住房和城乡建设以及其他一切与房屋有关而别处没有说到的事项" * 2
    write(folder / "titles.csv", [(words, "[red]电梯[/bold]\x1b[31m") for words in LIFT] + [(w, long) for w in WASTE])
    said = zhuoluo("evaluate", "titles", "titles.csv", "--worst", "0")
    assert said.code == 0
    assert max(map(width, said.out.splitlines())) <= 80
    assert "[red]电梯[/bold]" in said.out
    assert "\x1b" not in said.out
    column = "".join(line.split("│")[1].strip() for line in said.out.splitlines() if line.count("│") == 5)
    assert long in column


def test_the_worst_mistakes_are_shown_as_many_as_wanted(zhuoluo: Command, folder: Path) -> None:
    jsonl(folder / "a.jsonl", *({"text": f"西苑{n}栋", "spans": [["roomno", 0, 2]]} for n in range(1, 9)))
    assert zhuoluo("evaluate", "addresses", "a.jsonl", "--worst", "3").out.count("[spans]") == 3
    assert zhuoluo("evaluate", "addresses", "a.jsonl", "--worst", "0").out.count("[spans]") == 0


@pytest.mark.parametrize(
    ("kind", "rows", "told"),
    [
        ("residents", [RESIDENT, {**RESIDENT, "detail": None}], ["第 2 行", "detail"]),
        ("residents", [{**RESIDENT, "units": []}, RESIDENT], ["第 1 行", "units"]),
        ("residents", [], ["没有可以评测的行"]),
        ("addresses", [ADDRESS, "no object"], ["第 2 行", "JSON"]),
        ("addresses", [{**ADDRESS, "spans": [["poi", 0]]}], ["第 1 行", "spans"]),
        ("addresses", [[]] * 9, ["第 5 行", "另外还有 4 行"]),
        ("likeness", [event("a", "灯坏了", None), event("a", "灯坏了", None)], ["第 2 行"]),
        ("titles", [{}], ["没有文本列"]),
        ("riddles", [ADDRESS], ["riddles", "residents、titles"]),
    ],
)
def test_a_file_that_cannot_be_measured_is_refused_with_its_lines(
    zhuoluo: Command, folder: Path, kind: str, rows: list[object], told: list[str]
) -> None:
    jsonl(folder / "file.jsonl", *rows)
    said = zhuoluo("evaluate", kind, "file.jsonl")
    assert (said.code, said.out) == (2, "")
    assert [word for word in told if word not in said.err] == []


def test_files_that_are_not_there_or_no_text_are_said_so(zhuoluo: Command, folder: Path) -> None:
    jsonl(folder / "told.jsonl", event("a", "灯坏了", None))
    (folder / "bytes").write_bytes(b"\xff\xfe")
    (folder / "pairs.csv").write_text("a,b\n1,2\n", "utf-8")
    for arguments in (
        ["addresses", "none.jsonl"],
        ["addresses", "bytes"],
        ["likeness", "bytes"],
        ["likeness", "told.jsonl", "--resubmissions", "none.csv"],
        ["likeness", "told.jsonl", "--resubmissions", "bytes"],
        ["likeness", "told.jsonl", "--resubmissions", "pairs.csv"],
    ):
        said = zhuoluo("evaluate", *arguments)
        assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1), arguments
