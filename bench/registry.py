"""What ``python -m bench`` can run."""

from __future__ import annotations

from bench.chaos import CHAOS
from bench.speed import SPEED as SPEEDS
from bench.understanding import run_understanding

__all__ = ["CHAOS", "SPEED"]

SPEED = {**SPEEDS, "understanding": run_understanding}
