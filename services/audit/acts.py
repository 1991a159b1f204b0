"""Invariants 9 and 10, with the clock: no step of a meeting is left out, and no resolution is looked at too late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from models.due import Due
from models.meeting import AgendaItem
from models.resolution import Resolution
from models.rules.house import HouseRules
from models.rules.resolution_looking import Running, next_look
from services.audit.breaches import Breach

_LATE = timedelta(days=1)  # an audit may come before the act of the same moment
_PUT_OFF = timedelta(hours=1)  # what failed is tried again well before
_TRIED = 5  # times in vain: half a day
_BATCH = 1_000  # rows held at once
_OF_MEETINGS = (
    "meeting_step",
    "close_meeting",
    "close_ballot",
    "consultation_ends",
    "referral_due",
    "resolution_digest_community",
)
_UNDONE = (
    select(Due.kind, Due.subject, Due.slot)
    .where(
        Due.kind.in_(_OF_MEETINGS),
        Due.done_at.is_(None),
        or_(Due.due_at < bindparam("before"), Due.attempts >= _TRIED),
    )
    .order_by(Due.id)
)
_WATCHED = (
    select(
        Resolution.id, AgendaItem.title, Resolution.state, Resolution.due_on, Resolution.objections_until,
        Resolution.delayed_at, Resolution.noted_at, Resolution.warned_at, Resolution.verify_asked_at,
        Resolution.convener_asked_at, Resolution.begun_at, Resolution.look_at,
    )
    .join(AgendaItem, AgendaItem.id == Resolution.item_id)
    .where(Resolution.look_at.is_not(None))
    .order_by(Resolution.id)
)  # fmt: skip


def undone(session: Session, *, at: datetime) -> Iterator[Breach]:
    """Steps that should have been taken, and acts that fail again and again."""
    for row in session.connection().execute(_UNDONE, {"before": at - _LATE}):
        yield Breach(9, " ".join(part for part in (row.kind, row.subject, row.slot) if part), "act_undone")


def looked_at_late(session: Session, *, at: datetime, rules: HouseRules) -> Iterator[Breach]:
    """Too early is no breach: it looks and finds nothing."""
    for row in session.connection().execute(_WATCHED, execution_options={"yield_per": _BATCH}):
        coming = next_look(cast(Running, row), rules=rules)
        if coming is not None and row.look_at > max(coming[0], at + _PUT_OFF):
            yield Breach(10, f"{row.title} #{row.id}", "resolution_late")
