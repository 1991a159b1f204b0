"""What categories are called."""

from __future__ import annotations

from texts import text
from understanding import CATEGORIES


def label(key: str) -> str:
    """照明 for lighting. A label of a community's own model is its own name."""
    return text(f"categories.{key}") if key in CATEGORIES else key
