"""Invariants 5 and 6: a report is in one issue, where it was told or brought to, with its own words and time."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from models.issue import HistoryEntry, Issue
from models.merge import Merge, MergedReport
from models.report import Report
from models.rules.issue_workflow import Action, State
from services.audit.breaches import Check

#: Deeds that bring a report into an issue with its words.
TELLING = (Action.REPORT, Action.JOIN)


def reports() -> Iterator[Check]:
    own = exists(select(Report.id).where(Report.issue_id == Issue.id))
    merged = Issue.state == State.MERGED
    numbers = select(Issue.number).order_by(Issue.id)
    yield Check(5, "no_report", numbers.where(~merged, ~own))
    yield Check(5, "left_behind", numbers.where(merged, own))
    yield from _merges()
    yield from _astray()
    yield from _words()
    first = select(func.min(Report.at)).where(Report.issue_id == Issue.id).scalar_subquery()
    yield Check(6, "first_time", numbers.where(Issue.first_reported_at > first))


def _merges() -> Iterator[Check]:
    """Merged is what one merge that holds put into another issue, which is in no other, and none else."""
    into = aliased(Issue)
    holds = select(Merge.id).where(Merge.merged_id == Issue.id, Merge.undone_at.is_(None))
    merged = Issue.state == State.MERGED
    yield Check(
        5,
        "merge_broken",
        select(Issue.number)
        .outerjoin(into, into.id == Issue.merged_into_id)
        .where(
            or_(
                and_(
                    merged,
                    or_(
                        into.id.is_(None),
                        into.id == Issue.id,
                        into.state == State.MERGED,
                        into.community_id != Issue.community_id,
                        ~exists(holds.where(Merge.into_id == Issue.merged_into_id)),
                    ),
                ),
                and_(~merged, or_(Issue.merged_into_id.is_not(None), exists(holds))),
            )
        )
        .order_by(Issue.id),
    )


def _astray() -> Iterator[Check]:
    """A report is where a merge that holds brought it, else where its last telling was written down."""
    brought = (
        select(func.max(Merge.into_id))
        .join(MergedReport, MergedReport.merge_id == Merge.id)
        .where(MergedReport.report_id == Report.id, MergedReport.left_at.is_(None), Merge.undone_at.is_(None))
        .scalar_subquery()
    )
    last = (
        select(HistoryEntry.report_id, func.max(HistoryEntry.id).label("entry_id"))
        .where(HistoryEntry.action.in_(TELLING), HistoryEntry.report_id.is_not(None))
        .group_by(HistoryEntry.report_id)
        .subquery()
    )
    yield Check(
        5,
        "report_astray",
        select(Issue.number)
        .join(Report, Report.issue_id == Issue.id)
        .outerjoin(last, last.c.report_id == Report.id)
        .outerjoin(HistoryEntry, HistoryEntry.id == last.c.entry_id)
        .where(func.coalesce(brought, HistoryEntry.issue_id).is_distinct_from(Issue.id))
        .distinct()
        .order_by(Issue.number),
    )


def _words() -> Iterator[Check]:
    """Wherever a report went, its words are those with which it was written down."""
    yield Check(
        5,
        "words_changed",
        select(Issue.number)
        .join(Report, Report.issue_id == Issue.id)
        .join(HistoryEntry, HistoryEntry.report_id == Report.id)
        .where(HistoryEntry.action.in_(TELLING), HistoryEntry.note != Report.words)
        .distinct()
        .order_by(Issue.number),
    )
