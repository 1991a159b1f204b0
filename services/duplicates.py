"""Is it known already? The person's own open issue first, then the neighbours', then what was answered not long ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, func, select, text
from sqlalchemy.orm import Session

from models.dialect import insert_ignore
from models.issue import LANDED_WORDS, OPEN_WORDS, Issue
from models.learning import RefusedLikeness
from models.report import Report
from models.rules.house import HouseRules
from models.rules.issue_workflow import Nature, State
from services.intake import Told
from understanding import CATEGORIES
from understanding.likeness import Likeness, Telling, alike
from understanding.likeness.novelty import says_more
from understanding.likeness.scope import compatible


class Known(StrEnum):
    """How a matter is known already."""

    OWN = "own"  # the person's own open issue
    NEIGHBOURS = "neighbours"  # somebody else's
    RECURRENCE = "recurrence"  # it was answered, and is there again


@dataclass(frozen=True)
class Suggestion:
    """One issue that may be the same. ``nothing_new``: what is said now was said before."""

    known: Known
    issue_id: int
    likeness: Likeness
    nothing_new: bool = False


#: Of an issue, what :func:`telling_of` reads; its first report is joined to it.
AS_TOLD = (
    Issue.id,
    Issue.category,
    Issue.nature,
    Issue.grid_id,
    Issue.compound_id,
    Issue.building_id,
    Issue.unit_id,
    Issue.spot_id,
    Issue.first_reported_at,
    Report.words,
    Report.room,
)
#: What concerns a household alone, or sets one against another.
PRIVATE = frozenset({"welfare", "neighbour"})
#: Issues of one compound that are compared: those of the same unit first, then of the same building, then the newest.
MOST_COMPARED = 120

FIRST = (
    select(func.min(Report.id))
    .where(Report.issue_id == Issue.id, Report.withdrawn_at.is_(None))
    .correlate(Issue)
    .scalar_subquery()
)
_NEAREST = (
    case((Issue.unit_id == bindparam("unit"), 0), (Issue.building_id == bindparam("building"), 1), else_=2),
    Issue.id.desc(),
)


def _told_by(chosen: Select[int]) -> Select[*tuple[Any, ...]]:
    """The nearest of the chosen issues with their first words: narrowed down before any report is looked at."""
    nearest = (
        chosen.where(
            Issue.compound_id == bindparam("compound"),
            Issue.category.in_(bindparam("categories", expanding=True)),
            Issue.id.not_in(select(RefusedLikeness.issue_id).where(RefusedLikeness.member_id == bindparam("member"))),
        )
        .order_by(*_NEAREST)
        .limit(MOST_COMPARED)
        .correlate(None)
    )
    return (
        select(*AS_TOLD)
        .join(Report, Report.id == FIRST)
        .where(Issue.id.in_(nearest))
        .order_by(Issue.id.desc())
    )


# The words of the partial indexes, so that both databases see that they fit.
_OPEN = _told_by(
    select(Issue.id).where(text(f"issues.{OPEN_WORDS}"), Issue.first_reported_at > bindparam("since"))
)
_LANDED = _told_by(
    select(Issue.id).where(
        text(f"issues.{LANDED_WORDS}"),
        Issue.answered_at > bindparam("since"),
        Issue.state.in_([State.ANSWERED, State.CLOSED]),
    )
)
_OWN = select(Report.issue_id).where(
    Report.raiser_id == bindparam("member"),
    Report.withdrawn_at.is_(None),
    Report.issue_id.in_(bindparam("issues", expanding=True)),
)


def already_known(
    session: Session, *, member_id: int, told: Told, at: datetime, rules: HouseRules
) -> Suggestion | None:
    """The issue that this telling most likely belongs to, if any; never one that this member refused.

    Only issues of the same compound are compared, and never by their words alone (see ``understanding.likeness``).
    """
    telling = Telling(
        id="",
        raiser=str(member_id),
        at=at,
        text=told.words,
        category=told.category,
        compound_id=told.where.compound_id,
        building_id=told.where.building_id,
        unit_id=told.where.unit_id,
        spot_id=told.where.spot_id,
        room=told.where.room,
    )
    asked = {
        "building": told.where.building_id,
        "unit": told.where.unit_id,
        "compound": told.where.compound_id,
        "member": member_id,
        "categories": [key for key in {*CATEGORIES, told.category} if compatible(key, told.category)],
    }
    rows = session.connection().execute(_OPEN, {**asked, "since": at - rules.like_within}).all()
    said = {row.id: row.words for row in rows}
    found = _alike(telling, rows)
    if found:
        issues = [issue_id for issue_id, _ in found]
        own = set(session.connection().scalars(_OWN, {"member": member_id, "issues": issues}))
        for issue_id, likeness in found:
            if issue_id in own:
                return Suggestion(Known.OWN, issue_id, likeness, nothing_new=not says_more(told.words, said[issue_id]))
        offered = _for_strangers(rows)
        for issue_id, likeness in found:
            if issue_id in offered:
                return Suggestion(Known.NEIGHBOURS, issue_id, likeness)
        return None
    rows = session.connection().execute(_LANDED, {**asked, "since": at - rules.recurs_within}).all()
    landed = _alike(telling, rows)
    offered = _for_strangers(rows)
    return next((Suggestion(Known.RECURRENCE, *each) for each in landed if each[0] in offered), None)


def _for_strangers(rows: Sequence[Row[*tuple[Any, ...]]]) -> set[int]:
    """Those of which somebody else may learn that they were told: no household's own troubles, no wrong reported."""
    return {row.id for row in rows if row.category not in PRIVATE and row.nature is not Nature.REPORT}


def telling_of(row: Row[*tuple[Any, ...]]) -> Telling:
    """An issue by its first words, where it is."""
    return Telling(
        id=str(row.id),
        raiser="",
        at=row.first_reported_at,
        text=row.words,
        category=row.category,
        grid_id=row.grid_id,
        compound_id=row.compound_id,
        building_id=row.building_id,
        unit_id=row.unit_id,
        spot_id=row.spot_id,
        room=row.room,
    )


def refuse(session: Session, *, member_id: int, issue_id: int, at: datetime) -> None:
    """This member's matter is another one: the issue is not offered to them again."""
    insert_ignore(
        session,
        RefusedLikeness,
        {"member_id": member_id, "issue_id": issue_id, "at": at},
        conflict=("member_id", "issue_id"),
    )


def _alike(telling: Telling, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[tuple[int, Likeness]]:
    return [(int(found), likeness) for found, likeness in alike(telling, map(telling_of, rows))]
