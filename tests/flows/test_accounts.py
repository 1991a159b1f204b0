"""One person with two accounts; and who leaves."""

from __future__ import annotations

import pytest

from handlers.messages import Kind
from models.base import insert_row
from models.member import Account, Member
from models.notice import Notice, NoticeState
from services.audit import audit
from tests.neighbourhood import ANOTHER, SENTENCE, Neighbourhood, Person, Staff


@pytest.fixture
def both(here: Neighbourhood, staff: Staff) -> tuple[Person, Person]:
    """王 in Telegram and in the web chat."""
    telegram, web = here.person("wang-tg", platform="telegram"), here.person("wang-web")
    insert_row(here.session, Account, member_id=telegram.member_id, platform="webchat", external_id="wang-web")
    return telegram, web


def test_told_in_one_followed_in_the_other(here: Neighbourhood, both: tuple[Person, Person]) -> None:
    telegram, web = both
    telegram.reports()
    assert "LN-2026-0001" in web.says("进度")
    assert "确定撤回" in web.says("撤回 1")
    assert "已撤回" in web.says("是")
    assert telegram.says("进度").startswith("您现在没有")


def test_each_has_its_own_conversation(here: Neighbourhood, both: tuple[Person, Person]) -> None:
    telegram, web = both
    telegram.says("楼道灯坏了")
    assert web.says("1").startswith("没有找到这个编号")
    assert "【照明】西苑小区" in telegram.says("1")


def test_consent_holds_for_the_person(here: Neighbourhood, both: tuple[Person, Person]) -> None:
    telegram, web = both
    telegram.reports()
    assert web.says(ANOTHER).endswith("对吗？")


def test_a_notice_goes_to_where_the_person_wrote_last_and_only_there(
    here: Neighbourhood, staff: Staff, both: tuple[Person, Person]
) -> None:
    telegram, web = both
    telegram.reports()
    here.passes(minutes=5)
    web.says("进度")
    staff.li.says("受理 1")
    here.deliver()
    assert telegram.inbox == []
    assert [m.text[:12] for m in web.inbox] == ["LN-2026-0001"]


def test_who_blocks_one_account_is_written_to_on_the_other(
    here: Neighbourhood, staff: Staff, both: tuple[Person, Person]
) -> None:
    telegram, web = both
    web.says("你好")
    telegram.reports()
    telegram.does(Kind.LEAVE)
    staff.li.says("受理 1")
    here.deliver()
    assert len(web.inbox) == 1


def test_who_blocks_us_is_heard_again_when_they_write(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang", platform="telegram")
    wang.reports()
    wang.does(Kind.LEAVE)
    staff.li.says("受理 1")
    here.deliver()
    assert wang.inbox == []
    assert wang.does(Kind.FOLLOW).startswith("您有 1 条未读进展")
    assert audit(here.session, at=here.now) == []


def test_who_leaves_wechat_leaves_no_name_behind(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang", platform="wechat")
    wang.says(SENTENCE)
    wang.says("1")
    wang.says("是")
    member_id = wang.member_id
    staff.li.says("受理 1")
    wang.does(Kind.LEAVE)
    here.session.expire_all()
    member = here.session.get_one(Member, member_id)
    assert (member.name, member.home_unit_id, member.home_room) == ("", None, "")
    assert here.session.query(Account).filter_by(external_id="wang").count() == 0
    states = {notice.state for notice in here.session.query(Notice).filter_by(member_id=member_id)}
    assert states <= {NoticeState.SHOWN, NoticeState.REFUSED}
    here.deliver()
    assert wang.inbox == []
    assert "LN-2026-0001" in staff.li.says("我的任务")  # the issue goes on
    assert audit(here.session, at=here.now) == []


def test_a_home_is_registered_and_changed(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert wang.says("登记住址").startswith("您住在哪里？")
    assert wang.says("月亮湾").startswith("没有找到这个小区")
    assert wang.says("西苑小区").startswith("还差楼号或单元")
    assert wang.says("西苑小区3号楼2单元501").startswith("西苑小区3号楼2单元 501 室，对吗？\n登记后我们会保存")
    assert wang.labels == ["对，同意保存", "不是"]
    assert wang.says("对") == "记下了：西苑小区3号楼2单元。以后说“我们单元”，我就知道是哪里。要改请回复“登记住址”。"
    assert wang.says("登记住址").startswith("现在登记的是西苑小区3号楼2单元。")
    assert wang.says("西苑小区5号楼1单元") == "西苑小区5号楼1单元，对吗？"
    assert wang.says("不对").startswith("您住在哪里？")
    wang.says("西苑小区5号楼2单元")
    assert "西苑小区5号楼2单元" in wang.says("是")


def test_when_a_steward_leaves_what_they_hold_is_put_before_the_community(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.does(Kind.LEAVE)
    here.deliver()
    assert staff.sun.inbox[-1].text == (
        "LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）的承办红管家（西苑小区3号楼2单元）收不到消息了。"
        "请联系本人，或者另外派人。"
    )
    assert audit(here.session, at=here.now) == []
