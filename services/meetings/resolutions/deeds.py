"""Resolutions (决议): recorded in the meeting, published with its minutes, carried out by their owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.base import insert_row, insert_rows
from models.community import Community
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingSeries
from models.member import Post
from models.resolution import FollowUp, Resolution, ResolutionEntry, ResolutionNumber
from models.rules.deadlines import due
from models.rules.errors import DayOver, HollowStandard, NobodyReachable, NotFound, ResolutionRefused, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.posts import RUNGS, Role, Rung, ScopeKind
from models.rules.resolution_looking import last_moment, look_at
from models.rules.resolution_workflow import CHAIR, ResolutionAction, ResolutionActor, ResolutionState
from services import demands
from services.deliberating import decide_issue
from services.meetings.resolutions.moves import (
    BY_MEETING,
    ResolutionDeed,
    check_resolution_move,
    lock_resolution,
    move_resolution,
    resolution_actors,
    series_of,
)
from services.members import reachable_posts
from services.numbering import next_serial
from understanding.substance import says_something


def record(
    session: Session,
    *,
    item: AgendaItem,
    meeting: Meeting,
    series: MeetingSeries,
    words: str,
    standard: str,
    owner_id: int,
    due_on: date,
    actor_id: int,
    at: datetime,
    rules: HouseRules,
    budget: str = "",
    source: str = "",
    follow_up: Sequence[int] = (),
    review_on: date | None = None,
) -> Resolution:
    """What the meeting agreed on an item. It has no number, and nobody is told, before it is published.

    Raises WordsNeeded, HollowStandard for a standard that says nothing one could look at, DayOver for a day that is
    not ahead, NotFound for a post of another community, NobodyReachable for one that nobody can be written to on.
    """
    if not words.strip() or not standard.strip():
        raise WordsNeeded(action=ResolutionAction.RECORD)
    if not says_something(standard):
        raise HollowStandard
    today = _today(at, rules)
    if due_on <= today or (review_on is not None and review_on <= today):
        raise DayOver
    check_owner(session, owner_id=owner_id, community_id=series.community_id, at=at)
    resolution = Resolution(
        community_id=series.community_id,
        year=today.year,
        item_id=item.id,
        meeting_id=meeting.id,
        state=ResolutionState.RECORDED,
        words=words.strip(),
        standard=standard.strip(),
        owner_id=owner_id,
        due_on=due_on,
        budget=budget.strip(),
        source=source.strip(),
        review_on=review_on,
        recorded_at=at,
    )
    session.add(resolution)
    session.flush()
    rows = [{"resolution_id": resolution.id, "member_id": member} for member in dict.fromkeys(follow_up)]
    insert_rows(session, FollowUp, rows)
    insert_row(
        session,
        ResolutionEntry,
        resolution_id=resolution.id,
        action=ResolutionAction.RECORD,
        from_state=None,
        to_state=ResolutionState.RECORDED,
        actor_id=actor_id,
        note=resolution.words,
        photos=[],
        at=at,
    )
    return resolution


def withdraw(
    session: Session, *, resolution_id: int, actor_id: int, at: datetime, rules: HouseRules
) -> None:
    """The chair takes back what was recorded, before it is published: as if it had never been, for nobody was told.

    Raises NotFound for strangers, ResolutionRefused for everybody but the chair and once it is published.
    """
    resolution = lock_resolution(session, resolution_id)
    held = resolution_actors(session, member_id=actor_id, resolution=resolution, at=at)
    if not held:
        raise NotFound
    if not held & CHAIR or resolution.state is not ResolutionState.RECORDED:
        raise ResolutionRefused(action=ResolutionAction.RECORD, state=resolution.state)
    session.execute(delete(FollowUp).where(FollowUp.resolution_id == resolution.id))
    session.execute(delete(ResolutionEntry).where(ResolutionEntry.resolution_id == resolution.id))
    session.delete(resolution)
    session.flush()


def publish(session: Session, resolution: Resolution, *, at: datetime, rules: HouseRules) -> None:
    """With the minutes of its meeting: from now on anybody may object for a while, and its issues wait for that."""
    resolution = lock_resolution(session, resolution.id)
    until = due(at, rules.objection_period, rules=rules)
    if resolution.state is ResolutionState.RECORDED:
        resolution.year = _today(at, rules).year
        resolution.serial = next_serial(
            session, ResolutionNumber, community_id=resolution.community_id, year=resolution.year
        )
        resolution.objections_until = until
    shown = until.astimezone(ZoneInfo(rules.timezone)).isoformat()
    deed = ResolutionDeed(
        ResolutionAction.PUBLISH, None, BY_MEETING, look_at=until, details={"objections_until": shown}
    )
    move_resolution(session, resolution, deed, at=at, rules=rules)


def check_owner(session: Session, *, owner_id: int, community_id: int, at: datetime) -> None:
    """Raises NotFound for a post that is not of the community or its street, NobodyReachable for an empty one."""
    post = session.execute(
        select(Post.role, Post.scope_kind, Post.scope_id, Post.community_id, Post.label).where(Post.id == owner_id)
    ).one_or_none()
    if post is None or post.role is Role.ADMINISTRATOR:
        raise NotFound
    if post.scope_kind is ScopeKind.STREET:
        street = session.scalar(select(Community.street_id).where(Community.id == community_id))
        if post.scope_id != street:
            raise NotFound
    elif post.community_id != community_id:
        raise NotFound
    if not reachable_posts(session, post_ids=[owner_id], at=at):
        raise NobodyReachable(unit=post.label)


def held_to(
    session: Session, *, resolution_id: int, member_id: int, at: datetime
) -> tuple[Resolution, set[ResolutionActor]]:
    """The locked resolution, for somebody who may know of it. Raises NotFound for everybody else."""
    resolution = lock_resolution(session, resolution_id)
    held = resolution_actors(session, member_id=member_id, resolution=resolution, at=at)
    if not held:
        raise NotFound
    return resolution, held


def check_deed(
    session: Session, *, resolution_id: int, member_id: int, action: ResolutionAction, at: datetime
) -> Resolution:
    """Refuses what the deed itself would refuse by the workflow's row, before anybody is asked for words."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    check_resolution_move(resolution, action=action, held=held)
    return resolution


def issues_in(session: Session, resolution: Resolution, *states: State) -> list[int]:
    """The issues of its item that are in one of these states; what was withdrawn, merged or answered meanwhile goes its
    own way."""
    rows = session.connection().scalars(
        select(Issue.id)
        .join(AgendaIssue, AgendaIssue.issue_id == Issue.id)
        .where(AgendaIssue.item_id == resolution.item_id, Issue.state.in_(states))
        .order_by(Issue.id)
    )
    return list(rows)


def decide_issues(
    session: Session, resolution: Resolution, *states: State, at: datetime, rules: HouseRules
) -> None:
    """Its issues that are in these states are with its owner until its due day, from now on or anew."""
    rung = _rung(session, resolution)
    for issue_id in issues_in(session, resolution, *states):
        decide_issue(
            session,
            issue_id=issue_id,
            words=resolution.words,
            until=last_moment(resolution.due_on, rules=rules),
            owner_post=resolution.owner_id,
            rung=rung,
            at=at,
            rules=rules,
        )


def accept(session: Session, *, resolution_id: int, member_id: int, at: datetime, rules: HouseRules) -> Resolution:
    """Its owner takes it up."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    _do(session, resolution, ResolutionAction.ACCEPT, member_id, held, at=at, rules=rules)
    return resolution


def note(
    session: Session,
    *,
    resolution_id: int,
    member_id: int,
    words: str,
    at: datetime,
    rules: HouseRules,
    photos: Sequence[str] = (),
) -> Resolution:
    """How far it is: raisers and follow-up group read it. Raises HollowAnswer for words that say nothing."""
    demands.check_words(words)
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    more = {"words": words, "photos": tuple(photos)}
    _do(session, resolution, ResolutionAction.NOTE, member_id, held, at=at, rules=rules, more=more)
    return resolution


def extend(
    session: Session,
    *,
    resolution_id: int,
    member_id: int,
    words: str,
    until: date,
    at: datetime,
    rules: HouseRules,
) -> Resolution:
    """The chair gives it another due day, with the reason; its issues' as well. Raises DayOver."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    if until <= max(_today(at, rules), resolution.due_on):
        raise DayOver
    more = {"words": words, "until": until}
    _do(session, resolution, ResolutionAction.EXTEND, member_id, held, at=at, rules=rules, more=more)
    decide_issues(session, resolution, State.DECIDED, at=at, rules=rules)
    return resolution


def reassign(
    session: Session,
    *,
    resolution_id: int,
    member_id: int,
    owner_id: int,
    at: datetime,
    rules: HouseRules,
    words: str = "",
) -> Resolution:
    """The chair gives it to another owner, who also holds its issues from now on."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    check_owner(session, owner_id=owner_id, community_id=resolution.community_id, at=at)
    more = {"words": words, "to_post": owner_id}
    _do(session, resolution, ResolutionAction.REASSIGN, member_id, held, at=at, rules=rules, more=more)
    decide_issues(session, resolution, State.DECIDED, at=at, rules=rules)
    return resolution


def settle_look(session: Session, resolution: Resolution, *, rules: HouseRules) -> None:
    """When the timer looks next, as the resolution is now."""
    resolution.look_at = look_at(resolution, rules=rules)
    session.flush()


def _do(
    session: Session,
    resolution: Resolution,
    action: ResolutionAction,
    member_id: int,
    held: set[ResolutionActor],
    *,
    at: datetime,
    rules: HouseRules,
    more: Mapping[str, Any] | None = None,
) -> None:
    deed = ResolutionDeed(action, member_id, held, look_at=resolution.look_at, **(more or {}))
    move_resolution(session, resolution, deed, at=at, rules=rules)
    settle_look(session, resolution, rules=rules)


def _rung(session: Session, resolution: Resolution) -> Rung:
    """Of the owner; a handling unit acts for the rung that convened the meeting."""
    role = session.execute(select(Post.role).where(Post.id == resolution.owner_id)).scalar_one()
    if role in RUNGS:
        return RUNGS[role]
    convener = select(Post.role).where(Post.id == series_of(session, resolution).convener_id)
    return RUNGS.get(session.execute(convener).scalar_one(), Rung.GRID)


def _today(at: datetime, rules: HouseRules) -> date:
    return at.astimezone(ZoneInfo(rules.timezone)).date()
