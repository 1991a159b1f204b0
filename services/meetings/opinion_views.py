"""What people are shown of opinions: residents, others' sentences without names; conveners, what was found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.meeting import AgendaItem
from models.member import Member
from models.opinion import Moderation, Opinion, Stance, Statement, StatementAnswer
from models.rules.house import HouseRules
from models.rules.meeting_workflow import ANNOUNCED, ItemState
from models.rules.opinion_groups import AGREE, DISAGREE, UNDECIDED, Findings, find
from services.meetings.opinions import asked_item, check_chair

#: The question that the item itself is, beside its sentences.
ITEM = 0
_VALUES = {Stance.AGREE: AGREE, Stance.DISAGREE: DISAGREE, Stance.UNDECIDED: UNDECIDED}


@dataclass(frozen=True)
class OpinionItem:
    """An item as somebody is asked about it. ``stance``: what they said before."""

    item_id: int
    title: str
    stance: Stance | None


@dataclass(frozen=True)
class Sentence:
    statement_id: int
    item_id: int
    title: str
    words: str
    own: bool = False


@dataclass(frozen=True)
class Standing:
    """How an item stands, for residents: only from so many households on that nobody can be guessed."""

    agree: int
    disagree: int
    undecided: int
    households: int


@dataclass(frozen=True)
class Seen:
    """What the convener is shown of one item. ``sentences``: by statement id, those that are shown."""

    item_id: int
    title: str
    households: int
    findings: Findings
    sentences: Mapping[int, str]
    waiting: int


def items_to_judge(session: Session, *, meeting_id: int, member_id: int) -> Sequence[OpinionItem]:
    """The items of a meeting that are not talked over yet; those without an answer first."""
    rows = session.execute(
        select(AgendaItem.id, AgendaItem.title, Opinion.stance)
        .outerjoin(Opinion, (Opinion.item_id == AgendaItem.id) & (Opinion.member_id == member_id))
        .where(AgendaItem.meeting_id == meeting_id, AgendaItem.state == ItemState.LISTED)
        .order_by(AgendaItem.position, AgendaItem.id)
    ).all()
    return [OpinionItem(row.id, row.title, row.stance) for row in rows]


def next_sentence(session: Session, *, item_id: int, member_id: int, at: datetime) -> Sentence | None:
    """Another's sentence that this person has not answered; those with the fewest answers first."""
    item = asked_item(session, item_id=item_id, member_id=member_id, at=at)
    answered = select(StatementAnswer.statement_id).where(StatementAnswer.member_id == member_id)
    row = session.execute(
        select(Statement.id, Statement.words)
        .outerjoin(StatementAnswer, StatementAnswer.statement_id == Statement.id)
        .where(
            Statement.item_id == item_id,
            Statement.member_id != member_id,
            Statement.moderation == Moderation.SHOWN,
            Statement.id.not_in(answered),
        )
        .group_by(Statement.id, Statement.words)
        .order_by(func.count(StatementAnswer.id), Statement.id)
        .limit(1)
    ).one_or_none()
    return Sentence(row.id, item_id, item.title, row.words) if row else None


def standing(session: Session, *, item_id: int, rules: HouseRules) -> Standing | None:
    """None below the number of households from which figures are shown to residents."""
    households = _households(session, item_id)
    if households < rules.reasons_shown_from:
        return None
    rows = session.execute(
        select(Opinion.stance, func.count()).where(Opinion.item_id == item_id).group_by(Opinion.stance)
    ).all()
    counted = {row.stance: row[1] for row in rows}
    agree, disagree, undecided = (counted.get(stance, 0) for stance in Stance)
    return Standing(agree, disagree, undecided, households)


def waiting_sentences(
    session: Session, *, meeting_id: int, member_id: int, at: datetime, limit: int = 20
) -> Sequence[Sentence]:
    """Those that the convener has not looked at, the oldest first; without who wrote them."""
    check_chair(session, meeting_id=meeting_id, member_id=member_id, at=at)
    rows = session.execute(
        select(Statement.id, Statement.item_id, AgendaItem.title, Statement.words, Statement.member_id)
        .join(AgendaItem, AgendaItem.id == Statement.item_id)
        .where(AgendaItem.meeting_id == meeting_id, Statement.moderation == Moderation.WAITING)
        .order_by(Statement.at, Statement.id)
        .limit(limit)
    ).all()
    return [Sentence(row.id, row.item_id, row.title, row.words, row.member_id == member_id) for row in rows]


def seen_by_convener(
    session: Session, *, meeting_id: int, member_id: int, at: datetime, rules: HouseRules
) -> Sequence[Seen]:
    """All announced items, in order, with what was found. Raises NotFound, MeetingRefused."""
    check_chair(session, meeting_id=meeting_id, member_id=member_id, at=at)
    items = session.execute(
        select(AgendaItem.id, AgendaItem.title)
        .where(AgendaItem.meeting_id == meeting_id, AgendaItem.state.in_(sorted(ANNOUNCED)))
        .order_by(AgendaItem.position, AgendaItem.id)
    ).all()
    return [_seen(session, row.id, row.title, rules) for row in items]


def _seen(session: Session, item_id: int, title: str, rules: HouseRules) -> Seen:
    answers: dict[int, dict[int, int]] = {}
    for member, stance in session.execute(
        select(Opinion.member_id, Opinion.stance).where(Opinion.item_id == item_id)
    ).all():
        answers.setdefault(member, {})[ITEM] = _VALUES[stance]
    statements = session.execute(
        select(Statement.id, Statement.words, Statement.member_id, Statement.moderation).where(
            Statement.item_id == item_id
        )
    ).all()
    shown = {row.id: row.words for row in statements if row.moderation is Moderation.SHOWN}
    for row in statements:
        if row.id in shown:
            answers.setdefault(row.member_id, {})[row.id] = AGREE  # who wrote it
    for statement, member, stance in session.execute(
        select(StatementAnswer.statement_id, StatementAnswer.member_id, StatementAnswer.stance)
        .join(Statement, Statement.id == StatementAnswer.statement_id)
        .where(Statement.item_id == item_id, Statement.moderation == Moderation.SHOWN)
    ).all():
        answers.setdefault(member, {})[statement] = _VALUES[stance]
    waiting = sum(row.moderation is Moderation.WAITING for row in statements)
    found = find(answers, groups_from=rules.groups_from)
    return Seen(item_id, title, _households(session, item_id), found, shown, waiting)


def _households(session: Session, item_id: int) -> int:
    """Homes of those who said something; who has no known room counts as one of their own."""
    rows = session.execute(
        select(Member.id, Member.home_unit_id, Member.home_room)
        .join(Opinion, Opinion.member_id == Member.id)
        .where(Opinion.item_id == item_id)
    ).all()
    return len({(row.home_unit_id, row.home_room) if row.home_unit_id and row.home_room else row.id for row in rows})
