"""How an issue stands beyond its state: the question that is open, who was called to help, what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.community import Organisation
from models.helper import Extension, Helper
from models.issue import HistoryEntry, Issue
from models.member import Post
from models.rules.issue_workflow import Action, State
from models.rules.posts import Role, ScopeKind
from services.ladder import post_above
from services.members import HeldPost, reachable_posts


@dataclass(frozen=True)
class Question:
    """Asked of a raiser and not answered yet."""

    words: str
    asked_id: int | None
    since: datetime


@dataclass(frozen=True)
class Called:
    """A unit that was whistled for. ``mine``: of the one who looks."""

    unit: str
    arrive_by: datetime
    arrived_at: datetime | None
    result: str
    mine: bool


@dataclass(frozen=True)
class Request:
    """More time that was asked for and is not decided yet."""

    reason: str
    until: datetime


@dataclass(frozen=True)
class Declined:
    """A unit gave it back, and says who should do it instead."""

    unit: str
    reason: str
    proposed: str


@dataclass(frozen=True)
class Circumstances:
    """``affected``: households and people, as somebody of the staff confirmed."""

    question: Question | None
    called: tuple[Called, ...]
    request: Request | None
    extended: bool
    declines: int
    lead_named: bool
    affected: tuple[int, int] | None


@dataclass(frozen=True)
class Units:
    """Who can be called to help, (organisation id, name), and the names of those where nobody can be written to."""

    ready: tuple[tuple[int, str], ...]
    silent: tuple[str, ...]


def circumstances(session: Session, *, issue: Issue, posts: Iterable[HeldPost]) -> Circumstances:
    """As somebody on these posts sees it."""
    called = session.execute(
        select(Post.label, Helper.arrive_by, Helper.arrived_at, Helper.result, Post.id)
        .join(Post, Post.id == Helper.post_id)
        .where(Helper.issue_id == issue.id)
        .order_by(Helper.id)
    )
    own = {post.post_id for post in posts}
    return Circumstances(
        question=question(session, issue=issue),
        called=tuple(Called(*row[:-1], row.id in own) for row in called),
        request=request(session, issue_id=issue.id),
        extended=issue.extended_at is not None,
        declines=issue.declines,
        lead_named=issue.lead_named,
        affected=None if issue.households is None or issue.people is None else (issue.households, issue.people),
    )


def question(session: Session, *, issue: Issue) -> Question | None:
    if issue.state is not State.WAITING or issue.paused_at is None:
        return None
    words = session.scalars(
        select(HistoryEntry.note)
        .where(HistoryEntry.issue_id == issue.id, HistoryEntry.action == Action.ASK)
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    ).one()
    return Question(words, issue.asked_id, issue.paused_at)


def question_to(session: Session, *, issue_id: int, member_id: int) -> str:
    """What this member was asked and has not answered; empty where they were not."""
    issue = session.get(Issue, issue_id)
    asked = question(session, issue=issue) if issue else None
    return asked.words if asked and asked.asked_id == member_id else ""


def request(session: Session, *, issue_id: int) -> Request | None:
    row = session.execute(
        select(Extension.reason, Extension.until).where(Extension.issue_id == issue_id, Extension.granted.is_(None))
    ).one_or_none()
    return Request(row.reason, row.until) if row else None


def declined(session: Session, *, issue_id: int) -> list[Declined]:
    """Who gave it back, the last first."""
    rows = session.execute(
        select(Post.label, HistoryEntry.note, HistoryEntry.details)
        .join(Post, Post.id == HistoryEntry.holder_before_id)
        .where(HistoryEntry.issue_id == issue_id, HistoryEntry.action == Action.DECLINE)
        .order_by(HistoryEntry.id.desc())
    )
    return [Declined(row.label, row.note, (row.details or {}).get("proposed", "")) for row in rows]


def units_to_call(session: Session, *, issue_id: int, at: datetime) -> Units:
    """The units of the issue's community that were not called yet and do not hold it."""
    rows = session.execute(
        select(Organisation.id, Organisation.name, Post.id.label("post"))
        .join(Issue, Issue.community_id == Organisation.community_id)
        .join(Post, (Post.scope_id == Organisation.id) & (Post.scope_kind == ScopeKind.ORGANISATION))
        .where(Issue.id == issue_id, Post.id != Issue.holder_id)
        .where(Post.id.not_in(select(Helper.post_id).where(Helper.issue_id == issue_id)))
        .order_by(Organisation.kind, Organisation.id)
    ).all()
    reachable = reachable_posts(session, post_ids=[row.post for row in rows], at=at)
    return Units(
        tuple((row.id, row.name) for row in rows if row.post in reachable),
        tuple(row.name for row in rows if row.post not in reachable),
    )


def above(session: Session, *, issue: Issue, at: datetime) -> tuple[Role, str] | None:
    """Role and label of the post that oversees whoever has the issue; None where nobody is there."""
    post_id = post_above(session, issue=issue, at=at)
    if post_id is None:
        return None
    row = session.execute(select(Post.role, Post.label).where(Post.id == post_id)).one()
    return row.role, row.label
