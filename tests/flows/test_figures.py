"""数据: secretary, community and street read how the month went, in words, as a picture, and by the list behind it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.document import Document
from models.rules.issue_workflow import Rating
from models.rules.meeting_workflow import ItemState, MeetingState
from models.rules.posts import Role, ScopeKind
from tests.council import council
from tests.neighbourhood import Person, Staff
from tests.services.figures_stage import Stage, staged

MONTH = """\
兰宁社区 2026年3月的数据
反映 3 件，已答复 2 件，没办完 1 件。
现在没办完的一共 1 件（不管哪个月反映的），1 件有人管、有期限：着落率 100%。

回音率 33.3%（1/3 位）
响应率 0%（0/3）
按时办结率 50%（1/2）
解决率 100%（1/1 位）
满意率 90%（0.9/1 位，另有 1 位没评价）
重办率 0%（0/2）
退单率 0%（0/3）
首次派单准确率 —
合并准确率 —
重复率 0%（0/3）
答复用时：一半在 1 天 6 小时内，九成在 1 天 6 小时内（2 件）
“—”：还没有可以算的。"""


@pytest.fixture
def stage(session: Session) -> Stage:
    """照明 twice in the first grid, of which one is answered; 供水 once in the second, answered late and rated."""
    stage = staged(session)
    done, _open, water = stage.tells(), stage.tells(), stage.tells("water", at="second")
    stage.here.passes(hours=30)
    for issue in (done, water):
        stage.answers(issue)
    stage.rates(water, Rating.BASIC)
    return stage


@pytest.fixture
def sun(stage: Stage) -> Person:
    """Of the community's desk."""
    return stage.here.person("sun")


def test_the_community_reads_the_month_in_one_message(stage: Stage, sun: Person) -> None:
    assert sun.says("数据") == MONTH
    assert sun.labels == ["按类别", "按网格", "看图", "看名单", "要表格", "议事会", "上个月"]


@pytest.mark.parametrize("word", ["月报", "统计", "看数据"])
def test_there_are_other_words_for_it(stage: Stage, sun: Person, word: str) -> None:
    assert sun.says(word) == MONTH


def test_the_secretary_reads_of_the_grid_alone(stage: Stage) -> None:
    zhao = stage.here.person("zhao")
    assert zhao.says("数据").startswith("第一网格 2026年3月的数据\n反映 2 件，已答复 1 件，没办完 1 件。")
    assert zhao.labels == ["按类别", "看图", "看名单", "要表格", "议事会", "上个月"]


def test_the_street_reads_of_all_its_communities(stage: Stage) -> None:
    stage.tells(at="next door")
    boss = stage.here.person("boss")
    stage.here.appoint(boss, Role.STREET, ScopeKind.STREET, 1, "凤栖街道")
    assert "反映 4 件" in boss.says("数据")
    assert boss.says("按社区") == (
        "凤栖街道 2026年3月，按社区：\n\n"
        "兰宁社区 3 件，没办完 1 件，按时办结 1/2，满意率 90%\n"
        "东湖社区 1 件，没办完 1 件"
    )


@pytest.mark.parametrize("who", ["li", "qian", "wang"])
def test_for_everybody_else_the_word_is_no_command(stage: Stage, who: str) -> None:
    said = stage.here.person(who).says("数据")
    assert "反映 " not in said
    assert "在哪个小区" in said


def test_by_category_and_back(stage: Stage, sun: Person) -> None:
    sun.says("数据")
    assert sun.says("按类别") == (
        "兰宁社区 2026年3月，按类别：\n\n"
        "照明 2 件，没办完 1 件，按时办结 1/1\n供水排水 1 件，按时办结 0/1，满意率 90%"
    )
    assert sun.presses("全部数据") == MONTH


def test_by_grid(stage: Stage, sun: Person) -> None:
    sun.says("数据")
    assert sun.says("2") == (
        "兰宁社区 2026年3月，按网格：\n\n"
        "第一网格 2 件，没办完 1 件，按时办结 1/1\n第二网格 1 件，按时办结 0/1，满意率 90%"
    )


def test_many_categories_are_told_as_the_largest_and_the_rest(stage: Stage, sun: Person) -> None:
    for number in range(15):
        stage.tells(f"own {number}")
    sun.says("数据")
    lines = sun.says("按类别").splitlines()[2:]
    assert len(lines) == 12
    assert lines[0].startswith("照明 2 件")
    assert lines[-1] == "其余 6 项，共 6 件（要全部的请选“要表格”）"


def test_last_month_and_the_one_before_and_this_one_again(stage: Stage, sun: Person) -> None:
    stage.here.passes(days=30)
    assert sun.says("数据").startswith("兰宁社区 2026年4月的数据\n没有人反映过事。\n现在没办完的一共 1 件")
    assert sun.says("上个月").startswith("兰宁社区 2026年3月的数据\n反映 3 件")
    assert "2026年2月" in sun.says("再上个月")
    sun.says("按类别")
    assert sun.says("上个月") == "兰宁社区 2026年1月还没有人反映过事。"
    assert sun.says("本月") == "兰宁社区 2026年4月还没有人反映过事。"


def test_the_list_behind_a_figure_opens_what_is_amiss(stage: Stage, sun: Person) -> None:
    sun.says("数据")
    assert sun.says("看名单") == "兰宁社区 2026年3月，想看哪一项的名单？"
    assert len(sun.labels) == 13
    assert sun.says("按时办结率") == (
        "兰宁社区 2026年3月\n按时办结率 50%（1/2）：按期限答复的。\n没算进去的 1 件：\n"
        "LN-2026-0003 西苑小区9号楼1单元 · 楼道灯坏了一个星期"
    )
    assert sun.says("3").startswith("LN-2026-0003 【供水排水】")


def test_a_list_counts_raisers_and_names_none(stage: Stage, sun: Person) -> None:
    shared = stage.tells()
    neighbour = stage.joins(shared)
    stage.answers(shared)
    stage.rates(shared, Rating.SATISFIED)
    stage.rates(shared, Rating.BASIC, neighbour)
    sun.says("数据")
    sun.says("看名单")
    assert sun.says("满意率") == (
        "兰宁社区 2026年3月\n满意率 93.3%（2.8/3）：评价过的人里，满意的算 1，基本满意的算 0.9。\n"
        "没有全算进去的 2 件：\n"
        "LN-2026-0003 西苑小区9号楼1单元 · 楼道灯坏了一个星期（1 位算 0.9）\n"
        "LN-2026-0004 西苑小区3号楼2单元 · 楼道灯坏了一个星期（2 位算 1.9）"
    )


@pytest.mark.parametrize(
    ("figure", "end"),
    [
        ("解决率", "全都算进去了，没有落下的。"),
        ("重办率", "没有这样的事。"),
        ("九成答复用时", "没有更慢的。"),
        ("合并准确率", "还没有可以算的。"),
    ],
)
def test_a_list_with_nothing_amiss_says_so(stage: Stage, sun: Person, figure: str, end: str) -> None:
    sun.says("数据")
    sun.says("看名单")
    assert sun.says(figure).strip().endswith(end)
    assert sun.labels == ["看名单", "全部数据", "上个月"]


def test_a_long_list_is_shown_in_part(stage: Stage, sun: Person) -> None:
    for _ in range(20):
        stage.tells()
    stage.here.passes(days=2)
    sun.says("数据")
    sun.says("看名单")
    said = sun.says("响应率")
    assert said.count("LN-2026-") == 15
    assert "……还有 8 件" in said


def test_what_has_not_landed_is_listed_whatever_the_month(stage: Stage, sun: Person) -> None:
    stage.here.passes(days=40)
    sun.says("数据")
    sun.says("看名单")
    assert sun.says("着落率").startswith("兰宁社区 现在\n着落率 100%（1/1）：没办完的事里，有人管、有期限的。\n全都")


def test_an_administrator_reads_numbers_and_opens_nothing(stage: Stage) -> None:
    boss = stage.here.person("boss")
    stage.here.appoint(boss, Role.ADMINISTRATOR, ScopeKind.COMMUNITY, stage.here.ids.community, "兰宁社区")
    assert boss.says("数据") == MONTH
    boss.says("看名单")
    assert "LN-2026-0003" in boss.says("按时办结率")
    assert boss.labels == ["看名单", "全部数据", "上个月"]


def test_a_picture_is_promised_and_its_numbers_are_said_at_once(stage: Stage, sun: Person) -> None:
    sun.says("数据")
    assert sun.says("看图") == "兰宁社区 2026年3月，想看哪张图？"
    assert sun.labels == ["各项比率", "各类多少件", "各网格多少件", "近十二个月", "议事会的比率"]
    said = sun.says("各类多少件")
    assert said.startswith("图正在画，画好了发给您。数字先写在这里：\n\n兰宁社区 2026年3月，按类别：")
    assert asked(stage) == [
        ("chart", {"member": stage.sun, "month": "2026-03", "by": "category"}, "兰宁社区2026年3月各类多少件.png")
    ]


@pytest.mark.parametrize(
    ("picture", "by"),
    [("各项比率", ""), ("各网格多少件", "grid"), ("近十二个月", "month"), ("议事会的比率", "meetings")],
)
def test_every_picture_can_be_asked_for(stage: Stage, sun: Person, picture: str, by: str) -> None:
    sun.says("数据")
    sun.says("看图")
    sun.says(picture)
    ((kind, params, _name),) = asked(stage)
    assert (kind, params["by"]) == ("chart", by)


def test_figures_of_meetings_their_groups_and_lists_are_one_press_away(stage: Stage, sun: Person) -> None:
    meeting = council(stage.here, Staff(*(stage.here.person(name) for name in ("li", "zhao", "sun", "qian"))),
                      state=MeetingState.HELD, days=-1)  # fmt: skip
    meeting.item("增设充电桩", state=ItemState.ADOPTED)
    meeting.item("清理楼道", state=ItemState.ADJOURNED)
    sun.says("数据")
    said = sun.says("议事会")
    assert said.startswith("兰宁社区 2026年3月的议事会\n开会 1 次，参与 0 户。")
    assert "议决率 50%（1/2）" in said
    listed = sun.says("议决率")
    assert "清理楼道 · 西苑小区议事会" in listed
    assert "增设充电桩" not in listed
    sun.says("议事会")
    assert "西苑小区议事会 开会 1 次，参与 0 户，议决 1/2" in sun.says("按议事会")
    sun.says("议事会")
    assert "开会 1 次" in sun.says("按层级")


def test_a_table_is_promised(stage: Stage, sun: Person) -> None:
    sun.says("数据")
    assert sun.says("要表格") == "好，正在做表格，做好了发给您。"
    assert asked(stage) == [("figures", {"member": stage.sun, "month": "2026-03"}, "兰宁社区2026年3月数据.xlsx")]


def asked(stage: Stage) -> list[tuple[str, dict[str, object], str]]:
    rows = stage.session.execute(select(Document.kind, Document.params, Document.name).order_by(Document.id))
    return [(row.kind, row.params, row.name) for row in rows]
