"""What people ask to see: own issues, tasks, one issue in full. Every query goes through the viewer's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, or_, select, text
from sqlalchemy.orm import Session

from models.community import Compound
from models.issue import OPEN_WORDS, HistoryEntry, Issue
from models.media import Media, MediaState
from models.member import Account, Grant, Member, Post
from models.notice import Notice
from models.report import Report
from models.rules.errors import NotFound
from models.rules.issue_workflow import ISSUE_WORKFLOW, OPEN, Action, Actor, Outcome, State
from models.rules.posts import CONFIRMING_ROLES, Role, ScopeKind
from models.rules.workflow import allowed_actions, find_transition
from services.members import HeldPost, actors, posts_of


@dataclass(frozen=True)
class IssueLine:
    """One issue in a list."""

    issue_id: int
    number: str
    short: int
    state: State
    category: str
    summary: str
    place: str
    urgent: bool
    holder_role: Role
    holder: str
    first_answer_due: datetime
    landing_due: datetime


@dataclass(frozen=True)
class Step:
    """One entry of an issue's history, as it may be shown to its raisers."""

    action: Action
    at: datetime
    words: str
    outcome: Outcome | None
    holder_role: Role
    holder: str
    photos: tuple[str, ...]


@dataclass(frozen=True)
class IssueView:
    """One issue in full, for one viewer. ``words``: the reports' own words, for staff; own ones for a raiser."""

    line: IssueLine
    steps: tuple[Step, ...]
    words: tuple[str, ...]
    may: tuple[Action, ...]
    is_staff: bool
    is_raiser: bool
    photos: tuple[str, ...]
    grounds: Mapping[str, Any] | None
    recurs: str  # the number of the like issue answered before


@dataclass(frozen=True)
class Unconfirmed:
    """Somebody who took up an invitation and waits for a second person."""

    grant_id: int
    role: Role
    label: str
    name: str


@dataclass(frozen=True)
class Unreached:
    """A raiser to whom something must be told at the door."""

    member_id: int
    name: str
    issue_id: int
    number: str
    short: int
    place: str
    room: str
    kind: str
    params: dict[str, object]
    notice_ids: tuple[int, ...]


_LINE = select(
    Issue.id,
    Issue.number,
    Issue.serial,
    Issue.state,
    Issue.category,
    Issue.summary,
    Issue.place_label,
    Issue.urgent,
    Post.role,
    Post.label,
    Issue.first_answer_due,
    Issue.landing_due,
).join(Post, Post.id == Issue.holder_id)
# The words of the partial indexes, so that both databases see that they fit.
_OPEN = text(f"issues.{OPEN_WORDS}")
_PARKED = text("notices.state = 'parked'")
_STATES = Issue.state.in_(bindparam("states", expanding=True))
_OWN = (
    _LINE.where(
        Issue.id.in_(
            select(Report.issue_id).where(Report.raiser_id == bindparam("member"), Report.withdrawn_at.is_(None))
        ),
        _STATES,
    )
    .order_by(Issue.id.desc())
    .limit(bindparam("most"))
)
_TASKS = (
    _LINE.where(Issue.holder_id.in_(bindparam("posts", expanding=True)), _OPEN)
    .order_by(Issue.landing_due, Issue.id)
    .limit(bindparam("most"))
)
_ONE = _LINE.where(Issue.id == bindparam("issue"))
_SHOWN_TO_RAISERS = frozenset(
    {
        Action.ACCEPT,
        Action.ASSIGN,
        Action.ANSWER,
        Action.HAND_OVER,
        Action.CORRECT,
        Action.RELOCATE,
        Action.CLOSE,
    }
)
_HOLDER = select(Post.role, Post.label).where(Post.id == bindparam("post"))


def own_issues(
    session: Session, *, member_id: int, states: frozenset[State] = OPEN | {State.ANSWERED}, limit: int = 20
) -> list[IssueLine]:
    """The issues somebody raised, newest first."""
    asked = {"member": member_id, "states": sorted(states), "most": limit}
    return [IssueLine(*tuple(row)) for row in session.connection().execute(_OWN, asked)]


def tasks(session: Session, *, member_id: int, at: datetime, limit: int = 20) -> list[IssueLine]:
    """The open issues held by the posts of somebody; the most pressing first."""
    post_ids = [post.post_id for post in posts_of(session, member_id=member_id, at=at)]
    rows = session.connection().execute(_TASKS, {"posts": post_ids, "most": limit})
    return [IssueLine(*tuple(row)) for row in rows]


def tasks_that_allow(session: Session, *, member_id: int, action: Action, at: datetime) -> list[IssueLine]:
    sources = frozenset().union(*(row.sources for row in ISSUE_WORKFLOW if row.action is action))
    return [line for line in tasks(session, member_id=member_id, at=at) if line.state in sources]


def find_issue(session: Session, *, member_id: int, short: int, number: str = "", at: datetime) -> int:
    """The issue somebody means by its running number, among those they may see; the newest year first."""
    posts = posts_of(session, member_id=member_id, at=at)
    query = select(Issue).where(Issue.number == number) if number else select(Issue).where(Issue.serial == short)
    query = query.where(_visible(member_id, posts)).order_by(Issue.year.desc(), Issue.id.desc()).limit(1)
    issue = session.scalars(query).one_or_none()
    if issue is None:
        raise NotFound(number=number or short)
    return issue.id


def view(session: Session, *, issue_id: int, member_id: int, at: datetime) -> IssueView:
    """One issue in full. Raises NotFound for whoever is nothing to it: a stranger does not learn that it exists."""
    issue = session.get(Issue, issue_id)
    if issue is None:
        raise NotFound
    held = actors(session, member_id=member_id, issue=issue, posts=posts_of(session, member_id=member_id, at=at))
    if not held:
        raise NotFound
    staff = bool(held - {Actor.RAISER})
    line = IssueLine(*tuple(session.connection().execute(_ONE, {"issue": issue_id}).one()))
    reports = select(Report.words).where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None)).order_by(Report.id)
    if not staff:
        reports = reports.where(Report.raiser_id == member_id)
    steps = _steps(session, issue_id, member_id if not staff else None)
    return IssueView(
        line=line,
        steps=tuple(steps),
        words=tuple(session.scalars(reports)),
        may=tuple(allowed_actions(ISSUE_WORKFLOW, state=issue.state, roles=held)),
        is_staff=staff,
        is_raiser=Actor.RAISER in held,
        photos=tuple(photo for step in steps for photo in step.photos),
        grounds=issue.grounds,
        recurs=session.scalar(select(Issue.number).where(Issue.id == issue.recurs_id)) or "" if issue.recurs_id else "",
    )


def line_for(session: Session, *, issue_id: int, member_id: int, action: Action, at: datetime) -> IssueLine:
    """The issue, for somebody who may do this to it now. Raises NotFound, TransitionNotAllowed or AlreadyDone."""
    issue, held = what_somebody_is(session, issue_id=issue_id, member_id=member_id, at=at)
    find_transition(ISSUE_WORKFLOW, action=action, state=issue.state, roles=held)
    return IssueLine(*tuple(session.connection().execute(_ONE, {"issue": issue_id}).one()))


def known_line(session: Session, *, issue_id: int) -> IssueLine:
    """An issue to be offered to somebody who tells of the same: its place and summary, not its words."""
    return IssueLine(*tuple(session.connection().execute(_ONE, {"issue": issue_id}).one()))


def what_somebody_is(session: Session, *, issue_id: int, member_id: int, at: datetime) -> tuple[Issue, set[Actor]]:
    issue = session.get(Issue, issue_id)
    if issue is None:
        raise NotFound
    held = actors(session, member_id=member_id, issue=issue, posts=posts_of(session, member_id=member_id, at=at))
    if not held:
        raise NotFound
    return issue, held


def reported_at(session: Session, *, issue_id: int) -> datetime:
    """When the issue was first told."""
    return session.execute(select(Issue.first_reported_at).where(Issue.id == issue_id)).scalar_one()


def holder_of(session: Session, *, issue: Issue) -> tuple[Role, str]:
    """Role and label of the post that holds the issue."""
    role, label = session.connection().execute(_HOLDER, {"post": issue.holder_id}).one()
    return role, label


def unreached(session: Session, *, member_id: int, at: datetime, limit: int = 10) -> list[Unreached]:
    """Raisers with a closed channel, in the scope of somebody's posts: to be told at the door, oldest first."""
    posts = posts_of(session, member_id=member_id, at=at)
    rows = session.execute(
        select(
            Notice.id,
            Notice.member_id,
            Notice.kind,
            Notice.params,
            Member.name,
            Issue.id.label("issue_id"),
            Issue.number,
            Issue.serial,
            Issue.place_label,
            Report.room,
        )
        .join(Member, Member.id == Notice.member_id)
        .join(Issue, Issue.id == Notice.issue_id)
        .join(Report, and_(Report.issue_id == Issue.id, Report.raiser_id == Notice.member_id))
        .where(_PARKED, _in_scope(posts))
        .order_by(Notice.id + 0)  # not by the primary key, which would have SQLite read every notice there ever was
        .limit(limit * 5)
    )
    found: dict[tuple[int, int], Unreached] = {}
    for row in rows:
        key = (row.member_id, row.issue_id)
        before = found[key].notice_ids if key in found else ()
        found[key] = Unreached(
            row.member_id,
            row.name,
            row.issue_id,
            row.number,
            row.serial,
            row.place_label,
            row.room,
            row.kind,
            row.params,
            (*before, row.id),
        )
    return list(found.values())[:limit]


def unconfirmed(session: Session, *, member_id: int, at: datetime) -> list[Unconfirmed]:
    """Who waits for this member to confirm them, the longest first; nobody confirms themselves."""
    posts = posts_of(session, member_id=member_id, at=at)
    communities = {post.community_id for post in posts if post.role in CONFIRMING_ROLES}
    rows = session.execute(
        select(Grant.id, Post.role, Post.label, Member.name)
        .join(Post, Post.id == Grant.post_id)
        .join(Member, Member.id == Grant.member_id)
        .where(Post.community_id.in_(communities), Grant.member_id != member_id)
        .where(Grant.confirmed_at.is_(None), Grant.ends_at.is_(None))
        .order_by(Grant.id)
    )
    return [Unconfirmed(*row) for row in rows]


def without_account(session: Session, *, issue_id: int) -> Sequence[str]:
    """The names of raisers whom no message can reach."""
    return session.scalars(
        select(Member.name)
        .join(Report, Report.raiser_id == Member.id)
        .where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None), Member.name != "")
        .where(~exists(select(Account.id).where(Account.member_id == Member.id, Account.blocked_at.is_(None))))
        .order_by(Member.id)
    ).all()


def compounds_near(session: Session, *, community_id: int | None, limit: int = 8) -> list[tuple[int, str]]:
    """The compounds to offer when somebody named none: those of their community, or of all where these are few."""
    query = select(Compound.id, Compound.name).order_by(Compound.id)
    if community_id is not None:
        return [
            (row.id, row.name)
            for row in session.execute(query.where(Compound.community_id == community_id).limit(limit))
        ]
    rows = session.execute(query.limit(limit + 1)).all()
    return [] if len(rows) > limit else [(row.id, row.name) for row in rows]


def _steps(session: Session, issue_id: int, member_id: int | None) -> Sequence[Step]:
    rows = session.execute(
        select(HistoryEntry, Post.role, Post.label)
        .join(Post, Post.id == HistoryEntry.holder_id)
        .where(HistoryEntry.issue_id == issue_id)
        .order_by(HistoryEntry.id)
    ).all()
    photos: dict[int, list[str]] = {}
    for history_id, public_id in session.execute(
        select(Media.history_id, Media.public_id)
        .where(Media.history_id.in_([entry.id for entry, _, _ in rows]), Media.state != MediaState.GONE)
        .order_by(Media.id)
    ):
        photos.setdefault(history_id or 0, []).append(public_id)
    # A raiser reads what was done and answered, and their own words; not what neighbours said.
    return [
        Step(
            entry.action,
            entry.at,
            entry.note,
            entry.outcome,
            role,
            label,
            tuple(photos.get(entry.id, ())),
        )
        for entry, role, label in rows
        if member_id is None
        or entry.action in _SHOWN_TO_RAISERS
        or entry.actor_id == member_id
    ]


def _visible(member_id: int, posts: Sequence[HeldPost]) -> ColumnElement[bool]:
    mine = select(Report.issue_id).where(Report.raiser_id == member_id, Report.withdrawn_at.is_(None))
    return or_(Issue.id.in_(mine), _in_scope(posts))


def _in_scope(posts: Sequence[HeldPost]) -> ColumnElement[bool]:
    """Issues that the posts have to do with: held by them, or in their unit, building, grid or community."""
    rules: list[ColumnElement[bool]] = [Issue.holder_id.in_([post.post_id for post in posts])] if posts else []
    for post in posts:
        match post.role, post.scope_kind:
            case Role.STEWARD, ScopeKind.UNIT:
                rules.append(Issue.unit_id == post.scope_id)
            case Role.STEWARD, ScopeKind.BUILDING:
                rules.append(Issue.building_id == post.scope_id)
            case Role.SECRETARY, _:
                rules.append(Issue.grid_id == post.scope_id)
            case Role.COMMUNITY, _:
                rules.append(Issue.community_id == post.scope_id)
    return or_(*rules) if rules else false()
