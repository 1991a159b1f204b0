"""An invitation code in chat: consent, a second person who confirms, and no way to guess."""

from __future__ import annotations

import pytest

from models.rules.posts import Role, ScopeKind
from services import invitations, members
from tests.neighbourhood import SENTENCE, Neighbourhood, Staff


def code_for(here: Neighbourhood, role: Role = Role.STEWARD) -> str:
    post = members.post_for(
        here.session,
        role=role,
        scope_kind=ScopeKind.BUILDING if role is Role.STEWARD else ScopeKind.COMMUNITY,
        scope_id=here.ids.building if role is Role.STEWARD else here.ids.community,
        community_id=here.ids.community,
        label="西苑小区3号楼" if role is Role.STEWARD else "兰宁社区",
    )
    return invitations.invite(here.session, post=post, at=here.now, rules=here.house.rules)


def test_a_steward_agrees_and_is_confirmed_by_the_community(here: Neighbourhood, staff: Staff) -> None:
    zhou = here.person("zhou")
    asked = zhou.says(code_for(here).lower())
    assert asked.startswith("邀请码收到了。任职需要保存")
    assert zhou.labels == ["同意并接受", "不接受"]
    assert "还要一位社区工作人员确认" in zhou.says("好的")
    assert zhou.says("帮助").startswith("有事直接说一句就行")  # not in force yet
    here.deliver()
    assert staff.sun.inbox[-1].text == "有人接受了邀请：红管家（西苑小区3号楼）。请确认是本人。"
    assert staff.sun.says("1") == "已确认：红管家（西苑小区3号楼），已告诉本人。"
    here.deliver()
    assert zhou.inbox[-1].text.startswith("您的岗位已确认：红管家（西苑小区3号楼）")
    assert zhou.says("帮助").startswith("您的岗位：红管家（西苑小区3号楼）。")


def test_who_waits_can_be_looked_up(here: Neighbourhood, staff: Staff) -> None:
    zhou = here.person("zhou")
    zhou.says(code_for(here))
    zhou.says("同意")
    assert "有人接受了邀请：红管家（西苑小区3号楼）" in staff.sun.says("确认任职")
    assert staff.sun.says("不同意") == "已拒绝：红管家（西苑小区3号楼），已告诉本人。"
    assert staff.sun.says("确认任职") == "没有等您确认的任职。"
    here.deliver()
    assert zhou.inbox[-1].text == "您的岗位没有通过确认：红管家（西苑小区3号楼）。请联系社区。"
    assert staff.zhao.says("确认任职") == "在哪个小区？"  # it is not for a secretary to confirm


def test_nobody_confirms_themselves(here: Neighbourhood, staff: Staff) -> None:
    staff.sun.says(code_for(here))
    staff.sun.says("同意")
    here.deliver()
    assert staff.sun.presses("同意任职", on=staff.sun.inbox[-1]).startswith("这件事现在不能这样办")
    assert staff.sun.says("确认任职") == "没有等您确认的任职。"


def test_declining_keeps_the_code(here: Neighbourhood, staff: Staff) -> None:
    zhou, code = here.person("zhou"), code_for(here)
    zhou.says(code)
    assert "邀请码还没有用掉" in zhou.says("不接受")
    zhou.says(code)
    assert "邀请码有效" in zhou.says("同意")


def test_a_code_works_for_one_person_and_for_a_day(here: Neighbourhood, staff: Staff) -> None:
    code, late = code_for(here), code_for(here)
    zhou, thief = here.person("zhou"), here.person("thief")
    zhou.says(code)
    zhou.says("同意")
    thief.says(code)
    assert thief.says("同意").startswith("这个码不能用")
    here.passes(hours=25)
    thief.says(late)
    assert thief.says("同意").startswith("这个码不能用")


def test_guessing_is_stopped_after_five_wrong_codes_an_hour(here: Neighbourhood, staff: Staff) -> None:
    thief = here.person("thief")
    thief.says("ZL" + "A" * 26)
    answers = []
    for _ in range(7):
        thief.says("ZL" + "A" * 26)
        answers.append(thief.says("同意"))
    assert ["太多次" in answer for answer in answers] == [False] * 5 + [True, True]
    here.passes(minutes=61)
    thief.says(code_for(here))
    assert "邀请码有效" in thief.says("同意")


def test_a_code_in_the_middle_of_a_report_keeps_the_report(here: Neighbourhood, staff: Staff) -> None:
    zhou = here.person("zhou")
    zhou.says(SENTENCE)
    zhou.says(code_for(here))
    assert "没说完" in zhou.says("同意")
    assert "【照明】" in zhou.says("继续")


@pytest.mark.parametrize("words", ["ZL", "zl123", "我的邀请码是什么"])
def test_other_words_are_no_codes(here: Neighbourhood, words: str) -> None:
    assert here.person("wang").says(words) == "在哪个小区？"
