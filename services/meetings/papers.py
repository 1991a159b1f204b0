"""What stands on the papers of a meeting (材料). Only for who convenes it, or is above whoever does."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from models.community import Community
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, AgendaReview, Meeting, MeetingInvitation, MeetingSeries
from models.member import Member, Post
from models.minutes import Minutes
from models.report import Report
from models.resolution import Resolution
from models.rules.errors import NotFound, PaperNotReady
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import CHAIR, Capacity, Form, MeetingState
from models.rules.posts import Role
from services.meeting_people import meeting_actors
from services.public_names import building_names


class Paper(StrEnum):
    """A paper of one meeting."""

    AGENDA = "agenda"
    NOTICE = "notice"
    SIGN_IN = "sign_in"
    MINUTES = "minutes"
    RESOLUTIONS = "resolutions"  # 决议台账 of its series


_S = MeetingState
_AFTER = frozenset({_S.HELD, _S.MINUTED, _S.PUBLISHED})
_CALLED = frozenset({_S.CALLED, _S.IN_SESSION})
#: When each can be made. Minutes and resolutions ask for a first one, too.
READY_IN: Mapping[Paper, frozenset[MeetingState]] = {
    Paper.AGENDA: _CALLED | _AFTER | {_S.DRAFTED},
    Paper.NOTICE: _CALLED,
    Paper.SIGN_IN: _CALLED | _AFTER,
    Paper.MINUTES: _AFTER,
    Paper.RESOLUTIONS: frozenset(MeetingState),
}
#: Meetings that a paper may be asked of, before anything else is known of them.
WITH_PAPERS = _CALLED | _AFTER | {_S.DRAFTED}


@dataclass(frozen=True)
class MeetingFacts:
    """``house_of``: also names the compound of a building, because the meeting is for several of them."""

    meeting_id: int
    series_id: int
    public_id: str
    label: str
    level: Level
    number: int | None
    state: MeetingState
    meets_at: datetime
    length: int
    venue: str
    form: Form
    community: str
    phone: str
    convener_role: Role
    convener: str


@dataclass(frozen=True)
class IssueMark:
    number: str
    summary: str
    place: str


@dataclass(frozen=True)
class ItemDetail:
    """``households`` None: nobody counted them yet. ``since``: the earliest of its issues was told then.
    ``review``: year and serial of the resolution that is looked at again."""

    item_id: int
    issues: tuple[IssueMark, ...]
    households: int | None
    raisers: int
    since: datetime | None
    review: tuple[int, int] | None


@dataclass(frozen=True)
class Seat:
    """Whom somebody sits for. ``names``: of one household. ``building``: "" where the home is not known."""

    names: tuple[str, ...]
    building: str
    capacity: Capacity


def papers_ready(
    session: Session, *, meeting_id: int, member_id: int, at: datetime
) -> tuple[MeetingFacts, list[Paper]]:
    """The papers that somebody can have of a meeting now. Raises NotFound for who neither convenes it nor is above."""
    meeting, series = _chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    return facts_of(session, meeting, series), [p for p in Paper if _is_ready(session, p, meeting, series)]


def check_paper(session: Session, *, meeting_id: int, member_id: int, paper: Paper, at: datetime) -> MeetingFacts:
    """The meeting, for somebody who may have this paper of it now.

    Raises NotFound for who neither convenes it nor is above, and PaperNotReady.
    """
    meeting, series = _chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not _is_ready(session, paper, meeting, series):
        raise PaperNotReady(paper=paper)
    return facts_of(session, meeting, series)


def facts_of(session: Session, meeting: Meeting, series: MeetingSeries) -> MeetingFacts:
    where = select(Community.name, Community.phone).where(Community.id == series.community_id)
    community = session.execute(where).one()
    convener = session.execute(select(Post.role, Post.label).where(Post.id == series.convener_id)).one()
    return MeetingFacts(
        meeting_id=meeting.id,
        series_id=series.id,
        public_id=meeting.public_id,
        label=series.label,
        level=series.level,
        number=meeting.number,
        state=meeting.state,
        meets_at=meeting.meets_at,
        length=meeting.length_minutes,
        venue=meeting.venue,
        form=meeting.form,
        community=community.name,
        phone=community.phone,
        convener_role=convener.role,
        convener=convener.label,
    )


def item_details(session: Session, *, meeting_id: int) -> list[ItemDetail]:
    """What each item is about: three queries."""
    items = session.scalars(select(AgendaItem.id).where(AgendaItem.meeting_id == meeting_id)).all()
    raised = (
        select(func.count(Report.raiser_id.distinct()))
        .where(Report.issue_id == Issue.id, Report.withdrawn_at.is_(None))
        .scalar_subquery()
    )
    about = session.execute(
        select(
            AgendaIssue.item_id, Issue.number, Issue.summary, Issue.place_label, Issue.households,
            Issue.first_reported_at, raised.label("raisers"),
        )
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .where(AgendaItem.meeting_id == meeting_id)
        .order_by(Issue.id)
    ).all()  # fmt: skip
    reviewed = session.execute(
        select(AgendaReview.item_id, Resolution.year, Resolution.serial)
        .join(Resolution, Resolution.id == AgendaReview.resolution_id)
        .join(AgendaItem, AgendaItem.id == AgendaReview.item_id)
        .where(AgendaItem.meeting_id == meeting_id)
    ).all()
    reviews = {row.item_id: (row.year, row.serial) for row in reviewed}
    found = []
    for item in items:
        own = [row for row in about if row.item_id == item]
        counted = [row.households for row in own if row.households is not None]
        found.append(
            ItemDetail(
                item_id=item,
                issues=tuple(IssueMark(row.number, row.summary, row.place_label) for row in own),
                households=sum(counted) if counted and len(counted) == len(own) else None,
                raisers=sum(row.raisers for row in own),
                since=min((row.first_reported_at for row in own), default=None),
                review=reviews.get(item),
            )
        )
    return found


def seats_of(session: Session, *, meeting_id: int, level: Level) -> list[Seat]:
    """A seat for each household with a vote, by building, then one for everybody else who was invited."""
    rows = session.execute(
        select(
            MeetingInvitation.household,
            MeetingInvitation.capacity,
            MeetingInvitation.name,
            Member.name.label("known_as"),
            Member.home_unit_id,
        )
        .outerjoin(Member, Member.id == MeetingInvitation.member_id)
        .where(MeetingInvitation.meeting_id == meeting_id)
        .order_by(MeetingInvitation.id)
    ).all()
    buildings = building_names(session, [(row.household, row.home_unit_id) for row in rows], level=level)
    homes: defaultdict[tuple[Capacity, str], list[str]] = defaultdict(list)
    where: dict[tuple[Capacity, str], str] = {}
    for place, row in enumerate(rows):
        shared = row.household if row.capacity is Capacity.VOTER else f"{row.household} {place}"
        homes[row.capacity, shared].append(row.name or row.known_as or "")
        where[row.capacity, shared] = where.get((row.capacity, shared)) or buildings[place]
    seats = [Seat(tuple(name for name in names if name), where[key], key[0]) for key, names in homes.items()]
    order = list(Capacity)
    return sorted(seats, key=lambda seat: (order.index(seat.capacity), not seat.building, natural(seat.building)))


def by_building(buildings: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """How many of each, in the order people count in; the unknown last."""
    counted = Counter(buildings)
    return tuple((name, counted[name]) for name in sorted(counted, key=lambda name: (not name, natural(name))))


def natural(name: str) -> list[tuple[int, str]]:
    """2号楼 comes before 10号楼."""
    return [(int(digits or 0), words) for digits, words in re.findall(r"(\d*)(\D*)", name)]


def _chaired(session: Session, *, meeting_id: int, member_id: int, at: datetime) -> tuple[Meeting, MeetingSeries]:
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound
    series = session.get_one(MeetingSeries, meeting.series_id)
    if not CHAIR & meeting_actors(session, member_id=member_id, series=series, meeting_id=meeting.id, at=at):
        raise NotFound
    return meeting, series


def _is_ready(session: Session, paper: Paper, meeting: Meeting, series: MeetingSeries) -> bool:
    if meeting.state not in READY_IN[paper]:
        return False
    match paper:
        case Paper.MINUTES:
            return bool(session.scalar(select(exists().where(Minutes.meeting_id == meeting.id))))
        case Paper.RESOLUTIONS:
            own = select(Resolution.id).join(Meeting, Meeting.id == Resolution.meeting_id)
            return bool(session.scalar(select(own.where(Meeting.series_id == series.id).exists())))
        case _:
            return True
