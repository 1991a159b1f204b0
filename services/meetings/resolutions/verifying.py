"""评事: the follow-up group and the raisers say whether a resolution meets its standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.dialect import insert_ignore
from models.resolution import FollowUp, Resolution, ResolutionEntry, Verification
from models.rules.errors import OwnWork, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.resolution_looking import judge_at
from models.rules.resolution_workflow import ResolutionAction, ResolutionActor
from models.rules.verification import Verdict, verdict
from services import notices
from services.deliberating import answer_by_meeting
from services.meetings.resolutions.deeds import held_to, issues_in, settle_look
from services.meetings.resolutions.moves import (
    BY_TIMER,
    ResolutionDeed,
    check_resolution_move,
    issues_of,
    move_resolution,
    resolution_facts,
    series_of,
)
from services.members import holders_of

_MOST_PHOTOS = 9  # that go with the answer: the last ones


@dataclass(frozen=True)
class Answers:
    """What was said in the round that is open, or was the last. ``words``: of those who say that it is not met."""

    asked: int
    met: int
    unmet: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class LastWord:
    """What its owner noted last, and the photos of the last note that had any."""

    words: str
    photos: tuple[str, ...]


def last_word(session: Session, *, resolution_id: int) -> LastWord:
    rows = _notes(session, resolution_id)
    photos = next((row.photos for row in reversed(rows) if row.photos), ())
    return LastWord(rows[-1].note if rows else "", tuple(photos))


def asked(session: Session, resolution: Resolution, *, at: datetime) -> list[int]:
    """Who is to judge it: the follow-up group and the raisers, but not who carries it out."""
    group = session.scalars(
        select(FollowUp.member_id).where(FollowUp.resolution_id == resolution.id).order_by(FollowUp.id)
    ).all()
    raisers = [
        member
        for issue in issues_of(session, resolution.id)
        for member in notices.raisers_of(session, issue_id=issue)
    ]
    own = set(holders_of(session, post_id=resolution.owner_id, at=at))
    return [member for member in dict.fromkeys((*group, *raisers)) if member not in own]


def answers(session: Session, resolution: Resolution, *, at: datetime) -> Answers:
    given = _given(session, resolution)
    met = sum(each.met for each in given.values())
    words = tuple(each.words for each in given.values() if not each.met and each.words)
    return Answers(len(asked(session, resolution, at=at)), met, len(given) - met, words)


def ask(
    session: Session,
    resolution: Resolution,
    *,
    actor_id: int | None,
    held: frozenset[ResolutionActor] | set[ResolutionActor],
    at: datetime,
    rules: HouseRules,
) -> int:
    """Ask them, with what its owner noted last. Where there is nobody to ask, the convener is told so, and has to look.
    Returns how many are asked."""
    who, last = asked(session, resolution, at=at), last_word(session, resolution_id=resolution.id)
    deed = ResolutionDeed(
        ResolutionAction.ASK_VERIFICATION,
        actor_id,
        held,
        look_at=resolution.look_at,
        details={
            "asked": len(who),
            "said_done": actor_id is not None,
            "progress": last.words,
            "photos": list(last.photos),
        },
    )
    move_resolution(session, resolution, deed, at=at, rules=rules)
    if not who:
        resolution.convener_asked_at = at
    settle_look(session, resolution, rules=rules)
    return len(who)


def say_done(session: Session, *, resolution_id: int, member_id: int, at: datetime, rules: HouseRules) -> int:
    """Its owner says that it is done; the follow-up group and the raisers are asked whether it is. Returns how many."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    return ask(session, resolution, actor_id=member_id, held=held, at=at, rules=rules)


def check_verifying(
    session: Session, *, resolution_id: int, member_id: int, at: datetime
) -> tuple[Resolution, set[ResolutionActor]]:
    """Refuses what :func:`verify` would refuse: NotFound, ResolutionRefused, OwnWork."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    if ResolutionActor.OWNER in held:
        raise OwnWork
    check_resolution_move(resolution, action=ResolutionAction.VERIFY, held=held)
    return resolution, held


def verify(
    session: Session,
    *,
    resolution_id: int,
    member_id: int,
    met: bool,
    at: datetime,
    rules: HouseRules,
    words: str = "",
) -> Verdict:
    """What one of them says; the last word counts. Once it is plain what comes of it, that is done.

    Raises WordsNeeded where it is not met and nothing is said of what is missing.
    """
    if not met and not words.strip():
        raise WordsNeeded(action=ResolutionAction.VERIFY)
    resolution, held = check_verifying(session, resolution_id=resolution_id, member_id=member_id, at=at)
    deed = ResolutionDeed(
        ResolutionAction.VERIFY, member_id, held, look_at=resolution.look_at, words=words, met=met
    )
    move_resolution(session, resolution, deed, at=at, rules=rules)
    said = {"met": met, "words": words, "at": at}
    key = {"resolution_id": resolution.id, "round": resolution.verify_round, "member_id": member_id}
    if not insert_ignore(session, Verification, key | said, conflict=("resolution_id", "round", "member_id")):
        row = session.scalars(select(Verification).filter_by(**key)).one()
        row.met, row.words, row.at = met, words, at
        session.flush()
    return judge(session, resolution, at=at, rules=rules)


def judge(session: Session, resolution: Resolution, *, at: datetime, rules: HouseRules) -> Verdict:
    """What comes of what was said by now, and do it: met, it is done and its issues are answered; not met, it goes back
    when they were waited for; nobody said anything, the convener is told once."""
    given = _given(session, resolution)
    waited = judge_at(resolution, rules=rules)
    found = verdict(
        asked(session, resolution, at=at),
        {member: each.met for member, each in given.items()},
        over=waited is not None and at >= waited,
    )
    if found is Verdict.MET:
        _complete(session, resolution, None, BY_TIMER, words="", at=at, rules=rules)
    elif found is Verdict.NOT_MET:
        words = "；".join(each.words for each in given.values() if not each.met and each.words)
        _send_back(session, resolution, None, BY_TIMER, words=words, at=at, rules=rules)
    elif found is Verdict.UNJUDGED and resolution.convener_asked_at is None:
        _ask_convener(session, resolution, at=at, rules=rules)
    return found


def complete(
    session: Session, *, resolution_id: int, member_id: int, words: str = "", at: datetime, rules: HouseRules
) -> Resolution:
    """The chair has looked, and finds the standard met."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    _complete(session, resolution, member_id, held, words=words, at=at, rules=rules)
    return resolution


def send_back(
    session: Session, *, resolution_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Resolution:
    """The chair says that it is not met, and what is missing."""
    resolution, held = held_to(session, resolution_id=resolution_id, member_id=member_id, at=at)
    _send_back(session, resolution, member_id, held, words=words, at=at, rules=rules)
    return resolution


def _complete(
    session: Session,
    resolution: Resolution,
    actor_id: int | None,
    held: frozenset[ResolutionActor] | set[ResolutionActor],
    *,
    words: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    said = answers(session, resolution, at=at)
    details = {"met": said.met, "unmet": said.unmet, "asked": said.asked, "by_chair": actor_id is not None}
    deed = ResolutionDeed(ResolutionAction.COMPLETE, actor_id, held, look_at=None, words=words, details=details)
    move_resolution(session, resolution, deed, at=at, rules=rules)
    rows = _notes(session, resolution.id)
    photos = tuple(photo for row in rows for photo in row.photos)[-_MOST_PHOTOS:]
    said_last = f"{resolution.words.rstrip('。')}。{rows[-1].note}" if rows else resolution.words
    for issue_id in issues_in(session, resolution, State.DECIDED):
        answer_by_meeting(session, issue_id=issue_id, words=said_last, photos=photos, at=at, rules=rules)
        photos = ()  # a photo belongs to one entry of one history
    settle_look(session, resolution, rules=rules)


def _send_back(
    session: Session,
    resolution: Resolution,
    actor_id: int | None,
    held: frozenset[ResolutionActor] | set[ResolutionActor],
    *,
    words: str,
    at: datetime,
    rules: HouseRules,
) -> None:
    deed = ResolutionDeed(ResolutionAction.SEND_BACK, actor_id, held, look_at=resolution.look_at, words=words)
    move_resolution(session, resolution, deed, at=at, rules=rules)
    settle_look(session, resolution, rules=rules)


def _ask_convener(session: Session, resolution: Resolution, *, at: datetime, rules: HouseRules) -> None:
    resolution.convener_asked_at = at
    notices.owe(
        session,
        members=holders_of(session, post_id=series_of(session, resolution).convener_id, at=at),
        kind="resolution_unjudged_convener",
        params={**resolution_facts(session, resolution), "asked": len(asked(session, resolution, at=at))},
        key=f"resolution:{resolution.id}:unjudged:{resolution.verify_round}",
        at=at,
        rules=rules,
    )
    settle_look(session, resolution, rules=rules)


def _given(session: Session, resolution: Resolution) -> Mapping[int, Verification]:
    rows = session.scalars(
        select(Verification)
        .where(Verification.resolution_id == resolution.id, Verification.round == resolution.verify_round)
        .order_by(Verification.id)
        .execution_options(populate_existing=True)
    )
    return {row.member_id: row for row in rows}


def _notes(session: Session, resolution_id: int) -> Sequence[Row[str, list[Any]]]:
    """What its owner noted, with the photos."""
    return session.execute(
        select(ResolutionEntry.note, ResolutionEntry.photos)
        .where(ResolutionEntry.resolution_id == resolution_id, ResolutionEntry.action == ResolutionAction.NOTE)
        .order_by(ResolutionEntry.id)
    ).all()
