"""Taking in what somebody tells us: understanding it, and making a report and an issue of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models.base import insert_row, new_public_id
from models.community import Building, Community, Compound, Organisation, OrganisationKind, Spot, Unit
from models.issue import Issue, IssueNumber
from models.member import Grant, Post
from models.report import Report
from models.rules.deadlines import deadlines, rung_due
from models.rules.errors import AlreadyDone, NotFound, TooMuch
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Actor, Nature, State
from models.rules.looking import next_look
from models.rules.posts import Role, ScopeKind
from models.rules.routing import Routed
from services import joint_limits, notices
from services.ladder import Scope, first_holder
from services.lost_holders import lost_key
from services.members import belongs_to, live_grant
from services.moving import Deed, birth, facts, lock_issue, move
from services.numbering import next_serial
from understanding import Gazetteer, Home, Location, Model, Understanding, understand


@dataclass(frozen=True)
class Where:
    """A place as the person confirmed it, at least to the compound."""

    compound_id: int
    building_id: int | None = None
    unit_id: int | None = None
    spot_id: int | None = None
    room: str = ""


@dataclass(frozen=True)
class Told:
    """What a person told: the words as they are, and what was understood and confirmed of them."""

    words: str
    summary: str
    category: str
    nature: Nature
    urgent: bool
    where: Where
    photos: tuple[str, ...] = ()
    grounds: Mapping[str, Any] = field(default_factory=dict)  # as in models.issue
    pin: Location | None = None
    routed: Routed | None = None  # who gets it, where that is not the first of its place


@dataclass(frozen=True)
class Located:
    """A place with its name and its scope."""

    label: str
    scope: Scope
    prefix: str


_PLACE = (
    select(
        Community.id,
        Community.prefix,
        Compound.name.label("compound"),
        Compound.grid_id.label("compound_grid"),
        Building.name.label("building"),
        Building.grid_id.label("building_grid"),
        Unit.name.label("unit"),
        Spot.name.label("spot"),
        Spot.grid_id.label("spot_grid"),
    )
    .select_from(Compound)
    .join(Community, Community.id == Compound.community_id)
    .outerjoin(Building, (Building.id == bindparam("building_id")) & (Building.compound_id == Compound.id))
    .outerjoin(Unit, (Unit.id == bindparam("unit_id")) & (Unit.building_id == Building.id))
    .outerjoin(Spot, (Spot.id == bindparam("spot_id")) & (Spot.compound_id == Compound.id))
    .where(Compound.id == bindparam("compound_id"))
)
_TOLD_LATELY = select(func.count().filter(Report.at > bindparam("hour_ago")), func.count()).where(
    Report.at > bindparam("day_ago"),
    ((Report.raiser_id == bindparam("teller")) & Report.told_by_id.is_(None))
    | (Report.told_by_id == bindparam("teller")),
)


def understand_words(
    words: str,
    *,
    gazetteer: Gazetteer,
    home: Home | None,
    location: Location | None = None,
    model: Model | None = None,
) -> Understanding:
    return understand(words, gazetteer=gazetteer, home=home, location=location, model=model)


def locate(session: Session, where: Where) -> Located:
    """Name a place and find its grid and community. The room is never part of the name: neighbours read it."""
    named = {
        "compound_id": where.compound_id,
        "building_id": where.building_id,
        "unit_id": where.unit_id,
        "spot_id": where.spot_id,
    }
    row = session.connection().execute(_PLACE, named).one_or_none()
    if row is None:
        raise NotFound
    return Located(
        label="".join(filter(None, (row.compound, row.building, row.unit, row.spot))),
        scope=Scope(row.id, row.building_grid or row.spot_grid or row.compound_grid, where.building_id, where.unit_id),
        prefix=row.prefix,
    )


def report_issue(
    session: Session,
    *,
    raiser_id: int,
    platform: str,
    told: Told,
    at: datetime,
    rules: HouseRules,
    told_by: int | None = None,
    recurs_id: int | None = None,
) -> Issue:
    """A report becomes an issue with a number, a holder and two due times; the holder hears of it at once.

    ``told_by``: somebody who speaks for the raiser (代报). ``recurs_id``: the like issue answered not long before.
    Raises TooMuch beyond the limits of one teller.
    """
    _check_limits(session, teller=told_by or raiser_id, at=at, rules=rules)
    issue, routed = _new_issue(session, told=told, since=at, at=at, rules=rules, recurs_id=recurs_id)
    deed = _telling(
        session,
        action=Action.REPORT,
        issue_id=issue.id,
        raiser_id=raiser_id,
        told_by=told_by,
        platform=platform,
        told=told,
        at=at,
    )
    birth(session, issue, deed, at=at, rules=rules)
    belongs_to(session, member_id=raiser_id, community_id=issue.community_id)
    _tell_of_empty_posts(session, issue, routed, at=at, rules=rules)
    return issue


def issue_of_report(
    session: Session, *, report: Report, told: Told, member_id: int, at: datetime, rules: HouseRules
) -> Issue:
    """An issue of its own for a report that was in another; its clocks run from when it was told."""
    issue, routed = _new_issue(session, told=told, since=report.at, at=at, rules=rules)
    report.issue_id, report.since = issue.id, at
    session.flush()
    deed = Deed(
        Action.REPORT,
        actor_id=member_id,
        as_actor={Actor.ANYONE},
        words=report.words,
        report_id=report.id,
        raiser_id=report.raiser_id,
        photos=told.photos,
    )
    birth(session, issue, deed, at=at, rules=rules)
    _tell_of_empty_posts(session, issue, routed, at=at, rules=rules)
    return issue


def _new_issue(
    session: Session, *, told: Told, since: datetime, at: datetime, rules: HouseRules, recurs_id: int | None = None
) -> tuple[Issue, Routed]:
    """``since``: when it was first told, which its clocks run from. The issue is not watched by the session."""
    located = locate(session, told.where)
    routed = told.routed or first_holder(session, scope=located.scope, at=at)
    due = deadlines(since, urgent=told.urgent, category=told.category, rules=rules)
    year = at.astimezone(ZoneInfo(rules.timezone)).year
    serial = next_serial(session, IssueNumber, community_id=located.scope.community_id, year=year)
    values = {
        "public_id": new_public_id(),
        "community_id": located.scope.community_id,
        "year": year,
        "serial": serial,
        "number": f"{located.prefix}-{year}-{serial:04d}",
        "state": State.RECEIVED,
        "category": told.category,
        "nature": told.nature,
        "urgent": told.urgent,
        "summary": told.summary,
        "place_label": located.label,
        "compound_id": told.where.compound_id,
        "grid_id": located.scope.grid_id,
        "building_id": told.where.building_id,
        "unit_id": told.where.unit_id,
        "spot_id": told.where.spot_id,
        "rung": routed.rung,
        "holder_id": routed.post_id,
        "first_reported_at": since,
        "first_answer_due": due.first_answer,
        "landing_due": due.landing,
        "reopenings": 0,
        "grounds": dict(told.grounds),
        "recurs_id": recurs_id,
        "rung_since": at,
        "rung_due": rung_due(at, rung=routed.rung, unit=None, rules=rules),
        "told_at": at,
        "declines": 0,
        "lead_named": False,
    }
    values["look_at"] = next_look(Issue(**values), rules=rules)
    return Issue(id=insert_row(session, Issue, **values), **values), routed


def join_issue(
    session: Session,
    *,
    issue_id: int,
    raiser_id: int,
    platform: str,
    told: Told,
    at: datetime,
    rules: HouseRules,
    told_by: int | None = None,
) -> Issue:
    """A neighbour's telling is added to an open issue, with its own words, photos, rating and right to reopen.

    What is told as urgent makes the issue urgent and its limits no later. Raises NotFound across communities,
    AlreadyDone for whoever is in it, TransitionNotAllowed once it is no longer open, TooMuch as for a report.
    """
    _check_limits(session, teller=told_by or raiser_id, at=at, rules=rules)
    issue = lock_issue(session, issue_id)
    if locate(session, told.where).scope.community_id != issue.community_id:
        raise NotFound
    if raiser_id in notices.raisers_of(session, issue_id=issue.id):
        raise AlreadyDone(action=Action.JOIN, state=issue.state)
    if told.urgent:
        sooner = deadlines(at, urgent=True, category=issue.category, rules=rules)
        joint_limits.hurry(session, issue, sooner=sooner)
    deed = _telling(
        session,
        action=Action.JOIN,
        issue_id=issue.id,
        raiser_id=raiser_id,
        told_by=told_by,
        platform=platform,
        told=told,
        at=at,
    )
    move(session, issue, deed, at=at, rules=rules)
    belongs_to(session, member_id=raiser_id, community_id=issue.community_id)
    return issue


def raise_alarm(
    session: Session, *, teller: int, where: Where, danger: str, words: str, at: datetime, rules: HouseRules
) -> bool:
    """Tell steward, grid and utility of a danger at once, before the report is even confirmed. True if somebody hears.

    The same person's same danger at the same place is told once an hour.
    """
    located = locate(session, where)
    scope = located.scope
    handlers = (
        select(Post.id)
        .join(Organisation, (Organisation.id == Post.scope_id) & (Post.scope_kind == ScopeKind.ORGANISATION))
        .where(Organisation.community_id == scope.community_id, Organisation.kind == OrganisationKind.UTILITY)
    )
    members = session.scalars(
        select(Grant.member_id)
        .join(Post, Post.id == Grant.post_id)
        .where(
            live_grant(at),
            ((Post.role == Role.STEWARD) & (Post.scope_kind == ScopeKind.UNIT) & (Post.scope_id == where.unit_id))
            | (
                (Post.role == Role.STEWARD)
                & (Post.scope_kind == ScopeKind.BUILDING)
                & (Post.scope_id == where.building_id)
            )
            | ((Post.role == Role.SECRETARY) & (Post.scope_id == scope.grid_id))
            | ((Post.role == Role.COMMUNITY) & (Post.scope_id == scope.community_id))
            | Post.id.in_(handlers),
            Grant.member_id != teller,
        )
        .distinct()
        .order_by(Grant.member_id)
    ).all()
    hour = at.astimezone(ZoneInfo(rules.timezone)).strftime("%Y%m%d%H")
    key = f"danger:{teller}:{danger}:{where.compound_id}:{where.building_id}:{where.unit_id}:{hour}"
    if notices.owed_already(session, key=key, members=members):
        return bool(members)
    notices.owe(
        session,
        members=members,
        kind="danger",
        params={"place": located.label, "danger": danger, "note": words},
        key=key,
        at=at,
        rules=rules,
    )
    return bool(members)


def _telling(
    session: Session,
    *,
    action: Action,
    issue_id: int,
    raiser_id: int,
    told_by: int | None,
    platform: str,
    told: Told,
    at: datetime,
) -> Deed:
    """Save a report, and make the deed that brings it in."""
    report_id = insert_row(
        session,
        Report,
        issue_id=issue_id,
        raiser_id=raiser_id,
        told_by_id=told_by,
        platform=platform,
        words=told.words,
        room=told.where.room,
        at=at,
        latitude=told.pin.latitude if told.pin else None,
        longitude=told.pin.longitude if told.pin else None,
    )
    return Deed(
        action,
        actor_id=told_by or raiser_id,
        as_actor={Actor.ANYONE},
        words=told.words,
        report_id=report_id,
        raiser_id=raiser_id,
        photos=told.photos,
    )


def _check_limits(session: Session, *, teller: int, at: datetime, rules: HouseRules) -> None:
    since = {"hour_ago": at - timedelta(hours=1), "day_ago": at - timedelta(days=1)}
    hour, day = session.connection().execute(_TOLD_LATELY, {"teller": teller, **since}).one()
    if hour >= rules.issues_per_hour or day >= rules.issues_per_day:
        raise TooMuch(hour=rules.issues_per_hour, day=rules.issues_per_day)


def _tell_of_empty_posts(
    session: Session, issue: Issue, routed: Routed, *, at: datetime, rules: HouseRules
) -> None:
    if not routed.passed_over:
        return
    passed_over = select(Post.role, Post.label).where(Post.id.in_(routed.passed_over)).order_by(Post.id)
    labels = session.execute(passed_over).all()
    notices.tell_staff(
        session,
        community_id=issue.community_id,
        kind="nobody_reachable",
        params={
            **facts(session, issue, rules=rules),
            "posts": [[role.value, label] for role, label in labels],
            "nobody_at_all": not routed.reachable,
        },
        key=f"nobody:{issue.id}" if routed.reachable else lost_key(issue),
        at=at,
        rules=rules,
        urgent=issue.urgent,
        issue_id=issue.id,
    )
