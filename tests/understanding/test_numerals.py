"""Numbers on doors are one number in every script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.understanding.doors import in_chinese
from understanding.numerals import number

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@given(st.integers(1, 9999))
def test_a_number_counted_in_chinese_reads_as_its_digits(value: int) -> None:
    assert number(in_chinese(value)) == str(value)


@given(st.integers(100, 9999))
def test_a_number_spelt_digit_by_digit_reads_as_its_digits(value: int) -> None:
    spelt = "".join("零一二三四五六七八九"[int(digit)] for digit in str(value))
    assert number(spelt) == number(spelt.replace("零", "〇")) == str(value)


@given(st.integers(0, 9999), st.integers(0, 3))
def test_full_width_digits_and_leading_zeros_change_nothing(value: int, zeros: int) -> None:
    assert number("０" * zeros + str(value).translate(FULL_WIDTH)) == str(value)


@given(st.integers(1, 20))
def test_circled_numbers_are_numbers(value: int) -> None:
    assert number(chr(0x245F + value)) == str(value)
    assert number(chr(0x2473 + value)) == str(value)
    assert number(chr(0x2487 + value)) == str(value)


@pytest.mark.parametrize(
    "written",
    ["三号楼", "3栋", "３#", "③幢", "03座", "三单元", "3门", "3号门洞", "三梯", "第三层", "3楼", "叁号楼", "Ⅲ栋"],
)
def test_the_word_behind_a_number_is_no_part_of_it(written: str) -> None:
    assert number(written) == "3"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("负一楼", "-1"),
        ("地下二层", "-2"),
        ("-1楼", "-1"),
        ("a座", "A"),
        ("a3栋", "A3"),
        ("甲单元", "甲"),
        ("东户", "东户"),
        ("五零一室", "501"),
        ("0", "0"),
        ("", ""),
        ("栋", "栋"),
    ],
)
def test_floors_below_letters_and_sides_keep_what_they_are(written: str, value: str) -> None:
    assert number(written) == value
