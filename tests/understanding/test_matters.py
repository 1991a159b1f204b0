"""Several matters in one message are told apart; one matter told at length stays one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.matters import MOST, split

SEVERAL = {
    "3号楼漏雨，另外门口垃圾两天没清": ("3号楼漏雨", "门口垃圾两天没清"),
    "楼道灯坏了，还有电梯老是抖": ("楼道灯坏了", "电梯老是抖"),
    "楼道灯坏了还有电梯也坏了": ("楼道灯坏了", "电梯也坏了"),
    "1、路灯不亮 2、下水道堵了 3、门禁坏了": ("路灯不亮", "下水道堵了", "门禁坏了"),
    "1.井盖坏了\n2.路灯不亮": ("井盖坏了", "路灯不亮"),
    "①电梯坏了②楼道堆满杂物": ("电梯坏了", "楼道堆满杂物"),
    "一是停车难，二是广场舞太吵": ("停车难", "广场舞太吵"),
    "一、楼道灯坏了；二、下水道堵了": ("楼道灯坏了", "下水道堵了"),
    "第一，绿化带没人剪；第二，垃圾桶太少": ("绿化带没人剪", "垃圾桶太少"),
    "反映两个问题：一是小区没有充电桩，二是健身器材坏了没人修": ("小区没有充电桩", "健身器材坏了没人修"),
    "物业费太贵，顺便问下暖气什么时候来": ("物业费太贵", "暖气什么时候来"),
    "我家没水了，对了，楼下还有人遛狗不拴绳": ("我家没水了", "楼下还有人遛狗不拴绳"),
    "5栋电梯坏了，此外地下车库照明全不亮": ("5栋电梯坏了", "地下车库照明全不亮"),
    "路上有个大坑。还想反映一下烧烤店油烟": ("路上有个大坑", "烧烤店油烟"),
    "单元门关不上了！楼顶漏水！": ("单元门关不上了", "楼顶漏水"),
    "垃圾没清，路灯不亮，电梯坏了": ("垃圾没清", "路灯不亮", "电梯坏了"),
    "两件事：路灯不亮，井盖坏了": ("路灯不亮", "井盖坏了"),
    "2单元门禁坏了，另外3单元楼道灯也不亮": ("2单元门禁坏了", "3单元楼道灯也不亮"),
}


@pytest.mark.parametrize(("text", "matters"), SEVERAL.items())
def test_several_matters_are_told_apart_in_the_words_they_were_told(text: str, matters: tuple[str, ...]) -> None:
    assert split(text) == matters


def test_a_place_named_before_the_list_is_told_with_each_matter() -> None:
    assert split("西苑小区3号楼：1、楼道灯不亮。2、电梯异响。3、垃圾没人清") == (
        "西苑小区3号楼：楼道灯不亮",
        "西苑小区3号楼：电梯异响",
        "西苑小区3号楼：垃圾没人清",
    )


def test_no_more_than_five_are_told_apart() -> None:
    text = "1.楼道灯不亮；2.单元门坏了；3.楼顶漏水；4.垃圾桶满了；5.路面有坑；6.健身器材坏了"
    assert len(split(text)) == MOST == 5


@pytest.mark.parametrize(
    "text",
    [
        "电梯坏了三天，老人上下楼不方便，还有孕妇",
        "楼道灯坏了，另外物业也不管",
        "楼上漏水，另外我家墙皮都掉了",
        "楼道灯坏了，还有人摔了一跤",
        "3号楼漏雨，另外希望尽快派人来",
        "停车位少，还有人占两个车位",
        "路灯不亮，此外我们反映过多次",
        "广场舞太吵，还有大喇叭",
        "下水道堵了，污水都冒出来了，臭得很",
        "电梯坏了，另外谢谢你们上次帮忙",
        "暖气不热，一是管道堵，二是阀门坏",
        "楼下烧烤店油烟大，还有半夜太吵",
        "水管爆了，楼道全是水，电梯也停了",
        "停电了，电梯也停了",
        "充电桩坏了，另外充电费太贵",
        "小区3号楼2单元",
        "1-3栋2单元501",
        "2019.3.18停的水，到现在2天了",
        "",
    ],
)
def test_consequences_history_and_details_are_no_second_matter(text: str) -> None:
    assert split(text) == ()


def test_a_long_letter_about_one_thing_stays_one() -> None:
    assert (
        split(
            "您好！我们楼的电梯从上个月开始老是停在半空，物业派人来看过三次，第一次说是门机的问题，第二次说要等配件，第三次干脆不来了。"
            "楼里有两位坐轮椅的老人，还有刚生完孩子的，上下楼都靠邻居帮忙抬。打过热线，也找过街道，都让我们等。请问还要等多久？谢谢！"
        )
        == ()
    )


GREETING = st.sampled_from(["", "您好，", "你好！", "师傅，", "领导您好，"])
THANKS = st.sampled_from(["", "，谢谢", "！", "，辛苦了", "，麻烦处理一下", "。感谢！"])


@given(GREETING, st.sampled_from(list(SEVERAL)[:12]), THANKS)
def test_greetings_and_thanks_change_no_matter(before: str, text: str, after: str) -> None:
    assert split(f"{before}{text}{after}") == SEVERAL[text]


@given(
    GREETING,
    st.sampled_from(["楼道灯坏了", "我家没水了", "楼下烧烤店油烟大"]),
    st.sampled_from(["", "，垃圾物业", "，气死人了", "，没人管", "！！"]),
)
def test_an_insult_is_no_matter(before: str, text: str, after: str) -> None:
    assert split(f"{before}{text}{after}") == ()


@given(st.text(st.sampled_from("1、2.①②一是二另外还有楼道灯坏了电梯垃圾，。； \n"), max_size=60))
def test_any_text_is_answered_with_none_or_several_parts_of_it(text: str) -> None:
    parts = split(text)
    assert len(parts) != 1
    assert len(parts) <= MOST
    assert all(part.strip() for part in parts)
