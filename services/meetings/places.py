"""The places for which somebody may set up a series of meetings, by their posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.community import Building, Community, Compound, Unit
from models.rules.issue_workflow import Level
from models.rules.posts import Role, ScopeKind
from services.members import HeldPost, posts_of


@dataclass(frozen=True)
class MeetingPlace:
    """``key`` names it in a choice, ``label`` for people; ``convener_id``: the post that convenes there."""

    key: str
    label: str
    level: Level
    convener_id: int
    community_id: int
    compound_id: int | None = None
    building_id: int | None = None
    unit_id: int | None = None

    @property
    def where(self) -> tuple[Level, int, int | None, int | None, int | None]:
        return (self.level, self.community_id, self.compound_id, self.building_id, self.unit_id)

    @property
    def columns(self) -> dict[str, Any]:
        """Of a series of this place."""
        names = ("level", "community_id", "compound_id", "building_id", "unit_id")
        return dict(zip(names, self.where, strict=True))


def places_of(session: Session, *, member_id: int, at: datetime) -> Sequence[MeetingPlace]:
    """A steward's corridor, the compounds of a secretary's grid, the community of its desk."""
    found: dict[str, MeetingPlace] = {}
    for post in posts_of(session, member_id=member_id, at=at):
        for place in _of_post(session, post):
            found.setdefault(place.key, place)
    return list(found.values())


def _of_post(session: Session, post: HeldPost) -> Sequence[MeetingPlace]:
    match post.role, post.scope_kind:
        case Role.STEWARD, ScopeKind.UNIT | ScopeKind.BUILDING:
            return [_corridor(session, post)]
        case Role.SECRETARY, ScopeKind.GRID:
            return _compounds(session, post)
        case Role.COMMUNITY, ScopeKind.COMMUNITY:
            name = session.scalar(select(Community.name).where(Community.id == post.scope_id)) or post.label
            return [MeetingPlace(f"community:{post.scope_id}", name, Level.COMMUNITY, post.post_id, post.scope_id)]
    return []


def _corridor(session: Session, post: HeldPost) -> MeetingPlace:
    whole = select(Compound.community_id, Building.compound_id, Building.id.label("building"))
    whole = whole.join(Compound, Compound.id == Building.compound_id)
    if post.scope_kind is ScopeKind.UNIT:
        row = session.execute(whole.join(Unit, Unit.building_id == Building.id).where(Unit.id == post.scope_id)).one()
    else:
        row = session.execute(whole.where(Building.id == post.scope_id)).one()
    unit = post.scope_id if post.scope_kind is ScopeKind.UNIT else None
    key = f"{post.scope_kind.value}:{post.scope_id}"
    return MeetingPlace(
        key, post.label, Level.CORRIDOR, post.post_id, row.community_id, row.compound_id, row.building, unit
    )


def _compounds(session: Session, post: HeldPost) -> Sequence[MeetingPlace]:
    rows = session.execute(
        select(Compound.id, Compound.name, Compound.community_id)
        .where(Compound.id.in_(select(Building.compound_id).where(Building.grid_id == post.scope_id)))
        .order_by(Compound.id)
    )
    return [
        MeetingPlace(f"compound:{row.id}", row.name, Level.COMPOUND, post.post_id, row.community_id, row.id)
        for row in rows
    ]
