"""Homes: how many an issue concerns, and which of them has a vote. A household counts once, whoever speaks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.issue import Issue
from models.meeting import Meeting, MeetingInvitation
from models.member import Member
from models.report import Report
from models.rules.meeting_workflow import Capacity
from models.rules.quorum import base_of


@dataclass(frozen=True)
class Estimate:
    """``people``: the raisers, which is the least. ``unknown``: of how many the home is not known."""

    households: int
    people: int
    unknown: int


def estimate(session: Session, *, issue_id: int) -> Estimate:
    """Distinct homes of the raisers, with their room; whoever has no known home counts as one.

    The room that was told with a report is one of the unit that the issue is in.
    """
    rows = session.execute(
        select(Member.id, Member.home_unit_id, Member.home_room, Report.room, Issue.unit_id)
        .select_from(Report)
        .join(Member, Member.id == Report.raiser_id)
        .join(Issue, Issue.id == Report.issue_id)
        .where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None))
        .order_by(Report.id)
    )
    homes: dict[int, tuple[int, str] | None] = {}
    for row in rows:
        own = (row.home_unit_id, row.home_room) if row.home_unit_id and row.home_room else None
        told = (row.unit_id, row.room) if row.unit_id and row.room else None
        homes[row.id] = homes.get(row.id) or own or told
    known = {home for home in homes.values() if home}
    unknown = sum(home is None for home in homes.values())
    return Estimate(len(known) + unknown, len(homes), unknown)


def household_of(session: Session, member_id: int) -> str:
    """The key of somebody's household: the home with its room; who has no known room counts as one of their own."""
    home = session.execute(select(Member.home_unit_id, Member.home_room).where(Member.id == member_id)).one()
    return _key(member_id, home.home_unit_id, home.home_room)


def households_of(session: Session, member_ids: Iterable[int]) -> dict[int, str]:
    """The keys of the households of several members."""
    rows = session.execute(select(Member.id, Member.home_unit_id, Member.home_room).where(Member.id.in_(member_ids)))
    return {row.id: _key(row.id, row.home_unit_id, row.home_room) for row in rows}


def household_told(words: str, *, unit_id: int | None, room: str) -> str:
    """The key of the household of somebody without a phone, as they told it: of their home where that was understood,
    else of the very words."""
    return f"home:{unit_id}:{room}" if unit_id and room else f"told:{''.join(words.split())}"


def voting_households(session: Session, *, meeting_id: int) -> set[str]:
    """Those invited with a vote."""
    return set(
        session.scalars(
            select(MeetingInvitation.household).where(
                MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.capacity == Capacity.VOTER
            )
        )
    )


def quorum_base(meeting: Meeting, *, voters: int) -> int:
    """Households out of which the meeting's quorum is counted now; ``voters``: those invited with a vote."""
    opened_with, there = meeting.votes_at_opening or 0, meeting.households
    return base_of(meeting.quorum, voters=voters, at_opening=opened_with, households=there)


def present_households(session: Session, *, meeting_id: int) -> set[str]:
    """Those with a vote of whom somebody checked in, or whose proxy did."""
    rows = session.execute(
        select(
            MeetingInvitation.id,
            MeetingInvitation.household,
            MeetingInvitation.capacity,
            MeetingInvitation.proxy_id,
            MeetingInvitation.checked_in_at,
        ).where(MeetingInvitation.meeting_id == meeting_id)
    ).all()
    there = {row.id for row in rows if row.checked_in_at is not None}
    return {
        row.household
        for row in rows
        if row.capacity is Capacity.VOTER and (row.id in there or row.proxy_id in there)
    }


def _key(member_id: int, unit_id: int | None, room: str) -> str:
    return f"home:{unit_id}:{room}" if unit_id and room else f"member:{member_id}"
