"""``zhuoluo import-map``: what it says of a map, and what it leaves undone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.command import Command

AREA = [[[103.82, 36.05], [103.84, 36.05], [103.84, 36.07], [103.82, 36.07], [103.82, 36.05]]]


@pytest.fixture
def places(zhuoluo: Command, folder: Path, migrated: str) -> None:
    (folder / "list.csv").write_text(
        "街道,社区,社区代码,编号前缀,网格,小区,楼号,单元\n凤栖街道,兰宁社区,990101001001,LN,第一网格,西苑小区,3,2\n",
        "utf-8",
    )
    assert zhuoluo("import-places", "list.csv").code == 0


def draw(folder: Path, *shapes: tuple[str, str, str, object]) -> None:
    """Each: the name of the property and its value, the kind of shape, its coordinates."""
    features = [
        {"type": "Feature", "properties": {key: name}, "geometry": {"type": kind, "coordinates": coordinates}}
        for key, name, kind, coordinates in shapes
    ]
    drawn = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    (folder / "map.geojson").write_text(drawn, "utf-8-sig")


def count(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "var" / "zhuoluo.db") as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.usefixtures("places")
def test_a_map_is_taken_over_and_taken_over_again(zhuoluo: Command, folder: Path) -> None:
    draw(folder, ("grid", "第一网格", "Polygon", AREA), ("compound", "西苑小区", "Point", [103.83, 36.06]))
    for _ in range(2):
        said = zhuoluo("import-map", "map.geojson")
        assert (said.code, said.out, said.err) == (0, "导入了 1 个网格的边界、1 个小区的位置。\n", "")
    assert (count(folder, "grid_borders"), count(folder, "compound_points")) == (1, 1)


@pytest.mark.usefixtures("places")
def test_every_bad_shape_is_named_and_none_is_taken_unless_in_part(zhuoluo: Command, folder: Path) -> None:
    draw(
        folder,
        ("compound", "西苑小区", "Point", [103.83, 36.06]),
        ("grid", "第一网络", "Polygon", AREA),
        ("compound", "西苑小区", "Point", [36.06, 103.83]),
        ("grid", "", "Polygon", AREA),
    )
    said = zhuoluo("import-map", "map.geojson")
    assert (said.code, said.out) == (1, "")
    lines = said.err.splitlines()
    assert [line.partition("：")[0] for line in lines[:3]] == ["第 2 个图形", "第 3 个图形", "第 4 个图形"]
    assert "是不是：第一网格？" in lines[0]
    assert "经纬度写反" in lines[1]
    assert "什么也没有导入" in lines[3]
    assert count(folder, "compound_points") == 0
    partly = zhuoluo("import-map", "map.geojson", "--partial")
    assert (partly.code, partly.out) == (1, "导入了 0 个网格的边界、1 个小区的位置。\n")
    assert count(folder, "compound_points") == 1


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("content", ["", "{", "[]", '{"type": "Topology"}', "\udcff"])
def test_a_file_that_is_no_map_is_said_so(zhuoluo: Command, folder: Path, content: str) -> None:
    (folder / "map.geojson").write_bytes(content.encode("utf-8", "surrogateescape"))
    said = zhuoluo("import-map", "map.geojson")
    assert (said.code, said.out) == (2, "")
    assert "map.geojson 不是 GeoJSON 地图" in said.err
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("migrated")
def test_a_map_that_is_not_there_is_said_so(zhuoluo: Command) -> None:
    said = zhuoluo("import-map", "none.geojson")
    assert (said.code, "none.geojson" in said.err) == (2, True)


def test_the_command_explains_itself(zhuoluo: Command) -> None:
    said = zhuoluo("import-map", "--help")
    assert said.code == 0
    assert all(word in said.out for word in ("GeoJSON", "WGS-84", "网格", "小区"))
