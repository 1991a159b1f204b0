"""The command ``zhuoluo``, run as a person runs it, within this process."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.database import migrate


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in, and settings that stay inside it."""
    for name in [n for n in os.environ if n.startswith("ZHUOLUO_") and not n.startswith("ZHUOLUO_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield tmp_path
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


@pytest.fixture
def zhuoluo(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["zhuoluo", *arguments])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def migrated(folder: Path) -> str:
    url = f"sqlite:///{folder}/var/zhuoluo.db"
    migrate(url)
    return url
