"""Photos. A row is owed work until the bytes lie in our store."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set, new_public_id


class MediaState(StrEnum):
    OWED = "owed"  # still on the platform, to be fetched
    STORED = "stored"
    GONE = "gone"  # the platform no longer has it, or it is not a picture


_OWED = text("state = 'owed'")


class Media(Base):
    """One photo; its bytes lie in the store under its public id.

    Belongs to nothing while it is part of a draft; then to a history entry (report, supply, answer).
    """

    __tablename__ = "media"
    __table_args__ = (
        Index("ix_media_owed", "not_before", sqlite_where=_OWED, postgresql_where=_OWED),
        Index("ix_media_history_id", "history_id"),
        Index("ix_media_account_id", "account_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    history_id: Mapped[int | None] = mapped_column(ForeignKey("issue_history.id"))
    platform: Mapped[str]
    remote_id: Mapped[str] = mapped_column(default="")
    state: Mapped[MediaState] = mapped_column(closed_set(MediaState))
    size: Mapped[int] = mapped_column(default=0)  # bytes
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
