"""Known already? One's own issue goes on, a neighbour's is joined with one tap, and what came back is linked."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from models.issue import HistoryEntry, Issue
from models.learning import RefusedLikeness
from models.report import Report
from models.rules.issue_workflow import Action, State
from services.audit import audit
from tests.neighbourhood import SENTENCE, Neighbourhood, Staff


def count(here: Neighbourhood, table: type[Issue] | type[Report]) -> int:
    return here.session.scalars(select(func.count()).select_from(table)).one()


def test_a_neighbour_is_offered_to_join_and_joins_with_one_tap(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    zhou = here.person("zhou")
    here.passes(hours=3)
    offer = zhou.says("西苑小区3栋2单元灯不亮")
    assert "西苑小区3号楼2单元已有邻居反映“楼道灯坏了一个星期”" in offer
    assert "已收到" in offer
    assert offer.splitlines()[1] == "相同：同一个单元，都说到“楼道灯”，3月2日反映的"
    assert "保存您的聊天账号标识" in offer
    assert zhou.labels == ["同意，我说的就是这件，一起跟进", "不是同一件"]
    joined = zhou.says("1")
    assert joined.startswith("已经把您加进 LN-2026-0001")
    assert (count(here, Issue), count(here, Report)) == (1, 2)
    here.deliver()
    assert "又有居民反映同一件事：“西苑小区3栋2单元灯不亮”" in staff.li.inbox[-1].text
    assert zhou.inbox == []  # the reply has just said it
    assert audit(here.session, at=here.now) == []


def test_who_joined_is_told_of_every_step_and_rates_for_themselves(here: Neighbourhood, staff: Staff) -> None:
    wang, zhou = here.person("wang"), here.person("zhou")
    wang.reports()
    zhou.says("西苑小区3栋2单元灯不亮")
    zhou.says("是")
    here.deliver()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.deliver()
    for raiser in (wang, zhou):
        assert "LN-2026-0001 办好了：换了灯泡" in raiser.inbox[-1].text
    zhou.says("满意 1")
    assert here.issue().state is State.ANSWERED
    wang.says("满意 1")
    here.deliver()
    here.keeps_time()
    assert here.issue().state is State.CLOSED
    assert audit(here.session, at=here.now) == []


def test_a_refused_suggestion_is_a_matter_of_its_own_and_is_not_offered_again(here: Neighbourhood) -> None:
    here.person("wang").reports()
    zhou = here.person("zhou")
    zhou.says("西苑小区3栋2单元灯不亮")
    assert zhou.says("不是同一件").startswith("收到您反映的问题")
    assert "编号 LN-2026-0002" in zhou.says("1")
    zhou.says("以后再说")
    refused = here.session.execute(select(RefusedLikeness.member_id, RefusedLikeness.issue_id)).all()
    assert refused == [(zhou.member_id, here.issue(1).id)]
    here.passes(days=1)
    again = zhou.says("西苑小区3栋2单元灯还是不亮")
    assert "LN-2026-0002" in again  # their own one
    assert "LN-2026-0001" not in again


def test_another_unit_another_building_or_another_thing_is_not_offered(here: Neighbourhood) -> None:
    here.person("wang").reports()
    zhou = here.person("zhou")
    for words in (
        "西苑小区3号楼1单元楼道灯坏了",
        "西苑小区5号楼2单元楼道灯坏了",
        "西苑小区3号楼2单元门禁刷不开",
        "文化局家属院楼道灯坏了",
    ):
        assert zhou.says(words).startswith("收到您反映的问题"), words
        zhou.says("不提交")


def test_in_another_flat_it_is_another_matter_unless_all_flats_have_it(here: Neighbourhood) -> None:
    here.person("wang").reports("西苑小区3号楼2单元501室水表坏了")
    here.person("li").reports("西苑小区3号楼2单元301室家里停水了")
    zhou = here.person("zhou")
    assert zhou.says("西苑小区3号楼2单元302室水表坏了").startswith("收到您反映的问题")
    zhou.says("不提交")
    assert "已有邻居反映" in zhou.says("西苑小区3号楼2单元401室没水了")


def test_nobody_learns_of_a_neighbours_own_troubles(here: Neighbourhood) -> None:
    here.person("wang").reports("西苑小区3号楼2单元501室孤寡老人要申请低保")
    assert here.issue().category == "welfare"
    zhou = here.person("zhou")
    assert zhou.says("西苑小区3号楼2单元501室老人申请低保").startswith("收到您反映的问题")


def test_the_same_words_months_later_are_not_offered(here: Neighbourhood) -> None:
    here.person("wang").reports()
    here.passes(days=61)
    assert here.person("zhou").says(SENTENCE).startswith("收到您反映的问题")


def test_ones_own_open_issue_told_again_is_answered_with_its_progress(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    here.passes(days=2)
    answer = wang.says("西苑小区3号楼2单元楼道灯怎么还没修")
    assert answer.startswith("您反映的这件事正在办：\nLN-2026-0001 西苑小区3号楼2单元 · 楼道灯坏了一个星期")
    assert "红管家" in answer
    assert wang.labels == ["就是这件，知道了", "不是同一件"]
    assert wang.says("1").startswith("好的，LN-2026-0001 有进展马上告诉您")
    assert (count(here, Issue), count(here, Report)) == (1, 1)


def test_something_new_about_ones_own_issue_is_added_to_it(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    here.passes(days=1)
    answer = wang.says("西苑小区3号楼2单元楼道灯不亮，昨晚三楼老太太下楼踩空摔倒住院了")
    assert answer.startswith("您说的像是您已经反映过的这件事")
    assert wang.says("1").startswith("已经补充到 LN-2026-0001")
    here.deliver()
    assert "摔倒住院" in staff.li.inbox[-1].text
    assert (count(here, Issue), count(here, Report)) == (1, 1)


def test_a_like_issue_answered_within_ninety_days_is_linked_as_a_recurrence(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.deliver()
    here.passes(days=40)
    zhou = here.person("zhou")
    card = zhou.says("西苑小区3号楼2单元楼道灯又不亮了")
    assert card.startswith("收到您反映的问题")
    assert "这里不久前办过类似的事（LN-2026-0001），会注明是再次发生。" in card
    assert zhou.labels[-1] == "跟上次不是一回事"
    assert "编号 LN-2026-0002" in zhou.says("1")
    assert here.issue(2).recurs_id == here.issue(1).id
    here.deliver()
    assert "不久前办过类似的 LN-2026-0001" in staff.li.inbox[-1].text


def test_a_recurrence_that_is_none_is_not_linked(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.passes(days=40)
    zhou = here.person("zhou")
    zhou.says("西苑小区3号楼2单元楼道灯又不亮了")
    assert "再次发生" not in zhou.says("跟上次不是一回事")
    zhou.says("1")
    assert here.issue(2).recurs_id is None


def test_after_a_hundred_days_it_is_a_new_matter(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    here.passes(days=100)
    assert "再次发生" not in here.person("zhou").says("西苑小区3号楼2单元楼道灯又不亮了")


def test_what_is_told_as_urgent_makes_a_joined_issue_urgent_and_its_limits_no_later(here: Neighbourhood) -> None:
    here.person("wang").reports("西苑小区3号楼2单元水管漏水")
    before = here.issue().landing_due
    assert not here.issue().urgent
    zhou = here.person("zhou")
    zhou.says("西苑小区3号楼2单元水管漏水爆了，楼道全淹了，整栋停水")
    while "不是同一件" not in zhou.labels:
        raise AssertionError(zhou.last.text)
    zhou.says("1")
    issue = here.issue()
    assert issue.urgent
    assert issue.landing_due <= before
    assert issue.first_answer_due <= here.now + timedelta(hours=2)


def test_words_instead_of_an_answer_are_added_and_asked_about_again(here: Neighbourhood) -> None:
    here.person("wang").reports()
    zhou = here.person("zhou")
    zhou.says("西苑小区3栋2单元灯不亮")
    assert "已有邻居反映" in zhou.says("黑了好几天了")
    zhou.says("1")
    words = here.session.scalars(select(Report.words).order_by(Report.id.desc())).first()
    assert words == "西苑小区3栋2单元灯不亮\n黑了好几天了"


def test_a_steward_who_tells_for_a_neighbour_joins_them_too(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("代报")
    staff.li.says("501 王大爷")
    assert "已有邻居反映" in staff.li.says("3号楼2单元楼道灯不亮")
    assert staff.li.says("1").startswith("已经把501 王大爷加进 LN-2026-0001")
    assert count(here, Report) == 2
    joined = here.session.scalars(select(HistoryEntry).where(HistoryEntry.action == Action.JOIN)).one()
    assert joined.actor_id == staff.li.member_id
    assert audit(here.session, at=here.now) == []


def test_an_issue_closed_while_the_question_stood_is_not_joined(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    zhou = here.person("zhou")
    zhou.says("西苑小区3栋2单元灯不亮")
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    assert "别的步骤" in zhou.says("1")
    assert count(here, Report) == 1


def test_after_a_pause_new_words_are_a_matter_of_their_own_and_no_answer(here: Neighbourhood) -> None:
    here.person("wang").reports()
    zhou = here.person("zhou")
    zhou.says("西苑小区3栋2单元灯不亮")
    here.passes(hours=2)
    assert "【电梯】西苑小区5号楼" in zhou.says("西苑小区5号楼电梯坏了")
    assert "灯不亮" not in zhou.last.text.partition("没说完的")[0]
