"""Two issues that are one matter: what was joined with what, on what evidence, and how it was before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set
from models.rules.issue_workflow import State

_LIVE = text("undone_at IS NULL")


class Merge(Base):
    """``merged_id`` went into ``into_id``. The merged issue keeps its own clocks, so that undoing it is exact.

    ``lead_first``, ``lead_landing``: microseconds by which the merged issue's limits ended before those that the other
    had of its own; what counts is the largest among the merges that hold. ``state_before``: of the merged issue.
    ``evidence``: what was shown to whoever decided, ``{"matches": [...], "differs": [...]}``.
    ``made_urgent``: the other was not urgent before.
    """

    __tablename__ = "merges"
    __table_args__ = (
        CheckConstraint("merged_id <> into_id", name="two_issues"),
        Index("uq_merges_live", "merged_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_merges_merged_id", "merged_id"),
        Index("ix_merges_into_id", "into_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    state_before: Mapped[State] = mapped_column(closed_set(State))
    lead_first: Mapped[int] = mapped_column(BigInteger)
    lead_landing: Mapped[int] = mapped_column(BigInteger)
    made_urgent: Mapped[bool]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))


class MergedReport(Base):
    """A report that came over with a merge. ``left_at``: it was split off again (我的不一样)."""

    __tablename__ = "merged_reports"
    __table_args__ = (Index("ix_merged_reports_report_id", "report_id"),)

    merge_id: Mapped[int] = mapped_column(ForeignKey("merges.id"), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    since_before: Mapped[datetime | None]  # the report's ``since`` before the merge
    left_at: Mapped[datetime | None]
