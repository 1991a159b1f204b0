"""Phrases of papers: numerals."""

from __future__ import annotations

from bot.papers.phrases import numeral


def test_numerals_of_headings() -> None:
    assert [numeral(n) for n in (1, 9, 10, 11, 20, 23, 99, 100)] == [
        *("一", "九", "十", "十一", "二十", "二十三", "九十九", "100"),
    ]
