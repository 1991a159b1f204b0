"""Rounds, interleaved, and how a figure is told: median and spread, as a ratio to a floor of the same run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from statistics import median

from tests.database import KINDS, missing

ROUNDS = 5


def kinds() -> list[str]:
    """The databases that are here; PostgreSQL where ZHUOLUO_TEST_POSTGRES names a server."""
    for kind in KINDS:
        if reason := missing(kind):
            print(f"  ({reason})")
    return [kind for kind in KINDS if not missing(kind)]


def interleaved(rounds: int, *contestants: Callable[[], float]) -> list[list[float]]:
    """Each contestant's figures; every round all of them, each time another one first, so that noise falls on all."""
    figures: list[list[float]] = [[] for _ in contestants]
    for number in range(rounds):
        for place in range(len(contestants)):
            chosen = (number + place) % len(contestants)
            figures[chosen].append(contestants[chosen]())
    return figures


def ratios(ours: Sequence[float], floor: Sequence[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours, floor, strict=True)]


def spread(figures: Sequence[float], digits: int = 0) -> str:
    """``median (least-most)``."""
    return f"{median(figures):,.{digits}f} ({min(figures):,.{digits}f}-{max(figures):,.{digits}f})"


def heading(title: str) -> None:
    print(f"\n{title}   [{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}]", flush=True)


def tell(what: str, figures: Sequence[float], unit: str, *, digits: int = 0, note: str = "") -> None:
    print(f"  {what:<46} {spread(figures, digits):>28} {unit}{'   ' + note if note else ''}", flush=True)


def tell_ratio(what: str, found: Sequence[float], *, least: float | None = None, most: float | None = None) -> None:
    """``least``/``most``: what quality.md asks; the median is judged."""
    limit = f">= {least:g}" if least is not None else f"<= {most:g}" if most is not None else ""
    held = (least is None or median(found) >= least) and (most is None or median(found) <= most)
    tell(what, found, "x", digits=2, note=f"asked {limit}: {'held' if held else 'NOT HELD'}" if limit else "")
