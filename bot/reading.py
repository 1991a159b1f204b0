"""Reading tables that strangers made. The work is done by a child process with little memory and little time.

``python -m bot.reading FILE`` writes one line of JSON for each row: ``[line, [cell, …]]``, or ``{"refused": reason}``.
"""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 2 * 1024 * 1024
MAX_UNZIPPED = 20 * 1024 * 1024  # 3.9 MB of .xlsx can hold 800,000 rows (security.md)
MAX_ROWS = 10_000
MAX_COLUMNS = 40
MAX_CELL = 500  # characters
_MEMORY = 768 * 1024 * 1024  # bytes of address space
_CPU_SECONDS = 30


class TableRefused(Exception):
    """``reason``: too_big, too_many_rows, not_a_table, bad_encoding, unknown_kind or missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_table(file: Path) -> list[tuple[int, list[str]]]:
    """The rows of an .xlsx (its first sheet) or .csv file with their line numbers; empty rows are left out.

    Raises :class:`TableRefused`.
    """
    if not file.is_file():
        raise TableRefused("missing")
    if file.stat().st_size > MAX_BYTES:
        raise TableRefused("too_big")
    root = str(Path(__file__).resolve().parent.parent)
    environment = {"PYTHONPATH": root, "PYTHONUTF8": "1", "PATH": os.environ.get("PATH", "")}
    command = [sys.executable, "-m", "bot.reading", str(file.resolve())]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=2 * _CPU_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise TableRefused("not_a_table") from None
    if done.returncode != 0:
        raise TableRefused("not_a_table")
    rows = []
    for line in done.stdout.decode("utf-8").splitlines():
        found = json.loads(line)
        if isinstance(found, dict):
            raise TableRefused(found["refused"])
        rows.append((int(found[0]), [str(cell) for cell in found[1]]))
    return rows


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    match file.suffix.lower():
        case ".xlsx":
            rows = _xlsx(file)
        case ".csv":
            rows = _csv(file)
        case _:
            raise TableRefused("unknown_kind")
    for count, (line, cells) in enumerate(rows):
        if count > MAX_ROWS:  # the first one is the head
            raise TableRefused("too_many_rows")
        if any(cells):
            yield line, cells


def _xlsx(file: Path) -> Iterator[tuple[int, list[str]]]:
    import openpyxl

    with zipfile.ZipFile(file) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNZIPPED:
            raise TableRefused("too_big")
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
        yield line, [_cell(value) for value in row]


def _csv(file: Path) -> Iterator[tuple[int, list[str]]]:
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise TableRefused("bad_encoding")
    if "\0" in text:
        raise TableRefused("not_a_table")
    separator = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    for row in reader:
        yield begins, [_cell(value) for value in row[:MAX_COLUMNS]]
        begins = reader.line_num + 1


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()[:MAX_CELL]


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    try:
        for row in _rows(Path(sys.argv[1])):
            print(json.dumps(row))
    except TableRefused as refused:
        print(json.dumps({"refused": refused.reason}))
    except Exception:  # whatever a broken file makes a parser raise
        print(json.dumps({"refused": "not_a_table"}))


if __name__ == "__main__":
    main()
