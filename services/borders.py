"""Taking over a map: the borders of grids and the points of compounds, from GeoJSON (RFC 7946)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Community, Compound, CompoundPoint, Grid, GridBorder

#: Names of the properties that say whose border or point it is.
GRID, COMPOUND, COMMUNITY = ("grid", "网格"), ("compound", "小区"), ("community", "社区")


@dataclass(frozen=True)
class BadFeature:
    """Why a feature is not taken: ``reason`` is the key of the sentence; ``number`` counts from 1."""

    number: int
    reason: str
    name: str = ""
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class MapReport:
    grids: int
    compounds: int
    bad: tuple[BadFeature, ...]


class NotAMap(Exception):
    """The file is no GeoJSON FeatureCollection."""


def import_map(session: Session, *, data: object, partial: bool = False) -> MapReport:
    """Replace the borders and points that the features give. Unless ``partial``, one bad feature means that none is
    taken. Raises :class:`NotAMap`."""
    features = data.get("features") if isinstance(data, Mapping) and data.get("type") == "FeatureCollection" else None
    if not isinstance(features, list):
        raise NotAMap
    known = {"grid": _known(session, Grid), "compound": _known(session, Compound)}
    read = _once([_read(at, feature, known) for at, feature in enumerate(features, start=1)])
    bad = tuple(each for each in read if isinstance(each, BadFeature))
    taken = [each for each in read if not isinstance(each, BadFeature)]
    if bad and not partial:
        return MapReport(0, 0, bad)
    for kind, key, geometry in taken:
        if kind == "grid":
            session.execute(delete(GridBorder).where(GridBorder.grid_id == key))
            insert_row(session, GridBorder, grid_id=key, border=geometry)
        else:
            longitude, latitude = geometry["coordinates"]
            session.execute(delete(CompoundPoint).where(CompoundPoint.compound_id == key))
            insert_row(session, CompoundPoint, compound_id=key, latitude=latitude, longitude=longitude)
    grids = sum(kind == "grid" for kind, _, _ in taken)
    return MapReport(grids, len(taken) - grids, bad)


_Names = dict[tuple[str, str], int]
#: "grid" or "compound", its id, its shape
_Taken = tuple[str, int, Mapping[str, Any]]


def _once(read: Sequence[_Taken | BadFeature]) -> list[_Taken | BadFeature]:
    """A second shape for the same grid or compound would undo the first; it is bad."""
    seen: set[tuple[str, int]] = set()
    told: list[_Taken | BadFeature] = []
    for number, each in enumerate(read, start=1):
        twice = not isinstance(each, BadFeature) and each[:2] in seen
        told.append(BadFeature(number, "twice") if twice else each)
        if not isinstance(each, BadFeature):
            seen.add(each[:2])
    return told


def _known(session: Session, table: type[Grid] | type[Compound]) -> _Names:
    named = select(Community.name, table.name, table.id).join(Community, Community.id == table.community_id)
    rows = session.execute(named)
    return {(community, name): key for community, name, key in rows}


def _read(number: int, feature: object, known: Mapping[str, _Names]) -> _Taken | BadFeature:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("geometry"), Mapping):
        return BadFeature(number, "no_geometry")
    properties, geometry = feature.get("properties") or {}, feature["geometry"]
    if not isinstance(properties, Mapping):
        return BadFeature(number, "no_name")
    kind = "compound" if geometry.get("type") == "Point" else "grid"
    name = _property(properties, COMPOUND if kind == "compound" else GRID)
    if not name:
        return BadFeature(number, f"no_{kind}_name")
    drawn = _sound(geometry)
    if drawn is None:
        return BadFeature(number, "unsound", name)
    community = _property(properties, COMMUNITY)
    found = [key for (where, called), key in known[kind].items() if called == name and community in ("", where)]
    if len(found) > 1:
        communities = tuple(where for where, called in known[kind] if called == name)
        return BadFeature(number, "ambiguous", name, communities)
    if not found:
        names = list(dict.fromkeys(called for _, called in known[kind]))
        return BadFeature(number, "unknown", name, tuple(difflib.get_close_matches(name, names, n=3, cutoff=0.3)))
    return kind, found[0], drawn


def _property(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((str(properties[name]).strip() for name in names if properties.get(name)), "")


def _sound(geometry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A point, or an area that does not cross itself, in degrees with the longitude first; without heights and whatever
    else the file says of it. None for anything else."""
    import shapely
    from shapely.errors import ShapelyError
    from shapely.geometry import mapping, shape

    if geometry.get("type") not in ("Point", "Polygon", "MultiPolygon"):
        return None
    try:
        drawn = shapely.force_2d(shape(dict(geometry)))
        west, south, east, north = drawn.bounds
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    inside = -180 <= west <= east <= 180 and -90 <= south <= north <= 90  # not so of what is empty: its bounds are NaN
    return dict(mapping(drawn)) if inside and shapely.is_valid(drawn) else None
