"""An owners' matter on WeChat: talked over by everybody, decided by nobody there, and handed to those who may."""

from __future__ import annotations

from tests.stories.stage import Town
from tests.stories.wechat_cast import (
    cast,
    catches_up,
    comes,
    heard,
    opens,
    owners_committee,
    page,
    proposes,
    publishes,
    reports,
    resident,
    sets_up,
    settles,
    stand,
)

LAW = (
    "权限：业主共同决定的事，会上只能商量，不能决定。要交业主委员会组织业主表决（《民法典》第二百七十八条第5项："
    "使用建筑物及其附属设施的维修资金。"
)


def test_the_repair_fund_is_talked_over_and_handed_to_the_owners(here: Town) -> None:
    staff, feng = cast(here), owners_committee(here, "冯主任")
    assert sets_up(staff.zhao, place="西苑小区议事会").startswith("西苑小区议事会设好了。")
    wang, chen = resident(here, "王阿姨", "501"), resident(here, "陈师傅", "502")
    stand(here, "西苑小区议事会", wang, chen)
    assert reports(wang, "西苑小区3号楼屋顶漏雨，想动用维修资金重做防水") == "LN-2026-0001"
    assert proposes(staff.zhao, "1", "小区议事会").startswith("LN-2026-0001 已提交小区议事会")
    assert heard(wang, "LN-2026-0001（屋顶漏雨）要大家一起商量，已提交小区议事会。")

    comes(here, 3, 7, 10)
    draft = staff.zhao.says("议题")
    assert "1 屋顶漏雨 · 1户 · 已等5天（20分钟）" in draft
    assert LAW in draft
    assert "1个议题，已通知2人，反映的居民也会收到。" in staff.zhao.presses("批准并通知")
    for guest in (wang, chen):
        assert "1. 屋顶漏雨" in guest.says("会议") + "\n".join(shown.text for shown in guest.line.screen())
        guest.says("参加会议")
        assert guest.presses("参加").startswith("记下了：您参加西苑小区议事会 3月14日 15:00")
    assert heard(wang, "已列入西苑小区议事会的议程，3月14日 15:00开会")

    comes(here, 3, 14, 14, 45)
    card = opens(staff.zhao, wang, chen)
    assert "这是业主共同决定的事，可以议，不能在这里定。" in card
    assert "表决" not in card
    assert staff.zhao.says("通过").startswith(
        "这是业主共同决定的事（民法典第278条），在这个会上可以议，不能定。请选“移交”"
    )
    assert staff.zhao.says("表决").startswith("这次会没有可以表决的议题。")
    staff.zhao.says("主持")
    assert staff.zhao.says("大家都说先请三家来报价").startswith("记下了，在“屋顶漏雨”下面。")
    asked = staff.zhao.presses("移交")
    assert "承办单位（西苑小区业主委员会）" in asked
    said = settles(staff.zhao, "承办单位（西苑小区业主委员会）", "请组织业主表决，用维修资金修屋顶", "就这样")
    assert said.startswith("记下了：“屋顶漏雨”移交。请对方在4月13日前答复。")
    assert "公示了" in publishes(staff.zhao, wang, chen)

    assert heard(wang, "LN-2026-0001", "请组织业主表决，用维修资金修屋顶", "西苑小区业主委员会")
    assert not heard(feng, "LN-2026-0001")  # nobody may write to him first: he has not written for a week
    order = feng.says("我的任务")
    assert "会上的结果：移交给承办单位（西苑小区业主委员会）。请组织业主表决，用维修资金修屋顶" in order
    assert "会上定的是4月13日前答复" in order
    minutes = page(here, "西苑小区议事会")
    assert "这件事要由业主表决决定（《民法典》第278条第5项），会上只商量，不作决定。" in minutes
    assert "请在4月13日前答复" in minutes
    assert "王阿姨" not in minutes

    comes(here, 3, 20, 10)
    feng.says("答复 1")
    feng.presses("已经解决")
    assert feng.says("业主表决通过了，用维修资金重做了屋顶防水").startswith("LN-2026-0001")
    catches_up(wang)
    assert heard(wang, "LN-2026-0001", "业主表决通过了，用维修资金重做了屋顶防水")
    assert wang.says("满意 1").startswith("谢谢您的评价")
    catches_up(staff.zhao)
    assert heard(staff.zhao, "“屋顶漏雨”（LN-2026-0001）有结果了：业主表决通过了，用维修资金重做了屋顶防水")
    assert "业主表决通过了，用维修资金重做了屋顶防水" in page(here, "西苑小区议事会")
    assert here.audit() == []
