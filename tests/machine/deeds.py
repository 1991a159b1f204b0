"""Every deed of the table that somebody does, made with what it needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import select

from models.issue import Issue
from models.merge import Merge
from models.report import Report
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor, Level, Outcome, Rating, Reason, State
from services import (
    corrections,
    deliberating,
    following,
    handling,
    merging,
    pressing,
    shelving,
    splitting,
    waiting,
    whistles,
)
from services.demands import demands
from services.intake import Where
from tests.machine.world import MATTERS, Known, World


def deed(
    world: World, action: Action, issue: Issue | Known, member_id: int, other: Issue | Known, flavour: int
) -> Callable[[], object]:
    """``flavour`` chooses among what the table leaves open."""
    who: dict[str, Any] = {"issue_id": issue.id, "member_id": member_id, "at": world.now}
    who["rules"] = world.here.house.rules
    return lambda: _DEEDS[action](world, who, issue, other, flavour)


def allowed(issue: Issue | Known, action: Action) -> frozenset[Actor]:
    """Whom the table lets do this to the issue as it is."""
    return _allowed(issue.state, action)


@cache
def _allowed(state: State, action: Action) -> frozenset[Actor]:
    rows = [row for row in ISSUE_WORKFLOW if row.action is action and state in row.sources]
    return frozenset().union(*(row.by for row in rows)) - {Actor.TIMER} if rows else frozenset()


def _answer(world: World, who: dict[str, Any], issue: Issue | Known, other: Issue | Known, flavour: int) -> object:
    outcome = (Outcome.SOLVED, Outcome.SOLVED, Outcome.UNDER_WAY, Outcome.EXPLAINED)[flavour % 4]
    explained: dict[str, Any] = {}
    if outcome is Outcome.EXPLAINED:
        explained = {"reason": Reason.SEASON, "decider": "街道", "review_at": world.now + timedelta(days=20)}
    ticked = demands(world.session, issue_id=issue.id)
    return handling.answer_issue(
        world.session, **who, words="换了灯泡，灯亮了", outcome=outcome, ticked=ticked, **explained
    )


def _merge(world: World, who: dict[str, Any], issue: Issue | Known, other: Issue | Known, flavour: int) -> object:
    before = world.columns(issue.id)
    merged = merging.merge_issues(world.session, **who, into_id=other.id, why="说的是一件事")
    world.merged[issue.id] = before
    return merged


def _unmerge(world: World, who: dict[str, Any], issue: Issue | Known, other: Issue | Known, flavour: int) -> object:
    undone = merging.unmerge_issue(world.session, **who)
    exactly_as_before(world, issue.id)
    return undone


def exactly_as_before(world: World, issue_id: int) -> None:
    world.session.flush()
    before = world.merged[issue_id]
    after = world.columns(issue_id)
    changed = {name for name in before if before[name] != after[name]}
    allowed_to = {"first_reported_at"}  # the earliest report may have been split off meanwhile
    if before["state"] == "waiting":  # who was asked may have left meanwhile: then it goes on
        allowed_to |= {"state", "paused_at", "asked_id", "resume_to", "landing_due", "rung_due", "warned"}
    if before["state"] in ("scheduled", "decided"):  # its meeting may be over by now, and nothing holds it any more
        allowed_to |= {"state", "rung_since", "rung_due", "warned", "holder_id", "rung", "first_answered_at"}
    assert changed <= allowed_to, {name: (before[name], after[name]) for name in changed}


def _split(world: World, who: dict[str, Any], issue: Issue | Known, other: Issue | Known, flavour: int) -> object:
    reports = world.session.scalars(
        select(Report.id).where(Report.issue_id == issue.id, Report.withdrawn_at.is_(None)).order_by(Report.id)
    ).all()
    del who["issue_id"]
    report = reports[flavour % len(reports)] if reports else 0
    new = splitting.split_report(world.session, **who, report_id=report, gazetteer=world.here.house.gazetteer)
    if world.session.scalar(select(Merge.id).where(Merge.merged_id == new.id, Merge.undone_at == world.now)):
        exactly_as_before(world, new.id)
    return new


def _schedule(world: World, who: dict[str, Any], issue: Issue | Known, other: Issue | Known, flavour: int) -> object:
    meets = world.now + timedelta(days=7)
    return deliberating.schedule_issue(world.session, **_by_meeting(who), meeting="小区议事会", meets_at=meets)


def _by_meeting(who: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in who.items() if name != "member_id"}


def _asked(world: World, issue: Issue | Known, flavour: int) -> int:
    raisers = [member for member, _, _ in waiting.who_may_be_asked(world.session, issue_id=issue.id)]
    return raisers[flavour % len(raisers)] if raisers else 0


def _whistle(world: World, who: dict[str, Any], issue: Issue | Known, other: Issue | Known, flavour: int) -> object:
    one = world.organisations[flavour % 2]
    return whistles.whistle(
        world.session, **who, organisations=[one], words="请来现场", arrive_by=world.now + timedelta(hours=4)
    )


_Deed = Callable[[World, dict[str, Any], Issue | Known, Issue | Known, int], object]
_RATINGS = tuple(Rating)
_LEVELS = tuple(Level)


_DEEDS: dict[Action, _Deed] = {
    Action.ACCEPT: lambda w, a, i, o, f: handling.accept_issue(w.session, **a),
    Action.ASSIGN: lambda w, a, i, o, f: handling.assign_issue(w.session, **a, organisation_id=w.organisations[f % 2]),
    Action.NAME_LEAD: lambda w, a, i, o, f: handling.assign_issue(
        w.session, **a, organisation_id=w.organisations[f % 2], lead=True
    ),
    Action.DECLINE: lambda w, a, i, o, f: handling.decline_issue(w.session, **a, words="不归我们管", proposed="城管"),
    Action.ASK: lambda w, a, i, o, f: waiting.ask_raiser(
        w.session, **a, raiser_id=_asked(w, i, f), words="是哪一层的灯？"
    ),
    Action.SUPPLY: lambda w, a, i, o, f: following.supply_issue(w.session, **a, words="是三层的"),
    Action.ANSWER: _answer,
    Action.HAND_OVER: lambda w, a, i, o, f: handling.hand_over_issue(w.session, **a, words="线路老化"),
    Action.CORRECT: lambda w, a, i, o, f: corrections.correct_category(
        w.session, **a, category=MATTERS[f % len(MATTERS)][1]
    ),
    Action.RELOCATE: lambda w, a, i, o, f: corrections.correct_place(
        w.session,
        **a,
        where=(Where(w.here.ids.compound), Where(w.here.ids.compound, w.here.ids.building, w.here.ids.unit))[f % 2],
    ),
    Action.MERGE: _merge,
    Action.UNMERGE: _unmerge,
    Action.SPLIT: _split,
    Action.COUNT: lambda w, a, i, o, f: merging.count_affected(w.session, **a, households=f + 1, people=2 * f + 1),
    Action.SUGGEST: lambda w, a, i, o, f: deliberating.suggest_talk(w.session, **a, words="大家商量"),
    Action.PROPOSE: lambda w, a, i, o, f: deliberating.propose_issue(
        w.session, **a, level=_LEVELS[f % 3], words="要大家定"
    ),
    Action.SCHEDULE: _schedule,
    Action.UNSCHEDULE: lambda w, a, i, o, f: deliberating.unschedule_issue(
        w.session, **_by_meeting(a), words="会改期了"
    ),
    Action.DECIDE: lambda w, a, i, o, f: deliberating.decide_issue(
        w.session, **_by_meeting(a), words="换声控灯", until=w.now + timedelta(days=30)
    ),
    Action.ADJOURN: lambda w, a, i, o, f: deliberating.adjourn_issue(w.session, **_by_meeting(a), words="没谈拢"),
    Action.RETURN: lambda w, a, i, o, f: deliberating.return_issue(w.session, **_by_meeting(a), words="不同意"),
    Action.SHELVE: lambda w, a, i, o, f: shelving.shelve_issue(
        w.session, **a, words="等开春", reason=Reason.SEASON, review_at=w.now + timedelta(days=10 + f)
    ),
    Action.UNSHELVE: lambda w, a, i, o, f: shelving.unshelve_issue(w.session, **a),
    Action.URGE: lambda w, a, i, o, f: pressing.urge_issue(w.session, **a),
    Action.SUPERVISE: lambda w, a, i, o, f: pressing.supervise_issue(w.session, **a, words="今天办完"),
    Action.ASK_EXTENSION: lambda w, a, i, o, f: pressing.ask_extension(
        w.session, **a, words="等配件", until=max(i.landing_due, w.now) + timedelta(days=1 + f)
    ),
    Action.EXTEND: lambda w, a, i, o, f: pressing.decide_extension(w.session, **a, grant=True),
    Action.REFUSE_EXTENSION: lambda w, a, i, o, f: pressing.decide_extension(
        w.session, **a, grant=False, words="不能再拖"
    ),
    Action.WHISTLE: _whistle,
    Action.ARRIVE: lambda w, a, i, o, f: whistles.arrive(w.session, **a),
    Action.HELP: lambda w, a, i, o, f: whistles.report_help(w.session, **a, words="拆掉了违建"),
    Action.RATE: lambda w, a, i, o, f: following.rate_issue(w.session, **a, rating=_RATINGS[f % 3]),
    Action.CHECK: lambda w, a, i, o, f: following.check_issue(w.session, **a, solved=bool(f % 2)),
    Action.REOPEN: lambda w, a, i, o, f: following.reopen_issue(w.session, **a, words="又灭了"),
    Action.APPEAL: lambda w, a, i, o, f: following.reopen_issue(w.session, **a, words="又灭了"),
    Action.WITHDRAW: lambda w, a, i, o, f: following.withdraw_report(w.session, **a),
    Action.VOID: lambda w, a, i, o, f: shelving.void_issue(w.session, **a, words="试一试的"),
}

#: Those of the table that somebody does; the others are the timer's, or the other side of one of these.
DEEDS = tuple(_DEEDS)
