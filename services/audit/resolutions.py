"""Invariant 10: a resolution is where its history leads, somebody looks at it again, and what it settles follows it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, String, and_, cast, exists, func, or_, select, text

from models.community import Community
from models.issue import OPEN_WORDS, Issue
from models.meeting import AgendaIssue, AgendaItem
from models.resolution import Objection, Resolution, ResolutionEntry, ResolutionNumber
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import ItemState
from models.rules.resolution_workflow import RUNNING, ResolutionState
from services.audit.breaches import Check

_OPEN = text(f"issues.{OPEN_WORDS}")  # the words of the partial indexes
#: As people know a resolution.
_RESOLUTION = AgendaItem.title + " #" + cast(Resolution.id, String)


def resolutions() -> Iterator[Check]:
    yield Check(10, "resolution_history_broken", _histories())
    yield Check(10, "resolution_unwatched", _unwatched())
    yield from (Check(10, "resolution_numbers", query) for query in _numbers())
    yield Check(10, "decided_by_nothing", _decided_by_nothing())
    yield Check(10, "in_force_despite", _in_force_despite())
    yield Check(10, "unadopted", _unadopted())


def _named() -> Select[str]:
    return select(_RESOLUTION).select_from(Resolution).join(AgendaItem, AgendaItem.id == Resolution.item_id)


def _histories() -> Select[str]:
    chain = select(
        ResolutionEntry.resolution_id,
        ResolutionEntry.from_state,
        ResolutionEntry.to_state,
        func.lag(ResolutionEntry.to_state)
        .over(partition_by=ResolutionEntry.resolution_id, order_by=ResolutionEntry.id)
        .label("before"),
        func.row_number()
        .over(partition_by=ResolutionEntry.resolution_id, order_by=ResolutionEntry.id.desc())
        .label("from_end"),
    ).subquery()
    return (
        _named()
        .outerjoin(chain, chain.c.resolution_id == Resolution.id)
        .where(
            or_(
                chain.c.resolution_id.is_(None),
                chain.c.from_state.is_distinct_from(chain.c.before),
                and_(chain.c.from_end == 1, chain.c.to_state != Resolution.state),
            )
        )
        .distinct()
    )


def _unwatched() -> Select[str]:
    """Whatever is published and not done is looked at again by the timer."""
    watched = [ResolutionState.PUBLISHED, *sorted(RUNNING)]
    return _named().where(Resolution.state.in_(watched), Resolution.look_at.is_(None))


def _numbers() -> Iterator[Select[str]]:
    """Those of a community and year have no gap, and the counter is at the last; the unique constraint forbids
    repeats."""
    given = (
        select(Resolution.community_id, Resolution.year, func.max(Resolution.serial).label("highest"))
        .add_columns(func.count().label("count"))
        .where(Resolution.serial.is_not(None))
        .group_by(Resolution.community_id, Resolution.year)
        .subquery()
    )
    same = and_(ResolutionNumber.community_id == given.c.community_id, ResolutionNumber.year == given.c.year)
    uncounted = (
        select(given.c.community_id, given.c.year)
        .outerjoin(ResolutionNumber, same)
        .where(or_(given.c.count != given.c.highest, ResolutionNumber.last.is_distinct_from(given.c.highest)))
    )
    lost = (
        select(ResolutionNumber.community_id, ResolutionNumber.year)
        .outerjoin(given, same)
        .where(given.c.count.is_(None), ResolutionNumber.last > 0)
    )
    for wrong in (uncounted.subquery(), lost.subquery()):
        subject = Community.prefix + "-" + cast(wrong.c.year, String)
        yield select(subject).join(wrong, wrong.c.community_id == Community.id).order_by(subject)


def _decided_by_nothing() -> Select[str]:
    """An issue that is being carried out by resolution belongs to one that runs."""
    runs = (
        select(Resolution.id)
        .join(AgendaIssue, AgendaIssue.item_id == Resolution.item_id)
        .where(AgendaIssue.issue_id == Issue.id, Resolution.state.in_(sorted(RUNNING)))
        .correlate(Issue)
    )
    return select(Issue.number).where(_OPEN, Issue.state == State.DECIDED, ~exists(runs)).order_by(Issue.id)


def _in_force_despite() -> Select[str]:
    """Nothing enters into force while an objection is open; what its objector has withdrawn is open no longer."""
    gone = select(Issue.id).where(Issue.id == Objection.issue_id, Issue.state.in_([State.WITHDRAWN, State.VOID]))
    open_one = select(Objection.id).where(
        Objection.resolution_id == Resolution.id,
        Objection.settled_at.is_(None),
        ~exists(gone.correlate(Objection)),
    )
    begun = [*sorted(RUNNING), ResolutionState.DONE]
    return _named().where(Resolution.state.in_(begun), exists(open_one.correlate(Resolution)))


def _unadopted() -> Select[str]:
    """No resolution without an item that was adopted; what the chair took back is gone."""
    return _named().where(AgendaItem.state != ItemState.ADOPTED)
