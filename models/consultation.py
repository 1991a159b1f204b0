"""微协商: a small consultation at once, of the few concerned, in chat alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set, new_public_id


class ConsultationState(StrEnum):
    CALLED = "called"  # 已召集: opens within 48 hours
    OPEN = "open"  # 协商中: closes within 5 days
    AGREED = "agreed"  # 已达成
    FAILED = "failed"  # 未达成: the next meeting's candidate
    WITHDRAWN = "withdrawn"  # the issue was settled otherwise


GOING_ON = frozenset({ConsultationState.CALLED, ConsultationState.OPEN})
_GOING_ON = text("state IN ('called','open')")


class Consultation(Base):
    """About one issue. ``text`` (version ``text_version``): what is to be agreed; a new text asks everybody anew."""

    __tablename__ = "consultations"
    __table_args__ = (
        Index("uq_consultations_going_on", "issue_id", unique=True, sqlite_where=_GOING_ON,
              postgresql_where=_GOING_ON),
        Index("ix_consultations_issue_id", "issue_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    state: Mapped[ConsultationState] = mapped_column(closed_set(ConsultationState))
    words: Mapped[str]  # what it is about, and why now
    called_by_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    called_at: Mapped[datetime]
    opens_by: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    closes_by: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(default="")
    text_version: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]


class Participant(Base):
    """``agreed_version``: the version of the text that this person agreed to; ``declined_version``: or not."""

    __tablename__ = "consultation_participants"
    __table_args__ = (
        UniqueConstraint("consultation_id", "member_id"),
        Index("ix_consultation_participants_member_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    joined_at: Mapped[datetime | None]
    agreed_version: Mapped[int | None]
    agreed_at: Mapped[datetime | None]
    declined_version: Mapped[int | None]
    declined_why: Mapped[str] = mapped_column(default="")


class ConsultationWord(Base):
    """What somebody said in it, as all of its participants see it."""

    __tablename__ = "consultation_words"
    __table_args__ = (Index("ix_consultation_words_consultation_id", "consultation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    words: Mapped[str]
    at: Mapped[datetime]
