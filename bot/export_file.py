"""Writing a table to a file that a spreadsheet opens without obeying what people wrote into it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.errors import Unusable
from services.export import Row, Value
from texts import text

#: A cell that begins so is a formula to some spreadsheet, also in full width (security.md).
_FORMULA = re.compile("^[\\s\u00a0\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


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


def _cell(value: Value, zone: ZoneInfo) -> str | int:
    return value if isinstance(value, int) and not isinstance(value, bool) else _shown(value, zone)


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
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    count = 0
    for count, row in enumerate(rows, start=1):
        if count == 1:
            sheet.append(_heads(row))
        cells = []
        for value in row.values():
            cell = WriteOnlyCell(sheet, value=_cell(value, zone))
            if isinstance(cell.value, str):
                cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        sheet.append(cells)
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
