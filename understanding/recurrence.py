"""How often and when, as people write it: "每月第二个周六 15:00" as a rule of RFC 5545 and a time of day."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import time

from understanding.numerals import number

_NUMERAL = re.compile("[零〇一二两三四五六七八九十]+")
_WEEKDAYS = {"1": "MO", "2": "TU", "3": "WE", "4": "TH", "5": "FR", "6": "SA", "日": "SU", "天": "SU", "末": "SA"}
_WEEK = r"(?:周|星期|礼拜)"
_EVERY = (
    r"(?:(?:每|逢)个?(?P<monthly>月)|(?:每|逢)(?P<months>\d{1,2})个月|每个?(?P<quarterly>季度?)"
    r"|每(?:个|1)?(?P<weekly>周|星期|礼拜)|每(?P<weeks>\d)个?(?:周|星期|礼拜)|隔(?P<other>周|星期|礼拜))"
)
_NTH = r"第(?P<nth>[1-4](?:[、,和及第]{1,2}[1-4])*)(?:个|个?(?:周|星期|礼拜)的?(?=周|星期|礼拜))?"
_DAY = (
    rf"(?:的)?(?:(?:{_NTH}|(?P<last>最后1?个?|倒数第1个?|末个?)|(?P<near>倒数第2个?)){_WEEK}(?P<weekday>[1-6日天末])"
    r"|(?P<of>\d{1,2}(?:[日号]?[、,和及]\d{1,2})*)[日号]|(?P<end>月?[底末]|的?最后1天))"
)
_ON = re.compile(rf"(?:{_EVERY})(?:{_DAY}|的?{_WEEK}?(?P<on>[1-6日天末]))")
_TIME = re.compile(
    r"的?[,、]?(?P<part>凌晨|早上?|上午|中午|下午|傍晚|晚上?)?(?P<hour>\d{1,2})"
    r"(?:[点时](?P<less>半|1刻|3刻)?|[点时:](?P<minute>\d{1,2})分?)(?:整|钟)?"
)
_ENDS = re.compile("(?:开会?)?[。.!,，、;；]*$")
_AFTER_NOON = frozenset({"中午", "下午", "傍晚", "晚", "晚上"})
_LESS = {"半": 30, "1刻": 15, "3刻": 45}


@dataclass(frozen=True)
class Recurrence:
    """``rule``: RRULE. ``begins``: None where no time of day was written."""

    rule: str
    begins: time | None


def read_recurrence(said: str) -> Recurrence | None:
    """None for what is no such rule: "每月第二个周六 15:00", "每月15号下午3点", "每月最后一个周五晚上7点"."""
    bare = _ENDS.sub("", "".join(unicodedata.normalize("NFKC", said).split()))
    written = _NUMERAL.sub(lambda found: number(found[0]), bare)
    found = _ON.match(written)
    if found is None:
        return None
    rest = written[found.end() :]
    clock = _TIME.fullmatch(rest)
    if rest and clock is None:
        return None
    rule = _weekly(found) if _by_week(found) else _monthly(found)
    try:
        begins = _hour(clock) if clock else None
    except ValueError:
        return None
    return None if rule is None else Recurrence(rule, begins)


def _by_week(found: re.Match[str]) -> bool:
    return bool(found["weekly"] or found["weeks"] or found["other"])


def _weekly(found: re.Match[str]) -> str | None:
    if not found["on"]:
        return None
    every = 2 if found["other"] else int(found["weeks"] or 1)
    return _rule("WEEKLY", every, f"BYDAY={_WEEKDAYS[found['on']]}") if every else None


def _monthly(found: re.Match[str]) -> str | None:
    every = 3 if found["quarterly"] else int(found["months"] or 1)
    if not 1 <= every <= 12 or found["on"]:
        return None
    if found["weekday"]:
        day = _WEEKDAYS[found["weekday"]]
        which = sorted(set(re.findall(r"\d", found["nth"]))) if found["nth"] else ["-1" if found["last"] else "-2"]
        return _rule("MONTHLY", every, "BYDAY=" + ",".join(f"{nth}{day}" for nth in which))
    if found["end"]:
        return _rule("MONTHLY", every, "BYMONTHDAY=-1")
    days = sorted({int(day) for day in re.findall(r"\d+", found["of"])})
    if days[0] < 1 or days[-1] > 31:
        return None
    if days[-1] <= 28:
        return _rule("MONTHLY", every, "BYMONTHDAY=" + ",".join(map(str, days)))
    if len(days) > 1:
        return None
    # A month without such a day has it on its last one.
    return _rule("MONTHLY", every, "BYMONTHDAY=" + ",".join(map(str, range(28, days[0] + 1))) + ";BYSETPOS=-1")


def _rule(frequency: str, every: int, days: str) -> str:
    return f"FREQ={frequency};" + (f"INTERVAL={every};" if every > 1 else "") + days


def _hour(clock: re.Match[str]) -> time:
    """Three o'clock alone is in the afternoon. Raises ValueError for what no clock shows."""
    hour, minute = int(clock["hour"]), _LESS.get(clock["less"]) or int(clock["minute"] or 0)
    if clock["part"] in _AFTER_NOON and hour < 12:
        hour += 12 if clock["part"] != "中午" or hour < 6 else 0
    elif clock["part"] is None and 1 <= hour <= 6:
        hour += 12
    return time(hour, minute)
