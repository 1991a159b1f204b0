"""Commands that read standard input: bytes in, objects out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.command import Command, Said

Lines = Callable[..., list[dict[str, Any]]]


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes | str, *, terminal: bool = False) -> None:
    stream = (Terminal if terminal else io.BytesIO)(data.encode() if isinstance(data, str) else data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream, encoding="utf-8"))


def objects(said: Said) -> list[dict[str, Any]]:
    assert (said.code, said.err) == (0, "")
    return [json.loads(line) for line in said.out.splitlines()]


@pytest.fixture
def lines(zhuoluo: Command, monkeypatch: pytest.MonkeyPatch) -> Lines:
    def run(data: bytes | str, *arguments: str) -> list[dict[str, Any]]:
        feed(monkeypatch, data)
        return objects(zhuoluo(*arguments))

    return run
