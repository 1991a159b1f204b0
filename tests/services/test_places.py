"""The list of places: taken over once, a second time without effect, never in part unless asked, and found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.errors import Unusable
from bot.place_table import bad_row, read_places, write_template
from models.community import Building, Community, Compound, Organisation, OrganisationKind, Room, Unit
from models.member import Post
from models.rules.posts import Role, ScopeKind
from services.place_list import PlaceRow, PlacesReport, import_places
from services.places import (
    Scope,
    ScopeUnclear,
    gazetteer,
    gazetteer_version,
    resolve_scope,
)
from understanding import understand

BASE = PlaceRow(
    2,
    "凤栖街道",
    "兰宁社区",
    "640104003012",
    "LN",
    grid="第一网格",
    compound="西苑小区",
    aliases=("西苑",),
    building="3",
    unit="2",
)
NEIGHBOUR = replace(BASE, line=3, unit="1", rooms=("101", "102"))


def _count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def _reasons(report: PlacesReport) -> list[tuple[int, str]]:
    return [(bad.line, bad.reason) for bad in report.bad]


def test_a_list_makes_places_and_the_posts_that_stand_for_them(session: Session) -> None:
    assert import_places(session, rows=[BASE, NEIGHBOUR]) == PlacesReport(created=10)
    posts = session.execute(select(Post.role, Post.scope_kind, Post.label).order_by(Post.id)).all()
    assert [tuple(p) for p in posts] == [
        (Role.COMMUNITY, ScopeKind.COMMUNITY, "兰宁社区"),
        (Role.ADMINISTRATOR, ScopeKind.COMMUNITY, "兰宁社区"),
        (Role.SECRETARY, ScopeKind.GRID, "第一网格"),
    ]
    assert session.scalars(select(Unit.name).order_by(Unit.id)).all() == ["2单元", "1单元"]
    assert session.scalars(select(Building.name)).all() == ["3号楼"]


def test_the_same_list_again_changes_nothing(session: Session) -> None:
    import_places(session, rows=[BASE, NEIGHBOUR])
    assert import_places(session, rows=[BASE, NEIGHBOUR]) == PlacesReport(unchanged=10)
    assert _count(session, Post) == 3


def test_a_later_list_adds_and_corrects(session: Session) -> None:
    import_places(session, rows=[BASE])
    moved = replace(BASE, grid="第二网格", phone="0951-5550000")
    report = import_places(session, rows=[moved, replace(moved, line=3, building="4")])
    assert (report.created, report.updated) == (3, 2)  # grid, building, unit; the phone and the building's grid


def test_one_bad_row_stops_the_whole_list_unless_in_part(session: Session) -> None:
    bad = replace(BASE, line=7, code="123", compound="")
    assert _reasons(import_places(session, rows=[BASE, bad])) == [(7, "missing"), (7, "code_malformed")]
    assert _count(session, Community) == 0
    report = import_places(session, rows=[BASE, bad], partial=True)
    assert (report.created, _reasons(report)) == (7, [(7, "missing"), (7, "code_malformed")])
    assert _count(session, Unit) == 1


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (replace(BASE, line=3), "duplicate"),
        (replace(BASE, line=3, building="三号楼", unit="２单元"), "duplicate"),
        (replace(BASE, line=3, unit="1", grid="第二网格"), "differs_grid"),
        (replace(BASE, line=3, unit="1", code="640104003013"), "differs_code"),
        (replace(BASE, line=3, community="另一社区"), "differs_name"),
        (replace(BASE, line=3, community="另一社区", code="640104003013"), "differs_prefix"),
        (replace(BASE, line=3, unit="1", prefix="LM"), "differs_code_prefix"),
        (replace(BASE, line=3, compound="东苑小区"), "differs_alias"),
        (replace(BASE, line=3, building="", rooms=("101",)), "unit_without_building"),
        (replace(BASE, line=3, unit="", rooms=("101",)), "rooms_without_unit"),
        (replace(BASE, line=3, spot="北门广场"), "building_and_spot"),
        (replace(BASE, line=3, building="", unit=""), "empty"),
        (replace(BASE, line=3, prefix="l1"), "prefix_malformed"),
        (replace(BASE, line=3, compound="西/苑"), "name_malformed"),
        (replace(BASE, line=3, building="", unit="", organisation="某公司"), "missing"),
    ],
)
def test_a_row_that_cannot_be_is_reported_with_a_sentence(session: Session, second: PlaceRow, reason: str) -> None:
    report = import_places(session, rows=[BASE, second])
    assert (3, reason) in _reasons(report)
    assert all(bad_row(bad).startswith("第 3 行：") for bad in report.bad)


def test_what_the_database_says_is_not_contradicted(session: Session) -> None:
    import_places(session, rows=[BASE])
    assert _reasons(import_places(session, rows=[replace(BASE, prefix="XY")])) == [(2, "differs_code_prefix")]
    other = replace(BASE, community="新社区", code="640104003099", compound="东苑小区", aliases=())
    assert _reasons(import_places(session, rows=[other])) == [(2, "differs_prefix")]
    alias = replace(BASE, compound="东苑小区")
    assert _reasons(import_places(session, rows=[alias])) == [(2, "differs_alias")]


def test_code_and_prefix_stand_on_one_line_only(session: Session) -> None:
    rows = [BASE, replace(NEIGHBOUR, code="", prefix=""), replace(BASE, line=4, building="5", code="", prefix="")]
    assert import_places(session, rows=rows).bad == ()
    later = replace(BASE, building="6", code="", prefix="")
    assert import_places(session, rows=[later]).bad == ()
    assert _count(session, Community) == 1


def test_a_property_company_of_one_compound_and_a_utility_of_all(session: Session) -> None:
    company = replace(
        BASE, line=3, building="", unit="", organisation="西苑物业", organisation_kind=OrganisationKind.PROPERTY
    )
    water = replace(company, line=4, compound="", organisation="供水公司", organisation_kind=OrganisationKind.UTILITY)
    rows = [BASE, company, water]
    assert import_places(session, rows=rows).bad == ()
    assert import_places(session, rows=rows).updated == 0
    found = session.execute(select(Organisation.name, Organisation.compound_id).order_by(Organisation.id)).all()
    assert [tuple(row) for row in found] == [("西苑物业", session.scalar(select(Compound.id))), ("供水公司", None)]
    assert session.scalars(select(Post.label).where(Post.role == Role.HANDLER)).all() == ["西苑物业", "供水公司"]


def test_a_compound_is_of_a_grid_when_all_its_buildings_are(session: Session) -> None:
    import_places(session, rows=[BASE])
    assert session.scalar(select(Compound.grid_id)) is not None
    import_places(session, rows=[replace(BASE, building="9", grid="第二网格")])
    session.expire_all()
    assert session.scalar(select(Compound.grid_id)) is None


def test_a_path_finds_the_place(session: Session) -> None:
    import_places(session, rows=[BASE, NEIGHBOUR])
    community, building = session.scalars(select(Community.id)).one(), session.scalars(select(Building.id)).one()
    unit = session.scalars(select(Unit.id).where(Unit.number == "2")).one()
    stair = Scope(ScopeKind.UNIT, unit, community, "西苑小区3号楼2单元")
    for path in (
        "西苑小区/3号楼/2单元",
        "西苑/3/2",
        "兰宁社区/西苑小区/三号楼/二单元",
        "凤栖街道/兰宁社区/西苑/3栋/2单元",
    ):
        assert resolve_scope(session, path=path, role=Role.STEWARD) == stair
    assert resolve_scope(session, path="西苑/3") == Scope(ScopeKind.BUILDING, building, community, "西苑小区3号楼")
    assert resolve_scope(session, path="第一网格", role=Role.SECRETARY).kind is ScopeKind.GRID
    assert resolve_scope(session, path="兰宁社区", role=Role.ADMINISTRATOR).id == community


def test_a_path_that_leads_nowhere_offers_what_is_close(session: Session) -> None:
    import_places(session, rows=[BASE, NEIGHBOUR])
    with pytest.raises(ScopeUnclear) as unknown:
        resolve_scope(session, path="西院小区/3号楼")
    assert (unknown.value.reason, unknown.value.part, unknown.value.offers[0]) == ("unknown", "西院小区", "西苑小区")
    with pytest.raises(ScopeUnclear) as missing:
        resolve_scope(session, path="西苑小区/8号楼")
    assert (missing.value.part, missing.value.offers) == ("8号楼", ("3号楼",))
    with pytest.raises(ScopeUnclear) as unfitting:
        resolve_scope(session, path="兰宁社区", role=Role.STEWARD)
    assert (unfitting.value.reason, unfitting.value.offers) == ("unfitting", ("building", "unit"))
    with pytest.raises(ScopeUnclear):
        resolve_scope(session, path=" / ")


def test_a_name_in_two_communities_asks_which(session: Session) -> None:
    other = replace(BASE, line=3, community="东宁社区", code="640104003013", prefix="DN")
    import_places(session, rows=[BASE, other])
    with pytest.raises(ScopeUnclear) as unclear:
        resolve_scope(session, path="第一网格")
    assert unclear.value.offers == ("东宁社区/第一网格", "兰宁社区/第一网格")
    assert resolve_scope(session, path="东宁社区/第一网格").label == "第一网格"


def test_residents_are_understood_by_name(session: Session) -> None:
    before = gazetteer_version(session)
    import_places(session, rows=[BASE, NEIGHBOUR])
    compound = session.scalars(select(Compound.id)).one()
    assert gazetteer_version(session) != before
    assert gazetteer(session).compounds_named("西苑") == (compound,)
    understood = understand("西苑小区3号楼2单元楼道灯坏了", gazetteer=gazetteer(session), home=None)
    assert (understood.place.compound_id, understood.place.unit_id) == (
        compound,
        session.scalar(select(Unit.id).where(Unit.number == "2")),
    )


def test_the_template_is_itself_a_good_list(session: Session, tmp_path: Path) -> None:
    for name in ("样表.xlsx", "样表.csv"):
        write_template(tmp_path / name)
        rows, bad = read_places(tmp_path / name)
        assert bad == []
        assert import_places(session, rows=rows).bad == ()
    assert _count(session, Room) == 8
    with pytest.raises(Unusable, match="xlsx"):
        write_template(tmp_path / "样表.doc")
