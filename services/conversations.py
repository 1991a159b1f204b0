"""Where each person is in a conversation. One query on arrival, one write on leaving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import bindparam, exists, select, text
from sqlalchemy.orm import Session

from models.base import insert_row, update_row
from models.community import Building, Compound, Unit
from models.conversation import Conversation, Inbound
from models.dialect import insert_ignore
from models.member import Account, Member
from models.notice import Notice
from services.members import Person, new_member
from understanding import Home

_PARKED = text("notices.state = 'parked'")  # the words of the partial index, so that both databases see that it fits

#: How stale ``accounts.heard_at`` may be before an event of the person is noted; far below any platform's window.
HEARD_GRAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Answered:
    """The reply this event got before."""

    inbound_id: int
    reply: Mapping[str, Any] | None
    late: bool


@dataclass
class Place:
    """A person's place in the conversation, to be changed and saved."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    draft: list[dict[str, Any]] = field(default_factory=list)
    draft_at: datetime | None = None
    offered: dict[str, Any] | None = None
    recent: list[float] = field(default_factory=list)
    updated_at: datetime | None = None
    stored: bool = False


@dataclass(frozen=True)
class Arrival:
    person: Person
    place: Place
    answered: Answered | None
    unread: bool  # parked notices wait to be shown
    heard_at: datetime | None
    settled: bool  # nothing to note about the account: not blocked, nothing sent in its window


_WHO = (
    select(Account.id, Account.member_id, Account.heard_at, Account.blocked_at, Account.window_sends)
    .where(Account.platform == bindparam("platform"), Account.external_id == bindparam("external_id"))
    .with_for_update(key_share=True)
)

# Read once the lock is held: an event of the same person that came a moment earlier may have changed all of it.
_STANDING = (
    select(
        Member.name,
        Member.community_id,
        Member.home_room,
        Member.home_asked_at,
        Member.consent_version,
        Unit.id.label("unit_id"),
        Unit.name.label("unit"),
        Building.id.label("building_id"),
        Building.name.label("building"),
        Compound.id.label("compound_id"),
        Compound.name.label("compound"),
        Conversation.account_id.label("conversation"),
        Conversation.frames,
        Conversation.draft,
        Conversation.draft_at,
        Conversation.offered,
        Conversation.recent,
        Conversation.updated_at,
        Inbound.id.label("inbound"),
        Inbound.reply,
        Inbound.late,
        exists(select(Notice.id).where(Notice.member_id == Member.id, _PARKED)).label("unread"),
    )
    .outerjoin(Unit, Unit.id == Member.home_unit_id)
    .outerjoin(Building, Building.id == Unit.building_id)
    .outerjoin(Compound, Compound.id == Building.compound_id)
    .outerjoin(Conversation, Conversation.account_id == bindparam("account"))
    .outerjoin(Inbound, (Inbound.platform == bindparam("platform")) & (Inbound.event_key == bindparam("event_key")))
    .where(Member.id == bindparam("member"))
)


def arrive(session: Session, *, platform: str, external_id: str, event_key: str, at: datetime) -> Arrival:
    """Find who writes, where they are in the conversation, and whether this very event was answered before.

    Locks the person's account, so that two events of one person follow one another.
    """
    connection, name = session.connection(), {"platform": platform, "external_id": external_id}
    who = connection.execute(_WHO, name).one_or_none()
    if who is None:
        new_member(session, platform=platform, external_id=external_id, at=at)
        who = connection.execute(_WHO, name).one()
    row = connection.execute(
        _STANDING, {"account": who.id, "member": who.member_id, "platform": platform, "event_key": event_key}
    ).one()
    home = Home(row.compound_id, row.building_id, row.unit_id, row.home_room) if row.unit_id else None
    person = Person(
        account_id=who.id,
        member_id=who.member_id,
        platform=platform,
        name=row.name,
        community_id=row.community_id,
        home=home,
        home_label=f"{row.compound}{row.building}{row.unit}" if home else "",
        home_asked_at=row.home_asked_at,
        consent_version=row.consent_version,
    )
    place = Place()
    if row.conversation is not None:
        place = Place(row.frames, row.draft, row.draft_at, row.offered, row.recent, row.updated_at, stored=True)
    return Arrival(
        person,
        place,
        Answered(row.inbound, row.reply, row.late) if row.inbound is not None else None,
        row.unread,
        who.heard_at,
        who.blocked_at is None and who.window_sends == 0,
    )


def heard(session: Session, *, arrival: Arrival, at: datetime) -> None:
    """Note that the person wrote: it opens WeChat's window again and counts its sends from nothing."""
    if arrival.heard_at is not None and arrival.settled and at - arrival.heard_at < HEARD_GRAIN:
        return
    update_row(session, Account, arrival.person.account_id, heard_at=at, window_sends=0, blocked_at=None)


def save(session: Session, *, account_id: int, place: Place, at: datetime) -> None:
    values = {
        "frames": place.frames,
        "draft": place.draft,
        "draft_at": place.draft_at,
        "offered": place.offered,
        "recent": place.recent,
        "updated_at": at,
    }
    if place.stored:
        update_row(session, Conversation, account_id, **values)
    else:
        insert_row(session, Conversation, account_id=account_id, **values)
        place.stored = True


class Event(Protocol):
    """What names an event for good."""

    @property
    def platform(self) -> str: ...
    @property
    def event_key(self) -> str: ...


def keep_odd(session: Session, *, incoming: Event, raw: str, at: datetime) -> int:
    """Keep an event that nobody can be found for. Returns its id, of the first one if it comes again."""
    key = {"platform": incoming.platform, "event_key": incoming.event_key}
    insert_ignore(session, Inbound, {**key, "raw": raw, "received_at": at}, conflict=tuple(key))
    return session.execute(select(Inbound.id).filter_by(**key)).scalar_one()


def keep_inbound(
    session: Session,
    *,
    platform: str,
    event_key: str,
    account_id: int,
    raw: str,
    reply: Mapping[str, Any] | None,
    at: datetime,
) -> int:
    return insert_row(
        session,
        Inbound,
        platform=platform,
        event_key=event_key,
        account_id=account_id,
        raw=raw,
        reply=reply,
        received_at=at,
    )
