"""What happens to an issue by itself: it climbs, resumes, is looked at again; its people hear that it is worked on.

``issues.look_at`` says when there is something to do (models.rules.looking); the sweep asks an index for what is due,
so that its time grows with that and not with what is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from models.issue import Issue
from models.report import Report
from models.rules.deadlines import Light, deadlines, due, light, rung_due
from models.rules.errors import NobodyReachable
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Actor, State
from models.rules.looking import Act, next_act, next_look
from services import joint_limits
from services.ladder import next_rung, same_rung, scope_of
from services.moving import Deed, lock_issue, move
from services.notices import silent_raisers

_PUT_OFF = timedelta(minutes=5)
_TIMER = frozenset({Actor.TIMER})
_MOST_AT_ONCE = len(Act) * 2  # acts on one issue in one look; each changes the facts that called for it

_DUE = (
    select(Issue.id)
    .where(text("issues.look_at IS NOT NULL"), Issue.look_at <= bindparam("now"))  # the words of the partial index
    .order_by(Issue.look_at)
    .limit(bindparam("most"))
)


def due_issues(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """The issues with which the timer has something to do, the longest due first."""
    return session.connection().scalars(_DUE, {"now": now, "most": limit}).all()


def look_at(session: Session, *, issue_id: int, at: datetime, rules: HouseRules) -> list[Act]:
    """Do all that is due with one issue, in the order in which it became due. Of two who look, one finds nothing."""
    issue = lock_issue(session, issue_id)
    done: list[Act] = []
    for _ in range(_MOST_AT_ONCE):
        coming = next_act(issue, rules=rules)
        if coming is None or coming[0] > at:
            break
        _do(session, issue, coming[1], at=at, rules=rules)
        done.append(coming[1])
    issue.look_at = next_look(issue, rules=rules)
    session.flush()
    return done


def put_off(session: Session, *, issue_id: int, at: datetime) -> None:
    """Looking at it failed: it is tried again in a while, and stands in nobody's way until then."""
    session.connection().execute(update(Issue).where(Issue.id == issue_id).values(look_at=at + _PUT_OFF))


def _do(session: Session, issue: Issue, act: Act, *, at: datetime, rules: HouseRules) -> None:
    match act:
        case Act.RESUME:
            resume(session, issue, Deed(Action.RESUME, None, _TIMER, raiser_id=issue.asked_id), at=at, rules=rules)
        case Act.UNSHELVE:
            move(session, issue, Deed(Action.UNSHELVE, None, _TIMER), at=at, rules=rules)
        case Act.REVIEW:
            _review(session, issue, at=at, rules=rules)
        case Act.CLIMB:
            _climb(session, issue, at=at, rules=rules)
        case Act.WARN:
            _warn(session, issue, at=at, rules=rules)
        case Act.FOLLOW_UP:
            _follow_up(session, issue, at=at, rules=rules)
        case Act.HEARTBEAT:
            move(session, issue, Deed(Action.HEARTBEAT, None, _TIMER), at=at, rules=rules)


def resume(session: Session, issue: Issue, deed: Deed, *, at: datetime, rules: HouseRules) -> None:
    """Back from waiting to the state before; what was paused ends later by as long as it stood still."""
    since, back = issue.paused_at, issue.resume_to
    if since is None or back is None:
        raise AssertionError("it waits for nothing")
    joint_limits.stand_still(session, issue, since=since, until=at)
    if issue.rung_due is not None:  # a rung that got it late has its own time, which stands still too
        issue.rung_due += max(timedelta(0), at - since)
    move(session, issue, deed.back_to(back), at=at, rules=rules)


def _climb(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """To the rung above. At the top it begins a new term there, and whoever holds it is told that it is red."""
    try:
        routed = next_rung(session, scope=scope_of(issue), above=issue.rung, at=at)
    except NobodyReachable:
        issue.rung_since, issue.rung_due = at, rung_due(at, rung=issue.rung, unit=None, rules=rules)
        if issue.state is State.TO_DELIBERATE:
            issue.rung_due = due(at, rules.waiting_for_meeting, rules=rules)
        _tell_light(session, issue, at=at, rules=rules, top=True)
        return
    since = issue.clock_since or issue.first_reported_at
    now_is = light(at, since=since, ends=issue.landing_due, rules=rules)
    issue.warned = None if now_is is Light.GREEN else now_is
    details = {"light": now_is.value}
    deed = Deed(Action.ESCALATE, None, _TIMER, to_post=routed.post_id, rung=routed.rung, details=details)
    move(session, issue, deed, at=at, rules=rules)


def _review(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """What could not be done is looked at again on the day that was promised, with clocks of its own."""
    routed = same_rung(session, scope=scope_of(issue), rung=issue.rung, at=at)
    clocks = deadlines(at, urgent=issue.urgent, category=issue.category, rules=rules)
    deed = Deed(Action.REVIEW, None, _TIMER, to_post=routed.post_id, rung=routed.rung, clocks=clocks)
    move(session, issue, deed, at=at, rules=rules)
    forget_ratings(session, issue=issue)


def _warn(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    since = issue.clock_since or issue.first_reported_at
    now_is = light(at, since=since, ends=issue.landing_due, rules=rules)
    issue.warned = Light.YELLOW if now_is is Light.GREEN else now_is
    _tell_light(session, issue, at=at, rules=rules)


def _tell_light(session: Session, issue: Issue, *, at: datetime, rules: HouseRules, top: bool = False) -> None:
    if top:
        issue.warned = Light.RED
    shown = issue.warned.value if issue.warned else Light.GREEN.value
    move(session, issue, Deed(Action.WARN, None, _TIMER, details={"light": shown, "top": top}), at=at, rules=rules)


def _follow_up(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """Who has not rated is asked once whether it is solved."""
    issue.followed_up_at = at
    silent = silent_raisers(session, issue_id=issue.id)
    if silent:
        asked = update(Report).where(Report.issue_id == issue.id, Report.raiser_id.in_(silent))
        session.connection().execute(asked.values(asked_solved_at=at))
        move(session, issue, Deed(Action.FOLLOW_UP, None, _TIMER), at=at, rules=rules)


def forget_ratings(session: Session, *, issue: Issue) -> None:
    """It begins anew, so what was said of the last answer no longer counts."""
    session.flush()
    session.connection().execute(
        update(Report)
        .where(Report.issue_id == issue.id)
        .values(rating=None, rating_words="", rated_at=None, asked_solved_at=None, solved=None, solved_at=None)
    )
