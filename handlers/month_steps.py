"""The steps of a meeting's month as people say them: 会前14天 征集议题."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from models.rules.meeting_steps import AFTER, Offset, Step
from texts import text
from understanding.numerals import number

_SAID = re.compile(
    r"(?:开?会|提)?(?P<side>前|后)?"
    r"(?P<count>[0-9〇零一二两三四五六七八九十百]{1,5}|半)个?(?P<unit>工作日|天|日|周|星期|礼拜|小时|钟头|分钟?)"
    r"(?:[之以]?(?P<later>前|后))?"
)
#: How an offset is written, and how many of it one of the unit is.
_UNITS = {
    "工作日": ("w", 1),
    "天": ("d", 1),
    "日": ("d", 1),
    "周": ("d", 7),
    "星期": ("d", 7),
    "礼拜": ("d", 7),
    "小时": ("h", 1),
    "钟头": ("h", 1),
    "分钟": ("min", 1),
    "分": ("min", 1),
}
_HALVES = {"天": (12, "h"), "日": (12, "h"), "小时": (30, "min"), "钟头": (30, "min")}


def when(offset: Offset) -> str:
    """会前14天, 会后5个工作日, 会前30分钟"""
    return text("series.offset", before=offset.amount < 0, count=abs(offset.amount), unit=offset.unit)


def what(step: Step) -> str:
    return text(f"series.step_{step}")


def line(step: Step, offset: Offset) -> str:
    return text("series.step", when=when(offset), what=what(step))


def read(said: str, step: Step) -> str | None:
    """ "会前10天", "提前两周", "3个工作日": an offset as it is stored; which side is the step's own where none is said.
    None for what is none."""
    found = _SAID.fullmatch("".join(said.split()).rstrip("。.!！"))
    if found is None:
        return None
    side = found["side"] or found["later"] or ("后" if step in AFTER else "前")
    if found["count"] == "半":
        half = _HALVES.get(found["unit"])
        if half is None:
            return None
        count, unit = half
    else:
        unit, each = _UNITS[found["unit"]]
        count = int(number(found["count"])) * each
    return f"{'-' if side == '前' else '+'}{count}{unit}" if 0 < count < 1000 else None


def neighbours(offsets: Mapping[Step, Offset], step: Step) -> tuple[str, str]:
    """The steps before and after one, as lines; empty where there is none. Whether a meeting was missed is apart."""
    order = [each for each in Step if each is not Step.MISS]
    before = next((line(a, offsets[a]) for a, b in pairwise(order) if b is step), "")
    after = next((line(b, offsets[b]) for a, b in pairwise(order) if a is step), "")
    return before, after
