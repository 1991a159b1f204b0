"""公示: the minutes are published, and whatever was on the agenda goes on from there; every raiser hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.base import update_row
from models.issue import Issue
from models.meeting import AgendaIssue, AgendaItem, AgendaReview, Meeting, MeetingSeries
from models.resolution import Resolution
from models.rules.errors import MinutesDisputed
from models.rules.house import HouseRules
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import ANNOUNCED, ItemState, MeetingAction
from services import notices
from services.deliberating import adjourn_issue, return_issue
from services.meetings.minutes import checks_of
from services.meetings.moves import MeetingDeed, chaired, check_meeting_move, move_meeting
from services.meetings.resolutions import deeds as resolutions
from services.meetings.resolutions.moves import issues_of
from services.referral_answers import hear_back
from services.referrals import refer

_UNSETTLED = (ItemState.LISTED, ItemState.IN_TALK)
_CARRIED = (ItemState.ADJOURNED, ItemState.NOT_REACHED)


@dataclass(frozen=True)
class _Publication:
    """What every item of one meeting is settled with."""

    session: Session
    meeting: Meeting
    series: MeetingSeries
    at: datetime
    rules: HouseRules


def publish_minutes(
    session: Session,
    *,
    meeting_id: int,
    member_id: int,
    at: datetime,
    rules: HouseRules,
    told: Mapping[int, str] | None = None,
    site: str = "",
    despite: bool = False,
) -> Meeting:
    """Each item goes where its outcome leads. ``told``: by item, its outcome in one sentence for its raisers; where it
    is missing, what the chair wrote down. ``site``: where our pages are. ``despite``: although somebody says that the
    minutes are wrong; without it that raises MinutesDisputed."""
    meeting, series, held = chaired(session, meeting_id=meeting_id, member_id=member_id, at=at)
    check_meeting_move(meeting, action=MeetingAction.PUBLISH, held=held)
    disputed = checks_of(session, meeting_id=meeting_id).wrong
    if disputed and not despite:
        raise MinutesDisputed(wrong=len(disputed))
    publication = _Publication(session, meeting, series, at, rules)
    items = session.scalars(
        select(AgendaItem)
        .where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(sorted(ANNOUNCED)))
        .order_by(AgendaItem.position, AgendaItem.id)
        .execution_options(populate_existing=True)
    ).all()
    for item in items:
        if item.state in _UNSETTLED:  # nobody said what came of it
            update_row(session, AgendaItem, item.id, state=ItemState.NOT_REACHED, settled_at=at)
            session.refresh(item)
        words = (told or {}).get(item.id, "").strip() or item.words.strip() or item.title
        _settle(publication, item, words)
    of_meeting = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    session.execute(
        update(AgendaIssue)
        .where(AgendaIssue.item_id.in_(of_meeting), AgendaIssue.on_agenda)
        .values(on_agenda=False)
        .execution_options(synchronize_session="fetch")
    )
    details = {"link": f"{site}/published/{meeting.public_id}"}
    deed = MeetingDeed(MeetingAction.PUBLISH, member_id, held, details=details)
    move_meeting(session, meeting, series, deed, at=at, rules=rules)
    return meeting


def _settle(publication: _Publication, item: AgendaItem, words: str) -> None:
    """``words``: the outcome in one sentence."""
    session = publication.session
    resolution = session.scalars(select(Resolution).where(Resolution.item_id == item.id)).one_or_none()
    if item.state is ItemState.ADOPTED and resolution is not None:
        resolutions.publish(session, resolution, at=publication.at, rules=publication.rules)
        for issue_id, _ in _issues(session, item.id):
            _hear_back(publication, issue_id, resolution.words)
    else:
        for issue_id, state in _issues(session, item.id):
            if state is State.SCHEDULED:
                _send_on(publication, item, issue_id, words)
            else:  # something else became of it meanwhile; its raisers hear what was said all the same
                _tell(publication, item, issue_id, kind="meeting_settled_raisers", words=words)
            if item.state not in (*_CARRIED, ItemState.REFERRED):
                _hear_back(publication, issue_id, words)
    _put_off(session, item)
    for issue_id in _reviewed(session, item.id):
        _tell(publication, item, issue_id, kind="meeting_review_raisers", words=words)


def _send_on(publication: _Publication, item: AgendaItem, issue_id: int, words: str) -> None:
    """An issue of an item without a resolution. Its raisers, and who holds it, hear so by its own row."""
    session = publication.session
    if item.state in _CARRIED:
        adjourn_issue(session, issue_id=issue_id, words=words, at=publication.at, rules=publication.rules)
    elif item.state is ItemState.REFERRED:
        refer(
            session,
            item=item,
            series=publication.series,
            issue_id=issue_id,
            reason=item.words.strip() or words,
            told=words,
            at=publication.at,
            rules=publication.rules,
        )
    else:
        return_issue(session, issue_id=issue_id, words=words, at=publication.at, rules=publication.rules)


def _put_off(session: Session, item: AgendaItem) -> None:
    """A resolution that is to be looked at again on another day."""
    day, review = (item.details or {}).get("review_on"), session.get(AgendaReview, item.id)
    if day is not None and review is not None:
        update_row(session, Resolution, review.resolution_id, review_on=date.fromisoformat(day))


def _tell(publication: _Publication, item: AgendaItem, issue_id: int, *, kind: str, words: str) -> None:
    session = publication.session
    issue = session.get_one(Issue, issue_id, populate_existing=True)
    goes_on_as = issue.merged_into_id or issue_id  # where its raisers are
    notices.owe(
        session,
        members=notices.raisers_of(session, issue_id=goes_on_as),
        kind=kind,
        params={
            "meeting": publication.meeting.id,
            "label": publication.series.label,
            "item": item.id,
            "title": item.title,
            "number": issue.number,
            "short": issue.serial,
            "issue": issue.id,
            "note": words,
        },
        key=f"published:{item.id}:{issue_id}",
        at=publication.at,
        rules=publication.rules,
        issue_id=goes_on_as,
    )


def _hear_back(publication: _Publication, issue_id: int, words: str) -> None:
    hear_back(publication.session, issue_id=issue_id, words=words, at=publication.at, rules=publication.rules)


def _issues(session: Session, item_id: int) -> Sequence[tuple[int, State]]:
    """The issues under an item, with where they stand now; in the order in which everybody locks them."""
    rows = session.execute(
        select(AgendaIssue.issue_id, Issue.state)
        .join(Issue, Issue.id == AgendaIssue.issue_id)
        .where(AgendaIssue.item_id == item_id)
        .order_by(AgendaIssue.issue_id)
    ).all()
    return [(row.issue_id, row.state) for row in rows]


def _reviewed(session: Session, item_id: int) -> Sequence[int]:
    """The issues of the resolution that an item looked at again."""
    review = session.get(AgendaReview, item_id)
    return [] if review is None else issues_of(session, review.resolution_id)
