"""Who was asked to a meeting, as its convener sees them; and asking somebody else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.community import Building, Unit
from models.meeting import MeetingInvitation
from models.member import Account, Member
from models.rules.meeting_workflow import Capacity, Rsvp


@dataclass(frozen=True)
class Guest:
    """An invitation. ``name``: of the person, or of the unit for which they come; may be empty. ``home``: building and
    unit. ``phone``: a message can reach them."""

    invitation_id: int
    member_id: int | None
    name: str
    home: str
    room: str
    household: str
    capacity: Capacity
    rsvp: Rsvp | None
    phone: bool


def guests_of(session: Session, *, meeting_id: int, invitation_id: int | None = None) -> list[Guest]:
    """All who were asked, or one of them."""
    phone = exists().where(Account.member_id == Member.id, Account.blocked_at.is_(None))
    query = (
        select(
            MeetingInvitation,
            Member.name,
            Building.name.label("building"),
            Unit.name.label("unit"),
            Member.home_room,
            phone.label("phone"),
        )
        .outerjoin(Member, Member.id == MeetingInvitation.member_id)
        .outerjoin(Unit, Unit.id == Member.home_unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .where(MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.invited_at.is_not(None))
        .order_by(MeetingInvitation.id)
        .execution_options(populate_existing=True)
    )
    if invitation_id is not None:
        query = query.where(MeetingInvitation.id == invitation_id)
    return [
        Guest(
            row.MeetingInvitation.id,
            row.MeetingInvitation.member_id,
            row.MeetingInvitation.name or row.name or "",
            (row.building or "") + (row.unit or ""),
            row.home_room or "",
            row.MeetingInvitation.household,
            row.MeetingInvitation.capacity,
            row.MeetingInvitation.rsvp,
            bool(row.phone),
        )
        for row in session.execute(query)
    ]
