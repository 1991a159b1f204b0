"""Owed scheduled acts. Unique by kind, subject and slot: an act happens once, however many processes look."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

_OWED = text("done_at IS NULL")


class Due(Base):
    """``slot``: which time of the kind this is (an ISO moment, or a round); the act and ``done_at`` commit together."""

    __tablename__ = "due"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "slot"),
        Index("ix_due_owed", "kind", "due_at", sqlite_where=_OWED, postgresql_where=_OWED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    slot: Mapped[str]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
