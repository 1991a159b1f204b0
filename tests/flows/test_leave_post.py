"""离岗: what somebody held goes to whoever can be reached, and nobody's issue is left with nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.issue import Issue
from models.member import Account, Grant, Post
from models.rules.errors import AlreadyDone, NotFound
from models.rules.issue_workflow import State
from models.rules.posts import Role, ScopeKind
from services import leaving, members
from services.audit import audit
from services.lost_holders import held_by_nobody
from tests.council import council
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    return wang


def leaves(person: Person, *, whom: str = "") -> str:
    person.says("离岗")
    if whom:
        person.says(whom)
    person.says("确定离岗")
    return person.says("真的离岗")


def holder(here: Neighbourhood, serial: int = 1) -> str:
    return here.session.get_one(Post, here.issue(serial).holder_id).label


def unheld(here: Neighbourhood) -> list[str]:
    return list(here.session.scalars(select(Issue.number).where(held_by_nobody(here.now))))


def test_a_steward_gives_up_and_is_asked_twice(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.li.says("离岗") == (
        "您不再担任li 红管家（西苑小区3号楼2单元）吗？手上的 1 件事会交给同岗位的人，没有人就交给上一级，居民也会知道。"
    )
    assert staff.li.says("1") == "请再确认一次：li 红管家（西苑小区3号楼2单元）离岗以后，要重新邀请才能恢复。"
    assert staff.li.says("真的离岗") == "li 红管家（西苑小区3号楼2单元）已离岗。1 件事已交给上面接着办，居民都已知道。"
    here.deliver()
    assert wang.inbox[-1].text == (
        "LN-2026-0001（楼道灯坏了一个星期）原来的承办人离岗了，改由网格书记（第一网格）接着办。3月9日前答复您。"
    )
    assert staff.zhao.inbox[-1].text == (
        "转到您这里的事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "原来的承办人离岗了。请在3月9日前答复居民。"
    )
    assert holder(here) == "第一网格"
    assert members.posts_of(here.session, member_id=staff.li.member_id, at=here.now) == []
    assert staff.li.says("受理 1").startswith("没有找到这个编号的事")
    assert (unheld(here), audit(here.session, at=here.now)) == ([], [])


def test_either_question_can_be_answered_with_no(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("离岗")
    assert staff.li.says("不离岗") == "好的，没有变动。"
    staff.li.says("离岗")
    staff.li.says("1")
    assert staff.li.says("2") == "好的，没有变动。"
    staff.li.says("离岗")
    assert staff.li.says("取消").startswith("好的，取消了。")
    assert holder(here) == "西苑小区3号楼2单元"


def test_whoever_else_is_on_the_post_goes_on(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    second = here.person("second")
    here.appoint(second, Role.STEWARD, ScopeKind.UNIT, here.ids.unit, "西苑小区3号楼2单元")
    assert leaves(staff.li).endswith("1 件事由同岗位的人接着办。")
    assert second.says("受理 1").startswith("已受理 LN-2026-0001")
    assert (unheld(here), audit(here.session, at=here.now)) == ([], [])


def test_the_steward_of_the_building_is_nearer_than_the_grid(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    here.appoint(here.person("warden"), Role.STEWARD, ScopeKind.BUILDING, here.ids.building, "西苑小区3号楼")
    leaves(staff.li)
    assert holder(here) == "西苑小区3号楼"


def test_the_community_ends_it_and_who_leaves_is_told(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.sun.says("离岗") == "谁离岗？请选一个。"
    assert staff.sun.labels == [
        "sun 社区工作人员（兰宁社区）",
        "zhao 网格书记（第一网格）",
        "qian 承办单位经办人（安居物业）",
        "li 红管家（西苑小区3号楼2单元）",
    ]
    assert staff.sun.says("老李").startswith("没有找到这个人")
    assert staff.sun.says("li").startswith("结束li 红管家（西苑小区3号楼2单元）吗？")
    staff.sun.says("确定离岗")
    staff.sun.says("真的离岗")
    here.deliver()
    assert staff.li.inbox[-1].text == (
        "您不再担任红管家（西苑小区3号楼2单元），手上的事已有人接着办。有疑问请联系社区。"
    )
    assert staff.li.says("我的任务") != ""
    assert holder(here) == "第一网格"


def test_a_secretary_ends_only_their_own(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.zhao.says("离岗").startswith("您不再担任zhao 网格书记（第一网格）吗？")
    assert wang.says("离岗") != "谁离岗？请选一个。"
    grant = here.session.scalars(select(Grant.id).where(Grant.member_id == staff.li.member_id)).one()
    common = {"grant_id": grant, "words": "离岗", "at": here.now, "rules": here.house.rules}
    with pytest.raises(NotFound):
        leaving.end_role(here.session, by=staff.zhao.member_id, **common)
    leaving.end_role(here.session, by=staff.sun.member_id, **common)
    with pytest.raises(AlreadyDone):
        leaving.end_role(here.session, by=staff.sun.member_id, **common)


@pytest.mark.parametrize("state", ["waiting", "shelved", "to_deliberate", "in_progress"])
def test_whatever_state_it_is_in_somebody_has_it_and_it_goes_on_as_it_was(
    here: Neighbourhood, staff: Staff, wang: Person, state: str
) -> None:
    staff.li.says("受理 1")
    if state == "waiting":
        staff.li.says("追问 1")
        staff.li.says("哪一盏灯？")
    elif state == "shelved":
        for words in ("挂账 1", "要等季节", "等开春再修", "三个月后"):
            staff.zhao.says(words)
    elif state == "to_deliberate":
        council(here, staff)
        for words in ("提交议事 1", "1", "大家商量"):
            staff.zhao.says(words)
    else:
        staff.li.says("派单 1")
        staff.li.says("1")
    before = here.issue()
    kept = (before.rung_due, before.landing_due, before.review_at, before.paused_at)
    assert before.state == state
    leaves(staff.qian if state == "in_progress" else staff.li)
    after = here.issue()
    # The company's goes back to the rung that gave it to them; of the others the meeting, the question, the day stay.
    assert after.state is State.RECEIVED if state == "in_progress" else after.state == state
    if state in ("shelved", "to_deliberate"):
        assert (after.rung_due, after.landing_due, after.review_at, after.paused_at) == kept
    assert holder(here) == ("西苑小区3号楼2单元" if state == "in_progress" else "第一网格")
    assert (unheld(here), audit(here.session, at=here.now)) == ([], [])
    if state == "waiting":
        assert "加到" in wang.says("回答") or wang.says("二楼那盏")
        assert here.issue().state is State.ACCEPTED


def test_where_nobody_is_left_it_is_refused(here: Neighbourhood, wang: Person, staff: Staff) -> None:
    """All others have blocked us: who is left cannot just go."""
    for name in ("zhao", "sun", "qian"):
        account = here.session.scalars(select(Account).where(Account.external_id == name)).one()
        account.blocked_at = here.now
    here.session.flush()
    assert leaves(staff.li).startswith("接手的岗位现在没有人能收到消息，还不能交给他们。")
    assert len(members.posts_of(here.session, member_id=staff.li.member_id, at=here.now)) == 1
    assert unheld(here) == []


def test_who_stood_in_stands_in_no_more(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("请假")
    staff.li.says("一个星期")
    staff.li.presses("zhao 网格书记（第一网格）")
    here.passes(hours=1)
    leaves(staff.li)
    here.passes(seconds=1)
    posts = members.posts_of(here.session, member_id=staff.zhao.member_id, at=here.now)
    assert [post.label for post in posts] == ["第一网格"]
    here.deliver()
    assert any("不用您代了" in message.text for message in staff.zhao.inbox)
    assert (unheld(here), audit(here.session, at=here.now)) == ([], [])


def test_orders_that_did_not_reach_them_are_theirs_no_more(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()  # the order still lies in the outbox
    leaves(staff.li)
    here.deliver()
    here.passes(seconds=30)
    assert staff.li.inbox == []
    assert here.now - timedelta(days=1) < here.issue().first_reported_at
