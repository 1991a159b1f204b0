"""What is due costs what is due, not what is stored: the sweep of the clocks, a page of a ledger, the clearing (清账).

The sweeps of notices and of the timetable, in ``bench.speed.sweeps``, run before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.issues_town import ISSUES_OF_ONE, OPEN_OF_ONE, OVERDUE_OF_ONE, IssuesTown
from bench.speed.measure import ROUNDS, heading, interleaved, kinds, ratios, tell, tell_ratio
from bench.speed.sweeps import run_sweeps as run_stored
from models.member import Post
from models.rules.house import HouseRules
from models.rules.posts import Role
from services import clearing, clocks, ledgers
from services.ledgers import PartKind, Reach
from services.members import HeldPost
from services.standing import Ledger
from tests.database import fresh_database, opened
from tests.statements import statements, whole_reads

AT = datetime(2026, 3, 3, 4, tzinfo=UTC)
SIZES = (10_000, 100_000)
LONG = 1_000_000
DUE = (0, 500, 5_000)
BEST_OF = 10  # runs of what takes milliseconds
FEW_ROUNDS = 2  # of what takes many seconds

_ABOUT: dict[str, Any] = {"at": AT, "rules": HouseRules()}
#: Whose ledger is read: the widest post, and a name for it.
_VIEWERS = ((Role.STEWARD, "a steward"), (Role.SECRETARY, "a secretary"), (Role.COMMUNITY, "a community"))

Measured = Callable[[Session], int]


def run_sweeps(long: bool) -> None:
    run_stored(long)
    sizes = (*SIZES, LONG) if long else SIZES
    stored = ", ".join(f"{size:,}" for size in sizes)
    for kind in kinds():
        heading(f"sweeps of issues, {kind}: {stored} stored, {OPEN_OF_ONE} of {ISSUES_OF_ONE:,} open")
        with ExitStack() as stack:
            towns = [_town(stack, kind, size) for size in sizes]
            for what, measured, expected in _reads():
                _compare(what, towns, sizes, measured, expected=expected, best_of=BEST_OF)
            before = 0
            for due in DUE:
                for town in towns:
                    town.add_due(due - before)
                before = due
                rounds = ROUNDS if due <= DUE[1] else FEW_ROUNDS
                _compare(f"sweep, {due:,} due", towns, sizes, _sweep, expected=due, rounds=rounds, each=due)


def _town(stack: ExitStack, kind: str, size: int) -> IssuesTown:
    url = stack.enter_context(fresh_database(kind))
    return IssuesTown(stack.enter_context(opened(url)), stored=size, at=AT)


def _reads() -> list[tuple[str, Measured, int | None]]:
    """What is measured where nothing is due; and how many rows it finds, where that is the same in every town."""
    found: list[tuple[str, Measured, int | None]] = []
    for role, who in _VIEWERS:
        found.append((f"counts of {who}", _counts(role), OPEN_OF_ONE))
        found.append((f"first page of what is open, {who}", _page(role, Ledger.OPEN), 9))
        found.append((f"first page of overdue, {who}", _page(role, Ledger.OVERDUE), 9))
    found.append(("how the holders of a community stand", _shares, 1))
    found.append(("a whole ledger of overdue, a community", _whole, OVERDUE_OF_ONE))
    found.append(("clearing of a community", _clear, OVERDUE_OF_ONE))
    found.append(("communities with anything overdue", _communities, None))
    return found


def _sweep(session: Session) -> int:
    done = 0
    while due := clocks.due_issues(session, now=AT, limit=500):
        for issue_id in due:
            done += bool(clocks.look_at(session, issue_id=issue_id, **_ABOUT))
    return done


def _reach(session: Session, role: Role) -> Reach:
    """Of the person in the first community."""
    post = session.scalars(select(Post).where(Post.role == role, Post.community_id == 1)).one()
    return Reach((HeldPost(post.id, post.role, post.scope_kind, post.scope_id, post.community_id, post.label),))


def _counts(role: Role) -> Measured:
    return lambda session: ledgers.counts(session, reach=_reach(session, role), **_ABOUT)[Ledger.OPEN]


def _page(role: Role, ledger: Ledger) -> Measured:
    return lambda session: len(ledgers.page(session, ledger=ledger, reach=_reach(session, role), **_ABOUT).rows)


def _shares(session: Session) -> int:
    return len(ledgers.shares(session, reach=_reach(session, Role.COMMUNITY), by=PartKind.HOLDER, **_ABOUT))


def _whole(session: Session) -> int:
    return len(list(ledgers.read(session, ledger=Ledger.OVERDUE, reach=_reach(session, Role.COMMUNITY), **_ABOUT)))


def _clear(session: Session) -> int:
    return clearing.clear_community(session, community_id=1, **_ABOUT).issues


def _communities(session: Session) -> int:
    return len(ledgers.communities_with(session, ledger=Ledger.OVERDUE, **_ABOUT))


def _compare(
    what: str,
    towns: Sequence[IssuesTown],
    sizes: Sequence[int],
    measured: Measured,
    *,
    expected: int | None,
    rounds: int = ROUNDS,
    best_of: int = 1,
    each: int = 0,
) -> None:
    """The time of one run in each town; every run is undone. ``each``: so many issues, of which one's share is told."""
    figures = interleaved(rounds, *(_timed(town, measured, expected, best_of) for town in towns))
    for size, found in zip(sizes, figures, strict=True):
        note = f"{min(found) / each:.2f} ms an issue" if each else ""
        tell(f"{what}, {size:,} stored", found, "ms", digits=2, note=note)
    if expected is not None:
        tell_ratio(f"growth, {sizes[0]:,} to {sizes[-1]:,}", ratios(figures[-1], figures[0]), most=1.3)
    for town in towns:
        _check(what, town, measured)


def _timed(town: IssuesTown, measured: Measured, expected: int | None, best_of: int) -> Callable[[], float]:
    def once() -> float:
        with Session(town.database.engine, expire_on_commit=False) as session:
            session.connection()
            began = time.perf_counter()
            found = measured(session)
            taken = (time.perf_counter() - began) * 1e3
            session.rollback()
        if expected is not None and found != expected:
            raise RuntimeError(f"{found} instead of {expected}")
        return taken

    return lambda: min(once() for _ in range(best_of))


def _check(what: str, town: IssuesTown, measured: Measured) -> None:
    """No statement goes through every issue there ever was."""
    with Session(town.database.engine, expire_on_commit=False) as session:
        with statements(session) as seen:
            measured(session)
        session.rollback()
        asked = list({statement: (statement, parameters) for statement, parameters in seen}.values())
        if whole := whole_reads(session, asked):
            raise RuntimeError(f"{what} reads every issue: {whole}")
