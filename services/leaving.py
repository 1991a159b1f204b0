"""离岗: somebody no longer holds a post. What it held goes to whoever else is on it, or up to somebody reachable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.orm import Session

from models.issue import OPEN_WORDS, Issue
from models.member import Grant, Member, Post
from models.notice import Notice, NoticeState
from models.rules.deadlines import Light, light
from models.rules.errors import AlreadyDone, NobodyReachable, NotFound
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Actor, Audience, State
from models.rules.posts import CONFIRMING_ROLES, RUNGS, Role, ScopeKind
from services import absence, notices
from services.ladder import same_rung, scope_of
from services.members import live_grant, posts_of, reachable_posts
from services.moving import Deed, lock_issue, move

_AT_WORK = frozenset({State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS})
_TO_STAFF = (Audience.HOLDER, Audience.OLD_HOLDER, Audience.ASSIGNER, Audience.ABOVE, Audience.HELPERS)
_OF_POSTS = ("visit", "clearing", "stand_in")
_OPEN = text(f"issues.{OPEN_WORDS}")  # the words of the partial index


@dataclass(frozen=True)
class Holding:
    """Somebody on a post. ``issues``: open ones that the post holds. ``name`` may be empty."""

    grant_id: int
    member_id: int
    name: str
    role: Role
    label: str
    issues: int


@dataclass(frozen=True)
class Left:
    """``moved``: issues that went to another post; ``kept``: those that whoever else is on the post goes on with."""

    role: Role
    label: str
    name: str
    kept: int
    moved: int


_HELD = (
    select(func.count(Issue.id)).where(_OPEN, Issue.holder_id == Post.id).correlate(Post).scalar_subquery()
)


def holdings(session: Session, *, by: int, at: datetime, limit: int = 50) -> list[Holding]:
    """The posts that somebody may end: their own first, then those of their community where they are of its staff or
    its administrator. A stand-in's ends by itself."""
    communities = {
        post.community_id for post in posts_of(session, member_id=by, at=at) if post.role in CONFIRMING_ROLES
    }
    rows = session.execute(
        select(Grant.id, Grant.member_id, Member.name, Post.role, Post.label, _HELD)
        .join(Post, Post.id == Grant.post_id)
        .join(Member, Member.id == Grant.member_id)
        .where(live_grant(at), Grant.stands_in_for_id.is_(None))
        .where(or_(Grant.member_id == by, Post.community_id.in_(communities)))
        .order_by((Grant.member_id == by).desc(), Post.id, Grant.id)
        .limit(limit)
    )
    return [Holding(*row) for row in rows]


def on_post(session: Session, *, role: Role, scope_kind: ScopeKind, scope_id: int, at: datetime) -> list[Holding]:
    """Who holds a post now."""
    rows = session.execute(
        select(Grant.id, Grant.member_id, Member.name, Post.role, Post.label, _HELD)
        .join(Post, Post.id == Grant.post_id)
        .join(Member, Member.id == Grant.member_id)
        .where(live_grant(at), Grant.stands_in_for_id.is_(None))
        .where(Post.role == role, Post.scope_kind == scope_kind, Post.scope_id == scope_id)
        .order_by(Grant.id)
    )
    return [Holding(*row) for row in rows]


def end_role(
    session: Session, *, grant_id: int, by: int | None, words: str, at: datetime, rules: HouseRules
) -> Left:
    """End what somebody holds, and leave none of their open issues with nobody: ``words`` tell the raisers why another
    one goes on. ``by`` None: the administrator at the command line.

    Raises NotFound for whoever may not, AlreadyDone where it has ended, NobodyReachable where nobody is left who could
    take over an issue.
    """
    row = session.execute(
        select(Grant.member_id, Grant.post_id, Grant.ends_at, Post.role, Post.label, Post.community_id, Member.name)
        .join(Post, Post.id == Grant.post_id)
        .join(Member, Member.id == Grant.member_id)
        .where(Grant.id == grant_id, Grant.stands_in_for_id.is_(None))
        .with_for_update(of=Grant)
    ).one_or_none()
    if row is None or not _may_end(session, by, row.member_id, row.community_id, at):
        raise NotFound
    if row.ends_at is not None and row.ends_at <= at:
        raise AlreadyDone
    session.connection().execute(update(Grant).where(Grant.id == grant_id).values(ends_at=at))
    absence.end_lending(session, post_id=row.post_id, member_id=row.member_id, at=at, rules=rules)
    kept, moved = _pass_on(session, row.post_id, words=words, at=at, rules=rules)
    _let_go_orders(session, row.member_id, at)
    if by != row.member_id:
        facts = {"role": row.role.value, "label": row.label}
        key = f"grant:{grant_id}:ended"
        notices.owe(session, members=[row.member_id], kind="role_ended", params=facts, key=key, at=at, rules=rules)
    return Left(row.role, row.label, row.name, kept, moved)


def _may_end(session: Session, by: int | None, member_id: int, community_id: int | None, at: datetime) -> bool:
    if by is None or by == member_id:
        return True
    posts = posts_of(session, member_id=by, at=at)
    return any(post.role in CONFIRMING_ROLES and post.community_id == community_id for post in posts)


def _pass_on(
    session: Session, post_id: int, *, words: str, at: datetime, rules: HouseRules
) -> tuple[int, int]:
    """How many stay with the post, and how many went elsewhere."""
    held = session.scalars(select(Issue.id).where(_OPEN, Issue.holder_id == post_id).order_by(Issue.id)).all()
    if not held:
        return 0, 0
    if reachable_posts(session, post_ids=[post_id], at=at):
        return len(held), 0
    for issue_id in held:
        _climb(session, lock_issue(session, issue_id), words=words, at=at, rules=rules)
    return 0, len(held)


def _climb(session: Session, issue: Issue, *, words: str, at: datetime, rules: HouseRules) -> None:
    """To whoever is next from its rung upward. What a meeting has, or a raiser was asked, goes on as it is."""
    routed = same_rung(session, scope=scope_of(issue), rung=issue.rung, at=at)
    if not routed.reachable:
        raise NobodyReachable
    since = issue.clock_since or issue.first_reported_at
    now_is = light(at, since=since, ends=issue.landing_due, rules=rules)
    issue.warned = None if now_is is Light.GREEN else now_is
    deed = Deed(
        Action.ESCALATE,
        None,
        {Actor.TIMER},
        words=words,
        to_post=routed.post_id,
        rung=routed.rung,
        details={"light": now_is.value},
        stays=issue.state not in _AT_WORK,
    )
    move(session, issue, deed, at=at, rules=rules)


def _let_go_orders(session: Session, member_id: int, at: datetime) -> None:
    """Orders that did not reach somebody who holds no post any more are none of theirs."""
    if any(post.role in RUNGS or post.role is Role.HANDLER for post in posts_of(session, member_id=member_id, at=at)):
        return
    session.connection().execute(
        update(Notice)
        .where(
            Notice.member_id == member_id,
            Notice.state.in_([NoticeState.OWED, NoticeState.PARKED]),
            or_(*(Notice.kind.endswith(f"_{to}", autoescape=True) for to in _TO_STAFF), Notice.kind.in_(_OF_POSTS)),
        )
        .values(state=NoticeState.REFUSED, reason="left_post", settled_at=at)
    )

