"""Meetings that do not go as planned, and one at which a household has three phones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from models.ballot import Ballot, Vote
from models.meeting import AgendaItem, Meeting
from tests.stories.stage import Phone, Town, moment, town
from tests.stories.telegram_cast import (
    CHARGING,
    MEETING,
    Cast,
    calendar_of,
    calls,
    cast,
    not_told,
    proposes,
    reports,
    resident,
    sets_up,
    told,
)

LAMP = "门口没有地方充电"


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, url=database_url, starts=moment(3, 6, 10)) as here:
        yield here


@pytest.fixture
def staff(here: Town) -> Cast:
    return cast(here)


@pytest.fixture
def wang(here: Town, staff: Cast) -> Phone:
    """Has nowhere to charge."""
    wang = resident(here, "王阿姨", "501")
    reports(wang, CHARGING)
    return wang


def called(here: Town, staff: Cast, *voters: Phone) -> None:
    """The first meeting, of 14 March; the secretary proposes the charging to it."""
    sets_up(staff.zhao, [voter.name for voter in voters])
    proposes(staff.zhao, 1)
    calls(here, staff.zhao, agenda=1)
    for voter in voters:
        assert "能来吗？" in told(voter, "请您参加")


def is_on_the_next_draft(here: Town, staff: Cast) -> None:
    staff.zhao.reads()
    here.reaches(moment(4, 4, 10))
    draft = told(staff.zhao, "议题草案（约")
    assert draft.startswith(f"{MEETING}第")
    assert " 4月11日 15:00 议题草案（约20分钟）：\n1 门口没有地方充电 · 1户 · 已等28天" in draft
    with here.looks() as session:
        states = session.scalars(select(Meeting.state).order_by(Meeting.slot)).all()
        items = session.scalars(select(AgendaItem.state).order_by(AgendaItem.id)).all()
    assert states[1] == "drafted"
    assert items == ["not_reached", "drafted"]


def test_a_meeting_without_quorum_is_sent_home_and_its_items_come_again(
    here: Town, staff: Cast, wang: Phone
) -> None:
    ma, tian, gao = (
        resident(here, name, room) for name, room in (("马师傅", "101"), ("田老师", "102"), ("高大爷", "201"))
    )
    called(here, staff, ma, tian, gao)
    ma.presses("参加")
    tian.presses("不参加")
    here.reaches(moment(3, 14, 15))
    assert told(gao, "还不知道您来不来") == (
        "西苑小区议事会 3月14日 15:00在红色议事厅开会，还不知道您来不来。"
    )
    assert "预计到会1户，开会要2户" in told(staff.zhao, "请了4人")
    assert ma.presses("签到") == "签到好了，西苑小区议事会。\n现在到会 1 户，还差 1 户。"
    staff.zhao.presses("主持")
    assert staff.zhao.presses("开会").startswith("到会 1 户，要 2 户，还差 1 户。怎么办？")
    for each in (ma, tian, gao, wang, staff.sun):
        each.reads()
    assert staff.zhao.presses("人数不够，不开了") == (
        "西苑小区议事会这次没有开成（到会 1 户，要 2 户）。已经告诉请过的人，议题会带到下一次。"
    )
    sent_home = "西苑小区议事会到会人数不够，这次没有开成。议题会带到下一次。"
    assert [each.reads() for each in (ma, tian, gao)] == [[sent_home]] * 3
    to_observer, to_raiser = wang.reads()
    assert to_observer == sent_home
    assert to_raiser.startswith(f"LN-2026-0001（{LAMP}）这次不上会了，原因：到会 1 户，要 2 户。会排到下一次")
    assert staff.sun.reads() == ["西苑小区议事会 3月14日 15:00没有开成：到会 1 户，要 2 户。"]
    is_on_the_next_draft(here, staff)
    assert here.audit() == []
    assert here.engine.findings == []


def test_a_cancelled_meeting_is_taken_back_from_everybody_and_every_calendar(
    here: Town, staff: Cast, wang: Phone
) -> None:
    ma, tian = resident(here, "马师傅", "101"), resident(here, "田老师", "102")
    stranger = here.phone("路人")
    called(here, staff, ma, tian)
    ma.presses("参加")
    ma.presses("加到日历")
    method, request = calendar_of(here, ma)
    assert (method, request.status, request.start) == ("REQUEST", "CONFIRMED", moment(3, 14, 15))
    here.reaches(moment(3, 10, 10))
    for each in (ma, tian, wang):
        each.reads()
    staff.zhao.says("取消会议")
    staff.zhao.presses("西苑小区议事会 3月14日 15:00")
    answer = staff.zhao.says("停电检修，议事厅用不了")
    assert answer == "取消了。已经告诉请过的 3 个人。议题会带到下一次。"
    cancelled = (
        "西苑小区议事会原定3月14日 15:00的会取消了，不用来了。原因：停电检修，议事厅用不了。议题会带到下一次。"
    )
    assert tian.reads() == [cancelled]
    to_observer, to_raiser = wang.reads()
    assert to_observer == cancelled
    assert to_raiser.startswith(f"LN-2026-0001（{LAMP}）这次不上会了，原因：停电检修，议事厅用不了。")
    assert ma.reads() == [cancelled]
    not_told(stranger, MEETING)

    ma.presses("从日历去掉")
    method, cancel = calendar_of(here, ma)
    assert (method, cancel.status, cancel.uid) == ("CANCEL", "CANCELLED", request.uid)
    assert (cancel.sequence or 0) > (request.sequence or 0)
    assert "签到" not in ma.says("会议")
    here.reaches(moment(3, 14, 16))
    for each in (ma, tian):
        not_told(each, MEETING)  # no reminder of what was cancelled
    is_on_the_next_draft(here, staff)
    assert here.audit() == []
    assert here.engine.findings == []


def test_of_a_household_of_three_phones_one_vote_counts(here: Town, staff: Cast, wang: Phone) -> None:
    zhao = staff.zhao
    ma, sister, son = (resident(here, name, "101") for name in ("马师傅", "马大姐", "小马"))
    tian, gao = resident(here, "田老师", "102"), resident(here, "高大爷", "201")
    everybody = (ma, sister, son, tian, gao)
    called(here, staff, *everybody)
    for each in everybody:
        each.presses("参加")
    here.reaches(moment(3, 14, 14, 40))
    counts = [each.presses("签到").splitlines()[-1] for each in everybody]
    one, two, three = "现在到会 1 户，还差 1 户。", "现在到会 2 户，人数够了。", "现在到会 3 户，人数够了。"
    assert counts == [one, one, one, two, three]
    here.reaches(moment(3, 14, 15))
    for each in everybody:
        each.reads()
    zhao.presses("主持")
    zhao.presses("开会")
    assert "方式：记名，一户一票\n算谁：签到的户\n怎样算数：过半数" in zhao.presses("表决")
    assert zhao.presses("开始表决").startswith("开始表决了，已告诉可以投票的 3 户。")
    asked = (
        f"西苑小区议事会开始表决：{LAMP}\n记名，一户一票，投了不能改。同一项有2户才算数，到会共3户。"
    )
    assert [each.reads() for each in everybody] == [[asked]] * 5

    assert ma.presses("赞成") == "您选的是“赞成”，投出去就不能改了。"
    son.presses("赞成")  # at the same moment, on the sofa beside him
    assert ma.presses("确定投票") == "您家的票投好了。表决结束后把结果告诉您。"
    refused = "您家已经有人投过票了，一户一票，不能再投。先问问家里人；有疑问请当场告诉召集人。"
    assert son.presses("确定投票") == refused
    assert sister.presses("反对") == refused
    assert "已投 1 户，共 3 户。结束以前看不到票数。" in zhao.presses("刷新")
    for each, choice in ((tian, "赞成"), (gao, "反对")):
        each.presses(choice)
        assert each.presses("确定投票").startswith("您家的票投好了。")
    zhao.presses("结束表决")
    assert f"{LAMP}\n赞成：2 户\n反对：1 户\n弃权：0 户\n没投：0 户\n“赞成”够数，通过。" in zhao.presses("确定")
    tally = f"西苑小区议事会表决结果（{LAMP}）：赞成2户，反对1户，弃权0户，没投0户。“赞成”够数，通过。"
    assert [each.reads() for each in everybody] == [[tally]] * 5
    not_told(wang, "表决结果")  # an observer has no vote
    assert sister.presses("反对") == "这次表决已经结束了，不能再投。结果会告诉大家。"

    zhao.says("主持")
    zhao.presses("通过")
    zhao.says("在5号楼东侧装8个充电口")
    zhao.says("8个充电口都能用，线不拖地")
    zhao.presses("承办单位（安居物业）")
    zhao.presses("两周内")
    zhao.presses("不花钱")
    assert zhao.presses("不设跟进小组").startswith(f"记下了：“{LAMP}”通过。")
    zhao.presses("散会")
    assert "赞成2户，反对1户，弃权0户；一共3户，要2户。" in zhao.presses("纪要")
    with here.looks() as session:
        ballot = session.scalars(select(Ballot)).one()
        votes = session.scalars(select(Vote)).all()
        item = session.scalars(select(AgendaItem)).one()
    assert (ballot.base_count, len(votes), item.state) == (3, 3, "adopted")
    assert here.audit() == []
