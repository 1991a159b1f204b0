"""The resolutions (决议) as a list: of a meeting, of its series, or of a year and all that somebody answers for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from models.community import Building, Community
from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.member import Member, Post
from models.resolution import FollowUp, Objection, Resolution
from models.rules.errors import NotFound
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import MeetingState
from models.rules.posts import Role
from models.rules.resolution_workflow import ResolutionState
from services.meetings.papers import WITH_PAPERS, by_building
from services.members import posts_of
from services.public_names import building_names


@dataclass(frozen=True)
class ResolutionRow:
    """``followers``: of the follow-up group, by building. ``objections``: all that were made."""

    resolution_id: int
    item_id: int
    year: int
    serial: int
    community: str
    series: str
    number: int | None
    held_on: datetime
    title: str
    words: str
    standard: str
    owner_role: Role
    owner: str
    due_on: date
    budget: str
    source: str
    state: ResolutionState
    published_at: datetime | None
    objections_until: datetime | None
    in_force_at: datetime | None
    noted_at: datetime | None
    done_at: datetime | None
    review_on: date | None
    followers: tuple[tuple[str, int], ...]
    objections: int


@dataclass(frozen=True)
class PaperMeeting:
    """A meeting of which papers may be asked."""

    meeting_id: int
    label: str
    meets_at: datetime
    state: MeetingState


def meetings_with_papers(session: Session, *, member_id: int, at: datetime, limit: int) -> list[PaperMeeting]:
    """Those somebody convenes or is above, the latest first."""
    rows = session.execute(
        select(Meeting.id, MeetingSeries.label, Meeting.meets_at, Meeting.state)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(_answered_for(session, member_id, at), Meeting.state.in_(sorted(WITH_PAPERS)))
        .order_by(Meeting.meets_at.desc(), Meeting.id.desc())
        .limit(limit)
    ).all()
    return [PaperMeeting(row.id, row.label, row.meets_at, row.state) for row in rows]


def resolutions_of_series(session: Session, *, series_id: int) -> list[ResolutionRow]:
    return _rows(session, Meeting.series_id == series_id)


def has_resolutions(session: Session, *, member_id: int, year: int, at: datetime) -> bool:
    """Whether there are any that somebody answers for."""
    found = (
        select(Resolution.id)
        .join(Meeting, Meeting.id == Resolution.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .where(Resolution.year == year, _answered_for(session, member_id, at))
    )
    return bool(session.scalar(select(found.exists())))


def resolutions_of_year(session: Session, *, member_id: int, year: int, at: datetime) -> list[ResolutionRow]:
    """Those of the series that somebody convenes or is above. Raises NotFound for who is that to none."""
    mine = _answered_for(session, member_id, at)
    if not session.scalar(select(exists().where(mine))):
        raise NotFound
    return _rows(session, Resolution.year == year, mine)


def _answered_for(session: Session, member_id: int, at: datetime) -> ColumnElement[bool]:
    """The series that a member convenes or is above: the same as services.meeting_people, for many at once."""
    posts = posts_of(session, member_id=member_id, at=at)
    scopes = {role: [post.scope_id for post in posts if post.role is role] for role in Role}
    by_steward = MeetingSeries.convener_id.in_(select(Post.id).where(Post.role == Role.STEWARD))
    below = MeetingSeries.convener_id.in_(select(Post.id).where(Post.role.in_((Role.STEWARD, Role.SECRETARY))))
    of_street = select(Community.id).where(Community.street_id.in_(scopes[Role.STREET]))
    return or_(
        MeetingSeries.convener_id.in_([post.post_id for post in posts]),
        by_steward
        & MeetingSeries.building_id.in_(select(Building.id).where(Building.grid_id.in_(scopes[Role.SECRETARY]))),
        below & MeetingSeries.community_id.in_(scopes[Role.COMMUNITY]),
        MeetingSeries.community_id.in_(of_street),
    )


def _rows(session: Session, *which: ColumnElement[bool]) -> list[ResolutionRow]:
    """By number: four queries, however many there are."""
    rows = session.execute(
        select(
            Resolution, Community.name.label("community"), MeetingSeries.label, MeetingSeries.level, Meeting.number,
            Meeting.meets_at, AgendaItem.title, Post.role, Post.label.label("owner"),
        )
        .join(Meeting, Meeting.id == Resolution.meeting_id)
        .join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        .join(Community, Community.id == Resolution.community_id)
        .join(AgendaItem, AgendaItem.id == Resolution.item_id)
        .join(Post, Post.id == Resolution.owner_id)
        .where(*which)
        .order_by(Resolution.community_id, Resolution.year, Resolution.serial)
    ).all()  # fmt: skip
    levels = {row.Resolution.id: row.level for row in rows}
    followers = _followers(session, levels)
    objected = session.execute(
        select(Objection.resolution_id, func.count())
        .where(Objection.resolution_id.in_(levels))
        .group_by(Objection.resolution_id)
    ).all()
    objections = {row[0]: row[1] for row in objected}
    return [
        ResolutionRow(
            resolution_id=one.id,
            item_id=one.item_id,
            year=one.year,
            serial=one.serial,
            community=row.community,
            series=row.label,
            number=row.number,
            held_on=row.meets_at,
            title=row.title,
            words=one.words,
            standard=one.standard,
            owner_role=row.role,
            owner=row.owner,
            due_on=one.due_on,
            budget=one.budget,
            source=one.source,
            state=one.state,
            published_at=one.published_at,
            objections_until=one.objections_until,
            in_force_at=one.in_force_at,
            noted_at=one.noted_at,
            done_at=one.done_at,
            review_on=one.review_on,
            followers=by_building(followers.get(one.id, ())),
            objections=objections.get(one.id, 0),
        )
        for row in rows
        for one in (row.Resolution,)
    ]


def _followers(session: Session, levels: dict[int, Level]) -> Mapping[int, Sequence[str]]:
    """The buildings of the follow-up group of each resolution, one for each member."""
    rows = session.execute(
        select(FollowUp.resolution_id, Member.home_unit_id)
        .join(Member, Member.id == FollowUp.member_id)
        .where(FollowUp.resolution_id.in_(levels))
        .order_by(FollowUp.id)
    ).all()
    found: defaultdict[int, list[str]] = defaultdict(list)
    for level in set(levels.values()):
        own = [row for row in rows if levels[row.resolution_id] is level]
        buildings = building_names(session, [("", row.home_unit_id) for row in own], level=level)
        for row, building in zip(own, buildings, strict=True):
            found[row.resolution_id].append(building)
    return found
