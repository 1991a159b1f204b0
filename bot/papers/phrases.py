"""Phrases that several papers use: days and numerals."""

from __future__ import annotations

from datetime import date, datetime

from bot.papers.filling import plain
from handlers.dates import local
from services.meetings.papers import MeetingFacts
from services.meetings.resolutions.papers import ResolutionRow
from texts import text

_DIGITS = "〇一二三四五六七八九"


def numeral(number: int) -> str:
    """一, 十, 十二, 二十, 二十三; from a hundred on in digits."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    return (_DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


def whole_day(when: date | datetime, timezone: str) -> str:
    """2026年3月2日"""
    there = local(when, timezone) if isinstance(when, datetime) else when
    return text("papers.day", year=there.year, month=there.month, day=there.day)


def time_of(meeting: MeetingFacts, timezone: str) -> str:
    """2026年3月14日（星期六）15:00，约 90 分钟"""
    there = local(meeting.meets_at, timezone)
    return text(
        "papers.time",
        day=whole_day(meeting.meets_at, timezone),
        weekday=text(f"papers.weekday_{there.isoweekday()}"),
        clock=f"{there.hour}:{there.minute:02d}",
        length=meeting.length,
    )


def ordinal(number: int | None) -> str:
    return text("papers.ordinal", number=number) if number else text("papers.no_ordinal")


def head(meeting: MeetingFacts, timezone: str) -> dict[str, str]:
    """What stands at the top of most papers."""
    return {
        "time": time_of(meeting, timezone),
        "venue": one_line(meeting.venue),
        "form": text(f"papers.form_{meeting.form}"),
        "convener": text(f"words.holder_{meeting.convener_role}", label=meeting.convener),
    }


def one_line(words: str) -> str:
    return " ".join(plain(words).split())


def lines(words: str) -> list[str]:
    """Each line that says something."""
    return [line.strip() for line in plain(words).split("\n") if line.strip()]


def number_of(row: ResolutionRow) -> str:
    return text("papers.number", year=row.year, serial=row.serial)
