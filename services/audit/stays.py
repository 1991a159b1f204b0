"""In which issue a report was from when to when: it may have been merged with it, come back, or been split off."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Subquery, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from models.issue import HistoryEntry
from models.merge import Merge, MergedReport
from models.report import Report
from models.rules.issue_workflow import Action


def stays() -> Iterator[Subquery]:
    """Each with ``report_id``, ``issue_id``, ``since`` and ``until`` (None: still). They may overlap, and a report that
    was undone into the same issue again is in it without a break. A query for each, because together they take longer.
    """
    until_now = literal(None, Report.at.type)
    yield select(
        Report.id.label("report_id"),
        Report.issue_id,
        func.coalesce(Report.since, Report.at).label("since"),
        until_now.label("until"),
    ).subquery()
    yield (  # before a merge
        select(
            MergedReport.report_id,
            Merge.merged_id.label("issue_id"),
            func.coalesce(MergedReport.since_before, Report.at).label("since"),
            Merge.at.label("until"),
        )
        .join(Merge, Merge.id == MergedReport.merge_id)
        .join(Report, Report.id == MergedReport.report_id)
        .subquery()
    )
    yield (  # with a merge that holds no longer for it
        select(
            MergedReport.report_id,
            Merge.into_id.label("issue_id"),
            Merge.at.label("since"),
            func.coalesce(MergedReport.left_at, Merge.undone_at).label("until"),
        )
        .join(Merge, Merge.id == MergedReport.merge_id)
        .where(or_(MergedReport.left_at.is_not(None), Merge.undone_at.is_not(None)))
        .subquery()
    )
    left, told = aliased(HistoryEntry), aliased(HistoryEntry)
    came_with_merge = select(MergedReport.merge_id).where(
        MergedReport.report_id == left.report_id, MergedReport.left_at == left.at
    )
    yield (  # where it was told, until it was split off
        select(left.report_id, left.issue_id, told.at.label("since"), left.at.label("until"))
        .join(told, and_(told.issue_id == left.issue_id, told.report_id == left.report_id))
        .where(
            left.action == Action.SPLIT,
            told.action.in_([Action.REPORT, Action.JOIN]),
            ~exists(came_with_merge),
        )
        .subquery()
    )


def there(stay: Subquery) -> ColumnElement[bool]:
    """The report was there when the deed was done. A deed of the very moment in which it came is given the benefit of
    the doubt; the merge that takes it away is still told to its raiser there."""
    leaves = and_(stay.c.until == HistoryEntry.at, HistoryEntry.action == Action.MERGE)
    return and_(stay.c.since < HistoryEntry.at, or_(stay.c.until.is_(None), stay.c.until > HistoryEntry.at, leaves))
