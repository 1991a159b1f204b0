"""What people say to an item before the meeting (意见征集). It is no vote, and is never called one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set


class Stance(StrEnum):
    AGREE = "agree"  # 赞成
    DISAGREE = "disagree"  # 不赞成
    UNDECIDED = "undecided"  # 说不好 (pass)


class Moderation(StrEnum):
    WAITING = "waiting"
    SHOWN = "shown"
    HIDDEN = "hidden"  # names somebody, or offends; the writer is told


class Opinion(Base):
    """One person's stance to an item; the last one said counts."""

    __tablename__ = "opinions"
    __table_args__ = (UniqueConstraint("item_id", "member_id"), Index("ix_opinions_member_id", "member_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    stance: Mapped[Stance] = mapped_column(closed_set(Stance))
    at: Mapped[datetime]


class Statement(Base):
    """One own sentence to an item. Others see it without a name, once it is shown."""

    __tablename__ = "statements"
    __table_args__ = (Index("ix_statements_item_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    words: Mapped[str]
    moderation: Mapped[Moderation] = mapped_column(closed_set(Moderation))
    moderated_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    at: Mapped[datetime]


class StatementAnswer(Base):
    """What somebody says to another's sentence."""

    __tablename__ = "statement_answers"
    __table_args__ = (UniqueConstraint("statement_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    stance: Mapped[Stance] = mapped_column(closed_set(Stance))
    at: Mapped[datetime]
