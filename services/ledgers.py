"""The ledgers (台账): what is open, overdue, waiting, shelved…, for whoever answers for it.

A ledger is read in pages, each one query, and two more where meetings have to do with it, however many issues are
stored: it goes through the open issues of the communities somebody has to do with, by the partial indexes of what is
open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.community import Community, Compound, Grid
from models.issue import HistoryEntry, Issue
from models.member import Post
from models.notice import Notice
from models.report import Report
from models.rules.deadlines import Light, landing_is_estimated, light
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN, Action, Actor, Reason, State
from models.rules.posts import Role, Rung
from services.awaiting import Awaited, awaited, stand_of
from services.members import HeldPost, posts_of
from services.scopes import in_scope
from services.standing import Ledger, indexed, missed, order, reached_by, standing

_AT_ONCE = 500  # rows of one query where a whole ledger is read


@dataclass(frozen=True)
class Reach:
    """Whose ledger it is: what the posts of somebody have to do with. ``posts`` None: the whole house (operators)."""

    posts: tuple[HeldPost, ...] | None


EVERYTHING = Reach(None)


class PartKind(StrEnum):
    COMMUNITY = "community"
    GRID = "grid"
    HOLDER = "holder"  # a post


@dataclass(frozen=True)
class Part:
    """A part of what somebody may see."""

    kind: PartKind
    id: int


@dataclass(frozen=True)
class Share:
    """How a part stands. ``role``: of a holder."""

    part: Part
    label: str
    role: Role | None
    open: int
    overdue: int


@dataclass(frozen=True)
class LedgerRow:
    """One issue in a ledger.

    ``light`` None: its landing is not counted now (shelved, closed). ``estimated``: its landing rests on working days
    that nobody announced yet. ``reason``, ``words``: why it stands in this ledger, where somebody said so.
    ``unreached``: raisers who did not get the last word of it. ``order``: the moment by which the ledger is sorted.
    """

    issue_id: int
    number: str
    short: int
    state: State
    category: str
    summary: str
    place: str
    urgent: bool
    community_id: int
    community: str
    grid_id: int | None
    grid: str
    holder_id: int
    holder_role: Role
    holder: str
    rung: Rung
    first_reported_at: datetime
    first_answer_due: datetime
    landing_due: datetime
    estimated: bool
    light: Light | None
    households: int | None
    people: int | None
    raisers: int
    reopenings: int
    declines: int
    review_at: datetime | None
    reason: Reason | None
    words: str
    unreached: int
    order: datetime
    awaits: Awaited


@dataclass(frozen=True)
class Mark:
    """The last line that was read."""

    order: datetime
    issue_id: int


@dataclass(frozen=True)
class Page:
    """``after`` None: it is the last."""

    rows: tuple[LedgerRow, ...]
    after: Mark | None


# Not the column itself, whose index would lead through every issue that a community ever had.
_COMMUNITY = Issue.community_id + 0
#: Who sees an issue in a ledger, besides those of its street. Units that help with one have it in their tasks.
_ACTORS = (Actor.HOLDER, Actor.STEWARD, Actor.SECRETARY, Actor.COMMUNITY)
#: Whose words say why an issue stands in a ledger.
_SAID_BY: Mapping[Ledger, tuple[Action, ...]] = {
    Ledger.WAITING: (Action.ASK,),
    Ledger.SHELVED: (Action.SHELVE,),
    Ledger.DECLINED: (Action.DECLINE,),
    Ledger.REOPENED: (Action.REOPEN, Action.APPEAL),
}
_COLUMNS: Mapping[PartKind, ColumnElement[int] | InstrumentedAttribute[Any]] = {
    PartKind.COMMUNITY: _COMMUNITY,
    PartKind.GRID: Issue.grid_id,
    PartKind.HOLDER: Issue.holder_id,
}
_RAISERS = (
    select(func.count(Report.raiser_id.distinct()))
    .where(Report.issue_id == Issue.id, Report.withdrawn_at.is_(None))
    .correlate(Issue)
    .scalar_subquery()
)


def reach_of(session: Session, *, member_id: int, at: datetime) -> Reach:
    return Reach(tuple(posts_of(session, member_id=member_id, at=at)))


def counts(
    session: Session, *, reach: Reach, at: datetime, rules: HouseRules, part: Part | None = None
) -> dict[Ledger, int]:
    """How many stand in each ledger, in one query."""
    first, *others, last = Ledger  # all that is open; what is not open any more
    closed = select(func.count()).select_from(Issue).where(*_all_of(last, reach, part, at, rules))
    query = select(
        func.count().label(first.value),
        *(_how_many(standing(ledger, at=at, rules=rules)).label(ledger.value) for ledger in others),
        closed.correlate(None).scalar_subquery().label(last.value),
    )
    row = session.execute(query.select_from(Issue).where(*_all_of(first, reach, part, at, rules))).one()
    return {ledger: row._mapping[ledger.value] for ledger in Ledger}


def shares(
    session: Session, *, reach: Reach, by: PartKind, at: datetime, rules: HouseRules, part: Part | None = None
) -> list[Share]:
    """The open and the overdue of each community, grid or holder that has any: who has most overdue first."""
    red = _how_many(standing(Ledger.OVERDUE, at=at, rules=rules))
    named: tuple[Any, ...]
    joined: tuple[Any, Any]
    match by:
        case PartKind.COMMUNITY:
            named, joined = (Community.id, Community.name), (Community, Community.id == Issue.community_id)
        case PartKind.GRID:
            named, joined = (Grid.id, Grid.name), (Grid, Grid.id == Issue.grid_id)
        case PartKind.HOLDER:
            named, joined = (Post.id, Post.label, Post.role), (Post, Post.id == Issue.holder_id)
    rows = session.execute(
        select(func.count(), red, *named)
        .select_from(Issue)
        .join(*joined)
        .where(*_all_of(Ledger.OPEN, reach, part, at, rules))
        .group_by(*named)
        .order_by(red.desc(), func.count().desc(), named[0])
    )
    return [Share(Part(by, row[2]), row[3], row[4] if len(row) > 4 else None, row[0], row[1]) for row in rows]


def page(
    session: Session,
    *,
    ledger: Ledger,
    reach: Reach,
    at: datetime,
    rules: HouseRules,
    part: Part | None = None,
    after: Mark | None = None,
    limit: int = 9,
) -> Page:
    """The next lines of a ledger, the most pressing first."""
    by = order(ledger)
    query = _lines(ledger).where(*_all_of(ledger, reach, part, at, rules))
    if after is not None:
        moment = literal(after.order, Issue.landing_due.type)
        query = query.where(by >= moment, tuple_(by, Issue.id) > tuple_(moment, literal(after.issue_id)))
    found = session.execute(query.order_by(by, Issue.id).limit(limit + 1)).all()
    waits = awaited(session, map(stand_of, found[:limit]))
    rows = tuple(_row(row, waits[row.id], at, rules) for row in found[:limit])
    return Page(rows, Mark(rows[-1].order, rows[-1].issue_id) if len(found) > limit else None)


def read(
    session: Session, *, ledger: Ledger, reach: Reach, at: datetime, rules: HouseRules, part: Part | None = None
) -> Iterator[LedgerRow]:
    """A whole ledger, a few hundred lines at a time."""
    after: Mark | None = None
    while True:
        got = page(session, ledger=ledger, reach=reach, at=at, rules=rules, part=part, after=after, limit=_AT_ONCE)
        yield from got.rows
        if got.after is None:
            return
        after = got.after


def communities_with(session: Session, *, ledger: Ledger, at: datetime, rules: HouseRules) -> Sequence[int]:
    """The communities of which anything stands in a ledger."""
    which = select(_COMMUNITY).where(*_all_of(ledger, EVERYTHING, None, at, rules)).distinct()
    return sorted(session.scalars(which))


def _all_of(ledger: Ledger, reach: Reach, part: Part | None, at: datetime, rules: HouseRules) -> list[Any]:
    scope = _scope(reach, part) or [reached_by(ledger, at=at)]
    return [indexed(ledger), standing(ledger, at=at, rules=rules), *scope]


def _scope(reach: Reach, part: Part | None) -> list[ColumnElement[bool]]:
    """What somebody may see, and of that the part. The compounds of the communities lead to the partial indexes."""
    found: list[ColumnElement[bool]] = []
    communities: Select[Any] | None = None
    if reach.posts is not None:
        streets = [post.scope_id for post in reach.posts if post.role is Role.STREET]
        found.append(in_scope(reach.posts, (*_ACTORS, Actor.STREET) if streets else _ACTORS))
        own = Community.id.in_([post.community_id for post in reach.posts if post.community_id is not None])
        communities = select(Community.id).where(or_(own, Community.street_id.in_(streets)) if streets else own)
    if part is not None:
        found.append(_COLUMNS[part.kind] == part.id)
    match part:
        case Part(PartKind.COMMUNITY, community):
            communities = select(Community.id).where(Community.id == community)
        case Part(PartKind.GRID, grid):
            communities = select(Grid.community_id).where(Grid.id == grid)
    if communities is not None:
        found.append(Issue.compound_id.in_(select(Compound.id).where(Compound.community_id.in_(communities))))
    return found


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _lines(ledger: Ledger) -> Select[*tuple[Any, ...]]:
    unreached: ColumnElement[int] = literal(0)
    if ledger is Ledger.UNREACHED:
        unreached = missed(func.count(Notice.member_id.distinct())).correlate(Issue).scalar_subquery()
    query: Select[*tuple[Any, ...]] = (
        select(
            Issue.id, Issue.number, Issue.serial, Issue.state, Issue.category, Issue.summary, Issue.place_label,
            Issue.urgent, Issue.community_id, Community.name.label("community"), Issue.grid_id,
            Grid.name.label("grid"), Issue.holder_id, Post.role, Post.label, Issue.rung, Issue.first_reported_at,
            Issue.first_answer_due, Issue.landing_due, Issue.households, Issue.people, _RAISERS.label("raisers"),
            Issue.reopenings, Issue.declines, Issue.review_at, Issue.rung_due, Issue.clock_since, Issue.paused_at,
            Issue.extended_at, order(ledger).label("order"), unreached.label("unreached"),
        )
        .join(Post, Post.id == Issue.holder_id)
        .join(Community, Community.id == Issue.community_id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
    )  # fmt: skip
    if ledger not in _SAID_BY:
        return query.add_columns(literal(None).label("reason"), literal("").label("words"))
    said = aliased(HistoryEntry)
    last = select(func.max(said.id)).where(said.issue_id == Issue.id, said.action.in_(_SAID_BY[ledger]))
    return query.add_columns(HistoryEntry.reason.label("reason"), HistoryEntry.note.label("words")).outerjoin(
        HistoryEntry, HistoryEntry.id == last.correlate(Issue).scalar_subquery()
    )


def _row(row: Any, awaits: Awaited, at: datetime, rules: HouseRules) -> LedgerRow:
    since, ends = row.clock_since or row.first_reported_at, row.landing_due
    counted = row.state in OPEN and row.state is not State.SHELVED
    return LedgerRow(
        issue_id=row.id,
        number=row.number,
        short=row.serial,
        state=row.state,
        category=row.category,
        summary=row.summary,
        place=row.place_label,
        urgent=row.urgent,
        community_id=row.community_id,
        community=row.community,
        grid_id=row.grid_id,
        grid=row.grid or "",
        holder_id=row.holder_id,
        holder_role=row.role,
        holder=row.label,
        rung=row.rung,
        first_reported_at=row.first_reported_at,
        first_answer_due=row.first_answer_due,
        landing_due=ends,
        estimated=row.extended_at is None
        and landing_is_estimated(since, ends, urgent=row.urgent, category=row.category, rules=rules),
        light=light(row.paused_at or at, since=since, ends=ends, rules=rules) if counted else None,
        households=row.households,
        people=row.people,
        raisers=row.raisers,
        reopenings=row.reopenings,
        declines=row.declines,
        review_at=row.review_at,
        reason=row.reason,
        words=row.words or "",
        unreached=row.unreached,
        order=row.order,
        awaits=awaits,
    )
