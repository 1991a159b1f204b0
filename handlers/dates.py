"""Days and times as people say and write them."""

import re
import unicodedata
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from texts import text
from understanding.numerals import number

#: A day without a year that is no longer past than this was meant as past, and not as the one of next year.
_JUST_OVER = timedelta(days=90)
_NUMERAL = re.compile("[〇零一二两三四五六七八九十]+")
_NEAR = {"今": 0, "明": 1, "后": 2, "大后": 3}
_DAY = re.compile(
    r"(?:(?P<year>\d{4})[年/.-]|(?P<next>[今明后])年)?(?P<month>\d{1,2})[月/.-](?P<day>\d{1,2})[日号]?"
    r"|(?P<of>本月|这个?月|下个?月)?(?P<only>\d{1,2})[日号]"
    r"|(?P<near>大后|今|明|后)(?:天|日|(?=[早晚]))"
    r"|(?P<week>这个?|本|下{1,2}个?)?(?:周|星期|礼拜)(?P<weekday>[1-6日天末])"
    r"|过?(?P<count>\d{1,3}|半)(?:个?(?P<span>天|日|周|星期|礼拜|年)|个(?P<months>月))(?:[以之]?后)?"
    r"|(?P<end>本月|这个?月|下个?月|今?年|)(?:月)?底"
)
_TIME = re.compile(
    r"(?P<part>凌晨|早上?|上午|中午|下午|傍晚|晚上?)?"
    r"(?:(?P<hour>\d{1,2})(?:[点时](?P<less>半|1刻|3刻)?|[点时:](?P<minute>\d{1,2})分?))?"
)
_SOON = re.compile(r"过?(?P<count>\d{1,3}|半)个?(?P<half>半)?(?P<span>小时|钟头|分钟)(?:[以之]?后)?")
_ENDS = re.compile("(?:[以之]?[前内]|为止)?到?$")
_PARTS = {"凌晨": 6, "早": 9, "早上": 9, "上午": 12, "中午": 12, "下午": 18, "傍晚": 19, "晚": 21, "晚上": 21}
_AFTER_NOON = frozenset({"中午", "下午", "傍晚", "晚", "晚上"})
_LESS = {"半": 30, "1刻": 15, "3刻": 45}


def local(moment: datetime | str, timezone: str = "") -> datetime:
    """A moment in the house's time. A string is ISO and carries the house's offset already."""
    if isinstance(moment, str):
        return datetime.fromisoformat(moment)
    return moment.astimezone(ZoneInfo(timezone))


def day(moment: datetime | str, timezone: str = "") -> str:
    """11月27日"""
    when = local(moment, timezone)
    return text("dates.day", month=when.month, day=when.day)


def until(moment: datetime, timezone: str, *, now: datetime) -> str:
    """A limit: with its hour where that is today or tomorrow, else the day alone."""
    zone = ZoneInfo(timezone)
    near = (moment.astimezone(zone).date() - now.astimezone(zone).date()).days in (0, 1)
    return day_and_time(moment, timezone, now=now) + " " if near else day(moment, timezone)


def day_and_time(moment: datetime | str, timezone: str = "", *, now: datetime | None = None) -> str:
    """今天 9:20, 明天 9:20, 11月27日 9:20"""
    when = local(moment, timezone)
    clock = f"{when.hour}:{when.minute:02d}"
    if now is not None:
        ahead = (when.date() - now.astimezone(when.tzinfo).date()).days
        if ahead in (0, 1):
            return text("dates.today" if ahead == 0 else "dates.tomorrow", clock=clock)
    return text("dates.day_and_time", month=when.month, day=when.day, clock=clock)


def read_moment(said: str, *, now: datetime, timezone: str, at: time) -> datetime | None:
    """The moment somebody writes: "3月15日", "下周五", "明天下午3点", "2026-12-01", "半年后", "两小时后"; in UTC.

    ``at``: the time of day that is meant where only a day is written. The moment may be past. None for what is no date.
    """
    zone = ZoneInfo(timezone)
    here = now.astimezone(zone)
    written = _ENDS.sub("", _NUMERAL.sub(lambda found: number(found[0]), _bare(said)))
    soon = _SOON.fullmatch(written)
    if soon:
        return now + _duration(soon)
    found = _DAY.match(written)
    rest = written[found.end() :] if found else written
    clock = _TIME.fullmatch(rest)
    if clock is None or not written:
        return None
    try:
        day = _day(found, here.date()) if found else here.date()
        hour = _hour(clock, here if day == here.date() else None) if rest else at
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, hour, zone).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _bare(said: str) -> str:
    return "".join(unicodedata.normalize("NFKC", said).split()).rstrip("。.!,，、")


def _day(found: re.Match[str], today: date) -> date:
    """Raises ValueError for a day that does not exist."""
    if found["month"]:
        return _of_year(found, today)
    if found["only"]:
        day = int(found["only"])
        months = int((found["of"] or "").startswith("下")) if found["of"] else int(day < today.day)
        return months_later(today.replace(day=1), months).replace(day=day)
    if found["near"]:
        return today + timedelta(days=_NEAR[found["near"]])
    if found["weekday"]:
        weekday = 7 if found["weekday"] in "日天末" else int(found["weekday"])
        day_of_week = today + timedelta(days=weekday - today.isoweekday())
        if found["week"]:
            return day_of_week + timedelta(weeks=found["week"].count("下"))
        return day_of_week if day_of_week >= today else day_of_week + timedelta(weeks=1)
    if found["count"]:
        return _later(found, today)
    if "年" in found["end"]:
        return date(today.year, 12, 31)
    return months_later(today.replace(day=1), 1 + found["end"].startswith("下")) - timedelta(days=1)


def _of_year(found: re.Match[str], today: date) -> date:
    month, day = int(found["month"]), int(found["day"])
    if found["year"]:
        return date(int(found["year"]), month, day)
    if found["next"]:
        return date(today.year + _NEAR[found["next"]], month, day)
    this_year = date(today.year, month, day)
    return date(today.year + 1, month, day) if today - this_year > _JUST_OVER else this_year


def _later(found: re.Match[str], today: date) -> date:
    half = found["count"] == "半"
    count = 0 if half else int(found["count"])
    if found["months"]:
        return today + timedelta(days=15) if half else months_later(today, count)
    if found["span"] == "年":
        return months_later(today, 6 if half else 12 * count)
    if half:
        raise ValueError("no half of it")
    return today + timedelta(days=count if found["span"] in "天日" else 7 * count)


def _duration(soon: re.Match[str]) -> timedelta:
    count = 0.5 if soon["count"] == "半" else int(soon["count"]) + (0.5 if soon["half"] else 0)
    return timedelta(minutes=count) if soon["span"] == "分钟" else timedelta(hours=count)


def _hour(clock: re.Match[str], now: datetime | None) -> time:
    """``now``: where the day is today. Three o'clock alone is in the afternoon, and eight o'clock in the evening where
    it is noon."""
    part = clock["part"]
    if clock["hour"] is None:
        return time(_PARTS[part])
    hour, minute = int(clock["hour"]), _LESS.get(clock["less"]) or int(clock["minute"] or 0)
    if part in _AFTER_NOON and hour < 12:
        hour += 12 if part != "中午" or hour < 6 else 0
    elif part is None and (1 <= hour <= 6 or (now and hour < 12 and time(hour, minute) <= now.time())):
        hour += 12
    return time(hour, minute)
