"""Invariant 4: those on the posts that a deed concerns were told of it, stand-ins and those of before included."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from models.community import Community
from models.helper import Helper
from models.issue import HistoryEntry, Issue
from models.member import Account, Grant, Post
from models.notice import Notice
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Audience
from models.rules.posts import Role, Rung
from services.audit.deeds import tells, untold

_NUMBERS = select(Issue.number).join(HistoryEntry, HistoryEntry.issue_id == Issue.id)
_WAS_ON_POST = and_(
    Grant.confirmed_at < HistoryEntry.at,
    Grant.starts_at < HistoryEntry.at,
    or_(Grant.ends_at.is_(None), Grant.ends_at > HistoryEntry.at),
)
_STREET = select(Community.street_id).where(Community.id == Issue.community_id).correlate(Issue).scalar_subquery()
_moved = aliased(HistoryEntry)


def holders() -> Iterator[Select[str]]:
    """Of the post that held it after the deed, and of the one before where that is another."""
    yield _on(HistoryEntry.holder_id).where(tells(Audience.HOLDER))
    yield _on(HistoryEntry.holder_before_id).where(
        tells(Audience.OLD_HOLDER), HistoryEntry.holder_before_id != HistoryEntry.holder_id
    )


def helpers() -> Iterator[Select[str]]:
    """Of the units that were called with this deed."""
    yield (
        _NUMBERS.join(Helper, and_(Helper.issue_id == Issue.id, Helper.called_at == HistoryEntry.at))
        .join(Grant, Grant.post_id == Helper.post_id)
        .where(tells(Audience.HELPERS), _WAS_ON_POST, untold(Grant.member_id))
    )


def assigners() -> Iterator[Select[str]]:
    """Who gave it, the last time before it was given back."""
    given, before = aliased(HistoryEntry), aliased(HistoryEntry)
    last = (
        select(func.max(before.id))
        .where(
            before.issue_id == HistoryEntry.issue_id,
            before.id < HistoryEntry.id,
            before.action.in_([Action.ASSIGN, Action.NAME_LEAD]),
            before.actor_id.is_not(None),
        )
        .scalar_subquery()
    )
    yield _NUMBERS.join(given, given.id == last).where(tells(Audience.ASSIGNER), untold(given.actor_id))


def above() -> Iterator[Select[str]]:
    """Somebody above the holder, where one was certainly there and could be written to.

    Nobody is asked of the past whether they had blocked us; but who has not been heard of since the deed, and has not
    now, had not then.
    """
    holder = aliased(Post)
    heard = select(Account.id).where(
        Account.member_id == Grant.member_id, Account.blocked_at.is_(None), Account.heard_at <= HistoryEntry.at
    )
    somebody = select(Grant.id).join(Post, Post.id == Grant.post_id).where(_WAS_ON_POST, Post.id != holder.id)
    certain = somebody.where(_overseers(), _above_then(holder), exists(heard.correlate(Grant, HistoryEntry)))
    of_that_kind = select(Notice.id).where(
        Notice.issue_id == Issue.id,
        Notice.history_id == HistoryEntry.id,
        Notice.kind.in_([f"{row.action}_{Audience.ABOVE}" for row in ISSUE_WORKFLOW if Audience.ABOVE in row.tells]),
    )
    yield _NUMBERS.join(holder, holder.id == HistoryEntry.holder_id).where(
        tells(Audience.ABOVE),
        exists(certain),
        ~exists(of_that_kind),
        ~exists(somebody.where(_overseers(), ~untold(Grant.member_id))),  # who is the holder too is told as that
    )


def _on(post: SQLColumnExpression[int] | SQLColumnExpression[int | None]) -> Select[str]:
    return _NUMBERS.join(Grant, Grant.post_id == post).where(_WAS_ON_POST, untold(Grant.member_id))


def _overseers() -> ColumnElement[bool]:
    """Posts above somebody in the line of an issue."""
    return or_(
        and_(Post.role == Role.SECRETARY, Post.scope_id == Issue.grid_id),
        and_(Post.role == Role.COMMUNITY, Post.scope_id == Issue.community_id),
        and_(Post.role == Role.STREET, Post.scope_id == _STREET),
    )


def _above_then(holder: type[Post]) -> ColumnElement[bool]:
    """Posts that were certainly above the holder. Where it was then another place's, its grid was another too; a
    handling unit is overseen from the rung that gave it to them, or above."""
    moved = select(_moved.id).where(_moved.issue_id == Issue.id, _moved.action == Action.RELOCATE)
    return or_(
        and_(Post.role == Role.SECRETARY, holder.role == Role.STEWARD, ~exists(moved.correlate(Issue))),
        and_(Post.role == Role.COMMUNITY, holder.role.in_([Role.STEWARD, Role.SECRETARY])),
        and_(Post.role == Role.COMMUNITY, holder.role == Role.HANDLER, Issue.rung != Rung.STREET),
        and_(Post.role == Role.STREET, holder.role != Role.STREET),
    )
