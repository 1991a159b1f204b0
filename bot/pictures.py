"""Charts as pictures for a phone: 1080 px wide, large type, the numbers written beside the bars.

They are drawn in a process of their own (``python -m bot.pictures``: JSON on standard input, PNG on standard output),
so that the memory of the drawing library never stays with the program.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

WIDTH = 1080  # pixels
_TIME_LIMIT = 45.0  # seconds; the first picture of a machine lists its fonts
_NO_FONT = 3  # exit code
_LONGEST_LABEL = 9  # letters

#: Fonts with Chinese in them, the best first, as their files name them.
FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Droid Sans Fallback",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "SimSun",
    "Arial Unicode MS",
)


class NotDrawn(Exception):
    """The picture could not be drawn."""


class NoChineseFont(NotDrawn):
    """No font of this machine has Chinese; fonts-noto-cjk has."""


@dataclass(frozen=True)
class Bar:
    """``lengths``: the parts one after another. ``value`` and ``note`` are written behind it. ``fault``: less is
    better; it has another colour."""

    label: str
    lengths: tuple[float, ...]
    value: str
    note: str = ""
    fault: bool = False


@dataclass(frozen=True)
class Bars:
    """``full``: the length of a whole bar; 0: of the longest. ``legend``: what the parts are."""

    title: str
    about: str
    bars: tuple[Bar, ...]
    full: float = 0
    legend: tuple[str, ...] = ()
    foot: str = ""


@dataclass(frozen=True)
class Line:
    """``shares``: 0 to 1, None where there is none. ``last``: the last of them, in words."""

    name: str
    shares: tuple[float | None, ...]
    last: str


@dataclass(frozen=True)
class Lines:
    """Shares by month, and beneath them how many there were (``counts``, called ``counted``)."""

    title: str
    about: str
    months: tuple[str, ...]
    lines: tuple[Line, ...]
    counts: tuple[int, ...]
    counted: str
    foot: str = ""


def png(chart: Bars | Lines) -> bytes:
    """Raises NoChineseFont, or NotDrawn where it takes too long or fails."""
    asked = json.dumps({type(chart).__name__: asdict(chart)})
    try:
        drawn = subprocess.run(
            [sys.executable, "-m", "bot.pictures"],
            input=asked.encode(),
            capture_output=True,
            timeout=_TIME_LIMIT,
            cwd=Path(__file__).resolve().parent.parent,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotDrawn(type(error).__name__) from None
    if drawn.returncode == _NO_FONT:
        raise NoChineseFont
    if drawn.returncode or not drawn.stdout:
        raise NotDrawn(drawn.stderr.decode("utf-8", "replace").strip()[-300:])
    return drawn.stdout


# What follows runs in the child. One pair of axes covers the whole picture, in pixels from its upper left corner.

_INK, _GREY, _FAINT, _TRACK = "#22302f", "#6f7b7a", "#d5dbda", "#eef2f1"
_PARTS = ("#2f6f6d", "#b9cfcd")
_FAULT = "#b57b2c"
_LINES = (("#2f6f6d", "o"), ("#b57b2c", "s"), ("#5a6fa8", "^"))
_MARGIN, _TITLE, _TEXT, _SMALL = 56, 46, 32, 27  # pixels


class _Paper:
    """A canvas of :data:`WIDTH` by ``height`` pixels."""

    def __init__(self, height: float, family: str) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        dots = 100
        self.height, self._family, self._points = height, family, 72 / dots
        self._figure = Figure(figsize=(WIDTH / dots, round(height) / dots), dpi=dots, facecolor="white")
        FigureCanvasAgg(self._figure)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")

    def says(self, x: float, y: float, words: str, **look: Any) -> None:
        """``size`` in pixels; ``y`` is the middle of the line."""
        size = look.pop("size", _TEXT) * self._points
        look = {"color": _INK, "va": "center", **look}
        self._axes.text(x, y, words, fontsize=size, fontfamily=self._family, parse_math=False, **look)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        from matplotlib.patches import Rectangle

        self._axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="none"))

    def line(self, xs: list[float], ys: list[float], colour: str, **look: Any) -> None:
        self._axes.plot(xs, ys, color=colour, solid_capstyle="round", **look)

    def head(self, title: str, about: str) -> float:
        """Returns where the rest begins."""
        self.says(_MARGIN, 74, _cut(title, (WIDTH - 2 * _MARGIN) / _TITLE), size=_TITLE, fontweight="bold")
        self.says(_MARGIN, 134, _cut(about, (WIDTH - 2 * _MARGIN) / _SMALL), size=_SMALL, color=_GREY)
        return 186

    def foot(self, words: str) -> None:
        self.says(_MARGIN, self.height - 46, _cut(words, (WIDTH - 2 * _MARGIN) / _SMALL), size=_SMALL, color=_GREY)

    def png(self) -> bytes:
        from io import BytesIO

        out = BytesIO()
        self._figure.savefig(out, format="png")
        return out.getvalue()


def _draw_bars(chart: Bars, family: str) -> bytes:
    row, thick = 84, 38
    paper = _Paper(186 + row * len(chart.bars) + 64 * bool(chart.legend) + 64 * bool(chart.foot) + 40, family)
    top = paper.head(chart.title, chart.about)
    if chart.legend:
        _legend(paper, top + 10, tuple(zip(chart.legend, _PARTS, strict=False)))
        top += 64
    labels = [_cut(bar.label, _LONGEST_LABEL) for bar in chart.bars]
    left = _MARGIN + max(map(_wide, labels), default=0) * _TEXT + 24
    room = WIDTH - _MARGIN - left - max((_behind(bar) for bar in chart.bars), default=0)
    full = chart.full or max((sum(bar.lengths) for bar in chart.bars), default=0) or 1
    for number, bar in enumerate(chart.bars):
        middle = top + row * (number + 0.5)
        paper.says(left - 24, middle, labels[number], ha="right")
        if chart.full:
            paper.box(left, middle - thick / 2, room, thick, _TRACK)
        begins: float = left
        for length, colour in zip(bar.lengths, (_FAULT,) if bar.fault else _PARTS, strict=False):
            paper.box(begins, middle - thick / 2, room * length / full, thick, colour)
            begins += room * length / full
        after = (left + room if chart.full else begins) + 18
        paper.says(after, middle, bar.value, fontweight="bold")
        if chart.full:
            paper.says(WIDTH - _MARGIN, middle, bar.note, size=_SMALL, color=_GREY, ha="right")
        else:
            paper.says(after + _wide(bar.value) * _TEXT + 16, middle, bar.note, size=_SMALL, color=_GREY)
    paper.foot(chart.foot)
    return paper.png()


def _draw_lines(chart: Lines, family: str) -> bytes:
    paper = _Paper(1160 + 70 * bool(chart.foot), family)
    top = paper.head(chart.title, chart.about) + 10
    _legend(paper, top, tuple((line.name, _LINES[n % len(_LINES)][0]) for n, line in enumerate(chart.lines)))
    left, right, high, low = _MARGIN + 112, WIDTH - _MARGIN - 84, top + 90, 800
    step = (right - left) / max(1, len(chart.months) - 1)
    at = [left + step * n for n in range(len(chart.months))]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = low - (low - high) * share
        paper.line([left - 30, right + 30], [y, y], _FAINT, linewidth=1.2)
        paper.says(left - 44, y, f"{share:.0%}", ha="right", size=_SMALL, color=_GREY)
    ends = []
    for number, line in enumerate(chart.lines):
        colour, marker = _LINES[number % len(_LINES)]
        there = [(x, low - (low - high) * share) for x, share in zip(at, line.shares, strict=True) if share is not None]
        for run in _runs(line.shares):
            ys = [low - (low - high) * (line.shares[n] or 0) for n in run]
            paper.line([at[n] for n in run], ys, colour, linewidth=4, marker=marker, markersize=11)
        if there and line.shares[-1] is not None:
            ends.append((there[-1][1], line.last, colour))
    for y, said, colour in _apart(ends, _SMALL + 6):
        paper.says(right + 34, y, said, size=_SMALL, color=colour, fontweight="bold")
    _draw_counts(paper, chart, at, step)
    paper.foot(chart.foot)
    return paper.png()


def _draw_counts(paper: _Paper, chart: Lines, at: list[float], step: float) -> None:
    """How many there were, month by month, under the lines."""
    high, low, most = 920, 1080, max((*chart.counts, 1))
    paper.says(_MARGIN, 862, chart.counted, size=_SMALL, color=_GREY)
    broad = min(step * 0.56, 90)
    for x, count, month in zip(at, chart.counts, chart.months, strict=True):
        tall = (low - high) * count / most
        paper.box(x - broad / 2, low - tall, broad, max(tall, 2), _PARTS[1])
        paper.says(x, low - tall - 22, str(count), ha="center", size=_SMALL)
        paper.says(x, low + 30, month, ha="center", size=_SMALL, color=_GREY)


def _legend(paper: _Paper, y: float, named: tuple[tuple[str, str], ...]) -> None:
    x: float = _MARGIN
    for name, colour in named:
        paper.box(x, y - 13, 26, 26, colour)
        paper.says(x + 40, y, name, size=_SMALL)
        x += 40 + _wide(name) * _SMALL + 44


def _runs(shares: tuple[float | None, ...]) -> list[list[int]]:
    """The stretches without a gap."""
    runs: list[list[int]] = [[]]
    for number, share in enumerate(shares):
        if share is None:
            runs.append([])
        else:
            runs[-1].append(number)
    return [run for run in runs if run]


def _apart(said: list[tuple[float, str, str]], least: float) -> list[tuple[float, str, str]]:
    """Words at the ends of lines, moved down where they would cover one another."""
    placed: list[tuple[float, str, str]] = []
    for y, words, colour in sorted(said):
        placed.append((max(y, placed[-1][0] + least) if placed else y, words, colour))
    return placed


def _behind(bar: Bar) -> float:
    return 18 + _wide(bar.value) * _TEXT + 16 + _wide(bar.note) * _SMALL


def _wide(words: str) -> float:
    """In heights of a letter; Chinese letters are as wide as high."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.6 for letter in words)


def _cut(words: str, room: float) -> str:
    """As much of the words as there is room for, in heights of a letter."""
    if _wide(words) <= room:
        return words
    while words and _wide(words) > room - 1:
        words = words[:-1]
    return words + "…"


def _chinese_font() -> str | None:
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in there), None)


def main() -> int:
    import matplotlib

    matplotlib.use("Agg")
    family = _chinese_font()
    if family is None:
        return _NO_FONT
    ((kind, asked),) = json.load(sys.stdin).items()
    if kind == Bars.__name__:
        bars = tuple(Bar(**bar) for bar in asked.pop("bars"))
        drawn = _draw_bars(Bars(bars=bars, **asked), family)
    else:
        lines = tuple(Line(**line) for line in asked.pop("lines"))
        drawn = _draw_lines(Lines(lines=lines, **asked), family)
    sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
