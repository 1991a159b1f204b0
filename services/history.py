"""What happened to an issue, step by step, as far as the one who reads it may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import HistoryEntry
from models.media import Media, MediaState
from models.member import Post
from models.rules.issue_workflow import Action, Outcome, Reason
from models.rules.posts import Role


@dataclass(frozen=True)
class Step:
    """One entry of an issue's history, as it may be shown to its raisers. ``details`` as in models.issue."""

    action: Action
    at: datetime
    words: str
    outcome: Outcome | None
    reason: Reason | None
    decider: str
    details: Mapping[str, Any]
    holder_role: Role
    holder: str
    photos: tuple[str, ...]


#: What raisers read of the steps of others.
_SHOWN_TO_RAISERS = frozenset(
    {
        Action.ACCEPT,
        Action.ANSWER,
        Action.HAND_OVER,
        Action.ESCALATE,
        Action.RESUME,
        Action.CORRECT,
        Action.RELOCATE,
        Action.MERGE,
        Action.UNMERGE,
        Action.SPLIT,
        Action.PROPOSE,
        Action.SCHEDULE,
        Action.UNSCHEDULE,
        Action.DECIDE,
        Action.ADJOURN,
        Action.RETURN,
        Action.SHELVE,
        Action.UNSHELVE,
        Action.REVIEW,
        Action.EXTEND,
        Action.CLOSE,
        Action.VOID,
    }
)
#: Of these the words are not theirs to read: a neighbour's, or those of one office to another.
_SHOWN_WITHOUT_WORDS = frozenset({Action.REOPEN, Action.APPEAL, Action.ASSIGN, Action.NAME_LEAD, Action.WHISTLE})
#: Said by the timer again and again; nobody misses it in the history.
_NOISE = frozenset({Action.WARN, Action.HEARTBEAT})


def steps(session: Session, *, issue_id: int, member_id: int | None) -> tuple[Step, ...]:
    """For one of its raisers, or for staff where ``member_id`` is None."""
    rows = session.execute(
        select(HistoryEntry, Post.role, Post.label)
        .join(Post, Post.id == HistoryEntry.holder_id)
        .where(HistoryEntry.issue_id == issue_id)
        .order_by(HistoryEntry.id)
    ).all()
    photos: dict[int, list[str]] = {}
    for history_id, public_id in session.execute(
        select(Media.history_id, Media.public_id)
        .where(Media.history_id.in_([entry.id for entry, _, _ in rows]), Media.state != MediaState.GONE)
        .order_by(Media.id)
    ):
        photos.setdefault(history_id or 0, []).append(public_id)
    # A raiser reads what was done and answered, and their own words; not what neighbours said.
    shown = []
    for entry, role, label in rows:
        own = member_id is None or entry.actor_id == member_id or (entry.details or {}).get("asked") == member_id
        if entry.action in _NOISE or not (own or entry.action in _SHOWN_TO_RAISERS | _SHOWN_WITHOUT_WORDS):
            continue
        shown.append(
            Step(
                entry.action,
                entry.at,
                "" if not own and entry.action in _SHOWN_WITHOUT_WORDS else entry.note,
                entry.outcome,
                entry.reason,
                entry.decider,
                entry.details or {},
                role,
                label,
                tuple(photos.get(entry.id, ())),
            )
        )
    return tuple(shown)
