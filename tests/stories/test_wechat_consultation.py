"""微协商 on WeChat: a few people settle a thing in chat; where they do not, it goes to the next meeting."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from models.rules.issue_workflow import State
from tests.stories.stage import Phone, Town
from tests.stories.wechat_cast import Cast, cast, catches_up, comes, heard, issue, reports, resident, sets_up, stand


@dataclass(frozen=True)
class Called:
    staff: Cast
    wang: Phone


@pytest.fixture
def called(here: Town) -> Called:
    """On Monday the steward asks the raiser and the property company about the lamp."""
    staff = cast(here)
    sets_up(staff.zhao, place="西苑小区议事会")
    wang = resident(here, "王阿姨", "501")
    stand(here, "西苑小区议事会", wang)
    reports(wang, "西苑小区3号楼2单元楼道灯坏了一个星期了没人管")
    staff.li.says("微协商 1")
    staff.li.says("1")
    staff.li.says("2")
    staff.li.presses("好了")
    assert "已请 2 位商量" in staff.li.says("灯泡谁出钱")
    return Called(staff, wang)


def test_all_agree_and_the_issue_goes_on_with_what_they_said(here: Town, called: Called) -> None:
    staff, wang = called.staff, called.wang
    assert heard(wang, "有一件事想请您和几位相关的人在手机上商量（微协商）", "灯泡谁出钱")
    assert "您是邻居2。" in wang.presses("参加商量")
    wang.says("物业出钱")
    assert heard(staff.qian, "说：物业出钱")
    staff.qian.says("我的协商")
    staff.qian.presses("参加商量")
    staff.qian.presses("写一致意见")
    staff.qian.says("物业三天内换成声控灯，费用从公共收益出")
    assert heard(wang, "有了一致意见，请您表态：物业三天内换成声控灯，费用从公共收益出")
    assert wang.says("同意").endswith("记下了，您同意。等其他人表态。")
    assert "都同意了，商量好了。承办的人会照着办，反映的人也会收到通知。" in staff.li.says("同意")
    for phone in (wang, staff.qian):
        assert heard(phone, "商量好了", "物业三天内换成声控灯，费用从公共收益出")
    assert not heard(staff.qian, "王阿姨")
    assert issue(here).state is State.ACCEPTED
    assert here.audit() == []


def test_without_agreement_it_is_a_candidate_of_the_next_meeting(here: Town, called: Called) -> None:
    staff, wang = called.staff, called.wang
    wang.presses("参加商量")
    wang.says("物业出钱")
    staff.qian.says("我的协商")
    staff.qian.says("1")
    staff.qian.says("不归物业出")
    assert heard(wang, "说：不归物业出")
    comes(here, 3, 8, 10)
    assert issue(here).state is State.TO_DELIBERATE
    catches_up(wang, staff.qian, staff.li, staff.zhao)
    for phone in (wang, staff.qian, staff.li):
        assert heard(phone, "这次没有商量成，已提交小区议事会，到会上接着商量")
    comes(here, 4, 5, 10, days=3)
    assert "1 楼道灯坏了一个星期 · 1户" in staff.zhao.says("议题")
    staff.zhao.presses("批准并通知")
    catches_up(wang)
    assert heard(wang, "LN-2026-0001", "已列入西苑小区议事会的议程，4月11日 15:00开会")
    assert here.audit() == []
