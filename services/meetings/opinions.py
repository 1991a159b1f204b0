"""Opinions before the meeting (意见征集): a stance and one own sentence to each item. It is no vote."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.opinion import Moderation, Opinion, Stance, Statement, StatementAnswer
from models.rules.errors import MeetingRefused, NotFound, OpinionRefused
from models.rules.house import HouseRules
from models.rules.meeting_workflow import CHAIR, ItemState, MeetingActor, MeetingState
from services import notices
from services.meeting_people import meeting_actors
from services.meetings.moves import chaired
from services.members import holders_of

LONGEST = 60  # characters of an own sentence: two lines on a phone
_ASKED = frozenset({MeetingActor.RESIDENT, MeetingActor.INVITED, MeetingActor.VOTER})
_OPEN = frozenset({MeetingState.CALLED, MeetingState.IN_SESSION})


def say(session: Session, *, item_id: int, member_id: int, stance: Stance, at: datetime, rules: HouseRules) -> None:
    """The last one said counts. Raises NotFound for strangers, OpinionRefused where it is too late."""
    item = asked_item(session, item_id=item_id, member_id=member_id, at=at)
    own = session.scalars(
        select(Opinion).where(Opinion.item_id == item.id, Opinion.member_id == member_id)
    ).one_or_none()
    if own is None:
        session.add(Opinion(item_id=item.id, member_id=member_id, stance=stance, at=at))
    else:
        own.stance, own.at = stance, at
    session.flush()


def write(session: Session, *, item_id: int, member_id: int, words: str, at: datetime, rules: HouseRules) -> None:
    """One own sentence; a new one takes the place of the last, with the answers to it. The convener looks at it before
    others see it."""
    item = asked_item(session, item_id=item_id, member_id=member_id, at=at)
    said = " ".join(words.split())
    if not 0 < len(said) <= LONGEST:
        raise OpinionRefused(why="long" if said else "empty", most=LONGEST)
    own = session.scalars(
        select(Statement).where(Statement.item_id == item.id, Statement.member_id == member_id)
    ).one_or_none()
    if own is None:
        own = Statement(item_id=item.id, member_id=member_id)
        session.add(own)
    else:
        session.execute(delete(StatementAnswer).where(StatementAnswer.statement_id == own.id))
    own.words, own.at = said, at
    own.moderation, own.moderated_by_id = Moderation.WAITING, None
    session.flush()
    _tell_convener(session, item, at=at, rules=rules)


def answer(
    session: Session, *, statement_id: int, member_id: int, stance: Stance, at: datetime, rules: HouseRules
) -> None:
    """To another's sentence that is shown; the last answer counts. Raises NotFound for any other."""
    statement = session.get(Statement, statement_id)
    if statement is None or statement.member_id == member_id or statement.moderation is not Moderation.SHOWN:
        raise NotFound
    asked_item(session, item_id=statement.item_id, member_id=member_id, at=at)
    own = session.scalars(
        select(StatementAnswer).where(
            StatementAnswer.statement_id == statement_id, StatementAnswer.member_id == member_id
        )
    ).one_or_none()
    if own is None:
        insert_row(
            session, StatementAnswer, statement_id=statement_id, member_id=member_id, stance=stance, at=at
        )
    else:
        own.stance, own.at = stance, at
        session.flush()


def moderate(
    session: Session,
    *,
    statement_id: int,
    member_id: int,
    show: bool,
    words: str = "",
    at: datetime,
    rules: HouseRules,
) -> Statement:
    """Shown to others without a name, or not; then the writer hears why. Raises NotFound, MeetingRefused for who does
    not chair the meeting, OpinionRefused where nobody says why it is hidden."""
    statement = session.get(Statement, statement_id, with_for_update=True, populate_existing=True)
    if statement is None:
        raise NotFound
    item = session.get_one(AgendaItem, statement.item_id)
    _, series = check_chair(session, meeting_id=item.meeting_id, member_id=member_id, at=at)
    if not show and not words.strip():
        raise OpinionRefused(why="reason")
    statement.moderation = Moderation.SHOWN if show else Moderation.HIDDEN
    statement.moderated_by_id = member_id
    session.flush()
    if not show:
        notices.owe(
            session,
            members=[statement.member_id],
            kind="meeting_statement_hidden",
            params={
                "meeting": item.meeting_id,
                "item": item.id,
                "label": series.label,
                "title": item.title,
                "words": statement.words,
                "note": words,
            },
            key=f"statement:{statement.id}:{statement.at.isoformat()}:{at.isoformat()}",
            at=at,
            rules=rules,
        )
    return statement


def check_chair(
    session: Session, *, meeting_id: int, member_id: int, at: datetime
) -> tuple[Meeting, MeetingSeries]:
    """Raises NotFound for strangers, MeetingRefused for who does not chair it."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    if not held & CHAIR:
        raise MeetingRefused(action="opinions", state=meeting.state, chair=False)
    return meeting, series


def asked_item(session: Session, *, item_id: int, member_id: int, at: datetime) -> AgendaItem:
    """An item on which this person may say something now: announced, and not talked over yet. Raises NotFound for
    strangers, OpinionRefused with ``why``."""
    item = session.get(AgendaItem, item_id, populate_existing=True)
    if item is None:
        raise NotFound
    meeting = session.get_one(Meeting, item.meeting_id, populate_existing=True)
    series = session.get_one(MeetingSeries, meeting.series_id)
    held = meeting_actors(session, member_id=member_id, series=series, meeting_id=meeting.id, at=at)
    if not held:
        raise NotFound
    if not held & _ASKED:
        raise OpinionRefused(why="not_asked")
    if meeting.state not in _OPEN or item.state is not ItemState.LISTED:
        raise OpinionRefused(why="over")
    return item


def _tell_convener(session: Session, item: AgendaItem, *, at: datetime, rules: HouseRules) -> None:
    """That a sentence waits to be looked at: at most once a day for a meeting."""
    meeting = session.get_one(Meeting, item.meeting_id)
    series = session.get_one(MeetingSeries, meeting.series_id)
    members = holders_of(session, post_id=series.convener_id, at=at)
    key = f"statements:{meeting.id}:{at.astimezone(ZoneInfo(rules.timezone)).date().isoformat()}"
    new = [member for member in members if not notices.owed_already(session, key=key, members=[member])]
    notices.owe(
        session,
        members=new,
        kind="meeting_statement_waits",
        params={"meeting": meeting.id, "label": series.label},
        key=key,
        at=at,
        rules=rules,
    )
