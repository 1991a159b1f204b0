"""The one mover of resolutions: every change of their state, with its history entry and the notices it owes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingSeries
from models.member import Post
from models.report import Report
from models.resolution import FollowUp, Resolution, ResolutionEntry
from models.rules.errors import NotFound, ResolutionRefused, TransitionNotAllowed, WordsNeeded
from models.rules.house import HouseRules
from models.rules.meeting_workflow import MeetingActor
from models.rules.resolution_workflow import (
    RESOLUTION_WORKFLOW,
    ResolutionAction,
    ResolutionActor,
    ResolutionAudience,
    ResolutionNeed,
    ResolutionState,
    ResolutionTransition,
)
from models.rules.workflow import find_transition
from services import notices
from services.meeting_people import above_convener, meeting_actors
from services.members import holders_of, posts_of


@dataclass(frozen=True)
class ResolutionDeed:
    """What somebody does to a resolution. ``until``: the new due date. ``look_at``: when the timer looks next; it is
    always said, None: never again. ``heard``: raisers and others who hear of it in another sentence."""

    action: ResolutionAction
    actor_id: int | None  # None: the timer, or the meeting
    as_actor: Collection[ResolutionActor]
    look_at: datetime | None
    words: str = ""
    until: date | None = None
    to_post: int | None = None
    met: bool | None = None
    objectors: Sequence[int] = ()
    heard: Collection[int] = ()
    photos: Sequence[str] = ()  # public ids
    details: Mapping[str, Any] | None = None


BY_TIMER = frozenset({ResolutionActor.TIMER})
BY_MEETING = frozenset({ResolutionActor.MEETING})
#: Who is told what they have to do, whatever else they hear.
_AT_WORK_ON_IT = frozenset({ResolutionAudience.OWNER, ResolutionAudience.CONVENER})
_LOCKED = (
    select(Resolution)
    .where(Resolution.id == bindparam("resolution"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_GOES_ON_AS = func.coalesce(Issue.merged_into_id, Issue.id)
_ISSUES = (
    select(_GOES_ON_AS)
    .select_from(AgendaIssue)
    .join(Resolution, Resolution.item_id == AgendaIssue.item_id)
    .join(Issue, Issue.id == AgendaIssue.issue_id)
    .where(Resolution.id == bindparam("resolution"))
    .distinct()
    .order_by(_GOES_ON_AS)
)


def lock_resolution(session: Session, resolution_id: int) -> Resolution:
    """The resolution as it is now, locked until the end of the transaction. Raises NotFound."""
    resolution = session.scalars(_LOCKED, {"resolution": resolution_id}).one_or_none()
    if resolution is None:
        raise NotFound
    return resolution


def series_of(session: Session, resolution: Resolution) -> MeetingSeries:
    return session.scalars(
        select(MeetingSeries)
        .join(Meeting, Meeting.series_id == MeetingSeries.id)
        .where(Meeting.id == resolution.meeting_id)
    ).one()


def issues_of(session: Session, resolution_id: int) -> Sequence[int]:
    """The issues that it settles; what was merged meanwhile as the one in which it goes on."""
    return session.connection().scalars(_ISSUES, {"resolution": resolution_id}).all()


def resolution_actors(
    session: Session, *, member_id: int, resolution: Resolution, at: datetime
) -> set[ResolutionActor]:
    """What somebody is to a resolution; empty: nothing, and they may not even know that it exists."""
    series = series_of(session, resolution)
    meeting = meeting_actors(
        session, member_id=member_id, series=series, meeting_id=resolution.meeting_id, at=at
    )
    same = {
        MeetingActor.CONVENER: ResolutionActor.CONVENER,
        MeetingActor.UPPER: ResolutionActor.UPPER,
        MeetingActor.RESIDENT: ResolutionActor.RESIDENT,
    }
    found = {same[actor] for actor in meeting if actor in same}
    if resolution.owner_id in {post.post_id for post in posts_of(session, member_id=member_id, at=at)}:
        found.add(ResolutionActor.OWNER)
    if session.scalar(
        select(FollowUp.id).where(FollowUp.resolution_id == resolution.id, FollowUp.member_id == member_id)
    ):
        found.add(ResolutionActor.FOLLOW_UP)
    if session.scalar(
        select(Report.id)
        .where(
            Report.issue_id.in_(list(issues_of(session, resolution.id))),
            Report.raiser_id == member_id,
            Report.withdrawn_at.is_(None),
        )
        .limit(1)
    ):
        found.add(ResolutionActor.RAISER)
    return found


def check_resolution_move(
    resolution: Resolution, *, action: ResolutionAction, held: Collection[ResolutionActor]
) -> ResolutionTransition:
    """The row that allows it. Raises NotFound for strangers, ResolutionRefused where no row allows it."""
    if not held:
        raise NotFound
    try:
        return find_transition(RESOLUTION_WORKFLOW, action=action, state=resolution.state, roles=held)
    except TransitionNotAllowed as error:
        raise ResolutionRefused(action=action, state=resolution.state) from error


def move_resolution(
    session: Session, resolution: Resolution, deed: ResolutionDeed, *, at: datetime, rules: HouseRules
) -> int:
    """Carry out a deed on a locked resolution. Returns the id of its history entry.

    Raises ResolutionRefused, or WordsNeeded where the row needs what the deed lacks.
    """
    row = check_resolution_move(resolution, action=deed.action, held=deed.as_actor)
    given = {
        ResolutionNeed.WORDS: bool(deed.words.strip()),
        ResolutionNeed.DATE: deed.until is not None,
        ResolutionNeed.POST: deed.to_post is not None,
        ResolutionNeed.MET: deed.met is not None,
    }
    if not all(given[need] for need in row.needs):
        raise WordsNeeded(action=row.action)
    before, owner_before = resolution.state, resolution.owner_id
    if row.target is not None:
        resolution.state = row.target
    if deed.until is not None:
        resolution.due_on = deed.until
    if deed.to_post is not None:
        resolution.owner_id = deed.to_post
    resolution.look_at = deed.look_at
    _stamp(resolution, deed.action, at)
    session.flush()
    return _record(session, resolution, deed, row, before=before, owner_before=owner_before, at=at, rules=rules)


def resolution_facts(session: Session, resolution: Resolution) -> dict[str, Any]:
    """What a sentence about a resolution may speak of."""
    series = series_of(session, resolution)
    owner = session.execute(select(Post.role, Post.label).where(Post.id == resolution.owner_id)).one()
    item = session.get_one(AgendaItem, resolution.item_id)
    numbers = session.scalars(
        select(Issue.number).where(Issue.id.in_(list(issues_of(session, resolution.id)))).order_by(Issue.id)
    ).all()
    return {
        "resolution": resolution.id,
        "resolution_public_id": resolution.public_id,
        "meeting": resolution.meeting_id,
        "label": series.label,
        "title": item.title,
        "resolved": resolution.words,
        "standard": resolution.standard,
        "holder_role": owner.role.value,
        "holder": owner.label,
        "due_on": resolution.due_on.isoformat(),
        "serial": resolution.serial,
        "year": resolution.year,
        "numbers": list(numbers),
        "state": resolution.state.value,
    }


def _stamp(resolution: Resolution, action: ResolutionAction, at: datetime) -> None:
    match action:
        case ResolutionAction.PUBLISH:
            resolution.published_at = at
        case ResolutionAction.ENTER_FORCE:
            resolution.in_force_at = resolution.noted_at = resolution.begun_at = at
        case ResolutionAction.ACCEPT:
            resolution.accepted_at = resolution.noted_at = at
        case ResolutionAction.NOTE:
            resolution.accepted_at = resolution.accepted_at or at
            resolution.noted_at = at
        case ResolutionAction.REASSIGN:
            resolution.accepted_at = resolution.verify_asked_at = None
            resolution.noted_at = resolution.begun_at = at
        case ResolutionAction.WARN:
            resolution.warned_at = at
        case ResolutionAction.DELAY:
            resolution.delayed_at = at
        case ResolutionAction.ASK_VERIFICATION:
            resolution.verify_asked_at, resolution.convener_asked_at = at, None
            resolution.verify_round += 1
        case ResolutionAction.SEND_BACK:
            resolution.verify_asked_at, resolution.noted_at, resolution.begun_at = None, at, at
        case ResolutionAction.COMPLETE:
            resolution.done_at = at


def _record(
    session: Session,
    resolution: Resolution,
    deed: ResolutionDeed,
    row: ResolutionTransition,
    *,
    before: ResolutionState,
    owner_before: int,
    at: datetime,
    rules: HouseRules,
) -> int:
    details = dict(deed.details or {})
    if deed.until is not None:
        details["until"] = deed.until.isoformat()
    if deed.met is not None:
        details["met"] = deed.met
    entry_id = insert_row(
        session,
        ResolutionEntry,
        resolution_id=resolution.id,
        action=deed.action,
        from_state=before,
        to_state=resolution.state,
        actor_id=deed.actor_id,
        note=deed.words,
        photos=list(deed.photos),
        details=details or None,
        at=at,
    )
    if not row.tells:
        return entry_id
    params = {
        **resolution_facts(session, resolution),
        "note": deed.words,
        "photos": list(deed.photos),
        **(deed.details or {}),
    }
    told: set[int] = set()
    for audience in sorted(row.tells, key=list(ResolutionAudience).index):
        for issue_id, members in _members(session, resolution, audience, deed, owner_before, at):
            heard = () if audience in _AT_WORK_ON_IT else deed.heard
            new = [member for member in members if member not in told and member not in heard]
            told.update(new)
            notices.owe(
                session,
                members=new,
                kind=f"resolution_{deed.action}_{audience}",
                params=params,
                key=f"resolution:{entry_id}",
                at=at,
                rules=rules,
                issue_id=issue_id,
                shown_to=deed.actor_id,
            )
    return entry_id


def _members(
    session: Session,
    resolution: Resolution,
    audience: ResolutionAudience,
    deed: ResolutionDeed,
    owner_before: int,
    at: datetime,
) -> list[tuple[int | None, Sequence[int]]]:
    """Whom it is told, by the issue that it is told about; raisers hear of their own."""
    match audience:
        case ResolutionAudience.OWNER:
            return [(None, holders_of(session, post_id=resolution.owner_id, at=at))]
        case ResolutionAudience.OLD_OWNER:
            gone = owner_before != resolution.owner_id
            return [(None, holders_of(session, post_id=owner_before, at=at))] if gone else []
        case ResolutionAudience.CONVENER:
            return [(None, holders_of(session, post_id=series_of(session, resolution).convener_id, at=at))]
        case ResolutionAudience.ABOVE:
            above = above_convener(session, series_of(session, resolution), at=at)
            return [] if above is None else [(None, holders_of(session, post_id=above, at=at))]
        case ResolutionAudience.FOLLOW_UP:
            group = select(FollowUp.member_id).where(FollowUp.resolution_id == resolution.id).order_by(FollowUp.id)
            return [(None, session.scalars(group).all())]
        case ResolutionAudience.RAISERS:
            return [
                (issue, notices.raisers_of(session, issue_id=issue)) for issue in issues_of(session, resolution.id)
            ]
        case ResolutionAudience.OBJECTOR:
            return [(None, deed.objectors)]
