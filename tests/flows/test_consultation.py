"""微协商: the few concerned talk it over at once, in chat, and nobody is shown another's name."""

from __future__ import annotations

from sqlalchemy import select

from models.consultation import Consultation, ConsultationState, Participant
from models.issue import HistoryEntry
from models.rules.issue_workflow import Action, State
from services.audit import audit
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff


def called(here: Neighbourhood, staff: Staff) -> tuple[Person, Person]:
    """Li has asked the raiser and the property company about the lamp."""
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    staff.li.says("微协商")
    assert staff.li.labels[:2] == ["邻居1", "承办单位（安居物业）"]
    staff.li.says("1")
    staff.li.says("2")
    assert "已选：邻居1、承办单位（安居物业）" in staff.li.says("没有这个人") + staff.li.last.text
    staff.li.presses("好了")
    assert "已请 2 位商量" in staff.li.says("灯泡谁出钱")
    here.deliver()
    return wang, staff.qian


def state(here: Neighbourhood) -> ConsultationState:
    return here.session.scalars(
        select(Consultation).execution_options(populate_existing=True)
    ).one().state


def actions(here: Neighbourhood) -> list[Action]:
    return list(here.session.scalars(select(HistoryEntry.action).order_by(HistoryEntry.id)))


def test_all_who_take_part_agree_and_the_issue_goes_on_with_what_they_said(here: Neighbourhood, staff: Staff) -> None:
    wang, qian = called(here, staff)
    assert "微协商" in wang.inbox[-1].text
    wang.presses("参加商量", on=wang.inbox[-1])
    assert state(here) is ConsultationState.OPEN
    wang.says("物业出钱")
    here.deliver()
    assert qian.inbox[-1].text.endswith("说：物业出钱")
    qian.says("我的协商")
    assert qian.labels == ["参加商量"]
    qian.says("1")
    assert "邻居2说：物业出钱" in qian.last.text or "邻居" in qian.last.text
    assert "wang" not in qian.last.text
    qian.presses("写一致意见")
    qian.says("物业三天内换成声控灯，费用从公共收益出")
    here.deliver()
    wang.presses("同意", on=wang.inbox[-1])
    assert state(here) is ConsultationState.OPEN  # li called it and has not said yes yet
    assert "商量好了" in staff.li.presses("同意", on=staff.li.inbox[-1])
    assert state(here) is ConsultationState.AGREED
    here.deliver()
    assert here.issue().state is State.ACCEPTED
    assert actions(here)[-2:] == [Action.CONSULT, Action.AGREE]
    assert any("商量好了（微协商）：物业三天内换成声控灯" in message.text for message in wang.inbox)
    assert set(here.session.scalars(select(Participant.agreed_version))) == {1}
    assert audit(here.session, at=here.now) == []


def test_yes_in_words_is_a_yes_also_while_one_is_talking(here: Neighbourhood, staff: Staff) -> None:
    """Where a platform has no buttons, the conversation that is open must not take it for a remark."""
    wang, qian = called(here, staff)
    wang.presses("参加商量", on=wang.inbox[-1])
    wang.says("物业出钱")
    qian.says("我的协商")
    qian.says("1")
    qian.presses("写一致意见")
    qian.says("物业三天内换灯")
    here.deliver()
    assert wang.says("同意。").startswith("记下了，您同意。")
    staff.li.says("我的协商")
    assert staff.li.says("同意").startswith("都同意了，商量好了。")
    assert state(here) is ConsultationState.AGREED


def test_a_new_text_asks_everybody_anew(here: Neighbourhood, staff: Staff) -> None:
    wang, _ = called(here, staff)
    wang.presses("参加商量", on=wang.inbox[-1])
    wang.presses("写一致意见")
    wang.says("大家平摊")
    here.deliver()
    staff.li.presses("不同意", on=staff.li.inbox[-1])
    staff.li.says("老人不好收钱")
    here.deliver()
    assert "不同意：老人不好收钱" in wang.inbox[-1].text
    staff.li.says("我的协商")
    staff.li.presses("写一致意见")
    staff.li.says("从公共收益出")
    here.deliver()
    assert "公共收益" in wang.inbox[-1].text
    wang.presses("同意", on=wang.inbox[-1])
    assert state(here) is ConsultationState.AGREED


def test_what_nobody_comes_to_goes_to_the_next_meeting_after_48_hours(here: Neighbourhood, staff: Staff) -> None:
    wang, _ = called(here, staff)
    here.passes(hours=47)
    here.keeps_time()
    assert state(here) is ConsultationState.CALLED
    here.passes(hours=2)
    here.keeps_time()
    assert state(here) is ConsultationState.FAILED
    assert here.issue().state is State.TO_DELIBERATE
    here.deliver()
    assert any("没有商量成，已提交小区议事会" in message.text for message in wang.inbox)
    assert "没有正在商量的事" in wang.says("我的协商")
    assert audit(here.session, at=here.now) == []


def test_without_agreement_within_five_days_it_goes_to_the_next_meeting(here: Neighbourhood, staff: Staff) -> None:
    wang, _ = called(here, staff)
    wang.presses("参加商量", on=wang.inbox[-1])
    here.passes(days=4.9)
    here.keeps_time()
    assert state(here) is ConsultationState.OPEN
    here.passes(days=0.2)
    here.keeps_time()
    assert (state(here), here.issue().state) == (ConsultationState.FAILED, State.TO_DELIBERATE)


def test_an_issue_that_was_settled_meanwhile_goes_to_no_meeting(here: Neighbourhood, staff: Staff) -> None:
    called(here, staff)
    staff.li.says("当场办结")
    staff.li.says("换了灯泡")
    here.passes(days=3)
    here.keeps_time()
    assert state(here) is ConsultationState.WITHDRAWN
    assert here.issue().state is State.ANSWERED


def test_strangers_see_nothing_and_one_is_enough_at_a_time(here: Neighbourhood, staff: Staff) -> None:
    called(here, staff)
    stranger = here.person("stranger")
    stranger.reports(ANOTHER)
    number = here.session.scalars(select(Consultation.id)).one()
    told = stranger.presses_button(f"do:consultation:0:{number}.agree")
    assert "灯" not in told
    staff.li.says("微协商 1")
    staff.li.says("1")
    staff.li.presses("好了")
    assert "已经在商量了" in staff.li.says("再商量一次")


def test_while_it_is_talked_over_it_has_been_taken_up_and_climbs_nowhere(here: Neighbourhood, staff: Staff) -> None:
    wang, _ = called(here, staff)
    assert here.issue().state is State.ACCEPTED
    assert here.issue().first_answered_at is not None
    wang.presses("参加商量", on=wang.inbox[-1])
    holder = here.issue().holder_id
    for _ in range(4):
        here.passes(days=1)
        here.keeps_time()
    assert (state(here), here.issue().holder_id) == (ConsultationState.OPEN, holder)
    here.passes(days=5)
    here.keeps_time()
    assert state(here) is not ConsultationState.OPEN
    assert audit(here.session, at=here.now) == []


def test_what_is_told_an_hour_later_is_a_new_matter_and_no_word_to_the_others(
    here: Neighbourhood, staff: Staff
) -> None:
    wang, qian = called(here, staff)
    wang.presses("参加商量", on=wang.inbox[-1])
    here.deliver()
    heard = len(qian.inbox)
    here.passes(hours=1)
    assert "核对" in wang.says(ANOTHER) or "对吗" in wang.last.text
    here.deliver()
    assert len(qian.inbox) == heard
