"""Where a pin lies: the grid whose border holds it, and the compounds near it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_EARTH = 6_371_008.8
"""Mean radius in metres."""
_CELL = 0.01
"""Degrees; a cell is about 1.1 km high."""


@dataclass(frozen=True, slots=True)
class Location:
    """WGS-84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class GridEntry:
    """`border` is a GeoJSON Polygon or MultiPolygon in WGS-84, longitude first; None where nobody has drawn one."""

    id: int
    name: str
    community_id: int
    border: Mapping[str, Any] | None = None


def metres(one: Location, other: Location) -> float:
    """On a flat map at the mean latitude: right to a part in a thousand over a few kilometres."""
    north = math.radians(other.latitude - one.latitude)
    degrees = (other.longitude - one.longitude + 180) % 360 - 180
    east = math.radians(degrees) * math.cos(math.radians((one.latitude + other.latitude) / 2))
    return _EARTH * math.hypot(north, east)


class Borders:
    """Built on first use: shapely (0.1 s) is imported only where a border exists and a pin was sent."""

    def __init__(self, grids: Iterable[GridEntry]) -> None:
        self._grids = tuple(grid for grid in grids if grid.border)
        self._tree: Any = None

    def grid_at(self, location: Location) -> int | None:
        """The first grid given whose border holds the point or passes through it."""
        if not self._grids:
            return None
        import shapely
        from shapely.geometry import shape

        if self._tree is None:
            self._tree = shapely.STRtree([shape(grid.border) for grid in self._grids])
        point = shapely.Point(location.longitude, location.latitude)
        found = self._tree.query(point, predicate="intersects")
        return self._grids[int(min(found))].id if len(found) else None


class Points:
    """Compounds by where they are, in cells of a hundredth of a degree."""

    def __init__(self, points: Mapping[int, Location]) -> None:
        self._cells: dict[tuple[int, int], list[tuple[int, Location]]] = {}
        for id_, point in points.items():
            cell = (math.floor(point.latitude / _CELL), math.floor(point.longitude / _CELL))
            self._cells.setdefault(cell, []).append((id_, point))
        self._ids = frozenset(points)

    def __contains__(self, id_: int) -> bool:
        return id_ in self._ids

    def near(self, location: Location, within_metres: float) -> list[tuple[int, float, Location]]:
        """Id, metres and point of each, the nearest first."""
        if not self._cells:
            return []
        up = math.degrees(within_metres / _EARTH)
        aside = up / max(math.cos(math.radians(location.latitude)), 0.01)
        rows = range(*_reach(location.latitude, up))
        columns = range(*_reach(location.longitude, aside))
        found = [
            (id_, metres(location, point), point)
            for row in rows
            for column in columns
            for id_, point in self._cells.get((row, column), ())
        ]
        return sorted((each for each in found if each[1] <= within_metres), key=lambda each: (each[1], each[0]))


def _reach(middle: float, by: float) -> tuple[int, int]:
    return math.floor((middle - by) / _CELL), math.floor((middle + by) / _CELL) + 1
