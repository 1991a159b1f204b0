"""Category, nature, danger and summary of what people write."""

from __future__ import annotations

import pytest

from tests.understanding.town import HOME, TOWN
from understanding import CATEGORIES, LONGEST, Understanding, find_category, understand


def read(text: str) -> Understanding:
    return understand(text, gazetteer=TOWN, home=HOME)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("厨房下水道又堵了", "water"),
        ("5号楼下水道堵了", "water"),
        ("3楼灯坏了", "lighting"),
        ("整栋楼突然停电", "power"),
        ("暖气一点不热", "heating"),
        ("燃气表不走字", "gas"),
        ("院里路灯好几盏不亮", "lighting"),
        ("屋顶漏雨,墙皮都泡了", "building"),
        ("电梯按了没反应", "elevator"),
        ("楼道里堆满纸箱", "corridor"),
        ("门前井盖翘起来", "road"),
        ("地库车位被人占了", "parking"),
        ("有人从窗户拉线给电瓶车充电", "ebike"),
        ("垃圾三天没清运", "sanitation"),
        ("树枝挡住二楼窗户,该修剪了", "greening"),
        ("广场舞音响开到夜里十点", "noise"),
        ("烧烤店油烟直往家里飘", "pollution"),
        ("早市摊贩把路口占满", "street"),
        ("有人在院里私搭小房", "illegal_build"),
        ("消防通道被锁上了", "fire"),
        ("昨夜车筐里的包被偷", "security"),
        ("健身器材少了螺丝", "facilities"),
        ("物业服务差,打电话总敷衍", "property_service"),
        ("物业费凭什么涨", "property_fee"),
        ("业委会什么时候换届", "self_governance"),
        ("隔壁邻居总在半夜吵架", "neighbour"),
        ("遛狗不拴绳", "pets"),
        ("公交站离得太远", "transit"),
        ("房产证办不下来", "housing"),
        ("孩子今年入学怎么报名", "education"),
        ("老人想申请低保", "welfare"),
        ("宽带三天两头断网", "telecom"),
        ("随便说说", "other"),
    ],
)
def test_ordinary_words_tell_the_category(text: str, category: str) -> None:
    understood = read(text)
    assert understood.category == category
    assert bool(understood.category_words) == (category != "other")


def test_every_category_of_the_design_is_there_and_found_by_key_or_label_exactly() -> None:
    assert len(CATEGORIES) == 31
    assert CATEGORIES["lighting"].usual_handler == "property"
    assert CATEGORIES["building"].discussable
    assert not CATEGORIES["water"].discussable
    assert all(
        find_category(category.key) == find_category(category.label) == key for key, category in CATEGORIES.items()
    )
    assert find_category(" 【照明】") == "lighting"
    assert find_category("照明坏了") is None


def test_a_word_inside_another_word_is_not_heard() -> None:
    assert read("服务水平一般").category != "water"
    assert read("西苑小区3号楼的树").category == "greening"


def test_the_name_of_a_place_says_nothing_of_the_matter() -> None:
    assert read("便民超市门口垃圾没人清").category_words == ("垃圾",)


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("请问物业费什么时候交?", "ask"),
        ("建议在院里增设几把座椅", "suggest"),
        ("举报有人私自改燃气管道", "report"),
        ("投诉多次一直没人管", "complaint"),
        ("水管坏了,麻烦来修一下", "help"),
        ("王奶奶晕在屋里,敲门没人应", "help"),
    ],
)
def test_what_people_want_is_heard(text: str, nature: str) -> None:
    assert read(text).nature == nature


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("闻到煤气味", "gas"),
        ("楼道里有股很浓的天然气的味道", "gas"),
        ("厨房燃气管子好像在漏", "gas"),
        ("5号楼着火了", "fire"),
        ("配电箱冒烟", "fire"),
        ("车棚里电瓶车烧了起来", "fire"),
        ("电梯里关着人", "trapped"),
        ("老人被困在电梯里出不来", "trapped"),
        ("孩子反锁在屋里", "trapped"),
        ("外墙瓷砖往下掉", "falling"),
        ("楼上有人高空抛物", "falling"),
        ("空调外机松动,看着要掉", "falling"),
        ("电线掉在地上", "electric"),
        ("电线耷拉到人行道上了", "electric"),
        ("摸热水器外壳麻手,怕是漏电", "electric"),
        ("水管爆了,水往屋里灌", "flood"),
        ("地下室积水没过膝盖", "flood"),
        ("污水从马桶涌出来", "flood"),
        ("暖气管爆裂,楼道全是水", "flood"),
        ("孩子的头卡在栏杆里", "trapped"),
        ("电梯突然停了我们三个人在里面", "trapped"),
        ("配电箱进水", "electric"),
        ("独居老人电话不接", "no_answer"),
        ("对门大爷敲门没人应", "no_answer"),
        ("楼下李奶奶两天没出门,电话打不通", "no_answer"),
        ("独居老人怎么敲都不开", "no_answer"),
    ],
)
def test_danger_is_never_missed(text: str, danger: str) -> None:
    urgency = read(text).urgency
    assert (urgency.urgent, urgency.danger) == (True, danger)
    assert urgency.words


@pytest.mark.parametrize(
    "text",
    [
        "煤气费怎么交",
        "楼道灯不亮",
        "楼道堆物有火灾隐患",
        "小区门口火锅店太吵",
        "出门要倒垃圾没处倒",
        "电梯停了两天",
        "生活困难",
        "3号楼2单元门前路面有个大坑",
    ],
)
def test_the_ordinary_is_no_danger(text: str) -> None:
    assert read(text).urgency.danger is None


def test_the_gravest_danger_is_told_and_urgency_without_danger_too() -> None:
    assert read("水管爆了,厨房还着火了").urgency.danger == "fire"
    assert (read("井盖丢了,有人摔伤").urgency.urgent, read("井盖丢了,有人摔伤").urgency.danger) == (True, None)


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("西苑小区3号楼2单元楼道灯坏了一个星期了没人管", "楼道灯坏了一个星期"),
        ("3栋2单元灯不亮", "灯不亮"),
        ("您好,我是西苑小区3号楼2单元的业主,楼道里堆满杂物,请尽快处理", "楼道里堆满杂物"),
        ("住在3号楼的李大爷家暖气不热怎么办啊", "李大爷家暖气不热"),
        ("我家水管爆了,水漫到楼下", "我家水管爆了"),
        ("天冷了。下午去买菜。回来看见井盖没了。", "回来看见井盖没了"),
        ("麻烦了!走到半路。闻到煤气味", "闻到煤气味"),
        ("西苑小区3号楼", "西苑小区3号楼"),
        ("?!", "?!"),
        ("a\x00b\u202ec", "abc"),
        ("", ""),
    ],
)
def test_a_summary_keeps_the_matter_and_drops_the_rest(text: str, summary: str) -> None:
    assert read(text).summary == summary


def test_a_long_summary_ends_in_dots_and_a_long_text_is_cut() -> None:
    understood = read("楼道灯" + "很暗" * 3000)
    assert len(understood.text) == LONGEST
    assert len(understood.summary) == 24
    assert understood.summary.endswith("…")
