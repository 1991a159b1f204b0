"""Photos from the moment they are mentioned until their bytes lie in the store (or never will)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.base import insert_row, new_public_id
from models.dialect import insert_ignore
from models.issue import HistoryEntry, Issue
from models.media import Media, MediaState
from models.member import Account
from models.rules.errors import TooManyPhotos
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, State
from services import notices

_LEASE = timedelta(minutes=2)  # a fetcher that died is followed by another after this
_PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600))
_GIVEN_UP_AFTER = timedelta(days=3)  # WeChat keeps a picture no longer
_A_DAY = timedelta(days=1)
_TELLING = (Action.REPORT, Action.JOIN, Action.SUPPLY)


class Photo(Protocol):
    """On the platform under ``remote_id``, or in our store under ``public_id``."""

    @property
    def remote_id(self) -> str: ...
    @property
    def public_id(self) -> str: ...


class WithPhotos(Protocol):
    """A message from ``platform``."""

    @property
    def platform(self) -> str: ...
    @property
    def photos(self) -> Sequence[Photo]: ...


@dataclass(frozen=True)
class OwedPhoto:
    id: int
    public_id: str
    platform: str
    remote_id: str
    attempts: int
    created_at: datetime


def note_photos(
    session: Session, *, incoming: WithPhotos, account_id: int, at: datetime, rules: HouseRules
) -> tuple[str, ...]:
    """Writes down what came with a message; the public ids, in order. A photo that somebody else uploaded is left out.

    Raises TooManyPhotos when the account has used up its day.
    """
    photos = incoming.photos[: rules.max_photos]
    if photos and bytes_today(session, account_id=account_id, at=at) >= rules.media_bytes_per_day:
        raise TooManyPhotos
    noted = [_note(session, photo, incoming.platform, account_id, at) for photo in photos]
    return tuple(public_id for public_id in noted if public_id)


def bytes_today(session: Session, *, account_id: int, at: datetime) -> int:
    """What an account has brought into the store within the last 24 hours."""
    brought = select(func.sum(Media.size)).where(Media.account_id == account_id, Media.created_at > at - _A_DAY)
    return session.scalar(brought) or 0


def photos_told(session: Session, *, report_ids: Iterable[int]) -> tuple[str, ...]:
    """The photos that came with these reports, then and later; the public ids, in order."""
    of_reports = HistoryEntry.report_id.in_(list(report_ids))
    told = select(HistoryEntry.id).where(of_reports, HistoryEntry.action.in_(_TELLING))
    photos = select(Media.public_id).where(Media.history_id.in_(told), Media.state != MediaState.GONE)
    return tuple(session.scalars(photos.order_by(Media.id)))


def claim_owed(session: Session, *, now: datetime, limit: int) -> list[OwedPhoto]:
    """Photos to fetch now, leased to the caller, who ends each with :func:`stored`, :func:`gone` or :func:`later`."""
    rows = session.execute(
        select(Media.id, Media.public_id, Media.platform, Media.remote_id, Media.attempts, Media.created_at)
        .where(Media.state == MediaState.OWED, Media.not_before <= now)
        .order_by(Media.not_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        session.connection().execute(
            update(Media).where(Media.id.in_([row.id for row in rows])).values(not_before=now + _LEASE)
        )
    return [OwedPhoto(*row) for row in rows]


def any_owed(session: Session, *, now: datetime) -> bool:
    owed = select(Media.id).where(Media.state == MediaState.OWED, Media.not_before <= now).limit(1)
    return session.scalar(owed) is not None


def stored(session: Session, *, photo: OwedPhoto, size: int) -> None:
    _settle(session, photo, state=MediaState.STORED, size=size)


def gone(session: Session, *, photo: OwedPhoto, now: datetime, rules: HouseRules) -> None:
    """It will never be had; whoever sent it is asked to send it again."""
    if _settle(session, photo, state=MediaState.GONE):
        _ask_again(session, photo, now, rules)


def later(session: Session, *, photo: OwedPhoto, now: datetime, rules: HouseRules) -> None:
    """Try again after a pause that grows; after three days it is gone."""
    if now - photo.created_at > _GIVEN_UP_AFTER:
        gone(session, photo=photo, now=now, rules=rules)
        return
    pause = _PAUSES[min(photo.attempts, len(_PAUSES) - 1)]
    _settle(session, photo, attempts=photo.attempts + 1, not_before=now + pause)


def _settle(session: Session, photo: OwedPhoto, **values: object) -> bool:
    """False: somebody else has."""
    owed = update(Media).where(Media.id == photo.id, Media.state == MediaState.OWED)
    return session.connection().execute(owed.values(**values)).rowcount == 1


def _ask_again(session: Session, photo: OwedPhoto, now: datetime, rules: HouseRules) -> None:
    """With the number of the issue it was sent about, if it was one. Of a closed issue nothing may be owed any more."""
    sender = select(Account.member_id).join(Media, Media.account_id == Account.id).where(Media.id == photo.id)
    about = session.execute(
        select(Issue.id, Issue.number, Issue.state)
        .join(HistoryEntry, HistoryEntry.issue_id == Issue.id)
        .join(Media, Media.history_id == HistoryEntry.id)
        .where(Media.id == photo.id)
        .with_for_update(read=True, key_share=True, of=Issue)
    ).one_or_none()
    notices.owe(
        session,
        members=session.scalars(sender).all(),
        kind="photo_gone",
        params={"number": about.number if about else "", "count": 1},
        key=f"photo:{photo.id}",
        at=now,
        rules=rules,
        issue_id=about.id if about and about.state is not State.CLOSED else None,
    )


def _note(session: Session, photo: Photo, platform: str, account_id: int, at: datetime) -> str | None:
    row = {"account_id": account_id, "platform": platform, "not_before": at, "created_at": at}
    if not photo.public_id:
        public_id = new_public_id()
        insert_row(session, Media, **row, public_id=public_id, remote_id=photo.remote_id, state=MediaState.OWED)
        return public_id
    row |= {"public_id": photo.public_id, "state": MediaState.STORED}
    if insert_ignore(session, Media, row, conflict=["public_id"]):
        return photo.public_id
    owner = session.scalar(select(Media.account_id).where(Media.public_id == photo.public_id))
    return photo.public_id if owner == account_id else None
