"""Notices (回音): owed messages, written in the same transaction as the change they announce."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, closed_set


class NoticeState(StrEnum):
    OWED = "owed"
    SENDING = "sending"  # claimed; the lease ends at ``not_before``
    SENT = "sent"
    PARKED = "parked"  # the channel is closed; shown with the next reply, or told at the door
    SHOWN = "shown"
    RELAYED = "relayed"  # told at the door
    FAILED = "failed"  # given up; stands before the administrator
    REFUSED = "refused"  # the person does not want it


UNSETTLED = frozenset({NoticeState.OWED, NoticeState.SENDING, NoticeState.PARKED})


class Policy(StrEnum):
    AT_LEAST_ONCE = "at_least_once"
    AT_MOST_ONCE = "at_most_once"  # small talk: never repeated after a doubt


_DUE = text("state IN ('owed','sending')")
_PARKED = text("state = 'parked'")
_FAILED = text("state = 'failed'")


class Notice(Base):
    """One message owed to one member. Per member they leave in the order of their ids.

    ``in_doubt``: an earlier try may have arrived, so the next one is marked 补发.
    ``lease``: names the claim that may record the outcome. ``visits``: on how many days nobody was at the door, the
    last of them that of ``not_before``.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_due", "not_before", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_notices_head", "member_id", "id", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_notices_parked", "member_id", "id", sqlite_where=_PARKED, postgresql_where=_PARKED),
        Index("ix_notices_failed", "issue_id", sqlite_where=_FAILED, postgresql_where=_FAILED),
        Index("ix_notices_issue_id", "issue_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    history_id: Mapped[int | None] = mapped_column(ForeignKey("issue_history.id"))
    kind: Mapped[str]
    params: Mapped[dict[str, Any]]
    policy: Mapped[Policy] = mapped_column(closed_set(Policy))
    state: Mapped[NoticeState] = mapped_column(closed_set(NoticeState))
    reason: Mapped[str] = mapped_column(default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    in_doubt: Mapped[bool] = mapped_column(default=False)
    lease: Mapped[str | None]
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    relayed_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))  # who told it at the door
    visits: Mapped[int] = mapped_column(default=0, server_default="0")  # to a door where nobody was


class RateGate(Base):
    """GCRA: the theoretical arrival time of the next message through one token. Shared by all processes."""

    __tablename__ = "rate_gates"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
