"""为什么 and 不对: every issue can say why it is where it is, and people can put it right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from models.community import CompoundAlias
from models.issue import Issue
from models.learning import Corrected, Correction
from models.rules.issue_workflow import State
from services import places
from services.audit import audit
from services.export import lessons
from tests.neighbourhood import SENTENCE, Neighbourhood, Staff
from understanding import Model
from understanding.category.training import train


def corrections(here: Neighbourhood) -> list[tuple[Corrected, str, str, bool]]:
    rows = here.session.execute(
        select(Correction.what, Correction.was, Correction.became, Correction.by_staff).order_by(Correction.id)
    )
    return [tuple(row) for row in rows]


def test_a_raiser_hears_the_reason_on_request(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    why = "LN-2026-0001：因为提到“楼道灯”、“灯坏了”，归为照明；西苑小区3号楼2单元由红管家承办。"
    assert wang.says("为什么 1") == why
    assert wang.labels == ["不对"]
    assert wang.says("为什么") == why


def test_staff_read_the_reason_without_asking(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    here.deliver()
    assert "因为提到“楼道灯”" in staff.li.inbox[-1].text
    assert "因为提到“楼道灯”" in staff.zhao.says("进度 1")


def test_a_stranger_hears_no_reason(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    assert "没有找到这个编号" in here.person("stranger").says("为什么 1")


def test_where_the_home_was_taken_the_reason_says_so(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says(SENTENCE)
    wang.says("1")
    wang.says("是")
    wang.reports("电梯坏了")
    assert "按您登记的住址" in wang.says("为什么 2")


def test_a_raiser_chooses_another_category_and_everybody_is_told(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    assert "现在归为照明，地点是西苑小区3号楼2单元。哪里不对？" in wang.says("不对 1")
    assert wang.labels == ["改类别", "改地点"]
    wang.says("改类别")
    assert wang.says("用电") == "改好了：LN-2026-0001 归为用电，已告诉承办人和反映人。"
    here.deliver()
    assert staff.li.inbox[-1].text.endswith("的类别改成了用电。")
    assert here.issue().category == "power"
    assert "是反映人自己选的" in wang.says("为什么 1")
    assert corrections(here) == [(Corrected.CATEGORY, "lighting", "power", False)]
    assert audit(here.session, at=here.now) == []


def test_what_staff_correct_becomes_a_lesson(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.zhao.says("不对 1")
    staff.zhao.says("1")
    staff.zhao.says("电动车充电")
    assert corrections(here) == [(Corrected.CATEGORY, "lighting", "ebike", True)]
    assert list(lessons(here.session)) == [{"text": SENTENCE, "label": "ebike", "corrected": True}]


def test_an_unknown_category_is_answered_with_all_there_are(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.says("不对 1")
    wang.says("改类别")
    assert "没有这个类别" in wang.says("灯")
    assert "归为房屋修缮" in wang.says("房屋修缮")


def test_another_place_brings_another_holder(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    here.deliver()
    wang.says("受理")
    staff.li.says("不对 1")
    staff.li.says("改地点")
    done = staff.li.says("西苑小区5号楼1单元")
    assert done.startswith("改好了：LN-2026-0001 的地点是西苑小区5号楼1单元，由网格书记")
    here.deliver()
    assert "地点改成了西苑小区5号楼1单元" in wang.inbox[-1].text
    assert staff.zhao.inbox[-1].text.startswith("地点改到您这里的事项 LN-2026-0001")
    assert here.issue().state is State.RECEIVED
    assert corrections(here) == [(Corrected.PLACE, "西苑小区3号楼2单元", "西苑小区5号楼1单元", True)]
    assert audit(here.session, at=here.now) == []


def test_the_unit_beside_keeps_its_limits(here: Neighbourhood, staff: Staff) -> None:
    """Nothing resets a clock."""
    here.person("wang").reports()
    before = here.issue().landing_due
    here.passes(days=2)
    staff.zhao.says("不对 1")
    staff.zhao.says("改地点")
    staff.zhao.says("西苑小区3号楼1单元")
    assert here.issue().landing_due == before


def test_a_place_in_no_compound_we_know_is_asked_again(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("不对 1")
    staff.li.says("改地点")
    assert "这个地方我没有找到" in staff.li.says("月亮上")
    assert "改好了" in staff.li.says("文化局家属院")


def test_what_is_settled_can_no_longer_be_corrected(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    assert "别的步骤" in wang.says("不对 1")


def test_one_of_several_raisers_cannot_change_it_for_all(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    zhou = here.person("zhou")
    zhou.says("西苑小区3栋2单元灯不亮")
    zhou.says("1")
    zhou.says("不对 1")
    zhou.says("改类别")
    assert "还有别的邻居在跟进" in zhou.says("用电")
    assert here.issue().category == "lighting"


def test_a_correction_teaches_the_name_people_use_from_then_on(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says("老油库大院3号楼楼道灯坏了")
    wang.says("文化局家属院")
    while wang.labels and "同意并提交" not in wang.labels:
        raise AssertionError(wang.last.text)
    wang.says("同意并提交")
    staff.zhao.says("不对 1")
    staff.zhao.says("改地点")
    asked = staff.zhao.says("西苑小区3号楼")
    assert asked.endswith("以后有人说“老油库大院”，就当作西苑小区，好吗？")
    assert staff.zhao.says("好").startswith("记住了")
    (alias,) = here.session.scalars(select(CompoundAlias).where(CompoundAlias.alias == "老油库大院"))
    assert (alias.taught_by_id, alias.holds_from) == (staff.zhao.member_id, here.now)
    here.house = type(here.house)(here.house.rules, places.gazetteer(here.session))
    zhou = here.person("zhou")
    assert "【电梯】西苑小区3号楼" in zhou.says("老油库大院3号楼电梯坏了")


def test_a_steward_teaches_a_name_straight_away(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    staff.li.says("不对 1")
    staff.li.says("教一个叫法")
    assert "这个叫法记不了" in staff.li.says("文化局家属院")
    assert "以后有人说“五〇四厂院”" in staff.li.says("五〇四厂院")
    staff.li.says("是")
    here.house = type(here.house)(here.house.rules, places.gazetteer(here.session))
    assert "【电梯】西苑小区3号楼" in here.person("zhou").says("五〇四厂院3号楼电梯坏了")


def test_a_raiser_is_not_asked_to_teach(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.says("不对 1")
    assert "教一个叫法" not in wang.labels


def test_an_issue_from_before_reasons_were_kept_still_has_a_sentence(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    issue = here.session.get_one(Issue, here.issue().id)
    issue.grounds = None
    here.session.flush()
    here.passes(minutes=timedelta(minutes=1).seconds // 60)
    assert "归为照明" in wang.says("为什么 1")


def test_a_label_of_the_communitys_own_model_may_be_chosen(here: Neighbourhood, staff: Staff) -> None:
    taught = (("漏水", "水电组"), ("狗叫", "文明组"))
    rows = [(f"{number}号楼{what}", label) for number in range(6) for what, label in taught]
    here.house = replace(here.house, model=Model.loads(train(rows)))
    wang = here.person("wang")
    assert "【水电组】" in wang.says("西苑小区3号楼漏水")
    wang.says("修改")
    wang.says("改类别")
    assert "【文明组】" in wang.says("文明组")
