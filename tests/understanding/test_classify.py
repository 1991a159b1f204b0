"""Category and nature: what people say around the matter does not change it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understanding.category.classify import classify, read
from understanding.category.model import Model
from understanding.category.nature import nature_of
from understanding.category.training import train

MATTERS = {
    "楼道灯坏了半个月没人修": "lighting",
    "电梯又停了，老人下不来楼": "elevator",
    "楼下烧烤店油烟直往家里灌": "pollution",
    "广场舞音响放到晚上十点，太吵了": "noise",
    "物业费一年涨两次，凭什么": "property_fee",
    "开发商逾期交房，房产证也办不下来": "housing",
    "下水道堵了，污水都冒出来了": "water",
    "有人在楼顶私自搭建彩钢房": "illegal_build",
    "邻居遛狗不拴绳，孩子吓哭了": "pets",
    "小区暖气一点都不热": "heating",
}
GREETINGS = ("您好，", "尊敬的领导：您好！", "在吗？", "老师好，打扰一下，", "")
POLITENESS = ("，谢谢！", "。麻烦您了，辛苦了", "，祝工作顺利", "。盼复", "")
INSULTS = ("，真他妈烦", "，一群饭桶", "，混蛋玩意儿", "，气死我了", "")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(MATTERS)),
    st.sampled_from(GREETINGS),
    st.sampled_from(POLITENESS),
    st.sampled_from(INSULTS),
)
def test_a_greeting_a_politeness_or_an_insult_does_not_change_the_category(
    matter: str, greeting: str, politeness: str, insult: str
) -> None:
    assert classify(greeting + matter + insult + politeness).label == MATTERS[matter]


@pytest.mark.parametrize("place", ["A3区", "12号楼3单元501 ", "三号楼二单元，", "2019年3月起，"])
def test_numbers_and_codes_do_not_change_the_category(place: str) -> None:
    assert {matter: classify(place + matter).label for matter in MATTERS} == MATTERS


def test_the_words_that_decided_stand_in_the_text_in_order() -> None:
    for matter in MATTERS:
        words = classify(matter).words
        assert words
        assert [matter.index(word) for word in words] == sorted(matter.index(word) for word in words)


@pytest.mark.parametrize("text", ["", " ", "🔥🔥🔥", "ياخشىمۇسىز", "السلام عليكم", "?!", "1234567", "\x00"])
def test_what_says_nothing_is_other_and_unsure(text: str) -> None:
    category, nature, _ = read(text)
    assert (category.label, category.words) == ("other", ())
    assert category.confidence < 0.5
    assert nature.label in ("ask", "help", "complaint", "report", "suggest")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("WiFi断网了 router 没信号 ياخشىمۇسىز", "telecom"),
        ("楼道灯不亮。" + "没人管" * 3_300, "lighting"),
        ("🙏🙏楼道灯不亮🙏🙏", "lighting"),
    ],
)
def test_the_matter_is_found_in_odd_company(text: str, category: str) -> None:
    assert classify(text).label == category


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("请问孩子上小学需要哪些材料？", "ask"),
        ("家里停水两天了，求帮忙解决", "help"),
        ("楼下饭店天天半夜还在吵", "complaint"),
        ("举报有人在小区里聚众赌博", "report"),
        ("建议在北门装一个快递柜", "suggest"),
    ],
)
def test_the_nature_is_what_the_person_wants(text: str, nature: str) -> None:
    assert nature_of(text).label == nature


def test_who_is_in_danger_calls_for_help() -> None:
    assert nature_of("楼道里全是煤气味，没人管", danger=True).label == "help"
    assert nature_of("建议给每户发煤气报警器", danger=True).label == "suggest"


def test_a_community_may_bring_a_model_with_labels_of_its_own() -> None:
    teams = {"路灯灭了": "水电组", "狗没拴绳": "文明组"}
    rows = [(f"{at}栋{what}", team) for at in range(9) for what, team in teams.items()]
    assert classify("北门路灯灭了", Model.loads(train(rows))).label == "水电组"
