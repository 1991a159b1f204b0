"""Whatever people send is understood as far as it goes; numbers are one in any script; jieba keeps to its folder."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understanding.town import HOME, TOWN
from understanding import CATEGORIES, Home, find_place, prepare, understand
from understanding.numerals import number
from understanding.segment import Lexicon, cut, plain

ANY = st.text(st.characters(), max_size=120)
PIECES = st.lists(
    st.sampled_from(
        [*"西苑小区号楼栋幢座单元室#-3２二十A a,。的\n\x00\ud800🔥​", "西苑", "3-2-501", "煤气", "味", "没人管", "月5号"]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(ANY | PIECES)
def test_no_text_raises_and_what_comes_back_holds_together(text: str) -> None:
    for home in (None, Home(), HOME):
        understood = understand(text, gazetteer=TOWN, home=home)
        place = understood.place
        assert understood.category in CATEGORIES
        assert understood.nature in {"ask", "help", "complaint", "report", "suggest"}
        assert len(understood.summary) <= 24
        assert understood.urgency.urgent or understood.urgency.danger is None
        assert place.unit_id is None or place.building_id is not None
        assert place.building_id is None or place.compound_id is not None
        assert place == find_place(text, TOWN, home)


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_plain_text_keeps_every_character_at_its_place(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)
    assert "".join(cut(plain(text))) == plain(text)


def in_chinese(value: int) -> str:
    digits, hundreds, tens, ones = "零一二三四五六七八九", value // 100, value // 10 % 10, value % 10
    written = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        written += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        written += "零"
    return written + (digits[ones] if ones else "")


@given(st.integers(1, 999), st.sampled_from(["", "号楼", "栋", "幢", "座", "#", "#楼", "单元"]))
def test_a_number_is_the_same_in_every_script(value: int, suffix: str) -> None:
    digits = str(value)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in digits)
    assert {number(written + suffix) for written in (digits, wide, f"0{digits}", in_chinese(value))} == {digits}


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 199), st.integers(1, 12), st.sampled_from(["号楼", "栋", "幢"]))
def test_a_door_is_read_the_same_in_digits_and_in_characters(building: int, unit: int, kind: str) -> None:
    in_digits = find_place(f"西苑小区{building}{kind}{unit}单元漏水", TOWN)
    assert (in_digits.building_number, in_digits.unit_number) == (str(building), str(unit))
    in_characters = find_place(f"西苑小区{in_chinese(building)}{kind}{in_chinese(unit)}单元漏水", TOWN)
    assert replace(in_characters, written=in_digits.written) == in_digits


@pytest.mark.parametrize("piece", ["3-", "一", "西苑", "3栋", "没人管", "尽快", "我们", "的", "在3栋的", "1", "a"])
def test_long_repetitions_are_read_like_any_text(piece: str) -> None:
    assert understand(piece * 2000, gazetteer=TOWN).text == (piece * 2000)[:2000]


def test_a_longer_word_hides_the_shorter_inside_it() -> None:
    lexicon = Lexicon([("路灯", 1), ("楼道", 2), ("楼道灯", 3), ("灯", 4)])
    assert [hit.word for hit in lexicon.find("楼道灯和路灯")] == ["楼道灯", "路灯"]
    assert [hit.word for hit in lexicon.find("楼道灯", overlapping=True)] == ["楼道灯", "楼道"]
    assert [hit.word for hit in Lexicon([("楼下", 1), ("下水道", 2)]).find("楼下水道")] == ["楼下", "下水道"]


def test_threads_may_prepare_together(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(prepare, [tmp_path / "cache"] * 8))
        assert len({tuple(words) for words in threads.map(cut, ["楼道灯坏了"] * 8)}) == 1


@pytest.mark.parametrize("prepared", [True, False])
def test_jieba_is_silent_and_never_touches_the_shared_temp_folder(tmp_path: Path, *, prepared: bool) -> None:
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()
    (shared / "jieba.cache").write_bytes(b"planted by somebody else")
    script = (
        "import sys; from pathlib import Path; from understanding import Gazetteer, prepare, understand\n"
        "assert 'jieba' not in sys.modules\n"
        "if sys.argv[1]: prepare(Path(sys.argv[1]))\n"
        "print(understand('楼道灯坏了', gazetteer=Gazetteer.build([])).category)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(own) if prepared else ""],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"TMPDIR": str(shared), "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
    )
    assert (ran.stdout, ran.stderr) == ("lighting\n", "")
    assert [file.name for file in shared.iterdir()] == ["jieba.cache"]
    assert own.exists() == prepared
    if prepared:
        assert [file.name for file in own.iterdir()] == ["jieba.cache"]
        assert own.stat().st_mode & 0o077 == 0
