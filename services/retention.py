"""Forgetting what is kept only for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.conversation import Conversation, Inbound, SeenNonce
from models.document import Document, DocumentState
from models.due import Due
from models.notice import RateGate
from models.rules.house import HouseRules

_AT_ONCE = 2_000  # rows of a table in one transaction, so that nobody waits long behind it
_GATES_KEPT = timedelta(days=1)  # a gate in the past lets everything through, like none


def purge(session: Session, *, at: datetime, rules: HouseRules) -> datetime | None:
    """Forgets a limited number of rows of each kind. A moment: there is more, come again then."""
    full = [
        _forget(session, Inbound.id, Inbound.received_at < at - rules.raw_kept),
        _forget(session, SeenNonce.key, SeenNonce.seen_at < at - rules.nonces_kept),
        _forget(session, RateGate.name, RateGate.next_at < at - _GATES_KEPT),
        _forget(session, Document.id, Document.state != DocumentState.OWED, Document.kept_until < at),
        # Slots of recurring acts stay: the latest says where to go on.
        _forget(session, Due.id, Due.done_at < at - rules.raw_kept, Due.subject.not_in(("", "begun"))),
        _empty_drafts(session, before=at - rules.draft_kept),
    ]
    return at + timedelta(seconds=1) if any(full) else None


def _forget(session: Session, key: InstrumentedAttribute[Any], *which: ColumnElement[bool]) -> bool:
    """True: as many as may go at once went, so there may be more."""
    old = select(key).where(*which).limit(_AT_ONCE)
    return session.connection().execute(delete(key.class_).where(key.in_(old))).rowcount == _AT_ONCE


def _empty_drafts(session: Session, *, before: datetime) -> bool:
    old = select(Conversation.account_id).where(Conversation.draft_at < before).limit(_AT_ONCE)
    emptied = session.connection().execute(
        update(Conversation).where(Conversation.account_id.in_(old)).values(draft=[], draft_at=None)
    )
    return emptied.rowcount == _AT_ONCE
