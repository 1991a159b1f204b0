"""绑定账号: one person in two apps is one person to us."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, settle, with_steward

SENTENCE = "西苑小区3号楼2单元楼道灯坏了"


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    neighbourhood = settle(session)
    with_steward(neighbourhood)
    return neighbourhood


def code_of(person: Person) -> str:
    return person.says("绑定账号").splitlines()[-1]


def test_both_accounts_see_what_either_told(here: Neighbourhood) -> None:
    at_home, outside = here.person("wang"), here.person("wang-tg", platform="telegram")
    at_home.reports(SENTENCE)
    outside.reports(SENTENCE)
    assert "同一个人" in outside.says(code_of(at_home).lower())
    assert outside.says("1") == "绑好了。以后在哪边说都一样。"
    assert "您有 2 件事" in outside.says("进度")
    assert "您有 2 件事" in at_home.says("进度")
    here.deliver()
    assert audit(here.session, at=here.now) == []


def test_a_code_works_once_and_for_ten_minutes(here: Neighbourhood) -> None:
    wang, thief = here.person("wang"), here.person("thief", platform="telegram")
    old = code_of(wang)
    here.passes(minutes=11)
    thief.says(old)
    assert thief.says("1").startswith("这个码不能用")
    assert wang.member_id != thief.member_id


def test_who_was_sent_a_code_by_somebody_else_can_refuse(here: Neighbourhood) -> None:
    wang, li = here.person("wang"), here.person("li-tg", platform="telegram")
    li.says(code_of(wang))
    assert li.says("不绑定") == "好的，没有绑定。"
    assert wang.member_id != li.member_id


def test_a_post_goes_along_and_is_not_held_twice(here: Neighbourhood) -> None:
    steward = Person(here, "li")
    phone = here.person("li-tg", platform="telegram")
    phone.says(code_of(steward))
    phone.says("是我")
    assert phone.member_id == steward.member_id
    assert "您手上现在没有事" in phone.says("我的任务")
