"""An issue on its way through a deliberation meeting (议事)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.issue import Issue
from models.rules.errors import NotDiscussable
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Actor, Level, Outcome
from models.rules.posts import Rung
from services.handling import owe_closing, taken_up
from services.moving import Deed, lock_issue, move
from services.referral_answers import hear_back
from understanding import CATEGORIES

_MEETING = frozenset({Actor.MEETING})


def suggest_talk(
    session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """A steward thinks that neighbours should settle it together; the secretary decides."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    move(session, issue, Deed(Action.SUGGEST, member_id, held, words=words), at=at, rules=rules)
    return issue


def propose_issue(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    level: Level,
    at: datetime,
    rules: HouseRules,
    words: str = "",
) -> Issue:
    """To a meeting of that level. Raises NotDiscussable where the category is none for meetings and nobody says why."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    if not discussable(issue.category) and not words.strip():
        raise NotDiscussable
    move(session, issue, Deed(Action.PROPOSE, member_id, held, words=words, level=level), at=at, rules=rules)
    return issue


def propose_by_itself(
    session: Session,
    *,
    issue_id: int,
    level: Level,
    words: str,
    at: datetime,
    rules: HouseRules,
    details: Mapping[str, Any] | None = None,
) -> Issue:
    """A hot spot, or what a small consultation could not settle, becomes a candidate. ``words`` say why; of a hot spot
    ``details``: how often within how many days."""
    issue = lock_issue(session, issue_id)
    deed = Deed(Action.PROPOSE, None, _MEETING, words=words, level=level, details=details)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def discussable(category: str) -> bool:
    """Whether a matter of this kind is one that neighbours settle; labels of an own model are."""
    return category not in CATEGORIES or CATEGORIES[category].discussable


def schedule_issue(
    session: Session,
    *,
    issue_id: int,
    meeting: str,
    meets_at: datetime,
    at: datetime,
    rules: HouseRules,
    details: Mapping[str, Any] | None = None,
) -> Issue:
    """It stands on the approved agenda of a meeting. ``meeting``: as people call it; ``details``: its item."""
    issue = lock_issue(session, issue_id)
    about = {"meeting": meeting, **(details or {})}
    deed = Deed(Action.SCHEDULE, None, _MEETING, until=meets_at, details=about)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def reschedule_issue(
    session: Session, *, issue_id: int, meeting: str, meets_at: datetime, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """The meeting on whose agenda it stands was moved; ``words`` say why."""
    issue = lock_issue(session, issue_id)
    details = {"meeting": meeting, "moved": True}
    deed = Deed(Action.SCHEDULE, None, _MEETING, words=words, until=meets_at, details=details)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def unschedule_issue(session: Session, *, issue_id: int, words: str, at: datetime, rules: HouseRules) -> Issue:
    """The meeting does not take place, or the item was taken off; ``words`` say why."""
    issue = lock_issue(session, issue_id)
    move(session, issue, Deed(Action.UNSCHEDULE, None, _MEETING, words=words), at=at, rules=rules)
    return issue


def refer_issue(
    session: Session,
    *,
    issue_id: int,
    level: Level,
    words: str,
    until: datetime,
    at: datetime,
    rules: HouseRules,
) -> Issue:
    """To a meeting of another level, up or down; ``until``: by when that is expected to answer."""
    issue = lock_issue(session, issue_id)
    deed = Deed(Action.REFER, None, _MEETING, words=words, level=level, until=until)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def answer_by_meeting(
    session: Session, *, issue_id: int, words: str, photos: Sequence[str] = (), at: datetime, rules: HouseRules
) -> Issue:
    """The resolution was carried out and judged to meet its standard: that is the answer."""
    issue = lock_issue(session, issue_id)
    deed = Deed(Action.ANSWER, None, _MEETING, words=words, outcome=Outcome.SOLVED, photos=photos)
    move(session, issue, deed, at=at, rules=rules)
    owe_closing(session, issue, at=at, rules=rules)
    hear_back(session, issue_id=issue.id, words=words, at=at, rules=rules)
    return issue


def decide_issue(
    session: Session,
    *,
    issue_id: int,
    words: str,
    until: datetime,
    at: datetime,
    rules: HouseRules,
    owner_post: int | None = None,
    rung: Rung | None = None,
) -> Issue:
    """The resolution is in force: ``words`` its text, ``until`` its due date, ``owner_post`` who carries it out."""
    issue = lock_issue(session, issue_id)
    deed = Deed(Action.DECIDE, None, _MEETING, words=words, until=until, to_post=owner_post, rung=rung)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def adjourn_issue(
    session: Session,
    *,
    issue_id: int,
    words: str,
    at: datetime,
    rules: HouseRules,
    until: datetime | None = None,
    details: Mapping[str, Any] | None = None,
) -> Issue:
    """Not settled this time; it waits for the next meeting. ``until``: when that is; ``details``: where its resolution
    was stopped, and which meeting."""
    issue = lock_issue(session, issue_id)
    deed = Deed(Action.ADJOURN, None, _MEETING, words=words, until=until, details=details)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def return_issue(
    session: Session,
    *,
    issue_id: int,
    words: str,
    at: datetime,
    rules: HouseRules,
    to_post: int | None = None,
    rung: Rung | None = None,
    until: datetime | None = None,
) -> Issue:
    """Rejected, or referred to somebody else: back to a holder, who answers it in the ordinary way. ``until``: by when
    the meeting wants to hear of it."""
    issue = lock_issue(session, issue_id)
    deed = Deed(Action.RETURN, None, _MEETING, words=words, to_post=to_post, rung=rung, until=until)
    move(session, issue, deed, at=at, rules=rules)
    return issue
