"""The figures that count raisers: each once an issue, and not those who took their report back."""

from __future__ import annotations

from sqlalchemy import Integer, ScalarSelect, Subquery, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from models.issue import Issue
from models.notice import UNSETTLED, Notice, NoticeState
from models.report import Report
from models.rules.issue_workflow import BIRTH, ISSUE_WORKFLOW, Audience, Outcome, Rating, State
from services.figures.asking import Asked, By
from services.figures.kinds import SCALE, Counted, Kind, Rows, columns, one

_TO_RAISERS = {Audience.RAISER, Audience.RAISERS, Audience.OTHER_RAISERS, Audience.SILENT_RAISERS}
_NOTICES = sorted({f"{row.action}_{to}" for row in (BIRTH, *ISSUE_WORKFLOW) for to in row.tells & _TO_RAISERS})


def raiser_rows(asked: Asked, by: By | None, *, only: Kind | None = None) -> Rows:
    """One for each raiser of an issue; ``only``: for each that this figure counts. By the index
    of issues that begins with the community, and ``ix_reports_issue_id``, ``ix_notices_issue_id`` and
    ``ix_issues_merged_into_id``."""
    each = _raisers(asked, by)
    figures = {Kind.TOLD: told(each), Kind.SOLVED: solved(each), Kind.CONTENT: content(each)}
    if only is not None:
        figures = {only: figures[only]}
    silent = one(and_(each.c.answered == 1, each.c.rated.is_(None)))
    return select(each.c.issue, each.c.key, silent.label("silent"), *columns(figures))


def told(each: Subquery) -> Counted:
    """回音率 = raisers whose last owed notice is settled ÷ raisers (workflow.md). Who was never owed one is not."""
    return Counted(each.c.issue > 0, one(each.c.last.not_in(sorted(UNSETTLED))))


def solved(each: Subquery) -> Counted:
    """解决率 = outcome A confirmed by a raiser or a check ÷ rated or checked (workflow.md). Who was asked (回访) said
    it plainly; of others a rating of 满意 or 基本满意 confirms it."""
    heard = or_(each.c.rated.is_not(None), each.c.solved.is_not(None))
    confirmed = func.coalesce(each.c.solved, one(each.c.rated > 0)) == 1
    return Counted(heard, one(and_(each.c.outcome == Outcome.SOLVED, confirmed)))


def content(each: Subquery) -> Counted:
    """满意率 = (满意 + 0.9 × 基本满意) ÷ rated (workflow.md)."""
    return Counted(each.c.rated.is_not(None), each.c.rated)


def _raisers(asked: Asked, by: By | None) -> Subquery:
    """``rated``: in tenths, None of the silent. ``solved``: 1 or 0, None of those not heard. ``last``: the state of the
    last notice owed to them."""
    tenths = {Rating.SATISFIED: SCALE[Kind.CONTENT], Rating.BASIC: 9, Rating.UNSATISFIED: 0}
    rated = case(*((Report.rating == rating, worth) for rating, worth in tenths.items()))
    solved = case((Report.solved.is_(True), 1), (Report.solved.is_(False), 0))
    return (
        select(
            Issue.id.label("issue"),
            asked.key(by).label("key"),
            Issue.outcome.label("outcome"),
            one(Issue.state.in_([State.ANSWERED, State.CLOSED])).label("answered"),
            func.min(rated).label("rated"),
            func.min(solved).label("solved"),
            _last_notice().label("last"),
        )
        .join(Report, Report.issue_id == Issue.id)
        .where(asked.condition(), Report.withdrawn_at.is_(None))
        .group_by(Issue.id, Report.raiser_id)
        .subquery()
    )


def _last_notice() -> ScalarSelect[NoticeState]:
    """Also what was said about a report before its issue was merged into this one.

    Written as one list of issues: with an OR in its place PostgreSQL reads all notices for each raiser.
    """
    merged = aliased(Issue)
    into_it = select(merged.id).where(merged.merged_into_id == Issue.id).correlate(Issue)
    here = select(literal_column("issues.id", Integer)).union_all(into_it)
    return (
        select(Notice.state)
        .where(Notice.member_id == Report.raiser_id, Notice.kind.in_(_NOTICES))
        .where(Notice.issue_id.in_(here))
        .order_by((Notice.id + 0).desc())  # not by the primary key, which would have every notice there ever was read
        .limit(1)
        .correlate(Issue, Report)
        .scalar_subquery()
    )
