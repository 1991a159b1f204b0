"""Days and times as people say them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from texts import text


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
