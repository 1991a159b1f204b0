"""Files with tellings and with answers: read for a command, what is wrong named with its line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import Unusable
from texts import text

if TYPE_CHECKING:
    from understanding.likeness.telling import Telling

_SHOWN = 5


def tellings_of(file: Path) -> list[tuple[Telling, dict[str, Any]]]:
    """Raises :class:`Unusable` at the first row that is no telling."""
    from understanding.likeness.file import BadRowError, read

    try:
        with file.open(encoding="utf-8-sig") as lines:
            return list(read(lines))
    except BadRowError as error:
        why = text(f"understand.telling_{error.code}")
        raise Unusable(text("understand.bad_telling", path=str(file), line=error.line, why=why)) from None
    except OSError as error:
        raise Unusable(text("understand.unreadable", path=str(file), why=error.strerror or "")) from None
    except UnicodeDecodeError:
        raise Unusable(text("understand.not_utf8", path=str(file))) from None


def check_measured(kind: str, file: Path) -> None:
    """Raises :class:`Unusable` with the first lines that cannot be measured, or where there is none at all."""
    if kind == "likeness":
        rows, wrong = len(tellings_of(file)), []
    else:
        read = list(_judged(file, _residents if kind == "residents" else _addresses))
        rows, wrong = len(read), [said for said in read if said]
    if wrong:
        more = len(wrong) - _SHOWN
        shown = [*wrong[:_SHOWN], text("learn.more_bad_lines", count=more)] if more > 0 else wrong
        raise Unusable("\n".join([text("learn.bad_lines", path=str(file)), *shown]))
    if not rows:
        raise Unusable(text("learn.no_rows", path=str(file)))


def check_pairs(file: Path) -> None:
    """A csv with the columns id_a and id_b."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            for row in rows:
                if not row.get("id_a") or not row.get("id_b"):
                    raise Unusable(text("learn.bad_pair", path=str(file), line=rows.line_num))
    except OSError as error:
        raise Unusable(text("understand.unreadable", path=str(file), why=error.strerror or "")) from None
    except UnicodeDecodeError:
        raise Unusable(text("understand.not_utf8", path=str(file))) from None
    except csv.Error:
        raise Unusable(text("learn.bad_pair", path=str(file), line=rows.line_num)) from None


def _judged(file: Path, wrong: Callable[[Mapping[str, Any]], str]) -> Iterator[str]:
    """For each row what is wrong with it, "" where nothing is."""
    try:
        lines = file.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise Unusable(text("understand.unreadable", path=str(file), why=error.strerror or "")) from None
    except UnicodeDecodeError:
        raise Unusable(text("understand.not_utf8", path=str(file))) from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            what = wrong(row) if isinstance(row, dict) else text("learn.bad_json")
            yield text("learn.bad_line", line=number, why=what) if what else ""


_LISTS = ("categories", "natures", "urgent", "compounds", "buildings", "units", "rooms")


def _residents(row: Mapping[str, Any]) -> str:
    for key in ("id", "title", "detail"):
        if not isinstance(row.get(key), str | int if key == "id" else str):
            return text("learn.bad_text", key=key)
    return next((text("learn.bad_list", key=key) for key in _LISTS if not _is_list(row.get(key))), "")


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str | int) for each in value)


def _addresses(row: Mapping[str, Any]) -> str:
    if not isinstance(row.get("text"), str):
        return text("learn.bad_text", key="text")
    spans = row.get("spans")
    fine = isinstance(spans, list) and all(_is_span(span) for span in spans)
    return "" if fine else text("learn.bad_spans")


def _is_span(span: object) -> bool:
    match span:
        case [str(), int(), int()]:
            return True
        case _:
            return False
