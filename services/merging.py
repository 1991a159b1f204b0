"""Many raisers, one issue: putting two together, and undoing it exactly.

A merged issue keeps all it had; its reports move over. The other's limits are the earliest of both (joint_limits), so
that what is left after undoing any merge does not depend on the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.base import insert_row, insert_rows
from models.issue import Issue
from models.merge import Merge, MergedReport
from models.report import Report
from models.rules.deadlines import Light, light
from models.rules.errors import MergeRefused, TransitionNotAllowed, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, OPEN, Action, Actor, State
from models.rules.workflow import find_transition
from services import clocks, joint_limits
from services.handling import taken_up
from services.joint_limits import live_merges
from services.media import photos_told
from services.moving import Deed, lock_issue, move
from services.notices import raisers_of
from services.rejoining import catch_up

_LIGHTS = (None, Light.YELLOW, Light.RED)


def merge_issues(
    session: Session,
    *,
    issue_id: int,
    into_id: int,
    member_id: int,
    at: datetime,
    rules: HouseRules,
    evidence: Mapping[str, Any] | None = None,
    why: str = "",
) -> Issue:
    """Put one issue into another. Each raiser keeps words, photos, channel, rating and the right to reopen, and hears
    with what it was joined and why. Returns the one that goes on.

    Raises MergeRefused for issues of two communities, for the same one twice, and for chains: what has issues in it, or
    is in another, stays where it is.
    """
    merged, into, held, held_into = _both(session, issue_id, into_id, member_id, at)
    _check_merge(session, merged, into)
    find_transition(ISSUE_WORKFLOW, action=Action.MERGE, state=merged.state, roles=held)
    find_transition(ISSUE_WORKFLOW, action=Action.ABSORB, state=into.state, roles=held_into)
    before, known = merged.state, joint_limits.limits(session, into)
    brought = joint_limits.to_bring(merged, at=at)
    about: dict[str, Any] = {"into": into.number, "into_summary": into.summary, "into_place": into.place_label}
    about["evidence"] = {"matches": [], "differs": [], **(evidence or {})}
    merged.merged_into_id = into.id
    move(session, merged, Deed(Action.MERGE, member_id, held, words=why, details=about), at=at, rules=rules)
    lead_first, lead_landing = joint_limits.lead(known.own, brought)
    merge_id = insert_row(
        session,
        Merge,
        merged_id=merged.id,
        into_id=into.id,
        state_before=before,
        lead_first=lead_first,
        lead_landing=lead_landing,
        made_urgent=merged.urgent and not into.urgent,
        evidence=dict(evidence) if evidence else None,
        by_id=member_id,
        at=at,
    )
    into.urgent = into.urgent or merged.urgent
    into.first_reported_at = min(into.first_reported_at, merged.first_reported_at)
    session.flush()
    _move_reports(session, merge_id=merge_id, source=merged.id, target=into.id, at=at)
    merge = session.get_one(Merge, merge_id)
    joint_limits.settle(session, into, joint_limits.Limits(known.own, (*known.brought, (merge, brought))))
    absorbed: dict[str, Any] = {"merged": merged.number, "merged_summary": merged.summary}
    absorbed |= {"merged_place": merged.place_label, "photos": _photos_of(session, merge)}
    move(session, into, Deed(Action.ABSORB, member_id, held_into, words=why, details=absorbed), at=at, rules=rules)
    return into


def unmerge_issue(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> Issue:
    """Undo a merge: the merged issue is again exactly what it was, with those of its reports that are still there."""
    merged, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    return undo_merge(session, merged, member_id=member_id, held=held, at=at, rules=rules)


def count_affected(
    session: Session, *, issue_id: int, member_id: int, households: int, people: int, at: datetime, rules: HouseRules
) -> Issue:
    """The steward confirms how many households and people it concerns. Raises WordsNeeded for what is no such count."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    if not 1 <= households <= people:
        raise WordsNeeded(action=Action.COUNT)
    move(session, issue, Deed(Action.COUNT, member_id, held, count=(households, people)), at=at, rules=rules)
    issue.households, issue.people, issue.counted_by_id = households, people, member_id
    session.flush()
    return issue


def goes_on_as(session: Session, *, issue_id: int) -> int:
    """The issue itself, or the one into which it was merged."""
    into = session.scalar(select(Issue.merged_into_id).where(Issue.id == issue_id))
    return into or issue_id


def undo_merge(
    session: Session, merged: Issue, *, member_id: int | None, held: set[Actor], at: datetime, rules: HouseRules
) -> Issue:
    """``held``: what the member is to whichever of the two they may do it for.

    Raises MergeRefused where either of the two would be left with nobody.
    """
    merge = session.scalars(
        select(Merge).where(Merge.merged_id == merged.id, Merge.undone_at.is_(None)).with_for_update()
    ).one_or_none()
    if merge is None or merged.state is not State.MERGED:
        raise TransitionNotAllowed(action=Action.UNMERGE, state=merged.state)
    into = lock_issue(session, merge.into_id)
    _check_undoing(session, merge)
    known = joint_limits.limits(session, into)
    merge.undone_at, merge.undone_by_id = at, member_id
    if merge.made_urgent:
        into.urgent = _still_urgent(session, into)
    session.flush()
    _move_back(session, merge)
    joint_limits.settle(session, into, known)
    for each in (merged, into):
        count_from_earliest(session, each)
    about = {"into": into.number, "into_summary": into.summary}
    deed = Deed(Action.UNMERGE, member_id, held, details=about, to_state=merge.state_before)
    merged.merged_into_id = None
    move(session, merged, deed, at=at, rules=rules)
    _calm_down(into, at=at, rules=rules)
    released = {"merged": merged.number, "merged_summary": merged.summary}
    move(session, into, Deed(Action.RELEASE, member_id, held, details=released), at=at, rules=rules)
    for each in (merged, into):
        go_on_without_asked(session, each, at=at, rules=rules)
    catch_up(session, merged, at=at, rules=rules)
    return merged


def go_on_without_asked(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """Who was asked has left: nobody will answer, so the issue goes on from where it stood."""
    if issue.state is not State.WAITING or issue.asked_id in raisers_of(session, issue_id=issue.id):
        return
    clocks.resume(session, issue, Deed(Action.RESUME, None, {Actor.TIMER}), at=at, rules=rules)


def count_from_earliest(session: Session, issue: Issue) -> None:
    """The first report is the earliest of those that are there. Where the one whose clocks it still has was split off,
    it begins no later than these end."""
    session.flush()
    earliest = session.scalar(select(func.min(Report.at)).where(Report.issue_id == issue.id))
    if earliest is not None:
        issue.first_reported_at = min(earliest, issue.first_answer_due)


def merge_that_brought(session: Session, *, report_id: int, into_id: int) -> Merge | None:
    return session.scalars(
        select(Merge)
        .join(MergedReport, MergedReport.merge_id == Merge.id)
        .where(
            MergedReport.report_id == report_id,
            MergedReport.left_at.is_(None),
            Merge.into_id == into_id,
            Merge.undone_at.is_(None),
        )
    ).one_or_none()


def _both(
    session: Session, issue_id: int, into_id: int, member_id: int, at: datetime
) -> tuple[Issue, Issue, set[Actor], set[Actor]]:
    """Both issues, locked in the order of their ids, so that two who merge at once cannot wait for each other."""
    if issue_id == into_id:
        raise MergeRefused(why="same")
    for each in sorted((issue_id, into_id)):
        lock_issue(session, each)
    merged, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    into, held_into = taken_up(session, issue_id=into_id, member_id=member_id, at=at)
    return merged, into, held, held_into


def _check_merge(session: Session, merged: Issue, into: Issue) -> None:
    if merged.community_id != into.community_id:
        raise MergeRefused(why="community")
    if merged.state not in OPEN or into.state not in OPEN:
        raise MergeRefused(why="open")
    if live_merges(session, into_id=merged.id):
        raise MergeRefused(why="chain")


def _check_undoing(session: Session, merge: Merge) -> None:
    brought = select(MergedReport.report_id).where(MergedReport.merge_id == merge.id, MergedReport.left_at.is_(None))
    live = select(Report.id).where(Report.issue_id == merge.into_id, Report.withdrawn_at.is_(None)).limit(1)
    if session.scalar(live.where(Report.id.in_(brought))) is None:
        raise MergeRefused(why="empty")
    if session.scalar(live.where(Report.id.not_in(brought))) is None:
        raise MergeRefused(why="last")


def _still_urgent(session: Session, into: Issue) -> bool:
    """Another merged issue is urgent too: from now on it is the one that made this one so."""
    for merge in live_merges(session, into_id=into.id):
        if session.get_one(Issue, merge.merged_id).urgent:
            merge.made_urgent = True
            return True
    return False


def _calm_down(issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """Its limit may be later again: who was told of a light that it no longer shows is told anew when it does."""
    since = issue.clock_since or issue.first_reported_at
    shown = light(at, since=since, ends=issue.landing_due, rules=rules)
    now_is = None if shown is Light.GREEN else shown
    issue.warned = min(issue.warned, now_is, key=_LIGHTS.index)


def _move_reports(session: Session, *, merge_id: int, source: int, target: int, at: datetime) -> None:
    rows = session.execute(select(Report.id, Report.since).where(Report.issue_id == source).order_by(Report.id)).all()
    insert_rows(
        session,
        MergedReport,
        [{"merge_id": merge_id, "report_id": row.id, "since_before": row.since, "left_at": None} for row in rows],
    )
    session.execute(
        update(Report).where(Report.issue_id == source).values(issue_id=target, since=at),
        execution_options={"synchronize_session": "fetch"},
    )


def _photos_of(session: Session, merge: Merge) -> list[str]:
    """What the holder of the other is shown; the photos stay with the issue in which they were told."""
    brought = session.scalars(select(MergedReport.report_id).where(MergedReport.merge_id == merge.id)).all()
    return list(photos_told(session, report_ids=brought))


def _move_back(session: Session, merge: Merge) -> None:
    """The reports are as they were when they came: of an open issue, so nobody had rated."""
    rows = session.execute(
        select(MergedReport.report_id, MergedReport.since_before).where(
            MergedReport.merge_id == merge.id, MergedReport.left_at.is_(None)
        )
    ).all()
    for row in rows:
        session.execute(
            update(Report)
            .where(Report.id == row.report_id, Report.issue_id == merge.into_id)
            .values(
                issue_id=merge.merged_id,
                since=row.since_before,
                rating=None,
                rating_words="",
                rated_at=None,
                asked_solved_at=None,
                solved=None,
                solved_at=None,
            ),
            execution_options={"synchronize_session": "fetch"},
        )
