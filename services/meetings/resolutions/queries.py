"""What people are shown of resolutions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, union
from sqlalchemy.orm import Session

from models.community import Building, Community, Unit
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingSeries
from models.member import Member, Post
from models.report import Report
from models.resolution import FollowUp, Objection, Resolution, ResolutionEntry, Verification
from models.rules.errors import NotFound
from models.rules.issue_workflow import Level
from models.rules.posts import Role
from models.rules.resolution_workflow import (
    CHAIR,
    RESOLUTION_WORKFLOW,
    ResolutionAction,
    ResolutionActor,
    ResolutionState,
)
from models.rules.workflow import allowed_actions
from services.meetings.resolutions import verifying
from services.meetings.resolutions.moves import resolution_actors
from services.meetings.resolutions.objections import open_objections
from services.meetings.resolutions.verifying import Answers
from services.members import HeldPost, posts_of, reachable_posts

_NOTES = 3  # shown of one resolution, the last ones


@dataclass(frozen=True)
class ResolutionLine:
    """A resolution in a list. ``label``: of the meeting that made it."""

    resolution_id: int
    year: int
    serial: int | None
    title: str
    label: str
    state: ResolutionState
    words: str
    standard: str
    due_on: date
    holder_role: Role
    holder: str


@dataclass(frozen=True)
class Note:
    at: datetime
    words: str
    photos: tuple[str, ...]


@dataclass(frozen=True)
class ResolutionView:
    """``may``: what the viewer can do now. ``objections``: how many are open. ``answers``: only for those who chair."""

    line: ResolutionLine
    budget: str
    source: str
    review_on: date | None
    objections_until: datetime | None
    notes: tuple[Note, ...]
    held: frozenset[ResolutionActor]
    may: frozenset[ResolutionAction]
    objections: int
    answers: Answers | None


@dataclass(frozen=True)
class OpenObjection:
    objection_id: int
    resolution_id: int
    title: str
    words: str


def mine(session: Session, *, member_id: int, at: datetime, limit: int) -> Sequence[ResolutionLine]:
    """Those that somebody carries out, convened, oversees, follows or is a raiser of, the running ones first."""
    posts = posts_of(session, member_id=member_id, at=at)
    chaired = select(Meeting.id).where(Meeting.series_id.in_(select(MeetingSeries.id).where(_chairs(posts))))
    told = select(Report.issue_id).where(Report.raiser_id == member_id, Report.withdrawn_at.is_(None))
    merged = select(Issue.id).where(Issue.merged_into_id.in_(told))
    kept = select(Issue.id).where(Issue.id.in_(told), Issue.merged_into_id.is_(None))
    items = union(
        select(AgendaItem.id).where(AgendaItem.meeting_id.in_(chaired)),
        select(AgendaIssue.item_id).where(AgendaIssue.issue_id.in_(kept)),
        select(AgendaIssue.item_id).where(AgendaIssue.issue_id.in_(merged)),
    )
    theirs = union(  # each by an index of its own; one condition with OR reads all resolutions there ever were
        select(Resolution.id).where(Resolution.item_id.in_(items)),
        select(Resolution.id).where(Resolution.owner_id.in_([post.post_id for post in posts])),
        select(FollowUp.resolution_id).where(FollowUp.member_id == member_id),
    )
    ended = Resolution.state.in_([ResolutionState.DONE, ResolutionState.STOPPED])
    query = _LINES.where(Resolution.state != ResolutionState.RECORDED, Resolution.id.in_(theirs))
    return _lines(session, query.order_by(ended, Resolution.due_on, Resolution.id).limit(limit))


def open_to_objection(session: Session, *, member_id: int, at: datetime, limit: int) -> Sequence[ResolutionLine]:
    """Those on view, of meetings held for where somebody lives or about what they raised."""
    query = _LINES.where(
        Resolution.state == ResolutionState.PUBLISHED,
        Resolution.objections_until > at,
        or_(_lives_there(session, member_id), _raised(member_id)),
        ~exists(select(Objection.id).where(Objection.resolution_id == Resolution.id, Objection.member_id == member_id)),
    )
    return _lines(session, query.order_by(Resolution.objections_until, Resolution.id).limit(limit))


def to_verify(session: Session, *, member_id: int, at: datetime, limit: int) -> Sequence[ResolutionLine]:
    """Those that somebody is asked to judge and has not."""
    own = [post.post_id for post in posts_of(session, member_id=member_id, at=at)]
    follows = exists(
        select(FollowUp.id).where(FollowUp.resolution_id == Resolution.id, FollowUp.member_id == member_id)
    )
    judged = exists(
        select(Verification.id).where(
            Verification.resolution_id == Resolution.id,
            Verification.round == Resolution.verify_round,
            Verification.member_id == member_id,
        )
    )
    query = _LINES.where(
        Resolution.state == ResolutionState.VERIFYING,
        or_(follows, _raised(member_id)),
        Resolution.owner_id.not_in(own),
        ~judged,
    )
    return _lines(session, query.order_by(Resolution.verify_asked_at, Resolution.id).limit(limit))


def objections_to_settle(
    session: Session, *, member_id: int, at: datetime, limit: int, resolution_id: int | None = None
) -> Sequence[OpenObjection]:
    """Objections that somebody who chairs has to settle, of one resolution or of all."""
    posts = posts_of(session, member_id=member_id, at=at)
    query = (
        select(Resolution.id)
        .join(Meeting, Meeting.id == Resolution.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(Resolution.state == ResolutionState.PUBLISHED, _chairs(posts))
        .where(exists(select(Objection.id).where(Objection.resolution_id == Resolution.id)))
        .order_by(Resolution.objections_until, Resolution.id)
        .limit(limit)
    )
    if resolution_id is not None:
        query = query.where(Resolution.id == resolution_id)
    found = [each for one in session.scalars(query) for each in open_objections(session, resolution_id=one)]
    rows = session.execute(
        select(Objection.id, Objection.resolution_id, AgendaItem.title, Objection.words)
        .join(Resolution, Resolution.id == Objection.resolution_id)
        .join(AgendaItem, AgendaItem.id == Resolution.item_id)
        .where(Objection.id.in_(found))
        .order_by(Objection.id)
        .limit(limit)
    )
    return [OpenObjection(*row) for row in rows]


def line_of(session: Session, *, resolution_id: int) -> ResolutionLine:
    """Raises NotFound. Whether somebody may know of it is asked elsewhere."""
    lines = _lines(session, _LINES.where(Resolution.id == resolution_id))
    if not lines:
        raise NotFound
    return lines[0]


def view(session: Session, *, resolution_id: int, member_id: int, at: datetime) -> ResolutionView:
    """One resolution, for somebody who is something to it. Raises NotFound for everybody else, and for all but the
    chair before it is published."""
    resolution = session.get(Resolution, resolution_id)
    if resolution is None:
        raise NotFound
    held = resolution_actors(session, member_id=member_id, resolution=resolution, at=at)
    chairs = bool(held & CHAIR)
    if not held or (resolution.state is ResolutionState.RECORDED and not chairs):
        raise NotFound
    notes = session.execute(
        select(ResolutionEntry.at, ResolutionEntry.note, ResolutionEntry.photos)
        .where(ResolutionEntry.resolution_id == resolution_id, ResolutionEntry.action == ResolutionAction.NOTE)
        .order_by(ResolutionEntry.id.desc())
        .limit(_NOTES)
    ).all()
    judged = chairs and resolution.state is ResolutionState.VERIFYING
    may = set(allowed_actions(RESOLUTION_WORKFLOW, state=resolution.state, roles=held))
    if ResolutionActor.OWNER in held:
        may.discard(ResolutionAction.VERIFY)
    return ResolutionView(
        line=line_of(session, resolution_id=resolution_id),
        budget=resolution.budget,
        source=resolution.source,
        review_on=resolution.review_on,
        objections_until=resolution.objections_until,
        notes=tuple(Note(row.at, row.note, tuple(row.photos)) for row in reversed(notes)),
        held=frozenset(held),
        may=frozenset(may),
        objections=len(open_objections(session, resolution_id=resolution_id)),
        answers=verifying.answers(session, resolution, at=at) if judged else None,
    )


def possible_owners(session: Session, *, resolution_id: int, at: datetime) -> Sequence[tuple[int, Role, str]]:
    """Posts that could carry it out instead and have somebody to write to: handling units first."""
    owner, community = session.execute(
        select(Resolution.owner_id, Resolution.community_id).where(Resolution.id == resolution_id)
    ).one()
    rows = session.execute(
        select(Post.id, Post.role, Post.label)
        .where(Post.community_id == community, Post.id != owner, Post.role != Role.ADMINISTRATOR)
        .order_by(Post.id)
    ).all()
    reachable = reachable_posts(session, post_ids=[row.id for row in rows], at=at)
    order = (Role.HANDLER, Role.COMMUNITY, Role.SECRETARY, Role.STEWARD, Role.STREET)
    found = [(row.id, row.role, row.label) for row in rows if row.id in reachable]
    return sorted(found, key=lambda each: order.index(each[1]))


def _lines(session: Session, query: Select[Resolution, AgendaItem, MeetingSeries, Post]) -> list[ResolutionLine]:
    return [
        ResolutionLine(
            resolution.id,
            resolution.year,
            resolution.serial,
            item.title,
            series.label,
            resolution.state,
            resolution.words,
            resolution.standard,
            resolution.due_on,
            post.role,
            post.label,
        )
        for resolution, item, series, post in session.execute(query).all()
    ]


def _chairs(posts: Collection[HeldPost]) -> ColumnElement[bool]:
    """The series of a resolution is convened or overseen by somebody on these posts, as meeting_actors says."""
    grids = [post.scope_id for post in posts if post.role is Role.SECRETARY]
    communities = [post.scope_id for post in posts if post.role is Role.COMMUNITY]
    streets = [post.scope_id for post in posts if post.role is Role.STREET]
    corridors = select(Building.id).where(Building.grid_id.in_(grids))
    return or_(
        false(),
        MeetingSeries.convener_id.in_([post.post_id for post in posts]),
        MeetingSeries.community_id.in_(communities),
        MeetingSeries.community_id.in_(select(Community.id).where(Community.street_id.in_(streets))),
        and_(MeetingSeries.level == Level.CORRIDOR, MeetingSeries.building_id.in_(corridors)),
    )


def _raised(member_id: int) -> ColumnElement[bool]:
    return exists(
        select(Report.id)
        .join(Issue, func.coalesce(Issue.merged_into_id, Issue.id) == Report.issue_id)
        .join(AgendaIssue, AgendaIssue.issue_id == Issue.id)
        .where(
            AgendaIssue.item_id == Resolution.item_id,
            Report.raiser_id == member_id,
            Report.withdrawn_at.is_(None),
        )
    )


def _lives_there(session: Session, member_id: int) -> ColumnElement[bool]:
    """The place of the series is where somebody lives, as meeting_people.lives_in says."""
    home = session.execute(
        select(Member.community_id, Unit.id.label("unit"), Building.id.label("building"), Building.compound_id)
        .outerjoin(Unit, Unit.id == Member.home_unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .where(Member.id == member_id)
    ).one()
    series = MeetingSeries
    places: list[ColumnElement[bool]] = [false()]
    if home.unit is not None:
        whole, all_of = series.unit_id.is_(None), series.building_id.is_(None)
        places += [
            series.unit_id == home.unit,
            and_(whole, series.building_id == home.building),
            and_(whole, all_of, series.compound_id == home.compound_id),
        ]
    if home.community_id is not None:
        nothing_narrower = and_(series.compound_id.is_(None), series.building_id.is_(None), series.unit_id.is_(None))
        places.append(and_(nothing_narrower, series.community_id == home.community_id))
    return or_(*places)


_LINES = (
    select(Resolution, AgendaItem, MeetingSeries, Post)
    .join(AgendaItem, AgendaItem.id == Resolution.item_id)
    .join(Meeting, Meeting.id == Resolution.meeting_id)
    .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
    .join(Post, Post.id == Resolution.owner_id)
)
