"""Invariant 4, first half: the history of an issue leads to its state."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, func, or_, select

from models.issue import HistoryEntry, Issue
from services.audit.breaches import Check


def histories() -> Iterator[Check]:
    """The entries form a chain, and the last one is where the issue is."""
    chain = select(
        HistoryEntry.issue_id,
        HistoryEntry.from_state,
        HistoryEntry.to_state,
        func.lag(HistoryEntry.to_state)
        .over(partition_by=HistoryEntry.issue_id, order_by=HistoryEntry.id)
        .label("before"),
        func.row_number().over(partition_by=HistoryEntry.issue_id, order_by=HistoryEntry.id.desc()).label("from_end"),
    ).subquery()
    yield Check(
        4,
        "history_broken",
        select(Issue.number)
        .outerjoin(chain, chain.c.issue_id == Issue.id)
        .where(
            or_(
                chain.c.issue_id.is_(None),
                chain.c.from_state.is_distinct_from(chain.c.before),
                and_(chain.c.from_end == 1, chain.c.to_state != Issue.state),
            )
        )
        .distinct()
        .order_by(Issue.number),
    )
