"""Tables for people who count: issues, reports, their history, notices. Nobody's name, room or telephone is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from models.community import Community, Compound, Grid
from models.issue import HistoryEntry, Issue
from models.learning import Corrected, Correction
from models.member import Post
from models.notice import Notice
from models.report import Report

Value = str | int | bool | datetime | None
Row = dict[str, Value]

_BATCH = 500  # rows held at once
_NUMBERS_OF_PEOPLE = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)")


def issues(session: Session) -> Iterator[Row]:
    """One row for each issue, by number."""
    reports = (
        select(func.count())
        .select_from(Report)
        .where(Report.issue_id == Issue.id, Report.withdrawn_at.is_(None))
        .scalar_subquery()
    )
    return _rows(
        session,
        select(
            Issue.number, Community.name.label("community"), Grid.name.label("grid"), Compound.name.label("compound"),
            Issue.place_label.label("place"), Issue.category, Issue.nature, Issue.urgent, Issue.state, Issue.summary,
            Issue.rung, Post.label.label("holder"), reports.label("reports"), Issue.first_reported_at,
            Issue.first_answer_due, Issue.first_answered_at, Issue.landing_due, Issue.answered_at, Issue.closed_at,
            Issue.outcome, Issue.reopenings,
        )
        .join(Community, Community.id == Issue.community_id)
        .join(Compound, Compound.id == Issue.compound_id)
        .join(Post, Post.id == Issue.holder_id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
        .order_by(Issue.id),
    )  # fmt: skip


def reports(session: Session) -> Iterator[Row]:
    """One row for each report. ``raiser`` tells two raisers apart and says nothing else."""
    return _rows(
        session,
        select(
            Issue.number, Report.raiser_id.label("raiser"), Report.told_by_id.is_not(None).label("told_for_them"),
            Report.platform, Report.words, Report.at, Report.rating, Report.rating_words, Report.rated_at,
            Report.withdrawn_at,
        )
        .join(Issue, Issue.id == Report.issue_id)
        .order_by(Report.id),
    )  # fmt: skip


def history(session: Session) -> Iterator[Row]:
    """One row for each deed; ``holder_before`` and ``holder`` are posts, not people."""
    before, after = aliased(Post), aliased(Post)
    return _rows(
        session,
        select(
            Issue.number, HistoryEntry.action, HistoryEntry.from_state, HistoryEntry.to_state,
            before.label.label("holder_before"), after.label.label("holder"),
            HistoryEntry.actor_id.is_(None).label("by_timer"), HistoryEntry.note, HistoryEntry.at,
        )
        .join(Issue, Issue.id == HistoryEntry.issue_id)
        .join(after, after.id == HistoryEntry.holder_id)
        .outerjoin(before, before.id == HistoryEntry.holder_before_id)
        .order_by(HistoryEntry.id),
    )  # fmt: skip


def notices(session: Session) -> Iterator[Row]:
    """How many notices of each kind are in each state."""
    counted = select(Notice.kind, Notice.state, func.count().label("count")).group_by(Notice.kind, Notice.state)
    return _rows(session, counted.order_by(Notice.kind, Notice.state))


def lessons(session: Session) -> Iterator[Row]:
    """What a community's own model is trained from (``zhuoluo train``): the first words of each issue with the category
    it ended in; ``corrected`` where staff said so themselves."""
    by_staff = select(Correction.id).where(
        Correction.issue_id == Issue.id, Correction.what == Corrected.CATEGORY, Correction.by_staff
    )
    told = aliased(Report)
    first = select(func.min(told.id)).where(told.issue_id == Issue.id).correlate(Issue).scalar_subquery()
    return _rows(
        session,
        select(Report.words.label("text"), Issue.category.label("label"), by_staff.exists().label("corrected"))
        .join(Report, (Report.issue_id == Issue.id) & (Report.id == first))
        .order_by(Issue.id),
    )


#: What can be exported.
TABLES: Mapping[str, Callable[[Session], Iterator[Row]]] = {
    "issues": issues,
    "reports": reports,
    "history": history,
    "notices": notices,
    "lessons": lessons,
}

_FREE_WORDS = frozenset({"text", "words", "rating_words", "note", "summary"})


def _rows(session: Session, query: Select[*tuple[object, ...]]) -> Iterator[Row]:
    for found in session.execute(query.execution_options(yield_per=_BATCH)).mappings():
        yield {
            name: _NUMBERS_OF_PEOPLE.sub("***", value) if name in _FREE_WORDS and isinstance(value, str) else value
            for name, value in found.items()
        }
