"""How the promises stand at this moment, in a few cheap queries over partial indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.due import Due
from models.media import Media, MediaState
from models.notice import Notice, NoticeState


@dataclass(frozen=True)
class Vitals:
    """Ages are seconds since the oldest one could have left, or was due; 0 when there is none."""

    owed: int
    sending: int
    parked: int
    oldest_owed: float
    overdue_acts: int
    oldest_act: float
    photos_waiting: int


def vitals(session: Session, *, now: datetime) -> Vitals:
    counted: dict[NoticeState, int] = {}
    oldest: datetime | None = None
    for states in ((NoticeState.OWED, NoticeState.SENDING), (NoticeState.PARKED,)):
        rows = session.execute(
            select(Notice.state, func.count(), func.min(Notice.not_before))
            .where(Notice.state.in_(states))
            .group_by(Notice.state)
        )
        for state, count, earliest in rows:
            counted[state] = count
            oldest = earliest if state is NoticeState.OWED else oldest
    acts, first_act = session.execute(
        select(func.count(), func.min(Due.due_at)).where(Due.done_at.is_(None), Due.due_at <= now)
    ).one()
    photos = session.scalar(select(func.count()).select_from(Media).where(Media.state == MediaState.OWED)) or 0
    return Vitals(
        owed=counted.get(NoticeState.OWED, 0),
        sending=counted.get(NoticeState.SENDING, 0),
        parked=counted.get(NoticeState.PARKED, 0),
        oldest_owed=_age(oldest, now),
        overdue_acts=acts,
        oldest_act=_age(first_act, now),
        photos_waiting=photos,
    )


def settled_notices(session: Session) -> Mapping[str, int]:
    """How many notices ended how. Looks at all of them: not at every scrape."""
    rows = session.execute(select(Notice.state, func.count()).group_by(Notice.state))
    return {state.value: count for state, count in rows}


def schema_version(session: Session) -> str:
    """The migration the database stands at; answers only if the database does."""
    return str(session.scalar(text("SELECT version_num FROM alembic_version")))


def _age(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
