"""Where each person is in a conversation, and which events were already answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Conversation(Base):
    """One account's place in a conversation.

    ``frames``: the questions asked so far, the last one open; each is ``{step, data, text, options}``.
    ``draft``: frames of a report that was interrupted; kept for 24 hours from ``draft_at``.
    ``offered``: the options of the last notice shown while nothing else was open.
    ``recent``: seconds since the epoch of the last messages, for the flood rule.
    """

    __tablename__ = "conversations"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    frames: Mapped[list[Any]]
    draft: Mapped[list[Any]]
    draft_at: Mapped[datetime | None]
    offered: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    recent: Mapped[list[Any]]
    updated_at: Mapped[datetime]


class Inbound(Base):
    """One event from outside, and our reply to it. The unique key makes a platform's retry harmless."""

    __tablename__ = "inbound"
    __table_args__ = (UniqueConstraint("platform", "event_key"), Index("ix_inbound_received_at", "received_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    event_key: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    raw: Mapped[str]
    reply: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    late: Mapped[bool] = mapped_column(default=False)  # the reply leaves through the outbox
    failed: Mapped[bool] = mapped_column(default=False)  # a bug: kept for a person to look at
    received_at: Mapped[datetime]


class SeenNonce(Base):
    """A nonce seen on a webhook, and the hash of the body it came with: a true retry passes, a replay does not."""

    __tablename__ = "seen_nonces"

    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class WebMessage(Base):
    """The web chat's transcript: what was said and what was answered, in order. Its id is the event id of the page."""

    __tablename__ = "web_messages"
    __table_args__ = (Index("ix_web_messages_account_id_id", "account_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    own: Mapped[bool]  # said by the person
    body: Mapped[dict[str, Any]]  # Outgoing as JSON; for own messages text and photos only
    at: Mapped[datetime]
