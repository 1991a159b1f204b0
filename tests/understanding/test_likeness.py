"""Whether two neighbours tell of the same, and what the second is shown before joining."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.likeness import FLOOR, Index, Likeness, Match, Telling, likeness

MONDAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SAMPLE = ("楼道灯坏了", "灯不亮", "停水了", "小区门口垃圾没人清", "广场舞太吵了", "屋顶漏雨", "电梯又坏了", "你好", "")
CATEGORIES = ("lighting", "water", "sanitation", "noise", "building", "elevator", "other", "")


def told(
    text: str, category: str, door: tuple[int, int] | None = (3, 32), *, days: float = 0, **more: object
) -> Telling:
    building, unit = door or (None, None)
    telling = Telling(
        text,
        "",
        MONDAY + timedelta(days=days),
        text,
        category=category,
        compound_id=1,
        building_id=building,
        unit_id=unit,
    )
    return replace(telling, **more)


def replace(telling: Telling, **more: object) -> Telling:
    return telling._replace(**more)  # type: ignore[arg-type]


def alike(one: Telling, other: Telling) -> bool:
    return likeness(one, other).score >= FLOOR


@pytest.mark.parametrize("words", ["灯不亮", "灯坏了", "我们单元黑灯瞎火的", "楼道黑咕隆咚,老人下楼害怕"])
def test_neighbours_of_one_unit_tell_of_one_lamp_in_their_own_words(words: str) -> None:
    assert alike(told("楼道灯坏了好几天了", "lighting"), told(words, "lighting", days=2))


def test_the_lamp_of_another_staircase_is_another_lamp() -> None:
    assert likeness(
        told("3栋2单元楼道灯坏了", "lighting", (3, 32)), told("5栋1单元楼道灯坏了", "lighting", (5, 51))
    ) == Likeness(0.0)


def test_a_street_lamp_is_not_the_lamp_of_the_stairs_though_both_live_on_one_staircase() -> None:
    assert not alike(told("路灯坏了", "lighting"), told("楼道灯坏了", "lighting"))


@pytest.mark.parametrize(
    ("category", "one", "other"),
    [
        ("water", "我家停水了", "怎么又没水了"),
        ("sanitation", "小区门口垃圾没人清", "大门口垃圾堆成山了"),
        ("noise", "广场舞太吵了", "晚上跳舞的大喇叭吵得睡不着"),
        ("lighting", "小区门口路灯不亮", "路灯坏了一排"),
    ],
)
def test_what_concerns_the_whole_compound_is_one_matter_from_building_3_to_building_5(
    category: str, one: str, other: str
) -> None:
    assert alike(told(one, category, (3, 32)), told(other, category, (5, 51)))


@pytest.mark.parametrize(
    ("category", "one", "other"),
    [
        ("water", "停水了", "下水道堵了"),
        ("noise", "广场舞太吵了", "工地半夜施工太吵了"),
        ("sanitation", "垃圾没人清", "楼下公厕太脏"),
    ],
)
def test_another_object_is_another_matter_though_place_and_category_are_the_same(
    category: str, one: str, other: str
) -> None:
    assert not alike(told(one, category), told(other, category))


def test_two_neighbours_under_one_roof_may_suffer_from_one_leak() -> None:
    assert alike(told("屋顶漏雨", "building"), told("一下雨天花板就漏水", "building"))
    assert not alike(told("屋顶漏雨", "building"), told("一下雨天花板就漏水", "building", (5, 51)))


def test_a_blocked_drain_is_one_staircase_s_own() -> None:
    assert likeness(told("下水道堵了", "water"), told("下水道堵了", "water", (5, 51))) == Likeness(0.0)


def test_the_same_words_from_another_compound_are_another_matter() -> None:
    here = told("广场舞太吵了", "noise")
    assert likeness(here, replace(here, compound_id=2)) == Likeness(0.0)


def test_the_same_words_without_any_place_are_not_alike() -> None:
    nowhere = replace(told("广场舞太吵了", "noise", None), compound_id=None)
    assert likeness(nowhere, nowhere) == Likeness(0.0)


def test_another_category_is_another_matter_unless_people_take_the_one_for_the_other() -> None:
    here = told("楼道堆杂物", "corridor")
    assert alike(here, replace(here, category="fire"))
    assert likeness(here, replace(here, category="education")) == Likeness(0.0)


def test_after_a_month_an_open_issue_is_still_near_and_after_three_no_more() -> None:
    here = told("电梯坏了", "elevator")
    assert alike(here, told("电梯又坏了", "elevator", days=30))
    assert not alike(here, told("电梯又坏了", "elevator", days=90))


def test_a_neighbour_is_shown_what_matches_and_what_differs() -> None:
    found = likeness(told("停水了,楼道灯也不亮", "water", (3, 32)), told("怎么没水了", "water", (5, 51), days=9))
    assert (found.matched, found.differs) == (
        (
            Match("place", ("compound",), ("compound",)),
            Match("words", ("停水",), ("没水",)),
            Match("category", ("water",), ("water",)),
        ),
        (
            Match("place", ("building", "unit"), ("building", "unit")),
            Match("words", ("楼道灯",), ()),
            Match("time", (MONDAY.isoformat(),), ((MONDAY + timedelta(days=9)).isoformat(),)),
        ),
    )


def test_words_nobody_has_listed_are_shown_where_both_say_them() -> None:
    found = likeness(told("三楼的喷泉池裂了", "other"), told("喷泉池裂了没人管", "other"))
    assert Match("words", ("喷泉池裂了",), ("喷泉池裂了",)) in found.matched


def test_among_the_open_issues_the_likest_comes_first_and_never_the_telling_itself() -> None:
    lamp = told("楼道灯坏了", "lighting", id="lamp")
    index = Index(
        [
            lamp,
            told("灯不亮", "lighting", id="same staircase", days=1),
            told("灯不亮", "lighting", id="a month ago", days=-30),
            told("灯不亮", "lighting", (3, 31), id="next staircase"),
            told("灯不亮", "lighting", id="another compound", compound_id=2),
            told("停水了", "water", id="water"),
        ]
    )
    assert [id_ for id_, _ in index.like(lamp)] == ["same staircase", "a month ago"]
    assert [id_ for id_, _ in index.like(lamp, limit=1)] == ["same staircase"]
    assert index.like(lamp, floor=0.99) == []


def test_a_closed_issue_is_found_no_more_and_one_told_anew_is_found_as_it_is_now() -> None:
    lamp = told("楼道灯坏了", "lighting", id="lamp")
    index = Index([lamp])
    asked = told("灯不亮", "lighting")
    index.add(told("停水了", "water", id="lamp"))
    assert index.like(asked) == []
    index.add(lamp)
    assert [id_ for id_, _ in index.like(asked)] == ["lamp"]
    index.remove("lamp")
    assert (index.like(asked), len(index)) == ([], 0)


def test_who_names_no_compound_is_found_by_the_grid() -> None:
    pin = told("广场舞太吵了", "noise", None, id="pin", compound_id=None, grid_id=7)
    near = told("跳舞的大喇叭吵死了", "noise", grid_id=7)
    assert [id_ for id_, _ in Index([pin]).like(near, floor=0.4)] == ["pin"]
    assert Index([pin]).like(replace(near, grid_id=8), floor=0.0) == []


ids = st.none() | st.integers(1, 2)
tellings = st.builds(
    Telling,
    st.text("ab", min_size=1, max_size=3),
    st.just(""),
    st.none()
    | st.datetimes(MONDAY.replace(month=1, tzinfo=None), MONDAY.replace(month=12, tzinfo=None), timezones=st.just(UTC)),
    st.sampled_from(SAMPLE) | st.text(max_size=40),
    category=st.sampled_from(CATEGORIES),
    compound_id=ids,
    building_id=ids,
    unit_id=ids,
    spot_id=ids,
    grid_id=ids,
)


def turned(found: Likeness) -> Likeness:
    sides = [tuple(Match(kind, there, here) for kind, here, there in part) for part in (found.matched, found.differs)]
    return Likeness(found.score, *sides)


@given(tellings, tellings)
def test_likeness_is_the_same_both_ways_and_between_0_and_1(one: Telling, other: Telling) -> None:
    here, there = likeness(one, other), likeness(other, one)
    assert here.score == there.score
    assert 0.0 <= here.score <= 1.0
    if one.compound_id and other.compound_id and one.compound_id != other.compound_id:
        assert here == Likeness(0.0)


@given(tellings, tellings)
def test_what_matches_and_differs_in_listed_words_changes_sides_only(one: Telling, other: Telling) -> None:
    def listed(found: Likeness) -> set[Match]:
        return {match for match in (*found.matched, *found.differs) if match.kind != "words"}

    assert listed(likeness(one, other)) == listed(turned(likeness(other, one)))


@given(st.lists(tellings, max_size=12), tellings)
def test_the_index_finds_nothing_that_likeness_would_not(open_: list[Telling], asked: Telling) -> None:
    latest = {telling.id: telling for telling in open_}
    for id_, found in Index(open_).like(asked, limit=12):
        assert found == likeness(asked, latest[id_])
        assert found.score >= FLOOR
