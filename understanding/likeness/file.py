"""Tellings from a file of JSON lines: id, raiser, at, title, detail. What is wrong is said with the line it is in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from understanding.likeness.telling import Telling

_TIME = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?.*)?")


class BadRowError(ValueError):
    """`line` counts from 1; `code` says why, for whoever puts it into words."""

    def __init__(self, line: int, what: str, code: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line, self.code = line, code


def read(lines: Iterable[str]) -> Iterator[tuple[Telling, dict[str, Any]]]:
    """Each telling with its row; empty lines are passed over. BadRowError at the first row that cannot be read."""
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            why = f"{error.msg} at character {error.pos + 1}"
            raise BadRowError(number, f"not JSON: {why}", "not_json") from error
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists within lists
            raise BadRowError(number, f"not JSON: {error}", "not_json") from error
        if not isinstance(row, dict):
            raise BadRowError(number, f"an object is expected, not {type(row).__name__}", "not_json")
        telling = _telling(number, row)
        if telling.id in seen:
            raise BadRowError(number, f"id {telling.id} is already in line {seen[telling.id]}", "twice")
        seen[telling.id] = number
        yield telling, row


def _telling(line: int, row: dict[str, Any]) -> Telling:
    if row.get("id") in (None, ""):
        raise BadRowError(line, "no id", "no_id")
    title, detail = _words(line, row, "title"), _words(line, row, "detail")
    if not title and not detail:
        raise BadRowError(line, "neither title nor detail", "no_words")
    raiser, at = row.get("raiser"), row.get("at")
    raiser = "" if raiser is None else str(raiser)
    return Telling(str(row["id"]), raiser, _time(line, at), f"{title}\n{detail}".strip(), title=title)


def _words(line: int, row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRowError(line, f"{key} is not text", "no_words")
    return value.strip()


def _time(line: int, written: object) -> datetime | None:
    """Both 2019/1/2 8:05:09 and 2019-01-02 08:05:09, with seconds, minutes or the day alone; taken as UTC whatever the
    offset, for nearness is counted in days."""
    if written in (None, ""):
        return None
    found = _TIME.fullmatch(str(written).strip())
    if found:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            pass
    raise BadRowError(line, f"{written!r} is not a time", "no_time")
