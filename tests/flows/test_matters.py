"""Several matters in one message are told apart and registered separately, if the person wants it so."""

from __future__ import annotations

from sqlalchemy import select

from models.issue import Issue
from models.report import Report
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Staff

TWO = "西苑小区3号楼漏雨，另外门口垃圾两天没清"


def issues(here: Neighbourhood) -> list[tuple[str, str]]:
    return [tuple(row) for row in here.session.execute(select(Issue.category, Issue.place_label).order_by(Issue.id))]


def test_two_matters_are_offered_separately(here: Neighbourhood) -> None:
    wang = here.person("wang")
    assert wang.says(TWO) == "您说了两件事：\n① 西苑小区3号楼漏雨\n② 门口垃圾两天没清\n分别登记好吗？"
    assert wang.labels == ["好，分别登记", "只登记①", "只登记②", "合成一件"]


def test_both_are_registered_one_after_the_other_with_one_consent(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.says(TWO)
    assert "【房屋修缮】西苑小区3号楼 · 漏雨" in wang.says("1")
    assert "保存您的聊天账号标识" in wang.last.text
    second = wang.says("同意并提交")
    assert second.startswith("已收到，编号 LN-2026-0001")
    assert "接着是下一件：\n收到您反映的问题：\n【环境卫生】西苑小区" in second
    assert "保存您的聊天账号标识" not in second
    assert wang.labels == ["提交", "修改", "不提交"]
    assert wang.says("提交").startswith("已收到，编号 LN-2026-0002")
    assert [category for category, _ in issues(here)] == ["building", "sanitation"]
    words = here.session.scalars(select(Report.words).order_by(Report.id)).all()
    assert words == ["西苑小区3号楼漏雨", "门口垃圾两天没清"]
    here.deliver()
    assert audit(here.session, at=here.now) == []


def test_only_one_of_them(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(TWO)
    wang.says("只登记①")
    wang.says("1")
    assert issues(here) == [("building", "西苑小区3号楼")]
    assert "您有 1 件事" in wang.says("进度")


def test_as_one(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(TWO)
    assert "收到您反映的问题" in wang.says("合成一件")
    wang.says("1")
    assert here.session.scalars(select(Report.words)).all() == [TWO]


def test_a_dropped_first_one_does_not_take_the_second_along(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says(TWO)
    wang.says("好")
    assert "接着是下一件" in wang.says("不提交")
    wang.says("1")
    assert [category for category, _ in issues(here)] == ["sanitation"]


def test_one_that_a_neighbour_told_already_is_joined_and_the_next_follows(here: Neighbourhood, staff: Staff) -> None:
    here.person("zhou").reports("西苑小区3号楼楼顶漏雨")
    wang = here.person("wang")
    wang.says(TWO)
    assert "已有邻居反映" in wang.says("1")
    joined = wang.says("1")
    assert joined.startswith("已经把您加进 LN-2026-0001")
    assert "接着是下一件" in joined
    wang.says("1")
    assert [category for category, _ in issues(here)] == ["building", "sanitation"]


def test_photos_go_with_the_first(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.sends_photo(TWO)
    assert "照片 1 张" in wang.says("1")
    assert "照片" not in wang.says("1").partition("接着是下一件")[2]


def test_one_matter_with_its_story_is_not_taken_apart(here: Neighbourhood) -> None:
    story = "西苑小区3号楼2单元楼道灯坏了，找物业说了三次都没人管，老人晚上上楼害怕"
    assert here.person("wang").says(story).startswith("收到您反映的问题")


def test_what_is_not_for_us_is_told_where_it_belongs_and_a_person_is_offered(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    answer = wang.says("举报街道干部贪污受贿")
    assert "12388" in answer
    assert wang.labels == ["请工作人员联系我", "还是要在这里登记", "不登记了"]
    assert "已经告诉社区工作人员" in wang.says("1")
    here.deliver()
    assert "要找工作人员" in staff.sun.inbox[-1].text


def test_who_wants_to_tell_it_here_all_the_same_may(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("举报街道干部贪污受贿")
    assert "在哪个小区" in wang.says("还是登记")
    assert "收到您反映的问题" in wang.says("西苑小区")
    assert "收到您反映的问题" in wang.says("是我们小区门口那个岗亭的事")  # and is not sent away again


def test_who_leaves_it_has_nothing_registered(here: Neighbourhood) -> None:
    wang = here.person("wang")
    wang.says("举报街道干部贪污受贿")
    assert "没有提交" in wang.says("不登记了")
    assert issues(here) == []


def test_who_only_threatens_is_taken_in(here: Neighbourhood) -> None:
    answer = here.person("wang").says("西苑小区3号楼2单元楼道灯坏了没人管，再不修我就去上访起诉你们")
    assert answer.startswith("收到您反映的问题")
