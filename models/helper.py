"""Units that were whistled for (吹哨报到), and extensions that were asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Helper(Base):
    """A unit called to help with an issue (协办); the holder stays its lead (首接负责)."""

    __tablename__ = "helpers"
    __table_args__ = (UniqueConstraint("issue_id", "post_id"), Index("ix_helpers_post_id", "post_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    reason: Mapped[str]
    called_by_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    called_at: Mapped[datetime]
    arrive_by: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="")
    result_at: Mapped[datetime | None]


class Extension(Base):
    """Asked for by the holder, decided one rung up. An issue is extended once; a refused request may be repeated."""

    __tablename__ = "extensions"
    __table_args__ = (Index("ix_extensions_issue_id", "issue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    reason: Mapped[str]
    until: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    asked_at: Mapped[datetime]
    granted: Mapped[bool | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    decided_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(default="")
