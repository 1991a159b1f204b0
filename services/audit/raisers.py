"""Invariant 4: each raiser was told of what happened to the issue while their report was in it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from models.issue import HistoryEntry, Issue
from models.report import Report
from models.rules.issue_workflow import Action, Audience
from services.audit.deeds import tells, untold
from services.audit.stays import stays, there

_HAD_NOT_WITHDRAWN = or_(Report.withdrawn_at.is_(None), Report.withdrawn_at > HistoryEntry.at)
_NUMBERS = select(Issue.number).join(HistoryEntry, HistoryEntry.issue_id == Issue.id)


def raisers() -> Iterator[Select[str]]:
    """The numbers of issues with somebody who should have been told and was not."""
    everybody = or_(
        tells(Audience.RAISERS), and_(tells(Audience.OTHER_RAISERS), Report.raiser_id != HistoryEntry.actor_id)
    )
    for stay in stays():
        yield (
            _NUMBERS.join(stay, stay.c.issue_id == HistoryEntry.issue_id)
            .join(Report, Report.id == stay.c.report_id)
            .where(everybody, there(stay), _HAD_NOT_WITHDRAWN, untold(Report.raiser_id))
        )
        yield (
            _who_was_asked()
            .join(stay, and_(stay.c.report_id == Report.id, stay.c.issue_id == Issue.id))
            .where(there(stay))
        )
    yield _NUMBERS.join(Report, Report.id == HistoryEntry.report_id).where(
        tells(Audience.RAISER), untold(Report.raiser_id)
    )
    # Who had not rated is marked when they are asked, until the issue begins anew.
    yield _NUMBERS.join(Report, and_(Report.issue_id == Issue.id, Report.asked_solved_at == HistoryEntry.at)).where(
        tells(Audience.SILENT_RAISERS), untold(Report.raiser_id)
    )


def _who_was_asked() -> Select[str]:
    """It goes on without the answer, which the one who was asked must hear."""
    asked, before = aliased(HistoryEntry), aliased(HistoryEntry)
    question = (
        select(func.max(before.id))
        .where(before.issue_id == HistoryEntry.issue_id, before.action == Action.ASK, before.id < HistoryEntry.id)
        .scalar_subquery()
    )
    return (
        _NUMBERS.join(asked, asked.id == question)
        .join(Report, Report.id == asked.report_id)
        .where(HistoryEntry.action == Action.RESUME, _HAD_NOT_WITHDRAWN, untold(Report.raiser_id))
    )
