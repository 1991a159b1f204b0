"""回访: who was silent is asked whether it is solved."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.report import Report
from models.rules.issue_workflow import State
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.deliver()
    here.passes(days=6, hours=1)
    here.keeps_time()
    here.deliver()
    return wang


def solved(here: Neighbourhood) -> list[bool | None]:
    return list(here.session.scalars(select(Report.solved)))


def test_who_was_silent_is_asked_and_says_yes(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    asked = wang.inbox[-1]
    assert asked.text == "LN-2026-0001（楼道灯坏了一个星期）前几天答复过您，问题解决了吗？"
    assert [(b.label, b.say) for b in asked.buttons] == [("解决了", "解决了 1"), ("没解决", "没解决 1")]
    assert wang.presses("解决了", on=asked) == "好，LN-2026-0001 记下了：已经解决。办得怎么样，也请您评一评。"
    assert wang.labels == ["满意", "基本满意", "不满意"]
    assert wang.says("满意").startswith("谢谢您的评价")
    assert solved(here) == [True]
    here.deliver()
    assert "LN-2026-0001（楼道灯坏了一个星期）居民说：已经解决了。" in [m.text for m in staff.li.inbox]
    assert audit(here.session, at=here.now) == []


def test_what_is_not_solved_is_opened_again_with_a_reason(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert wang.presses("没解决", on=wang.inbox[-1]) == "哪里没解决？请说一句，我们重新办理。"
    assert solved(here) == [False]
    assert wang.sends_photo().endswith("哪里没解决？请说一句，我们重新办理。")
    assert wang.says("又灭了").startswith("LN-2026-0001 已经重新办理")
    assert here.issue().state is State.RECEIVED
    assert audit(here.session, at=here.now) == []


def test_without_buttons_it_is_said_with_the_number(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert wang.says("解决了 1").startswith("好，LN-2026-0001 记下了")
    assert wang.says("解决了 1").startswith("这件事刚才已经办过这一步了")
    assert wang.says("没解决 1") == "哪里没解决？请说一句，我们重新办理。"
    assert wang.says("取消").startswith("好的，取消了。")
    assert here.issue().state is State.ANSWERED


def test_asked_by_word_it_asks_which_and_how(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert wang.says("回访") == "这件事解决了吗？"
    assert wang.says("也许").startswith("请从下面选一个来回复")
    assert wang.says("1").startswith("好，LN-2026-0001 记下了")


def test_who_was_asked_nothing_is_told_so(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert here.person("stranger").says("回访") == "现在没有答复过的事要问您。有新的事请直接说一句。"
    assert here.person("stranger").says("解决了 1").startswith("没有找到这个编号的事")


def test_after_closing_it_can_still_be_opened(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    here.passes(days=1)
    here.keeps_time()
    here.deliver()
    here.passes(hours=7)
    here.keeps_time()
    assert here.issue().state is State.CLOSED
    assert wang.presses("没解决", on=wang.inbox[-1]) == "哪里没解决？请说一句，我们重新办理。"
    assert wang.says("又灭了").startswith("LN-2026-0001 已经重新办理")
