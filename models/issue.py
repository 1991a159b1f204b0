"""An issue (事项), its history, and the counter of its numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set, new_public_id
from models.rules.deadlines import Light
from models.rules.issue_workflow import Action, Level, Nature, Outcome, Reason, State
from models.rules.posts import Rung

OPEN_WORDS = (  # of the partial indexes; a query must say the same
    "state IN ('received','accepted','in_progress','waiting','to_deliberate','scheduled','decided','shelved')"
)
_OPEN = text(OPEN_WORDS)
_LOOKED_AT = text("look_at IS NOT NULL")
_MERGED = text("merged_into_id IS NOT NULL")
LANDED_WORDS = "answered_at IS NOT NULL"
_LANDED = text(LANDED_WORDS)
TO_DELIBERATE_WORDS = "state = 'to_deliberate'"
_TO_DELIBERATE = text(TO_DELIBERATE_WORDS)


class Issue(Base):
    """The matter itself. Its holder is a post and is never empty; both due times are always set.

    ``grounds``: why it was understood so, ``{"category": words, "by": "words" | "raiser" | "staff", "place": [[kind of
    evidence, words], …]}``; None for those born before it was kept. ``by`` of an objection: "resolution", whose issue
    gave it its category, or "meeting". ``recurs_id``: the like issue that was answered not long before.

    ``clock_since``: from when the clocks run, where that is not the first report (a reopening has its own).
    ``rung_since``, ``rung_due``: when it came to its rung, and until when that may keep it.
    ``look_at``: the next moment at which the timer has something to do with it (``rules.looking``); kept by the mover.
    ``told_at``: when all raisers last heard of it. ``warned``: the light of which the holder was told.
    ``paused_at``, ``asked_id``, ``resume_to``: while waiting for an answer of that raiser, and the state to go back to.
    ``review_at``: when a matter that cannot be done now is looked at again. ``households``, ``people``: affected, as
    somebody of the staff confirmed (``counted_by_id``).
    """

    __tablename__ = "issues"
    __table_args__ = (
        UniqueConstraint("community_id", "year", "serial"),
        CheckConstraint("serial > 0", name="serial_positive"),
        Index("ix_issues_look_at", "look_at", sqlite_where=_LOOKED_AT, postgresql_where=_LOOKED_AT),
        Index("ix_issues_merged_into_id", "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
        Index("ix_issues_serial", "serial"),
        Index("ix_issues_open_holder", "holder_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_issues_open_landing", "landing_due", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_issues_open_compound", "compound_id", "category", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_issues_reported", "community_id", "first_reported_at"),
        Index("ix_issues_to_deliberate", "community_id", "level", "first_reported_at", sqlite_where=_TO_DELIBERATE,
              postgresql_where=_TO_DELIBERATE),
        Index("ix_issues_landed", "compound_id", "answered_at", sqlite_where=_LANDED, postgresql_where=_LANDED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    year: Mapped[int]
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(unique=True)  # LN-2026-0031
    state: Mapped[State] = mapped_column(closed_set(State))
    category: Mapped[str]
    nature: Mapped[Nature] = mapped_column(closed_set(Nature))
    urgent: Mapped[bool]
    summary: Mapped[str]
    place_label: Mapped[str]
    compound_id: Mapped[int] = mapped_column(ForeignKey("compounds.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"))
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    spot_id: Mapped[int | None] = mapped_column(ForeignKey("spots.id"))
    rung: Mapped[Rung] = mapped_column(closed_set(Rung))
    holder_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    first_reported_at: Mapped[datetime]
    first_answer_due: Mapped[datetime]
    landing_due: Mapped[datetime]
    first_answered_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(closed_set(Outcome))
    reopenings: Mapped[int] = mapped_column(default=0)
    grounds: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    recurs_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    clock_since: Mapped[datetime | None]
    rung_since: Mapped[datetime | None]
    rung_due: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    warned: Mapped[Light | None] = mapped_column(closed_set(Light))
    paused_at: Mapped[datetime | None]
    asked_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    resume_to: Mapped[State | None] = mapped_column(closed_set(State))
    review_at: Mapped[datetime | None]
    followed_up_at: Mapped[datetime | None]
    declines: Mapped[int] = mapped_column(default=0, server_default="0")
    lead_named: Mapped[bool] = mapped_column(default=False, server_default=false())
    extended_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    households: Mapped[int | None]
    people: Mapped[int | None]
    counted_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    level: Mapped[Level | None] = mapped_column(closed_set(Level))  # of the meeting it was proposed to


class IssueNumber(Base):
    """The last number given in a community and year. The row is locked until the issue is saved, so there is no gap."""

    __tablename__ = "issue_numbers"

    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class HistoryEntry(Base):
    """One deed on an issue. ``actor_id`` None: the timer. ``holder_id`` is the holder after it."""

    __tablename__ = "issue_history"
    __table_args__ = (Index("ix_issue_history_issue_id", "issue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    action: Mapped[Action] = mapped_column(closed_set(Action))
    from_state: Mapped[State | None] = mapped_column(closed_set(State))
    to_state: Mapped[State] = mapped_column(closed_set(State))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id"))
    holder_before_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    note: Mapped[str] = mapped_column(default="")
    outcome: Mapped[Outcome | None] = mapped_column(closed_set(Outcome))
    reason: Mapped[Reason | None] = mapped_column(closed_set(Reason))  # of outcome C
    decider: Mapped[str] = mapped_column(default="")  # of outcome C: who could decide otherwise
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # what else belongs to the deed
    at: Mapped[datetime]
