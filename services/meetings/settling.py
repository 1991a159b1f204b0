"""Item by item through a meeting: what is talked over now, what comes of it, and what the chair notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.ballot import Ballot
from models.base import insert_row
from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.minutes import MeetingNote
from models.resolution import Resolution
from models.rules.deadlines import due
from models.rules.errors import (
    BallotLost,
    BallotOpen,
    ItemSettled,
    NoQuorum,
    NotFound,
    OwnersMatter,
    WordsNeeded,
)
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import (
    ANNOUNCED,
    OUTCOMES,
    Competence,
    ItemKind,
    ItemState,
    MeetingAction,
    MeetingState,
)
from models.rules.tally import adopts
from services.meetings.resolutions import deeds as resolutions
from services.meetings.sitting import attendance, seated

#: So long an item must be before the people to have been talked over, unless something was noted or voted on.
_PASSED_BY = timedelta(minutes=1)
_OF_OUTCOME = frozenset({"until", "review_on"})  # details that are undone with it


@dataclass(frozen=True)
class Agreed:
    """What a resolution is made of, besides its words."""

    standard: str
    owner_id: int
    due_on: date
    budget: str = ""
    source: str = ""
    follow_up: tuple[int, ...] = ()
    review_on: date | None = None


@dataclass(frozen=True)
class HandedOver:
    """Where an item was referred to: a meeting of another level, or a post. ``until`` None: as the house has it."""

    level: Level | None = None
    post_id: int | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class ItemLine:
    """An item as the chair sees it. ``ballot_open``: people are voting on it now."""

    item_id: int
    number: int
    title: str
    minutes: int
    state: ItemState
    competence: Competence
    words: str
    talked_from: datetime | None
    ballot_open: bool
    kind: ItemKind

    @property
    def settled(self) -> bool:
        return self.state in OUTCOMES

    @property
    def talked_about(self) -> bool:
        """Without anything that came of it yet."""
        return not self.settled and self.talked_from is not None


def announced_items(session: Session, *, meeting_id: int) -> list[ItemLine]:
    """The announced agenda, numbered from 1."""
    rows = session.scalars(
        select(AgendaItem)
        .where(AgendaItem.meeting_id == meeting_id, AgendaItem.state.in_(sorted(ANNOUNCED)))
        .order_by(AgendaItem.position, AgendaItem.id)
        .execution_options(populate_existing=True)
    ).all()
    voting = set(
        session.scalars(
            select(Ballot.item_id)
            .join(AgendaItem, AgendaItem.id == Ballot.item_id)
            .where(AgendaItem.meeting_id == meeting_id, Ballot.closed_at.is_(None))
        )
    )
    return [
        ItemLine(
            item.id,
            number,
            item.title,
            item.minutes,
            item.state,
            item.competence,
            item.words,
            item.talked_from,
            item.id in voting,
            item.kind,
        )
        for number, item in enumerate(rows, start=1)
    ]


def take_up(session: Session, *, item_id: int, member_id: int, at: datetime) -> AgendaItem:
    """This one is talked over now; the one before, if nothing came of it yet, waits, and that it was talked over is
    kept. A settled one stays as it is."""
    item, meeting, _ = _seated_item(session, item_id=item_id, member_id=member_id, at=at)
    if item.state in OUTCOMES:
        return item
    others = session.scalars(
        select(AgendaItem).where(
            AgendaItem.meeting_id == meeting.id, AgendaItem.state == ItemState.IN_TALK, AgendaItem.id != item.id
        )
    )
    for other in others:
        _forget_passing(session, other, at=at)
        _put(session, other, ItemState.LISTED)
    item.talked_from = item.talked_from or at
    _put(session, item, ItemState.IN_TALK)
    return item


def settle_item(
    session: Session,
    *,
    item_id: int,
    member_id: int,
    outcome: ItemState,
    words: str,
    at: datetime,
    rules: HouseRules,
    agreed: Agreed | None = None,
    handed_over: HandedOver | None = None,
    review_on: date | None = None,
) -> AgendaItem:
    """What came of it, in one sentence; adopted with its resolution, referred with where to. ``review_on``: the day
    from which a resolution that was put off is looked at again; it counts once the minutes are published.

    Raises ItemSettled, BallotOpen, WordsNeeded; for ADOPTED also OwnersMatter, NoQuorum, BallotLost, and whatever
    :func:`services.meetings.resolutions.deeds.record` refuses.
    """
    item, meeting, series = _seated_item(session, item_id=item_id, member_id=member_id, at=at)
    if item.state in OUTCOMES:
        raise ItemSettled
    if not words.strip() and outcome is not ItemState.NOT_REACHED:
        raise WordsNeeded(action=MeetingAction.CLOSE)
    _check_ballots(session, item, outcome)
    match outcome:
        case ItemState.ADOPTED:
            _adopt(session, item, meeting, series, words=words, agreed=agreed, actor_id=member_id, at=at, rules=rules)
        case ItemState.REFERRED:
            if handed_over is None or (handed_over.level is None and handed_over.post_id is None):
                raise WordsNeeded(action=MeetingAction.CLOSE)
            item.level, item.referred_to_id = handed_over.level, handed_over.post_id
            until = handed_over.until or due(at, rules.referral_answers, rules=rules)
            item.details = {**(item.details or {}), "until": until.isoformat()}
        case ItemState.ADJOURNED if item.kind is ItemKind.REVIEW and review_on is not None:
            item.details = {**(item.details or {}), "review_on": review_on.isoformat()}
    item.words, item.settled_at = words.strip(), at
    item.talked_from = item.talked_from or at
    _put(session, item, outcome)
    return item


def take_back(session: Session, *, item_id: int, member_id: int, at: datetime, rules: HouseRules) -> AgendaItem:
    """What came of it is undone while the meeting is open: it is talked over again, and its resolution is withdrawn."""
    item, _, _ = _seated_item(session, item_id=item_id, member_id=member_id, at=at)
    if item.state not in OUTCOMES:
        return item
    recorded = session.scalar(select(Resolution.id).where(Resolution.item_id == item.id))
    if recorded is not None:
        resolutions.withdraw(session, resolution_id=recorded, actor_id=member_id, at=at, rules=rules)
    item.level, item.referred_to_id = None, None
    kept = {key: value for key, value in (item.details or {}).items() if key not in _OF_OUTCOME}
    item.details = kept or None
    item.words, item.settled_at = "", None
    _put(session, item, ItemState.LISTED)
    return take_up(session, item_id=item.id, member_id=member_id, at=at)


def note(
    session: Session,
    *,
    meeting_id: int,
    item_id: int | None,
    member_id: int,
    words: str,
    photos: Sequence[str],
    at: datetime,
) -> int:
    """What the chair writes down or photographs meanwhile. Returns its id."""
    meeting, _ = seated(session, meeting_id=meeting_id, member_id=member_id, at=at, state=MeetingState.IN_SESSION)
    if not words.strip() and not photos:
        raise WordsNeeded(action=MeetingAction.CLOSE)
    if item_id is not None and session.get_one(AgendaItem, item_id).meeting_id != meeting.id:
        raise NotFound
    return insert_row(
        session,
        MeetingNote,
        meeting_id=meeting.id,
        item_id=item_id,
        words=words.strip(),
        photos=list(photos),
        by_id=member_id,
        at=at,
    )


def check_adoptable(session: Session, *, item_id: int, member_id: int, at: datetime) -> None:
    """Before the chair is asked for all that a resolution needs: whether it may be adopted now at all."""
    item, meeting, _ = _seated_item(session, item_id=item_id, member_id=member_id, at=at)
    if item.state in OUTCOMES:
        raise ItemSettled
    _check_ballots(session, item, ItemState.ADOPTED)
    _check_adoptable(session, item, meeting)


def leave_unreached(session: Session, meeting: Meeting) -> int:
    """The meeting is over: what nothing came of waits for the next one. Returns how many those are."""
    left = session.scalars(
        select(AgendaItem).where(
            AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_([ItemState.LISTED, ItemState.IN_TALK])
        )
    ).all()
    for item in left:
        _put(session, item, ItemState.NOT_REACHED)
    return len(left)


def _forget_passing(session: Session, item: AgendaItem, *, at: datetime) -> None:
    """What the chair only passed by, on the way to another one, was not talked over."""
    if item.talked_from is None or at - item.talked_from >= _PASSED_BY:
        return
    noted = select(MeetingNote.id).where(MeetingNote.item_id == item.id).limit(1)
    voted = select(Ballot.id).where(Ballot.item_id == item.id).limit(1)
    if session.scalar(noted) is None and session.scalar(voted) is None:
        item.talked_from = None


def _seated_item(
    session: Session, *, item_id: int, member_id: int, at: datetime
) -> tuple[AgendaItem, Meeting, MeetingSeries]:
    """An announced item of a meeting that is in session, for its chair. Raises NotFound, MeetingRefused."""
    item = session.get(AgendaItem, item_id)
    if item is None:
        raise NotFound
    meeting, series = seated(
        session, meeting_id=item.meeting_id, member_id=member_id, at=at, state=MeetingState.IN_SESSION
    )
    session.refresh(item)  # as it is under the lock
    if not item.announced:
        raise NotFound
    return item, meeting, series


def _adopt(
    session: Session,
    item: AgendaItem,
    meeting: Meeting,
    series: MeetingSeries,
    *,
    words: str,
    agreed: Agreed | None,
    actor_id: int,
    at: datetime,
    rules: HouseRules,
) -> None:
    _check_adoptable(session, item, meeting)
    if agreed is None:
        raise WordsNeeded(action=MeetingAction.CLOSE)
    resolutions.record(
        session,
        item=item,
        meeting=meeting,
        series=series,
        words=words,
        standard=agreed.standard,
        owner_id=agreed.owner_id,
        due_on=agreed.due_on,
        budget=agreed.budget,
        source=agreed.source,
        follow_up=agreed.follow_up,
        review_on=agreed.review_on,
        actor_id=actor_id,
        at=at,
        rules=rules,
    )


def _check_adoptable(session: Session, item: AgendaItem, meeting: Meeting) -> None:
    if item.competence is not Competence.RESIDENTS:
        raise OwnersMatter
    found = attendance(session, meeting)
    if not found.quorate:
        raise NoQuorum(households=found.households, needed=found.needed)


def _check_ballots(session: Session, item: AgendaItem, outcome: ItemState) -> None:
    """A ballot says what it says: while one is open nothing is noted, and what it did not adopt is not adopted."""
    ballots = session.scalars(select(Ballot).where(Ballot.item_id == item.id).order_by(Ballot.id)).all()
    if any(ballot.closed_at is None for ballot in ballots):
        raise BallotOpen
    if not ballots or outcome is not ItemState.ADOPTED:
        return
    last = ballots[-1]
    won = (last.result or {}).get("won")
    if not adopts(won, options=last.options, majority=last.majority):
        raise BallotLost


def _put(session: Session, item: AgendaItem, state: ItemState) -> None:
    item.state = state
    session.flush()
