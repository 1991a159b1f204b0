"""A workflow is a list of rows: who may move what, from where, to where, and who is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from models.rules.errors import AlreadyDone, TransitionNotAllowed

A = TypeVar("A", bound=StrEnum)  # actions
S = TypeVar("S", bound=StrEnum)  # states
R = TypeVar("R", bound=StrEnum)  # roles
T = TypeVar("T", bound=StrEnum)  # audiences
N = TypeVar("N", bound=StrEnum)  # needs


@dataclass(frozen=True)
class Transition(Generic[A, S, R, T, N]):
    """``target`` None: the state stays (the deed still leaves a history entry and tells people)."""

    action: A
    sources: frozenset[S]
    target: S | None
    by: frozenset[R]
    tells: frozenset[T]
    needs: frozenset[N]


def find_transition(
    table: Iterable[Transition[A, S, R, T, N]], *, action: A, state: S, roles: Iterable[R]
) -> Transition[A, S, R, T, N]:
    """The one row that allows ``action`` from ``state`` to somebody holding ``roles``.

    Raises AlreadyDone when the action has led here before, TransitionNotAllowed otherwise.
    """
    held = set(roles)
    rows = [row for row in table if row.action == action]
    for row in rows:
        if state in row.sources and row.by & held:
            return row
    done = any(row.target == state and state not in row.sources for row in rows)
    raise (AlreadyDone if done else TransitionNotAllowed)(action=action, state=state)


def allowed_actions(table: Iterable[Transition[A, S, R, T, N]], *, state: S, roles: Iterable[R]) -> list[A]:
    """What somebody holding ``roles`` may do now, in the table's order."""
    held = set(roles)
    return list(dict.fromkeys(row.action for row in table if state in row.sources and row.by & held))
