"""A telling, and what it has in common with another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Telling(NamedTuple):
    """What one person told at one time. `text` is all of it, beginning with the title where there is one; ids are None
    and strings empty where nothing is known."""

    id: str
    raiser: str
    at: datetime | None
    text: str
    title: str = ""
    category: str = ""
    compound_id: int | None = None
    building_id: int | None = None
    unit_id: int | None = None
    spot_id: int | None = None
    grid_id: int | None = None
    room: str = ""

    @property
    def detail(self) -> str:
        return self.text[len(self.title) :].strip() if self.text.startswith(self.title) else self.text


class Match(NamedTuple):
    """`kind` is place, words, time or category. `here` is the first telling's side, `there` the second's: for places
    grid, compound, building, unit and spot, as far as known; words as written; times in ISO; keys of categories."""

    kind: str
    here: tuple[str, ...]
    there: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` from 0 to 1; what matched and what differs is said to the person before they join."""

    score: float
    matched: tuple[Match, ...] = ()
    differs: tuple[Match, ...] = ()
