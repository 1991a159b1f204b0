"""Minutes (纪要), in versions, and what those who were there say of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_public_id


class Minutes(Base):
    """A version is never changed; the last one counts. ``body``: ``{"opening": words, "items": {item id: words},
    "closing": words}``; ``notes``: what somebody wrote or photographed meanwhile stands in :class:`MeetingNote`."""

    __tablename__ = "minutes"
    __table_args__ = (UniqueConstraint("meeting_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # None: drafted by itself
    why: Mapped[str] = mapped_column(default="")  # what was changed
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]  # to those who were there


class MinutesCheck(Base):
    """无误, or 有误 with a sentence, of one version."""

    __tablename__ = "minutes_checks"
    __table_args__ = (UniqueConstraint("minutes_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    correct: Mapped[bool]
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class MeetingNote(Base):
    """What the chair noted during the meeting, in words or by photo. ``item_id`` None: of the whole meeting."""

    __tablename__ = "meeting_notes"
    __table_args__ = (Index("ix_meeting_notes_meeting_id", "meeting_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"))
    words: Mapped[str]
    photos: Mapped[list[Any]] = mapped_column(default=list)  # public ids
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    at: Mapped[datetime]
