"""Whatever happened in whatever order: the figures are what somebody with a pencil counts, in total and by group."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.community import Community, Grid
from models.issue import HistoryEntry, Issue
from models.member import Account, Grant
from models.merge import Merge, MergedReport
from models.notice import UNSETTLED, Notice, NoticeState
from models.report import Report
from models.rules.errors import RuleError
from models.rules.issue_workflow import OPEN, Action, Outcome, Rating, State
from services import following, handling, merging, waiting
from services.figures import OF_FAULTS, PERCENTILES, Asked, By, Figure, Kind, Month, Period, behind, overview
from tests.services.figures_stage import EVERYWHERE, ZONE, Stage, staged

SPRING = Period(Month(2026, 3), ZONE, 2)
WEIGHT = {Rating.SATISFIED: Decimal(1), Rating.BASIC: Decimal("0.9"), Rating.UNSATISFIED: Decimal(0)}

DEEDS = (
    *("tell", "tell", "join", "accept", "answer", "answer", "rate", "check", "reopen", "assign", "decline"),
    *("merge", "merge", "unmerge", "withdraw", "ask", "wait", "wait", "settle"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 9), st.integers(0, 9)), min_size=12, max_size=40
)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_are_what_is_counted_by_hand(session: Session, steps: list[tuple[str, int, int]]) -> None:
    outside = session.begin_nested()
    try:
        stage = staged(session)
        issues: list[int] = []
        for what, which, how in steps:
            lived(stage, issues, what, which, how)
        session.flush()
        session.expire_all()
        check(stage)
    finally:
        outside.rollback()
        session.expunge_all()


def lived(stage: Stage, issues: list[int], what: str, which: int, how: int) -> None:
    """One thing happens; what the rules refuse has not happened."""
    if what == "tell":
        place = ("steward", "grid", "second", "next door")[how % 4]
        recurs = issues[0] if issues and how > 7 else None
        issues.append(stage.tells(("lighting", "water")[which % 2], at=place, recurs=recurs))
    elif what == "wait":
        stage.here.passes(hours=5 + 31 * how)
    elif what == "settle":
        for notice in stage.session.scalars(select(Notice).where(Notice.id % (2 + how % 3) == 0)):
            notice.state, notice.settled_at = NoticeState.SENT, stage.here.now
    elif issues:
        stage.here.passes(minutes=7)
        issue = issues[which % len(issues)]
        try:
            with stage.session.begin_nested():
                deed(stage, what, issue, issues[how % len(issues)], how)
        except (RuleError, IndexError):  # nobody holds a post next door
            stage.session.expire_all()


def deed(stage: Stage, what: str, issue: int, other: int, how: int) -> None:
    raisers = stage.session.scalars(select(Report.raiser_id).where(Report.issue_id == issue)).all()
    raiser = raisers[how % len(raisers)] if raisers else stage.raisers[issue]  # its reports are where it was merged
    match what:
        case "join":
            stage.joins(issue)
        case "accept":
            stage.accepts(issue)
        case "answer":
            stage.answers(issue, list(Outcome)[how % 3])
        case "rate":
            stage.rates(issue, list(Rating)[how % 3], raiser)
        case "check":
            stage.does(following.check_issue, issue, raiser, solved=how % 2 == 0)
        case "reopen":
            stage.does(following.reopen_issue, issue, raiser, words="又灭了")
        case "assign":
            stage.does(handling.assign_issue, issue, stage.sun, organisation_id=stage.here.ids.property)
        case "decline":
            stage.does(handling.decline_issue, issue, stage.holder(issue), words="不归我管", proposed="供电公司")
        case "merge":
            stage.does(merging.merge_issues, issue, stage.sun, into_id=other)
        case "unmerge":
            stage.does(merging.unmerge_issue, issue, stage.sun)
        case "withdraw":
            stage.does(following.withdraw_report, issue, raiser)
        case "ask":
            stage.does(waiting.ask_raiser, issue, stage.holder(issue), raiser_id=raiser, words="哪一层？")


def check(stage: Stage) -> None:
    asked = Asked(EVERYWHERE, SPRING)
    at = stage.here.now
    for by, key in _KEYS.items():
        found = overview(stage.session, asked, by=by, at=at)
        for group in found.groups:
            of_group = partial(_is, stage, key, group.name)
            assert dict(group.figures) == pencil(stage, of_group)
        assert sum(group.reported for group in found.groups) == found.total.reported
        for kind in set(Kind) - set(PERCENTILES):
            parts = [group.figures[kind] for group in found.groups]
            assert sum(part.numerator for part in parts) == found.total.figures[kind].numerator
            assert sum(part.denominator for part in parts) == found.total.figures[kind].denominator
    total = overview(stage.session, asked, at=at).total
    assert dict(total.figures) == pencil(stage, lambda issue: True)
    for kind, figure in total.figures.items():
        assert 0 <= figure.numerator <= figure.denominator
        lines = behind(stage.session, asked, kind, at=at)
        assert sum(line.counted for line in lines) == figure.numerator
        assert sum(line.of for line in lines) == figure.denominator
        amiss = figure.numerator if kind in OF_FAULTS else figure.denominator - figure.numerator
        assert sum(line.amiss for line in lines) == amiss


_KEYS: dict[By, Callable[[Stage, Issue], str]] = {
    By.CATEGORY: lambda stage, issue: issue.category,
    By.COMMUNITY: lambda stage, issue: stage.session.get_one(Community, issue.community_id).name,
    By.GRID: lambda stage, issue: stage.session.get_one(Grid, issue.grid_id).name if issue.grid_id else "",
    By.MONTH: lambda stage, issue: f"{issue.first_reported_at.astimezone(ZoneInfo(ZONE)):%Y-%m}",
}


def _is(stage: Stage, key: Callable[[Stage, Issue], str], name: str, issue: Issue) -> bool:
    return key(stage, issue) == name


def pencil(stage: Stage, of: Callable[[Issue], bool]) -> dict[Kind, Figure]:
    """Row by row, in plain Python."""
    session, at = stage.session, stage.here.now
    everything = session.scalars(select(Issue)).all()
    there = [issue for issue in everything if SPRING.since <= issue.first_reported_at < SPRING.until and of(issue)]
    ours = [issue for issue in there if issue.state not in (State.MERGED, State.WITHDRAWN, State.VOID)]
    open_ = [issue for issue in there if issue.state in OPEN]
    assigned = [issue for issue in ours if did(session, issue, Action.ASSIGN, Action.NAME_LEAD)]
    answered = [issue for issue in ours if did(session, issue, Action.ANSWER)]
    merges = [merge for merge in session.scalars(select(Merge)) if session.get_one(Issue, merge.merged_id) in there]
    found = {
        Kind.HELD: share(Kind.HELD, open_, lambda i: on_post(session, i.holder_id)),
        Kind.PROMPT: share(
            Kind.PROMPT,
            [i for i in ours if i.first_answered_at or i.first_answer_due < at],
            lambda i: i.first_answered_at and i.first_answered_at <= i.first_answer_due,
        ),
        Kind.ON_TIME: share(
            Kind.ON_TIME,
            [i for i in ours if i.answered_at or i.landing_due < (i.paused_at or at)],
            lambda i: i.answered_at and i.answered_at <= i.landing_due,
        ),
        Kind.REOPENED: share(Kind.REOPENED, answered, lambda i: did(session, i, Action.REOPEN)),
        Kind.DECLINED: share(Kind.DECLINED, ours, lambda i: did(session, i, Action.DECLINE)),
        Kind.FIRST_RIGHT: share(Kind.FIRST_RIGHT, assigned, lambda i: not did(session, i, Action.DECLINE)),
        Kind.RECURRED: share(Kind.RECURRED, ours, lambda i: i.recurs_id),
        Kind.MERGED_RIGHT: share(Kind.MERGED_RIGHT, merges, lambda m: not (m.undone_at or left(session, m))),
    }
    found |= raisers(session, there)
    return {kind: found[kind] if kind in found else landing(kind, ours) for kind in Kind}


def raisers(session: Session, issues: list[Issue]) -> dict[Kind, Figure]:
    told, solved, content, silent = [], [], [], 0
    for issue in issues:
        live = select(Report).where(Report.issue_id == issue.id, Report.withdrawn_at.is_(None))
        by_raiser: dict[int, list[Report]] = {}
        for report in session.scalars(live):
            by_raiser.setdefault(report.raiser_id, []).append(report)
        for raiser, reports in by_raiser.items():
            told.append(was_told(session, issue, raiser))
            rating = next((report.rating for report in reports if report.rating), None)
            said = next((report.solved for report in reports if report.solved is not None), None)
            if rating:
                content.append(WEIGHT[rating])
            elif issue.state in (State.ANSWERED, State.CLOSED):
                silent += 1
            if rating or said is not None:
                fine = said if said is not None else rating in (Rating.SATISFIED, Rating.BASIC)
                solved.append(Decimal(bool(fine) and issue.outcome is Outcome.SOLVED))
    return {
        Kind.TOLD: Figure(Kind.TOLD, sum(told, Decimal(0)), len(told)),
        Kind.SOLVED: Figure(Kind.SOLVED, sum(solved, Decimal(0)), len(solved)),
        Kind.CONTENT: Figure(Kind.CONTENT, sum(content, Decimal(0)), len(content), silent=silent),
    }


def was_told(session: Session, issue: Issue, raiser: int) -> Decimal:
    """Of what was owed to them about the issue, and before about what is merged into it, as to a raiser."""
    merged = select(Issue.id).where(Issue.merged_into_id == issue.id)
    about = select(Notice).where(Notice.member_id == raiser, Notice.issue_id.in_([issue.id, *session.scalars(merged)]))
    notices = [notice for notice in session.scalars(about.order_by(Notice.id)) if "raiser" in notice.kind]
    return Decimal(bool(notices) and notices[-1].state not in UNSETTLED)


def landing(kind: Kind, ours: list[Issue]) -> Figure:
    took = sorted(
        landed(issue.answered_at) - landed(issue.clock_since or issue.first_reported_at)
        for issue in ours
        if issue.answered_at
    )
    if not took:
        return Figure(kind, Decimal(0), 0)
    within = took[math.ceil(len(took) * PERCENTILES[kind] / 100) - 1]
    return Figure(kind, Decimal(sum(each <= within for each in took)), len(took), took=timedelta(seconds=within))


def landed(moment: datetime) -> int:
    return int(moment.timestamp())


def share(kind: Kind, among: list[Any], counts: Callable[[Any], Any]) -> Figure:
    return Figure(kind, Decimal(sum(bool(counts(each)) for each in among)), len(among))


def did(session: Session, issue: Issue, *actions: Action) -> bool:
    entries = select(HistoryEntry.id).where(HistoryEntry.issue_id == issue.id, HistoryEntry.action.in_(actions))
    return bool(session.scalars(entries).first())


def on_post(session: Session, post_id: int) -> bool:
    people = select(Grant.member_id).where(Grant.post_id == post_id, Grant.ends_at.is_(None))
    reachable = select(Account.id).where(Account.member_id.in_(people), Account.blocked_at.is_(None))
    return bool(session.scalars(reachable).first())


def left(session: Session, merge: Merge) -> bool:
    gone = select(MergedReport).where(MergedReport.merge_id == merge.id, MergedReport.left_at.is_not(None))
    return bool(session.scalars(gone).first())
