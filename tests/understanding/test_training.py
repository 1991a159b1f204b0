"""Training from a community's own rows, and the model that was trained for everybody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from understanding import CATEGORIES
from understanding.category.labelled import UnfitRows, read_rows
from understanding.category.model import Model, shipped
from understanding.category.training import CORPUS, TrainingUnavailable, corpus, corpus_digest, train
from understanding.evaluation import titles
from understanding.evaluation.report import Score

LAMP = [f"{place}的灯{what}" for place in ("门口", "楼梯", "车棚") for what in ("不亮", "坏了", "太暗", "一直闪")]
WATER = [f"{place}的水{what}" for place in ("厨房", "厕所", "地库") for what in ("漏了", "堵了", "太小", "发黄")]
ROWS = [(text, label) for pair in zip(LAMP, WATER, strict=True) for text, label in zip(pair, ("灯", "水"), strict=True)]


def test_the_shipped_model_belongs_to_the_present_texts_and_words() -> None:
    """If not: python -m understanding.training."""
    assert shipped().of == corpus_digest()
    assert set(shipped().heads["category"].labels) == set(CATEGORIES)
    assert set(shipped().heads["nature"].labels) == {"ask", "help", "complaint", "report", "suggest"}


def test_every_text_written_for_the_model_is_there_once_and_says_something() -> None:
    assert all(sample.text.strip() for sample in corpus())
    lines = [line for file in CORPUS.iterdir() for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    texts = [line.split(",")[2] for line in lines]
    assert len(set(texts)) == len(texts) > 5_000
    assert all(text.strip() and '"' not in text for text in texts)
    assert all(line.count(",") == 2 for line in lines)


def test_the_same_rows_give_the_same_file() -> None:
    assert train(ROWS) == train(ROWS)


def test_labels_are_the_communitys_own_and_unseen_texts_get_one() -> None:
    model = Model.loads(train(ROWS))
    assert [model.judge(text).label for text in ("我家卧室的灯坏了", "我家阳台的水漏了")] == ["灯", "水"]


def test_folds_are_judged_by_what_the_other_folds_teach() -> None:
    steps: list[tuple[int, int]] = []
    evaluation = titles.cross_validate(ROWS, folds=3, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert evaluation.scores[:2] == (Score("macro-F1", 1.0), Score("accuracy", 1.0, 24, 24))
    assert evaluation.confusion == {("灯", "灯"): 12, ("水", "水"): 12}
    assert evaluation.mistakes == ()


def test_one_label_alone_teaches_nothing() -> None:
    with pytest.raises(UnfitRows, match="two labels") as refused:
        train([(text, "灯") for text in LAMP])
    assert refused.value.code == "one_label"


def test_labels_with_too_few_rows_are_named() -> None:
    with pytest.raises(UnfitRows, match=r"电 \(2\)") as refused:
        train([*ROWS, ("没电", "电"), ("停电", "电")])
    assert (refused.value.code, refused.value.facts) == ("few_rows", {"labels": {"电": 2}})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("header", ["text,label", "Title, Category", "标题,类别", "编号,内容,部门"])
def test_a_csv_is_read_as_people_have_it(tmp_path: Path, encoding: str, header: str) -> None:
    before = "7," if header.startswith("编号") else ""
    path = tmp_path / "rows.csv"
    path.write_text(f'{header}\r\n{before}"灯,坏了",照明\r\n\r\n{before}漏水 ,供水\r\n', encoding=encoding, newline="")
    assert read_rows(path) == [("灯,坏了", "照明"), ("漏水", "供水")]


def test_a_title_and_its_content_are_one_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("label,title,content\n照明,灯坏了,三天了\n照明,灯灭了,\n", encoding="utf-8")
    assert [text for text, _ in read_rows(path)] == ["灯坏了。三天了", "灯灭了"]


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ("", "no_text_column", "line 1: no text column"),
        ("text,x\n灯,1\n", "no_label_column", "line 1: no label column; .*found text, x"),
        ("text,label\n灯,照明\n灯\n", "short_row", "row 3"),
        ("text,label\n灯,照明\n ,照明\n", "empty", "row 3: no text"),
        ("text,label\n灯,\n", "empty", "row 2: no label"),
        ('text,label\n"灯,照明\n', "not_csv", "line 2"),
        (b"text,label\n\xff\xff\xff,\xff\n", "encoding", "line 2: neither UTF-8 nor GB18030"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, data: str | bytes, code: str, said: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(UnfitRows, match=said) as refused:
        read_rows(path)
    assert refused.value.code == code


def test_titles_are_evaluated_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_text("title,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS), encoding="utf-8")
    assert titles.evaluate(path, folds=3).scores[1] == Score("accuracy", 1.0, 24, 24)


def test_the_running_program_never_imports_the_training_library() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = sys.modules['scipy'] = sys.modules['scipy.sparse'] = None\n"
        "from understanding.category.classify import classify\n"
        "from understanding.category.training import train, TrainingUnavailable\n"
        "assert classify('路灯不亮').label == 'lighting'\n"
        "try: train([('灯', 'a'), ('水', 'b')] * 9)\n"
        "except TrainingUnavailable as error: print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == f"{TrainingUnavailable()}\n"
