"""Invariant 9: what stands on an agenda is there once, what was talked over was told, each meeting is where its history
leads, and somebody is reminded of whatever it waits for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, literal, or_, select, text
from sqlalchemy.orm import aliased

from models.due import Due
from models.issue import OPEN_WORDS, Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingEntry, MeetingSeries
from models.merge import Merge
from models.notice import Notice
from models.report import Report
from models.resolution import Resolution
from models.rules.issue_workflow import State
from models.rules.meeting_steps import Step
from models.rules.meeting_workflow import ANNOUNCED, COMING, ON_AGENDA, OUTCOMES, ItemState, MeetingState
from models.rules.resolution_workflow import ResolutionState
from services.audit.breaches import Check

_OVER = (MeetingState.HELD, MeetingState.MINUTED, MeetingState.PUBLISHED)
_OPEN = text(f"issues.{OPEN_WORDS}")  # the words of the partial indexes
#: As people know a meeting: its series, and which one.
_MEETING = MeetingSeries.label + " #" + cast(Meeting.id, String)


def meetings() -> Iterator[Check]:
    yield Check(9, "scheduled_nowhere", _scheduled_nowhere())
    yield Check(9, "on_agenda_astray", _on_agenda_astray())
    yield Check(9, "meeting_history_broken", _histories())
    yield Check(9, "unresolved", _unresolved())
    yield Check(9, "discussed_untold", _discussed_untold())
    yield Check(9, "unsettled_item", _unsettled())
    yield Check(9, "meeting_unwatched", _unwatched())


def _of_meetings(query: Select[str]) -> Select[str]:
    return query.select_from(Meeting).join(MeetingSeries, MeetingSeries.id == Meeting.series_id)


def _waits_for_force() -> ColumnElement[bool]:
    """Its item was adopted and published; the time for objections runs."""
    return exists(
        select(Resolution.id)
        .join(AgendaIssue, AgendaIssue.item_id == Resolution.item_id)
        .where(AgendaIssue.issue_id == Issue.id, Resolution.state == ResolutionState.PUBLISHED)
        .correlate(Issue)
    )


def _scheduled_nowhere() -> Select[str]:
    """Every scheduled issue is on exactly one agenda that was announced and is not settled."""
    agendas = (
        select(func.count())
        .select_from(AgendaIssue)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            AgendaIssue.issue_id == Issue.id,
            AgendaIssue.on_agenda.is_(True),
            AgendaItem.state.in_(sorted(ANNOUNCED)),
            Meeting.state.in_(sorted(ON_AGENDA)),
        )
        .correlate(Issue)
        .scalar_subquery()
    )
    return (
        select(Issue.number)
        .where(_OPEN, Issue.state == State.SCHEDULED, agendas != 1, ~_waits_for_force())
        .order_by(Issue.id)
    )


def _on_agenda_astray() -> Select[str]:
    """Nothing open is held on an agenda that does not have it."""
    return (
        select(Issue.number)
        .join(AgendaIssue, AgendaIssue.issue_id == Issue.id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            AgendaIssue.on_agenda.is_(True),
            _OPEN,
            or_(Issue.state != State.SCHEDULED, Meeting.state.not_in(sorted(ON_AGENDA))),
        )
        .distinct()
        .order_by(Issue.number)
    )


def _histories() -> Select[str]:
    chain = select(
        MeetingEntry.meeting_id,
        MeetingEntry.from_state,
        MeetingEntry.to_state,
        func.lag(MeetingEntry.to_state)
        .over(partition_by=MeetingEntry.meeting_id, order_by=MeetingEntry.id)
        .label("before"),
        func.row_number().over(partition_by=MeetingEntry.meeting_id, order_by=MeetingEntry.id.desc()).label("from_end"),
    ).subquery()
    return (
        _of_meetings(select(_MEETING))
        .outerjoin(chain, chain.c.meeting_id == Meeting.id)
        .where(
            or_(
                chain.c.meeting_id.is_(None),
                chain.c.from_state.is_distinct_from(chain.c.before),
                and_(chain.c.from_end == 1, chain.c.to_state != Meeting.state),
            )
        )
        .distinct()
    )


def _unresolved() -> Select[str]:
    """Every adopted item of a meeting that is over has a resolution; its owner and date are columns that cannot be
    empty."""
    resolved = select(Resolution.id).where(Resolution.item_id == AgendaItem.id).correlate(AgendaItem)
    return (
        _of_meetings(select(_MEETING + literal(" ") + AgendaItem.title))
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(Meeting.state.in_(_OVER), AgendaItem.state == ItemState.ADOPTED, ~exists(resolved))
    )


def _discussed_untold() -> Select[str]:
    """Whoever raised an issue that a published meeting had on its agenda was told of it since."""
    under = aliased(AgendaIssue)
    alike = select(under.issue_id).where(under.item_id == AgendaItem.id).correlate(AgendaItem)
    meanwhile = select(Merge.into_id).where(Merge.merged_id == Report.issue_id).correlate(Report)

    def told(about: ColumnElement[bool]) -> ColumnElement[bool]:
        since = Notice.created_at >= Meeting.published_at
        found = select(Notice.id).where(about, Notice.member_id == Report.raiser_id, since)
        return exists(found.correlate(Report, Meeting))

    return (
        select(Issue.number)
        .select_from(Meeting)
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .join(AgendaIssue, AgendaIssue.item_id == AgendaItem.id)
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .join(Report, Report.issue_id == Issue.id)
        .where(
            Meeting.state == MeetingState.PUBLISHED,
            AgendaItem.state.in_(sorted(OUTCOMES)),
            Report.withdrawn_at.is_(None),
            func.coalesce(Report.since, Report.at) < Meeting.published_at,
            Issue.state.not_in([State.MERGED, State.WITHDRAWN, State.VOID]),
            or_(Issue.closed_at.is_(None), Issue.closed_at > Meeting.published_at),  # else nothing is owed of it
            ~told(Notice.issue_id == Report.issue_id),
            ~told(Notice.issue_id.in_(meanwhile)),  # it had been merged then
            ~told(Notice.issue_id.in_(alike)),  # of two of their own under one item they hear once
        )
        .distinct()
        .order_by(Issue.number)
    )


def _unsettled() -> Select[str]:
    """When a meeting is over, something came of each of its items."""
    return (
        _of_meetings(select(_MEETING + literal(" ") + AgendaItem.title))
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(
            Meeting.state.in_([*_OVER, MeetingState.NOT_HELD, MeetingState.CANCELLED]),
            AgendaItem.state.in_([ItemState.LISTED, ItemState.IN_TALK]),
        )
    )


def _unwatched() -> Select[str]:
    """Whatever a meeting waits for, an act is still to come that reminds of it, or does without."""
    waits = case(
        (Meeting.state.in_(sorted(COMING)), Step.MISS.value),
        (Meeting.state == MeetingState.HELD, Step.REMIND_MINUTES.value),
        (Meeting.state == MeetingState.MINUTED, Step.REMIND_PUBLISH.value),
        else_="",
    )
    kind = case((Meeting.state == MeetingState.IN_SESSION, "close_meeting"), else_="meeting_step")
    comes = (
        select(Due.id)
        .where(Due.kind == kind, Due.subject == cast(Meeting.id, String), Due.slot == waits, Due.done_at.is_(None))
        .correlate(Meeting)
    )
    over = [MeetingState.PUBLISHED, MeetingState.NOT_HELD, MeetingState.CANCELLED]
    return _of_meetings(select(_MEETING)).where(Meeting.state.not_in(over), ~exists(comes))
