"""What the residents of a rehearsal tell: small word lists of our own (``matters.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from bot.rehearsal.world import Household

#: How somebody names a place: in full, or as one does who lives there.
_IN_FULL = {
    "unit": "{compound}{building}号楼{unit}单元",
    "home": "{compound}{building}号楼{unit}单元{room}",
    "building": "{compound}{building}号楼",
    "compound": "{compound}",
}
_AT_HOME = {"unit": "{building}号楼{unit}单元", "home": "{building}号楼{unit}单元{room}", "building": "{building}号楼",
            "compound": "{compound}"}  # fmt: skip
_POLITE = ("", "", "", "，麻烦看看", "，请尽快处理", "，谢谢", "，说了好几次了", "，什么时候能修")


@dataclass(frozen=True)
class Matter:
    """``by``: who can settle it; "nobody" cannot now, for ``reason``, and ``decider`` could."""

    key: str
    at: str
    by: str
    words: tuple[str, ...]
    done: tuple[str, ...]
    reason: str = ""
    decider: str = ""


@cache
def matters() -> dict[str, Matter]:
    rows: list[dict[str, Any]] = tomllib.loads(files(__package__).joinpath("matters.toml").read_text("utf-8"))["matter"]
    return {row["key"]: Matter(**{**row, "words": tuple(row["words"]), "done": tuple(row["done"])}) for row in rows}


def place(matter: Matter, home: Household, *, in_full: bool) -> str:
    """Where it is, as people write it."""
    return (_IN_FULL if in_full else _AT_HOME)[matter.at].format(**vars(home))


def sentence(matter: Matter, home: Household, random: Random) -> str:
    """One telling of it. Three in four name the place in full, one in eight does not say where at all."""
    chance = random.random()
    where = "" if chance < 0.12 else place(matter, home, in_full=chance > 0.25)
    return where + random.choice(matter.words) + random.choice(_POLITE)
