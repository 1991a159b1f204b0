"""A model file is small, checked, and says why it judged as it did."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.category.features import masked
from understanding.category.model import MAGIC, Judgement, Model, NotAModel, shipped
from understanding.category.training import train

ROWS = [
    *[(f"{where}路灯{what}", "灯") for where in ("门口", "院里", "北边") for what in ("不亮了", "坏了", "一闪一闪")],
    *[(f"{where}水管{what}", "水") for where in ("厨房", "楼下", "地库") for what in ("漏了", "爆了", "往外喷水")],
]


@pytest.fixture(scope="module")
def file() -> bytes:
    return train(ROWS)


def test_what_was_written_to_a_file_is_read_from_it(file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "own.model"
    path.write_bytes(file)
    model = Model.load(path)
    assert model.dumps() == file
    assert {name: set(head.labels) for name, head in model.heads.items()} == {"label": {"灯", "水"}}


def test_the_words_that_decided_are_told_and_the_next_best_labels(file: bytes) -> None:
    judged = Model.loads(file).judge("3号楼后面路灯坏了")
    assert (judged.label, judged.words[0]) == ("灯", "路灯")
    assert judged.others == (("水", pytest.approx(1 - judged.confidence, abs=0.002)),)


def test_a_text_of_nothing_known_leaves_both_labels_open(file: bytes) -> None:
    for text in ("", "🔥🔥", "ياخشىمۇسىز"):
        judged = Model.loads(file).judge(text)
        assert judged.words == ()
        assert 0.3 < judged.confidence < 0.7


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "not a Zhuoluo model"),
        (lambda data: b"PK\x03\x04" + data, "not a Zhuoluo model"),
        (lambda data: data.replace(b"MODEL 2", b"MODEL 1", 1), "another version"),
        (lambda data: data[:-1], "damaged"),
        (lambda data: data[: len(MAGIC) + 10], "damaged"),
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "damaged"),
    ],
)
def test_a_wrong_or_damaged_file_is_refused(file: bytes, damage: object, said: str) -> None:
    with pytest.raises(NotAModel, match=said):
        Model.loads(damage(file))  # type: ignore[operator]


def test_houses_codes_and_numbers_are_not_looked_at() -> None:
    assert masked("A3区12号楼3.5米") == masked("B7区八号楼20米") == "^Ω区0号楼0米$"


@given(st.text(st.characters(), max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    for judged in shipped().judge_all(text):
        assert isinstance(judged, Judgement)
        assert 0 <= judged.confidence <= 1
        assert [*judged.others] == sorted(judged.others, key=lambda other: -other[1])


def test_the_longest_text_is_read_as_far_as_is_read() -> None:
    assert shipped().judge("路灯不亮" * 2_500) == shipped().judge("路灯不亮" * 500)
