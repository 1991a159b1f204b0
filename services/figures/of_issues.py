"""The figures that count issues, and merges of them.

Issues that were withdrawn or void are not counted, and merged ones where they went. What was reopened, or is looked at
again after it could not be done, is judged by the clocks it has now.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, and_, cast, exists, extract, func, literal_column, or_, select

from models.issue import OPEN_WORDS, HistoryEntry, Issue
from models.member import Account, Grant
from models.merge import Merge, MergedReport
from models.rules.issue_workflow import Action, State
from services.figures.asking import Asked, By
from services.figures.kinds import Counted, Kind, Rows, columns, one
from services.members import live_grant

_OURS = Issue.state.not_in([State.MERGED, State.WITHDRAWN, State.VOID])
_OPEN = literal_column(f"issues.{OPEN_WORDS}", Boolean)  # the words of the partial indexes
_LANDED = and_(_OURS, Issue.answered_at.is_not(None))


def issue_rows(asked: Asked, by: By | None, at: datetime, *, only: Kind | None = None) -> Rows:
    """One for each issue; ``only``: for each that this figure counts. By the index of issues that begins with the
    community, and ``ix_issue_history_issue_id``; what is open also by the partial indexes."""
    figures = {
        Kind.HELD: held(at),
        Kind.PROMPT: prompt(at),
        Kind.ON_TIME: on_time(at),
        Kind.REOPENED: reopened(),
        Kind.DECLINED: declined(),
        Kind.FIRST_RIGHT: first_right(),
        Kind.RECURRED: recurred(),
    }
    rows = select(Issue.id.label("issue"), asked.key(by).label("key")).where(asked.condition())
    if only is not None:
        return rows.where(figures[only].of).add_columns(*columns({only: figures[only]}))
    counts = [one(_OURS).label("reported"), one(_LANDED).label("answered"), one(_OPEN).label("open")]
    return rows.add_columns(*counts, *columns(figures))


def merge_rows(asked: Asked, by: By | None) -> Rows:
    """One for each merge. By ``merges`` itself, of which there are few, and the key of ``issues``."""
    rows = select(Issue.id.label("issue"), asked.key(by).label("key"), *columns({Kind.MERGED_RIGHT: merged_right()}))
    return rows.join(Merge, Merge.merged_id == Issue.id).where(asked.condition())


def landing_rows(asked: Asked, by: By | None) -> Rows:
    """One for each issue that landed, with ``seconds``, which p50 and p90 landing time (workflow.md) are of: from where
    its clock began to the answer that stands, with all pauses."""
    moments = (Issue.answered_at, func.coalesce(Issue.clock_since, Issue.first_reported_at))
    landed, began = (cast(extract("epoch", moment), BigInteger) for moment in moments)
    seconds = landed - began
    return select(Issue.id.label("issue"), asked.key(by).label("key"), seconds.label("seconds")).where(
        asked.condition(), _LANDED
    )


def held(at: datetime) -> Counted:
    """着落率 = open issues with holder and date ÷ open (workflow.md). A holder is a post on which somebody can be
    reached. Asked without a period it is about all that is open now."""
    staffed = (
        select(Grant.post_id)
        .join(Account, Account.member_id == Grant.member_id)
        .where(live_grant(at), Account.blocked_at.is_(None))
    )
    dated = and_(Issue.first_answer_due.is_not(None), Issue.landing_due.is_not(None))
    return Counted(_OPEN, one(and_(dated, Issue.holder_id.in_(staffed))))


def prompt(at: datetime) -> Counted:
    """响应率 = first answers in time ÷ issues (workflow.md). An issue whose time still runs is not yet one of them."""
    due = or_(Issue.first_answered_at.is_not(None), Issue.first_answer_due < at)
    return Counted(and_(_OURS, due), one(Issue.first_answered_at <= Issue.first_answer_due))


def on_time(at: datetime) -> Counted:
    """按时办结率 (named in workflow.md): answered within the landing limit ÷ answered or past it. While a raiser is
    waited for, the limit stands still."""
    waits = and_(Issue.state == State.WAITING, Issue.paused_at.is_not(None))
    past = or_(and_(waits, Issue.landing_due < Issue.paused_at), and_(~waits, Issue.landing_due < at))
    judged = or_(Issue.answered_at.is_not(None), past)
    return Counted(and_(_OURS, judged), one(Issue.answered_at <= Issue.landing_due))


def reopened() -> Counted:
    """重办率 (named in workflow.md): issues that a raiser had opened again ÷ issues that were ever answered. Clocks of
    its own say that an open issue was answered before."""
    answered = or_(Issue.answered_at.is_not(None), Issue.clock_since.is_not(None))
    return Counted(and_(_OURS, answered), one(Issue.reopenings > 0))


def declined() -> Counted:
    """退单率 (named in workflow.md): issues that somebody sent back as not theirs ÷ issues."""
    return Counted(_OURS, one(Issue.declines > 0))


def first_right() -> Counted:
    """首次派单准确率 = never declined ÷ assigned (workflow.md)."""
    assigned = exists(
        select(HistoryEntry.id).where(
            HistoryEntry.issue_id == Issue.id, HistoryEntry.action.in_([Action.ASSIGN, Action.NAME_LEAD])
        )
    )
    return Counted(and_(_OURS, assigned), one(Issue.declines == 0))


def recurred() -> Counted:
    """重复率 (named in workflow.md): issues like one that was answered not long before ÷ issues."""
    return Counted(_OURS, one(Issue.recurs_id.is_not(None)))


def merged_right() -> Counted:
    """合并准确率 = merges not split later ÷ merges (workflow.md), of the month in which what was merged was first
    reported. Split is a merge that was undone, and one that a report has left (我的不一样)."""
    left = exists(
        select(MergedReport.report_id).where(MergedReport.merge_id == Merge.id, MergedReport.left_at.is_not(None))
    )
    return Counted(Merge.id > 0, one(and_(Merge.undone_at.is_(None), ~left)))
