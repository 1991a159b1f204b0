"""Writing a table to a file that a spreadsheet opens without obeying what people wrote into it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import Unusable
from services.export import Row, Value
from texts import text

#: A cell that begins so is a formula to some spreadsheet, also in full width (security.md).
_FORMULA = re.compile("^[\\s\u00a0\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\']")
_LONGEST_TITLE = 31  # letters of a sheet's title
_COLUMN = 16  # letters


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook; ``heads`` are shown as they are. ``widths``: of its columns in letters, where given."""

    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Value | Decimal]]
    widths: Sequence[int] = ()


def safe_cell(value: str) -> str:
    """Words as words: never a formula, nothing a file format cannot hold."""
    clean = _UNWRITABLE.sub("", value)
    return f"'{clean}" if _FORMULA.match(clean) else clean


def write_table(file: Path, rows: Iterable[Row], *, timezone: str) -> int:
    """Writes .xlsx, .csv or .jsonl, by the file's name. Returns the number of rows. Raises :class:`Unusable`."""
    zone = ZoneInfo(timezone)
    writers = {".xlsx": _xlsx, ".csv": _csv, ".jsonl": _jsonl}
    writer = writers.get(file.suffix.lower())
    if writer is None:
        raise Unusable(text("export.unknown_kind"))
    try:
        return writer(file, iter(rows), zone)
    except OSError as error:
        raise Unusable(text("export.not_written", path=str(file), why=error.strerror or "")) from None


def workbook(sheets: Iterable[Sheet], *, timezone: str) -> bytes:
    """An .xlsx of several sheets, each with its first line fixed."""
    import openpyxl
    from openpyxl.utils import get_column_letter

    zone = ZoneInfo(timezone)
    book = openpyxl.Workbook(write_only=True)
    for sheet in sheets:
        title = _NOT_IN_A_TITLE.sub("", _UNWRITABLE.sub("", sheet.title))[:_LONGEST_TITLE]
        page = book.create_sheet(title)
        page.freeze_panes = "A2"
        for number, width in enumerate(sheet.widths or [_COLUMN] * len(sheet.heads), start=1):
            page.column_dimensions[get_column_letter(number)].width = width
        for row in (sheet.heads, *sheet.rows):
            page.append([_written(page, value, zone) for value in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _heads(row: Row) -> list[str]:
    return [text(f"export.{name}") for name in row]


def _shown(value: Value, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return text("export.yes") if value else text("export.no")
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return safe_cell(str(value))


def _cell(value: Value | Decimal, zone: ZoneInfo) -> str | int | float:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _shown(value, zone)


def _written(page: Any, value: Value | Decimal, zone: ZoneInfo) -> Any:
    """A cell of a write-only page; words are words, whatever they begin with, and moments are dates of the house."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, datetime):
        moment = WriteOnlyCell(page, value=value.astimezone(zone).replace(tzinfo=None, microsecond=0))
        moment.number_format = "yyyy-mm-dd hh:mm"
        return moment
    cell = WriteOnlyCell(page, value=_cell(value, zone))
    if isinstance(cell.value, str):
        cell.data_type, cell.number_format = "s", "@"
    return cell


def _csv(file: Path, rows: Iterator[Row], zone: ZoneInfo) -> int:
    count = 0
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        for count, row in enumerate(rows, start=1):
            if count == 1:
                writer.writerow(_heads(row))
            writer.writerow([_cell(value, zone) for value in row.values()])
    return count


def _xlsx(file: Path, rows: Iterator[Row], zone: ZoneInfo) -> int:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    count = 0
    for count, row in enumerate(rows, start=1):
        if count == 1:
            sheet.append(_heads(row))
        sheet.append([_written(sheet, value, zone) for value in row.values()])
    book.save(file)
    return count


def _jsonl(file: Path, rows: Iterator[Row], zone: ZoneInfo) -> int:
    count = 0
    with file.open("w", encoding="utf-8") as out:
        for row in rows:
            count += 1
            plain = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
            out.write(json.dumps(plain, ensure_ascii=False) + "\n")
    return count
