"""Ledgers, clearing and sweep go by the partial indexes, on either database, and never through all that is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.issues_town import OPEN_OF_ONE, OVERDUE_OF_ONE, IssuesTown
from bot.database import Database
from models.member import Post
from models.rules.house import HouseRules
from models.rules.posts import Role
from services import clearing, clocks, ledgers
from services.ledgers import EVERYTHING, Part, PartKind, Reach
from services.members import HeldPost
from services.standing import Ledger
from tests.statements import partial_indexes, statements, whole_reads

AT = datetime(2026, 3, 3, 4, tzinfo=UTC)
ABOUT: dict[str, Any] = {"at": AT, "rules": HouseRules()}
DUE = 12


@pytest.fixture
def stored(database: Database) -> Iterator[Session]:
    """Five communities with a thousand issues each, most of them closed long ago."""
    town = IssuesTown(database, stored=5_000, at=AT)
    town.add_due(DUE)
    with Session(database.engine, expire_on_commit=False) as session:
        yield session


def reach(session: Session, role: Role) -> Reach:
    post = session.scalars(select(Post).where(Post.role == role, Post.community_id == 1)).one()
    return Reach((HeldPost(post.id, post.role, post.scope_kind, post.scope_id, post.community_id, post.label),))


def indexes(session: Session, asks: Callable[[], object]) -> set[str]:
    with statements(session) as seen:
        asks()
    assert whole_reads(session, seen) == []
    return partial_indexes(session, seen)


@pytest.mark.parametrize("role", [Role.STEWARD, Role.SECRETARY, Role.COMMUNITY])
def test_a_ledger_is_read_by_the_index_of_what_is_open(stored: Session, role: Role) -> None:
    mine = reach(stored, role)
    for ledger in Ledger:
        used = indexes(stored, lambda ledger=ledger: ledgers.page(stored, ledger=ledger, reach=mine, **ABOUT))
        expected = "ix_issues_landed" if ledger is Ledger.UNREACHED else "ix_issues_open_"
        assert all(name.startswith(expected) for name in used), (ledger, used)
        assert used, ledger
    assert ledgers.counts(stored, reach=mine, **ABOUT)[Ledger.OVERDUE] == OVERDUE_OF_ONE
    assert indexes(stored, lambda: ledgers.counts(stored, reach=mine, **ABOUT))
    for kind in PartKind:
        assert indexes(stored, lambda kind=kind: ledgers.shares(stored, reach=mine, by=kind, **ABOUT))


def test_a_part_of_the_whole_house_is_read_by_the_index_too(stored: Session) -> None:
    for part in (Part(PartKind.COMMUNITY, 2), Part(PartKind.GRID, 2), Part(PartKind.HOLDER, 4)):
        whole = {"reach": EVERYTHING, "part": part, **ABOUT}
        assert indexes(stored, lambda whole=whole: ledgers.page(stored, ledger=Ledger.OPEN, **whole))
        assert ledgers.counts(stored, **whole)[Ledger.OPEN] >= OPEN_OF_ONE


def test_the_clearing_looks_at_what_is_overdue(stored: Session) -> None:
    used = indexes(stored, lambda: ledgers.communities_with(stored, ledger=Ledger.OVERDUE, **ABOUT))
    assert used == {"ix_issues_open_landing"}
    assert ledgers.communities_with(stored, ledger=Ledger.OVERDUE, **ABOUT) == [1, 2, 3, 4, 5]
    assert indexes(stored, lambda: clearing.clear_community(stored, community_id=2, **ABOUT))


def test_the_sweep_finds_what_is_due_and_nothing_else(stored: Session) -> None:
    used = indexes(stored, lambda: clocks.due_issues(stored, now=AT, limit=500))
    assert used == {"ix_issues_look_at"}
    due = clocks.due_issues(stored, now=AT, limit=500)
    assert len(due) == DUE
    acts = [act for issue in due for act in clocks.look_at(stored, issue_id=issue, **ABOUT)]
    assert sorted(acts) == sorted(["climb"] * 4 + ["warn"] * 4 + ["heartbeat"] * 4)
    assert clocks.due_issues(stored, now=AT, limit=500) == []
