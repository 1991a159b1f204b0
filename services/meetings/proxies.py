"""Votes entrusted to another household (委托): who may hold one, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.meeting import Meeting, MeetingInvitation, MeetingSeries
from models.rules.errors import NotFound, RsvpRefused
from models.rules.house import HouseRules
from models.rules.meeting_workflow import Capacity, MeetingState, Rsvp
from services import notices
from services.meetings.guests import Guest, guests_of
from services.meetings.moves import lock_meeting, meeting_facts

#: While an answer may still be given or changed.
OPEN = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION})


def holders_for(session: Session, *, meeting_id: int, member_id: int, rules: HouseRules) -> list[Guest]:
    """To whom somebody may give their vote: other households with a vote that have room for it and can be told, who
    comes first."""
    guests = guests_of(session, meeting_id=meeting_id)
    mine = next((g for g in guests if g.member_id == member_id), None)
    if mine is None or mine.capacity is not Capacity.VOTER:
        raise NotFound
    full = _full(session, meeting_id=meeting_id, but=mine.household, rules=rules)
    fit = [
        g
        for g in guests
        if g.capacity is Capacity.VOTER
        and g.phone
        and g.household != mine.household
        and g.household not in full
        and g.rsvp in (None, Rsvp.COMING)
    ]
    return sorted(fit, key=lambda g: g.rsvp is None)


def check_holder(session: Session, mine: MeetingInvitation, proxy: int, *, rules: HouseRules) -> None:
    """Raises RsvpRefused, with the reason, where this household cannot hold that vote."""
    if mine.capacity is not Capacity.VOTER:
        raise RsvpRefused(why="no_vote")
    found = guests_of(session, meeting_id=mine.meeting_id, invitation_id=proxy)
    if not found or found[0].capacity is not Capacity.VOTER or not found[0].phone:
        raise RsvpRefused(why="nobody")
    holder = found[0]
    if holder.household == mine.household:
        raise RsvpRefused(why="household")
    if holder.rsvp is Rsvp.NOT_COMING:
        raise RsvpRefused(why="not_coming")
    if holder.rsvp is Rsvp.PROXY or _givers(session, mine):
        raise RsvpRefused(why="chain")
    if holder.household in _full(session, meeting_id=mine.meeting_id, but=mine.household, rules=rules):
        raise RsvpRefused(why="full", most=rules.proxies_at_most)


def refuse_proxy(
    session: Session, *, meeting_id: int, member_id: int, giver: int, at: datetime, rules: HouseRules
) -> None:
    """Who was given a vote does not want it; its owner is asked again. Raises NotFound where it is not with them."""
    meeting, series = lock_meeting(session, meeting_id)
    invitation = session.get(MeetingInvitation, giver, populate_existing=True)
    if invitation is None or invitation.meeting_id != meeting.id or invitation.proxy_id is None:
        raise NotFound
    holder = session.get_one(MeetingInvitation, invitation.proxy_id, populate_existing=True)
    if holder.member_id != member_id:
        raise NotFound
    if meeting.state not in OPEN:
        raise RsvpRefused(why="over")
    if holder.checked_in_at is not None:
        raise RsvpRefused(why="checked_in")
    _give_back(session, meeting, series, invitation, holder, kind="meeting_proxy_refused", at=at, rules=rules)


def give_back_all(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    holder: MeetingInvitation,
    *,
    kind: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    """Who holds votes of others does not come; the owners are told and asked again."""
    for giver in _givers(session, holder):
        _give_back(session, meeting, series, giver, holder, kind=kind, at=at, rules=rules)


def tell_holder(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    giver: MeetingInvitation,
    *,
    holder: int,
    kind: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    """A vote was given, or taken back."""
    to = session.get_one(MeetingInvitation, holder)
    about = _person(session, giver) | {"giver": giver.id}
    _tell(session, meeting, series, to, kind=kind, about=about, of=giver, at=at, rules=rules)


def _give_back(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    giver: MeetingInvitation,
    holder: MeetingInvitation,
    *,
    kind: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    giver.rsvp = giver.rsvp_at = giver.proxy_id = None
    session.flush()
    _tell(session, meeting, series, giver, kind=kind, about=_person(session, holder), of=giver, at=at, rules=rules)


def _tell(
    session: Session,
    meeting: Meeting,
    series: MeetingSeries,
    to: MeetingInvitation,
    *,
    kind: str,
    about: Mapping[str, Any],
    of: MeetingInvitation,
    at: datetime,
    rules: HouseRules,
) -> None:
    """``of``: the invitation whose vote it is about; the same may be given and taken back several times."""
    if to.member_id is None:
        return
    notices.owe(
        session,
        members=[to.member_id],
        kind=kind,
        params={**meeting_facts(session, meeting, series, rules=rules), "capacity": to.capacity.value, **about},
        key=f"{kind}:{of.id}:{at.isoformat()}",
        at=at,
        rules=rules,
    )


def _person(session: Session, invitation: MeetingInvitation) -> dict[str, str]:
    """What the other side has to know of somebody."""
    (guest,) = guests_of(session, meeting_id=invitation.meeting_id, invitation_id=invitation.id)
    return {"name": guest.name, "home": guest.home, "room": guest.room}


def _givers(session: Session, holder: MeetingInvitation) -> list[MeetingInvitation]:
    query = select(MeetingInvitation).where(
        MeetingInvitation.meeting_id == holder.meeting_id, MeetingInvitation.proxy_id == holder.id
    )
    return list(session.scalars(query.order_by(MeetingInvitation.id).execution_options(populate_existing=True)))


def _full(session: Session, *, meeting_id: int, but: str, rules: HouseRules) -> set[str]:
    """The households that hold as many votes as one may, that of the household ``but`` not counted."""
    holder = select(MeetingInvitation.id, MeetingInvitation.household).subquery()
    rows = session.execute(
        select(holder.c.household)
        .join(MeetingInvitation, MeetingInvitation.proxy_id == holder.c.id)
        .where(MeetingInvitation.meeting_id == meeting_id, MeetingInvitation.household != but)
        .group_by(holder.c.household)
        .having(func.count(MeetingInvitation.household.distinct()) >= rules.proxies_at_most)
    )
    return {row.household for row in rows}
