"""Which issues may be one matter, side by side with the evidence, for whoever may put them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, case, func, select, text
from sqlalchemy.orm import Session

from models.issue import OPEN_WORDS, Issue
from models.merge import Merge
from models.report import Report
from models.rules.errors import MergeRefused
from models.rules.issue_workflow import Action, State
from services.duplicates import AS_TOLD, FIRST, MOST_COMPARED, telling_of
from services.members import posts_of
from services.queries import line_for
from services.scopes import allowing
from understanding.likeness import Likeness, Telling, alike, compare


@dataclass(frozen=True)
class Side:
    """One of two that may be one. ``words``: the first that were told of it. ``merged``: how many are in it already."""

    issue_id: int
    number: str
    short: int
    state: State
    category: str
    place: str
    summary: str
    words: str
    since: datetime
    raisers: int
    merged: int


@dataclass(frozen=True)
class Candidate:
    side: Side
    likeness: Likeness


_RAISERS = (
    select(func.count(Report.raiser_id.distinct()))
    .where(Report.issue_id == Issue.id, Report.withdrawn_at.is_(None))
    .correlate(Issue)
    .scalar_subquery()
)
_INSIDE = (
    select(func.count(Merge.id))
    .where(Merge.into_id == Issue.id, Merge.undone_at.is_(None))
    .correlate(Issue)
    .scalar_subquery()
)
_SIDES = select(
    Issue.id,
    Issue.number,
    Issue.serial,
    Issue.state,
    Issue.category,
    Issue.place_label,
    Issue.summary,
    Report.words,
    Issue.first_reported_at,
    _RAISERS,
    _INSIDE,
).join(Report, Report.id == FIRST)
_OPEN = text(f"issues.{OPEN_WORDS}")  # the words of the partial index


def candidates(session: Session, *, issue_id: int, member_id: int, at: datetime, limit: int = 5) -> list[Candidate]:
    """The open issues nearby that seem to be the same and that this member may merge, the likest first.

    Of one that has others in it only those are offered that have none: no chains.
    """
    own = _tellings(session, Issue.id == issue_id)[0]
    posts = posts_of(session, member_id=member_id, at=at)
    near: list[ColumnElement[bool]] = [Issue.compound_id == own.compound_id]
    if side_of(session, issue_id=issue_id).merged:
        near.append(_INSIDE == 0)
    nearest = case((Issue.unit_id == own.unit_id, 0), (Issue.building_id == own.building_id, 1), else_=2)
    theirs = allowing(Action.MERGE, member_id=member_id, posts=posts)
    others = _tellings(session, _OPEN, Issue.id != issue_id, *near, theirs, nearest=[nearest])
    found = alike(own, others, limit=limit)
    return [Candidate(side_of(session, issue_id=int(each)), likeness) for each, likeness in found]


def compared(session: Session, *, issue_id: int, other_id: int, member_id: int, at: datetime) -> Candidate:
    """The other one with the evidence, however unlike they are. Raises MergeRefused where it can never be, NotFound or
    TransitionNotAllowed where this member may not."""
    if issue_id == other_id:
        raise MergeRefused(why="same")
    for each in (issue_id, other_id):
        line_for(session, issue_id=each, member_id=member_id, action=Action.MERGE, at=at)
    one, other = side_of(session, issue_id=issue_id), side_of(session, issue_id=other_id)
    if one.merged and other.merged:
        raise MergeRefused(why="both")
    own, told = _tellings(session, Issue.id == issue_id)[0], _tellings(session, Issue.id == other_id)[0]
    return Candidate(other, compare(own, told))


def side_of(session: Session, *, issue_id: int) -> Side:
    return Side(*session.execute(_SIDES.where(Issue.id == issue_id)).one())


def older(one: Side, other: Side) -> tuple[Side, Side]:
    """Which goes on by itself, and which goes into it: what others are in already, else what was told first."""
    first, second = sorted((one, other), key=lambda side: (not side.merged, side.since, side.issue_id))
    return first, second


def merged_in(session: Session, *, issue_id: int) -> Sequence[tuple[int, str, int, str]]:
    """What can be taken out again of an issue, or is in another one: (issue id, number, short, summary)."""
    merged = (Issue.id == issue_id) | (Issue.merged_into_id == issue_id)
    rows = session.execute(
        select(Issue.id, Issue.number, Issue.serial, Issue.summary)
        .where(merged, Issue.state == State.MERGED)
        .order_by(Issue.id)
    )
    return [(row.id, row.number, row.serial, row.summary) for row in rows]


def _tellings(
    session: Session, *which: ColumnElement[bool] | TextClause, nearest: Sequence[ColumnElement[int]] = ()
) -> list[Telling]:
    told = select(*AS_TOLD).join(Report, Report.id == FIRST).where(*which)
    rows = session.execute(told.order_by(*nearest, Issue.id.desc()).limit(MOST_COMPARED))
    return [telling_of(row) for row in rows]
