"""A shared location pin: sent first, sent as the answer, sent where it is of no use; near compounds, or in a grid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from handlers.messages import Kind
from models.base import insert_row
from models.community import Compound, CompoundPoint, Grid, GridBorder
from models.issue import Issue
from models.report import Report
from services import members, places
from tests.neighbourhood import Neighbourhood, Person, Staff
from understanding import Location

#: Points of the two compounds, 450 m apart; between them both are too far to be taken.
XIYUAN, CULTURE = (36.0603, 103.8291), (36.0603, 103.8341)
AT_XIYUAN, AT_CULTURE, BETWEEN = (36.0605, 103.8293), (36.0602, 103.8340), (36.0603, 103.8317)
FAR = (36.2, 104.1)
AREA = [[[103.82, 36.05], [103.84, 36.05], [103.84, 36.07], [103.82, 36.07], [103.82, 36.05]]]


def redraw(here: Neighbourhood) -> None:
    here.house = replace(here.house, gazetteer=places.gazetteer(here.session))


def compound_id(here: Neighbourhood, name: str) -> int:
    return here.session.scalars(select(Compound.id).where(Compound.name == name)).one()


@pytest.fixture
def points(here: Neighbourhood) -> None:
    for name, (latitude, longitude) in (("西苑小区", XIYUAN), ("文化局家属院", CULTURE)):
        where = compound_id(here, name)
        insert_row(here.session, CompoundPoint, compound_id=where, latitude=latitude, longitude=longitude)
    redraw(here)


@pytest.fixture
def border(here: Neighbourhood) -> None:
    """Only the border of the grid is known, of which both compounds are."""
    insert_row(here.session, GridBorder, grid_id=here.ids.grid, border={"type": "Polygon", "coordinates": AREA})
    redraw(here)


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    return here.person("wang")


def stored(here: Neighbourhood) -> tuple[float | None, float | None]:
    report = here.session.scalars(select(Report).order_by(Report.id.desc())).first()
    assert report is not None
    return report.latitude, report.longitude


def place_of(issue: Issue) -> tuple[int | None, int | None, int | None]:
    return issue.compound_id, issue.building_id, issue.unit_id


@pytest.mark.usefixtures("points")
class TestNearACompound:
    def test_the_pin_first_and_then_the_words(self, here: Neighbourhood, wang: Person) -> None:
        assert wang.sends_location(*AT_XIYUAN) == (
            "位置收到了：西苑小区附近。请再用一句话说说是什么事，在几号楼、什么地方，可以附照片。"
        )
        assert "【照明】西苑小区 · 楼道灯坏了" in wang.says("楼道灯坏了")
        wang.says("1")
        assert place_of(here.issue()) == (here.ids.compound, None, None)
        assert stored(here) == AT_XIYUAN

    def test_the_words_may_add_the_door(self, here: Neighbourhood, wang: Person) -> None:
        wang.sends_location(*AT_XIYUAN)
        assert "西苑小区3号楼2单元" in wang.says("3号楼2单元楼道灯坏了")
        wang.says("1")
        assert place_of(here.issue()) == (here.ids.compound, here.ids.building, here.ids.unit)

    def test_words_that_name_another_compound_win(self, here: Neighbourhood, wang: Person) -> None:
        wang.sends_location(*AT_XIYUAN)
        assert "【照明】文化局家属院1号楼" in wang.says("文化局家属院1号楼楼道灯坏了")
        wang.says("1")
        assert here.issue().compound_id == compound_id(here, "文化局家属院")
        assert stored(here) == AT_XIYUAN

    def test_the_later_of_two_pins_counts(self, here: Neighbourhood, wang: Person) -> None:
        wang.sends_location(*AT_XIYUAN)
        assert "文化局家属院附近" in wang.sends_location(*AT_CULTURE)
        assert "【照明】文化局家属院" in wang.says("楼道灯坏了")
        wang.says("1")
        assert stored(here) == AT_CULTURE

    def test_a_pin_counts_more_than_the_home(self, here: Neighbourhood, wang: Person) -> None:
        members.settle_home(here.session, member_id=wang.member_id, unit_id=here.ids.unit, room="501")
        wang.sends_location(*AT_CULTURE)
        wang.says("路灯坏了")
        shown = [wang.last.text, *wang.labels]
        assert "文化局家属院" in "".join(shown)
        assert "西苑小区3号楼2单元" not in wang.last.text

    def test_words_of_the_own_house_count_more_than_the_pin(self, here: Neighbourhood, wang: Person) -> None:
        members.settle_home(here.session, member_id=wang.member_id, unit_id=here.ids.unit, room="501")
        wang.sends_location(*AT_CULTURE)
        wang.says("我家楼道灯坏了")
        assert "西苑小区3号楼2单元" in "".join([wang.last.text, *wang.labels])

    def test_a_pin_far_from_home_is_not_said_to_be_near_it(self, here: Neighbourhood, wang: Person) -> None:
        members.settle_home(here.session, member_id=wang.member_id, unit_id=here.ids.unit, room="501")
        assert "位置收到了。请再用一句话说说" in wang.sends_location(*FAR)

    def test_a_pin_at_home_says_no_more_than_the_compound_unless_the_words_do(
        self, here: Neighbourhood, wang: Person
    ) -> None:
        members.settle_home(here.session, member_id=wang.member_id, unit_id=here.ids.unit, room="501")
        assert "位置收到了：西苑小区" in wang.sends_location(*AT_XIYUAN)
        assert "西苑小区3号楼2单元" in wang.says("我们单元楼道灯坏了")

    def test_between_two_compounds_both_are_offered(self, here: Neighbourhood, wang: Person) -> None:
        assert "位置收到了。请再用一句话说说" in wang.sends_location(*BETWEEN)
        assert wang.says("路灯坏了") == "您说的是哪里？"
        assert sorted(wang.labels) == ["其他地方", "文化局家属院", "西苑小区"]
        assert "【照明】西苑小区" in wang.presses("西苑小区")
        wang.says("1")
        assert here.issue().compound_id == here.ids.compound
        assert stored(here) == BETWEEN

    def test_a_pin_answers_in_which_compound(self, here: Neighbourhood, wang: Person) -> None:
        assert "在哪个小区？" in wang.says("楼道灯坏了")
        assert "【照明】文化局家属院" in wang.sends_location(*AT_CULTURE)
        wang.says("1")
        assert here.issue().compound_id == compound_id(here, "文化局家属院")
        assert stored(here) == AT_CULTURE

    def test_a_pin_answers_in_which_compound_the_door_is(self, here: Neighbourhood, wang: Person) -> None:
        assert "在哪个小区？" in wang.says("3号楼2单元楼道灯坏了")
        assert "【照明】西苑小区3号楼2单元" in wang.sends_location(*AT_XIYUAN)
        wang.says("1")
        assert place_of(here.issue()) == (here.ids.compound, here.ids.building, here.ids.unit)
        assert here.issue().grounds["place"] == [["pin", "29"]]

    def test_a_pin_at_ones_own_home_answers_a_name_nobody_knows(self, here: Neighbourhood, wang: Person) -> None:
        members.settle_home(here.session, member_id=wang.member_id, unit_id=here.ids.unit, room="501")
        wang.says("桃源花苑小区路灯坏了")
        assert wang.labels[-1] == "其他地方"
        assert "【照明】西苑小区" in wang.sends_location(*AT_XIYUAN)

    def test_a_pin_at_ones_own_home_answers_too(self, here: Neighbourhood, wang: Person) -> None:
        members.settle_home(here.session, member_id=wang.member_id, unit_id=here.ids.unit, room="501")
        wang.says("文化局家属院路灯坏了")
        wang.says("修改")
        wang.says("改地点")
        assert "【照明】西苑小区" in wang.sends_location(*AT_XIYUAN)

    def test_an_answer_between_two_compounds_is_asked_about(self, here: Neighbourhood, wang: Person) -> None:
        wang.says("楼道灯坏了")
        assert wang.sends_location(*BETWEEN) == "您说的是哪里？"
        assert sorted(wang.labels) == ["其他地方", "文化局家属院", "西苑小区"]
        assert "【照明】文化局家属院" in wang.says("文化局家属院")

    def test_far_from_everything_it_is_asked_as_usual(self, here: Neighbourhood, wang: Person) -> None:
        assert "位置收到了。请再用一句话说说" in wang.sends_location(*FAR)
        assert "在哪个小区？" in wang.says("楼道灯坏了")
        assert "西苑小区3号楼" in wang.says("西苑小区3号楼")
        wang.says("1")
        assert place_of(here.issue()) == (here.ids.compound, here.ids.building, None)
        assert stored(here) == FAR

    def test_an_answer_far_from_everything_is_asked_again(self, wang: Person) -> None:
        wang.says("楼道灯坏了")
        assert "没有找到" in wang.sends_location(*FAR)
        assert "西苑小区" in wang.labels

    def test_where_it_is_of_no_use_it_is_said_so_and_the_question_stays(
        self, here: Neighbourhood, wang: Person
    ) -> None:
        wang.says("西苑小区3号楼2单元楼道灯坏了")
        card = wang.last
        said = wang.sends_location(*AT_CULTURE)
        assert said.startswith("收到位置了，这一步用不上。")
        assert (said.endswith(card.text), wang.last.buttons) == (True, card.buttons)
        wang.says("1")
        assert here.issue().compound_id == here.ids.compound
        assert stored(here) == (None, None)

    def test_a_photo_and_a_pin_come_together(self, here: Neighbourhood, wang: Person) -> None:
        wang.sends_photo()
        assert "位置收到了：西苑小区附近" in wang.sends_location(*AT_XIYUAN)
        assert "照片 1 张" in wang.says("垃圾没人清")
        wang.says("1")
        assert stored(here) == AT_XIYUAN

    def test_of_several_things_told_at_once_each_keeps_the_pin(self, here: Neighbourhood, wang: Person) -> None:
        wang.sends_location(*AT_XIYUAN)
        wang.says("楼道灯坏了。另外垃圾没人清。")
        if "分别登记" in wang.last.text:
            wang.says("1")
        assert "西苑小区" in wang.last.text

    def test_a_steward_tells_for_a_neighbour_with_a_pin(self, here: Neighbourhood, staff: Staff) -> None:
        staff.li.says("代报")
        staff.li.says("张奶奶")
        assert "位置收到了：文化局家属院附近" in staff.li.sends_location(*AT_CULTURE)
        assert "文化局家属院" in staff.li.says("路灯坏了")

    def test_a_location_that_is_not_readable_is_answered(self, wang: Person) -> None:
        assert wang.does(Kind.LOCATION).startswith("收到位置了")


@pytest.mark.usefixtures("border")
class TestInAGrid:
    def test_the_compounds_of_the_grid_are_offered(self, here: Neighbourhood, wang: Person) -> None:
        wang.sends_location(*AT_XIYUAN)
        assert wang.says("路灯坏了") == "您说的是哪里？"
        assert sorted(wang.labels) == ["其他地方", "文化局家属院", "西苑小区"]
        assert "【照明】文化局家属院" in wang.presses("文化局家属院")

    def test_the_only_compound_of_a_grid_is_taken(self, here: Neighbourhood, wang: Person) -> None:
        grid = insert_row(here.session, Grid, community_id=here.ids.community, name="第二网格")
        insert_row(here.session, Compound, community_id=here.ids.community, grid_id=grid, name="东苑小区")
        east = [[[longitude + 0.02, latitude] for longitude, latitude in AREA[0]]]
        insert_row(here.session, GridBorder, grid_id=grid, border={"type": "Polygon", "coordinates": east})
        redraw(here)
        assert "位置收到了：东苑小区附近" in wang.sends_location(36.06, 103.85)
        assert "【照明】东苑小区" in wang.says("路灯坏了")

    def test_outside_of_every_grid_it_is_asked_as_usual(self, wang: Person) -> None:
        wang.sends_location(*FAR)
        assert "在哪个小区？" in wang.says("路灯坏了")


def test_without_any_map_a_pin_is_kept_and_the_place_is_asked(here: Neighbourhood, wang: Person) -> None:
    assert "位置收到了。请再用一句话说说" in wang.sends_location(*AT_XIYUAN)
    assert here.house.gazetteer.grid_at(Location(*AT_XIYUAN)) is None
    assert "在哪个小区？" in wang.says("楼道灯坏了")
    wang.presses("西苑小区")
    wang.says("1")
    assert stored(here) == AT_XIYUAN
