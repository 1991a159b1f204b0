"""The ledger as a spreadsheet: a sheet for each, dates of the house, and nothing that a spreadsheet would obey."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.documents import BUILDERS
from models.issue import Issue
from models.member import Grant
from services.standing import Ledger
from tests.neighbourhood import Neighbourhood, Person, Staff, settle, staffed

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝HYPERLINK(1)", "＋1", "－1", "＠x", " =1", "\n=1"]


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    return settle(session)


@pytest.fixture
def staff(here: Neighbourhood) -> Staff:
    return staffed(here)


def built(here: Neighbourhood, who: Person, *which: Ledger) -> openpyxl.Workbook:
    params: dict[str, Any] = {"member": who.member_id, "ledgers": [each.value for each in which], "part": None}
    data = BUILDERS["ledger"](here.session, params, house=here.house, at=here.now)
    return openpyxl.load_workbook(BytesIO(data))


def test_all_ledgers_are_a_sheet_each_with_its_head_fixed(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports("西苑小区3号楼2单元楼道灯坏了")
    here.passes(days=8)
    book = built(here, staff.zhao, *Ledger)
    assert book.sheetnames == [
        *("在办", "超期", "快到期", "没人受理", "等补充", "挂账", "退过单", "重办", "办结没通知到"),
    ]
    for page in book.worksheets:
        assert page.freeze_panes == "A2"
        assert page["A1"].value == "编号"
        assert page.column_dimensions["G"].width == 40
    assert [page.max_row for page in book.worksheets] == [2, 2, 1, 2, 1, 1, 1, 1, 1]


def test_a_line_has_numbers_as_numbers_and_dates_as_dates_of_the_house(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports("西苑小区3号楼2单元楼道灯坏了")
    here.session.execute(update(Issue).values(households=9, people=27))
    page = built(here, staff.zhao, Ledger.OPEN).worksheets[0]
    heads, cells = ([cell.value for cell in row] for row in page.iter_rows())
    line = dict(zip(heads, cells, strict=True))
    reported = here.issue().first_reported_at.replace(tzinfo=None, microsecond=0) + timedelta(hours=8)
    assert f"{reported:%Y-%m-%d %H:%M}" == "2026-03-02 12:00"
    assert line == {
        "编号": "LN-2026-0001",
        "社区": "兰宁社区",
        "网格": "第一网格",
        "类别": "照明",
        "紧急": None,
        "地点": "西苑小区3号楼2单元",
        "事项": "楼道灯坏了",
        "状态": "已收到",
        "灯": "绿",
        "承办": "红管家（西苑小区3号楼2单元）",
        "层级": "楼道",
        "首次反映": reported,
        "应首次答复": reported + timedelta(days=1),
        "期限": reported + timedelta(days=7),
        "期限是预计": None,
        "反映人数": 1,
        "影响户数": 9,
        "影响人数": 27,
        "重办次数": 0,
        "退单次数": 0,
        "再看日期": None,
        "原因类别": None,
        "原因": None,
        "没通知到": None,
    }


def test_what_people_wrote_is_no_formula(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    for number, words in enumerate(FORMULAS, start=1):
        here.passes(hours=3)
        wang.reports(f"西苑小区3号楼2单元{number}楼的灯坏了")
        here.session.execute(update(Issue).where(Issue.serial == number).values(summary=words, place_label=words))
    page = built(here, staff.zhao, Ledger.OPEN).worksheets[0]
    for row in page.iter_rows(min_row=2):
        words = {row[column].value for column in (5, 6)}
        assert {row[column].data_type for column in (5, 6)} == {"s"}
        assert all(str(each).startswith("'") for each in words), words
    assert page.max_row == len(FORMULAS) + 1


def test_whoever_lost_the_post_since_gets_an_empty_table(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    here.session.execute(update(Grant).where(Grant.member_id == staff.zhao.member_id).values(ends_at=here.now))
    assert built(here, staff.zhao, Ledger.OPEN).worksheets[0].max_row == 1
