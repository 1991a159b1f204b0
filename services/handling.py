"""What those who hold an issue do with it. Each deed leaves a history entry and tells people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.community import Organisation, OrganisationKind
from models.issue import Issue
from models.member import Post
from models.notice import UNSETTLED, Notice
from models.report import Report
from models.rules.errors import NobodyReachable, NotFound, TransitionNotAllowed
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Actor, Outcome, Rating, Reason, State
from models.rules.posts import ScopeKind
from services import timetable
from services.ladder import Scope, next_rung
from services.members import actors, posts_of, reachable_posts
from services.moving import Deed, lock_issue, move

#: How long the closing of an answered issue waits for a notice that is still under way.
CLOSE_PATIENCE = timedelta(hours=6)


def accept_issue(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> Issue:
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    move(session, issue, Deed(Action.ACCEPT, member_id, held), at=at, rules=rules)
    return issue


def answer_issue(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    words: str,
    outcome: Outcome,
    at: datetime,
    rules: HouseRules,
    photos: Sequence[str] = (),
    reason: Reason | None = None,
    decider: str = "",
) -> Issue:
    """The written answer to every raiser. It is closed when they are content, or the rating window is over."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    deed = Deed(
        Action.ANSWER, member_id, held, words=words, outcome=outcome, reason=reason, decider=decider, photos=photos
    )
    move(session, issue, deed, at=at, rules=rules)
    timetable.owe(
        session,
        kind="close_issue",
        subject=str(issue.id),
        slot=f"window:{issue.reopenings}",
        due_at=at + rules.rating_window,
    )
    return issue


def hand_over_issue(
    session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """To the next rung that has somebody reachable. Raises NobodyReachable at the top."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    routed = next_rung(session, scope=scope_of(issue), above=issue.rung, at=at)
    deed = Deed(Action.HAND_OVER, member_id, held, words=words, to_post=routed.post_id, rung=routed.rung)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def assign_issue(
    session: Session, *, issue_id: int, member_id: int, organisation_id: int, at: datetime, rules: HouseRules
) -> Issue:
    """To a handling unit that has somebody to write to. A steward may assign to the property company only."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    unit = session.execute(
        select(Post.id, Organisation.kind, Organisation.name)
        .join(Organisation, (Organisation.id == Post.scope_id) & (Post.scope_kind == ScopeKind.ORGANISATION))
        .where(
            Organisation.id == organisation_id,
            Organisation.community_id == issue.community_id,
            (Organisation.compound_id.is_(None)) | (Organisation.compound_id == issue.compound_id),
        )
    ).one_or_none()
    if unit is None:
        raise NotFound
    if not held & {Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET} and unit.kind is not OrganisationKind.PROPERTY:
        raise TransitionNotAllowed(action=Action.ASSIGN, state=issue.state)
    if not reachable_posts(session, post_ids=[unit.id], at=at):
        raise NobodyReachable(unit=unit.name)
    move(session, issue, Deed(Action.ASSIGN, member_id, held, to_post=unit.id), at=at, rules=rules)
    return issue


def units_for(session: Session, *, issue: Issue, held: set[Actor]) -> list[tuple[int, str]]:
    """The handling units that an issue can be assigned to by somebody, (organisation id, name)."""
    query = (
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.community_id == issue.community_id,
            (Organisation.compound_id.is_(None)) | (Organisation.compound_id == issue.compound_id),
        )
        .order_by(Organisation.kind, Organisation.id)
    )
    if not held & {Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET}:
        query = query.where(Organisation.kind == OrganisationKind.PROPERTY)
    return [(row.id, row.name) for row in session.execute(query)]


def close_when_settled(session: Session, *, issue_id: int, at: datetime, rules: HouseRules) -> datetime | None:
    """Close an answered issue once every raiser is content or the rating window is over, and every notice about it is
    settled. Returns when to ask again, None when done or when a later answer has a window of its own.

    Silence is stored as silence: a report without a rating stays without one.
    """
    issue = lock_issue(session, issue_id)
    if issue.state is not State.ANSWERED or issue.answered_at is None:
        return None
    if at < issue.answered_at + rules.rating_window and not all_content(session, issue_id=issue_id):
        return None
    waiting = select(Notice.id).where(Notice.issue_id == issue_id, Notice.state.in_(UNSETTLED))
    if session.scalar(select(exists(waiting))):
        return at + CLOSE_PATIENCE
    move(session, issue, Deed(Action.CLOSE, None, {Actor.TIMER}), at=at, rules=rules)
    return None


def all_content(session: Session, *, issue_id: int) -> bool:
    """Every raiser has rated, and none is unsatisfied."""
    ratings = session.scalars(
        select(Report.rating).where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None))
    ).all()
    return all(rating in (Rating.SATISFIED, Rating.BASIC) for rating in ratings)


def scope_of(issue: Issue) -> Scope:
    return Scope(issue.community_id, issue.grid_id, issue.building_id, issue.unit_id)


def taken_up(session: Session, *, issue_id: int, member_id: int, at: datetime) -> tuple[Issue, set[Actor]]:
    """The issue, locked, and what the member is to it. Raises NotFound for a stranger."""
    issue = lock_issue(session, issue_id)
    posts = posts_of(session, member_id=member_id, at=at)
    held = actors(session, member_id=member_id, issue=issue, posts=posts)
    if not held:
        raise NotFound
    return issue, held
