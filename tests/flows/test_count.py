"""核户: how many households and people, counted as far as homes are known and confirmed by the staff."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from handlers.flows.count import read_count
from models.issue import Issue
from models.member import Member
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


def lives(here: Neighbourhood, person: Person, room: str) -> None:
    member = here.session.scalars(select(Member).where(Member.id == person.member_id)).one()
    member.home_unit_id, member.home_room = here.ids.unit, room
    here.session.flush()


def joins(here: Neighbourhood, name: str) -> Person:
    person = here.person(name)
    person.says("西苑小区3号楼2单元楼道灯不亮")
    person.says("同意，我说的就是这件，一起跟进")
    return person


def test_homes_that_are_known_are_counted_once_and_who_has_none_counts_as_one(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    for name, room in (("chen", "501"), ("ma", "501"), ("gao", "502")):
        lives(here, joins(here, name), room)
    assert staff.li.says("核户") == (
        "LN-2026-0001“楼道灯坏了一个星期”按反映的人算，有 3 户 4 人（其中 1 人没有登记住址，每人算一户）。\n"
        "对就确认；不对请直接写，比如：9户27人，或者只写：9户。"
    )
    assert staff.li.labels == ["就是 3 户 4 人"]
    assert staff.li.says("对") == "记下了：LN-2026-0001 涉及 3 户 4 人。"
    issue = here.issue()
    assert (issue.households, issue.people, issue.counted_by_id) == (3, 4, staff.li.member_id)


def test_the_steward_writes_what_they_found(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("核户 1")
    assert staff.li.says("很多").startswith("没看懂。请写几户几人")
    assert staff.li.says("9户5人").startswith("没看懂。请写几户几人")
    assert staff.li.says("9户27人") == "记下了：LN-2026-0001 涉及 9 户 27 人。"
    assert "上次核的是 9 户 27 人。" in staff.li.says("核户 1")
    assert staff.li.says("12户") == "记下了：LN-2026-0001 涉及 12 户 12 人。"


def test_the_count_stands_on_the_page_and_in_the_next_order(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    staff.li.says("核户 1")
    staff.li.says("9户27人")
    assert "涉及 9 户 27 人。" in staff.li.says("1")
    staff.li.says("上报 1")
    staff.li.says("线路老化")
    here.deliver()
    assert staff.zhao.inbox[-1].text == (
        "转给您的事项 LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "原因：线路老化\n涉及 9 户 27 人\n请在3月9日前答复居民。"
    )


def test_residents_and_companies_do_not_count(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    assert wang.says("核户 1").startswith("这一项要由红管家或工作人员来办")
    staff.li.says("核户 1")
    assert staff.li.says("取消").startswith("好的，取消了。")
    assert here.session.scalars(select(Issue.households)).all() == [None]


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("9户27人", (9, 27)),
        ("９户，２７人", (9, 27)),
        ("九户二十七口人", (9, 27)),
        ("约9户，约27人。", (9, 27)),
        ("9家27个人", (9, 27)),
        ("120户", (120, 120)),
        ("1户", (1, 2)),
        ("9", None),
        ("27人", None),
        ("0户", None),
        ("9户8人", None),
        ("99999户", None),
        ("3号楼9户", None),
    ],
)
def test_counts_as_people_write_them(said: str, counted: tuple[int, int] | None) -> None:
    assert read_count(said, least=2) == counted


@given(st.integers(1, 500), st.integers(0, 2000), st.integers(0, 50))
def test_a_written_count_is_read_as_it_is_written(households: int, more: int, least: int) -> None:
    people = households + more
    assert read_count(f"{households}户{people}人", least=least) == (households, people)
    assert read_count(f"{households}户", least=least) == (households, max(households, least))


@given(st.text(max_size=12))
def test_whatever_else_is_said_is_no_count_or_a_sound_one(said: str) -> None:
    counted = read_count(said, least=1)
    assert counted is None or 1 <= counted[0] <= counted[1]
