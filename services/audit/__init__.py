"""查账: the invariants of workflow.md, each a query that must return nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from models.rules.house import HouseRules
from services.audit.acts import looked_at_late, undone
from services.audit.ballots import ballots, miscounted
from services.audit.breaches import Breach, Check
from services.audit.communities import borders
from services.audit.histories import histories
from services.audit.holders import holders
from services.audit.meetings import meetings
from services.audit.numbers import numbers
from services.audit.reports import reports
from services.audit.resolutions import resolutions
from services.audit.telling import telling
from services.audit.times import times, too_late

__all__ = ["Breach", "audit", "checks", "counted"]


def audit(session: Session, *, at: datetime, rules: HouseRules | None = None) -> list[Breach]:
    """Everything that is broken now; an empty list is the promise kept.

    ``rules``: of the house, by which the timer must not be too late for an issue; None: only that it comes at all.
    """
    found = dict.fromkeys(
        Breach(check.invariant, subject, check.what)
        for check in checks()
        for subject in session.scalars(check.query, {"at": at})
    )
    return sorted([*found, *counted(session, at=at, rules=rules)], key=lambda breach: breach.invariant)


def counted(session: Session, *, at: datetime, rules: HouseRules | None) -> Iterator[Breach]:
    """What a query alone does not find."""
    yield from undone(session, at=at)
    yield from miscounted(session)
    if rules is not None:
        yield from too_late(session, at=at, rules=rules)
        yield from looked_at_late(session, at=at, rules=rules)


@cache
def checks() -> tuple[Check, ...]:
    """All that is asked, in the order of the invariants."""
    landing = (*holders(), *times(), *telling(), *histories(), *reports(), *numbers(), *borders())
    return (*landing, *meetings(), *resolutions(), *ballots())
