"""Whose matter it is: the residents', the owners' by one of nine points, or the government's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.competence import Judgement, Majority, judge, majority_for
from models.rules.meeting_workflow import Competence
from understanding import CATEGORIES

OWNERS = {
    1: ["修改业主大会议事规则"],
    2: ["修订管理规约", "制定业主公约"],
    3: ["成立业委会", "业委会换届选举", "业主委员会该改选了", "大家想选举业主委员会"],
    4: ["换物业", "更换一家物业公司", "续聘现在的物业", "物业公司选聘", "解聘物业"],
    5: ["动用维修资金修屋顶", "申请使用住宅专项维修资金", "维修基金能不能用"],
    6: ["续筹维修资金", "维修资金不够要补交"],
    7: ["3号楼加装电梯", "改建车库", "门卫室要重建"],
    8: ["绿地改成停车位", "电梯广告归谁", "广场出租给商家摆摊", "改变地下室用途", "利用公共部位经营"],
    9: ["调整物业费", "物业费要涨价", "公共收益怎么用", "分配公共收益"],
}


@pytest.mark.parametrize(("point", "words"), [(point, words) for point, all_ in OWNERS.items() for words in all_])
def test_the_nine_matters_of_the_owners(point: int, words: str) -> None:
    assert judge(category="", words=words) == Judgement(Competence.OWNERS, point)


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("building", "屋顶漏雨"),
        ("ebike", "增设充电桩"),
        ("noise", "广场舞噪音"),
        ("lighting", "换了灯泡物业说还是不亮"),
        ("property_service", "物业不扫楼道"),
        ("sanitation", "楼道轮流打扫"),
        ("greening", "绿化没人浇水"),
        ("", "铺休闲座椅"),
    ],
)
def test_what_neighbours_settle_themselves(category: str, words: str) -> None:
    assert judge(category=category, words=words) == Judgement(Competence.RESIDENTS)


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("illegal_build", "一楼私自扩建厨房"),
        ("street", "门口烧烤摊占道"),
        ("education", "划到哪个学区"),
        ("", "查处楼下的麻将馆"),
        ("", "增设公交站"),
    ],
)
def test_what_is_a_duty_of_the_government(category: str, words: str) -> None:
    assert judge(category=category, words=words) == Judgement(Competence.GOVERNMENT)


def test_three_quarters_for_money_raised_building_and_changed_use_else_more_than_half() -> None:
    assert {point: majority_for(point) for point in range(1, 10)} == {
        1: Majority.HALF,
        2: Majority.HALF,
        3: Majority.HALF,
        4: Majority.HALF,
        5: Majority.HALF,
        6: Majority.THREE_QUARTERS,
        7: Majority.THREE_QUARTERS,
        8: Majority.THREE_QUARTERS,
        9: Majority.HALF,
    }


@pytest.mark.parametrize("point", [0, 10, -1])
def test_there_are_nine_points(point: int) -> None:
    with pytest.raises(ValueError, match="nine"):
        majority_for(point)


@given(st.text(max_size=200), st.sampled_from(["", *CATEGORIES]))
def test_any_words_are_judged_and_a_point_belongs_to_the_owners(words: str, category: str) -> None:
    found = judge(category=category, words=words)
    assert (found.point is not None) == (found.competence is Competence.OWNERS)
