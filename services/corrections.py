"""不对: what was understood wrongly is put right, kept to learn from, and a name people use becomes an alias."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Compound, CompoundAlias
from models.dialect import insert_ignore
from models.issue import Issue
from models.learning import Corrected, Correction
from models.member import Post
from models.report import Report
from models.rules.errors import AlreadyDone, SharedIssue
from models.rules.house import HouseRules
from models.rules.issue_workflow import ISSUE_WORKFLOW, RAISING, Action, Actor
from models.rules.posts import RUNGS
from models.rules.workflow import find_transition
from services import notices
from services.handling import taken_up
from services.intake import Where, locate
from services.ladder import same_rung, scope_of
from services.moving import Deed, move
from services.queries import what_somebody_is

#: Characters of a name that may be taught: shorter ones are in every second sentence, longer ones are none.
ALIAS_LENGTHS = range(2, 21)


@dataclass(frozen=True)
class Subject:
    """What may be corrected of an issue, for one who may. ``words``: as it was first told."""

    number: str
    category: str
    place: str
    summary: str
    compound_id: int
    compound: str
    words: str
    is_staff: bool


def subject(session: Session, *, issue_id: int, member_id: int, at: datetime) -> Subject:
    """Raises NotFound for a stranger, TransitionNotAllowed once it is too late to correct."""
    issue, held = what_somebody_is(session, issue_id=issue_id, member_id=member_id, at=at)
    find_transition(ISSUE_WORKFLOW, action=Action.CORRECT, state=issue.state, roles=held)
    words = session.scalars(select(Report.words).where(Report.issue_id == issue_id).order_by(Report.id).limit(1)).one()
    return Subject(
        issue.number,
        issue.category,
        issue.place_label,
        issue.summary,
        issue.compound_id,
        session.get_one(Compound, issue.compound_id).name,
        words,
        _is_staff(held),
    )


def correct_category(
    session: Session, *, issue_id: int, member_id: int, category: str, at: datetime, rules: HouseRules
) -> Issue:
    """Another category, told to raisers and holder. No clock is reset and the holder stays.

    Raises AlreadyDone where it is that category, SharedIssue for a raiser whose neighbours are in it too.
    """
    issue, held = _to_correct(session, issue_id, member_id, at)
    if issue.category == category:
        raise AlreadyDone(action=Action.CORRECT, state=issue.state)
    was, issue.category = issue.category, category
    issue.grounds = {**(issue.grounds or {}), "category": [], "by": "staff" if _is_staff(held) else "raiser"}
    session.flush()
    move(session, issue, Deed(Action.CORRECT, member_id, held, words=was), at=at, rules=rules)
    _keep(session, issue, Corrected.CATEGORY, was, category, member_id, held, at)
    return issue


def correct_place(
    session: Session, *, issue_id: int, member_id: int, where: Where, at: datetime, rules: HouseRules
) -> Issue:
    """Another place of the same community, and the holder who belongs to it; a handling unit keeps what it has.

    Raises AlreadyDone for the place it has, SharedIssue as above, and NotFound beyond the community.
    """
    issue, held = _to_correct(session, issue_id, member_id, at)
    located = locate(session, where)
    if located.scope.community_id != issue.community_id:
        raise SharedIssue
    was = issue.place_label
    if (where.compound_id, where.building_id, where.unit_id, where.spot_id) == (
        issue.compound_id, issue.building_id, issue.unit_id, issue.spot_id,
    ):  # fmt: skip
        raise AlreadyDone(action=Action.RELOCATE, state=issue.state)
    issue.place_label, issue.grid_id = located.label, located.scope.grid_id
    issue.compound_id, issue.building_id = where.compound_id, where.building_id
    issue.unit_id, issue.spot_id = where.unit_id, where.spot_id
    issue.grounds = {**(issue.grounds or {}), "place": [["said", ""]]}
    session.flush()
    deed = Deed(Action.RELOCATE, member_id, held, words=was, stays=True)
    holder = session.get_one(Post, issue.holder_id)
    if holder.role in RUNGS:
        routed = same_rung(session, scope=scope_of(issue), rung=issue.rung, at=at)
        if routed.post_id != issue.holder_id:
            deed = Deed(Action.RELOCATE, member_id, held, words=was, to_post=routed.post_id, rung=routed.rung)
    move(session, issue, deed, at=at, rules=rules)
    _keep(session, issue, Corrected.PLACE, was, located.label, member_id, held, at)
    return issue


def may_teach(session: Session, *, compound_id: int, alias: str) -> bool:
    """Whether a name is new to its compound, and no other compound of the community is called so."""
    if len(alias) not in ALIAS_LENGTHS:
        return False
    community = select(Compound.community_id).where(Compound.id == compound_id).scalar_subquery()
    named = select(Compound.id).where(Compound.community_id == community, Compound.name == alias)
    known = (
        select(CompoundAlias.id)
        .join(Compound, Compound.id == CompoundAlias.compound_id)
        .where(Compound.community_id == community, CompoundAlias.alias == alias)
    )
    return session.execute(named).first() is None and session.execute(known).first() is None


def teach_alias(session: Session, *, compound_id: int, alias: str, member_id: int, at: datetime) -> bool:
    """From now on this name means the compound. False: it was known. Earlier messages stay as they were understood."""
    return may_teach(session, compound_id=compound_id, alias=alias) and insert_ignore(
        session,
        CompoundAlias,
        {"compound_id": compound_id, "alias": alias, "holds_from": at, "taught_by_id": member_id},
        conflict=("compound_id", "alias"),
    )


def _to_correct(session: Session, issue_id: int, member_id: int, at: datetime) -> tuple[Issue, set[Actor]]:
    issue, held = taken_up(session, issue_id=issue_id, member_id=member_id, at=at)
    if not _is_staff(held) and len(notices.raisers_of(session, issue_id=issue.id)) > 1:
        raise SharedIssue
    return issue, held


def _is_staff(held: set[Actor]) -> bool:
    return bool(held - RAISING)


def _keep(
    session: Session,
    issue: Issue,
    what: Corrected,
    was: str,
    became: str,
    member_id: int,
    held: set[Actor],
    at: datetime,
) -> None:
    insert_row(
        session,
        Correction,
        issue_id=issue.id,
        what=what,
        was=was,
        became=became,
        by_id=member_id,
        by_staff=_is_staff(held),
        at=at,
    )
