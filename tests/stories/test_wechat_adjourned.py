"""An item that is put off on WeChat comes back each month, and the third time it must be talked over."""

from __future__ import annotations

from models.rules.issue_workflow import State
from tests.stories.stage import Town
from tests.stories.wechat_cast import (
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


def test_what_was_put_off_twice_must_be_talked_over_the_third_time(here: Town) -> None:
    staff = cast(here)
    sets_up(staff.zhao, place=LABEL)
    wang, chen = resident(here, "王阿姨", "501"), resident(here, "陈师傅", "502")
    stand(here, LABEL, wang, chen)
    assert reports(wang, "西苑小区广场舞噪音太大，晚上睡不着") == "LN-2026-0001"
    proposes(staff.zhao, "1", "小区议事会")
    for number, (month, day, why) in enumerate(((3, 14, "跳舞的人没来"), (4, 11, "等社区的意见")), start=1):
        comes(here, month, day - 6, 10, days=3)
        draft = staff.zhao.says("议题")
        assert f"第{number}次" in draft
        assert "必须议" not in draft
        staff.zhao.presses("批准并通知")
        comes(here, month, day, 14, 45)
        opens(staff.zhao, wang, chen)
        settles(staff.zhao, "再议", why)
        assert "公示了" in publishes(staff.zhao, wang, chen)
        catches_up(wang)
        assert heard(wang, f"这次会上没有定下来：{why}。下一次接着商量，现在等着上会")
        assert why in page(here, LABEL, number)
        assert issue(here).state is State.TO_DELIBERATE
    comes(here, 5, 3, 10, days=3)
    draft = staff.zhao.says("议题")
    assert "已经推迟2次，这次必须议" in draft
    staff.zhao.presses("批准并通知")
    catches_up(wang)
    assert heard(wang, "5月9日 15:00开会", "已经推迟2次，这次必须议")
    comes(here, 5, 9, 14, 45)
    opens(staff.zhao, wang, chen)
    settles(staff.zhao, "通过", "晚上8点以后不放音响", "晚上8点以后听不到音响")
    for answer in ("网格书记（第一网格）", "两周内", "不花钱", "不设跟进小组"):
        staff.zhao.presses(answer)
    publishes(staff.zhao, wang, chen)
    assert heard(wang, "LN-2026-0001", "会上定了：晚上8点以后不放音响")
    comes(here, 5, 16, 10)
    assert issue(here).state is State.DECIDED
    assert here.audit() == []
