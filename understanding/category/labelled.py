"""Texts with labels from a csv file, as communities have them: any of the usual column names, UTF-8 or GB18030."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

TEXTS = (
    *("text", "title", "detail", "content", "文本", "标题", "主题", "留言主题"),
    *("内容", "正文", "详情", "留言详情", "描述"),
)
LABELS = ("label", "category", "class", "标签", "类别", "分类", "一级标签", "一级分类", "类型", "部门")
_LONGEST_FIELD = 1_000_000
"""Characters of one field; more is a quote that was never closed."""


class UnfitRows(ValueError):
    """The rows cannot be learnt from; `code` and `facts` say why, for whoever puts it into words."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(message)
        self.code, self.facts = code, facts


def read_rows(path: Path) -> list[tuple[str, str]]:
    """Each row's text and label. Title and content, where both are there, are one text. Raises UnfitRows."""
    lines = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        texts = _columns(header, TEXTS, "no_text_column")
        label = _columns(header, LABELS, "no_label_column")[0]
        return list(_rows(lines, texts, label))
    except csv.Error as error:
        raise UnfitRows("not_csv", f"line {lines.line_num}: {error}", line=lines.line_num) from error
    finally:
        csv.field_size_limit(limit)


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise UnfitRows("encoding", f"line {line}: neither UTF-8 nor GB18030", line=line)


def _columns(header: Sequence[str], names: Sequence[str], code: str) -> list[int]:
    found = [header.index(name) for name in names if name in header]
    if not found:
        kind = "text" if code == "no_text_column" else "label"
        there = ", ".join(header) or "nothing"
        raise UnfitRows(code, f"line 1: no {kind} column; one of {', '.join(names)} is needed, found {there}", line=1)
    return found


def _rows(lines: Iterator[list[str]], texts: Sequence[int], label: int) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(lines, 2):
        if not any(map(str.strip, row)):
            continue
        if len(row) <= max(label, *texts):
            raise UnfitRows("short_row", f"row {number}: {len(row)} columns only", row=number)
        text = "。".join(part for at in sorted(texts) if (part := row[at].strip()))
        if not text or not row[label].strip():
            raise UnfitRows("empty", f"row {number}: no {'label' if text else 'text'}", row=number)
        yield text, row[label].strip()
