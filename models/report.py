"""A report (反映): one person's telling of a matter, in their own words. Never edited away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set
from models.rules.issue_workflow import Rating

_TOLD = text("told_by_id IS NOT NULL")


class Report(Base):
    """``raiser_id`` is whose matter it is, ``told_by_id`` who told it for them (代报)."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_issue_id", "issue_id"),
        Index("ix_reports_raiser_id", "raiser_id"),
        Index("ix_reports_told_by_id", "told_by_id", sqlite_where=_TOLD, postgresql_where=_TOLD),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    raiser_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    told_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    platform: Mapped[str]
    words: Mapped[str]
    room: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    rating: Mapped[Rating | None] = mapped_column(closed_set(Rating))
    rating_words: Mapped[str] = mapped_column(default="")
    rated_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    latitude: Mapped[float | None]  # of the pin they sent, WGS-84 degrees
    longitude: Mapped[float | None]
    since: Mapped[datetime | None]  # when it came to the issue it now belongs to; None: it was told there
    asked_solved_at: Mapped[datetime | None]  # when its raiser, who had not rated, was asked (回访)
    solved: Mapped[bool | None]  # what they said
    solved_at: Mapped[datetime | None]
