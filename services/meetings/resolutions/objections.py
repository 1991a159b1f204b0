"""公示期异议: anybody a resolution concerns may object to it. Each objection is an issue, answered like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Building, Compound, Unit
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, MeetingSeries
from models.member import Member, Post
from models.resolution import Objection, Resolution
from models.rules.errors import (
    AlreadyDone,
    NobodyReachable,
    NotFound,
    ObjectedBefore,
    ObjectionsOver,
    TransitionNotAllowed,
    WordsNeeded,
)
from models.rules.house import HouseRules
from models.rules.issue_workflow import Actor, Nature, Outcome, State
from models.rules.posts import RUNGS, Rung
from models.rules.resolution_workflow import ResolutionAction, ResolutionActor
from models.rules.routing import Routed
from services import demands, notices
from services.deliberating import adjourn_issue
from services.handling import answer_issue
from services.intake import Told, Where, report_issue
from services.ladder import next_rung
from services.meeting_people import scope_of_series
from services.meetings.queries import next_open_meeting
from services.meetings.resolutions.deeds import held_to, issues_in, settle_look
from services.meetings.resolutions.moves import (
    ResolutionDeed,
    check_resolution_move,
    move_resolution,
    resolution_facts,
    series_of,
)
from services.members import actors, holders_of, posts_of
from services.moving import lock_issue

_FREE = "self_governance"  # of an item without an issue
_GONE = (State.WITHDRAWN, State.VOID)
_OPEN = (
    select(Objection.id)
    .outerjoin(Issue, Issue.id == Objection.issue_id)
    .where(
        Objection.resolution_id == bindparam("resolution"),
        Objection.settled_at.is_(None),
        (Issue.id.is_(None)) | Issue.state.not_in(_GONE),
    )
    .order_by(Objection.id)
)


@dataclass(frozen=True)
class Raised:
    """An objection just made, with the number of the issue that it became."""

    objection_id: int
    number: str


@dataclass(frozen=True)
class Settled:
    """``answered``: its issue was answered with it; else its holder was told to do so. ``again_at``: the meeting that
    what was stopped comes to, where one is planned."""

    title: str
    answered: bool
    left: int
    again_at: datetime | None = None


def open_objections(session: Session, *, resolution_id: int) -> Sequence[int]:
    """Those not settled; what its objector has withdrawn holds nothing up."""
    return session.connection().scalars(_OPEN, {"resolution": resolution_id}).all()


def check_objecting(
    session: Session, *, resolution_id: int, member_id: int, at: datetime
) -> tuple[Resolution, set[ResolutionActor]]:
    """Refuses what :func:`object_to` would refuse whatever the words: NotFound, ResolutionRefused, ObjectionsOver,
    ObjectedBefore."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    check_resolution_move(resolution, action=ResolutionAction.OBJECT, held=held)
    if resolution.objections_until is None or at >= resolution.objections_until:
        raise ObjectionsOver
    before = select(func.count()).where(
        Objection.resolution_id == resolution_id, Objection.member_id == member_id
    )
    if session.scalar(before):
        raise ObjectedBefore
    return resolution, held


def object_to(
    session: Session,
    *,
    resolution_id: int,
    member_id: int,
    platform: str,
    words: str,
    summary: str,
    at: datetime,
    rules: HouseRules,
) -> Raised:
    """An objection becomes an issue held by the rung above whoever convened the meeting, where somebody is there.

    ``summary``: of that issue, as it stands in lists.
    """
    if not words.strip():
        raise WordsNeeded(action=ResolutionAction.OBJECT)
    resolution, held = check_objecting(session, resolution_id=resolution_id, member_id=member_id, at=at)
    series = series_of(session, resolution)
    item = session.get_one(AgendaItem, resolution.item_id)
    first = session.scalars(
        select(Issue)
        .join(AgendaIssue, AgendaIssue.issue_id == Issue.id)
        .where(AgendaIssue.item_id == item.id)
        .order_by(Issue.id)
        .limit(1)
    ).one_or_none()
    told = Told(
        words=words,
        summary=summary,
        category=first.category if first else _FREE,
        nature=Nature.COMPLAINT,
        urgent=False,
        where=_where(session, series, first, member_id),
        grounds={"category": [], "by": "resolution" if first else "meeting", "place": []},
        routed=_above(session, series, at=at),
    )
    issue = report_issue(session, raiser_id=member_id, platform=platform, told=told, at=at, rules=rules)
    objection_id = insert_row(
        session,
        Objection,
        resolution_id=resolution.id,
        member_id=member_id,
        issue_id=issue.id,
        words=words,
        at=at,
    )
    deed = ResolutionDeed(
        ResolutionAction.OBJECT, member_id, held, look_at=resolution.look_at, words=words, details={"issue": issue.id}
    )
    move_resolution(session, resolution, deed, at=at, rules=rules)
    return Raised(objection_id, issue.number)


def settle_objection(
    session: Session,
    *,
    objection_id: int,
    member_id: int,
    uphold: bool,
    words: str,
    at: datetime,
    rules: HouseRules,
) -> Settled:
    """The chair says whether it holds, and why. Upheld, the resolution is stopped: its issues wait for the next
    meeting, and what else was objected to it is settled with it. Dismissed as the last one, it may enter into force.

    Raises HollowAnswer for words that say nothing: they are the answer to whoever objected.
    """
    demands.check_words(words)
    found = session.get(Objection, objection_id)
    if found is None:
        raise NotFound
    resolution, held = held_to(session, resolution_id=found.resolution_id, member_id=member_id, at=at)
    action = ResolutionAction.UPHOLD if uphold else ResolutionAction.DISMISS
    check_resolution_move(resolution, action=action, held=held)
    objection = session.get_one(Objection, objection_id, populate_existing=True)
    if objection.settled_at is not None:
        raise AlreadyDone(action=action, state=resolution.state)
    others = [
        session.get_one(Objection, each)
        for each in open_objections(session, resolution_id=resolution.id)
        if each != objection_id
    ]
    again_at = None
    if uphold:
        again_at = _stop(session, resolution, (objection, *others), held, member_id, words=words, at=at, rules=rules)
    else:
        deed = ResolutionDeed(
            action, member_id, held, look_at=resolution.look_at, words=words, objectors=[objection.member_id]
        )
        move_resolution(session, resolution, deed, at=at, rules=rules)
        resolution.delayed_at = None if not others else resolution.delayed_at
    answered = _settle(session, resolution, objection, member_id, uphold=uphold, words=words, at=at, rules=rules)
    for other in others if uphold else ():
        _settle(session, resolution, other, member_id, uphold=True, words=words, at=at, rules=rules)
    settle_look(session, resolution, rules=rules)
    title = session.get_one(AgendaItem, resolution.item_id).title
    return Settled(title, answered, 0 if uphold else len(others), again_at)


def _settle(
    session: Session,
    resolution: Resolution,
    objection: Objection,
    member_id: int,
    *,
    uphold: bool,
    words: str,
    at: datetime,
    rules: HouseRules,
) -> bool:
    """Note it, and answer its issue: at once where whoever settles it holds that, else its holder is told to."""
    objection.upheld, objection.settled_words = uphold, words
    objection.settled_by_id, objection.settled_at = member_id, at
    session.flush()
    if objection.issue_id is None:
        return False
    into = session.scalar(select(Issue.merged_into_id).where(Issue.id == objection.issue_id))
    issue = lock_issue(session, into or objection.issue_id)
    posts = posts_of(session, member_id=member_id, at=at)
    if into is None and Actor.HOLDER in actors(session, member_id=member_id, issue=issue, posts=posts):
        try:
            answer_issue(
                session,
                issue_id=issue.id,
                member_id=member_id,
                words=words,
                outcome=Outcome.SOLVED,
                ticked=demands.demands(session, issue_id=issue.id),
                at=at,
                rules=rules,
            )
        except TransitionNotAllowed:  # it waits for its raiser, or is answered already
            return False
        return True
    if issue.state not in _ANSWERABLE:
        return False
    about = {
        **resolution_facts(session, resolution),
        "note": words,
        "upheld": uphold,
        "issue": issue.id,
        "number": issue.number,
    }
    notices.owe(
        session,
        members=holders_of(session, post_id=issue.holder_id, at=at),
        kind="resolution_settled_holder",
        params=about,
        key=f"objection:{objection.id}:settled",
        issue_id=issue.id,
        shown_to=member_id,
        at=at,
        rules=rules,
    )
    return False


def _stop(
    session: Session,
    resolution: Resolution,
    upheld: Sequence[Objection],
    held: set[ResolutionActor],
    member_id: int,
    *,
    words: str,
    at: datetime,
    rules: HouseRules,
) -> datetime | None:
    """Its issues go back to the next meeting that has no agenda yet; returns when that is. Everybody hears one
    sentence: raisers of these issues that of their issue, objectors, follow-up group, owner and convener that of the
    resolution."""
    waiting = issues_in(session, resolution, State.SCHEDULED)
    heard = {member for issue_id in waiting for member in notices.raisers_of(session, issue_id=issue_id)}
    series = series_of(session, resolution)
    again_at = next_open_meeting(session, series_id=series.id, at=at)
    told = "" if again_at is None else again_at.astimezone(ZoneInfo(rules.timezone)).isoformat()
    deed = ResolutionDeed(
        ResolutionAction.UPHOLD,
        member_id,
        held,
        look_at=resolution.look_at,
        words=words,
        objectors=[each.member_id for each in upheld],
        heard=heard,
        details={"meets_at": told},
    )
    move_resolution(session, resolution, deed, at=at, rules=rules)
    about = {"upheld": True, "meeting": series.label}
    for issue_id in waiting:
        adjourn_issue(session, issue_id=issue_id, words=words, until=again_at, details=about, at=at, rules=rules)
    return again_at


def _above(session: Session, series: MeetingSeries, *, at: datetime) -> Routed | None:
    """Whose turn it is above the convener; at the top of the ladder the place's own, as for any report."""
    role = session.execute(select(Post.role).where(Post.id == series.convener_id)).scalar_one()
    try:
        return next_rung(session, scope=scope_of_series(session, series), above=RUNGS.get(role, Rung.GRID), at=at)
    except NobodyReachable:
        return None


def _where(session: Session, series: MeetingSeries, first: Issue | None, member_id: int) -> Where:
    """Where the matter is; for one without a place that of the meeting, else the objector's home."""
    if first is not None:
        return Where(first.compound_id, first.building_id, first.unit_id, first.spot_id)
    if series.compound_id is not None:
        return Where(series.compound_id, series.building_id, series.unit_id)
    home = session.execute(
        select(Building.compound_id, Building.id, Unit.id.label("unit_id"))
        .join(Unit, Unit.building_id == Building.id)
        .join(Compound, Compound.id == Building.compound_id)
        .join(Member, Member.home_unit_id == Unit.id)
        .where(Member.id == member_id, Compound.community_id == series.community_id)
    ).one_or_none()
    if home is not None:
        return Where(home.compound_id, home.id, home.unit_id)
    compounds = select(Compound.id).where(Compound.community_id == series.community_id).order_by(Compound.id)
    return Where(session.scalars(compounds.limit(1)).one())


_ANSWERABLE = frozenset({State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS, State.WAITING})
