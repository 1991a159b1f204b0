"""What ``python -m bench`` can run."""

from __future__ import annotations

from bench.chaos import CHAOS
from bench.speed import SPEED

__all__ = ["CHAOS", "SPEED"]
