"""Minutes (纪要): drafted from what happened, edited in versions, checked by those who were there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row, update_row
from models.meeting import AgendaItem, Meeting, MeetingInvitation, MeetingSeries
from models.member import Member
from models.minutes import Minutes, MinutesCheck
from models.rules.errors import MinutesChanged, MinutesRefused, NotFound, WordsNeeded
from models.rules.house import HouseRules
from models.rules.meeting_workflow import MeetingAction, MeetingState
from services import notices
from services.meetings.moves import (
    MeetingDeed,
    chaired,
    check_meeting_move,
    lock_meeting,
    meeting_facts,
    move_meeting,
)
from services.members import holders_of

OPENING, CLOSING = "opening", "closing"


@dataclass(frozen=True)
class Wrong:
    """有误: who says so, and what. ``name`` may be unknown, and is empty then."""

    name: str
    words: str


@dataclass(frozen=True)
class Checks:
    """What those who were there say of the version that was sent last. ``asked``: how many could be asked at all."""

    version: int | None  # None: none was sent
    asked: int
    right: int
    wrong: tuple[Wrong, ...]

    @property
    def silent(self) -> int:
        return max(0, self.asked - self.right - len(self.wrong))


def draft_minutes(
    session: Session, meeting: Meeting, series: MeetingSeries, *, at: datetime, rules: HouseRules
) -> Minutes:
    """The first version, in which nobody has written anything: what it says is read from what happened.

    A meeting that has minutes keeps them.
    """
    last = last_version(session, meeting_id=meeting.id)
    if last is not None:
        return last
    body: dict[str, Any] = {OPENING: "", "items": {}, CLOSING: ""}
    return _save(session, meeting_id=meeting.id, version=1, body=body, by=None, why="", at=at)


def last_version(session: Session, *, meeting_id: int) -> Minutes | None:
    return session.scalars(
        select(Minutes).where(Minutes.meeting_id == meeting_id).order_by(Minutes.version.desc()).limit(1)
    ).one_or_none()


def last_sent(session: Session, *, meeting_id: int) -> Minutes | None:
    """The version that those who were there were asked about last."""
    return session.scalars(
        select(Minutes)
        .where(Minutes.meeting_id == meeting_id, Minutes.sent_at.is_not(None))
        .order_by(Minutes.version.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def check_editable(session: Session, *, meeting_id: int, member_id: int, at: datetime, rules: HouseRules) -> Minutes:
    """The last version, for somebody who may change it now; written where the meeting has none.

    Raises NotFound or MeetingRefused.
    """
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=MeetingAction.SEND_MINUTES, held=held)
    return draft_minutes(session, meeting, series, at=at, rules=rules)


def edit_minutes(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    based_on: int,
    changes: Mapping[str, str],
    why: str,
    at: datetime,
    rules: HouseRules,
) -> Minutes:
    """A new version. ``changes``: the words of "opening", "closing" or an item's id; empty: what happened stands alone.
    ``based_on``: the version that was changed.

    Raises MinutesChanged where somebody else wrote a newer one meanwhile, WordsNeeded where nothing is different.
    """
    last = check_editable(session, meeting_id=meeting_id, member_id=member_id, at=at, rules=rules)
    if last.version != based_on:
        raise MinutesChanged(version=last.version)
    body = {**last.body, "items": dict(last.body["items"])}
    items = set(map(str, session.scalars(select(AgendaItem.id).where(AgendaItem.meeting_id == meeting_id))))
    for key, words in changes.items():
        said = words.strip()[: rules.max_words]
        if key in (OPENING, CLOSING):
            body[key] = said
        elif key in items:
            body["items"].pop(key, None)
            body["items"] |= {key: said} if said else {}
        else:
            raise NotFound
    if body == last.body:
        raise WordsNeeded(action=MeetingAction.SEND_MINUTES)
    version = last.version + 1
    return _save(session, meeting_id=meeting_id, version=version, body=body, by=member_id, why=why.strip(), at=at)


def send_minutes(
    session: Session, *, meeting_id: int, member_id: int, site: str, at: datetime, rules: HouseRules
) -> Minutes:
    """The last version goes to those who were there. ``site``: where our pages are.

    Raises MinutesRefused where this very version was sent already.
    """
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=MeetingAction.SEND_MINUTES, held=held)
    last = draft_minutes(session, meeting, series, at=at, rules=rules)
    if last.sent_at is not None:
        raise MinutesRefused(why="sent")
    update_row(session, Minutes, last.id, sent_at=at)
    session.refresh(last)
    details = {"link": f"{site}/minutes/{last.public_id}", "version": last.version}
    deed = MeetingDeed(MeetingAction.SEND_MINUTES, member_id, held, details=details)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    return last


def check_minutes(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    correct: bool,
    words: str,
    version: int | None,
    at: datetime,
    rules: HouseRules,
) -> Minutes:
    """无误, or 有误 with a sentence, of the version that was sent last; the last word of each counts.

    ``version``: the one that was read, where that is known. The convener hears of what is wrong.
    Raises NotFound for who was not there, MinutesRefused, MinutesChanged where a newer one was sent.
    """
    meeting, series = lock_meeting(session, meeting_id)
    if not _was_there(session, meeting_id=meeting_id, member_id=member_id):
        raise NotFound
    sent = last_sent(session, meeting_id=meeting_id)
    if sent is None or meeting.state is not MeetingState.MINUTED:
        raise MinutesRefused(why="published" if meeting.state is MeetingState.PUBLISHED else "unsent")
    if version is not None and version != sent.version:
        raise MinutesChanged(version=sent.version)
    if not correct and not words.strip():
        raise WordsNeeded(action=MeetingAction.SEND_MINUTES)
    said = {"correct": correct, "words": "" if correct else words.strip()[: rules.max_words], "at": at}
    own = select(MinutesCheck.id).where(MinutesCheck.minutes_id == sent.id, MinutesCheck.member_id == member_id)
    before = session.scalar(own)
    if before is not None:
        update_row(session, MinutesCheck, before, **said)
    else:
        insert_row(session, MinutesCheck, minutes_id=sent.id, member_id=member_id, **said)
    if not correct:
        notices.owe(
            session,
            members=holders_of(session, post_id=series.convener_id, at=at),
            kind="meeting_minutes_wrong_convener",
            params={**meeting_facts(session, meeting, series, rules=rules), "note": said["words"]},
            key=f"minutes:{sent.id}:{member_id}:{at.isoformat()}",
            at=at,
            rules=rules,
            shown_to=member_id,
        )
    return sent


def checks_of(session: Session, *, meeting_id: int) -> Checks:
    """For the chair: how many found it right, and each sentence of who did not."""
    there = select(MeetingInvitation).where(
        MeetingInvitation.meeting_id == meeting_id,
        MeetingInvitation.member_id.is_not(None),
        MeetingInvitation.checked_in_at.is_not(None),
    )
    asked = len(session.scalars(there).all())
    sent = last_sent(session, meeting_id=meeting_id)
    if sent is None:
        return Checks(None, asked, 0, ())
    rows = session.execute(
        select(MinutesCheck.correct, MinutesCheck.words, Member.name)
        .join(Member, Member.id == MinutesCheck.member_id)
        .where(MinutesCheck.minutes_id == sent.id)
        .order_by(MinutesCheck.at, MinutesCheck.id)
    ).all()
    wrong = tuple(Wrong(row.name, row.words) for row in rows if not row.correct)
    return Checks(sent.version, asked, sum(row.correct for row in rows), wrong)


def to_check(session: Session, *, member_id: int) -> list[int]:
    """The meetings whose minutes somebody was asked to check, and has not; the latest first."""
    checked = select(MinutesCheck.minutes_id).where(MinutesCheck.member_id == member_id)
    rows = session.execute(
        select(Minutes.id, Meeting.id.label("meeting"))
        .join(Meeting, Meeting.id == Minutes.meeting_id)
        .join(MeetingInvitation, MeetingInvitation.meeting_id == Meeting.id)
        .where(
            Meeting.state == MeetingState.MINUTED,
            Minutes.sent_at.is_not(None),
            MeetingInvitation.member_id == member_id,
            MeetingInvitation.checked_in_at.is_not(None),
        )
        .order_by(Meeting.id.desc(), Minutes.version.desc())
    ).all()
    latest: dict[int, int] = {}
    for row in rows:
        latest.setdefault(row.meeting, row.id)
    done = set(session.scalars(checked))
    return [meeting for meeting, minutes in latest.items() if minutes not in done]


def _was_there(session: Session, *, meeting_id: int, member_id: int) -> bool:
    there = select(MeetingInvitation.id).where(
        MeetingInvitation.meeting_id == meeting_id,
        MeetingInvitation.member_id == member_id,
        MeetingInvitation.checked_in_at.is_not(None),
    )
    return session.scalar(there) is not None


def _save(
    session: Session, *, meeting_id: int, version: int, body: Mapping[str, Any], by: int | None, why: str, at: datetime
) -> Minutes:
    saved = Minutes(meeting_id=meeting_id, version=version, body=dict(body), by_id=by, why=why, at=at)
    session.add(saved)
    session.flush()
    return saved
