"""What those in a small consultation see of it: neighbours are told apart by a number, staff by their post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.consultation import GOING_ON, Consultation, ConsultationState, ConsultationWord, Participant
from models.issue import Issue
from models.report import Report
from models.rules.errors import NotFound
from services.consultations import participants
from services.members import posts_of


@dataclass(frozen=True)
class Voice:
    """One of those in it. ``agreed`` None: has not said so to the text as it stands now."""

    member_id: int
    role: str
    label: str
    joined: bool
    agreed: bool | None
    why: str


@dataclass(frozen=True)
class ConsultationView:
    """``said``: the last words, by whom; the index is that of ``voices``."""

    id: int
    state: ConsultationState
    number: str
    summary: str
    words: str
    text: str
    version: int
    until: datetime
    voices: tuple[Voice, ...]
    said: tuple[tuple[int, str], ...]
    mine: int
    called: bool  # by the one who looks


def mine_now(session: Session, *, member_id: int) -> Sequence[tuple[int, str, str]]:
    """Those going on in which somebody is: id, number and summary of the issue."""
    rows = session.execute(
        select(Consultation.id, Issue.number, Issue.summary)
        .join(Participant, Participant.consultation_id == Consultation.id)
        .join(Issue, Issue.id == Consultation.issue_id)
        .where(Participant.member_id == member_id, Consultation.state.in_(GOING_ON))
        .order_by(Consultation.id)
    )
    return [(row.id, row.number, row.summary) for row in rows]


def view(session: Session, *, consultation_id: int, member_id: int, at: datetime) -> ConsultationView:
    """What one of its participants sees. Raises NotFound for everybody else."""
    consultation = session.get(Consultation, consultation_id)
    everybody = list(participants(session, consultation_id))
    if consultation is None or member_id not in {one.member_id for one in everybody}:
        raise NotFound
    issue = session.get_one(Issue, consultation.issue_id)
    order = {one.member_id: index for index, one in enumerate(everybody)}
    words = session.execute(
        select(ConsultationWord.member_id, ConsultationWord.words)
        .where(ConsultationWord.consultation_id == consultation_id)
        .order_by(ConsultationWord.id.desc())
        .limit(5)
    ).all()
    return ConsultationView(
        id=consultation.id,
        state=consultation.state,
        number=issue.number,
        summary=issue.summary,
        words=consultation.words,
        text=consultation.text,
        version=consultation.text_version,
        until=consultation.closes_by or consultation.opens_by,
        voices=tuple(_voice(session, one, consultation, issue, at) for one in everybody),
        said=tuple((order[row.member_id], row.words) for row in reversed(words)),
        mine=order[member_id],
        called=consultation.called_by_id == member_id,
    )


def _voice(session: Session, one: Participant, consultation: Consultation, issue: Issue, at: datetime) -> Voice:
    post = next(
        (post for post in posts_of(session, member_id=one.member_id, at=at) if post.community_id == issue.community_id),
        None,
    )
    raised = select(Report.id).where(Report.issue_id == issue.id, Report.raiser_id == one.member_id).limit(1)
    neighbour = post is None or session.scalar(raised) is not None
    version = consultation.text_version
    agreed = True if one.agreed_version == version and version else None
    if one.declined_version == version and version:
        agreed = False
    return Voice(
        one.member_id,
        "" if neighbour or post is None else post.role.value,
        "" if neighbour or post is None else post.label,
        one.joined_at is not None,
        agreed,
        one.declined_why if agreed is False else "",
    )
