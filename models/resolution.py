"""Resolutions (决议): what was agreed, the standard it must meet, who carries it out by when, and how it ended."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set, new_public_id
from models.rules.resolution_workflow import ResolutionAction, ResolutionState

_LOOKED_AT = text("look_at IS NOT NULL")


class Resolution(Base):
    """One adopted item has one. ``serial``: per community and year, as people name it ("决议2026-7"); given when it is
    published, so that what the chair takes back in the meeting leaves no gap.

    ``owner_id``: the post that carries it out. ``due_on``: a day of the house's clock, whole. ``review_on``: when the
    next meeting looks at it again, where that was asked. ``look_at``: the next moment at which the timer has something
    to do with it; None when it is at its end. ``verify_round``: how often it was judged. ``noted_at``: the last word
    of its owner. ``delayed_at``: when open objections were last found to hold it up. ``convener_asked_at``: when
    the convener heard that nobody judged it. ``begun_at``: since when its owner has it to do, after it came back too.
    """

    __tablename__ = "resolutions"
    __table_args__ = (
        UniqueConstraint("item_id"),
        UniqueConstraint("community_id", "year", "serial"),
        Index("ix_resolutions_look_at", "look_at", sqlite_where=_LOOKED_AT, postgresql_where=_LOOKED_AT),
        Index("ix_resolutions_owner_id", "owner_id"),
        Index("ix_resolutions_state", "state"),
        CheckConstraint("serial > 0", name="serial_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    year: Mapped[int]
    serial: Mapped[int | None]
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), index=True)
    state: Mapped[ResolutionState] = mapped_column(closed_set(ResolutionState))
    words: Mapped[str]
    standard: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    due_on: Mapped[date]
    budget: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")  # of the money
    review_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    objections_until: Mapped[datetime | None]
    delayed_at: Mapped[datetime | None]
    in_force_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    noted_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    verify_asked_at: Mapped[datetime | None]
    verify_round: Mapped[int] = mapped_column(default=0)
    convener_asked_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]


class ResolutionNumber(Base):
    """The last number given in a community and year."""

    __tablename__ = "resolution_numbers"

    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class FollowUp(Base):
    """One of the follow-up group (项目跟进小组)."""

    __tablename__ = "follow_ups"
    __table_args__ = (UniqueConstraint("resolution_id", "member_id"), Index("ix_follow_ups_member_id", "member_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    resolution_id: Mapped[int] = mapped_column(ForeignKey("resolutions.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))


class ResolutionEntry(Base):
    """One deed on a resolution; a progress note (进展) is one, with its photos. ``actor_id`` None: the timer."""

    __tablename__ = "resolution_history"
    __table_args__ = (Index("ix_resolution_history_resolution_id", "resolution_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    resolution_id: Mapped[int] = mapped_column(ForeignKey("resolutions.id"))
    action: Mapped[ResolutionAction] = mapped_column(closed_set(ResolutionAction))
    from_state: Mapped[ResolutionState | None] = mapped_column(closed_set(ResolutionState))
    to_state: Mapped[ResolutionState] = mapped_column(closed_set(ResolutionState))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    note: Mapped[str] = mapped_column(default="")
    photos: Mapped[list[Any]] = mapped_column(default=list)  # public ids
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[datetime]


class Verification(Base):
    """评事: whether it meets its standard, as one of the follow-up group or a raiser says. The last word counts."""

    __tablename__ = "verifications"
    __table_args__ = (UniqueConstraint("resolution_id", "round", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    resolution_id: Mapped[int] = mapped_column(ForeignKey("resolutions.id"))
    round: Mapped[int]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    met: Mapped[bool]
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Objection(Base):
    """公示期异议. ``issue_id``: the issue it became, which is answered like any other."""

    __tablename__ = "objections"
    __table_args__ = (Index("ix_objections_resolution_id", "resolution_id"), UniqueConstraint("issue_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    resolution_id: Mapped[int] = mapped_column(ForeignKey("resolutions.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    words: Mapped[str]
    at: Mapped[datetime]
    upheld: Mapped[bool | None]
    settled_words: Mapped[str] = mapped_column(default="")
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    settled_at: Mapped[datetime | None]
