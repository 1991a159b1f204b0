"""One person, several accounts: joining a second platform to a member, with a code that only its owner can have."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from models.base import insert_rows
from models.issue import HistoryEntry
from models.member import Account, Grant, LinkCode, Member
from models.notice import Notice
from models.report import Report
from models.rules.codes import CodeKind, code_hash, new_code
from models.rules.errors import InvitationRefused
from models.rules.house import HouseRules
from services import invitations
from services.joining import join_meetings

KEPT = timedelta(minutes=10)


def offer_link(session: Session, *, member_id: int, at: datetime) -> str:
    """A new code for joining another account to this member. Earlier ones of theirs no longer work."""
    session.connection().execute(
        update(LinkCode).where(LinkCode.member_id == member_id, LinkCode.used_at.is_(None)).values(used_at=at)
    )
    code = new_code(CodeKind.LINK)
    row = {"code_hash": code_hash(code), "member_id": member_id, "expires_at": at + KEPT}
    insert_rows(session, LinkCode, [row])
    return code


def link_account(session: Session, *, account_id: int, code: str, at: datetime, rules: HouseRules) -> int:
    """Join the account, and whatever its member had told so far, to the member who made the code. Returns that member.

    Raises InvitationRefused for a code that is unknown, used or expired, TooManyTries after too many wrong ones.
    """
    before = session.execute(select(Account.member_id).where(Account.id == account_id)).scalar_one()
    invitations.check_tries(session, member_id=before, at=at, rules=rules)
    used = session.connection().execute(
        update(LinkCode)
        .where(LinkCode.code_hash == code_hash(code), LinkCode.used_at.is_(None), LinkCode.expires_at > at)
        .values(used_at=at)
        .returning(LinkCode.member_id)
    )
    target = used.scalar()
    if target is None:
        raise InvitationRefused(reason="unknown")
    if before == target:
        return target
    connection = session.connection()
    connection.execute(update(Account).where(Account.id == account_id).values(member_id=target))
    if session.scalar(select(exists(select(Account.id).where(Account.member_id == before)))):
        return target  # another account still speaks for that member, whose matters stay theirs
    for owner in (Report.raiser_id, Report.told_by_id, Notice.member_id, HistoryEntry.actor_id):
        connection.execute(update(owner.class_).where(owner == before).values({owner.key: target}))
    join_meetings(session, before=before, target=target, at=at)
    _move_grants(session, before, target, at)
    connection.execute(update(Member).where(Member.id == before).values(name="", home_room="", deidentified_at=at))
    return target


def _move_grants(session: Session, before: int, target: int, at: datetime) -> None:
    """Posts go along; one that the target holds already is not held twice."""
    held = aliased(Grant)
    twice = select(held.id).where(held.member_id == target, held.post_id == Grant.post_id, held.ends_at.is_(None))
    session.connection().execute(
        update(Grant).where(Grant.member_id == before, Grant.ends_at.is_(None), exists(twice)).values(ends_at=at)
    )
    session.connection().execute(update(Grant).where(Grant.member_id == before).values(member_id=target))
