"""What people taught us about our understanding: corrections, and likenesses they refused."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set


class Corrected(StrEnum):
    """What was understood wrongly."""

    CATEGORY = "category"
    PLACE = "place"


class Correction(Base):
    """Somebody said "不对". ``by_staff``: these train a community's own model; the raiser's own are kept beside them.

    ``was`` and ``became`` are category keys, or the labels of places.
    """

    __tablename__ = "corrections"
    __table_args__ = (Index("ix_corrections_issue_id", "issue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    what: Mapped[Corrected] = mapped_column(closed_set(Corrected))
    was: Mapped[str]
    became: Mapped[str]
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    by_staff: Mapped[bool]
    at: Mapped[datetime]


class RefusedLikeness(Base):
    """Somebody said that theirs is not this issue: it is not offered to them again."""

    __tablename__ = "refused_likenesses"
    __table_args__ = (UniqueConstraint("member_id", "issue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    at: Mapped[datetime]
