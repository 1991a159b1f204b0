"""Owed scheduled acts: written with whatever makes them necessary, done once per slot in the transaction of the act.

A recurring act has one row per slot (``subject`` is empty); its first row of all marks the moment it began to count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from models.base import update_row
from models.dialect import insert_ignore
from models.due import Due

_KEY = ("kind", "subject", "slot")
_BEGUN = "begun"  # the subject of that first row
_PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360))


_ahead = aliased(Due)
_OUT_OF_TURN = exists().where(
    _ahead.done_at.is_(None),
    _ahead.due_at < Due.due_at,
    _ahead.kind == Due.kind,
    _ahead.subject == "",
    _ahead.attempts == 0,
)
_OWED = select(Due.id, Due.kind, Due.subject, Due.slot).where(Due.done_at.is_(None), Due.due_at <= bindparam("now"))
_WAITING = (
    _OWED.where(Due.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(Due.due_at, Due.id)
    .limit(bindparam("most"))
)
_LAST_SLOT = select(func.max(Due.slot)).where(Due.kind == bindparam("kind"), Due.subject == "")
_BEGUN_AT = select(Due.due_at).where(Due.kind == bindparam("kind"), Due.subject == _BEGUN)
_CLAIM = (
    _OWED.where(Due.id == bindparam("act"))
    .where(or_(Due.subject != "", Due.attempts > 0, ~_OUT_OF_TURN))
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True)
class OwedAct:
    id: int
    kind: str
    subject: str
    slot: str


def owe(session: Session, *, kind: str, subject: str, slot: str, due_at: datetime) -> bool:
    """False: this act was owed, or done, before."""
    return insert_ignore(
        session, Due, {"kind": kind, "subject": subject, "slot": slot, "due_at": due_at}, conflict=_KEY
    )


def owe_slot(session: Session, *, kind: str, at: datetime) -> bool:
    """One time of a recurring act."""
    return owe(session, kind=kind, subject="", slot=at.astimezone(UTC).isoformat(timespec="seconds"), due_at=at)


def begin(session: Session, *, kind: str, at: datetime) -> bool:
    """From here on the slots of a recurring act count. Whoever is first says so for all processes."""
    row = {"kind": kind, "subject": _BEGUN, "slot": "", "due_at": at, "done_at": at}
    return insert_ignore(session, Due, row, conflict=_KEY)


def last_slot(session: Session, *, kind: str) -> datetime | None:
    """The latest slot written down, else the moment the act began, else None: it never began."""
    slot = session.scalar(_LAST_SLOT, {"kind": kind})
    if slot is not None:
        return datetime.fromisoformat(slot)
    return session.scalar(_BEGUN_AT, {"kind": kind})


def waiting(session: Session, *, kinds: Collection[str], now: datetime, limit: int) -> list[OwedAct]:
    """Acts to do now, oldest first."""
    asked = {"kinds": sorted(kinds), "now": now, "most": limit}
    return [OwedAct(*row) for row in session.connection().execute(_WAITING, asked)]


def claim(session: Session, *, due_id: int, now: datetime) -> OwedAct | None:
    """The act, locked until the transaction ends. None when another process does it or has done it.

    None also for a slot of a recurring act while an earlier one was not tried: they are done in order.
    """
    row = session.connection().execute(_CLAIM, {"act": due_id, "now": now}).one_or_none()
    return None if row is None else OwedAct(*row)


def settle(session: Session, *, due_id: int, at: datetime, again: datetime | None) -> None:
    """The act is done, or asks to be called ``again``."""
    changed = {"done_at": at} if again is None else {"due_at": max(again, at + timedelta(seconds=1)), "attempts": 0}
    update_row(session, Due, due_id, **changed)


def postpone(session: Session, *, due_id: int, error: str, at: datetime) -> None:
    """The act failed and was undone; it is tried again after a pause that grows. ``error``: a class name, no words."""
    attempts = session.scalar(select(Due.attempts).where(Due.id == due_id)) or 0
    pause = _PAUSES[min(attempts, len(_PAUSES) - 1)]
    session.connection().execute(
        update(Due)
        .where(Due.id == due_id, Due.done_at.is_(None))
        .values(attempts=attempts + 1, last_error=error, due_at=at + pause)
    )
