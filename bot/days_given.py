"""The community's own file of days that are worked or not: what the announced calendar does not say, or says otherwise.

A table that any spreadsheet saves (CSV): the day, 上班 or 休息, and a remark if wished. A heading, empty lines and
lines that begin with # are passed over.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

from bot.errors import Unusable
from texts import text

_DATE = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?", re.ASCII)
_SHOWN = 20  # characters of a refused cell


def read_days(path: Path) -> dict[date, bool]:
    """True for a day that is worked. Raises :class:`Unusable` with one line for each line that is refused, and why."""
    days: dict[date, bool] = {}
    wrong = []
    for number, line in enumerate(_decoded(path).splitlines(), start=1):
        cells = [cell.strip() for cell in next(csv.reader([line]), [])]
        if not any(cells) or cells[0].startswith("#") or (not days and cells[0] == text("settings.days_head")):
            continue
        try:
            day, is_worked = _day(cells)
            if day in days:
                raise ValueError(text("settings.days_twice", given=day.isoformat()))
            days[day] = is_worked
        except ValueError as error:
            wrong.append(text("settings.days_line", path=str(path), line=number, why=str(error)))
    if wrong:
        raise Unusable("\n".join(wrong))
    return days


def _day(cells: list[str]) -> tuple[date, bool]:
    if len(cells) < 2:
        raise ValueError(text("settings.days_columns"))
    written = _DATE.fullmatch(cells[0])
    try:
        day = date(*map(int, written.groups())) if written else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(text("settings.days_date", given=cells[0][:_SHOWN]))
    is_worked = {text("settings.days_worked"): True, text("settings.days_off"): False}.get(cells[1])
    if is_worked is None:
        raise ValueError(text("settings.days_word", given=cells[1][:_SHOWN]))
    return day, is_worked


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError:
        raise Unusable(text("settings.days_unreadable", path=str(path))) from None
    for encoding in ("utf-8-sig", "gb18030"):  # spreadsheets save either
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unusable(text("settings.days_encoding", path=str(path)))
