"""People: who somebody is, where they live, what they agreed to, which posts they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from models.base import insert_row, update_row
from models.community import Building, Community, Compound, Unit
from models.dialect import insert_ignore
from models.helper import Helper
from models.issue import Issue
from models.member import Account, Grant, Member, Post
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.issue_workflow import Actor
from models.rules.posts import Role, Rung, ScopeKind
from understanding import Home


@dataclass(frozen=True)
class Person:
    """Somebody who writes to us, on one of their accounts. ``home_label`` names the home for people, or is empty."""

    account_id: int
    member_id: int
    platform: str
    name: str = ""
    community_id: int | None = None
    home: Home | None = None
    home_label: str = ""
    home_asked_at: datetime | None = None
    consent_version: str | None = None


@dataclass(frozen=True)
class HeldPost:
    """A post somebody holds now."""

    post_id: int
    role: Role
    scope_kind: ScopeKind
    scope_id: int
    community_id: int | None
    label: str


def live_grant(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Grants in force: begun, not ended, and confirmed."""
    return and_(
        Grant.starts_at <= at, or_(Grant.ends_at.is_(None), Grant.ends_at > at), Grant.confirmed_at.is_not(None)
    )


_BELONGS = (
    update(Member)
    .where(Member.id == bindparam("member"), Member.community_id.is_(None))
    .values(community_id=bindparam("community"))
)
_POSTS = (
    select(Post.id, Post.role, Post.scope_kind, Post.scope_id, Post.community_id, Post.label)
    .join(Grant, Grant.post_id == Post.id)
    .where(Grant.member_id == bindparam("member"), live_grant(bindparam("at")))
    .order_by(Post.id)
)
_HOLDERS = (
    select(Grant.member_id)
    .where(Grant.post_id == bindparam("post"), live_grant(bindparam("at")))
    .order_by(Grant.member_id)
)
RUNG_OF = {Actor.SECRETARY: Rung.GRID, Actor.COMMUNITY: Rung.COMMUNITY, Actor.STREET: Rung.STREET}
_STREET_OF = select(Community.street_id).where(Community.id == bindparam("community"))
_HELPS = select(
    exists(select(Helper.id).where(Helper.issue_id == bindparam("issue"), Helper.post_id == bindparam("post")))
)
_OWN_REPORT = select(
    exists(
        select(Report.id).where(
            Report.issue_id == bindparam("issue"),
            Report.raiser_id == bindparam("member"),
            Report.withdrawn_at.is_(None),
        )
    )
)


def new_member(session: Session, *, platform: str, external_id: str, at: datetime) -> None:
    """Somebody writes for the first time. Two first messages at once make one person."""
    member_id = insert_row(session, Member, created_at=at)
    fresh = insert_ignore(
        session,
        Account,
        {"platform": platform, "external_id": external_id, "member_id": member_id, "heard_at": at},
        conflict=("platform", "external_id"),
    )
    if not fresh:
        session.connection().execute(delete(Member).where(Member.id == member_id))


def member_without_phone(session: Session, *, name: str, community_id: int, at: datetime) -> int:
    """Somebody whom a steward speaks for (代报). Has no account; is told at the door."""
    return insert_row(session, Member, name=name, community_id=community_id, created_at=at)


def consent(session: Session, *, member_id: int, version: str, at: datetime) -> None:
    _update(session, member_id, consent_version=version, consent_at=at)


def settle_home(session: Session, *, member_id: int, unit_id: int, room: str) -> str:
    """Note where somebody lives. Returns the home's name."""
    row = session.execute(_unit_names().where(Unit.id == unit_id)).one()
    _update(session, member_id, community_id=row.community_id, home_unit_id=unit_id, home_room=room)
    return f"{row.compound}{row.building}{row.unit}"


def home_was_asked(session: Session, *, member_id: int, at: datetime) -> None:
    """Nobody is asked twice where they live."""
    _update(session, member_id, home_asked_at=at)


def belongs_to(session: Session, *, member_id: int, community_id: int) -> None:
    """A first report tells which community somebody is of, until they say where they live."""
    session.connection().execute(_BELONGS, {"member": member_id, "community": community_id})


def leave(session: Session, *, person: Person, forget: bool, at: datetime) -> None:
    """Somebody unfollowed or blocked us. ``forget``: the platform obliges us to de-identify them; open issues go on."""
    session.connection().execute(update(Account).where(Account.id == person.account_id).values(blocked_at=at))
    if not forget:
        return
    gone = "gone:" + hashlib.sha256(f"{person.account_id}:{at.isoformat()}".encode()).hexdigest()[:32]
    session.connection().execute(update(Account).where(Account.id == person.account_id).values(external_id=gone))
    others = select(Account.id).where(Account.member_id == person.member_id, Account.blocked_at.is_(None))
    if session.scalar(select(exists(others))):
        return
    _update(session, person.member_id, name="", home_unit_id=None, home_room="", deidentified_at=at)
    session.connection().execute(
        update(Notice)
        .where(
            Notice.member_id == person.member_id,
            Notice.state.in_([NoticeState.OWED, NoticeState.SENDING, NoticeState.PARKED]),
        )
        .values(state=NoticeState.REFUSED, reason="left", settled_at=at)
    )


def returned(session: Session, *, account_id: int) -> None:
    """Somebody who had blocked us writes or follows again."""
    session.connection().execute(update(Account).where(Account.id == account_id).values(blocked_at=None))


def posts_of(session: Session, *, member_id: int, at: datetime) -> list[HeldPost]:
    rows = session.connection().execute(_POSTS, {"member": member_id, "at": at})
    return [HeldPost(*row) for row in rows]


def patch_of(session: Session, *, member_id: int, at: datetime) -> Home | None:
    """The building, and unit if it is one, that somebody is steward of: where they most likely speak of."""
    for post in posts_of(session, member_id=member_id, at=at):
        if post.role is not Role.STEWARD:
            continue
        if post.scope_kind is ScopeKind.UNIT:
            row = session.execute(
                select(Building.compound_id, Building.id, Unit.id)
                .join(Unit, Unit.building_id == Building.id)
                .where(Unit.id == post.scope_id)
            ).one()
            return Home(row[0], row[1], row[2], "")
        whole = session.execute(select(Building.compound_id, Building.id).where(Building.id == post.scope_id)).one()
        return Home(whole[0], whole[1], None, "")
    return None


def holders_of(session: Session, *, post_id: int, at: datetime) -> Sequence[int]:
    """The members on a post now."""
    return session.connection().scalars(_HOLDERS, {"post": post_id, "at": at}).all()


def reachable_posts(session: Session, *, post_ids: Iterable[int], at: datetime) -> set[int]:
    """Those posts that somebody holds who can be written to."""
    return set(
        session.scalars(
            select(Grant.post_id)
            .join(Account, Account.member_id == Grant.member_id)
            .where(Grant.post_id.in_(list(post_ids)), live_grant(at), Account.blocked_at.is_(None))
            .distinct()
        )
    )


def post_for(
    session: Session, *, role: Role, scope_kind: ScopeKind, scope_id: int, community_id: int | None, label: str
) -> Post:
    """The post of that role and scope; made when it is first spoken of."""
    insert_ignore(
        session,
        Post,
        {
            "role": role,
            "scope_kind": scope_kind,
            "scope_id": scope_id,
            "community_id": community_id,
            "label": label,
        },
        conflict=("role", "scope_kind", "scope_id"),
    )
    return session.scalars(
        select(Post).where(Post.role == role, Post.scope_kind == scope_kind, Post.scope_id == scope_id)
    ).one()


def actors(session: Session, *, member_id: int, issue: Issue, posts: Iterable[HeldPost]) -> set[Actor]:
    """What somebody is to an issue; empty: nothing, and they may not even know that it exists."""
    found: set[Actor] = set()
    for post in posts:
        if post.post_id == issue.holder_id:
            found.add(Actor.HOLDER)
        if post.role is Role.STEWARD and (post.scope_kind, post.scope_id) in {
            (ScopeKind.UNIT, issue.unit_id),
            (ScopeKind.BUILDING, issue.building_id),
        }:
            found.add(Actor.STEWARD)
        if post.role is Role.SECRETARY and post.scope_id == issue.grid_id:
            found.add(Actor.SECRETARY)
        if post.role is Role.COMMUNITY and post.scope_id == issue.community_id:
            found.add(Actor.COMMUNITY)
        if post.role is Role.STREET and post.scope_id == _street_of(session, issue):
            found.add(Actor.STREET)
        if post.role is Role.HANDLER:
            if post.post_id == issue.holder_id:
                found.add(Actor.HANDLER)
            elif session.connection().scalar(_HELPS, {"issue": issue.id, "post": post.post_id}):
                found.add(Actor.HELPER)
    if _is_above(found, issue):
        found.add(Actor.UPPER)
    if session.connection().scalar(_OWN_REPORT, {"issue": issue.id, "member": member_id}):
        found.add(Actor.RAISER)
        if issue.asked_id == member_id:
            found.add(Actor.ASKED)
    return found


def _is_above(found: set[Actor], issue: Issue) -> bool:
    """On a higher rung than whoever has it, or on the same where that has given it to a handling unit."""
    order = list(Rung)
    has = order.index(issue.rung)
    rungs = [order.index(rung) for actor, rung in RUNG_OF.items() if actor in found]
    return any(rung > has or (rung == has and Actor.HOLDER not in found) for rung in rungs)


def _street_of(session: Session, issue: Issue) -> int | None:
    return session.connection().scalar(_STREET_OF, {"community": issue.community_id})


def confirmers(session: Session, *, community_id: int, at: datetime) -> Sequence[int]:
    """Who may confirm others, and hears of what stands before a human: administrators and community staff."""
    return session.scalars(
        select(Grant.member_id)
        .join(Post, Post.id == Grant.post_id)
        .where(Post.community_id == community_id, Post.role.in_([Role.ADMINISTRATOR, Role.COMMUNITY]), live_grant(at))
        .distinct()
        .order_by(Grant.member_id)
    ).all()


def _unit_names() -> Select[int, str, str, str]:
    return (
        select(
            Compound.community_id,
            Compound.name.label("compound"),
            Building.name.label("building"),
            Unit.name.label("unit"),
        )
        .select_from(Unit)
        .join(Building, Building.id == Unit.building_id)
        .join(Compound, Compound.id == Building.compound_id)
    )


def _update(session: Session, member_id: int, **values: object) -> None:
    update_row(session, Member, member_id, **values)
