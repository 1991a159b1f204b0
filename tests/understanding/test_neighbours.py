"""Texts of a community that recur are recognised by the names in them, and words never seen by their themes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.category.model import Model
from understanding.category.neighbours import Neighbours
from understanding.category.themes import MARK, themes
from understanding.category.training import train

TEXTS = ["桃花苑延期交房", "桃花苑什么时候交房", "柳树路坑洼不平", "柳树路路面破损"]


def test_the_most_like_texts_vote_by_how_like_they_are() -> None:
    neighbours = Neighbours.among(TEXTS, [0, 0, 1, 1])
    estate, road = neighbours.votes("桃花苑的开发商在哪里", 2).tolist()
    assert estate > road == 0
    equal, _ = neighbours.votes("桃花苑延期交房", 2).tolist()
    assert equal > 0.5 > estate


def test_a_text_like_no_other_has_no_neighbours() -> None:
    neighbours = Neighbours.among(TEXTS, [0, 0, 1, 1])
    for text in ("", "桃", "🔥🔥", "ياخشىمۇسىز", "医保报销"):
        assert neighbours.votes(text, 2).tolist() == [0, 0]
    assert Neighbours.among(["", "好"], [0, 1]).votes("桃花苑", 2).tolist() == [0, 0]


@given(st.lists(st.text(st.characters(), max_size=30), min_size=1, max_size=20), st.text(max_size=30))
def test_neighbours_written_and_read_vote_as_before(texts: list[str], asked: str) -> None:
    neighbours = Neighbours.among(texts, [len(text) % 3 for text in texts])
    data, counts = neighbours.dumps()
    read = Neighbours.loads(memoryview(data), counts)
    assert read.dumps() == (data, counts)
    for text in (asked, *texts):
        votes = read.votes(text, 3)
        assert np.array_equal(votes, neighbours.votes(text, 3))
        assert (votes >= 0).all()


def test_no_text_can_be_read_from_a_trained_file() -> None:
    data, _ = Neighbours.among(TEXTS, [0, 0, 1, 1]).dumps()
    assert not any(gram.encode() in data for text in TEXTS for gram in (text, text[:2], text[:3]))


def test_a_name_that_recurs_decides_where_the_words_say_nothing() -> None:
    matters = ("路灯不亮", "井盖丢了", "停水了", "电梯坏了", "没人收垃圾", "狗没拴绳")
    rows = [(f"{district}区{matter}", label) for district, label in (("A7", "东"), ("B2", "西")) for matter in matters]
    model = Model.loads(train(rows))
    assert [model.judge(text).label for text in ("A7区没暖气", "B2区没暖气")] == ["东", "西"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("公交车改线路", {"bus": 2 / 3}),
        ("孩子上幼儿园", {"kindergarten": 0.5}),
        ("您好", {}),
        ("", {}),
    ],
)
def test_words_tell_their_themes(text: str, told: dict[str, float]) -> None:
    assert themes(text) == {MARK + theme: pytest.approx(share) for theme, share in told.items()}


def test_a_word_of_two_themes_counts_less_for_each() -> None:
    found = themes("校车")
    assert len(found) == 2
    assert max(found.values()) < 0.5


@given(st.text(st.characters(), max_size=100))
def test_any_text_has_themes_between_nothing_and_all(text: str) -> None:
    assert all(0 < share < 1 for share in themes(text).values())
