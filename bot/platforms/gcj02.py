"""WeChat gives positions in GCJ-02, the shifted coordinates of Chinese maps; borders and other platforms use WGS-84.

The shift is the published polynomial with sines on the Krasovsky ellipsoid (a 6,378,245 m, e² 0.00669342162296594323);
it is undone by stepping back until the shifted point is the given one.
"""

from __future__ import annotations

from math import cos, pi, radians, sin, sqrt

_AXIS = 6_378_245.0
_ECCENTRICITY = 0.006_693_421_622_965_943
_NORTH, _SOUTH, _WEST, _EAST = 55.8271, 0.8293, 72.004, 137.8347
_STEPS = 5
"""Each step makes the error about ten thousand times smaller; two would do."""


def to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees in, degrees out, within a millimetre. Outside China, where nothing is shifted, unchanged."""
    if not (_SOUTH < latitude < _NORTH and _WEST < longitude < _EAST):
        return latitude, longitude
    true_latitude, true_longitude = latitude, longitude
    for _ in range(_STEPS):
        north, east = _shift(true_latitude, true_longitude)
        true_latitude, true_longitude = latitude - north, longitude - east
    return true_latitude, true_longitude


def _shift(latitude: float, longitude: float) -> tuple[float, float]:
    """How far GCJ-02 moves a true point, in degrees to the north and to the east."""
    x, y = longitude - 105.0, latitude - 35.0
    waves = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    magic = 1 - _ECCENTRICITY * sin(radians(latitude)) ** 2
    metres_north = _AXIS * (1 - _ECCENTRICITY) / (magic * sqrt(magic))
    metres_east = _AXIS / sqrt(magic) * cos(radians(latitude))
    return north * 180 / (metres_north * pi), east * 180 / (metres_east * pi)
