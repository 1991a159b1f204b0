"""Danger is heard however it is put; so is urgency without it: no water, a threatened house, harmed people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.segment import plain
from understanding.signals import DANGERS, signals
from understanding.urgency import Urgency, assess


def heard(text: str) -> Urgency:
    return assess(plain(text), signals(plain(text)))


TOLD = {
    "gas": (
        "屋里一股煤气味",
        "有股子臭鸡蛋味",
        "楼道里好大的煤汽味",
        "灶台那边嘶嘶响，是不是漏气",
        "闻到天然气味儿了",
        "怕是煤气泄露了吧",
        "煤气管子被挖断了，滋滋冒气",
        "燃气报警器响个不停",
        "液化气罐漏气了咋整",
        "老两口屋里烧煤炉熏着了",
        "灶上没火气还开着，忘关了",
        "有没有煤气味？",
    ),
    "fire": (
        "着火了",
        "楼上着伙了",
        "对面楼窗户往外冒黑烟",
        "电瓶车炸了",
        "有糊味，好像哪里烧着了",
        "5楼阳台的衣服着了",
        "电池鼓包发烫在冒烟",
        "我家隔壁好像着火",
        "3单元烧起来哒",
        "是不是着火了？",
        "以前没管，现在着火了",
    ),
    "trapped": (
        "电梯里关着人",
        "困到电梯里了",
        "孩子自己在家把门反锁了打不开",
        "保姆出门忘带钥匙，一岁宝宝反锁在里面",
        "小孩头夹在栏杆里了",
        "有人掉进下水井了",
        "车门锁了宝宝在车里",
        "电梯忽上忽下里面有人",
        "关在电梯头哒",
        "奶奶困在厕所里出不来了",
    ),
    "electric": (
        "电线冒火花",
        "水龙头麻手",
        "热水器漏店",
        "井盖上有电，踩上去麻",
        "电线垮下来哒",
        "路边电线耷拉下来了",
        "电线泡在水里",
        "开关一碰就麻",
        "线头裸露在外面怕电到小孩",
        "配电箱进水滋滋响",
    ),
    "falling": (
        "楼上往下扔东西",
        "外墙砖掉下来了",
        "空调外机要掉了",
        "广告牌被风吹得晃，快掉了",
        "房子在往下沉",
        "楼房倾斜，裂缝越来越大",
        "房子裂了好大的缝，一直在响",
        "一块玻璃从十楼掉下",
        "花盆放窗台外面要掉下去",
        "路面塌陷了一个大洞",
        "大树倒了压住车",
    ),
    "flood": (
        "家里水漫金山了",
        "水管裂了，止不住",
        "马桶往外冒粪水",
        "地库进水了",
        "外头水齐腰深",
        "厕所倒灌",
        "消防管爆了！水往电梯里灌",
        "暖气管崩了，热水喷一地",
    ),
    "no_answer": (
        "敲门没人应",
        "隔壁老人好几天没见了",
        "楼上李奶奶三天没下楼了",
        "外婆一个人住，今天电话一直没人接",
        "老太太喊不应",
        "隔壁婆婆好久没得动静了",
        "怎么敲都没人应，怕出事",
        "孩子不见了，四岁",
        "邻居老太太门口的菜放了三天没拿",
        "叫了半天没得人应",
    ),
}


@pytest.mark.parametrize(("danger", "text"), [(danger, text) for danger, texts in TOLD.items() for text in texts])
def test_a_danger_is_heard_however_it_is_put(danger: str, text: str) -> None:
    urgency = heard(text)
    assert (urgency.urgent, urgency.danger) == (True, danger)
    assert all(word in plain(text) for word in urgency.words)


@pytest.mark.parametrize(
    "text",
    [
        "煤气费怎么交",
        "燃气公司电话多少",
        "小区没通天然气",
        "消防通道被占",
        "灯泡炸了?",
        "以前着过火，现在没事了",
        "消防演习什么时候搞",
        "没有闻到煤气味",
        "不是着火，是烧烤摊",
        "之前漏电已经修好了",
        "如果着火往哪跑",
        "一旦失火消防车进不来",
        "新闻里说别的小区着火了",
        "电梯广告太多",
        "电梯里有人抽烟",
        "电梯停了两天",
        "想装个漏电保护器",
        "我手机掉进下水道了",
        "猫走失了，求扩散",
        "快递员敲门没人就走了",
        "物业电话打不通",
        "网络老掉线",
        "业委会换届卡住了",
        "打麻将到半夜",
        "烧烤店油烟太大",
        "楼道堆物有火灾隐患",
        "这孩子睡着了",
        "保洁阿姨几天没见了",
        "前年水管爆过",
        "邻居家狗叫",
    ],
)
def test_what_is_ordinary_denied_supposed_or_long_over_alarms_nobody(text: str) -> None:
    assert heard(text).danger is None


@pytest.mark.parametrize(
    "text",
    [
        "整栋楼都没水了，咋整啊",
        "家里冇水，煮饭都煮不成",
        "小区天天晚上停水",
        "自来水全是黄泥水，没法用",
        "水压太低，六楼经常无水可用",
        "大冷天暖气全停了",
        "莫得电半天了",
        "物业把我家断水断电",
        "电梯全停，三十层咋上去",
        "墙体开裂，地基下沉，房子不敢住",
        "施工把我们的房屋震裂了",
        "保安持棍殴打业主",
        "有人拿刀追人",
        "老人晕倒在楼道",
        "井盖不见了，晚上看不见",
        "恶狗在追小孩",
        "条蛇爬进楼道了",
        "家里揭不开锅了",
    ],
)
def test_homes_without_water_threatened_houses_and_harmed_people_are_urgent(text: str) -> None:
    assert heard(text).urgent


@pytest.mark.parametrize(
    "text",
    [
        "建议停水前发个通知",
        "危房改造补贴怎么申请",
        "路灯没电",
        "充电桩停电了",
        "喷泉停水了",
        "暖气怎么报停，停暖手续咋办",
        "自来水水质检测结果在哪公布",
        "手机没电了",
        "老师打人的事去年已经判了",
        "楼道灯坏了",
        "物业费太贵",
        "",
        "？！",
    ],
)
def test_what_can_wait_is_not_urgent(text: str) -> None:
    assert heard(text) == Urgency(False, None, ())


def test_what_a_long_letter_mentions_in_passing_is_not_urgent_unless_it_is_so_now() -> None:
    letter = "我们小区的绿化带已经三年没有人修剪，杂草长得比孩子还高，夏天蚊子特别多，老人都不愿意下楼散步。" * 2
    letter += "向物业反映过很多回，每回都说经费不够，等业主大会开过再讲，可是业主大会从来没有开过。"
    assert not heard(letter + "草这么高，谁丢个烟头着火了都看不见。").urgent
    assert heard(letter + "刚才草里着火了，请马上来人。").danger == "fire"


def test_the_gravest_of_several_dangers_is_told_first() -> None:
    assert heard("水管爆了，电线冒火花，屋里还有煤气味").danger == "gas"
    assert DANGERS[0] == "gas"


POLITE = st.sampled_from(["", "您好，", "师傅你好！", "麻烦问一下，", "什么破物业，", "😡😡", "我是3号楼的，"])
AFTER = st.sampled_from(["", "，谢谢", "！！！", "，麻烦快点", "，真是气死人", "🙏"])


@given(POLITE, AFTER, st.sampled_from([text for texts in TOLD.values() for text in texts]))
def test_greetings_thanks_and_insults_change_no_danger(before: str, after: str, text: str) -> None:
    assert heard(f"{before}{text}{after}").danger == heard(text).danger


@given(POLITE, AFTER, st.sampled_from(["楼道灯坏了", "物业费太贵", "树挡住窗户了", "公交什么时候来", "宽带老断"]))
def test_greetings_thanks_and_insults_make_nothing_urgent(before: str, after: str, text: str) -> None:
    assert heard(f"{before}{text}{after}") == Urgency(False, None, ())
