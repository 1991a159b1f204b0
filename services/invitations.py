"""One-time codes that bind a person to a post, and the second person who confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.dialect import insert_ignore
from models.member import Grant, Invitation, Member, Post
from models.notice import RateGate
from models.rules.codes import CodeKind, code_hash, new_code
from models.rules.errors import AlreadyDone, InvitationRefused, NotFound, TooManyTries, TransitionNotAllowed
from models.rules.house import HouseRules
from models.rules.posts import CONFIRMED_ROLES, CONFIRMING_ROLES, Role
from services.members import live_grant
from services.notices import owe, tell_staff


@dataclass(frozen=True)
class Taken:
    """``confirmed``: in force already. ``somebody_asked``: there is somebody who can confirm it."""

    grant_id: int
    role: Role
    label: str
    confirmed: bool
    somebody_asked: bool


@dataclass(frozen=True)
class Decided:
    role: Role
    label: str


def invite(session: Session, *, post: Post, at: datetime, rules: HouseRules) -> str:
    """A new code for the post. It is returned once and kept nowhere: only its hash is."""
    code = new_code(CodeKind.INVITATION)
    insert_row(
        session,
        Invitation,
        code_hash=code_hash(code),
        post_id=post.id,
        needs_confirmation=rules.second_person and post.role in CONFIRMED_ROLES,
        created_at=at,
        expires_at=at + rules.invitation_kept,
    )
    return code


def take_up(session: Session, *, member_id: int, code: str, at: datetime, rules: HouseRules) -> Taken:
    """Gives the member the post; not in force before somebody confirmed it, where the invitation asks for that.

    The same person sending their code again is told the same again. Raises InvitationRefused with ``reason``:
    "unknown", "used" or "expired"; TooManyTries after too many wrong ones, which :func:`note_wrong_try` counts.
    """
    check_tries(session, member_id=member_id, at=at, rules=rules)
    hashed = code_hash(code)
    taken = session.connection().execute(
        update(Invitation)
        .where(Invitation.code_hash == hashed, Invitation.used_at.is_(None), Invitation.expires_at > at)
        .values(used_at=at, used_by_id=member_id)
    )
    invitation = session.execute(
        select(
            Invitation.needs_confirmation, Invitation.used_by_id, Invitation.used_at, Invitation.post_id,
            Post.role, Post.label, Post.community_id,
        )
        .join(Post, Post.id == Invitation.post_id)
        .where(Invitation.code_hash == hashed)
    ).one_or_none()  # fmt: skip
    if invitation is None:
        raise InvitationRefused(reason="unknown")
    held = session.execute(
        select(Grant.id, Grant.confirmed_at).where(
            Grant.member_id == member_id, Grant.post_id == invitation.post_id, Grant.ends_at.is_(None)
        )
    ).one_or_none()
    if taken.rowcount == 0 and not (held and invitation.used_by_id == member_id):
        raise InvitationRefused(reason="expired" if invitation.used_at is None else "used")
    if held:
        return Taken(held.id, invitation.role, invitation.label, held.confirmed_at is not None, True)
    waits = bool(invitation.needs_confirmation)
    grant_id = insert_row(
        session,
        Grant,
        member_id=member_id,
        post_id=invitation.post_id,
        starts_at=at,
        confirmed_at=None if waits else at,
    )
    asked = False
    if waits and invitation.community_id is not None:
        asked = tell_staff(
            session,
            community_id=invitation.community_id,
            kind="confirm_role",
            params={
                "grant": grant_id,
                "role": invitation.role.value,
                "label": invitation.label,
                "name": session.scalar(select(Member.name).where(Member.id == member_id)) or "",
            },
            key=f"grant:{grant_id}:confirm",
            at=at,
            rules=rules,
        )
    return Taken(grant_id, invitation.role, invitation.label, not waits, asked)


def note_wrong_try(
    session: Session, *, member_id: int, refused: InvitationRefused, at: datetime, rules: HouseRules
) -> None:
    """Counts a refused code against its sender; outside whatever the refusal rolls back."""
    if isinstance(refused, TooManyTries):
        return
    spacing = timedelta(hours=1) / rules.invitation_tries_per_hour
    name = _gate(member_id)
    if insert_ignore(session, RateGate, {"name": name, "next_at": at + spacing}, conflict=["name"]):
        return
    gate = session.get_one(RateGate, name, with_for_update=True, populate_existing=True)
    gate.next_at = max(gate.next_at, at) + spacing
    session.flush()


def decide(
    session: Session, *, grant_id: int, by: int, agree: bool, at: datetime, rules: HouseRules
) -> Decided:
    """A second person of the same community puts the grant in force, or ends it before it was.

    Raises NotFound, TransitionNotAllowed (for oneself) or AlreadyDone.
    """
    row = session.execute(
        select(Grant.member_id, Post.role, Post.label, Post.community_id)
        .join(Post, Post.id == Grant.post_id)
        .where(Grant.id == grant_id)
    ).one_or_none()
    if row is None or not _may_confirm(session, by, row.community_id, at):
        raise NotFound
    if row.member_id == by:
        raise TransitionNotAllowed
    decided = session.connection().execute(
        update(Grant)
        .where(Grant.id == grant_id, Grant.confirmed_at.is_(None), Grant.ends_at.is_(None))
        .values({"confirmed_at" if agree else "ends_at": at, "confirmed_by_id": by})
    )
    if decided.rowcount == 0:
        raise AlreadyDone
    owe(
        session,
        members=[row.member_id],
        kind="role_confirmed" if agree else "role_refused",
        params={"role": row.role.value, "label": row.label},
        key=f"grant:{grant_id}:decided",
        at=at,
        rules=rules,
    )
    return Decided(row.role, row.label)


def unconfirmed(session: Session, *, community_id: int) -> Sequence[Grant]:
    """Grants that wait for a second person, the oldest first."""
    return session.scalars(
        select(Grant)
        .join(Post, Post.id == Grant.post_id)
        .where(Post.community_id == community_id, Grant.confirmed_at.is_(None), Grant.ends_at.is_(None))
        .order_by(Grant.id)
    ).all()


def _may_confirm(session: Session, member: int, community_id: int | None, at: datetime) -> bool:
    query = (
        select(Grant.id)
        .join(Post, Post.id == Grant.post_id)
        .where(
            Grant.member_id == member,
            Post.role.in_(CONFIRMING_ROLES),
            Post.community_id == community_id,
            live_grant(at),
        )
    )
    return session.scalars(query.limit(1)).first() is not None


def _gate(member: int) -> str:
    return f"invitation:{member}"


def check_tries(session: Session, *, member_id: int, at: datetime, rules: HouseRules) -> None:
    """GCRA: each wrong try costs a share of an hour, and an hour's worth may be spent at once."""
    next_at = session.scalar(select(RateGate.next_at).where(RateGate.name == _gate(member_id)).with_for_update())
    spacing = timedelta(hours=1) / rules.invitation_tries_per_hour
    if next_at is not None and next_at + spacing > at + timedelta(hours=1):
        raise TooManyTries
