"""Lines in, JSON out: one object for each line of standard input, in its order, whatever the line holds."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from texts import text

_HALF_PAIRS = re.compile("[\ud800-\udfff]")
_OTHER_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Given(NamedTuple):
    """What a line says: its words and, where it is a JSON object, the whole of it. `fault` tells what is wrong."""

    words: str
    row: Mapping[str, Any]
    fault: str = ""


def given(line: str) -> Given:
    """Plain words, or an object with `text` (or `title` and `detail`). Whatever is no such object is plain words."""
    row = _object(line)
    if row is None:
        return Given(line, {})
    if isinstance(row.get("text"), str):
        return Given(row["text"], row)
    parts = [part for part in (row.get("title"), row.get("detail")) if isinstance(part, str) and part]
    return Given("。".join(parts), row, "" if parts else text("understand.no_text"))


def _object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # words that happen to begin with a brace, or a thousand braces
        return None
    return row if isinstance(row, dict) else None


def answer_lines(one: Callable[[Given], Mapping[str, Any]]) -> None:
    """Lines end with LF or CRLF only. What is no UTF-8 is read as "�". A fault stands in the answer as `error`."""
    if sys.stdin.isatty():
        print(text("understand.type_here"), file=sys.stderr)
    out = sys.stdout.buffer
    for number, raw in enumerate(sys.stdin.buffer):
        line = raw.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        asked = given(line.removeprefix("\ufeff") if number == 0 else line)
        answer = dict(one(asked))
        if asked.fault:
            answer.setdefault("error", asked.fault)
        out.write(as_line(answer))
        out.flush()


def as_line(answer: Mapping[str, Any]) -> bytes:
    """One line of UTF-8 for every reader, also for one who takes U+2028 for the end of a line."""
    written = json.dumps(answer, ensure_ascii=False).translate(_OTHER_LINE_ENDS)
    return _HALF_PAIRS.sub("\ufffd", written).encode() + b"\n"


def printable(words: str) -> str:
    """Words of a file on a person's terminal: no control characters, no half pairs."""
    return _HALF_PAIRS.sub("\ufffd", _CONTROLS.sub(" ", words))
