"""Figures as a workbook and as pictures: of the asker's own scope, with words that stay words."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from PIL import Image
from sqlalchemy.orm import Session

from bot import figure_files, pictures
from bot.documents import BUILDERS
from bot.figure_files import chart, chart_file, figures_file, lately, table
from bot.pictures import Bars, Lines, NoChineseFont
from models.issue import Issue
from models.rules.errors import NotFound
from models.rules.issue_workflow import Rating
from services import following
from services.figures import By, Period
from tests.services.figures_stage import MARCH, Stage, staged


@pytest.fixture
def stage(session: Session) -> Stage:
    """照明 twice, of which one was answered and one is not; 供水 once, in the other grid, answered and rated."""
    stage = staged(session)
    done, _open, water = stage.tells(), stage.tells(), stage.tells("water", at="second")
    stage.here.passes(hours=30)
    for issue in (done, water):
        stage.answers(issue)
    stage.rates(water, Rating.BASIC)
    return stage


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(BytesIO(data))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.rows] for sheet in book}


def params(stage: Stage, member: int, by: str = "") -> dict[str, Any]:
    return {"member": member, "month": "2026-03", "by": by}


def made(stage: Stage, member: int) -> bytes:
    return figures_file(stage.session, params(stage, member), house=stage.here.house, at=stage.here.now)


def test_the_workbook_has_every_figure_with_numerator_and_denominator(stage: Stage) -> None:
    found = sheets(made(stage, stage.sun))
    assert list(found) == ["全部", "按类别", "按网格", "按月", "名单", "议事会", "按议事会", "议事会名单"]
    rows = {row[0]: row[1:4] for row in found["全部"]}
    assert rows["指标"] == ["数值", "分子", "分母"]
    assert rows["件数"][1] == 3
    assert rows["响应率"] == ["0%", 0, 3]
    assert rows["满意率"] == ["90%", 0.9, 1]
    assert rows["半数答复用时"] == ["1 天 6 小时", 2, 2]
    assert rows["合并准确率"] == ["—", 0, 0]


def test_groups_end_with_their_sum_and_months_are_the_last_twelve(stage: Stage) -> None:
    found = sheets(made(stage, stage.sun))
    assert [row[:4] for row in found["按类别"]] == [
        ["类别", "件数", "已答复", "没办完"],
        ["照明", 2, 1, 1],
        ["供水排水", 1, 1, 0],
        ["合计", 3, 2, 1],
    ]
    assert [row[:3] for row in found["按网格"][1:]] == [
        ["第一网格", "兰宁社区", 2],
        ["第二网格", "兰宁社区", 1],
        ["合计", None, 3],
    ]
    months = [row[0] for row in found["按月"]]
    assert (months[1], months[12], months[13], len(months)) == ("2025年4月", "2026年3月", "合计", 14)


def test_the_list_says_what_each_issue_adds(stage: Stage) -> None:
    lines = [row for row in sheets(made(stage, stage.sun))["名单"] if row[0] == "满意率"]
    assert lines == [["满意率", "LN-2026-0003", "西苑小区9号楼1单元", "楼道灯坏了一个星期", 0.9, 1, None]]


def test_a_formula_that_somebody_reported_stays_words(stage: Stage) -> None:
    for number, said in enumerate(("=HYPERLINK(1)", "@SUM(1)", "+1"), start=1):
        stage.session.get_one(Issue, number).summary = said
    book = openpyxl.load_workbook(BytesIO(made(stage, stage.sun)))
    cells = [cell for row in book["名单"].rows for cell in row]
    assert {cell.value for cell in cells} >= {"'=HYPERLINK(1)", "'@SUM(1)", "'+1"}
    assert "f" not in {cell.data_type for cell in cells}


def test_a_file_is_of_the_scope_that_its_asker_has_when_it_is_made(stage: Stage) -> None:
    rows = {row[0]: row[1:4] for row in sheets(made(stage, stage.zhao))["全部"]}
    assert rows["件数"][1] == 2
    with pytest.raises(NotFound):
        made(stage, stage.li)


@pytest.mark.parametrize("by", ["", "category", "grid", "month", "meetings"])
def test_a_picture_for_each_view(stage: Stage, by: str) -> None:
    try:
        data = chart_file(stage.session, params(stage, stage.sun, by), house=stage.here.house, at=stage.here.now)
    except NotFound:
        pytest.skip("no font with Chinese: install fonts-noto-cjk")
    picture = Image.open(BytesIO(data))
    assert (picture.format, picture.width) == ("PNG", pictures.WIDTH)


def test_the_bars_say_how_many_and_how_many_in_time(stage: Stage) -> None:
    bars = chart(stage.session, stage.asked(), By.CATEGORY, at=stage.here.now)
    assert isinstance(bars, Bars)
    assert [(bar.label, bar.lengths, bar.value, bar.note) for bar in bars.bars] == [
        ("照明", (1, 1), "2 件", "按时 1/1"),
        ("供水排水", (1, 0), "1 件", "按时 0/1"),  # its limit is a day
    ]
    assert (bars.title, bars.about) == ("全部社区 2026年3月", "2026年3月首次反映的 3 件，截至3月3日")


def test_many_groups_are_drawn_as_the_largest_and_the_rest(stage: Stage) -> None:
    for number in range(15):
        stage.tells(f"own {number}")
    bars = chart(stage.session, stage.asked(), By.CATEGORY, at=stage.here.now)
    assert isinstance(bars, Bars)
    assert len(bars.bars) == 12
    assert (bars.bars[-1].label, bars.bars[-1].value) == ("其余 6 项", "6 件")
    assert sum(sum(bar.lengths) for bar in bars.bars) == 18


def test_rates_that_should_be_low_are_drawn_last_in_another_colour(stage: Stage) -> None:
    bars = chart(stage.session, stage.asked(), None, at=stage.here.now)
    assert isinstance(bars, Bars)
    assert [bar.label for bar in bars.bars if bar.fault] == ["重办率", "退单率", "重复率"]
    assert not any(bar.fault for bar in bars.bars[:-3])
    assert [(bar.value, bar.note) for bar in bars.bars if bar.label == "合并准确率"] == [("—", "")]


def test_what_the_other_colour_means_is_said_where_it_is_seen(stage: Stage) -> None:
    plain = chart(stage.session, stage.asked(), None, at=stage.here.now)
    assert plain.about == "2026年3月首次反映的 3 件，截至3月3日"
    stage.does(following.reopen_issue, 1, stage.raisers[1], words="又灭了")
    assert chart(stage.session, stage.asked(), None, at=stage.here.now).about == f"{plain.about}；黄色的越少越好"


def test_grids_of_several_communities_are_named_with_their_community(stage: Stage) -> None:
    stage.tells(at="next door")
    bars = chart(stage.session, stage.asked(), By.GRID, at=stage.here.now)
    assert isinstance(bars, Bars)
    assert [bar.label for bar in bars.bars] == ["兰宁社区第一网格", "东湖社区东湖网格", "兰宁社区第二网格"]


def test_a_line_goes_through_the_months_that_have_something(stage: Stage) -> None:
    lines = chart(stage.session, stage.asked(), By.MONTH, at=stage.here.now)
    assert isinstance(lines, Lines)
    assert lines.months == ("4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月", "1月", "2月", "3月")
    assert lines.counts == (*[0] * 11, 3)
    content = lines.lines[2]
    assert (content.name, content.shares, content.last) == ("满意率", (*[None] * 11, 0.9), "90%")


def test_a_year_is_drawn_as_it_is(stage: Stage) -> None:
    year = stage.asked(period=Period(MARCH.first.plus(-2), MARCH.timezone, 12))
    assert lately(year) == year
    found = sheets(table(stage.session, year, at=stage.here.now, rules=stage.here.house.rules))
    assert found["按月"][1][0] == "2026年1月"


def test_without_a_chinese_font_the_log_says_what_to_install(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_font(chart: Bars | Lines) -> bytes:
        raise NoChineseFont

    monkeypatch.setattr(figure_files, "png", no_font)
    with pytest.raises(NotFound):
        chart_file(stage.session, params(stage, stage.sun), house=stage.here.house, at=stage.here.now)
    assert "fonts-noto-cjk" in caplog.text


def test_both_kinds_of_documents_are_made() -> None:
    assert (BUILDERS["figures"], BUILDERS["chart"]) == (figures_file, chart_file)
