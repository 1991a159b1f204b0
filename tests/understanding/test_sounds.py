"""How names sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.place import sounds, sounds_table


@pytest.mark.parametrize(
    ("one", "other"), [("桃花苑", "桃花园"), ("锦绣", "锦秀"), ("紫荆", "子精"), ("玉泉村", "遇全村")]
)
def test_names_of_one_sound_are_heard_and_spoken_alike(one: str, other: str) -> None:
    assert sounds.heard(one) == sounds.heard(other)
    assert sounds.spoken(one) == sounds.spoken(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("南湖", "兰湖"),
        ("中山", "宗三"),
        ("春城", "村岑"),
        ("金星", "京新"),
        ("人民", "仁明"),
        ("福华", "湖发"),
        ("城东", "陈东"),
    ],
)
def test_what_dialects_do_not_tell_apart_is_heard_alike_but_not_spoken_alike(one: str, other: str) -> None:
    assert sounds.heard(one) == sounds.heard(other)
    assert sounds.spoken(one) != sounds.spoken(other)


def test_different_sounds_stay_apart() -> None:
    assert sounds.heard("桃花") != sounds.heard("梅花")
    assert sounds.heard("东门") != sounds.heard("西门")


def test_a_character_with_two_readings_is_looked_for_by_both() -> None:
    assert sounds.heard("常乐") in sounds.readings("长乐")
    assert sounds.heard("掌乐") in sounds.readings("长乐")
    assert sounds.readings("桃花") == (sounds.heard("桃花"),)


@given(st.text(max_size=60))
def test_a_text_of_sounds_is_as_long_as_the_text(text: str) -> None:
    assert len(sounds.heard(text)) == len(sounds.spoken(text)) == len(text)
    assert 1 <= len(sounds.readings(text)) <= 4


def test_the_table_is_what_its_maker_makes() -> None:
    kept = Path(sounds.__file__).with_name("sounds.txt").read_text("utf-8").splitlines()
    assert list(sounds_table.lines()) == kept
