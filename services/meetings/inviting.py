"""What a convener does about single guests: asks somebody else by name, and answers for who has no phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.community import Building, Unit
from models.meeting import Meeting, MeetingInvitation, MeetingSeries
from models.member import Member, Post
from models.notice import Notice, NoticeState
from models.rules.errors import NotFound, RsvpRefused, WordsNeeded
from models.rules.house import HouseRules
from models.rules.meeting_workflow import CHAIR, COMING, Capacity, MeetingState, Rsvp
from models.rules.posts import Role
from services import doorstep, notices
from services.meetings.calling import Asked, seat
from services.meetings.guests import Guest, guests_of
from services.meetings.moves import chaired, meeting_facts
from services.meetings.proxies import OPEN, give_back_all
from services.members import holders_of

_MOST = 4  # of people, and of units, whom a name may mean
_LONGEST_NAME = 20
#: What tells of a meeting and asks whether somebody comes.
_ASKING = ("meeting_approve_invited", "meeting_move_invited", "meeting_remind_day_silent")


@dataclass(frozen=True)
class Known:
    """Whom a name may mean: a member, or the unit of a post."""

    member_id: int | None
    post_id: int | None
    name: str
    home: str = ""


def people_named(session: Session, *, meeting_id: int, member_id: int, words: str, at: datetime) -> list[Known]:
    """People of the community with this name, and handling units whose name has it in it; who was asked is left out.

    Raises NotFound for who does not convene the meeting, nor stands above who does.
    """
    _, series = _chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    name = words.strip()
    if not name:
        raise WordsNeeded
    asked = select(MeetingInvitation.member_id).where(
        MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.member_id.is_not(None)
    )
    people = session.execute(
        select(Member.id, Member.name, Building.name.label("building"), Unit.name.label("unit"))
        .outerjoin(Unit, Unit.id == Member.home_unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .where(
            Member.community_id == series.community_id,
            Member.name == name,
            Member.deidentified_at.is_(None),
            Member.id.not_in(asked),
        )
        .order_by(Member.id)
        .limit(_MOST)
    )
    units = session.execute(
        select(Post.id, Post.label)
        .where(
            Post.role == Role.HANDLER,
            or_(Post.community_id == series.community_id, Post.community_id.is_(None)),
            Post.label.contains(name, autoescape=True),
        )
        .order_by(Post.id)
        .limit(_MOST)
    )
    found = [Known(row.id, None, row.name, (row.building or "") + (row.unit or "")) for row in people]
    return [*found, *(Known(None, row.id, row.label) for row in units)]


def invite_member(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    guest_id: int,
    capacity: Capacity,
    site: str,
    at: datetime,
    rules: HouseRules,
) -> bool:
    """A known person of the community. ``site``: as in :func:`agenda_approval.approve_agenda`. Returns whether they had
    not been asked before.
    """
    meeting, series = _chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    guest = session.get(Member, guest_id)
    if guest is None or guest.community_id != series.community_id or guest.deidentified_at is not None:
        raise NotFound
    return _asks(session, meeting, series, [Asked(guest_id, capacity)], by=member_id, site=site, at=at, rules=rules)


def invite_unit(
    session: Session, *, meeting_id: int, member_id: int, post_id: int, site: str, at: datetime, rules: HouseRules
) -> bool:
    """A handling unit, whoever is on its post."""
    meeting, series = _chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    post = session.get(Post, post_id)
    if post is None or post.role is not Role.HANDLER or post.community_id not in (None, series.community_id):
        raise NotFound
    people = holders_of(session, post_id=post_id, at=at)
    guests = [Asked(holder, Capacity.DEPARTMENT, name=post.label) for holder in people]
    unheld = [Asked(None, Capacity.DEPARTMENT, f"post:{post_id}", post.label)]
    return _asks(session, meeting, series, guests or unheld, by=member_id, site=site, at=at, rules=rules)


def invite_by_name(
    session: Session, *, meeting_id: int, member_id: int, name: str, site: str, at: datetime, rules: HouseRules
) -> bool:
    """Somebody of whom we know no more. They may come and speak; a vote belongs to a known household."""
    meeting, series = _chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    name = name.strip()[:_LONGEST_NAME]
    if not name:
        raise WordsNeeded
    guest = Asked(None, Capacity.OBSERVER, f"name:{name}", name)
    return _asks(session, meeting, series, [guest], by=member_id, site=site, at=at, rules=rules)


def answer_at_door(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    invitation_id: int,
    rsvp: Rsvp,
    at: datetime,
    rules: HouseRules,
) -> None:
    """Somebody whom no message reaches was told at the door, and said whether they come; what was to be told them of
    the meeting is settled with it. Who has a phone answers for themselves."""
    meeting, series = _chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    invitation = session.get(MeetingInvitation, invitation_id, populate_existing=True)
    unreached = {guest.invitation_id for guest in at_the_door(session, meeting_id=meeting.id)}
    if invitation is None or invitation_id not in unreached:
        raise NotFound
    if meeting.state not in OPEN:
        raise RsvpRefused(why="over")
    if invitation.checked_in_at is not None:
        raise RsvpRefused(why="checked_in")
    invitation.rsvp, invitation.rsvp_at, invitation.proxy_id = rsvp, at, None
    session.flush()
    if rsvp is Rsvp.NOT_COMING:
        give_back_all(session, meeting, series, invitation, kind="meeting_proxy_not_coming", at=at, rules=rules)
    if invitation.member_id is not None:
        waiting = session.execute(
            select(Notice.id, Notice.params).where(
                Notice.member_id == invitation.member_id,
                Notice.kind.in_(_ASKING),
                Notice.state.in_([NoticeState.PARKED, NoticeState.FAILED]),
            )
        )
        mine = [row.id for row in waiting if row.params.get("meeting") == meeting.id]
        doorstep.told(session, notice_ids=mine, by=member_id, at=at)


def at_the_door(session: Session, *, meeting_id: int) -> list[Guest]:
    """Who was asked and is reached by no message."""
    return [guest for guest in guests_of(session, meeting_id=meeting_id) if not guest.phone]


def _chaired(
    session: Session, *, meeting_id: int, member_id: int, at: datetime
) -> tuple[Meeting, MeetingSeries]:
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not held & CHAIR:
        raise NotFound
    return meeting, series


def _asks(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    guests: Sequence[Asked],
    *,
    by: int,
    site: str,
    at: datetime,
    rules: HouseRules,
) -> bool:
    """Before the meeting is called they are noted, and told with everybody else."""
    if meeting.state not in COMING:
        raise RsvpRefused(why="over")
    called = meeting.state is MeetingState.CALLED
    new = seat(session, meeting, guests, invited_at=at if called else None)
    if called:
        link = {"link": f"{site}/meetings/{meeting.public_id}.ics"} if site else {}
        facts = meeting_facts(session, meeting, series, rules=rules) | link
        for guest in new:
            if guest.member_id is None:
                continue
            notices.owe(
                session,
                members=[guest.member_id],
                kind="meeting_approve_invited",
                params={**facts, "capacity": guest.capacity.value},
                key=f"meeting:{meeting.id}:invited",
                at=at,
                rules=rules,
                shown_to=by,
            )
    return bool(new)
