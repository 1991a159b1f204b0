"""Where nobody has said where the compounds lie: the compounds of the grid in which somebody stands."""

from __future__ import annotations

from understanding.place.borders import GridEntry, Location
from understanding.place.finding import find_place
from understanding.place.gazetteer import CompoundEntry, Gazetteer, Home


def box(west: float, south: float) -> dict[str, object]:
    """About a kilometre square."""
    east, north = west + 0.01, south + 0.01
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


GRIDS = (
    GridEntry(11, "一", 1, box(103.00, 36.00)),
    GridEntry(12, "二", 1, box(103.01, 36.00)),
    GridEntry(13, "三", 1, None),
)
HERE, NEXT_GRID = Location(36.005, 103.005), Location(36.005, 103.015)


def town(*compounds: CompoundEntry) -> Gazetteer:
    return Gazetteer.build(compounds, GRIDS)


def compound(id_: int, *grid_ids: int, point: Location | None = None) -> CompoundEntry:
    return CompoundEntry(id_, f"{'甲乙丙丁'[id_ - 1]}苑小区", point=point, grid_ids=grid_ids)


def test_the_only_compound_of_a_grid_is_taken() -> None:
    place = find_place("路灯坏了", town(compound(1, 11), compound(2, 12)), location=HERE)
    assert (place.compound_id, [each.kind for each in place.evidence]) == (1, ["pin"])


def test_several_compounds_of_a_grid_are_offered() -> None:
    place = find_place("路灯坏了", town(compound(1, 11), compound(2, 11), compound(3, 12)), location=HERE)
    assert place.compound_id is None
    assert [each.compound_id for each in place.candidates] == [1, 2]


def test_a_compound_in_two_grids_is_of_both() -> None:
    known = town(compound(1, 11, 12))
    assert [known.nearest(each) for each in (HERE, NEXT_GRID)] == [[(1, 100)], [(1, 100)]]


def test_a_compound_known_to_be_near_comes_before_one_that_may_be_anywhere_in_the_grid() -> None:
    known = town(compound(1, 11), compound(2, 11, point=HERE))
    assert known.nearest(HERE) == [(2, 0.0), (1, 300)]
    assert find_place("路灯坏了", known, location=HERE).compound_id == 2


def test_a_compound_known_to_be_far_counts_only_where_there_is_no_other() -> None:
    corner = Location(36.0001, 103.0001)
    assert town(compound(1, 11), compound(2, 11, point=corner)).nearest(HERE) == [(1, 100)]
    assert town(compound(2, 11, point=corner)).nearest(HERE) == [(2, 100)]


def test_in_no_grid_nothing_is_guessed() -> None:
    known = town(compound(1, 11), compound(2, 13))
    assert known.nearest(Location(36.1, 103.1)) == []
    assert find_place("路灯坏了", known, location=Location(36.1, 103.1)).candidates == ()


def test_ones_home_in_the_grid_is_taken_before_its_neighbours() -> None:
    place = find_place("路灯坏了", town(compound(1, 11), compound(2, 11)), Home(2), HERE)
    assert (place.compound_id, [each.kind for each in place.evidence]) == (2, ["home", "pin"])
