"""What minutes tell, read from what happened: a constant number of queries for one meeting."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.ballot import Ballot
from models.community import Building, Compound, Unit
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, Meeting, MeetingInvitation, MeetingSeries, Referral
from models.member import Post
from models.minutes import MeetingNote, Minutes
from models.resolution import FollowUp, Resolution
from models.rules.errors import NotFound
from models.rules.issue_workflow import Level, State
from models.rules.meeting_workflow import (
    ANNOUNCED,
    Competence,
    Form,
    ItemKind,
    ItemState,
    MeetingActor,
    MeetingState,
    QuorumRule,
)
from models.rules.posts import Role
from models.rules.quorum import needed
from models.rules.resolution_workflow import ResolutionState
from services.households import present_households, quorum_base, voting_households
from services.meetings.minutes import last_version
from services.meetings.queries import meeting_line
from services.public_names import people_named


@dataclass(frozen=True)
class Attendance:
    """Households with a vote: how many were there, of how many; the quorum. ``buildings``: of those who were there,
    by the building as people call it; "" is for homes that are not known."""

    present: int
    voters: int
    needed: int
    people: int
    buildings: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class BallotView:
    """``counts``: None while it is open. ``won``: which option; None: none of them reached the majority."""

    question: str
    options: tuple[str, ...]
    counts: tuple[int, ...] | None
    base: int
    needed: int
    won: int | None
    secret: bool


@dataclass(frozen=True)
class ResolutionView:
    resolution_id: int
    year: int
    serial: int | None
    state: ResolutionState
    words: str
    standard: str
    owner_role: Role
    owner: str
    due_on: date
    budget: str
    source: str
    follow_up: int
    objections_until: datetime | None


@dataclass(frozen=True)
class ReferralView:
    """Where one issue of an item went. ``answer``: what came of it. ``state``: of the issue now."""

    number: str
    to_level: Level | None
    to_role: Role | None
    to_label: str
    reason: str
    until: datetime
    answer: str
    answered_at: datetime | None
    state: State


@dataclass(frozen=True)
class NoteView:
    words: str
    photos: tuple[str, ...]


@dataclass(frozen=True)
class ItemView:
    """``said``: what came of it in one sentence, as the chair wrote it. ``talked``: over, whatever came of it.
    ``written``: what somebody wrote into the minutes instead of the composed words."""

    item_id: int
    kind: ItemKind
    title: str
    state: ItemState
    said: str
    talked: bool
    written: str
    competence: Competence
    point: int | None
    level: Level | None
    to_role: Role | None
    to_label: str
    numbers: tuple[str, ...]
    notes: tuple[NoteView, ...]
    ballots: tuple[BallotView, ...]
    resolution: ResolutionView | None
    referrals: tuple[ReferralView, ...]


@dataclass(frozen=True)
class MinutesView:
    """One version of the minutes, with the facts as they are now. ``names``: what public pages must not say, and the
    building that they say instead.

    ``version`` 0: nobody has written minutes yet.
    """

    meeting_id: int
    meeting_public_id: str
    public_id: str
    version: int
    why: str
    written_at: datetime | None
    sent_at: datetime | None
    label: str
    number: int | None
    level: Level
    form: Form
    venue: str
    state: MeetingState
    meets_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    published_at: datetime | None
    quorum: QuorumRule
    convener_role: Role
    convener: str
    attendance: Attendance
    opening: str
    closing: str
    notes: tuple[NoteView, ...]
    items: tuple[ItemView, ...]
    names: Mapping[str, str]


def minutes_for_chair(session: Session, *, meeting_id: int, member_id: int, at: datetime) -> MinutesView:
    """The last version, for a chair who reads it and does not write yet. Raises NotFound for everybody else."""
    line = meeting_line(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not line.held & {MeetingActor.CONVENER, MeetingActor.UPPER}:
        raise NotFound
    return minutes_of(session, meeting_id=meeting_id)


def minutes_by_address(session: Session, *, public_id: str) -> MinutesView | None:
    """A version that was sent, for whoever holds its unguessable address."""
    found = session.scalars(
        select(Minutes).where(Minutes.public_id == public_id, Minutes.sent_at.is_not(None))
    ).one_or_none()
    return None if found is None else _read(session, session.get_one(Meeting, found.meeting_id), found)


def meeting_by_address(session: Session, *, public_id: str) -> MinutesView | None:
    """A meeting for everybody: the page of its printed notice. What may be shown of it depends on its state."""
    meeting = session.scalars(select(Meeting).where(Meeting.public_id == public_id)).one_or_none()
    return None if meeting is None else _read(session, meeting, last_version(session, meeting_id=meeting.id))


def minutes_of(session: Session, *, meeting_id: int) -> MinutesView:
    """The last version of a meeting's minutes, for papers and other services that know who may have it."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound
    return _read(session, meeting, last_version(session, meeting_id=meeting_id))


def _read(session: Session, meeting: Meeting, minutes: Minutes | None) -> MinutesView:
    series = session.get_one(MeetingSeries, meeting.series_id)
    convener = session.execute(select(Post.role, Post.label).where(Post.id == series.convener_id)).one()
    body: Mapping[str, Any] = minutes.body if minutes else {"opening": "", "items": {}, "closing": ""}
    notes = _notes(session, meeting.id)
    return MinutesView(
        meeting_id=meeting.id,
        meeting_public_id=meeting.public_id,
        public_id=minutes.public_id if minutes else "",
        version=minutes.version if minutes else 0,
        why=minutes.why if minutes else "",
        written_at=minutes.at if minutes else None,
        sent_at=minutes.sent_at if minutes else None,
        label=series.label,
        number=meeting.number,
        level=series.level,
        form=meeting.form,
        venue=meeting.venue,
        state=meeting.state,
        meets_at=meeting.meets_at,
        opened_at=meeting.opened_at,
        closed_at=meeting.closed_at,
        published_at=meeting.published_at,
        quorum=meeting.quorum,
        convener_role=convener.role,
        convener=convener.label,
        attendance=_attendance(session, meeting),
        opening=body["opening"],
        closing=body["closing"],
        notes=tuple(notes[None]),
        items=_items(session, meeting.id, body["items"], notes),
        names=people_named(session, meeting_id=meeting.id, level=series.level),
    )


def _attendance(session: Session, meeting: Meeting) -> Attendance:
    present = present_households(session, meeting_id=meeting.id)
    voters = len(voting_households(session, meeting_id=meeting.id))
    people = session.scalar(
        select(func.count())
        .select_from(MeetingInvitation)
        .where(MeetingInvitation.meeting_id == meeting.id, MeetingInvitation.checked_in_at.is_not(None))
    )
    units = Counter(int(home.split(":")[1]) for home in present if home.startswith("home:"))
    named = session.execute(
        select(Unit.id, Compound.name.label("compound"), Building.name)
        .join(Building, Building.id == Unit.building_id)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Unit.id.in_(sorted(units)))
        .order_by(Building.id)
    ).all()
    buildings: Counter[str] = Counter()
    for row in named:
        buildings[f"{row.compound}{row.name}"] += units[row.id]
    unknown = len(present) - sum(buildings.values())
    if unknown:
        buildings[""] = unknown
    base = quorum_base(meeting, voters=voters)
    return Attendance(len(present), base, needed(meeting.quorum, base), people or 0, tuple(buildings.items()))


def _notes(session: Session, meeting_id: int) -> defaultdict[int | None, list[NoteView]]:
    """By item; those of the whole meeting under None."""
    found: defaultdict[int | None, list[NoteView]] = defaultdict(list)
    rows = session.scalars(select(MeetingNote).where(MeetingNote.meeting_id == meeting_id).order_by(MeetingNote.id))
    for note in rows:
        found[note.item_id].append(NoteView(note.words, tuple(note.photos)))
    return found


def _items(
    session: Session, meeting_id: int, written: Mapping[str, str], notes: Mapping[int | None, Sequence[NoteView]]
) -> tuple[ItemView, ...]:
    rows = session.execute(
        select(AgendaItem, Post.role, Post.label)
        .outerjoin(Post, Post.id == AgendaItem.referred_to_id)
        .where(AgendaItem.meeting_id == meeting_id, AgendaItem.state.in_(sorted(ANNOUNCED)))
        .order_by(AgendaItem.position, AgendaItem.id)
        .execution_options(populate_existing=True)
    ).all()
    ids = [row.AgendaItem.id for row in rows]
    numbers, ballots = _numbers(session, ids), _ballots(session, ids)
    resolutions, referrals = _resolutions(session, ids), _referrals(session, ids)
    return tuple(
        ItemView(
            item_id=item.id,
            kind=item.kind,
            title=item.title,
            state=item.state,
            said=item.words,
            talked=item.talked_from is not None,
            written=written.get(str(item.id), ""),
            competence=item.competence,
            point=item.point,
            level=item.level,
            to_role=role,
            to_label=label or "",
            numbers=tuple(numbers[item.id]),
            notes=tuple(notes.get(item.id, ())),
            ballots=tuple(ballots[item.id]),
            resolution=resolutions.get(item.id),
            referrals=tuple(referrals[item.id]),
        )
        for item, role, label in rows
    )


def _numbers(session: Session, items: Sequence[int]) -> defaultdict[int, list[str]]:
    rows = session.execute(
        select(AgendaIssue.item_id, Issue.number)
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .where(AgendaIssue.item_id.in_(items))
        .order_by(AgendaIssue.id)
    ).all()
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row.item_id].append(row.number)
    return found


def _ballots(session: Session, items: Sequence[int]) -> defaultdict[int, list[BallotView]]:
    found: defaultdict[int, list[BallotView]] = defaultdict(list)
    for ballot in session.scalars(select(Ballot).where(Ballot.item_id.in_(items)).order_by(Ballot.id)):
        result = ballot.result or {}
        view = BallotView(
            ballot.question,
            tuple(ballot.options),
            tuple(result["counts"]) if result else None,
            result.get("base", ballot.base_count),
            result.get("needed", 0),
            result.get("won"),
            ballot.secret,
        )
        found[ballot.item_id].append(view)
    return found


def _resolutions(session: Session, items: Sequence[int]) -> dict[int, ResolutionView]:
    group = (
        select(func.count())
        .select_from(FollowUp)
        .where(FollowUp.resolution_id == Resolution.id)
        .correlate(Resolution)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Resolution, Post.role, Post.label, group)
        .join(Post, Post.id == Resolution.owner_id)
        .where(Resolution.item_id.in_(items))
    ).all()
    return {
        resolution.item_id: ResolutionView(
            resolution.id,
            resolution.year,
            resolution.serial,
            resolution.state,
            resolution.words,
            resolution.standard,
            role,
            label,
            resolution.due_on,
            resolution.budget,
            resolution.source,
            follow_up,
            resolution.objections_until,
        )
        for resolution, role, label, follow_up in rows
    }


def _referrals(session: Session, items: Sequence[int]) -> defaultdict[int, list[ReferralView]]:
    rows = session.execute(
        select(Referral, Issue.number, Issue.state, Post.role, Post.label)
        .join(Issue, Issue.id == Referral.issue_id)
        .join(AgendaItem, AgendaItem.id == Referral.item_id)
        .outerjoin(Post, Post.id == AgendaItem.referred_to_id)
        .where(Referral.item_id.in_(items))
        .order_by(Referral.id)
        .execution_options(populate_existing=True)
    ).all()
    found: defaultdict[int, list[ReferralView]] = defaultdict(list)
    for referral, number, state, role, label in rows:
        view = ReferralView(
            number,
            referral.to_level,
            role,
            label or "",
            referral.reason,
            referral.until,
            referral.answer,
            referral.answered_at,
            state,
        )
        found[referral.item_id].append(view)
    return found
