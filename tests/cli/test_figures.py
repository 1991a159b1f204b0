"""``zhuoluo figures``: a table in the terminal, lists, files; what is misspelt is refused with what there is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from PIL import Image
from sqlalchemy.orm import Session

from bot.database import Database
from models.rules.issue_workflow import Rating
from tests.cli.command import Command
from tests.services.figures_stage import staged


@pytest.fixture
def month(migrated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In March: 照明 twice in the first grid, of which one is answered; 供水 once in the second, answered and rated."""
    monkeypatch.setenv("ZHUOLUO_DATABASE__URL", migrated)
    database = Database.open(migrated)
    with Session(database.engine, expire_on_commit=False) as session, session.begin():
        stage = staged(session)
        stage.here.now = datetime(2026, 3, 10, tzinfo=UTC)
        done, _open, water = stage.tells(), stage.tells(), stage.tells("water", at="second")
        stage.here.passes(hours=30)
        for issue in (done, water):
            stage.answers(issue)
        stage.rates(water, Rating.BASIC)
        session.flush()
    database.close()


MARCH = ("figures", "--month", "2026-03")


def rows(out: str) -> dict[str, list[str]]:
    """The lines of a table by their first cell."""
    lines = [line[1:-1].split("│") for line in out.splitlines() if line.startswith("│")]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}


def test_it_explains_itself(zhuoluo: Command) -> None:
    said = zhuoluo("figures", "--help")
    assert said.code == 0
    assert "每一项都给出分子和分母" in said.out


@pytest.mark.usefixtures("month")
def test_figures_of_a_month_stand_with_numerator_and_denominator(zhuoluo: Command) -> None:
    said = zhuoluo(*MARCH)
    assert (said.code, said.err) == (0, "")
    title, now, *_ = said.out.splitlines()
    assert title == "全部社区 2026年3月首次反映的事：3 件，已答复 2 件，没办完 1 件"
    assert now == "现在没办完的一共 1 件（不管哪个月反映的），1 件有人管、有期限：着落率 100%。"
    found = rows(said.out)
    assert found["响应率"][:2] == ["0%", "0/3"]
    assert found["满意率"][:2] == ["90%", "0.9/1"]
    assert found["合并准确率"][:2] == ["—", ""]
    assert len([name for name in found if name]) == 13


@pytest.mark.usefixtures("month")
def test_without_a_month_it_is_this_one(zhuoluo: Command) -> None:
    now = datetime.now(UTC)
    said = zhuoluo("figures")
    assert said.code == 0
    assert f"{now.year}年" in said.out.splitlines()[0]


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize(
    ("narrowed", "reported"),
    [
        (("--community", "兰宁社区"), 3),
        (("--community", "dh"), 0),
        (("--grid", "第二网格"), 1),
        (("--category", "照明"), 2),
        (("--community", "LN", "--grid", "第一网格", "--category", "lighting"), 2),
    ],
)
def test_a_community_a_grid_and_a_category_narrow_it_down(
    zhuoluo: Command, narrowed: tuple[str, ...], reported: int
) -> None:
    assert f"：{reported} 件，" in zhuoluo(*MARCH, *narrowed).out.splitlines()[0]


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize(
    ("by", "names"),
    [("category", ["照明", "供水排水"]), ("grid", ["第一网格", "第二网格"]), ("社区", ["兰宁社区"])],
)
def test_groups_stand_under_one_another_with_their_sum(zhuoluo: Command, by: str, names: list[str]) -> None:
    said = zhuoluo(*MARCH, "--by", by)
    assert said.code == 0
    assert [name for name in rows(said.out) if name in {*names, "合计"}] == [*names, "合计"]


@pytest.mark.usefixtures("month")
def test_by_month_shows_the_twelve_months_until_then(zhuoluo: Command) -> None:
    found = rows(zhuoluo(*MARCH, "--by", "month").out)
    assert (found["2025年4月"][0], found["2026年3月"][0], found["合计"][0]) == ("0", "3", "3")
    year = rows(zhuoluo("figures", "--month", "2026", "--by", "month").out)
    assert (year["2026年1月"][0], year["2026年12月"][0]) == ("0", "0")


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize("name", ["按时办结率", "on_time"])
def test_the_list_behind_a_figure(zhuoluo: Command, name: str) -> None:
    said = zhuoluo(*MARCH, "--list", name)
    assert said.out.splitlines()[0] == "全部社区 2026年3月首次反映的事，按时办结率 33.3%（1/3）：按期限答复的"
    found = rows(said.out)
    assert (found["LN-2026-0003"][0], found["LN-2026-0001"][0]) == ("0/1", "1/1")


@pytest.mark.usefixtures("month")
def test_the_list_of_landing_times(zhuoluo: Command) -> None:
    assert rows(zhuoluo(*MARCH, "--list", "p90").out)["LN-2026-0001"][:2] == ["1/1", "1 天 6 小时"]
    assert "名单是空的" in zhuoluo(*MARCH, "--list", "合并准确率").out


@pytest.mark.usefixtures("month")
def test_files_are_written_where_they_are_asked_for(zhuoluo: Command, folder: Path) -> None:
    said = zhuoluo(*MARCH, "--xlsx", "三月.xlsx", "--png", "三月.png", "--by", "grid")
    if "fonts-noto-cjk" in said.err:
        pytest.skip("no font with Chinese: install fonts-noto-cjk")
    assert (said.code, said.out) == (0, "已写到 三月.xlsx。\n已写到 三月.png。\n")
    issues, meetings = ["全部", "按类别", "按社区", "按月", "名单"], ["议事会", "按议事会", "议事会名单"]
    assert openpyxl.load_workbook(folder / "三月.xlsx").sheetnames == [*issues, *meetings]
    with Image.open(folder / "三月.png") as picture:
        assert picture.width == 1080


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (("--community", "兰宁"), "没有“兰宁”这个社区。能用的：兰宁社区 LN、东湖社区 DH。"),
        (("--grid", "第三网格"), "没有“第三网格”这个网格。能用的：第一网格、东湖网格、第二网格。"),
        (("--category", "灯"), "没有“灯”这个类别。能用的：供水排水、用电、供暖"),
        (("--by", "holder"), "没有“holder”这个分组。能用的：community、grid、category、month。"),
        (("--list", "幸福率"), "没有“幸福率”这个指标。能用的：着落率、回音率"),
        (("--month", "三月"), "“三月”不是月份。请写成 2026-11，或者写一年：2026。"),
        (("--month", "2026-13"), "“2026-13”不是月份。"),
        (("--xlsx", "三月.csv"), "表格的文件名请用 .xlsx 结尾。"),
        (("--png", "三月.jpg"), "图的文件名请用 .png 结尾。"),
        (("--xlsx", "没有/三月.xlsx"), "写不了文件 没有/三月.xlsx"),
    ],
)
def test_what_is_not_there_is_refused_with_what_there_is(
    zhuoluo: Command, wrong: tuple[str, ...], why: str
) -> None:
    said = zhuoluo("figures", *wrong)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(why)


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize("asked", [(), ("--by", "series"), ("--list", "议决率")])
def test_figures_of_meetings_are_asked_for_by_themselves(zhuoluo: Command, asked: tuple[str, ...]) -> None:
    said = zhuoluo(*MARCH, "--meetings", *asked)
    assert (said.code, "的议事会：开会 0 次，参与 0 户" in said.out) == (0, True)


@pytest.mark.usefixtures("month")
def test_an_unknown_figure_of_meetings_is_said(zhuoluo: Command) -> None:
    said = zhuoluo(*MARCH, "--meetings", "--list", "着落率")
    assert (said.code, "议决率" in said.err) == (2, True)
