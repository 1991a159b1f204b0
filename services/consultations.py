"""微协商: a small consultation at once, of the few concerned and in chat alone (meetings.md, Words).

Nobody in it is shown another's name: neighbours are told apart by a number, staff by their post.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.consultation import GOING_ON, Consultation, ConsultationState, ConsultationWord, Participant
from models.issue import Issue
from models.meeting import MeetingSeries
from models.member import Post
from models.rules.deadlines import due
from models.rules.errors import ConsultationOver, ConsultationRunning, FewParticipants, NotFound, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Actor, Level, State
from models.rules.looking import next_look
from models.rules.posts import Role
from services import notices, timetable
from services.deliberating import propose_by_itself
from services.handling import taken_up
from services.members import holders_of
from services.moving import Deed, lock_issue, move

_AT_WORK = frozenset({State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS})
_LOCKED = (
    select(Consultation)
    .where(Consultation.id == bindparam("consultation"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_MEETING = frozenset({Actor.MEETING})


@dataclass(frozen=True)
class Concerned:
    """Somebody who may be asked. ``role`` empty: a neighbour; ``label``: of the post."""

    member_id: int
    role: str
    label: str


def concerned(session: Session, *, issue_id: int, member_id: int, at: datetime) -> Sequence[Concerned]:
    """Who may be asked about an issue, but the one who asks: its raisers, its holder, the handling units of the
    community."""
    issue, _ = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    found: dict[int, Concerned] = {}
    handlers = select(Post.id).where(Post.community_id == issue.community_id, Post.role == Role.HANDLER)
    for post_id in dict.fromkeys((issue.holder_id, *session.scalars(handlers.order_by(Post.id)))):
        post = session.execute(select(Post.role, Post.label).where(Post.id == post_id)).one()
        for holder in holders_of(session, post_id=post_id, at=at):
            found.setdefault(holder, Concerned(holder, post.role.value, post.label))
    for raiser in notices.raisers_of(session, issue_id=issue_id):
        found.setdefault(raiser, Concerned(raiser, "", ""))
    found.pop(member_id, None)
    return sorted(found.values(), key=lambda one: (bool(one.role), one.member_id))


def call_consultation(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    people: Collection[int],
    words: str,
    at: datetime,
    rules: HouseRules,
) -> int:
    """Ask the few concerned to talk it over now. Returns its id.

    Raises FewParticipants without anybody else, ConsultationRunning where one is going on about the issue.
    """
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    known = {one.member_id for one in concerned(session, issue_id=issue_id, member_id=member_id, at=at)}
    asked = [person for person in dict.fromkeys(people) if person in known]
    if not asked:
        raise FewParticipants
    if session.scalar(
        select(Consultation.id).where(Consultation.issue_id == issue_id, Consultation.state.in_(GOING_ON))
    ):
        raise ConsultationRunning(number=issue.number)
    move(session, issue, Deed(Action.CONSULT, member_id, held, words=words), at=at, rules=rules)
    opens_by = at + rules.consultation_opens
    _waits_until(issue, opens_by, rules)
    consultation_id = insert_row(
        session,
        Consultation,
        issue_id=issue_id,
        state=ConsultationState.CALLED,
        words=words,
        called_by_id=member_id,
        called_at=at,
        opens_by=opens_by,
    )
    for person in (member_id, *asked):
        joined = at if person == member_id else None
        insert_row(session, Participant, consultation_id=consultation_id, member_id=person, joined_at=joined)
    facts = {"number": issue.number, "summary": issue.summary, "place": issue.place_label}
    _tell(session, consultation_id, "called", asked, {**facts, "note": words}, "once", at, rules, opens_by=opens_by)
    _owe_end(session, consultation_id, "opens", opens_by)
    return consultation_id


def join(session: Session, *, consultation_id: int, member_id: int, at: datetime, rules: HouseRules) -> None:
    """Somebody who was asked takes part. The first of them opens it."""
    consultation, mine = _taking_part(session, consultation_id, member_id)
    if mine.joined_at is not None:
        return
    mine.joined_at = at
    if consultation.state is ConsultationState.CALLED:
        _becomes(consultation, ConsultationState.OPEN, at)
        consultation.closes_by = due(at, rules.consultation_closes, rules=rules)
        _owe_end(session, consultation_id, "closes", consultation.closes_by)
        _waits_until(lock_issue(session, consultation.issue_id), consultation.closes_by, rules)
    session.flush()
    _tell_others(session, consultation, member_id, "joined", {}, f"joined:{member_id}", at, rules)


def _waits_until(issue: Issue, moment: datetime, rules: HouseRules) -> None:
    """Its rung need not be through with it while it is talked over; its own clocks run on."""
    if issue.state not in _AT_WORK:
        return
    issue.rung_due = max(issue.rung_due or moment, moment)
    issue.look_at = next_look(issue, rules=rules)


def say(session: Session, *, consultation_id: int, member_id: int, words: str, at: datetime, rules: HouseRules) -> None:
    """A word to all of them."""
    if not words.strip():
        raise WordsNeeded(action=Action.CONSULT)
    consultation, mine = _taking_part(session, consultation_id, member_id)
    if mine.joined_at is None:
        join(session, consultation_id=consultation_id, member_id=member_id, at=at, rules=rules)
    word = insert_row(
        session, ConsultationWord, consultation_id=consultation_id, member_id=member_id, words=words, at=at
    )
    _tell_others(session, consultation, member_id, "said", {"note": words}, f"word:{word}", at, rules)


def put_text(
    session: Session, *, consultation_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> None:
    """What is to be agreed. Everybody is asked anew; whoever wrote it agrees."""
    if not words.strip():
        raise WordsNeeded(action=Action.AGREE)
    consultation, mine = _taking_part(session, consultation_id, member_id)
    if mine.joined_at is None:
        join(session, consultation_id=consultation_id, member_id=member_id, at=at, rules=rules)
    consultation.text, consultation.text_version = words.strip(), consultation.text_version + 1
    mine.agreed_version, mine.agreed_at = consultation.text_version, at
    session.flush()
    facts = {"note": consultation.text, "version": consultation.text_version}
    _tell_others(session, consultation, member_id, "text", facts, f"text:{consultation.text_version}", at, rules)


def answer_text(
    session: Session,
    *,
    consultation_id: int,
    member_id: int,
    agree: bool,
    at: datetime,
    rules: HouseRules,
    words: str = "",
) -> ConsultationState:
    """Agree to the text as it stands, or say why not. When all who take part agree, it is settled.

    Who was asked and never took part agrees to nothing, and does not hold the others up.
    """
    consultation, mine = _taking_part(session, consultation_id, member_id)
    if not consultation.text:
        raise WordsNeeded(action=Action.AGREE)
    mine.joined_at = mine.joined_at or at
    version = consultation.text_version
    if not agree:
        if not words.strip():
            raise WordsNeeded(action=Action.AGREE)
        mine.agreed_version = mine.agreed_at = None
        mine.declined_version, mine.declined_why = version, words.strip()
        session.flush()
        _tell_others(
            session, consultation, member_id, "declined", {"note": words}, f"no:{version}:{member_id}", at, rules
        )
        return consultation.state
    mine.agreed_version, mine.agreed_at = version, at
    mine.declined_version, mine.declined_why = None, ""
    session.flush()
    taking_part = [one for one in participants(session, consultation_id) if one.joined_at is not None]
    if len(taking_part) > 1 and all(one.agreed_version == version for one in taking_part):
        _settle(session, consultation, len(taking_part), at=at, rules=rules)
    return consultation.state


def end_when_over(session: Session, *, consultation_id: int, at: datetime, rules: HouseRules) -> datetime | None:
    """Its time is up: what was not agreed is for the next meeting. A moment: not yet."""
    consultation = session.scalars(_LOCKED, {"consultation": consultation_id}).one()
    if consultation.state not in GOING_ON:
        return None
    over = consultation.closes_by or consultation.opens_by
    if at < over:
        return over
    issue = lock_issue(session, consultation.issue_id)
    goes_on = issue.state in _AT_WORK
    _becomes(consultation, ConsultationState.FAILED if goes_on else ConsultationState.WITHDRAWN, at)
    session.flush()
    everybody = [one.member_id for one in participants(session, consultation_id)]
    level = _level_for(session, issue)
    params = {"number": issue.number, "summary": issue.summary, "goes_on": goes_on, "level": level.value}
    _tell(session, consultation_id, "failed", everybody, params, "end", at, rules)
    if goes_on:
        words = consultation.text or consultation.words
        propose_by_itself(session, issue_id=issue.id, level=level, words=words, at=at, rules=rules)
    return None


def _becomes(consultation: Consultation, state: ConsultationState, at: datetime) -> None:
    consultation.state = state
    if state in GOING_ON:
        consultation.opened_at = at
    else:
        consultation.ended_at = at


def _settle(session: Session, consultation: Consultation, count: int, *, at: datetime, rules: HouseRules) -> None:
    _becomes(consultation, ConsultationState.AGREED, at)
    session.flush()
    issue = lock_issue(session, consultation.issue_id)
    if issue.state in _AT_WORK:
        details = {"consultation": consultation.id, "agreed": count}
        deed = Deed(Action.AGREE, None, _MEETING, words=consultation.text, details=details)
        move(session, issue, deed, at=at, rules=rules)
    everybody = [one.member_id for one in participants(session, consultation.id)]
    params = {"number": issue.number, "summary": issue.summary, "note": consultation.text, "count": count}
    _tell(session, consultation.id, "agreed", everybody, params, "end", at, rules)


def _taking_part(session: Session, consultation_id: int, member_id: int) -> tuple[Consultation, Participant]:
    """Raises NotFound for strangers, ConsultationOver when it has ended."""
    consultation = session.scalars(_LOCKED, {"consultation": consultation_id}).one_or_none()
    mine = session.scalars(
        select(Participant).where(Participant.consultation_id == consultation_id, Participant.member_id == member_id)
    ).one_or_none()
    if consultation is None or mine is None:
        raise NotFound
    if consultation.state not in GOING_ON:
        raise ConsultationOver(state=consultation.state)
    return consultation, mine


def participants(session: Session, consultation_id: int) -> Sequence[Participant]:
    return session.scalars(
        select(Participant).where(Participant.consultation_id == consultation_id).order_by(Participant.id)
    ).all()


def _level_for(session: Session, issue: Issue) -> Level:
    """The lowest level that meets for this place; a compound's where none does yet."""
    live = select(MeetingSeries.level).where(
        MeetingSeries.ended_at.is_(None), MeetingSeries.community_id == issue.community_id
    )
    if issue.unit_id is not None and session.scalar(live.where(MeetingSeries.unit_id == issue.unit_id).limit(1)):
        return Level.CORRIDOR
    compound = live.where(MeetingSeries.level == Level.COMPOUND, MeetingSeries.compound_id == issue.compound_id)
    if session.scalar(compound.limit(1)) is None and session.scalar(live.where(MeetingSeries.level == Level.COMMUNITY)):
        return Level.COMMUNITY
    return Level.COMPOUND


def _owe_end(session: Session, consultation_id: int, slot: str, due_at: datetime) -> None:
    timetable.owe(session, kind="consultation_ends", subject=str(consultation_id), slot=slot, due_at=due_at)


def _tell_others(
    session: Session,
    consultation: Consultation,
    member_id: int,
    what: str,
    params: dict[str, Any],
    key: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    everybody = [one.member_id for one in participants(session, consultation.id)]
    issue = session.execute(select(Issue.number, Issue.summary).where(Issue.id == consultation.issue_id)).one()
    facts = {"number": issue.number, "summary": issue.summary, "voice": everybody.index(member_id) + 1}
    others = [one for one in everybody if one != member_id]
    _tell(session, consultation.id, what, others, facts | params, key, at, rules)


def _tell(
    session: Session,
    consultation_id: int,
    what: str,
    members: Sequence[int],
    params: dict[str, Any],
    key: str,
    at: datetime,
    rules: HouseRules,
    opens_by: datetime | None = None,
) -> None:
    until = {"opens_by": opens_by.isoformat()} if opens_by else {}
    notices.owe(
        session,
        members=members,
        kind=f"consultation_{what}_participants",
        params={"consultation": consultation_id, **params, **until},
        key=f"consultation:{consultation_id}:{what}:{key}",
        at=at,
        rules=rules,
    )
