"""吹哨报到: units are called to help with an issue; they arrive, help, and report to its lead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Organisation
from models.helper import Helper
from models.issue import Issue
from models.member import Post
from models.rules.errors import AlreadyDone, NobodyReachable, NotFound, TooLong
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action
from models.rules.posts import ScopeKind
from services.handling import taken_up
from services.members import posts_of, reachable_posts
from services.moving import Deed, move


def whistle(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    organisations: Collection[int],
    words: str,
    arrive_by: datetime,
    at: datetime,
    rules: HouseRules,
) -> Issue:
    """Call units of the community to help. The holder stays the lead (首接负责).

    Raises NobodyReachable where a unit has nobody to write to, AlreadyDone where all of them were called before,
    TooLong for a time that is over.
    """
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    if arrive_by <= at:
        raise TooLong(days=rules.extension_at_most.amount)
    posts = session.execute(
        select(Post.id, Post.label)
        .join(Organisation, (Organisation.id == Post.scope_id) & (Post.scope_kind == ScopeKind.ORGANISATION))
        .where(Organisation.id.in_(organisations), Organisation.community_id == issue.community_id)
        .order_by(Post.id)
    ).all()
    if len(posts) != len(set(organisations)) or not posts:
        raise NotFound
    called = set(session.scalars(select(Helper.post_id).where(Helper.issue_id == issue_id)))
    new = [post for post in posts if post.id not in called and post.id != issue.holder_id]
    if not new:
        raise AlreadyDone(action=Action.WHISTLE, state=issue.state)
    reachable = reachable_posts(session, post_ids=[post.id for post in new], at=at)
    for post in new:
        if post.id not in reachable:
            raise NobodyReachable(unit=post.label)
        insert_row(
            session,
            Helper,
            issue_id=issue_id,
            post_id=post.id,
            reason=words,
            called_by_id=member_id,
            called_at=at,
            arrive_by=arrive_by,
        )
    deed = Deed(
        Action.WHISTLE,
        member_id,
        held,
        words=words,
        until=arrive_by,
        helpers=[post.id for post in new],
        details={"units": [post.label for post in new]},
    )
    move(session, issue, deed, at=at, rules=rules)
    return issue


def arrive(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> Issue:
    """报到: the unit is there. Raises AlreadyDone the second time."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    helper, unit = _helper(session, issue_id, member_id, at)
    if helper.arrived_at is not None:
        raise AlreadyDone(action=Action.ARRIVE, state=issue.state)
    deed = Deed(Action.ARRIVE, member_id, held, details={"unit": unit, "late": at > helper.arrive_by})
    move(session, issue, deed, at=at, rules=rules)
    helper.arrived_at = at
    session.flush()
    return issue


def report_help(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    words: str,
    at: datetime,
    rules: HouseRules,
    photos: Sequence[str] = (),
) -> Issue:
    """What came of the help; the lead hears it and answers the raisers."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    helper, unit = _helper(session, issue_id, member_id, at)
    deed = Deed(Action.HELP, member_id, held, words=words, photos=photos, details={"unit": unit})
    move(session, issue, deed, at=at, rules=rules)
    helper.arrived_at = helper.arrived_at or at
    helper.result, helper.result_at = words, at
    session.flush()
    return issue


def _helper(session: Session, issue_id: int, member_id: int, at: datetime) -> tuple[Helper, str]:
    """The unit of this member that was called. Raises NotFound where there is none."""
    posts = {post.post_id: post.label for post in posts_of(session, member_id=member_id, at=at)}
    helper = session.scalars(
        select(Helper)
        .where(Helper.issue_id == issue_id, Helper.post_id.in_(posts))
        .order_by(Helper.id)
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if helper is None:
        raise NotFound
    return helper, posts[helper.post_id]
