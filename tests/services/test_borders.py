"""A map taken over: whose border and point it is, what is wrong with it, and that the news reaches the gazetteer."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.community import CompoundPoint, Grid, GridBorder
from services.borders import BadFeature, MapReport, NotAMap, import_map
from services.places import gazetteer, gazetteer_version
from tests.neighbourhood import Neighbourhood, next_door
from understanding.place.borders import Location

Feature = dict[str, Any]

AREA = [[[103.82, 36.05], [103.84, 36.05], [103.84, 36.07], [103.82, 36.07], [103.82, 36.05]]]
HERE = [103.83, 36.06]


def grid(name: str, coordinates: object = AREA, kind: str = "Polygon", **more: str) -> Feature:
    return {
        "type": "Feature",
        "properties": {"grid": name, **more},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def compound(name: str, coordinates: object = HERE, **more: str) -> Feature:
    geometry = {"type": "Point", "coordinates": coordinates}
    return {"type": "Feature", "properties": {"compound": name, **more}, "geometry": geometry}


def a_map(*features: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features)}


def borders(session: Session) -> list[tuple[int, Any]]:
    return [(row.grid_id, row.border) for row in session.execute(select(GridBorder.grid_id, GridBorder.border))]


def points(session: Session) -> list[tuple[int, float, float]]:
    columns = (CompoundPoint.compound_id, CompoundPoint.latitude, CompoundPoint.longitude)
    return [(id_, latitude, longitude) for id_, latitude, longitude in session.execute(select(*columns))]


def test_a_border_and_a_point_are_taken_over_and_a_pin_finds_them(here: Neighbourhood, session: Session) -> None:
    assert import_map(session, data=a_map(grid("第一网格"), compound("西苑小区"))) == MapReport(1, 1, ())
    assert borders(session) == [(here.ids.grid, {"type": "Polygon", "coordinates": AREA})]
    assert points(session) == [(here.ids.compound, 36.06, 103.83)]
    known = gazetteer(session)
    assert known.grid_at(Location(36.06, 103.83)) == here.ids.grid
    assert known.grid_at(Location(36.08, 103.83)) is None
    assert known.nearest(Location(36.06, 103.83))[0] == (here.ids.compound, 0.0)


def test_a_second_map_replaces_what_it_names_and_leaves_the_rest(here: Neighbourhood, session: Session) -> None:
    import_map(session, data=a_map(grid("第一网格"), compound("西苑小区"), compound("文化局家属院")))
    parts = [AREA, [[[103.9, 36.05], [103.91, 36.05], [103.91, 36.06], [103.9, 36.05]]]]
    again = a_map(grid("第一网格", parts, "MultiPolygon"), compound("西苑小区", [103.905, 36.055, 1520.0]))
    assert import_map(session, data=again) == MapReport(1, 1, ())
    assert borders(session) == [(here.ids.grid, {"type": "MultiPolygon", "coordinates": parts})]
    assert (here.ids.compound, 36.055, 103.905) in points(session)
    assert len(points(session)) == 2
    assert gazetteer(session).grid_at(Location(36.051, 103.909)) == here.ids.grid


def test_whoever_keeps_the_names_hears_of_every_replacement(here: Neighbourhood, session: Session) -> None:
    seen = {gazetteer_version(session)}
    for feature in (grid("第一网格"), grid("第一网格"), compound("西苑小区"), compound("西苑小区")):
        import_map(session, data=a_map(feature))
        seen.add(gazetteer_version(session))
    assert len(seen) == 5
    assert import_map(session, data=a_map()) == MapReport(0, 0, ())
    assert gazetteer_version(session) in seen


def test_heights_and_numbers_in_quotes_do_not_matter(here: Neighbourhood, session: Session) -> None:
    high = [[[*each, 1520.0] for each in AREA[0]]]
    assert import_map(session, data=a_map(grid("第一网格", high), compound("西苑小区", ["103.83", "36.06"]))).bad == ()
    assert borders(session) == [(here.ids.grid, {"type": "Polygon", "coordinates": AREA})]
    assert points(session) == [(here.ids.compound, 36.06, 103.83)]


def test_properties_may_be_written_in_chinese(here: Neighbourhood, session: Session) -> None:
    border = grid("") | {"properties": {"网格": " 第一网格 ", "社区": "兰宁社区"}}
    point = compound("") | {"properties": {"小区": "西苑小区", "社区": "兰宁社区"}}
    assert import_map(session, data=a_map(border, point)) == MapReport(1, 1, ())


@pytest.mark.parametrize(
    ("feature", "why"),
    [
        (grid("第一网络"), BadFeature(1, "unknown", "第一网络", ("第一网格",))),
        (grid("西湖"), BadFeature(1, "unknown", "西湖")),
        (compound("西苑"), BadFeature(1, "unknown", "西苑", ("西苑小区",))),
        (compound("第一网格"), BadFeature(1, "unknown", "第一网格")),
        (grid("第一网格", community="东湖社区"), BadFeature(1, "unknown", "第一网格", ("第一网格",))),
        (grid(""), BadFeature(1, "no_grid_name")),
        (compound(""), BadFeature(1, "no_compound_name")),
        (grid("x") | {"properties": None}, BadFeature(1, "no_grid_name")),
        (grid("x") | {"properties": ["x"]}, BadFeature(1, "no_name")),
        (grid("x") | {"geometry": None}, BadFeature(1, "no_geometry")),
        ("第一网格", BadFeature(1, "no_geometry")),
    ],
)
def test_a_feature_that_names_nobody_is_refused_with_names_that_come_close(
    here: Neighbourhood, session: Session, feature: object, why: BadFeature
) -> None:
    assert import_map(session, data=a_map(feature)) == MapReport(0, 0, (why,))


SWAPPED = [[[latitude, longitude] for longitude, latitude in AREA[0]]]
CROSSING = [[[103.82, 36.05], [103.84, 36.07], [103.84, 36.05], [103.82, 36.07], [103.82, 36.05]]]


@pytest.mark.parametrize(
    "feature",
    [
        grid("第一网格", SWAPPED),
        grid("第一网格", CROSSING),
        grid("第一网格", []),
        grid("第一网格", AREA[0]),
        grid("第一网格", [[[103.82, 36.05], [103.84, 36.05]]]),
        grid("第一网格", [[[103.82, math.nan], [103.84, 36.05], [103.84, 36.07], [103.82, 36.05]]]),
        grid("第一网格", None),
        grid("第一网格", AREA[0], "LineString"),
        grid("第一网格", AREA, "Circle"),
        grid("第一网格", AREA, "MultiPolygon"),
        compound("西苑小区", [36.06, 103.83]),
        compound("西苑小区", []),
        compound("西苑小区", [103.83]),
        compound("西苑小区", ["东经", "北纬"]),
        compound("西苑小区", [103.83, math.inf]),
        compound("西苑小区", {"longitude": 103.83}),
    ],
)
def test_a_shape_that_cannot_be_is_refused(here: Neighbourhood, session: Session, feature: Feature) -> None:
    name = next(iter(feature["properties"].values()))
    assert import_map(session, data=a_map(feature)) == MapReport(0, 0, (BadFeature(1, "unsound", name),))


def test_one_bad_feature_stops_the_whole_map_unless_in_part(here: Neighbourhood, session: Session) -> None:
    bad = BadFeature(2, "unsound", "第一网格")
    drawn = a_map(compound("西苑小区"), grid("第一网格", CROSSING))
    assert import_map(session, data=drawn) == MapReport(0, 0, (bad,))
    assert (borders(session), points(session)) == ([], [])
    assert import_map(session, data=drawn, partial=True) == MapReport(0, 1, (bad,))
    assert points(session) == [(here.ids.compound, 36.06, 103.83)]


def test_two_shapes_for_one_grid_are_not_both_taken(here: Neighbourhood, session: Session) -> None:
    twice = a_map(grid("第一网格"), compound("西苑小区"), grid("第一网格"), compound("西苑小区"))
    bad = (BadFeature(3, "twice"), BadFeature(4, "twice"))
    assert import_map(session, data=twice, partial=True) == MapReport(1, 1, bad)


def test_a_name_two_communities_share_needs_the_community(here: Neighbourhood, session: Session) -> None:
    other = next_door(here)
    both = a_map(grid("第一网格"), grid("东湖网格"))
    assert import_map(session, data=both) == MapReport(2, 0, ())
    session.query(Grid).filter_by(id=other.ids.grid).update({"name": "第一网格"})
    unclear = BadFeature(1, "ambiguous", "第一网格", ("兰宁社区", "东湖社区"))
    assert import_map(session, data=a_map(grid("第一网格"))) == MapReport(0, 0, (unclear,))
    said = a_map(grid("第一网格", community="东湖社区"))
    assert import_map(session, data=said) == MapReport(1, 0, ())


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "FeatureCollection",
        {"type": "FeatureCollection"},
        {"type": "FeatureCollection", "features": {}},
        grid("第一网格"),
        {"features": [grid("第一网格")]},
    ],
)
def test_what_is_no_collection_of_features_is_no_map(session: Session, data: object) -> None:
    with pytest.raises(NotAMap):
        import_map(session, data=data)
