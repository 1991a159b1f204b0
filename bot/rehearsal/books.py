"""What is counted at the end of a rehearsal, beside the ledgers and figures of the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.rehearsal.people import Person
from models.consultation import Consultation, ConsultationState
from models.issue import Issue
from models.meeting import Meeting, MeetingEntry
from models.notice import Notice, NoticeState
from models.report import Report
from models.resolution import Resolution
from models.rules.deadlines import Light, light
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN, State
from models.rules.meeting_workflow import MeetingAction, MeetingState
from models.rules.resolution_workflow import ResolutionState

_GONE = (State.MERGED, State.WITHDRAWN, State.VOID)


@dataclass(frozen=True)
class Wait:
    """How long an issue has taken until its answer, or until now."""

    issue: Issue
    took: timedelta


@dataclass(frozen=True)
class Mail:
    """The messages that came to a group of people by themselves. ``most_a_day``: to one of them, and who."""

    people: int
    messages: int
    most: int
    most_a_day: int
    who: str


@dataclass(frozen=True)
class Silence:
    """The longest time in which nothing was written to a raiser of an open issue."""

    issue: Issue
    lasted: timedelta


def states(session: Session) -> Counter[State]:
    return Counter(session.scalars(select(Issue.state).order_by(Issue.id)))


def lights(session: Session, *, at: datetime, rules: HouseRules) -> Counter[Light]:
    """Of the open issues whose clock runs."""
    issues = session.scalars(select(Issue).where(Issue.state.in_(OPEN), Issue.state != State.SHELVED))
    return Counter(
        light(issue.paused_at or at, since=issue.clock_since or issue.first_reported_at, ends=issue.landing_due,
              rules=rules)
        for issue in issues
    )  # fmt: skip


def longest_waits(session: Session, *, at: datetime, most: int) -> list[Wait]:
    issues = session.scalars(select(Issue).where(Issue.state.not_in(_GONE)).order_by(Issue.id))
    waits = [Wait(issue, (issue.answered_at or at) - issue.first_reported_at) for issue in issues]
    return sorted(waits, key=lambda wait: -wait.took)[:most]


def mail(people: Sequence[Person]) -> Mail:
    days = [(count, person) for person in people for count in person.told.values()]
    worst, who = max(days, key=lambda day: day[0], default=(0, None))
    totals = [person.told.total() for person in people]
    return Mail(len(people), sum(totals), max(totals, default=0), worst, who.name if who else "")


def longest_silences(session: Session, *, at: datetime, most: int) -> list[Silence]:
    """Of each issue, from the telling to its answer, the longest time between two messages to one of its raisers."""
    told: dict[tuple[int | None, int], list[datetime]] = {}
    rows = session.execute(
        select(Notice.issue_id, Notice.member_id, Notice.created_at)
        .where(Notice.issue_id.is_not(None))
        .order_by(Notice.id)
    )
    for issue_id, member_id, written_at in rows:
        told.setdefault((issue_id, member_id), []).append(written_at)
    found: dict[int, Silence] = {}
    reports = session.execute(
        select(Report, Issue)
        .join(Issue, Issue.id == Report.issue_id)
        .where(Report.withdrawn_at.is_(None), Issue.state.not_in([State.SHELVED, *_GONE]))
        .order_by(Report.id)
    )
    for report, issue in reports:
        since, until = report.since or report.at, issue.answered_at or at
        heard = [each for each in told.get((issue.id, report.raiser_id), ()) if since <= each <= until]
        moments = sorted([since, *heard, max(until, since)])
        gap = max(after - before for before, after in pairwise(moments))
        if issue.id not in found or gap > found[issue.id].lasted:
            found[issue.id] = Silence(issue, gap)
    return sorted(found.values(), key=lambda silence: (-silence.lasted, silence.issue.id))[:most]


def longest_on_the_way(session: Session) -> timedelta:
    """How long a message to a raiser took from being owed until it arrived, at most."""
    rows = session.execute(
        select(Notice.created_at, Notice.settled_at)
        .join(Report, (Report.issue_id == Notice.issue_id) & (Report.raiser_id == Notice.member_id))
        .where(Notice.state.in_([NoticeState.SENT, NoticeState.SHOWN, NoticeState.RELAYED]))
    )
    return max((settled_at - created_at for created_at, settled_at in rows if settled_at), default=timedelta(0))


def meeting_states(session: Session) -> Counter[MeetingState]:
    return Counter(session.scalars(select(Meeting.state).order_by(Meeting.id)))


def resolution_states(session: Session) -> Counter[ResolutionState]:
    return Counter(session.scalars(select(Resolution.state).order_by(Resolution.id)))


def moved_by_hand(session: Session) -> int:
    """Meetings that somebody moved, and did not only leave a holiday."""
    moves = select(func.count(MeetingEntry.meeting_id.distinct())).where(
        MeetingEntry.action == MeetingAction.MOVE, MeetingEntry.actor_id.is_not(None)
    )
    return session.scalar(moves) or 0


def consultation_states(session: Session) -> Counter[ConsultationState]:
    return Counter(session.scalars(select(Consultation.state).order_by(Consultation.id)))


def parked(session: Session) -> int:
    """What waits for somebody to write, or for a visit."""
    return session.scalar(select(func.count()).where(Notice.state == NoticeState.PARKED)) or 0
