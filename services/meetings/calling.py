"""Calling a meeting: who is asked to come, what they answer, and how many are expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from models.base import insert_rows
from models.helper import Helper
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingInvitation, MeetingSeries, StandingMember
from models.member import Account, Grant, Member, Post
from models.report import Report
from models.rules.errors import NotFound, RsvpRefused
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import ANNOUNCED, Capacity, ItemState, Rsvp
from models.rules.quorum import needed
from services.households import households_of, quorum_base
from services.meeting_people import lives_in
from services.meetings.moves import lock_meeting
from services.meetings.proxies import OPEN, check_holder, give_back_all, tell_holder
from services.members import live_grant

_ITEMS = ANNOUNCED | {ItemState.DRAFTED}  # a draft that is being approved is not marked as listed yet
_OWN = (
    select(MeetingInvitation)
    .where(
        MeetingInvitation.meeting_id == bindparam("meeting"),
        MeetingInvitation.member_id == bindparam("member"),
        MeetingInvitation.invited_at.is_not(None),
    )
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Answers:
    """Of the people of one capacity."""

    invited: int = 0
    coming: int = 0
    not_coming: int = 0
    proxies: int = 0
    silent: int = 0


@dataclass(frozen=True)
class Seats:
    """``households``: with a vote; ``expected``: of these, who has said that somebody comes for them; ``needed``: so
    many must be there."""

    answers: Mapping[Capacity, Answers]
    households: int
    expected: int
    needed: int


@dataclass(frozen=True)
class Asked:
    """Who is to be asked. ``household`` and ``name`` alone name who has no ``member_id``: a unit whose post nobody
    holds, somebody whom the convener tells. With it, ``name`` is that of the unit for which they come."""

    member_id: int | None
    capacity: Capacity
    household: str = ""
    name: str = ""


def invite(session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules) -> int:
    """Ask everybody who belongs to a locked meeting and was not asked yet; nobody is told here. Returns how many.

    In this order, once a person: the standing members in their capacity; of a corridor, all who live there, as voters;
    the units whistled for to its issues; and whoever raised these, as observers.
    """
    wanted: dict[int | str, Asked] = {}
    for guest in (
        *_standing(session, series),
        *_neighbours(session, series),
        *_units(session, meeting, at),
        *_raisers(session, meeting),
    ):
        wanted.setdefault(guest.member_id or guest.household, guest)
    planned = update(MeetingInvitation).where(
        MeetingInvitation.meeting_id == meeting.id, MeetingInvitation.invited_at.is_(None)
    )
    before = session.connection().execute(planned.values(invited_at=at)).rowcount
    return before + len(seat(session, meeting, list(wanted.values()), invited_at=at))


def seat(
    session: Session, meeting: Meeting, guests: Sequence[Asked], *, invited_at: datetime | None
) -> list[Asked]:
    """Write the invitations of those who have none, and return these. ``invited_at`` None: they are not told yet."""
    known = session.execute(
        select(MeetingInvitation.member_id, MeetingInvitation.household).where(
            MeetingInvitation.meeting_id == meeting.id
        )
    )
    asked = {row.member_id or row.household for row in known}
    new = [guest for guest in guests if (guest.member_id or guest.household) not in asked]
    homes = households_of(session, [guest.member_id for guest in new if guest.member_id is not None])
    rows = [
        {
            "meeting_id": meeting.id,
            "member_id": guest.member_id,
            "name": guest.name,
            "household": guest.household if guest.member_id is None else homes[guest.member_id],
            "capacity": guest.capacity,
            "invited_at": invited_at,
        }
        for guest in new
    ]
    insert_rows(session, MeetingInvitation, rows)
    return new


def answer_invitation(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    rsvp: Rsvp,
    proxy: int | None,
    at: datetime,
    rules: HouseRules,
) -> None:
    """Come, do not, or let another household vote (``proxy``: its invitation). May be changed until check-in.

    Who holds a vote is told of it, and that it was taken back; where they do not come, its owners are asked again.
    Raises NotFound for who is not invited, RsvpRefused where the meeting or its rules do not allow it.
    """
    meeting, series = lock_meeting(session, meeting_id)
    mine = own_invitation(session, meeting_id=meeting.id, member_id=member_id)
    if meeting.state not in OPEN:
        raise RsvpRefused(why="over")
    if mine.checked_in_at is not None:
        raise RsvpRefused(why="checked_in")
    if rsvp is not Rsvp.PROXY:
        proxy = None
    elif proxy is None:
        raise RsvpRefused(why="nobody")
    if (mine.rsvp, mine.proxy_id) == (rsvp, proxy):
        return
    if proxy is not None:
        check_holder(session, mine, proxy, rules=rules)
    before, mine.rsvp, mine.rsvp_at, mine.proxy_id = mine.proxy_id, rsvp, at, proxy
    session.flush()
    if before is not None and before != proxy:
        tell_holder(session, meeting, series, mine, holder=before, kind="meeting_proxy_back", at=at, rules=rules)
    if proxy is not None:
        tell_holder(session, meeting, series, mine, holder=proxy, kind="meeting_proxy_given", at=at, rules=rules)
    if rsvp is Rsvp.NOT_COMING:
        give_back_all(session, meeting, series, mine, kind="meeting_proxy_not_coming", at=at, rules=rules)


def own_invitation(session: Session, *, meeting_id: int, member_id: int) -> MeetingInvitation:
    """Raises NotFound for who is not invited."""
    found = session.scalars(_OWN, {"meeting": meeting_id, "member": member_id}).one_or_none()
    if found is None:
        raise NotFound
    return found


def seats(session: Session, meeting: Meeting) -> Seats:
    """Who was asked and has answered what, and what that makes of the quorum."""
    rows = session.execute(
        select(
            MeetingInvitation.id,
            MeetingInvitation.household,
            MeetingInvitation.capacity,
            MeetingInvitation.rsvp,
            MeetingInvitation.proxy_id,
        ).where(MeetingInvitation.meeting_id == meeting.id, MeetingInvitation.invited_at.is_not(None))
    ).all()
    coming = {row.id for row in rows if row.rsvp is Rsvp.COMING}
    voters = [row for row in rows if row.capacity is Capacity.VOTER]
    households = {row.household for row in voters}
    expected = {row.household for row in voters if row.id in coming or row.proxy_id in coming}
    answers: dict[Capacity, Answers] = {}
    for capacity in Capacity:
        said = [row.rsvp for row in rows if row.capacity is capacity]
        if said:
            answers[capacity] = Answers(
                len(said),
                said.count(Rsvp.COMING),
                said.count(Rsvp.NOT_COMING),
                said.count(Rsvp.PROXY),
                said.count(None),
            )
    least = needed(meeting.quorum, quorum_base(meeting, voters=len(households)))
    return Seats(answers, len(households), len(expected), least)


def seats_of(session: Session, *, meeting_id: int) -> Seats:
    return seats(session, session.get_one(Meeting, meeting_id))


def seat_facts(session: Session, meeting: Meeting) -> dict[str, Any]:
    """For the details of a reminder: of the households with a vote, how many are expected and how many are needed."""
    counted = seats(session, meeting)
    return {"expected": counted.expected, "needed": counted.needed}


def _standing(session: Session, series: MeetingSeries) -> list[Asked]:
    rows = session.execute(
        select(StandingMember.member_id, StandingMember.capacity)
        .join(Member, Member.id == StandingMember.member_id)
        .where(
            StandingMember.series_id == series.id,
            StandingMember.ended_at.is_(None),
            Member.deidentified_at.is_(None),
        )
        .order_by(StandingMember.id)
    )
    return [Asked(row.member_id, row.capacity) for row in rows]


def _neighbours(session: Session, series: MeetingSeries) -> list[Asked]:
    """All who live in a corridor: who agreed to be written to, and who has no phone."""
    if series.level is not Level.CORRIDOR:
        return []
    phone = exists().where(Account.member_id == Member.id)
    members = session.scalars(
        select(Member.id)
        .where(
            lives_in(series),
            Member.deidentified_at.is_(None),
            or_(Member.consent_version.is_not(None), ~phone),
        )
        .order_by(Member.id)
    )
    return [Asked(member, Capacity.VOTER) for member in members]


def _units(session: Session, meeting: Meeting, at: datetime) -> list[Asked]:
    """Those whistled for to an issue of the agenda: everybody who holds their post, or the unit by its name."""
    rows = session.execute(
        select(Post.id, Post.label, Grant.member_id)
        .join(Helper, Helper.post_id == Post.id)
        .join(AgendaIssue, AgendaIssue.issue_id == Helper.issue_id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .outerjoin(Grant, and_(Grant.post_id == Post.id, live_grant(at)))
        .where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(sorted(_ITEMS)))
        .distinct()
        .order_by(Post.id, Grant.member_id)
    )
    return [Asked(row.member_id, Capacity.DEPARTMENT, f"post:{row.id}", row.label) for row in rows]


def _raisers(session: Session, meeting: Meeting) -> list[Asked]:
    members = session.scalars(
        select(Report.raiser_id)
        .join(AgendaIssue, AgendaIssue.issue_id == Report.issue_id)
        .join(AgendaItem, AgendaItem.id == AgendaIssue.item_id)
        .join(Member, Member.id == Report.raiser_id)
        .where(
            AgendaItem.meeting_id == meeting.id,
            AgendaItem.state.in_(sorted(_ITEMS)),
            Report.withdrawn_at.is_(None),
            Member.deidentified_at.is_(None),
        )
        .distinct()
        .order_by(Report.raiser_id)
    )
    return [Asked(member, Capacity.OBSERVER) for member in members]
