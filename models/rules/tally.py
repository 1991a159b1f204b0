"""Counting a ballot: who is asked for a majority, how many votes it takes, and which option has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Any


class VoteBase(StrEnum):
    """Of whom a majority is asked; fixed before voting."""

    PRESENT = "present"  # households checked in, or represented by proxy
    ALL_VOTERS = "all_voters"  # households invited with a vote


class Majority(StrEnum):
    MORE_THAN_HALF = "more_than_half"
    TWO_THIRDS = "two_thirds"
    THREE_QUARTERS = "three_quarters"
    PLURALITY = "plurality"  # the most votes, for more than two options


#: 三分之二以上 and 四分之三以上 include the number itself (民法典 1259).
_SHARES = {Majority.TWO_THIRDS: Fraction(2, 3), Majority.THREE_QUARTERS: Fraction(3, 4)}
#: Options that say no, or nothing. Whoever has the most votes for one of these has adopted nothing.
REFUSING = frozenset(
    {"反对", "不同意", "不赞成", "不通过", "弃权", "不要", "不做", "不装", "不行", "都不要", "都不选", "都不同意"}
)
FEWEST_OPTIONS, MOST_OPTIONS = 2, 7


@dataclass(frozen=True)
class Tally:
    """``counts``: papers per option. ``needed``: votes that an option takes to win; of a plurality, the most and no
    fewer than this. ``won``: the index of the option, None where none has enough. ``tied``: several have the most."""

    counts: tuple[int, ...]
    base: int
    needed: int
    won: int | None
    tied: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "counts": list(self.counts),
            "base": self.base,
            "needed": self.needed,
            "won": self.won,
            "tied": self.tied,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        return cls(tuple(data["counts"]), data["base"], data["needed"], data["won"], data["tied"])


def votes_needed(majority: Majority, *, base: int) -> int:
    """Of so many households; at least one, so that nothing is won where nobody votes."""
    if majority is Majority.PLURALITY:
        return 1
    if majority is Majority.MORE_THAN_HALF:
        return base // 2 + 1
    return max(1, ceil(base * _SHARES[majority]))


def majorities(options: Sequence[str]) -> list[Majority]:
    """Those to choose from: the most votes decide only between several proposals."""
    proposals = [option for option in options if option not in REFUSING]
    return [each for each in Majority if each is not Majority.PLURALITY or len(proposals) > 1]


def adopts(won: int | None, *, options: Sequence[str], majority: Majority) -> bool:
    """Whether what was won adopts the item: the first option does, and of several proposals the one with most votes."""
    if won is None or won == 0:
        return won == 0
    return majority is Majority.PLURALITY and majority in majorities(options) and options[won] not in REFUSING


def count(papers: Sequence[int], *, options: int, base: int, majority: Majority) -> Tally:
    """``papers``: the option that each of them names. Raises ValueError for a paper that names none, and for more
    papers than households."""
    if len(papers) > base or any(not 0 <= paper < options for paper in papers):
        raise ValueError("papers that cannot be of this ballot")
    counts = tuple(sum(paper == option for paper in papers) for option in range(options))
    most, needed = max(counts, default=0), votes_needed(majority, base=base)
    leading = [option for option, votes in enumerate(counts) if votes == most > 0]
    tied = len(leading) > 1
    won = leading[0] if len(leading) == 1 and most >= needed else None
    return Tally(counts, base, needed, won, tied)
