"""What a telling is about, by the words of `likeness.toml`, and how far such a matter reaches."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files
from typing import Any

from understanding.address.doors import doors
from understanding.segment import Lexicon, plain

_FILE = files("understanding.likeness").joinpath("likeness.toml")
_TABLE: Mapping[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
_OBJECTS = Lexicon((word, name) for name, words in _TABLE["objects"].items() for word in words)
_SUFFERED = frozenset(_TABLE["kinds"]["suffered"])
_STAIR = frozenset(_TABLE["scope"]["stair"])
_WIDE = frozenset(_TABLE["scope"]["wide"])
_NARROW = frozenset(_TABLE["scope"]["narrow"])
_COMPATIBLE = {frozenset((one, other)) for one, others in _TABLE["compatible"].items() for other in others}
_BEGINNING = 60


def told_of(text: str) -> dict[str, str]:
    """The objects a plain text names, each with the first word for it; the narrower hides the wider."""
    found: dict[str, str] = {}
    for hit in _OBJECTS.find(text):
        for name in hit.values:
            found.setdefault(name, hit.word)
    for name in [name for name in found if "." in name]:
        found.pop(name.partition(".")[0], None)
    return found


def objects(text: str) -> dict[str, str]:
    """As `told_of`, but what is only suffered (noise, dust) counts where nothing else is named."""
    found = told_of(text)
    if found.keys() <= _SUFFERED:
        return found
    return {name: word for name, word in found.items() if name not in _SUFFERED}


def same_object(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def compatible(one: str, other: str) -> float:
    """1 for the same category, less for those that people take for each other or could not tell, 0 for others."""
    if one == other:
        return 1.0 if one else 0.8
    if "" in (one, other) or "other" in (one, other):
        return 0.7
    return 0.8 if frozenset((one, other)) in _COMPATIBLE else 0.0


def is_wide(category: str, found: Iterable[str]) -> bool:
    """Whether the matter may be the whole compound's; else it is a staircase's own."""
    names = set(found)
    if names & _WIDE:
        return True
    return not names & _NARROW and category not in _STAIR


def shared_by_all(found: Iterable[str]) -> bool:
    """Whether a flat has what its neighbours have too, though each names their own: an outage, a noise."""
    return not _WIDE.isdisjoint(found)


def own_doors(text: str) -> frozenset[tuple[str, str]]:
    """The buildings and units a text begins with, of a matter that may be a staircase's own; of none other."""
    text = plain(text[:_BEGINNING])
    if is_wide("", objects(text)) and objects(text):
        return frozenset()
    return frozenset((door.building, door.unit) for door in doors(text) if door.building)


def doors_differ(here: Collection[tuple[str, str]], there: Collection[tuple[str, str]]) -> bool:
    """Whether both name doors, and none of them may be the same."""
    return bool(here) and bool(there) and not any(_may_be_one(one, other) for one in here for other in there)


def _may_be_one(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] and (one[1] == other[1] or not one[1] or not other[1])
