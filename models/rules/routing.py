"""Who gets a new issue: steward of the unit, else of the building, else grid secretary, else community desk."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.rules.posts import Rung


@dataclass(frozen=True)
class Candidate:
    """A post on the ladder. ``reachable``: somebody holds it who can be written to."""

    post_id: int
    rung: Rung
    reachable: bool


@dataclass(frozen=True)
class Routed:
    """``passed_over``: posts that should have had it but have nobody to write to; the administrator is told of them."""

    post_id: int
    rung: Rung
    reachable: bool
    passed_over: tuple[int, ...]


def route(ladder: Sequence[Candidate]) -> Routed:
    """The first reachable post of the ladder, lowest rung first; the last one if nobody is reachable at all.

    A steward's post counts as passed over only where somebody was expected on it, which the caller knows: it
    leaves out posts that nobody ever held.
    """
    passed: list[int] = []
    for candidate in ladder:
        if candidate.reachable:
            return Routed(candidate.post_id, candidate.rung, True, tuple(passed))
        passed.append(candidate.post_id)
    last = ladder[-1]
    return Routed(last.post_id, last.rung, False, tuple(passed))
