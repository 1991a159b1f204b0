"""Pictures of figures: large enough for a phone, with something on them, and refused clearly where they cannot be."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot import pictures
from bot.pictures import WIDTH, Bar, Bars, Line, Lines, NoChineseFont, NotDrawn, png

RATES = Bars(
    "兰宁社区 2026年11月",
    "11月首次反映的 12 件",
    (
        Bar("响应率", (0.5,), "50%", "6/12"),
        Bar("退单率", (0.25,), "25%", "3/12", fault=True),
        Bar("合并准确率", (0,), "—"),
    ),
    full=1,
    foot="黄色的越少越好。",
)
TREND = Lines(
    "兰宁社区",
    "近三个月",
    ("9月", "10月", "11月"),
    (Line("响应率", (0.5, None, 0.75), "75%"), Line("满意率", (None, None, None), "—")),
    (3, 0, 4),
    "件数",
)


def drawn(chart: Bars | Lines) -> Image.Image:
    try:
        picture = Image.open(BytesIO(png(chart)))
    except NoChineseFont:
        pytest.skip("no font with Chinese: install fonts-noto-cjk")
    assert picture.format == "PNG"
    return picture.convert("RGB")


def shares(picture: Image.Image, colour: str) -> float:
    """How much of a picture has a colour."""
    wanted = tuple(int(colour[n : n + 2], 16) for n in (1, 3, 5))
    counted = {value: count for count, value in picture.getcolors(1 << 24) or []}
    return counted.get(wanted, 0) / (picture.width * picture.height)


def test_bars_are_as_long_as_they_say() -> None:
    picture = drawn(RATES)
    assert picture.width == WIDTH
    assert picture.height > 400
    half, quarter = (shares(picture, colour) for colour in ("#2f6f6d", "#b57b2c"))
    assert half > 0.01
    assert half / quarter == pytest.approx(2, rel=0.05)


def test_words_are_drawn_and_not_boxes_for_letters_that_no_font_has() -> None:
    """The same chart with other words of as many letters is another picture."""
    other = Bars("东湖街道 2025年11月", RATES.about, RATES.bars, full=1, foot=RATES.foot)
    upper = (0, 0, WIDTH, 110)
    ours, theirs = drawn(RATES).crop(upper), drawn(other).crop(upper)
    assert ours.tobytes() != theirs.tobytes()
    assert len(ours.getcolors(1 << 24) or []) > 10  # the edges of letters


def test_lines_have_gaps_where_there_was_nothing() -> None:
    picture = drawn(TREND)
    assert picture.width == WIDTH
    between = picture.crop((380, 350, 640, 800))  # around October, where only lines could be
    assert shares(between, "#2f6f6d") == 0
    assert shares(picture, "#2f6f6d") > 0.0005


def test_one_bar_one_month_and_no_bar_at_all_are_pictures_too() -> None:
    nothing = Bars("兰宁社区", "没有事", ())
    single = Lines("兰宁社区", "一个月", ("11月",), (Line("响应率", (1.0,), "100%"),), (1,), "件数")
    for chart in (nothing, single):
        assert drawn(chart).width == WIDTH


def test_long_names_stay_within_the_picture() -> None:
    """White at both edges."""
    long = Bars("兰" * 80, "宁" * 90, (Bar("社" * 40, (3, 1), "4 件", "按时 3/4"),), legend=("已答复", "没办完"))
    picture = drawn(long)
    for left in (0, WIDTH - 20):
        edge = picture.crop((left, 0, left + 20, picture.height))
        assert edge.getcolors() == [(20 * picture.height, (255, 255, 255))]


def test_without_a_chinese_font_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _instead_of_python(monkeypatch, tmp_path, f"import sys; sys.exit({pictures._NO_FONT})")
    with pytest.raises(NoChineseFont):
        png(RATES)


def test_a_drawing_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _instead_of_python(monkeypatch, tmp_path, "raise SystemExit('no room')")
    with pytest.raises(NotDrawn, match="no room"):
        png(RATES)


def test_a_drawing_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pictures, "_TIME_LIMIT", 0.2)
    _instead_of_python(monkeypatch, tmp_path, "import time; time.sleep(30)")
    with pytest.raises(NotDrawn, match="TimeoutExpired"):
        png(RATES)


def test_the_program_itself_never_loads_the_drawing_library() -> None:
    drawn(RATES)
    assert "matplotlib" not in sys.modules


def _instead_of_python(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    """Another program in the place of the child's."""
    stand_in = folder / "python"
    stand_in.write_text(f"#!{sys.executable}\n{program}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
