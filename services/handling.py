"""What those who hold an issue do with it. Each deed leaves a history entry and tells people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.community import Organisation, OrganisationKind
from models.issue import Issue
from models.member import Post
from models.notice import UNSETTLED, Notice
from models.report import Report
from models.rules.errors import LeadNamed, NobodyReachable, NotFound, TransitionNotAllowed, WordsNeeded
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, Action, Actor, Outcome, Rating, Reason, State
from models.rules.posts import Rung, ScopeKind
from models.rules.workflow import find_transition
from services import notices, timetable
from services.demands import check_answer
from services.ladder import next_rung, same_rung, scope_of
from services.members import actors, posts_of, reachable_posts
from services.moving import Deed, lock_issue, move
from services.referral_answers import hear_back

#: How long the closing of an answered issue waits for a notice that is still under way.
CLOSE_PATIENCE = timedelta(hours=6)


def accept_issue(session: Session, *, issue_id: int, member_id: int, at: datetime, rules: HouseRules) -> Issue:
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    move(session, issue, Deed(Action.ACCEPT, member_id, held), at=at, rules=rules)
    return issue


def answer_issue(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    words: str,
    outcome: Outcome,
    at: datetime,
    rules: HouseRules,
    photos: Sequence[str] = (),
    reason: Reason | None = None,
    decider: str = "",
    review_at: datetime | None = None,
    ticked: Sequence[str] | None = None,
) -> Issue:
    """The written answer to every raiser. It is closed when they are content, or the rating window is over.

    ``review_at``: when what cannot be done now (C) is looked at again. ``ticked``: which of the matters of
    :func:`services.demands.demands` it speaks to; all of them must be. Raises HollowAnswer for words that say nothing,
    MatterUnanswered for a matter left out.
    """
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    check_answer(session, issue_id=issue_id, words=words, ticked=ticked)
    deed = Deed(
        Action.ANSWER,
        member_id,
        held,
        words=words,
        outcome=outcome,
        reason=reason,
        decider=decider,
        photos=photos,
        until=review_at if outcome is Outcome.EXPLAINED else None,
        details={"ticked": list(ticked)} if ticked else None,
    )
    move(session, issue, deed, at=at, rules=rules)
    owe_closing(session, issue, at=at, rules=rules)
    if issue.level is not None:  # it was at a meeting, which may wait for this
        hear_back(session, issue_id=issue.id, words=words, at=at, rules=rules)
    return issue


def owe_closing(session: Session, issue: Issue, *, at: datetime, rules: HouseRules) -> None:
    """What was just answered is closed when the rating window is over."""
    timetable.owe(
        session,
        kind="close_issue",
        subject=str(issue.id),
        slot=f"window:{issue.reopenings}",
        due_at=at + rules.rating_window,
    )


def hand_over_issue(
    session: Session, *, issue_id: int, member_id: int, words: str, at: datetime, rules: HouseRules
) -> Issue:
    """To the next rung that has somebody reachable. Raises NobodyReachable at the top, LeadNamed for a named lead."""
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    if issue.lead_named and Actor.HANDLER in held:
        raise LeadNamed(unit=_label(session, issue.holder_id))
    routed = next_rung(session, scope=scope_of(issue), above=issue.rung, at=at)
    deed = Deed(Action.HAND_OVER, member_id, held, words=words, to_post=routed.post_id, rung=routed.rung)
    move(session, issue, deed, at=at, rules=rules)
    return issue


def assign_issue(
    session: Session,
    *,
    issue_id: int,
    member_id: int,
    organisation_id: int,
    at: datetime,
    rules: HouseRules,
    words: str = "",
    lead: bool = False,
) -> Issue:
    """To a handling unit that has somebody to write to. A steward may assign to the property company only.

    ``lead``: the community names it the lead, which it cannot decline and nobody below may change (raises LeadNamed).
    """
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    unit = session.execute(
        select(Post.id, Organisation.kind, Organisation.name)
        .join(Organisation, (Organisation.id == Post.scope_id) & (Post.scope_kind == ScopeKind.ORGANISATION))
        .where(
            Organisation.id == organisation_id,
            Organisation.community_id == issue.community_id,
            (Organisation.compound_id.is_(None)) | (Organisation.compound_id == issue.compound_id),
        )
    ).one_or_none()
    if unit is None:
        raise NotFound
    if not held & {Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET} and unit.kind is not OrganisationKind.PROPERTY:
        raise TransitionNotAllowed(action=Action.ASSIGN, state=issue.state)
    if not reachable_posts(session, post_ids=[unit.id], at=at):
        raise NobodyReachable(unit=unit.name)
    action = Action.NAME_LEAD if lead else Action.ASSIGN
    if issue.lead_named and not lead and Actor.COMMUNITY not in held and Actor.STREET not in held:
        raise LeadNamed(unit=_label(session, issue.holder_id))
    deed = Deed(action, member_id, held, words=words, to_post=unit.id, unit=unit.kind.value, details={"lead": lead})
    issue.lead_named = issue.lead_named or lead
    move(session, issue, deed, at=at, rules=rules)
    return issue


def decline_issue(
    session: Session, *, issue_id: int, member_id: int, words: str, proposed: str, at: datetime, rules: HouseRules
) -> Issue:
    """Not ours (退单): to the rung above, with a reason and the unit that should do it instead.

    After two declines it is the community that names a lead, who cannot decline: raises LeadNamed.
    """
    issue, held = _declining(session, issue_id, member_id, at)
    if not proposed.strip():
        raise WordsNeeded(action=Action.DECLINE)
    last = issue.declines + 1 >= rules.declines_before_lead
    above = max(issue.rung, Rung.GRID if last else issue.rung, key=list(Rung).index)
    try:
        routed = next_rung(session, scope=scope_of(issue), above=above, at=at)
    except NobodyReachable:
        routed = same_rung(session, scope=scope_of(issue), rung=issue.rung, at=at)
    issue.declines += 1
    details = {"proposed": proposed.strip(), "name_lead": last}
    deed = Deed(
        Action.DECLINE, member_id, held, words=words, to_post=routed.post_id, rung=routed.rung, details=details
    )
    move(session, issue, deed, at=at, rules=rules)
    return issue


def check_declining(session: Session, *, issue_id: int, member_id: int, at: datetime) -> Issue:
    """Refuses what :func:`decline_issue` would refuse, before anybody is asked for a reason."""
    return _declining(session, issue_id, member_id, at)[0]


def units_for(session: Session, *, issue: Issue, held: set[Actor]) -> list[tuple[int, str]]:
    """The handling units that an issue can be assigned to by somebody, (organisation id, name)."""
    query = (
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.community_id == issue.community_id,
            (Organisation.compound_id.is_(None)) | (Organisation.compound_id == issue.compound_id),
        )
        .order_by(Organisation.kind, Organisation.id)
    )
    if not held & {Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET}:
        query = query.where(Organisation.kind == OrganisationKind.PROPERTY)
    return [(row.id, row.name) for row in session.execute(query)]


def close_when_settled(session: Session, *, issue_id: int, at: datetime, rules: HouseRules) -> datetime | None:
    """Close an answered issue once every raiser is content or the rating window is over, and every notice about it is
    settled. Returns when to ask again, None when done or when a later answer has a window of its own.

    Silence is stored as silence: a report without a rating stays without one.
    """
    issue = lock_issue(session, issue_id)
    if issue.state is not State.ANSWERED or issue.answered_at is None:
        return None
    if at < issue.answered_at + rules.rating_window and not all_content(session, issue_id=issue_id):
        return None
    notices.let_go_overtaken(session, issue_id=issue_id, at=at)
    waiting = select(Notice.id).where(Notice.issue_id == issue_id, Notice.state.in_(UNSETTLED))
    if session.scalar(select(exists(waiting))):
        return at + CLOSE_PATIENCE
    move(session, issue, Deed(Action.CLOSE, None, {Actor.TIMER}), at=at, rules=rules)
    return None


def all_content(session: Session, *, issue_id: int) -> bool:
    """Every raiser has rated, and none is unsatisfied."""
    ratings = session.scalars(
        select(Report.rating).where(Report.issue_id == issue_id, Report.withdrawn_at.is_(None))
    ).all()
    return all(rating in (Rating.SATISFIED, Rating.BASIC) for rating in ratings)


def _declining(session: Session, issue_id: int, member_id: int, at: datetime) -> tuple[Issue, set[Actor]]:
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    find_transition(ISSUE_WORKFLOW, action=Action.DECLINE, state=issue.state, roles=held)
    if Actor.HOLDER not in held:
        raise TransitionNotAllowed(action=Action.DECLINE, state=issue.state)
    if issue.lead_named:
        raise LeadNamed(unit=_label(session, issue.holder_id))
    return issue, held


def _label(session: Session, post_id: int) -> str:
    return session.execute(select(Post.label).where(Post.id == post_id)).scalar_one()


def taken_up(session: Session, *, issue_id: int, member_id: int, at: datetime) -> tuple[Issue, set[Actor]]:
    """The issue, locked, and what the member is to it. Raises NotFound for a stranger."""
    issue = lock_issue(session, issue_id)
    posts = posts_of(session, member_id=member_id, at=at)
    held = actors(session, member_id=member_id, issue=issue, posts=posts)
    if not held:
        raise NotFound
    return issue, held
