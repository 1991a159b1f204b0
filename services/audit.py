"""查账: the invariants of workflow.md, each a query that must return nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.community import Compound, Grid
from models.issue import HistoryEntry, Issue, IssueNumber
from models.member import Grant, Post
from models.notice import UNSETTLED, Notice
from models.report import Report
from models.rules.issue_workflow import BIRTH, ISSUE_WORKFLOW, OPEN, Audience, State
from services.support import held_by_nobody


@dataclass(frozen=True)
class Breach:
    """``invariant``: its number in workflow.md. ``subject``: the issue's number, or what else is broken.

    ``what``: the key of its sentence in texts/zh_CN/audit.toml.
    """

    invariant: int
    subject: str
    what: str


def audit(session: Session, *, at: datetime) -> list[Breach]:
    """Everything that is broken now; an empty list is the promise kept."""
    return [
        *_holders(session, at),
        *_due_times(session),
        *_closed_with_owed(session),
        *_untold(session),
        *_broken_histories(session),
        *_reports(session),
        *_numbers(session),
        *_foreign(session),
    ]


def _named(session: Session, invariant: int, what: str, query: Select[str]) -> Iterator[Breach]:
    for number in session.scalars(query):
        yield Breach(invariant, number, what)


def _holders(session: Session, at: datetime) -> Iterator[Breach]:
    yield from _named(
        session,
        1,
        "unheld",
        select(Issue.number).where(held_by_nobody(at)).order_by(Issue.id),
    )


def _due_times(session: Session) -> Iterator[Breach]:
    yield from _named(
        session,
        2,
        "undated",
        select(Issue.number)
        .where(
            Issue.state.in_(OPEN),
            or_(
                Issue.first_answer_due.is_(None),
                Issue.landing_due.is_(None),
                Issue.first_answer_due < Issue.first_reported_at,
                Issue.landing_due < Issue.first_answer_due,
            ),
        )
        .order_by(Issue.id),
    )


def _closed_with_owed(session: Session) -> Iterator[Breach]:
    yield from _named(
        session,
        3,
        "closed_owing",
        select(Issue.number)
        .join(Notice, Notice.issue_id == Issue.id)
        .where(Issue.state == State.CLOSED, Notice.state.in_(UNSETTLED))
        .distinct()
        .order_by(Issue.number),
    )


def _untold(session: Session) -> Iterator[Breach]:
    """A deed without the notices its row demands: to each raiser of that moment, and to each member on the post."""
    rows = (BIRTH, *ISSUE_WORKFLOW)
    all_raisers = [row.action for row in rows if Audience.RAISERS in row.tells]
    one_raiser = [row.action for row in rows if Audience.RAISER in row.tells]
    other_raisers = [row.action for row in rows if Audience.OTHER_RAISERS in row.tells]
    to_holder = [row.action for row in rows if Audience.HOLDER in row.tells]
    raiser_told = select(Notice.id).where(Notice.history_id == HistoryEntry.id, Notice.member_id == Report.raiser_id)
    yield from _named(
        session,
        4,
        "raiser_untold",
        select(Issue.number)
        .join(HistoryEntry, HistoryEntry.issue_id == Issue.id)
        .join(Report, Report.issue_id == Issue.id)
        .where(
            or_(
                HistoryEntry.action.in_(all_raisers),
                and_(HistoryEntry.action.in_(one_raiser), HistoryEntry.report_id == Report.id),
                and_(HistoryEntry.action.in_(other_raisers), Report.raiser_id != HistoryEntry.actor_id),
            ),
            Report.at <= HistoryEntry.at,
            or_(Report.withdrawn_at.is_(None), Report.withdrawn_at > HistoryEntry.at),
            ~exists(raiser_told),
        )
        .distinct()
        .order_by(Issue.number),
    )
    holder_told = select(Notice.id).where(Notice.history_id == HistoryEntry.id, Notice.member_id == Grant.member_id)
    yield from _named(
        session,
        4,
        "holder_untold",
        select(Issue.number)
        .join(HistoryEntry, HistoryEntry.issue_id == Issue.id)
        .join(Grant, Grant.post_id == HistoryEntry.holder_id)
        .where(
            HistoryEntry.action.in_(to_holder),
            Grant.confirmed_at <= HistoryEntry.at,
            Grant.starts_at <= HistoryEntry.at,
            or_(Grant.ends_at.is_(None), Grant.ends_at > HistoryEntry.at),
            ~exists(holder_told),
        )
        .distinct()
        .order_by(Issue.number),
    )


def _broken_histories(session: Session) -> Iterator[Breach]:
    """A state that its history does not lead to: the entries form a chain, and the last one is where the issue is."""
    chain = select(
        HistoryEntry.issue_id,
        HistoryEntry.from_state,
        HistoryEntry.to_state,
        func.lag(HistoryEntry.to_state)
        .over(partition_by=HistoryEntry.issue_id, order_by=HistoryEntry.id)
        .label("before"),
        func.row_number().over(partition_by=HistoryEntry.issue_id, order_by=HistoryEntry.id.desc()).label("from_end"),
    ).subquery()
    yield from _named(
        session,
        4,
        "history_broken",
        select(Issue.number)
        .outerjoin(chain, chain.c.issue_id == Issue.id)
        .where(
            or_(
                chain.c.issue_id.is_(None),
                chain.c.from_state.is_distinct_from(chain.c.before),
                and_(chain.c.from_end == 1, chain.c.to_state != Issue.state),
            )
        )
        .distinct()
        .order_by(Issue.number),
    )


def _reports(session: Session) -> Iterator[Breach]:
    yield from _named(
        session,
        5,
        "no_report",
        select(Issue.number).where(~exists(select(Report.id).where(Report.issue_id == Issue.id))).order_by(Issue.id),
    )
    first = select(func.min(Report.at)).where(Report.issue_id == Issue.id).scalar_subquery()
    yield from _named(
        session,
        6,
        "first_time",
        select(Issue.number).where(Issue.first_reported_at > first).order_by(Issue.id),
    )


def _numbers(session: Session) -> Iterator[Breach]:
    """The unique constraint forbids repeats; a gap shows in the count."""
    given = (
        select(Issue.community_id, Issue.year, func.count().label("count"), func.max(Issue.serial).label("highest"))
        .group_by(Issue.community_id, Issue.year)
        .subquery()
    )
    last = aliased(IssueNumber)
    rows = session.execute(
        select(given.c.community_id, given.c.year)
        .outerjoin(last, and_(last.community_id == given.c.community_id, last.year == given.c.year))
        .where(or_(given.c.count != given.c.highest, last.last.is_distinct_from(given.c.highest)))
    )
    for row in rows:
        yield Breach(7, f"community {row.community_id}, {row.year}", "numbers")


def _foreign(session: Session) -> Iterator[Breach]:
    """Who sees an issue sees it through its holder's post, its grid or its place: all must be of its community."""
    yield from _named(
        session,
        8,
        "foreign",
        select(Issue.number)
        .join(Post, Post.id == Issue.holder_id)
        .join(Compound, Compound.id == Issue.compound_id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
        .where(
            or_(
                and_(Post.community_id.is_not(None), Post.community_id != Issue.community_id),
                Compound.community_id != Issue.community_id,
                Grid.community_id != Issue.community_id,
            )
        )
        .order_by(Issue.id),
    )
