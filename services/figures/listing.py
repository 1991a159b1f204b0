"""The list behind a figure: the issues it counts, by number; of raisers only how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.issue import Issue
from services.figures.asking import Asked
from services.figures.counting import rows_of
from services.figures.kinds import OF_FAULTS, PERCENTILES, SCALE, Kind
from services.figures.of_issues import landing_rows


@dataclass(frozen=True)
class Line:
    """One issue: ``of`` what it adds to the denominator, ``counted`` to the numerator. ``took``: until it landed.

    ``amiss``: by how much it keeps the figure from being as good as it can be.
    """

    issue_id: int
    number: str
    short: int
    place: str
    summary: str
    of: int
    counted: Decimal
    amiss: Decimal
    took: timedelta | None = None


_ISSUE = select(Issue.id, Issue.number, Issue.serial, Issue.place_label, Issue.summary)


def behind(session: Session, asked: Asked, kind: Kind, *, at: datetime) -> list[Line]:
    """What is most amiss first, then the oldest. ``counted`` and ``of`` add up to numerator and denominator."""
    lines = _landed(session, asked, kind) if kind in PERCENTILES else _counted(session, asked, kind, at)
    return sorted(lines, key=lambda line: (-line.amiss, -(line.took or timedelta(0)), line.issue_id))


def _counted(session: Session, asked: Asked, kind: Kind, at: datetime) -> list[Line]:
    each = rows_of(asked, kind, at).subquery()
    of, counted = func.sum(each.c[f"of_{kind}"]).label("of"), func.sum(each.c[f"counted_{kind}"]).label("counted")
    found = select(each.c.issue, of, counted).group_by(each.c.issue).having(of > 0).subquery()
    lines = []
    query = _ISSUE.add_columns(found.c.of, found.c.counted).join(found, found.c.issue == Issue.id)
    for row in session.execute(query):
        counts = Decimal(int(row.counted)) / SCALE.get(kind, 1)
        amiss = counts if kind in OF_FAULTS else row.of - counts
        lines.append(_line(row, of=int(row.of), counted=counts, amiss=amiss))
    return lines


def _landed(session: Session, asked: Asked, kind: Kind) -> list[Line]:
    each = landing_rows(asked, None).subquery()
    query = _ISSUE.add_columns(each.c.seconds).join(each, each.c.issue == Issue.id)
    rows = session.execute(query).all()
    within = _percentile([int(row.seconds) for row in rows], PERCENTILES[kind])
    lines = []
    for row in rows:
        seconds = int(row.seconds)
        soon, took = seconds <= within, timedelta(seconds=seconds)
        lines.append(_line(row, of=1, counted=Decimal(int(soon)), amiss=Decimal(int(not soon)), took=took))
    return lines


def _line(row: Any, *, of: int, counted: Decimal, amiss: Decimal, took: timedelta | None = None) -> Line:
    return Line(row.id, row.number, row.serial, row.place_label, row.summary, of, counted, amiss, took)


def _percentile(seconds: Sequence[int], percent: int) -> int:
    """The shortest within which so many in a hundred landed."""
    ranked = sorted(seconds)
    return ranked[-(-len(ranked) * percent // 100) - 1] if ranked else 0
