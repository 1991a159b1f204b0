"""Public pages and papers name people by their building."""

from __future__ import annotations

from handlers.public_names import without_people


def test_names_are_replaced_whole_and_the_longest_first() -> None:
    people = {"王芳": "3号楼", "王芳芳": "5号楼", "li": "", "王": "9号楼"}
    assert without_people("王芳芳和王芳、li说like王家", people) == "5号楼居民和3号楼居民、一位居民说like王家"
    assert without_people("王芳 13912345678", {}) == "王芳 （电话略）"
