"""What quality.md asks of speed: ``python -m bench NAME [--long]``; results in docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module


def _run(name: str, long: bool) -> None:
    getattr(import_module(f"bench.speed.{name}"), f"run_{name}")(long)


SPEED: dict[str, Callable[[bool], None]] = {
    name: partial(_run, name) for name in ("intake", "scale", "peers", "delivery", "text", "sweeps", "start")
}
