"""People shorten, misspell and mishear the names of where they live."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understanding import BuildingEntry, CompoundEntry, Evidence, Gazetteer, Home, find_place

PEACH, MAPLE, RIVER, TRADE, OFFICE, LAKE, MOON = 1, 2, 3, 4, 5, 6, 7
TOWN = Gazetteer.build(
    [
        CompoundEntry(PEACH, "桃花苑", (), (BuildingEntry(13, "3"),)),
        CompoundEntry(MAPLE, "城关镇恒大枫林绿洲小区二期", ("红楼",)),
        CompoundEntry(RIVER, "滨河云景花园小区"),
        CompoundEntry(TRADE, "商贸家园"),
        CompoundEntry(OFFICE, "粮食局家属院"),
        CompoundEntry(LAKE, "南湖名邸"),
        CompoundEntry(MOON, "望月湾小区"),
    ]
)


def first(text: str, home: Home | None = None) -> tuple[int | None, str]:
    """The likeliest compound and what speaks for it first."""
    candidates = find_place(text, TOWN, home).candidates
    return (candidates[0].compound_id, candidates[0].evidence[0].kind) if candidates else (None, "")


@pytest.mark.parametrize(
    ("text", "compound"),
    [
        ("滨河云景花园电梯坏了", RIVER),
        ("我们滨河小区停水了", RIVER),
        ("恒大枫林绿洲漏水", MAPLE),
        ("枫林绿洲小区漏水", MAPLE),
        ("枫林绿洲二期3栋漏水", MAPLE),
        ("商贸3号楼没暖气", TRADE),
        ("我住在商贸,路灯不亮", TRADE),
        ("商贸小区路灯不亮", TRADE),
        ("南湖3号楼没水", LAKE),
        ("粮食局2单元没水", OFFICE),
        ("望月湾电梯坏了", MOON),
    ],
)
def test_a_name_is_known_without_its_town_builder_phase_or_kind(text: str, compound: int) -> None:
    assert first(text) == (compound, "stem")


@pytest.mark.parametrize(
    "text",
    [
        "粮食局门口堵车",
        "商贸公司欠薪",
        "南湖路堵车",
        "恒大集团欠款",
        "新商贸小区停电",
        "花园里的花死了",
        "二期什么时候交房",
    ],
)
def test_part_of_a_name_in_other_words_is_no_compound(text: str) -> None:
    assert first(text) == (None, "")


def test_an_alias_counts_as_a_name_and_says_so() -> None:
    place = find_place("红楼漏水", TOWN)
    assert (place.compound_id, place.evidence) == (MAPLE, (Evidence("alias", "红楼"),))


@pytest.mark.parametrize(
    ("text", "compound", "words"),
    [
        ("桃花园3栋漏水", PEACH, "桃花园"),
        ("我住在桃花源,没水", PEACH, "桃花源"),
        ("滨河匀景花园没水", RIVER, "滨河匀景花园"),
        ("商茂家园停水了", TRADE, "商茂家园"),
        ("兰湖名邸停水了", LAKE, "兰湖名邸"),
        ("我们旺月湾小区停电", MOON, "旺月湾小区"),
    ],
)
def test_a_name_written_by_its_sound_is_understood(text: str, compound: int, words: str) -> None:
    place = find_place(text, TOWN)
    assert place.candidates[0].compound_id == compound
    assert place.evidence[0] == Evidence("sound", words)
    assert place.written.compound == words


def test_a_dialect_is_trusted_less_than_another_character_of_the_same_sound() -> None:
    assert find_place("南胡名邸停水", TOWN).confidence > find_place("兰湖名邸停水", TOWN).confidence


@pytest.mark.parametrize(
    ("text", "compound"),
    [
        ("滨河云最花园没水", RIVER),
        ("滨河云花园没水", RIVER),
        ("滨河大云景花园没水", RIVER),
        ("滨云河景花园没水", RIVER),
        ("南湖名宅停水", LAKE),
    ],
)
def test_one_wrong_missing_or_superfluous_character_is_forgiven(text: str, compound: int) -> None:
    assert first(text) == (compound, "slip")


def test_a_short_name_with_a_wrong_character_is_asked_about_unless_it_is_the_home() -> None:
    place = find_place("商客家园停水", TOWN)
    assert (place.compound_id, place.sure, place.candidates[0].compound_id) == (None, False, TRADE)
    assert find_place("商客家园停水", TOWN, Home(TRADE)).compound_id == TRADE


def test_a_slip_never_overrides_another_name_written_right() -> None:
    town = Gazetteer.build([CompoundEntry(1, "金水花园"), CompoundEntry(2, "金穗花园"), CompoundEntry(3, "金水家园")])
    for name, compound in (("金水花园", 1), ("金穗花园", 2), ("金水家园", 3)):
        place = find_place(f"{name}漏水", town, Home(1))
        assert (place.compound_id, place.evidence[0].kind) == (compound, "name")


def test_a_name_in_two_pieces_is_one() -> None:
    for text in ("滨河云景 花园小区漏水", "滨河·云景花园小区漏水", "“滨河”云景花园小区漏水"):
        assert find_place(text, TOWN).compound_id == RIVER


def test_the_own_number_behind_a_name_in_two_pieces_is_found() -> None:
    place = find_place("桃花 苑 3 栋漏水", TOWN)
    assert (place.compound_id, place.building_id) == (PEACH, 13)


MATTERS = st.sampled_from(["漏水", "停电了", "电梯坏了", "没人扫地", "路灯不亮"])
NAMES = st.sampled_from(
    ["桃花苑", "桃花园", "滨河云景花园", "滨河匀景花园", "商贸家园", "枫林绿洲", "望月湾小区", "红楼"]
)
BEFORE = st.sampled_from(["", "您好,", "领导好!", "麻烦问一下,", "请帮帮忙,", "气死人了,", "喂 "])
AFTER = st.sampled_from(["", ",谢谢", ",辛苦了!", ",你们是干什么吃的", "😡😡", "。\n急急急"])


@settings(max_examples=150, deadline=None)
@given(NAMES, MATTERS, BEFORE, AFTER)
def test_greetings_thanks_and_insults_do_not_move_a_matter(name: str, matter: str, before: str, after: str) -> None:
    told = find_place(f"{name}3栋2单元{matter}", TOWN)
    assert told.sure
    assert find_place(f"{before}{name}3栋2单元{matter}{after}", TOWN) == told
