"""Invariant 8: a member of one community sees no issue of another.

Who sees an issue has raised it, or holds a post: that of its holder or of a helper, or one for its unit, building, grid
or community. So all of these must be of its community, and a post of the community of its scope.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, case, exists, or_, select
from sqlalchemy.orm import aliased

from models.community import Building, Compound, Grid, Organisation, Spot, Unit
from models.helper import Helper
from models.issue import Issue
from models.member import Post
from models.rules.posts import ScopeKind
from services.audit.breaches import Check


def borders() -> Iterator[Check]:
    holder, called = aliased(Post), aliased(Post)
    helped = (
        select(Helper.id)
        .join(called, called.id == Helper.post_id)
        .where(Helper.issue_id == Issue.id, called.community_id != Issue.community_id)
    )
    yield Check(
        8,
        "foreign",
        select(Issue.number)
        .join(holder, holder.id == Issue.holder_id)
        .join(Compound, Compound.id == Issue.compound_id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
        .outerjoin(Building, Building.id == Issue.building_id)
        .outerjoin(Unit, Unit.id == Issue.unit_id)
        .outerjoin(Spot, Spot.id == Issue.spot_id)
        .where(
            or_(
                and_(holder.community_id.is_not(None), holder.community_id != Issue.community_id),
                Compound.community_id != Issue.community_id,
                Grid.community_id != Issue.community_id,
                Building.compound_id != Issue.compound_id,
                Unit.building_id.is_distinct_from(Issue.building_id) & Issue.unit_id.is_not(None),
                Spot.compound_id != Issue.compound_id,
                exists(helped),
            )
        )
        .order_by(Issue.id),
    )
    yield Check(
        8,
        "foreign_post",
        select(Post.label)
        .outerjoin(Grid, and_(Post.scope_kind == ScopeKind.GRID, Grid.id == Post.scope_id))
        .outerjoin(Organisation, and_(Post.scope_kind == ScopeKind.ORGANISATION, Organisation.id == Post.scope_id))
        .outerjoin(Unit, and_(Post.scope_kind == ScopeKind.UNIT, Unit.id == Post.scope_id))
        .outerjoin(
            Building,
            Building.id == case((Post.scope_kind == ScopeKind.BUILDING, Post.scope_id), else_=Unit.building_id),
        )
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .where(
            or_(
                Grid.community_id != Post.community_id,
                Organisation.community_id != Post.community_id,
                Compound.community_id != Post.community_id,
                and_(Post.scope_kind == ScopeKind.COMMUNITY, Post.scope_id != Post.community_id),
            )
        )
        .order_by(Post.id),
    )
