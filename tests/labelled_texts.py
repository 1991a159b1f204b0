"""The folder of labelled texts that figures are measured on. It is no part of the repository: a machine without it
skips what needs it, unless ZHUOLUO_TEST_REQUIRE contains "data"."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

USUAL = Path(__file__).parent.parent.parent / "shared/data"


def data_folder(switch: str) -> Path:
    """What the environment variable `switch` names, or the usual one beside the repository."""
    return Path(os.environ.get(switch) or USUAL)


def missing_texts(folder: Path, names: Iterable[str]) -> str | None:
    """Why these files cannot be read, or None."""
    absent = [name for name in names if not (folder / name).is_file()]
    return f"no labelled texts: {', '.join(absent)} not in {folder}" if absent else None
