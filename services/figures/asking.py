"""Whose issues are counted: where, of which months, of which category. Staff get the figures of their own scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, true
from sqlalchemy.orm import Session

from models.community import Community, Grid
from models.issue import Issue
from models.rules.errors import NotFound
from models.rules.posts import Role
from services.figures.period import Period
from services.members import HeldPost, posts_of

#: Who sees figures, the widest scope first.
_WIDEST = (Role.STREET, Role.COMMUNITY, Role.ADMINISTRATOR, Role.SECRETARY)


class By(StrEnum):
    """Into which groups a scope is divided."""

    COMMUNITY = "community"
    GRID = "grid"
    CATEGORY = "category"
    MONTH = "month"


@dataclass(frozen=True)
class Scope:
    """``places``: communities, each whole (None) or one grid of it. None: everywhere; only the command line asks that.

    ``label``: as people call it. ``parts``: into what it divides, None where it is a single grid.
    """

    places: frozenset[tuple[int, int | None]] | None
    label: str = ""
    parts: By | None = None


@dataclass(frozen=True)
class Asked:
    """``period``: in which the issue was first reported; None: whenever it was. ``category`` "": of any."""

    scope: Scope
    period: Period | None
    category: str = ""

    def condition(self) -> ColumnElement[bool]:
        """Of issues. Every statement of the figures carries it."""
        rules = [_within(self.scope.places)]
        if self.period is not None:
            # Everywhere is every community, one after another, so that only the months that are asked for are read.
            rules += [] if self.scope.places is not None else [Issue.community_id.in_(select(Community.id))]
            rules += [Issue.first_reported_at >= self.period.since, Issue.first_reported_at < self.period.until]
        if self.category:
            rules.append(Issue.category == self.category)
        return and_(*rules)

    def key(self, by: By | None) -> ColumnElement[Any]:
        """Of which group an issue is. By month: the number of the month in the period."""
        match by:
            case None:
                return literal(0)
            case By.COMMUNITY:
                return Issue.community_id.expression
            case By.GRID:
                return Issue.grid_id.expression
            case By.CATEGORY:
                return Issue.category.expression
        if self.period is None:
            raise AssertionError("months of no period")
        later = self.period.months[1:]
        ends = [(Issue.first_reported_at < month.begins(self.period.timezone), n) for n, month in enumerate(later)]
        return case(*ends, else_=len(later)) if ends else literal(0)


def scope_of(session: Session, *, member_id: int, at: datetime) -> Scope:
    """What the posts of somebody let them see: a street all its communities, a community all its grids.

    Raises NotFound for whoever holds none of these posts.
    """
    posts = [post for post in posts_of(session, member_id=member_id, at=at) if post.role in _WIDEST]
    if not posts:
        raise NotFound
    posts.sort(key=lambda post: _WIDEST.index(post.role))
    places = frozenset(place for post in posts for place in _places(session, post))
    whole = {community for community, grid in places if grid is None}
    seen = frozenset((community, grid) for community, grid in places if grid is None or community not in whole)
    label = "、".join(dict.fromkeys(post.label for post in posts if _shows(post, whole)))
    return Scope(seen, label, _parts(seen))


def _places(session: Session, post: HeldPost) -> Iterable[tuple[int, int | None]]:
    match post.role:
        case Role.STREET:
            of_street = select(Community.id).where(Community.street_id == post.scope_id)
            return [(community, None) for community in session.scalars(of_street)]
        case Role.SECRETARY:
            of_grid = select(Grid.community_id).where(Grid.id == post.scope_id)
            return [(community, post.scope_id) for community in session.scalars(of_grid)]
    return [(post.scope_id, None)]


def _shows(post: HeldPost, whole: set[int]) -> bool:
    """A grid is not named beside the community it is of."""
    return post.role is not Role.SECRETARY or post.community_id not in whole


def _parts(places: frozenset[tuple[int, int | None]]) -> By | None:
    if len({community for community, _ in places}) > 1:
        return By.COMMUNITY
    return By.GRID if any(grid is None for _, grid in places) or len(places) > 1 else None


def _within(places: frozenset[tuple[int, int | None]] | None) -> ColumnElement[bool]:
    """By community first: that is what the index begins with."""
    if places is None:
        return true()
    around = Issue.community_id.in_(sorted({community for community, _ in places}))
    whole = sorted({community for community, grid in places if grid is None})
    grids = sorted(grid for _, grid in places if grid is not None)
    if not grids:
        return around
    return and_(around, or_(Issue.community_id.in_(whole), Issue.grid_id.in_(grids)))
