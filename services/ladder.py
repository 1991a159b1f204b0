"""Finding the post whose turn it is: steward of the unit, of the building, grid secretary, community desk, street."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from models.community import Community
from models.issue import Issue
from models.member import Account, Grant, Post
from models.rules.errors import NobodyReachable
from models.rules.posts import RUNGS, Role, Rung, ScopeKind
from models.rules.routing import Candidate, Routed, route
from services.members import live_grant

_ORDER = list(Rung)
_SCOPES = (
    (Role.STEWARD, ScopeKind.UNIT),
    (Role.STEWARD, ScopeKind.BUILDING),
    (Role.SECRETARY, ScopeKind.GRID),
    (Role.COMMUNITY, ScopeKind.COMMUNITY),
    (Role.STREET, ScopeKind.STREET),
)
_SOMEBODY = (
    select(Grant.id)
    .join(Account, Account.member_id == Grant.member_id)
    .where(Grant.post_id == Post.id, live_grant(bindparam("at")), Account.blocked_at.is_(None))
)
_ROLE = select(Post.role).where(Post.id == bindparam("post"))
_STREET = select(Community.street_id).where(Community.id == bindparam(ScopeKind.COMMUNITY.value)).scalar_subquery()
_LADDER = select(Post.id, Post.role, Post.scope_kind, exists(_SOMEBODY).label("reachable")).where(
    or_(
        *(
            and_(
                Post.role == role,
                Post.scope_kind == kind,
                Post.scope_id == (_STREET if kind is ScopeKind.STREET else bindparam(kind.value)),
            )
            for role, kind in _SCOPES
        )
    )
)


@dataclass(frozen=True)
class Scope:
    """Where an issue is, as far as posts go."""

    community_id: int
    grid_id: int | None
    building_id: int | None
    unit_id: int | None


def first_holder(session: Session, *, scope: Scope, at: datetime) -> Routed:
    """Who gets an issue of this place; the lowest rung that has somebody reachable."""
    return route(_ladder(session, scope, at))


def next_rung(session: Session, *, scope: Scope, above: Rung, at: datetime) -> Routed:
    """The reachable post above a rung. Raises NobodyReachable at the top of the ladder."""
    higher = [c for c in _ladder(session, scope, at) if _ORDER.index(c.rung) > _ORDER.index(above) and c.reachable]
    if not higher:
        raise NobodyReachable
    return route(higher)


def same_rung(session: Session, *, scope: Scope, rung: Rung, at: datetime) -> Routed:
    """Whose turn it is from this rung upward; the community's desk where nobody is left there (the street's officer has
    gone or has blocked us)."""
    ladder = _ladder(session, scope, at)
    return route([c for c in ladder if _ORDER.index(c.rung) >= _ORDER.index(rung)] or ladder[-1:])


def scope_of(issue: Issue) -> Scope:
    return Scope(issue.community_id, issue.grid_id, issue.building_id, issue.unit_id)


def post_above(session: Session, *, issue: Issue, at: datetime) -> int | None:
    """Who oversees whoever has it now: the rung above; for a handling unit the rung that gave it to them."""
    ladder = [c for c in _ladder(session, scope_of(issue), at) if c.reachable and c.post_id != issue.holder_id]
    given = session.connection().scalar(_ROLE, {"post": issue.holder_id}) not in RUNGS
    at_least = max(_ORDER.index(Rung.GRID), _ORDER.index(issue.rung) + (0 if given else 1))
    return next((c.post_id for c in ladder if _ORDER.index(c.rung) >= at_least), None)


def _ladder(session: Session, scope: Scope, at: datetime) -> list[Candidate]:
    # A scope that is None is no scope: nothing equals it.
    rows = session.connection().execute(
        _LADDER,
        {
            "at": at,
            ScopeKind.UNIT.value: scope.unit_id,
            ScopeKind.BUILDING.value: scope.building_id,
            ScopeKind.GRID.value: scope.grid_id,
            ScopeKind.COMMUNITY.value: scope.community_id,
        },
    )
    # The street is asked only where somebody is there; the community's desk is always the last resort.
    return [
        Candidate(row.id, RUNGS[row.role], row.reachable)
        for row in sorted(rows, key=lambda row: _SCOPES.index((row.role, row.scope_kind)))
        if row.role is not Role.STREET or row.reachable
    ]
