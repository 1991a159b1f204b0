"""Ballots (表决): one household, one vote, on an item that was announced."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set, new_public_id
from models.rules.tally import Majority, VoteBase

__all__ = ["Ballot", "BallotPaper", "Majority", "Vote", "VoteBase"]


_OPEN = text("closed_at IS NULL")


class Ballot(Base):
    """``options``: labels, the first of them the one that adopts the item. ``base_count``: households, counted when it
    was opened. ``result``: written when it is closed, ``{"counts": [...], "base": n, "needed": n, "won": index or
    None, "tied": bool}``; :mod:`models.rules.tally` gives it, and the audit counts it again."""

    __tablename__ = "ballots"
    __table_args__ = (
        Index("ix_ballots_item_id", "item_id"),
        Index("ix_ballots_open", "item_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    question: Mapped[str]
    options: Mapped[list[Any]]
    base: Mapped[VoteBase] = mapped_column(closed_set(VoteBase))
    base_count: Mapped[int]
    majority: Mapped[Majority] = mapped_column(closed_set(Majority))
    secret: Mapped[bool]
    closes_at: Mapped[datetime | None]  # None: by the chair
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Vote(Base):
    """That a household has voted, by whom, and by whose proxy. ``choice``: which option; None in a secret ballot."""

    __tablename__ = "votes"
    __table_args__ = (UniqueConstraint("ballot_id", "household"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballots.id"))
    household: Mapped[str]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("meeting_invitations.id"))  # in whose name
    cast_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # who pressed; the proxy, or the convener
    choice: Mapped[int | None]
    at: Mapped[datetime]


class BallotPaper(Base):
    """What was chosen, without who. Its key is random and on SQLite its only one, so that a secret ballot keeps no
    order."""

    __tablename__ = "ballot_papers"
    __table_args__ = (Index("ix_ballot_papers_ballot_id", "ballot_id"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(primary_key=True, default=new_public_id)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballots.id"))
    choice: Mapped[int]
