"""Raisers whom no message reaches: somebody goes to their door, and what came of it stays on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, update
from sqlalchemy.orm import Session

from models.community import Building, Compound, Unit
from models.issue import Issue
from models.member import Member
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.house import HouseRules
from models.rules.issue_workflow import Nature
from models.rules.posts import Role, Rung, ScopeKind
from services import notices
from services.duplicates import PRIVATE
from services.ladder import Scope, first_holder, scope_of
from services.members import HeldPost, holders_of, posts_of, reachable_posts
from services.scopes import NEAR, in_scope

#: So long a message may still find its way by itself: somebody writes, and reads what waits for them.
PATIENCE = timedelta(days=1)
#: On so many different days nobody was there: then it stands on record that they were not told.
TIMES = 2
NOT_FOUND = "not_found"
#: What failed longer ago is history.
_FAILED_WITHIN = timedelta(days=30)
_SHOWN = 3  # visits whose message is in the morning's notice

# The words of the partial indexes, so that both databases see that they fit.
_PARKED = text("notices.state = 'parked'")
_FAILED = text("notices.state = 'failed'")


@dataclass(frozen=True)
class Visit:
    """A raiser to whom something must be told at the door. ``kind`` and ``params``: of the last message.

    ``place`` and ``room``: the home; where it is not known, the place of the issue and the room that was told with it.
    ``since``: when the first of what they do not know was written.
    """

    member_id: int
    name: str
    issue_id: int
    number: str
    short: int
    place: str
    room: str
    kind: str
    params: Mapping[str, Any]
    notice_ids: tuple[int, ...]
    since: datetime


def visits(session: Session, *, member_id: int, at: datetime, limit: int = 10) -> list[Visit]:
    """What somebody may tell at the door by their posts: to raisers of their issues, or who live where they are
    steward. What has waited longest comes first."""
    posts = posts_of(session, member_id=member_id, at=at)
    if not posts:
        return []
    near = or_(in_scope(posts, NEAR), _lives_with(posts))
    return _visits(session, near, before=at, failed_before=at - PATIENCE, at=at, limit=limit * 5)[:limit]


def tell_visitors(session: Session, *, at: datetime, rules: HouseRules) -> int:
    """In the morning everybody who has to go to somebody's door hears to whose, until it is done. Returns how many
    people that are."""
    late = at - PATIENCE
    found = _visits(session, Issue.id > 0, before=late, failed_before=late, at=at)
    of_visitor: dict[int, list[Visit]] = {}
    for visit in found:
        for visitor in _visitors(session, visit, at):
            of_visitor.setdefault(visitor, []).append(visit)
    day = at.astimezone(ZoneInfo(rules.timezone)).date().isoformat()
    for visitor, due in sorted(of_visitor.items()):
        notices.owe(
            session, members=[visitor], kind="visit", params=_params(due), key=f"visit:{day}", at=at, rules=rules
        )
    return len(of_visitor)


def told(session: Session, *, notice_ids: Iterable[int], by: int | None, at: datetime) -> int:
    """The receipt: who told it at the door, and when. Returns how many notices that settles."""
    result = session.connection().execute(
        update(Notice)
        .where(Notice.id.in_(list(notice_ids)), Notice.state.in_([NoticeState.PARKED, NoticeState.FAILED]))
        .values(state=NoticeState.RELAYED, relayed_by_id=by, settled_at=at)
    )
    return result.rowcount


def not_found(
    session: Session, *, notice_ids: Iterable[int], by: int, at: datetime, rules: HouseRules
) -> tuple[int, int]:
    """Nobody was at the door. After two visits on different days it is given up, and so settled: the issue can be
    closed with that on record.

    Returns how many notices this visit counts for, none where it is the second on one day, and how many are given up.
    """
    zone = ZoneInfo(rules.timezone)
    today = at.astimezone(zone).date()
    waiting = session.execute(
        select(Notice.id, Notice.visits, Notice.not_before, Notice.state)
        .where(Notice.id.in_(list(notice_ids)), Notice.state.in_([NoticeState.PARKED, NoticeState.FAILED]))
        .order_by(Notice.id)
        .with_for_update()
    ).all()
    counted = [row for row in waiting if not row.visits or row.not_before.astimezone(zone).date() < today]
    given_up = [row.id for row in counted if row.visits + 1 >= TIMES]
    connection = session.connection()
    connection.execute(
        update(Notice)
        .where(Notice.id.in_([row.id for row in counted]))
        .values(visits=Notice.visits + 1, not_before=at)
    )
    connection.execute(
        update(Notice)
        .where(Notice.id.in_(given_up))
        .values(state=NoticeState.FAILED, reason=NOT_FOUND, relayed_by_id=by, settled_at=at)
    )
    return len(counted), len(given_up)


def _visits(
    session: Session,
    near: ColumnElement[bool],
    *,
    before: datetime,
    failed_before: datetime,
    at: datetime,
    limit: int | None = None,
) -> list[Visit]:
    parked = _waiting(near).where(_PARKED, Notice.created_at <= before)
    failed = _waiting(near).where(
        _FAILED,
        Notice.reason != NOT_FOUND,
        Notice.settled_at <= failed_before,
        Notice.created_at > at - _FAILED_WITHIN,
    )
    rows = [row for query in (parked, failed) for row in session.execute(query.limit(limit))]
    found: dict[tuple[int, int], list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        found.setdefault((row.member_id, row.issue_id), []).append(row)
    return [_visit(of_one) for of_one in found.values()]


def _waiting(near: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """What raisers do not know. Their report may be in the issue into which this one was merged."""
    in_it = func.coalesce(Issue.merged_into_id, Issue.id)
    return (
        select(
            Notice.id,
            Notice.member_id,
            Notice.kind,
            Notice.params,
            Notice.created_at,
            Member.name,
            Member.home_room,
            Compound.name.label("compound"),
            Building.name.label("building"),
            Unit.name.label("unit"),
            Issue.id.label("issue_id"),
            Issue.number,
            Issue.serial,
            Issue.place_label,
            Report.room,
        )
        .join(Member, Member.id == Notice.member_id)
        .join(Issue, Issue.id == Notice.issue_id)
        .join(Report, and_(Report.issue_id == in_it, Report.raiser_id == Notice.member_id))
        .outerjoin(Unit, Unit.id == Member.home_unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .where(near, Notice.kind.like("%raiser%"), Notice.kind.not_in(notices.OVERTAKEN))
        .order_by(Notice.id + 0)  # not by the primary key, which would have SQLite read every notice there ever was
    )


def _visit(rows: Sequence[Any]) -> Visit:
    first, last = rows[0], rows[-1]
    ids = tuple(dict.fromkeys(row.id for row in rows))
    at_home = last.compound is not None
    place = f"{last.compound}{last.building}{last.unit}" if at_home else last.place_label
    room = last.home_room if at_home else next((row.room for row in rows if row.room), "")
    return Visit(
        last.member_id, last.name, last.issue_id, last.number, last.serial, place, room, last.kind, last.params, ids,
        first.created_at,
    )  # fmt: skip


def _lives_with(posts: Iterable[HeldPost]) -> ColumnElement[bool]:
    """Who lives in a unit or building of which somebody is steward, with a matter that is no secret from neighbours."""
    of_units = [p for p in posts if p.role is Role.STEWARD and p.scope_kind is ScopeKind.UNIT]
    of_buildings = [p for p in posts if p.role is Role.STEWARD and p.scope_kind is ScopeKind.BUILDING]
    communities = {post.community_id for post in (*of_units, *of_buildings)}
    units = select(Unit.id).where(
        or_(
            Unit.id.in_([post.scope_id for post in of_units]), Unit.building_id.in_([p.scope_id for p in of_buildings])
        )
    )
    return and_(
        Issue.community_id.in_(communities),
        Issue.nature != Nature.REPORT,
        Issue.category.not_in(PRIVATE),
        Member.home_unit_id.in_(units),
    )


def _visitors(session: Session, visit: Visit, at: datetime) -> Sequence[int]:
    """The steward of the home's unit, else of the place, else whoever holds the issue, else whoever is above."""
    issue = session.get_one(Issue, visit.issue_id)
    home = session.execute(
        select(Building.id, Unit.id)
        .join(Unit, Unit.building_id == Building.id)
        .join(Member, Member.home_unit_id == Unit.id)
        .where(Member.id == visit.member_id)
    ).one_or_none()
    scopes = [scope_of(issue)]
    if home is not None and issue.nature is not Nature.REPORT and issue.category not in PRIVATE:
        scopes.insert(0, Scope(issue.community_id, None, home[0], home[1]))
    above = None
    for scope in scopes:
        routed = first_holder(session, scope=scope, at=at)
        above = routed.post_id if routed.reachable else above
        if routed.reachable and routed.rung is Rung.CORRIDOR:
            found = _others(session, routed.post_id, visit.member_id, at)
            if found:
                return found
    if reachable_posts(session, post_ids=[issue.holder_id], at=at):
        found = _others(session, issue.holder_id, visit.member_id, at)
        if found:
            return found
    return _others(session, above, visit.member_id, at) if above is not None else ()


def _others(session: Session, post_id: int, raiser: int, at: datetime) -> Sequence[int]:
    return [member for member in holders_of(session, post_id=post_id, at=at) if member != raiser]


def _params(due: Sequence[Visit]) -> dict[str, Any]:
    first = due[0]
    return {
        "count": len(due),
        "visits": [
            {
                "number": visit.number,
                "place": visit.place,
                "room": visit.room,
                "name": visit.name,
                "kind": visit.kind,
                "params": dict(visit.params),
            }
            for visit in due[:_SHOWN]
        ],
        **({"issue": first.issue_id, "short": first.short, "raiser": first.member_id} if len(due) == 1 else {}),
    }
