"""Files that somebody asked for in chat, from the request until a day after they were ready."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from models.base import insert_row, new_public_id
from models.document import CONTENT_TYPES, Document, DocumentState
from models.rules.errors import TooManyDocuments
from models.rules.house import HouseRules
from services.notices import owe

KEPT = timedelta(hours=24)  # after it is ready; the sentences say so
TRIES = 3
_OPEN_AT_ONCE = 3  # of one member
_SAME_WITHIN = timedelta(minutes=10)
_LEASE = timedelta(minutes=5)  # a maker that died is followed by another after this
_PAUSES = (timedelta(seconds=10), timedelta(minutes=1))


@dataclass(frozen=True)
class Requested:
    """``ready``: it had been made a moment ago, and is sent again."""

    public_id: str
    name: str
    ready: bool


@dataclass(frozen=True)
class OwedDocument:
    """``attempts``: this one included."""

    id: int
    public_id: str
    member_id: int
    kind: str
    params: Mapping[str, Any]
    name: str
    attempts: int


def request_document(
    session: Session,
    *,
    member_id: int,
    kind: str,
    params: Mapping[str, Any],
    name: str,
    at: datetime,
    rules: HouseRules,
) -> Requested:
    """It is made soon, and sent to the member. The same request within minutes is the same document.

    ``kind``: of a builder (bot/documents.py); ``params`` are its, and JSON; ``name`` ends as one of CONTENT_TYPES.
    Raises TooManyDocuments while several of theirs are still to be made.
    """
    if name.rpartition(".")[2] not in CONTENT_TYPES:
        raise ValueError(f"no content type for {name}")
    lately = session.execute(
        select(Document.id, Document.public_id, Document.kind, Document.params, Document.name, Document.state)
        .where(
            Document.member_id == member_id,
            Document.state.in_([DocumentState.OWED, DocumentState.READY]),
            or_(Document.state == DocumentState.OWED, Document.created_at > at - _SAME_WITHIN),
        )
        .order_by(Document.id.desc())
    ).all()
    for row in lately:
        if (row.kind, row.params, row.name) == (kind, dict(params), name):
            ready = row.state == DocumentState.READY
            if ready:
                _tell(session, member_id, "document_ready", row.public_id, name, f"again:{at.timestamp()}", at, rules)
            return Requested(row.public_id, name, ready)
    if sum(row.state == DocumentState.OWED for row in lately) >= _OPEN_AT_ONCE:
        raise TooManyDocuments(most=_OPEN_AT_ONCE)
    public_id = new_public_id()
    insert_row(
        session,
        Document,
        public_id=public_id,
        member_id=member_id,
        kind=kind,
        params=dict(params),
        name=name,
        state=DocumentState.OWED,
        not_before=at,
        created_at=at,
        kept_until=at + KEPT,
    )
    return Requested(public_id, name, False)


def any_owed(session: Session, *, now: datetime) -> bool:
    owed = select(Document.id).where(Document.state == DocumentState.OWED, Document.not_before <= now).limit(1)
    return session.scalar(owed) is not None


def claim_owed(session: Session, *, now: datetime) -> OwedDocument | None:
    """The next to make, leased to the caller, who ends it with :func:`ready`, :func:`later` or :func:`failed`."""
    row = session.execute(
        select(
            Document.id,
            Document.public_id,
            Document.member_id,
            Document.kind,
            Document.params,
            Document.name,
            Document.attempts,
        )
        .where(Document.state == DocumentState.OWED, Document.not_before <= now)
        .order_by(Document.not_before)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    tried = row.attempts + 1
    leased = update(Document).where(Document.id == row.id).values(not_before=now + _LEASE, attempts=tried)
    session.connection().execute(leased)
    return OwedDocument(row.id, row.public_id, row.member_id, row.kind, row.params, row.name, tried)


def ready(session: Session, *, document: OwedDocument, size: int, at: datetime, rules: HouseRules) -> None:
    """Its bytes lie in the store; the member is sent it."""
    if _settle(session, document, state=DocumentState.READY, size=size, kept_until=at + KEPT):
        _tell_of(session, document, "document_ready", at, rules)


def later(session: Session, *, document: OwedDocument, at: datetime, rules: HouseRules) -> None:
    """Try again after a pause; after :data:`TRIES` it has failed."""
    if document.attempts >= TRIES:
        failed(session, document=document, at=at, rules=rules)
    else:
        _settle(session, document, not_before=at + _PAUSES[document.attempts - 1])


def failed(session: Session, *, document: OwedDocument, at: datetime, rules: HouseRules) -> None:
    """The member is told what to do now."""
    if _settle(session, document, state=DocumentState.FAILED, kept_until=at + KEPT):
        _tell_of(session, document, "document_failed", at, rules)


def name_of(session: Session, *, public_id: str, at: datetime) -> str | None:
    """The name of a document that is ready; None for one that is not, or is kept no longer."""
    return session.scalar(
        select(Document.name).where(
            Document.public_id == public_id, Document.state == DocumentState.READY, Document.kept_until > at
        )
    )


def still_kept(session: Session, *, public_ids: Collection[str], at: datetime) -> set[str]:
    """Those whose bytes are still needed, or may be being written just now."""
    return set(
        session.scalars(
            select(Document.public_id).where(
                Document.public_id.in_(public_ids),
                or_(Document.state == DocumentState.OWED, Document.kept_until > at),
            )
        )
    )


def _settle(session: Session, document: OwedDocument, **values: object) -> bool:
    """False: somebody else has settled it."""
    open_still = update(Document).where(Document.id == document.id, Document.state == DocumentState.OWED)
    return session.connection().execute(open_still.values(**values)).rowcount == 1


def _tell_of(session: Session, document: OwedDocument, kind: str, at: datetime, rules: HouseRules) -> None:
    _tell(session, document.member_id, kind, document.public_id, document.name, "first", at, rules)


def _tell(
    session: Session,
    member_id: int,
    kind: str,
    public_id: str,
    name: str,
    time: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    params, key = {"document": public_id, "name": name}, f"document:{public_id}:{time}"
    owe(session, members=[member_id], kind=kind, params=params, key=key, at=at, rules=rules)
