"""The stage itself: both platforms, the clock, buttons and numbers."""

from __future__ import annotations

import pytest

from models.rules.posts import Role, ScopeKind
from tests.stories.stage import Town


@pytest.mark.parametrize("platform", ["telegram", "wechat"])
def test_a_report_goes_through_the_whole_program(here: Town, platform: str) -> None:
    li, wang = here.phone("李管家"), here.phone("王阿姨", on=platform)
    here.appoint(li, Role.STEWARD, ScopeKind.UNIT, here.ids.unit, "西苑小区3号楼2单元")
    assert "【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期" in wang.says(
        "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"
    )
    assert wang.presses("同意并提交").startswith("已收到，编号 LN-2026-0001。")
    wang.says("以后再说")
    (order,) = li.reads()
    assert "新事项 LN-2026-0001" in order
    assert li.presses("受理").startswith("已受理 LN-2026-0001")
    assert wang.reads()[0].startswith("LN-2026-0001 已受理")
    here.passes(days=3)
    assert any("LN-2026-0001" in said for said in li.reads())
    assert here.audit() == []
