"""台账: how many there are, which they are, how each community, grid and holder stands, and all of it as a table."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.document import Document
from models.member import Grant
from models.rules.posts import Role, ScopeKind
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff, next_door


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    """Two issues: 1 with the steward, accepted; 2 with the secretary, whom nobody has seen take it up."""
    wang = here.person("wang")
    wang.reports("西苑小区3号楼2单元楼道灯坏了")
    staff.li.says("受理 1")
    here.passes(hours=1)
    wang.reports(ANOTHER)
    return wang


def test_a_secretary_looks_at_the_ledger_of_the_grid(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    here.passes(days=8)
    assert staff.zhao.says("台账") == "台账：\n在办 2 件\n超期 2 件\n没人受理 1 件\n想看哪一本？"
    assert staff.zhao.labels == ["在办", "超期", "没人受理", "按承办看", "要表格"]
    assert staff.zhao.says("超期") == (
        "超期：\n"
        "LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了\n　红管家（西苑小区3号楼2单元），超 1 天\n"
        "LN-2026-0002 【环境卫生】西苑小区5号楼 · 门口的垃圾两天没人清\n　网格书记（第一网格），超 1 天\n"
        "回复编号的最后几位（比如 1）看详细、去办理。"
    )
    assert staff.zhao.says("2").startswith("LN-2026-0002 【环境卫生】")


def test_everybody_has_a_ledger_of_their_own_scope(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert staff.li.says("台账").startswith("台账：\n在办 1 件\n")
    assert staff.li.labels == ["在办", "要表格"]
    assert staff.qian.says("台账") == "您这里现在没有在办的事，也没有办结后没通知到的。"
    assert "想看哪一本" not in wang.says("台账")  # a resident's own words


def test_a_long_ledger_is_read_page_by_page(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    hua = here.person("hua")
    for number in range(10):
        here.passes(hours=3)
        hua.reports(f"西苑小区3号楼2单元{number + 1}楼的灯坏了")
    staff.zhao.says("台账")
    first = staff.zhao.says("在办")
    assert first.count("LN-2026-") == 9
    assert first.endswith("后面还有，回复“下一页”。")
    assert staff.zhao.labels[-2:] == ["下一页", "要表格"]
    second = staff.zhao.says("下一页")
    assert second.count("LN-2026-") == 3
    assert "下一页" not in second + "".join(staff.zhao.labels)
    assert {f"LN-2026-{n:04d}" for n in range(1, 13)} == {
        word for word in (first + second).split() if word.startswith("LN-")
    }
    assert staff.zhao.says("返回").startswith("台账：")
    assert staff.zhao.says("LN-2026-0012").startswith("LN-2026-0012")


def test_the_street_looks_down_to_a_holder(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    other = next_door(here)
    other.now = here.now
    other.person("he2").reports("东湖小区1号楼1单元灯坏了")
    here.now = other.now
    mayor = here.person("mayor")
    here.appoint(mayor, Role.STREET, ScopeKind.STREET, 1, "凤栖街道")
    here.passes(days=8)
    assert mayor.says("台账").startswith("台账：\n在办 3 件\n超期 3 件\n")
    assert mayor.says("按社区看") == (
        "在办和超期：\n兰宁社区：在办 2 件，超期 2 件\n东湖社区：在办 1 件，超期 1 件\n想看哪一个的台账？"
    )
    assert mayor.says("1").startswith("兰宁社区的台账：\n在办 2 件\n")
    assert mayor.labels == ["在办", "超期", "没人受理", "按网格看", "按承办看", "要表格"]
    assert mayor.says("按承办看") == (
        "兰宁社区的在办和超期：\n网格书记（第一网格）：在办 1 件，超期 1 件\n"
        "红管家（西苑小区3号楼2单元）：在办 1 件，超期 1 件\n想看哪一个的台账？"
    )
    assert mayor.says("1").startswith("网格书记（第一网格）的台账：\n在办 1 件\n")
    assert mayor.says("在办").startswith("网格书记（第一网格）的在办：\nLN-2026-0002")


def test_a_part_of_somebody_elses_shows_nothing(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    """Whoever loses a post while they read sees nothing more of it."""
    staff.sun.says("台账")
    staff.sun.says("按网格看")
    for grant in here.session.scalars(select(Grant).where(Grant.member_id == staff.sun.member_id)):
        grant.ends_at = here.now
    here.session.flush()
    assert staff.sun.says("1") == "您这里现在没有在办的事，也没有办结后没通知到的。"


def test_a_table_is_made_and_sent(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.zhao.says("台账")
    assert staff.zhao.says("要表格") == "好，正在做表格，做好了发给您。"
    staff.zhao.says("台账")
    staff.zhao.says("在办")
    staff.zhao.says("要表格")
    asked = here.session.execute(select(Document.kind, Document.name, Document.params).order_by(Document.id)).all()
    everything = ["open", "overdue", "yellow", "unaccepted", "waiting", "shelved", "declined", "reopened", "unreached"]
    mine = {"member": staff.zhao.member_id, "part": None}
    assert [tuple(row) for row in asked] == [
        ("ledger", "台账 2026-03-02.xlsx", {**mine, "ledgers": everything}),
        ("ledger", "在办台账 2026-03-02.xlsx", {**mine, "ledgers": ["open"]}),
    ]


def test_each_ledger_says_what_matters_there(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    def last_line(name: str) -> str:
        staff.zhao.says("台账")
        return staff.zhao.says(name).splitlines()[2].strip()

    assert last_line("在办") == "已受理，红管家（西苑小区3号楼2单元），3月9日前"
    here.passes(days=6)
    assert last_line("快到期") == "红管家（西苑小区3号楼2单元），明天 12:00 前"
    assert last_line("没人受理") == "网格书记（第一网格），本该 3月3日 13:00 前联系居民"
