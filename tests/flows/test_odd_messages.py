"""Whatever people write, they get a sensible answer; and how politely they write it changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.neighbourhood import Neighbourhood
from understanding import BuildingEntry, CompoundEntry, Gazetteer, UnitEntry, understand

MATTERS = {
    "西苑小区3号楼2单元楼道灯坏了": ("lighting", "3", "2"),
    "西苑小区5号楼1单元下水道堵了往外冒": ("water", "5", "1"),
    "西苑小区3号楼电梯又停了": ("elevator", "3", ""),
    "西苑小区门口的垃圾三天没人清": ("sanitation", "", ""),
    "西苑小区5号楼后面的大树没人修剪，枝叶伸到窗户里了": ("greening", "5", ""),
    "西苑小区3号楼1单元暖气冰凉": ("heating", "3", "1"),
}
BEFORE = ["", "您好，", "师傅你好！", "领导好，打扰了，", "在吗？", "我是这里的老住户，", "哎呀，"]
AFTER = [
    *("", "，谢谢", "！！！", "，麻烦您了，辛苦", "，请尽快处理🙏", "😡😡"),
    *("，你们物业都是吃干饭的", "，一群废物，气死我了"),
]

PLACES = Gazetteer.build(
    [
        CompoundEntry(
            1,
            "西苑小区",
            buildings=tuple(
                BuildingEntry(number, str(number), (UnitEntry(10 * number + 1, "1"), UnitEntry(10 * number + 2, "2")))
                for number in (3, 5)
            ),
        )
    ]
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matter=st.sampled_from(list(MATTERS)), before=st.sampled_from(BEFORE), after=st.sampled_from(AFTER))
def test_a_greeting_a_politeness_or_an_insult_changes_neither_place_nor_category(
    matter: str, before: str, after: str
) -> None:
    found = understand(before + matter + after, gazetteer=PLACES)
    place = found.place
    assert (found.category, place.building_number, place.unit_number) == MATTERS[matter]
    assert place.compound_id == 1
    assert found.matters == ()
    assert found.elsewhere is None


@pytest.mark.parametrize("matter", list(MATTERS))
def test_a_photo_changes_neither_place_nor_category(here: Neighbourhood, matter: str) -> None:
    bare, with_photo = here.person("wang").says(matter), here.person("zhou").sends_photo(matter)
    assert with_photo.replace("照片 1 张\n", "") == bare


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("", "没有看到文字"),
        ("🔥🔥🔥👨‍👩‍👧", "没有看到文字"),
        ("西苑小区3号楼2单元WiFi连不上 router broken ياخشىمۇسىز تور يوق", "【通信快递】西苑小区3号楼2单元"),
        ("ياخشىمۇسىز", "在哪个小区"),
        ("hello, the light in 西苑小区 3号楼 2单元 is broken 楼道灯不亮", "【照明】西苑小区3号楼2单元"),
    ],
)
def test_odd_messages_get_a_sensible_answer(here: Neighbourhood, said: str, answer: str) -> None:
    assert answer in here.person("wang").says(said)


def test_ten_thousand_characters_are_taken_as_far_as_people_can_read(here: Neighbourhood) -> None:
    wang = here.person("wang")
    card = wang.says("西苑小区3号楼2单元楼道灯坏了。" + "我跟物业说了很多次。" * 1000)
    assert "【照明】西苑小区3号楼2单元 · 楼道灯坏了" in card
    assert len(card) < 300
    assert "编号 LN-2026-0001" in wang.says("1")
