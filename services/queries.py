"""What people ask to see: own issues, tasks, one issue in full. Every query goes through the viewer's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, select, text
from sqlalchemy.orm import Session

from models.community import Compound
from models.helper import Extension, Helper
from models.issue import OPEN_WORDS, Issue
from models.member import Account, Grant, Member, Post
from models.report import Report
from models.rules.errors import NotFound
from models.rules.issue_workflow import ISSUE_WORKFLOW, OPEN, OTHER_SIDE, RAISING, Action, Actor, State
from models.rules.posts import CONFIRMING_ROLES, Role
from models.rules.workflow import allowed_actions, find_transition
from services.awaiting import Awaited, awaited, stand_of
from services.circumstances import Circumstances, circumstances, question
from services.history import Step, steps
from services.members import HeldPost, actors, posts_of
from services.scopes import allowing, helping, visible


@dataclass(frozen=True)
class IssueLine:
    """One issue in a list."""

    awaits: Awaited
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
    rung_due: datetime | None
    review_at: datetime | None
    asked_id: int | None


@dataclass(frozen=True)
class Named:
    """An issue that was named by a number. ``went_into``: its own, where the one named was merged into it."""

    issue_id: int
    went_into: str = ""


@dataclass(frozen=True)
class IssueView:
    """One issue in full, for one viewer. ``words``: the reports' own words, for staff; own ones for a raiser.

    ``question``: what the viewer was asked and has not answered. ``circumstances``: for staff.
    """

    line: IssueLine
    steps: tuple[Step, ...]
    words: tuple[str, ...]
    may: tuple[Action, ...]
    is_staff: bool
    is_raiser: bool
    holds: bool
    question: str
    circumstances: Circumstances | None
    photos: tuple[str, ...]
    grounds: Mapping[str, Any] | None
    recurs: str  # the number of the like issue answered before


@dataclass(frozen=True)
class Desk:
    """What somebody's posts give them to do: what they hold, help with, and must decide; the most pressing first."""

    holding: list[IssueLine]
    helping: list[IssueLine]
    deciding: list[IssueLine]


@dataclass(frozen=True)
class Unconfirmed:
    """Somebody who took up an invitation and waits for a second person."""

    grant_id: int
    role: Role
    label: str
    name: str


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
    Issue.rung_due,
    Issue.review_at,
    Issue.asked_id,
).join(Post, Post.id == Issue.holder_id)
# The words of the partial indexes, so that both databases see that they fit.
_OPEN = text(f"issues.{OPEN_WORDS}")
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
_NUMBERED = 20  # merged issues of one running number that are looked at, over years and communities
_ONE = _LINE.where(Issue.id == bindparam("issue"))
_DECIDING = frozenset({Role.SECRETARY, Role.COMMUNITY, Role.STREET})
_HOLDER = select(Post.role, Post.label).where(Post.id == bindparam("post"))


def own_issues(
    session: Session, *, member_id: int, states: frozenset[State] = OPEN | {State.ANSWERED}, limit: int = 20
) -> list[IssueLine]:
    """The issues somebody raised, newest first."""
    asked = {"member": member_id, "states": sorted(states), "most": limit}
    return _lines(session, session.connection().execute(_OWN, asked).all())


def tasks(session: Session, *, member_id: int, at: datetime, limit: int = 20) -> list[IssueLine]:
    """The open issues held by the posts of somebody; the most pressing first."""
    return _held(session, posts_of(session, member_id=member_id, at=at), limit)


def desk(session: Session, *, member_id: int, at: datetime, limit: int = 20) -> Desk:
    posts = posts_of(session, member_id=member_id, at=at)
    return Desk(
        _held(session, posts, limit),
        _to_help(session, posts, limit),
        _to_decide(session, posts, member_id, limit),
    )


def tasks_that_allow(session: Session, *, member_id: int, action: Action, at: datetime) -> list[IssueLine]:
    sources = frozenset().union(*(row.sources for row in ISSUE_WORKFLOW if row.action is action))
    return [line for line in tasks(session, member_id=member_id, at=at) if line.state in sources]


def issues_that_allow(
    session: Session, *, member_id: int, action: Action, at: datetime, limit: int = 20
) -> list[IssueLine]:
    """The issues to which somebody may do this now, whoever holds them: their own first, the most pressing first."""
    posts = posts_of(session, member_id=member_id, at=at)
    held = Issue.holder_id.in_([post.post_id for post in posts])
    found = _LINE.where(allowing(action, member_id=member_id, posts=posts)).order_by(held.desc())
    if all(row.sources <= OPEN for row in ISSUE_WORKFLOW if row.action is action):
        found = found.where(_OPEN)
    return _most_pressing(session, found, limit)


def extensions_to_decide(session: Session, *, member_id: int, at: datetime, limit: int = 20) -> list[IssueLine]:
    """The issues for which somebody may grant the time that was asked for."""
    return _to_decide(session, posts_of(session, member_id=member_id, at=at), member_id, limit)


def issues_to_help(
    session: Session, *, member_id: int, at: datetime, arrived: bool | None = None, limit: int = 20
) -> list[IssueLine]:
    """The open issues with which somebody's units were called to help and of which they have not told the result."""
    return _to_help(session, posts_of(session, member_id=member_id, at=at), limit, arrived)


def find_issue(session: Session, *, member_id: int, short: int, number: str = "", at: datetime) -> int:
    """The issue somebody means by its running number, among those they may see; the newest year first. Raises NotFound.

    The number of one that was merged means the one it went into, for whoever may see that.
    """
    return find_named(session, member_id=member_id, short=short, number=number, at=at).issue_id


def find_named(session: Session, *, member_id: int, short: int, number: str = "", at: datetime) -> Named:
    """As :func:`find_issue`, and whether the number was that of an issue that went into another one."""
    posts = posts_of(session, member_id=member_id, at=at)
    seen = visible(member_id, posts)
    meant = Issue.number == number if number else Issue.serial == short
    newest = select(Issue.id, Issue.merged_into_id).where(meant).order_by(Issue.year.desc(), Issue.id.desc())
    own = session.execute(newest.where(seen).limit(1)).one_or_none()
    merged = [own] if own else session.execute(newest.where(Issue.merged_into_id.is_not(None)).limit(_NUMBERED)).all()
    for row in merged:
        if row.merged_into_id is None:
            continue
        into = session.execute(
            select(Issue.id, Issue.number).where(Issue.id == row.merged_into_id, seen)
        ).one_or_none()
        if into is not None:
            return Named(into.id, into.number)
    if own is None:
        raise NotFound(number=number or short)
    return Named(own.id)


def view(session: Session, *, issue_id: int, member_id: int, at: datetime) -> IssueView:
    """One issue in full. Raises NotFound for whoever is nothing to it: a stranger does not learn that it exists."""
    issue = session.get(Issue, issue_id)
    if issue is None:
        raise NotFound
    posts = posts_of(session, member_id=member_id, at=at)
    held = actors(session, member_id=member_id, issue=issue, posts=posts)
    if not held:
        raise NotFound
    staff = bool(held - RAISING)
    line = known_line(session, issue_id=issue_id)
    reports = select(Report.words).where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None)).order_by(Report.id)
    if not staff:
        reports = reports.where(Report.raiser_id == member_id)
    told = steps(session, issue_id=issue_id, member_id=None if staff else member_id)
    asked = question(session, issue=issue)
    return IssueView(
        line=line,
        steps=told,
        words=tuple(session.scalars(reports)),
        may=tuple(a for a in allowed_actions(ISSUE_WORKFLOW, state=issue.state, roles=held) if a not in OTHER_SIDE),
        is_staff=staff,
        is_raiser=Actor.RAISER in held,
        holds=Actor.HOLDER in held,
        question=asked.words if asked and asked.asked_id == member_id else "",
        circumstances=circumstances(session, issue=issue, posts=posts) if staff else None,
        photos=tuple(photo for step in told for photo in step.photos),
        grounds=issue.grounds,
        recurs=session.scalar(select(Issue.number).where(Issue.id == issue.recurs_id)) or "" if issue.recurs_id else "",
    )


def _held(session: Session, posts: Sequence[HeldPost], limit: int) -> list[IssueLine]:
    asked = {"posts": [post.post_id for post in posts], "most": limit}
    return _lines(session, session.connection().execute(_TASKS, asked).all())


def _to_help(
    session: Session, posts: Sequence[HeldPost], limit: int, arrived: bool | None = None
) -> list[IssueLine]:
    if all(post.role is not Role.HANDLER for post in posts):
        return []
    called = helping(posts)
    if arrived is not None:
        called = called.where(Helper.arrived_at.is_not(None) if arrived else Helper.arrived_at.is_(None))
    return _most_pressing(session, _LINE.where(Issue.id.in_(called), _OPEN), limit)


def _to_decide(session: Session, posts: Sequence[HeldPost], member_id: int, limit: int) -> list[IssueLine]:
    if all(post.role not in _DECIDING for post in posts):
        return []
    asked = select(Extension.issue_id).where(Extension.granted.is_(None))
    found = _LINE.where(Issue.id.in_(asked), allowing(Action.EXTEND, member_id=member_id, posts=posts))
    return _most_pressing(session, found, limit)


def _most_pressing(session: Session, found: Select[*tuple[Any, ...]], limit: int) -> list[IssueLine]:
    return _lines(session, session.execute(found.order_by(Issue.landing_due, Issue.id).limit(limit)).all())


def _lines(session: Session, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[IssueLine]:
    """The rows of :data:`_LINE`, each with what it waits for."""
    found = list(rows)
    waits = awaited(session, map(stand_of, found))
    return [IssueLine(waits[row.id], *tuple(row)) for row in found]


def line_for(session: Session, *, issue_id: int, member_id: int, action: Action, at: datetime) -> IssueLine:
    """The issue, for somebody who may do this to it now. Raises NotFound, TransitionNotAllowed or AlreadyDone."""
    issue, held = what_somebody_is(session, issue_id=issue_id, member_id=member_id, at=at)
    find_transition(ISSUE_WORKFLOW, action=action, state=issue.state, roles=held)
    return known_line(session, issue_id=issue_id)


def known_line(session: Session, *, issue_id: int) -> IssueLine:
    """An issue to be offered to somebody who tells of the same: its place and summary, not its words."""
    return _lines(session, session.connection().execute(_ONE, {"issue": issue_id}).all())[0]


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
