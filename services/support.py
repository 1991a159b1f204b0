"""Calling a person: who asks for one is put before the staff of their community."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.community import Community
from services import notices
from services.members import confirmers


@dataclass(frozen=True)
class Called:
    """``somebody``: a member of staff was told. ``phone``: of the community's desk, may be empty."""

    somebody: bool
    phone: str


def call_person(
    session: Session, *, member_id: int, name: str, home: str, community_id: int | None, words: str, at: datetime
) -> Called:
    """Tell the staff that somebody wants to speak to a person; the same person at most once an hour.

    Somebody whose community we do not know yet is put before the only community there is, if there is only one.
    """
    communities = session.execute(
        select(Community.id, Community.phone)
        .where(Community.id == community_id if community_id is not None else Community.id > 0)
        .limit(2)
    ).all()
    if len(communities) != 1:
        return Called(False, "")
    community = communities[0]
    members = [m for m in confirmers(session, community_id=community.id, at=at) if m != member_id]
    key = f"human:{member_id}:{at.strftime('%Y%m%d%H')}"
    if not notices.owed_already(session, key=key, members=members):
        notices.owe(
            session, members=members, kind="human", params={"name": name, "home": home, "note": words}, key=key, at=at
        )
    return Called(bool(members), community.phone)
