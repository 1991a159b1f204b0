"""What the neighbours of a rehearsal talk over, and what their meetings make of it (``talks.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bot.rehearsal.matters import Matter
from models.rules.meeting_workflow import ItemState

#: Who settles what is to be talked over.
NEIGHBOURS = "neighbours"
_DONE = ("和几家当面说好了，照说好的办",)


@dataclass(frozen=True)
class Talk(Matter):
    """``ends``: the first time and the times after. ``to``, ``owner``: a part of how they are called."""

    ends: tuple[ItemState, ...] = ()
    vote: bool = False
    agreed: str = ""
    standard: str = ""
    owner: str = ""
    to: str = ""
    consults: bool = False


@cache
def talks() -> Mapping[str, Talk]:
    rows: list[dict[str, Any]] = tomllib.loads(files(__package__).joinpath("talks.toml").read_text("utf-8"))["talk"]
    return {row["key"]: _talk(row) for row in rows}


def _talk(row: Mapping[str, Any]) -> Talk:
    lists = {
        "words": tuple(row["words"]),
        "done": tuple(row.get("done", _DONE)),
        "ends": tuple(map(ItemState, row["ends"])),
    }
    return Talk(**{**row, **lists, "by": NEIGHBOURS})
