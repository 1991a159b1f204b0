"""A neighbour objects on WeChat while a resolution is on view: upheld, it stops; dismissed, it is in force late."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from models.rules.issue_workflow import State
from tests.stories.stage import Phone, Town
from tests.stories.wechat_cast import (
    Cast,
    cast,
    catches_up,
    comes,
    heard,
    issue,
    opens,
    page,
    proposes,
    publishes,
    reports,
    resident,
    sets_up,
    settles,
    stand,
)

LABEL = "西苑小区议事会"


@dataclass(frozen=True)
class Resolved:
    """Six places for cars in front of 3号楼, agreed on 14 March; zhou, who was not there, objects two days later."""

    staff: Cast
    wang: Phone
    chen: Phone
    zhou: Phone


@pytest.fixture
def resolved(here: Town) -> Resolved:
    staff = cast(here)
    sets_up(staff.zhao, place=LABEL)
    wang, chen = resident(here, "王阿姨", "501"), resident(here, "陈师傅", "502")
    zhou = resident(here, "周老师", "101", unit="1")
    stand(here, LABEL, wang, chen, zhou)
    assert reports(wang, "西苑小区3号楼2单元门口车位乱停，进不去") == "LN-2026-0001"
    proposes(staff.zhao, "1", "小区议事会")
    comes(here, 3, 7, 10)
    staff.zhao.says("议题")
    staff.zhao.presses("批准并通知")
    comes(here, 3, 14, 14, 45)
    opens(staff.zhao, wang, chen)
    settles(staff.zhao, "通过", "在3号楼门口划6个车位", "6个车位画好线，消防通道不停车")
    for answer in ("承办单位（安居物业）", "一个月内", "不花钱", "不设跟进小组"):
        staff.zhao.presses(answer)
    assert "公示了" in publishes(staff.zhao, wang, chen)
    assert heard(wang, "LN-2026-0001（门口车位乱停）会上定了：在3号楼门口划6个车位。", "现在公示到3月20日")
    comes(here, 3, 16, 10)
    asked = zhou.says("异议")
    assert "门口车位乱停：在3号楼门口划6个车位。标准：6个车位画好线，消防通道不停车。公示到3月20日。" in asked
    assert zhou.says("车位挡住轮椅坡道，我婆婆出不了门").startswith(
        "记下了，编号 LN-2026-0002。异议处理完以前，“门口车位乱停”的决议不生效，结果会告诉您。"
    )
    catches_up(staff.zhao)
    catches_up(staff.sun)
    assert heard(staff.zhao, "对“门口车位乱停”的决议有人提出异议：车位挡住轮椅坡道，我婆婆出不了门。")
    assert heard(staff.sun, "新事项 LN-2026-0002", "对“门口车位乱停”的决议有异议")
    comes(here, 3, 21, 10)
    assert issue(here).state is State.SCHEDULED  # the period is over, and nothing has entered into force
    assert "“门口车位乱停”公示期满了，但还有1条异议没有处理，决议不能生效。" in staff.zhao.says("处理异议")
    catches_up(staff.qian)
    assert not heard(staff.qian, "决议生效了")
    return Resolved(staff, wang, chen, zhou)


def test_an_objection_that_holds_stops_the_resolution(here: Town, resolved: Resolved) -> None:
    staff, wang, zhou = resolved.staff, resolved.wang, resolved.zhou
    staff.zhao.presses("异议成立")
    assert staff.zhao.says("坡道不能挡，下次换个位置再商量").startswith("“门口车位乱停”的决议停下了")
    catches_up(wang, zhou, staff.qian)
    again = "4月11日 15:00西苑小区议事会再商量。说明：坡道不能挡"
    stopped = "（门口车位乱停）的决议有人提出异议，异议成立，决议停下了。"
    assert heard(wang, f"LN-2026-0001{stopped}{again}")
    assert not heard(wang, "没有定下来")
    assert heard(zhou, f"您对“门口车位乱停”的异议成立，决议停下了。{again}")
    assert heard(staff.qian, f"“门口车位乱停”的决议有人提出异议，异议成立，决议停下了，不用您落实了。{again}")
    assert issue(here).state is State.TO_DELIBERATE
    assert "王阿姨" not in page(here, LABEL)

    comes(here, 4, 5, 10, days=3)
    draft = staff.zhao.says("议题")
    assert "第2次 4月11日 15:00 议题草案" in draft
    assert "1 门口车位乱停 · 1户" in draft
    staff.zhao.presses("批准并通知")
    catches_up(wang)
    assert heard(wang, "LN-2026-0001", "已列入西苑小区议事会的议程，4月11日 15:00开会")
    assert here.audit() == []


def test_a_dismissed_objection_lets_it_enter_into_force_late(here: Town, resolved: Resolved) -> None:
    staff, wang, zhou = resolved.staff, resolved.wang, resolved.zhou
    staff.zhao.presses("异议不成立")
    assert "异议都处理完了" in staff.zhao.says("坡道旁边留了1米2，轮椅能过")
    catches_up(zhou)
    assert heard(zhou, "您对“门口车位乱停”的异议研究过了，决议不变。理由：坡道旁边留了1米2，轮椅能过。")
    comes(here, 3, 22, 10)
    assert issue(here).state is State.DECIDED
    catches_up(wang, staff.qian, staff.zhao)
    assert heard(staff.qian, "“门口车位乱停”的决议生效了：在3号楼门口划6个车位。", "请在4月14日前完成")
    assert heard(wang, "LN-2026-0001（门口车位乱停）会上定了：在3号楼门口划6个车位。由承办单位（安居物业）落实")
    assert heard(staff.zhao, "“门口车位乱停”公示期满，决议生效，已交承办单位（安居物业）落实，4月14日前完成。")
    staff.qian.says("决议")
    staff.qian.says("1")
    assert staff.qian.presses("接下").startswith("接下了：“门口车位乱停”，4月14日前完成。")
    catches_up(staff.zhao)
    assert heard(staff.zhao, "承办单位（安居物业）已接下决议“门口车位乱停”，4月14日前完成。")
    assert here.audit() == []
