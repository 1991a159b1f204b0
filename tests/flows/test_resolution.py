"""决议 in chat: its owner takes it up, notes progress, says that it is done; the chair extends it and names another."""

from __future__ import annotations

import pytest

from models.rules.issue_workflow import State
from models.rules.posts import Role
from models.rules.resolution_workflow import ResolutionState
from services.audit import audit
from tests.agreement import Agreement, agreed, lives_here, post_of
from tests.neighbourhood import Neighbourhood, Person, Staff

PAGE = (
    "决议2026-1 增设充电桩（西苑小区议事会）\n"
    "在3号楼东侧装三个充电桩。\n"
    "标准：三个充电桩都能用\n"
    "负责：承办单位（安居物业），4月1日前完成\n"
)


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def made(here: Neighbourhood, staff: Staff, wang: Person) -> Agreement:
    """In force."""
    made = agreed(here, staff, issues=[here.issue()])
    made.enters_force()
    return made


def test_its_owner_takes_it_up_and_tells_how_far_it_is(
    here: Neighbourhood, staff: Staff, wang: Person, made: Agreement
) -> None:
    told = next(each for each in staff.qian.inbox if "决议生效了" in each.text)
    assert told.text == (
        "“增设充电桩”的决议生效了：在3号楼东侧装三个充电桩。标准：三个充电桩都能用。"
        "请在4月1日前完成，有进展就记一句（可附照片），居民会看到。"
    )
    assert staff.qian.presses("接下", on=told) == (
        "接下了：“增设充电桩”，4月1日前完成。标准：三个充电桩都能用。有进展就记一句，居民会看到。"
    )
    assert staff.qian.labels == ["记进展", "说做完了"]
    assert staff.qian.says("1") == "“增设充电桩”到哪一步了？请写一两句（可附照片），反映的人和跟进小组会看到。"
    assert staff.qian.sends_photo() == "照片收到了，还可以接着发。请再用一两句话说明做了什么。"
    assert staff.qian.says("已处理").startswith("这样写居民还是不知道办了什么")
    assert staff.qian.says("电线拉好了。") == "记下了，反映的人和跟进小组会看到。“增设充电桩”4月1日前完成。"
    here.deliver()
    heard = wang.inbox[-1]
    assert heard.text == "LN-2026-0001（增设充电桩）有进展：电线拉好了。（附照片 1 张）"
    assert len(heard.photos) == 1
    assert staff.zhao.inbox[-1].text == "承办单位（安居物业）已接下决议“增设充电桩”，4月1日前完成。"
    assert staff.qian.presses("接下", on=told).startswith("这个决议现在是“落实中”，不能这样做")
    assert audit(here.session, at=here.now) == []


def test_the_list_and_the_page(here: Neighbourhood, staff: Staff, wang: Person, made: Agreement) -> None:
    assert staff.qian.says("决议") == (
        "和您有关的决议 1 件：\n"
        "1. 决议2026-1 增设充电桩（已生效，等负责的人接下，承办单位（安居物业），4月1日前）\n"
        "回复序号看一件。"
    )
    assert staff.qian.says("1") == PAGE + "现在：已生效，等负责的人接下"
    assert staff.qian.labels == ["接下", "记进展", "说做完了"]
    assert staff.zhao.says("决议").startswith("和您有关的决议 1 件")
    staff.zhao.says("1")
    assert staff.zhao.labels == ["延期", "换人落实"]
    assert wang.says("决议").startswith("和您有关的决议 1 件")
    assert wang.says("1") == PAGE + "现在：已生效，等负责的人接下"
    assert wang.labels == []
    assert here.person("stranger").says("决议") == "现在没有和您有关的决议。"


def test_its_date_is_the_meetings_so_the_owner_is_sent_to_the_convener_for_another(
    here: Neighbourhood, staff: Staff, made: Agreement
) -> None:
    assert staff.qian.says("申请延期") == "您手上没有可以延期的事。"
    assert staff.qian.says("申请延期 1") == (
        "这件事正在落实会上的决议，完成日期是会上定的。要改日期，请告诉会议召集人："
        "召集人回复“决议”，选这一项，再选“延期”。"
    )
    assert staff.li.says("申请延期 1").startswith("这件事现在不能这样办")


def test_said_to_be_done_early_it_is_judged_and_its_issue_answered_with_the_photos(
    here: Neighbourhood, staff: Staff, wang: Person, made: Agreement
) -> None:
    staff.qian.says("决议")
    staff.qian.says("1")
    staff.qian.says("记进展")
    staff.qian.says("三个都装好了，试过能用", photos=1)
    assert staff.qian.labels == ["说做完了"]
    assert staff.qian.says("1") == (
        "好的。已请跟进小组和反映的人共 1 人看“增设充电桩”达没达到标准，有了结果告诉您。"
    )
    here.deliver()
    asked = wang.inbox[-1]
    assert asked.text == (
        "LN-2026-0001（增设充电桩），负责的人说做完了：在3号楼东侧装三个充电桩。标准：三个充电桩都能用。"
        "最近的进展：三个都装好了，试过能用（附照片 1 张）。您看达到了吗？"
    )
    assert len(asked.photos) == 1
    assert wang.presses("达到标准", on=asked) == "记下了，谢谢您去看。都说达到了标准，这件事办完了。"
    here.deliver()
    answer = wang.inbox[-1]
    assert "在3号楼东侧装三个充电桩。三个都装好了，试过能用" in answer.text
    assert len(answer.photos) == 1
    assert staff.qian.inbox[-1].text == "决议“增设充电桩”评下来达到标准，办完了。谢谢。"
    assert staff.zhao.inbox[-1].text == (
        "决议“增设充电桩”评下来达到标准（达到 1 人，没有 0 人），已答复反映的人。"
    )
    assert (made.resolution.state, here.issue().state) == (ResolutionState.DONE, State.ANSWERED)
    assert audit(here.session, at=here.now) == []


def test_the_chair_gives_it_more_time_and_the_raisers_hear_why(
    here: Neighbourhood, staff: Staff, wang: Person, made: Agreement
) -> None:
    staff.zhao.says("决议")
    staff.zhao.says("1")
    assert staff.zhao.says("延期") == "“增设充电桩”现在的期限是4月1日。为什么要延期？请写一句，反映的人会看到。"
    staff.zhao.says("设备没有到货")
    assert staff.zhao.labels == ["延 7 天（到4月8日）", "延 15 天（到4月16日）", "延 30 天（到5月1日）"]
    assert staff.zhao.says("3月20日").startswith("这个日期不行：要在今天以后")
    assert staff.zhao.says("4月10日") == "“增设充电桩”延到4月10日，已告诉负责的人和反映的人。"
    here.deliver()
    assert wang.inbox[-1].text == "LN-2026-0001（增设充电桩）延到4月10日完成。原因：设备没有到货。"
    assert staff.qian.inbox[-1].text == "决议“增设充电桩”延到4月10日。原因：设备没有到货。"
    assert audit(here.session, at=here.now) == []


def test_the_chair_names_another_owner(here: Neighbourhood, staff: Staff, wang: Person, made: Agreement) -> None:
    staff.sun.says("决议")
    staff.sun.says("1")
    assert staff.sun.says("换人落实") == "“增设充电桩”现在由承办单位（安居物业）落实，改由谁？"
    assert staff.sun.labels == ["社区（兰宁社区）", "网格书记（第一网格）", "红管家（西苑小区3号楼2单元）"]
    assert staff.sun.says("第一网格") == "“增设充电桩”改由网格书记（第一网格）落实，已告诉他们和反映的人。"
    here.deliver()
    order = staff.zhao.inbox[-1]
    assert order.text.startswith("决议“增设充电桩”改由您落实")
    assert staff.zhao.presses("接下", on=order).startswith("接下了")
    assert staff.qian.inbox[-1].text == "决议“增设充电桩”改由网格书记（第一网格）落实，不用您办了。"
    assert here.issue().holder_id == post_of(here.session, Role.SECRETARY)
    assert audit(here.session, at=here.now) == []


def test_the_chair_decides_where_nobody_judged(
    here: Neighbourhood, staff: Staff, wang: Person, made: Agreement
) -> None:
    here.passes(days=24)
    here.keeps_time()
    here.passes(days=6)
    here.keeps_time()
    here.deliver()
    asked = next(each for each in staff.zhao.inbox if "还没有人说" in each.text)
    page = staff.zhao.presses("决议", on=asked)
    assert page == PAGE + "现在：评事中\n评事：问了 1 人，达到 0 人，没有 0 人"
    assert staff.zhao.labels == ["达到标准，办结", "没达到，退回", "延期", "换人落实"]
    assert staff.zhao.says("2") == "“增设充电桩”哪里没有达到标准（三个充电桩都能用）？请写一句，会告诉负责的人。"
    assert staff.zhao.says("只有两个能用") == "“增设充电桩”退回了，已告诉负责的人接着办。"
    here.deliver()
    back = staff.qian.inbox[-1]
    assert back.text == "决议“增设充电桩”评下来没有达到标准：只有两个能用。请接着办。"
    staff.qian.presses("说做完了", on=back)
    staff.zhao.says("决议")
    staff.zhao.says("1")
    assert staff.zhao.says("1") == "“增设充电桩”达到标准了吗（三个充电桩都能用）？确定以后就办结，并答复反映的人。"
    assert staff.zhao.says("再看看").startswith(PAGE)
    staff.zhao.says("1")
    assert staff.zhao.says("确定") == "“增设充电桩”办结了，已答复反映的人，也告诉了负责的人。"
    assert (made.resolution.state, here.issue().state) == (ResolutionState.DONE, State.ANSWERED)
    assert audit(here.session, at=here.now) == []


def test_nobody_does_what_is_not_theirs(here: Neighbourhood, staff: Staff, wang: Person, made: Agreement) -> None:
    told = next(each for each in staff.qian.inbox if "决议生效了" in each.text)
    button = next(each for each in told.buttons if each.label == "接下")
    before = made.deeds
    for person in (wang, staff.zhao, here.person("stranger")):
        person.presses_button(button.data)
    assert made.deeds == before


def test_before_it_is_published_only_the_chair_reads_it(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    agreed(here, staff, issues=[here.issue()], published=False)
    for person in (wang, staff.zhao, staff.qian):
        assert person.says("决议") == "现在没有和您有关的决议。"


def test_a_neighbour_finds_the_objection_on_the_page_while_it_is_on_view(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    lives_here(here, wang)
    agreed(here, staff, issues=[here.issue()])
    wang.says("决议")
    assert wang.says("1") == PAGE + "现在：公示中，公示到3月9日"
    assert wang.labels == ["异议"]
    wang.says("1")
    assert wang.says("太贵了").startswith("记下了，编号 LN-2026-0002")
    staff.zhao.says("决议")
    assert staff.zhao.says("1") == PAGE + "现在：公示中，公示到3月9日，有 1 条异议没有处理"
    assert staff.zhao.labels == ["处理异议"]
