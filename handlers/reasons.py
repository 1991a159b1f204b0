"""Why an issue has its category, its place and its holder: one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import categories
from texts import text

_HOLIDAYS = ("new_year", "spring", "tombs", "labour", "dragon_boat", "mid_autumn", "national", "other")
NOTED = frozenset(
    {*(f"holiday_{name}" for name in _HOLIDAYS), "missed_unapproved", "missed_unopened", "merged_meanwhile"}
)
#: Deciding words that are told; more say nothing more.
MOST_WORDS = 3


def why(
    grounds: Mapping[str, Any] | None,
    *,
    category: str,
    place: str,
    holder_role: str,
    holder: str,
    recurs: str = "",
) -> str:
    """``grounds`` as in models.issue; ``category`` is a key, ``holder`` the label of the post."""
    known = grounds or {}
    found = next(iter(known.get("place", ())), None)
    return text(
        "why.sentence",
        words=list(known.get("category", ()))[:MOST_WORDS],
        by=known.get("by", "words"),
        category=categories.label(category),
        place=place,
        place_from=text(f"why.place_{found[0]}", words=found[1]) if found else "",
        holder=text(f"words.role_{holder_role}" if holder == place else f"words.holder_{holder_role}", label=holder),
        recurs=recurs,
    )


def in_words(why: str) -> str:
    """Why something was done to a meeting: what somebody wrote, or the sentence for what the timer notes instead of
    words ("holiday_spring", "missed_unopened")."""
    return text(f"reasons.{why}") if why in NOTED else why
