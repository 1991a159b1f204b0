"""The scope that an operator names: communities by name, prefix or code, grids by name."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.community import Community, Grid
from services.figures.asking import By, Scope


class UnknownPlace(Exception):
    """``what``: "community", "grid", or "several" where the grid's name is one of several communities'.

    ``offers``: those that exist, or the communities that have such a grid.
    """

    def __init__(self, what: str, said: str, offers: list[str]) -> None:
        super().__init__(what, said)
        self.what = what
        self.said = said
        self.offers = offers


def find_scope(session: Session, *, community: str = "", grid: str = "") -> Scope:
    """Without either: everything. Raises :class:`UnknownPlace`."""
    found = _communities(session, community)
    if grid:
        return _grid(session, grid, found)
    if community:
        return Scope(frozenset((key, None) for key in found), "、".join(found.values()), _divides(found))
    return Scope(None, next(iter(found.values())) if len(found) == 1 else "", _divides(found))


def _communities(session: Session, said: str) -> dict[int, str]:
    known = select(Community.id, Community.name).order_by(Community.id)
    if not said:
        return {row.id: row.name for row in session.execute(known)}
    named = or_(Community.name == said, Community.prefix == said.upper(), Community.code == said)
    found = {row.id: row.name for row in session.execute(known.where(named))}
    if not found:
        offers = session.execute(select(Community.name, Community.prefix).order_by(Community.id))
        raise UnknownPlace("community", said, [f"{row.name} {row.prefix}" for row in offers])
    return found


def _grid(session: Session, said: str, communities: dict[int, str]) -> Scope:
    within = select(Grid.id, Grid.name, Grid.community_id).where(Grid.community_id.in_(communities)).order_by(Grid.id)
    found = session.execute(within.where(Grid.name == said)).all()
    if not found:
        raise UnknownPlace("grid", said, [row.name for row in session.execute(within)])
    if len(found) > 1:
        raise UnknownPlace("several", said, [communities[row.community_id] for row in found])
    (row,) = found
    return Scope(frozenset({(row.community_id, row.id)}), f"{communities[row.community_id]}{row.name}")


def _divides(communities: dict[int, str]) -> By:
    return By.COMMUNITY if len(communities) > 1 else By.GRID
