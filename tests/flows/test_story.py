"""The whole way through, in chat: a resident reports, a steward settles it, the resident rates."""

from __future__ import annotations

from services.audit import audit
from tests.neighbourhood import Neighbourhood, with_steward

SENTENCE = "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"


def test_a_resident_reports_and_hears_back_when_the_steward_settles_it(here: Neighbourhood) -> None:
    li, _ = with_steward(here)
    wang = here.person("wang")

    card = wang.says(SENTENCE)
    assert "【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期" in card
    assert "/privacy" in card
    assert wang.labels == ["同意并提交", "修改", "不提交"]
    receipt = wang.says("1")
    assert receipt.startswith("已收到，编号 LN-2026-0001。\n承办：红管家（西苑小区3号楼2单元），最晚明天 12:")
    assert wang.labels == ["是", "不是", "以后再说"]
    assert wang.says("是") == "记下了：西苑小区3号楼2单元。以后说“我们单元”，我就知道是哪里。要改请回复“登记住址”。"

    here.deliver()
    (order,) = li.inbox
    assert "新事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期" in order.text
    assert [b.label for b in order.buttons] == ["受理", "当场办结", "转物业", "上报网格"]
    assert li.presses("受理", on=order).startswith("已受理 LN-2026-0001")
    assert "请用一句话说明怎么解决的" in li.presses("当场办结", on=order)
    assert li.says("换了灯泡", photos=1) == "LN-2026-0001 已办结，已告知居民，等待评价。"

    here.deliver()
    accepted, answered = wang.inbox
    assert accepted.text.startswith("LN-2026-0001 已受理")
    assert answered.text.startswith("LN-2026-0001 办好了：换了灯泡\n（附照片 1 张）\n您满意吗？")
    assert [b.label for b in answered.buttons] == ["满意", "基本满意", "不满意"]
    assert wang.says("1").startswith("谢谢您的评价")
    here.deliver()
    assert "居民评价：满意" in li.inbox[-1].text
    assert audit(here.session, at=here.now) == []


def test_who_is_not_satisfied_says_why_and_the_issue_is_opened_again(here: Neighbourhood) -> None:
    li, _ = with_steward(here)
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("同意")
    wang.says("以后再说")
    li.says("当场办结 1")
    li.says("换了灯泡")
    here.deliver()
    assert wang.says("不满意") == "哪里没解决？请说一句，我们重新办理。"
    assert "已经重新办理，由红管家（西苑小区3号楼2单元）接着办" in wang.says("又灭了")
    here.deliver()
    assert "居民说：又灭了" in li.inbox[-1].text
    assert audit(here.session, at=here.now) == []


def test_a_retried_message_gets_the_same_answer_and_changes_nothing(here: Neighbourhood) -> None:
    with_steward(here)
    wang = here.person("wang")
    wang.says(SENTENCE)
    first = wang.says("1", key="m1")
    assert wang.says("1", key="m1") == first
    assert "LN-2026-0001" in wang.says("进度")
    assert "您有 1 件事" in wang.last.text
