"""What was asked for: neighbours who say the same in other words ask for one thing; each further matter is named."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.base import insert_row
from models.report import Report
from models.rules.errors import HollowAnswer, MatterUnanswered
from services.demands import check_answer, demands
from tests.services.merging_stage import Stage, stage

ONE_MATTER = {
    "西苑小区3号楼2单元楼道灯坏了一个星期了没人管": (
        "楼道里黑咕隆咚的，老人晚上下楼差点摔倒",
        "3号楼2单元灯不亮",
        "二楼到三楼的声控灯不亮，踩脚也没反应",
        "楼道太黑了，昨晚我妈摔了一跤，赶紧修修吧",
        "感应灯坏了，孩子放学回家害怕",
    ),
    "3号楼没水了": (
        "我家停水了，什么时候来",
        "水管一滴水都没有，做不了饭",
        "早上起来就停水，厕所都冲不了",
        "高层水压低，洗不了澡",
    ),
    "电梯坏了，困了两次人": ("电梯老是停，抖得厉害，不敢坐", "3号楼电梯又停运了，老人爬不动楼", "电梯门关不上"),
    "楼下烧烤店油烟太大，晚上开到两点": ("烧烤摊太吵了睡不着", "油烟熏得不敢开窗", "夜市烧烤扰民，喝酒的大喊大叫"),
    "门口垃圾两天没清，臭得很": ("垃圾桶满了溢出来，苍蝇乱飞", "垃圾没人收，狗把袋子都扯开了"),
    "下水道堵了，污水往上冒": ("一楼厕所反水", "井盖那里一直冒脏水，臭气熏天"),
    "暖气不热，家里只有14度": ("交了钱暖气不热，孩子都冻感冒了", "室温不达标，要求退费", "地暖回水是凉的"),
    "屋顶漏水，墙皮都掉了": ("顶楼漏雨，家里接了三个盆", "下雨天花板渗水，电线都泡了"),
    "小区停车位不够，晚上没地方停": ("消防通道都停满了车", "外来车占车位，我们业主没地方停"),
    "广场舞音响太吵": ("跳舞的音响震得心脏疼", "每天晚上七点到十点放音乐，孩子没法写作业"),
}
FURTHER = (
    ("楼道灯坏了", "楼道灯坏了，另外单元门也关不上", ("楼道灯坏了", "单元门也关不上")),
    ("电梯坏了", "电梯坏了，还有地下室积水了", ("电梯坏了", "地下室积水了")),
    ("电梯坏了", "电梯坏了；门口垃圾没人清", ("电梯坏了", "门口垃圾没人清")),
    ("没水了", "没水了，对了，楼下还有人遛狗不拴绳", ("没水了", "楼下还有人遛狗不拴绳")),
    ("3号楼漏雨，另外门口垃圾两天没清", "垃圾没人收", ("3号楼漏雨", "门口垃圾两天没清")),
)


@pytest.fixture
def told(session: Session) -> Stage:
    return stage(session)


def joins(told: Stage, issue_id: int, words: str) -> None:
    """In words of their own; that it is the same was said before."""
    insert_row(
        told.session,
        Report,
        issue_id=issue_id,
        raiser_id=told.somebody(),
        platform="webchat",
        words=words,
        at=told.here.now,
    )


@pytest.mark.parametrize("first", ONE_MATTER)
def test_neighbours_who_say_the_same_ask_for_one_thing(told: Stage, first: str) -> None:
    issue_id = told.tells(first)
    alone = demands(told.session, issue_id=issue_id)
    for words in ONE_MATTER[first]:
        joins(told, issue_id, words)
        assert demands(told.session, issue_id=issue_id) == alone


@pytest.mark.parametrize(("first", "then", "asked"), FURTHER)
def test_a_further_matter_is_named_once_in_the_words_of_who_named_it(
    told: Stage, first: str, then: str, asked: tuple[str, ...]
) -> None:
    issue_id = told.tells(first)
    for _ in range(2):
        joins(told, issue_id, then)
        assert demands(told.session, issue_id=issue_id) == asked


def test_what_was_taken_back_is_asked_for_no_more(told: Stage) -> None:
    issue_id = told.tells("电梯坏了")
    joins(told, issue_id, "电梯坏了，还有地下室积水了")
    told.session.execute(
        update(Report).where(Report.words == "电梯坏了，还有地下室积水了").values(withdrawn_at=told.here.now)
    )
    assert demands(told.session, issue_id=issue_id) == ("电梯坏了",)


def test_every_matter_is_ticked_or_it_is_said_which_is_not(told: Stage) -> None:
    issue_id = told.tells("1、电梯坏了 2、地下室积水了 3、门口垃圾没人清")
    asked = demands(told.session, issue_id=issue_id)
    assert asked == ("电梯坏了", "地下室积水了", "门口垃圾没人清")
    check_answer(told.session, issue_id=issue_id, words="都修好了", ticked=asked)
    for ticked, left in ((None, asked), (asked[:1], asked[1:]), (asked[1:], asked[:1])):
        with pytest.raises(MatterUnanswered) as refused:
            check_answer(told.session, issue_id=issue_id, words="都修好了", ticked=ticked)
        assert refused.value.params == {"matters": "、".join(f"“{each}”" for each in left)}


def test_an_answer_that_says_nothing_is_sent_back_before_anything_is_ticked(told: Stage) -> None:
    issue_id = told.tells("电梯坏了")
    check_answer(told.session, issue_id=issue_id, words="换了钢丝绳", ticked=None)
    with pytest.raises(HollowAnswer):
        check_answer(told.session, issue_id=issue_id, words="已处理", ticked=None)
