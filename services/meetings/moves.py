"""The one mover of meetings: every change of a meeting's state, with its history entry and the notices it owes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.meeting import AgendaItem, Meeting, MeetingEntry, MeetingInvitation, MeetingSeries
from models.rules.errors import MeetingRefused, NotFound, TransitionNotAllowed, WordsNeeded
from models.rules.house import HouseRules
from models.rules.meeting_workflow import (
    ANNOUNCED,
    MEETING_WORKFLOW,
    MeetingAction,
    MeetingActor,
    MeetingAudience,
    MeetingNeed,
    MeetingState,
    MeetingTransition,
    Rsvp,
)
from models.rules.workflow import find_transition
from services import notices
from services.meeting_people import audience_of, meeting_actors, split_by_capacity


@dataclass(frozen=True)
class MeetingDeed:
    """What somebody does to a meeting. ``actor_id`` None: the timer. ``until``: the new day, where the row needs one.
    ``details``: what else belongs to the history entry and its notices."""

    action: MeetingAction
    actor_id: int | None
    as_actor: Collection[MeetingActor]
    words: str = ""
    until: datetime | None = None
    details: Mapping[str, Any] | None = None


TIMER = frozenset({MeetingActor.TIMER})
_LOCKED = (
    select(Meeting)
    .where(Meeting.id == bindparam("meeting"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_meeting(session: Session, meeting_id: int) -> tuple[Meeting, MeetingSeries]:
    """The meeting as it is now, locked until the end of the transaction, and its series. Raises NotFound."""
    meeting = session.scalars(_LOCKED, {"meeting": meeting_id}).one_or_none()
    if meeting is None:
        raise NotFound
    return meeting, session.get_one(MeetingSeries, meeting.series_id)


def chaired(
    session: Session, *, meeting_id: int, member_id: int, at: datetime
) -> tuple[Meeting, MeetingSeries, set[MeetingActor]]:
    """The locked meeting, for somebody who may know of it. Raises NotFound for everybody else."""
    meeting, series = lock_meeting(session, meeting_id)
    held = meeting_actors(session, member_id=member_id, series=series, meeting_id=meeting.id, at=at)
    if not held:
        raise NotFound
    return meeting, series, held


def check_meeting_move(meeting: Meeting, *, action: MeetingAction, held: Collection[MeetingActor]) -> MeetingTransition:
    """The row that allows it. Raises MeetingRefused, with the action and the state, where none does."""
    try:
        return find_transition(MEETING_WORKFLOW, action=action, state=meeting.state, roles=held)
    except TransitionNotAllowed as error:
        chair = bool({MeetingActor.CONVENER, MeetingActor.UPPER, MeetingActor.TIMER} & set(held))
        raise MeetingRefused(action=action, state=meeting.state, chair=chair) from error


def move_meeting(
    session: Session, meeting: Meeting, series: MeetingSeries, deed: MeetingDeed, *, at: datetime, rules: HouseRules
) -> int:
    """Carry out a deed on a locked meeting. Returns the id of its history entry.

    Raises MeetingRefused, or WordsNeeded where the row needs what the deed lacks. A new date is set here (MOVE).
    """
    row = check_meeting_move(meeting, action=deed.action, held=deed.as_actor)
    given = {MeetingNeed.WORDS: bool(deed.words.strip()), MeetingNeed.DATE: deed.until is not None}
    if not all(given[need] for need in row.needs):
        raise WordsNeeded(action=row.action)
    before, met_before = meeting.state, meeting.meets_at
    if row.target is not None:
        meeting.state = row.target
    match deed.action:
        case MeetingAction.MOVE if deed.until is not None:
            meeting.meets_at, meeting.moved_why = deed.until, deed.words
            meeting.revision += 1
            _ask_again(session, meeting)
        case MeetingAction.CANCEL:
            meeting.revision += 1
        case MeetingAction.OPEN:
            meeting.opened_at = at
        case MeetingAction.CLOSE | MeetingAction.LACK_QUORUM | MeetingAction.MISS:
            meeting.closed_at = at
        case MeetingAction.PUBLISH:
            meeting.published_at = at
    session.flush()
    return _record(session, meeting, series, deed, row, before=before, met_before=met_before, at=at, rules=rules)


def plan_entry(session: Session, meeting: Meeting, *, words: str, at: datetime) -> int:
    """The first history entry of a meeting just saved."""
    return insert_row(
        session,
        MeetingEntry,
        meeting_id=meeting.id,
        action=MeetingAction.PLAN,
        from_state=None,
        to_state=meeting.state,
        note=words,
        at=at,
    )


def meeting_facts(
    session: Session, meeting: Meeting, series: MeetingSeries, *, rules: HouseRules
) -> dict[str, Any]:
    """What a sentence about a meeting may speak of. Times are ISO with the house's offset; ``items``: what is announced
    or drafted, in order."""
    zone = ZoneInfo(rules.timezone)
    items = session.execute(
        select(AgendaItem.title, AgendaItem.minutes, AgendaItem.state)
        .where(AgendaItem.meeting_id == meeting.id)
        .order_by(AgendaItem.position)
    ).all()
    seats = session.execute(
        select(MeetingInvitation.rsvp, func.count())
        .where(MeetingInvitation.meeting_id == meeting.id, MeetingInvitation.invited_at.is_not(None))
        .group_by(MeetingInvitation.rsvp)
    ).all()
    counted = {row.rsvp: row[1] for row in seats}
    return {
        "meeting": meeting.id,
        "public_id": meeting.public_id,
        "label": series.label,
        "level": series.level.value,
        "ordinal": meeting.number or 0,
        "meets_at": meeting.meets_at.astimezone(zone).isoformat(),
        "venue": meeting.venue,
        "length": meeting.length_minutes,
        "items": [title for title, _, state in items if state in ANNOUNCED],
        "moved_why": meeting.moved_why,
        "invited": sum(counted.values()),
        "coming": counted.get(Rsvp.COMING, 0),
        "not_coming": counted.get(Rsvp.NOT_COMING, 0),
        "proxies": counted.get(Rsvp.PROXY, 0),
        "silent": counted.get(None, 0),
    }


def tell_of_meeting(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    *,
    action: MeetingAction,
    audiences: Collection[MeetingAudience],
    key: str,
    actor_id: int | None,
    params: Mapping[str, Any],
    at: datetime,
    rules: HouseRules,
) -> None:
    """One notice to each member of each audience, once a person: kind ``meeting_{action}_{audience}``.

    Those who were invited hear in which ``capacity``.
    """
    told: set[int] = set()
    for audience in sorted(audiences, key=list(MeetingAudience).index):
        members = audience_of(session, audience=audience, meeting=meeting, series=series, at=at)
        new = [member for member in members if member not in told]
        told.update(new)
        for extra, some in split_by_capacity(session, audience=audience, meeting_id=meeting.id, members=new):
            notices.owe(
                session,
                members=some,
                kind=f"meeting_{action}_{audience}",
                params={**params, **extra},
                key=key,
                at=at,
                rules=rules,
                shown_to=actor_id,
            )


def _ask_again(session: Session, meeting: Meeting) -> None:
    """What people said of another day says nothing of this one."""
    asked = update(MeetingInvitation).where(MeetingInvitation.meeting_id == meeting.id)
    session.execute(asked.values(rsvp=None, rsvp_at=None, proxy_id=None))


def _record(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    deed: MeetingDeed,
    row: MeetingTransition,
    *,
    before: MeetingState,
    met_before: datetime,
    at: datetime,
    rules: HouseRules,
) -> int:
    details = dict(deed.details or {})
    if deed.until is not None:
        details |= {"until": deed.until.isoformat(), "met_before": met_before.isoformat()}
    entry_id = insert_row(
        session,
        MeetingEntry,
        meeting_id=meeting.id,
        action=deed.action,
        from_state=before,
        to_state=meeting.state,
        actor_id=deed.actor_id,
        note=deed.words,
        details=details or None,
        at=at,
    )
    if row.tells:
        zone = ZoneInfo(rules.timezone)
        params = {
            **meeting_facts(session, meeting, series, rules=rules),
            "note": deed.words,
            "met_before": met_before.astimezone(zone).isoformat(),
            "called": before in (MeetingState.CALLED, MeetingState.IN_SESSION),
            **(deed.details or {}),
        }
        tell_of_meeting(
            session,
            meeting,
            series,
            action=deed.action,
            audiences=row.tells,
            key=f"meeting:{entry_id}",
            actor_id=deed.actor_id,
            params=params,
            at=at,
            rules=rules,
        )
    return entry_id
