"""Whose matter it is (权限): the residents' own, the owners' (民法典 278), or a duty of the government.

What owners decide together (民法典第二百七十八条), in short:
1 业主大会议事规则; 2 管理规约; 3 选举业主委员会或者更换其成员; 4 选聘和解聘物业服务企业; 5 使用维修资金;
6 筹集维修资金; 7 改建、重建建筑物及其附属设施; 8 改变共有部分的用途或者利用它经营; 9 其他重大事项.
Owners with two thirds of the exclusive area and of the heads must take part; points 6 to 8 need three quarters of those
who do, by area and by heads, the others more than half of both. What is no point of these and no duty of the government
is the residents' own (城市居民委员会组织法). The tables only propose: they know words, not the case.
What they take for a duty of the government somebody above the convener may allow (``overruled``); what is the owners'
stays theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from models.rules.meeting_workflow import Competence


class Majority(StrEnum):
    """Of the owners who take part, by exclusive area and by heads."""

    HALF = "half"  # more than half
    THREE_QUARTERS = "three_quarters"  # three quarters or more


@dataclass(frozen=True)
class Judgement:
    """``point``: of 民法典 278, where it is the owners'."""

    competence: Competence
    point: int | None = None


#: Kinds of matters that are an authority's to settle.
GOVERNMENT_CATEGORIES = frozenset(
    {"illegal_build", "security", "street", "transit", "housing", "education", "welfare", "pollution"}
)
_GOVERNMENT = re.compile(
    "违法建设|违章建筑|违建|私搭乱建|行政处罚|查处|取缔|吊销|罚款|办户口|落户|低保|学区|公交站|公交线路|红绿灯|市政道路"
)

_COMMITTEE = "(?:业委会|业主委员会)"
_ELECT = "(?:选举|换届|成立|组建|更换|罢免|改选|补选)"
_FUND = "(?:维修资金|维修基金|大修基金)"
_COMMON = "(?:绿地|绿化带|绿化|草坪|花园|广场|空地|活动场地|架空层|公共部位|共有部分|公共区域|楼顶平台|地下室|车棚)"

#: In the order in which they are tried: the narrower words first.
_POINTS = (
    (1, "业主大会议事规则"),
    (2, "管理规约|业主公约|业主规约"),
    (3, f"{_COMMITTEE}.{{0,6}}{_ELECT}|{_ELECT}.{{0,6}}{_COMMITTEE}"),
    (4, "(?:更换|换掉|换|选聘|解聘|续聘|另聘|辞退|炒掉|重新选)(?:一家|一个|个|新的|新|现在的|现)?(?:物业|管理人)"),
    (4, "物业(?:公司|服务企业)?(?:的)?(?:选聘|解聘|续聘|更换)"),
    (6, f"(?:筹集|续筹|补交|补缴|续交|归集|交存).{{0,6}}{_FUND}|{_FUND}.{{0,6}}(?:筹集|续筹|补交|补缴|续交|归集)"),
    (5, _FUND),
    (7, "(?:加装|增设|增装|安装)电梯|装电梯|改建|重建|扩建|加建|推倒"),
    (8, f"{_COMMON}.{{0,8}}(?:改成|改为|改作|改造成|改停车|改车位|出租|经营|摆摊|收费)|改变.{{0,10}}用途"),
    (8, f"(?:占用|利用).{{0,4}}{_COMMON}.{{0,8}}(?:车位|停车|经营|充电|广告)|电梯广告|广告位|广告出租"),
    (9, "(?:调整|上调|下调|提高|降低|涨|降).{0,4}物业(?:服务)?费|物业(?:服务)?费.{0,6}(?:调整|上涨|涨价|下调|标准)"),
    (9, "公共收益.{0,8}(?:分配|分给|怎么用|使用|用途|分红)|(?:分配|使用).{0,4}公共收益"),
)
_OWNERS = tuple((point, re.compile(words)) for point, words in _POINTS)
_THREE_QUARTERS = frozenset({6, 7, 8})


def judge(*, category: str, words: str) -> Judgement:
    """By what kind of matter it is and what is said of it."""
    for point, wanted in _OWNERS:
        if wanted.search(words) and category not in GOVERNMENT_CATEGORIES:
            return Judgement(Competence.OWNERS, point)
    if category in GOVERNMENT_CATEGORIES or _GOVERNMENT.search(words):
        return Judgement(Competence.GOVERNMENT)
    return Judgement(Competence.RESIDENTS)


def overruled(words: str) -> Judgement:
    """Of what looked like a duty of the government, once somebody above the convener says that it is none: what owners
    decide by law stays theirs."""
    point = next((point for point, wanted in _OWNERS if wanted.search(words)), None)
    return Judgement(Competence.RESIDENTS) if point is None else Judgement(Competence.OWNERS, point)


def majority_for(point: int) -> Majority:
    """That of a point of 民法典 278. Raises ValueError for a number that is none."""
    if point not in range(1, 10):
        raise ValueError("民法典 278 has nine points")
    return Majority.THREE_QUARTERS if point in _THREE_QUARTERS else Majority.HALF
