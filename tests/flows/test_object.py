"""异议 in chat: anybody within reach may object while a resolution is on view; the chair settles it."""

from __future__ import annotations

import pytest

from models.rules.issue_workflow import State
from models.rules.resolution_workflow import ResolutionState
from services.audit import audit
from services.meetings import series
from tests.agreement import agreed, lives_here
from tests.neighbourhood import Neighbourhood, Person, Staff

QUESTION = (
    "决议2026-1 增设充电桩：在3号楼东侧装三个充电桩。标准：三个充电桩都能用。公示到3月9日。\n"
    "您不同意哪一点、为什么？请写一两句。"
)
DONE = "记下了，编号 LN-2026-0002。异议处理完以前，“增设充电桩”的决议不生效，结果会告诉您。回复“进度”可以随时看。"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def chen(here: Neighbourhood) -> Person:
    chen = here.person("chen")
    lives_here(here, chen)
    return chen


def test_a_raiser_objects_with_one_tap_on_what_was_agreed(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    agreed(here, staff, issues=[here.issue()])
    here.deliver()
    told = wang.inbox[-1]
    assert told.text == (
        "LN-2026-0001（增设充电桩）会上定了：在3号楼东侧装三个充电桩。标准：三个充电桩都能用。"
        "由承办单位（安居物业）在4月1日前落实。现在公示到3月9日，有不同意见可以说。"
    )
    assert wang.presses("异议", on=told) == QUESTION
    assert wang.says("取消").startswith("好的，取消了")
    wang.presses("异议", on=told)
    assert wang.says("充电桩离窗户太近") == DONE
    assert here.issue(2).summary == "对“增设充电桩”的决议有异议"
    assert wang.says("异议") == "现在没有您可以提异议的决议。有别的事，请直接发一句。"
    assert wang.presses("异议", on=told).startswith("这个决议您已经提过异议了")
    assert audit(here.session, at=here.now) == []


def test_a_neighbour_objects_from_the_menu(here: Neighbourhood, staff: Staff, wang: Person, chen: Person) -> None:
    assert chen.says("异议").startswith("现在没有您可以提异议的决议")
    made = agreed(here, staff, issues=[here.issue()])
    assert chen.says("异议") == QUESTION
    chen.says("取消")
    agreed(here, staff, title="清理楼道", held=made.meeting)
    assert chen.says("异议") == "对哪个决议有异议？"
    assert chen.labels == ["决议2026-1 增设充电桩", "决议2026-2 清理楼道"]
    assert chen.says("1") == QUESTION
    assert chen.sends_photo().startswith("还差一句话")
    assert chen.says("离窗户太近，不安全") == DONE
    assert here.person("stranger").says("异议").startswith("现在没有您可以提异议的决议")


def test_an_objection_says_something(here: Neighbourhood, staff: Staff, wang: Person, chen: Person) -> None:
    agreed(here, staff, issues=[here.issue()])
    chen.says("异议")
    assert chen.says("1").startswith("还差一句话。请写一句说明。")
    assert chen.says("离楼太近，怕起火").startswith("记下了，编号 LN-2026-")


def test_when_the_time_is_over_it_says_so(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    here.deliver()
    told = wang.inbox[-1]
    made.enters_force()
    assert wang.presses("异议", on=told).startswith("这个决议现在是“已生效”，不能这样做")


def test_the_secretary_dismisses_it_with_a_reason(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    assert staff.zhao.says("处理异议") == "现在没有等您处理的异议。"
    chen.says("异议")
    chen.says("充电桩离窗户太近。")
    here.deliver()
    told = staff.zhao.inbox[-1]
    assert told.text == "对“增设充电桩”的决议有人提出异议：充电桩离窗户太近。异议没有处理完，决议不生效。"
    assert staff.zhao.presses("处理异议", on=told) == (
        "“增设充电桩”的决议：在3号楼东侧装三个充电桩。标准：三个充电桩都能用。\n"
        "异议：充电桩离窗户太近。\n这条异议成立吗？"
    )
    assert staff.zhao.labels == ["异议不成立", "异议成立"]
    staff.zhao.says("1")
    assert staff.zhao.says("已处理").startswith("这样写居民还是不知道办了什么")
    assert staff.zhao.says("离窗户有八米，消防来看过。") == (
        "已告诉提异议的人。“增设充电桩”的异议都处理完了，公示期满决议就生效。"
    )
    here.deliver()
    assert chen.inbox[-1].text == "您对“增设充电桩”的异议研究过了，决议不变。理由：离窗户有八米，消防来看过。"
    order = next(each for each in staff.sun.inbox if each.text.startswith("LN-2026-0002 是对“增设充电桩”决议的异议"))
    assert [button.label for button in order.buttons] == ["答复"]
    staff.sun.presses("答复", on=order)
    staff.sun.says("1")
    assert staff.sun.says("离窗户有八米，消防来看过。").startswith("LN-2026-0002 的答复已告知居民")
    made.enters_force()
    assert (made.resolution.state, here.issue(2).state) == (ResolutionState.IN_FORCE, State.CLOSED)
    assert audit(here.session, at=here.now) == []


def test_the_secretary_upholds_one_of_two(here: Neighbourhood, staff: Staff, wang: Person, chen: Person) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    for person in (wang, chen):
        person.says("异议")
        person.says("充电桩离窗户太近")
    assert staff.zhao.says("处理异议") == "处理哪一条异议？"
    assert staff.zhao.labels == ["增设充电桩：充电桩离窗户太近", "增设充电桩：充电桩离窗户太近"]
    staff.zhao.says("2")
    staff.zhao.says("成立")
    assert staff.zhao.says("位置太近，重新选") == (
        "“增设充电桩”的决议停下了，提异议的人、反映的人、跟进小组和负责的人都会收到消息。议题下次开会再商量。"
    )
    here.deliver()
    assert chen.inbox[-1].text == (
        "您对“增设充电桩”的异议成立，决议停下了。下次西苑小区议事会再商量，时间定了告诉您。说明：位置太近，重新选。"
    )
    assert staff.zhao.says("处理异议") == "现在没有等您处理的异议。"
    assert (made.resolution.state, here.issue().state) == (ResolutionState.STOPPED, State.TO_DELIBERATE)
    assert audit(here.session, at=here.now) == []


def test_an_objection_that_holds_is_told_once_to_each_with_the_day(
    here: Neighbourhood, staff: Staff, wang: Person, chen: Person
) -> None:
    """A raiser, a raiser who objected too, somebody of the follow-up group, the owner and the convener."""
    feng = here.person("feng")
    feng.says("你好")
    chen.reports("西苑小区3号楼2单元门口车位乱停，进不去")
    both = [here.issue(), here.issue(2)]
    agreed(here, staff, issues=both, follow_up=[feng])
    series.plan_meetings(here.session, at=here.now, rules=here.house.rules)
    chen.says("异议")
    chen.says("离窗户太近")
    here.deliver()
    everybody = (wang, chen, feng, staff.qian, staff.zhao)
    before = [len(person.inbox) for person in everybody]
    staff.sun.says("处理异议")
    staff.sun.says("异议成立")
    assert staff.sun.says("位置太近，重新选").endswith("议题3月14日 15:00开会再商量。")
    here.deliver()
    told = [[m.text for m in person.inbox[count:]] for person, count in zip(everybody, before, strict=True)]
    ends = "3月14日 15:00西苑小区议事会再商量"
    of_issue = "的决议有人提出异议，异议成立，决议停下了。" + ends + "。说明：位置太近，重新选。"
    stopped = "“增设充电桩”的决议有人提出异议，异议成立，决议停下了"
    assert told[0] == ["LN-2026-0001（楼道灯坏了一个星期）" + of_issue]
    assert [text for text in told[1] if "的决议有人提出异议" in text] == ["LN-2026-0002（门口车位乱停）" + of_issue]
    assert [text for text in told[1] if "您对" in text] == []
    assert told[2] == [f"{stopped}，不用您跟进了。{ends}。说明：位置太近，重新选。"]
    assert told[3] == [f"{stopped}，不用您落实了。{ends}。说明：位置太近，重新选。"]
    assert told[4] == [f"{stopped}。{ends}，议题会自动列入候选。说明：位置太近，重新选。"]
    assert "异议成立，决议停下了，3月14日西苑小区议事会再商量：位置太近，重新选" in wang.says("进度 1")
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


def test_why_an_objection_has_its_category(here: Neighbourhood, staff: Staff, wang: Person, chen: Person) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    chen.says("异议")
    chen.says("离窗户太近")
    said = chen.says("为什么 2")
    assert "这是对会上决议的异议，类别跟原来那件事一样，是“照明”；" in said
    assert "自己选的" not in said
    agreed(here, staff, title="清理楼道", held=made.meeting)
    chen.says("异议")
    chen.says("不用清理楼道")
    assert "这是对会上决议的异议，那个议题没有类别，先归为" in chen.says("为什么 3")


def test_strangers_settle_nothing(here: Neighbourhood, staff: Staff, wang: Person, chen: Person) -> None:
    agreed(here, staff, issues=[here.issue()])
    chen.says("异议")
    chen.says("离窗户太近")
    for person in (chen, wang, staff.qian, staff.li):
        assert person.says("处理异议") == "现在没有等您处理的异议。"
