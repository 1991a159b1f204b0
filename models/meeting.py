"""Deliberation meetings (议事会): their series, what stands on their agenda, and who was asked to come."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set, new_public_id
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import (
    ANNOUNCED,
    Capacity,
    CheckedInBy,
    Competence,
    Form,
    ItemKind,
    ItemState,
    MeetingAction,
    MeetingState,
    QuorumRule,
    Rsvp,
)

_LIVE = text("ended_at IS NULL")
_ON_AGENDA = text("on_agenda")
_ASSEMBLY_COUNTED = "quorum <> 'residents_assembly' OR (households IS NOT NULL AND households > 0)"
#: One live series of each place: the column that names it, and that it is the narrowest one set.
_PLACES = (
    ("unit_id", text("ended_at IS NULL")),
    ("building_id", text("ended_at IS NULL AND unit_id IS NULL")),
    ("compound_id", text("ended_at IS NULL AND building_id IS NULL AND unit_id IS NULL")),
    ("community_id", text("ended_at IS NULL AND compound_id IS NULL AND building_id IS NULL AND unit_id IS NULL")),
)


class MeetingSeries(Base):
    """A meeting that is held again and again for one place (系列). ``label``: as people call it ("西苑小区议事会").

    The place is the narrowest of ``unit_id``, ``building_id``, ``compound_id`` that is set, else the community.
    ``rule`` is an RFC 5545 RRULE ("FREQ=MONTHLY;BYDAY=2SA"), ``begins`` "HH:MM" on the house's clock, ``starts_on`` the
    day the rule counts from; ``said``: the rule as the convener wrote it. ``offsets``: steps of the timetable that
    differ from the house's, ``{"draft": "-7w"}`` (rules.meeting_steps). ``convener_id``: the post that convenes it.
    ``last_number``: of the meetings that were really called. ``public_id``: of its calendar. ``households``: how many
    live there in all, for a 居民会议.
    """

    __tablename__ = "meeting_series"
    __table_args__ = (
        Index("ix_meeting_series_community_id", "community_id"),
        Index("ix_meeting_series_live", "id", sqlite_where=_LIVE, postgresql_where=_LIVE),
        *(
            Index(f"uq_meeting_series_{column}_live", column, unique=True, sqlite_where=live, postgresql_where=live)
            for column, live in _PLACES
        ),
        CheckConstraint("length_minutes > 0", name="length_positive"),
        CheckConstraint(_ASSEMBLY_COUNTED, name="assembly_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    level: Mapped[Level] = mapped_column(closed_set(Level))
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"))
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    label: Mapped[str]
    rule: Mapped[str]
    said: Mapped[str]
    begins: Mapped[str]
    starts_on: Mapped[date]
    length_minutes: Mapped[int]
    venue: Mapped[str]
    form: Mapped[Form] = mapped_column(closed_set(Form))
    quorum: Mapped[QuorumRule] = mapped_column(closed_set(QuorumRule))
    households: Mapped[int | None]
    convener_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    offsets: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_number: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StandingMember(Base):
    """Invited to each meeting of a series (议事代表, 列席单位). ``household``: see services.households."""

    __tablename__ = "standing_members"
    __table_args__ = (
        Index("uq_standing_members_live", "series_id", "member_id", unique=True, sqlite_where=_LIVE,
              postgresql_where=_LIVE),
        Index("ix_standing_members_member_id", "member_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("meeting_series.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    capacity: Mapped[Capacity] = mapped_column(closed_set(Capacity))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Meeting(Base):
    """One meeting of a series. ``slot``: the moment that the rule gave; ``meets_at`` may differ, and ``moved_why`` why.

    ``number``: 第 N 次, given when it is called. ``code``: the secret of the room's rotating QR code.
    ``votes_at_opening``: the quorum's base when the chair opened it, in households (rules.quorum). ``households``: as
    in its series.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        UniqueConstraint("series_id", "slot"),
        Index("uq_meetings_number", "series_id", "number", unique=True),
        Index("ix_meetings_meets_at", "meets_at"),
        CheckConstraint(_ASSEMBLY_COUNTED, name="assembly_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    series_id: Mapped[int] = mapped_column(ForeignKey("meeting_series.id"))
    slot: Mapped[datetime]
    state: Mapped[MeetingState] = mapped_column(closed_set(MeetingState))
    number: Mapped[int | None]
    meets_at: Mapped[datetime]
    moved_why: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=0)  # SEQUENCE of its calendar entry (RFC 5545 3.8.7.4)
    length_minutes: Mapped[int]
    venue: Mapped[str]
    form: Mapped[Form] = mapped_column(closed_set(Form))
    quorum: Mapped[QuorumRule] = mapped_column(closed_set(QuorumRule))
    households: Mapped[int | None]
    code: Mapped[str] = mapped_column(default=new_public_id)
    votes_at_opening: Mapped[int | None]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class MeetingEntry(Base):
    """One deed on a meeting or on one of its items. ``actor_id`` None: the timer."""

    __tablename__ = "meeting_history"
    __table_args__ = (Index("ix_meeting_history_meeting_id", "meeting_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    action: Mapped[MeetingAction] = mapped_column(closed_set(MeetingAction))
    from_state: Mapped[MeetingState | None] = mapped_column(closed_set(MeetingState))
    to_state: Mapped[MeetingState] = mapped_column(closed_set(MeetingState))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    note: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[datetime]


class AgendaItem(Base):
    """A 议题. ``parts``: of its score, ``{"households": 11, "days_waiting": 23, …}`` with the points of each.

    ``minutes``: planned. ``carried``: how often it was carried over already. ``place``: in the queue, where it did not
    fit. ``point``: which of the nine matters of 民法典 278, where it is an owners' matter. ``words``: why it was
    dropped, or what came of it in one sentence. ``level``: to which it was referred; "street" has none and goes to a
    post (``referred_to_id``). ``details``: of its outcome; of a referral ``until``, by when it is to be
    answered.
    """

    __tablename__ = "agenda_items"
    __table_args__ = (
        Index("ix_agenda_items_meeting_id", "meeting_id"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    kind: Mapped[ItemKind] = mapped_column(closed_set(ItemKind))
    state: Mapped[ItemState] = mapped_column(closed_set(ItemState))
    position: Mapped[int]
    title: Mapped[str]
    minutes: Mapped[int]
    mandatory: Mapped[bool] = mapped_column(default=False, server_default=false())
    score: Mapped[float] = mapped_column(default=0.0)
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    carried: Mapped[int] = mapped_column(default=0)
    place: Mapped[int | None]
    competence: Mapped[Competence] = mapped_column(closed_set(Competence))
    point: Mapped[int | None]
    level: Mapped[Level | None] = mapped_column(closed_set(Level))
    referred_to_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    words: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    talked_from: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    @property
    def announced(self) -> bool:
        """Only these can be voted on."""
        return self.state in ANNOUNCED


class AgendaIssue(Base):
    """An issue under an item. ``on_agenda``: the meeting still has it; at most one has."""

    __tablename__ = "agenda_issues"
    __table_args__ = (
        UniqueConstraint("item_id", "issue_id"),
        Index("uq_agenda_issues_on_agenda", "issue_id", unique=True, sqlite_where=_ON_AGENDA,
              postgresql_where=_ON_AGENDA),
        Index("ix_agenda_issues_issue_id", "issue_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    on_agenda: Mapped[bool] = mapped_column(default=False, server_default=false())


class AgendaReview(Base):
    """An item that looks at a resolution again (复查), because it is due or overdue."""

    __tablename__ = "agenda_reviews"

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    resolution_id: Mapped[int] = mapped_column(ForeignKey("resolutions.id"), index=True)


class MeetingInvitation(Base):
    """Somebody asked to one meeting. ``member_id`` None: without a phone, and ``name`` says who.

    ``household``: one vote each (see services.households); ``proxy_id``: the invitation that votes for this one.
    ``invited_at`` None: planned, and not told yet. ``voted_as``: the household of its votes, where it is another since
    two accounts turned out to be one person (services.joining).
    """

    __tablename__ = "meeting_invitations"
    __table_args__ = (
        UniqueConstraint("meeting_id", "member_id"),
        Index("ix_meeting_invitations_member_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    name: Mapped[str] = mapped_column(default="")
    household: Mapped[str]
    voted_as: Mapped[str | None]
    capacity: Mapped[Capacity] = mapped_column(closed_set(Capacity))
    invited_at: Mapped[datetime | None]
    rsvp: Mapped[Rsvp | None] = mapped_column(closed_set(Rsvp))
    rsvp_at: Mapped[datetime | None]
    proxy_id: Mapped[int | None] = mapped_column(ForeignKey("meeting_invitations.id"))
    checked_in_at: Mapped[datetime | None]
    checked_in_by: Mapped[CheckedInBy | None] = mapped_column(closed_set(CheckedInBy))


class Referral(Base):
    """An item that was sent up or down (移交), and what came back. ``to_level`` None: to the street.

    ``until``: by when an answer is expected. ``answer``: what the other level did, in one sentence.
    """

    __tablename__ = "referrals"
    __table_args__ = (Index("ix_referrals_item_id", "item_id"), Index("ix_referrals_issue_id", "issue_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"))
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    from_level: Mapped[Level] = mapped_column(closed_set(Level))
    to_level: Mapped[Level | None] = mapped_column(closed_set(Level))
    reason: Mapped[str]
    until: Mapped[datetime]
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
