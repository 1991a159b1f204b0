"""我的不一样: a report that was put into an issue wrongly leaves it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.issue import Issue
from models.member import Member
from models.merge import Merge, MergedReport
from models.report import Report
from models.rules.errors import NotFound, OnlyReport
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, RAISING, Action, Actor, Nature
from models.rules.workflow import find_transition
from services.handling import taken_up
from services.intake import Told, Where, issue_of_report
from services.media import photos_told
from services.merging import count_from_earliest, go_on_without_asked, goes_on_as, merge_that_brought, undo_merge
from services.moving import Deed, lock_issue, move
from understanding import Gazetteer, Model, understand


@dataclass(frozen=True)
class Separable:
    """A report that may leave its issue. ``name`` may be empty."""

    report_id: int
    name: str
    words: str
    at: datetime


def separable(
    session: Session, *, issue_id: int, member_id: int, at: datetime
) -> tuple[Issue, list[Separable]]:
    """The issue, or the one it was merged into, and which of its reports this member may split off: staff any, a raiser
    their own. Raises NotFound for a stranger, TransitionNotAllowed where it is too late, OnlyReport where there is
    nothing to be told apart.
    """
    issue, held = taken_up(session, issue_id=goes_on_as(session, issue_id=issue_id), member_id=member_id, at=at)
    find_transition(ISSUE_WORKFLOW, action=Action.SPLIT, state=issue.state, roles=held)
    rows = session.execute(
        select(Report.id, Member.name, Report.words, Report.at, Report.raiser_id)
        .join(Member, Member.id == Report.raiser_id)
        .where(Report.issue_id == issue.id, Report.withdrawn_at.is_(None))
        .order_by(Report.id)
    ).all()
    if len(rows) < 2:
        raise OnlyReport
    own = held <= RAISING
    return issue, [Separable(*row[:4]) for row in rows if not own or row.raiser_id == member_id]


def shared(session: Session, *, issue_ids: Iterable[int]) -> set[int]:
    """Those of the issues of which more than one report is there."""
    several = (
        select(Report.issue_id)
        .where(Report.issue_id.in_(list(issue_ids)), Report.withdrawn_at.is_(None))
        .group_by(Report.issue_id)
        .having(func.count() > 1)
    )
    return set(session.scalars(several))


def split_report(
    session: Session,
    *,
    report_id: int,
    member_id: int,
    at: datetime,
    rules: HouseRules,
    gazetteer: Gazetteer,
    model: Model | None = None,
) -> Issue:
    """我的不一样: a report leaves an issue and becomes one of its own, with the time at which it was told.

    Where all that a merge brought is this raiser's, the merge is undone instead and the old number holds again.
    Raises OnlyReport for the last one, NotFound for somebody else's.
    """
    report = session.get(Report, report_id)
    if report is None or report.withdrawn_at is not None:
        raise NotFound
    issue, held = taken_up(session, issue_id=report.issue_id, member_id=member_id, at=at)
    if held <= RAISING and report.raiser_id != member_id:
        raise NotFound
    find_transition(ISSUE_WORKFLOW, action=Action.SPLIT, state=issue.state, roles=held)
    others = session.scalars(
        select(Report.id).where(
            Report.issue_id == issue.id, Report.id != report.id, Report.withdrawn_at.is_(None)
        )
    ).all()
    if not others:
        raise OnlyReport
    came_from = issue
    came_with = merge_that_brought(session, report_id=report.id, into_id=issue.id)
    if came_with is not None:
        came_from = lock_issue(session, came_with.merged_id)
        if _brought_alone(session, came_with, report):
            return undo_merge(session, came_from, member_id=member_id, held=held | {Actor.RAISER}, at=at, rules=rules)
        session.execute(
            update(MergedReport)
            .where(MergedReport.merge_id == came_with.id, MergedReport.report_id == report.id)
            .values(left_at=at)
        )
    photos = photos_told(session, report_ids=[report.id])
    told = _told(report, came_from, photos, gazetteer, model)
    new = issue_of_report(session, report=report, told=told, member_id=member_id, at=at, rules=rules)
    count_from_earliest(session, issue)
    about = {"new": new.number, "new_summary": new.summary}
    move(
        session, issue, Deed(Action.SPLIT, member_id, held, report_id=report.id, details=about), at=at, rules=rules
    )
    go_on_without_asked(session, issue, at=at, rules=rules)
    return new


def _brought_alone(session: Session, merge: Merge, report: Report) -> bool:
    """Everybody whom the merge brought and who is still there is this raiser."""
    raisers = session.scalars(
        select(Report.raiser_id)
        .join(MergedReport, MergedReport.report_id == Report.id)
        .where(MergedReport.merge_id == merge.id, MergedReport.left_at.is_(None), Report.withdrawn_at.is_(None))
        .distinct()
    ).all()
    return list(raisers) == [report.raiser_id]


def _told(
    report: Report, issue: Issue, photos: tuple[str, ...], gazetteer: Gazetteer, model: Model | None
) -> Told:
    """The report by its own words, where the issue was; a wrong place can be corrected afterwards."""
    understood = understand(report.words, gazetteer=gazetteer, model=model)
    return Told(
        words=report.words,
        summary=understood.summary or issue.summary,
        category=understood.category,
        nature=Nature(understood.nature),
        urgent=understood.urgency.urgent,
        where=Where(issue.compound_id, issue.building_id, issue.unit_id, issue.spot_id, report.room),
        photos=photos,
        grounds={"category": list(understood.category_words), "by": "words", "place": [["said", ""]]},
    )
