"""People, the chat accounts they use, and the posts they hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set
from models.rules.posts import Role, ScopeKind


class Member(Base):
    """A person. ``consent_version`` None: has not agreed yet, so nothing beyond a draft is kept of them."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id"))
    home_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    home_room: Mapped[str] = mapped_column(default="")
    home_asked_at: Mapped[datetime | None]
    consent_version: Mapped[str | None]
    consent_at: Mapped[datetime | None]
    deidentified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Account(Base):
    """One chat identity of a member on one platform.

    ``blocked_at``: the platform said that this person no longer wants to hear from us.
    ``heard_at``: their last event, which opens WeChat's window of 48 hours; ``window_sends``: what we sent within it.
    """

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("platform", "external_id"), Index("ix_accounts_member_id", "member_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    platform: Mapped[str]
    external_id: Mapped[str]
    blocked_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    window_sends: Mapped[int] = mapped_column(default=0)


class LinkCode(Base):
    """A one-time code that joins another account to a member: one person, several platforms. Only its hash is kept."""

    __tablename__ = "link_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Post(Base):
    """A role for a scope. ``label`` names the scope for people ("西苑小区3号楼2单元")."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("role", "scope_kind", "scope_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[Role] = mapped_column(closed_set(Role))
    scope_kind: Mapped[ScopeKind] = mapped_column(closed_set(ScopeKind))
    scope_id: Mapped[int]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id"))
    label: Mapped[str]


class Grant(Base):
    """A member holds a post from ``starts_at`` to ``ends_at``; not before somebody confirmed it, where asked."""

    __tablename__ = "grants"
    __table_args__ = (
        Index("uq_grants_live", "member_id", "post_id", unique=True, sqlite_where=text("ends_at IS NULL"),
              postgresql_where=text("ends_at IS NULL")),
        Index("ix_grants_post_id", "post_id"),
        Index("ix_grants_member_id", "member_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    stands_in_for_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # whose absence it fills


class Invitation(Base):
    """A one-time code for a post. Only its hash is kept; the post is in the row, never in the code."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    needs_confirmation: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
