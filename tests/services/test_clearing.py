"""清账: what is overdue goes to its holder and to the rung above; nobody hears of the same issue twice on one day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models.notice import Notice
from models.rules.house import HouseRules
from models.rules.posts import Role, ScopeKind
from models.rules.working_days import WorkCalendar
from services import clearing, handling, ledgers
from services.clearing import Cleared
from services.ledgers import EVERYTHING
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff, next_door


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    """Whose two issues are overdue: 1 with the steward, 2 with the secretary. Nothing climbs by itself here."""
    wang = here.person("wang")
    wang.reports("西苑小区3号楼2单元楼道灯坏了")
    here.passes(hours=1)
    wang.reports(ANOTHER)
    here.passes(days=8)
    return wang


def clear(here: Neighbourhood, who: Person | None = None) -> Cleared:
    reach = EVERYTHING if who is None else ledgers.reach_of(here.session, member_id=who.member_id, at=here.now)
    actor = who.member_id if who else None
    return clearing.clear(here.session, reach=reach, actor_id=actor, at=here.now, rules=here.house.rules)


def told(here: Neighbourhood) -> dict[int, list[list[tuple[int, bool]]]]:
    """For each member the notices they were sent: the short numbers, each with whether they are above."""
    found: dict[int, list[list[tuple[int, bool]]]] = {}
    query = select(Notice.member_id, Notice.params).where(Notice.kind == "clearing").order_by(Notice.id)
    for member, params in here.session.execute(query):
        found.setdefault(member, []).append([(line["short"], line["above"]) for line in params["lines"]])
    return found


def test_the_holder_and_the_rung_above_hear_of_it_and_the_raiser_does_not(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    assert clear(here) == Cleared(overdue=2, issues=2, people=3, told_before=False, own=None)
    assert told(here) == {
        staff.li.member_id: [[(1, False)]],
        staff.zhao.member_id: [[(1, True), (2, False)]],
        staff.sun.member_id: [[(2, True)]],
    }


def test_nobody_hears_of_the_same_issue_twice_on_one_day(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    first = clear(here, staff.li)
    assert (first.overdue, first.issues, first.people) == (1, 1, 1)
    assert [line["short"] for line in (first.own or {})["lines"]] == [1]  # the reply says it, so no message does
    assert clear(here, staff.li) == Cleared(overdue=1, issues=0, people=0, told_before=True, own=None)
    assert clear(here).people == 2  # the secretary of the issue that the steward does not see, and the desk above
    assert told(here) == {
        staff.li.member_id: [[(1, False)]],
        staff.zhao.member_id: [[(1, True)], [(2, False)]],
        staff.sun.member_id: [[(2, True)]],
    }
    here.now += timedelta(days=1)
    assert clear(here).people == 3


def test_what_a_unit_holds_is_put_before_it_and_before_who_gave_it(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    handling.assign_issue(
        here.session,
        issue_id=here.issue(2).id,
        member_id=staff.zhao.member_id,
        organisation_id=here.ids.property,
        at=here.now,
        rules=here.house.rules,
    )
    clear(here)
    assert told(here)[staff.qian.member_id] == [[(2, False)]]
    assert told(here)[staff.zhao.member_id] == [[(1, True), (2, True)]]
    assert staff.sun.member_id not in told(here)


def test_who_holds_it_and_is_above_as_well_holds_it(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    here.appoint(staff.li, Role.SECRETARY, ScopeKind.GRID, here.ids.grid, "第一网格")
    clear(here)
    assert told(here)[staff.li.member_id] == [[(1, False), (2, False)]]


def test_a_long_list_names_the_most_pressing_and_counts_the_rest(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    hua = here.person("hua")
    for number in range(10):
        here.passes(hours=3)
        hua.reports(f"西苑小区3号楼2单元{number + 1}楼的灯坏了")
    here.passes(days=9)
    urgent = here.issue(12)
    urgent.urgent = True
    here.session.flush()
    clear(here)
    query = select(Notice.params).where(Notice.kind == "clearing", Notice.member_id == staff.li.member_id)
    params: dict[str, Any] = here.session.scalars(query).one()
    assert (params["count"], params["rest"]) == (11, 2)
    assert [line["short"] for line in params["lines"]] == [12, 1, 3, 4, 5, 6, 7, 8, 9]
    assert params["lines"][1]["days"] > params["lines"][-1]["days"] >= 1


def test_where_nobody_is_on_the_posts_nobody_is_told(here: Neighbourhood) -> None:
    here.person("wang").reports()
    here.passes(days=8)
    assert clear(here) == Cleared(overdue=1, issues=0, people=0, told_before=False, own=None)


def test_each_community_is_cleared_on_its_own_on_the_first_working_day_of_the_week(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    other = next_door(here)
    he = other.person("he2")
    other.now = here.now
    other.appoint(he, Role.SECRETARY, ScopeKind.GRID, other.ids.grid, "东湖网格")
    other.person("hu").reports("东湖小区1号楼1单元灯坏了")
    here.now = other.now + timedelta(days=8)
    rules = here.house.rules
    tuesday = date(2026, 3, 17)
    assert clearing.owe_clearings(here.session, day=tuesday, at=here.now, rules=rules) == 0
    monday = date(2026, 3, 16)
    for expected in (2, 0):  # the second time nothing is new
        assert clearing.owe_clearings(here.session, day=monday, at=here.now, rules=rules) == expected
    here.keeps_time()
    assert set(told(here)) == {staff.li.member_id, staff.zhao.member_id, staff.sun.member_id, he.member_id}


def test_on_a_monday_at_nine_the_timetable_clears(here: Neighbourhood, staff: Staff) -> None:
    """In the rules' own time nothing stays overdue with the one who let it lie: by then it is with the rung above."""
    here.keeps_time()  # a Monday noon: from here on the timetable counts
    wang = here.person("wang")
    wang.reports()
    at = here.issue()
    days: dict[int, date] = {}
    for _ in range(24 * 23):
        here.passes(hours=1)
        here.keeps_time()
        for member in told(here):
            days.setdefault(member, (here.now + timedelta(hours=8)).date())
    assert at.landing_due.date() == date(2026, 3, 9)
    above = staff.sun.member_id  # the steward let it lie 24 hours, the secretary as long; nobody is above the desk
    assert days == {above: date(2026, 3, 16)}
    assert [(line, held) for notice in told(here)[above] for line, held in notice] == [(1, False)] * 2
    assert wang.member_id not in told(here)


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        ("2026-03-09", True),  # a Monday
        ("2026-03-10", False),
        ("2026-03-14", False),  # a Saturday
        ("2026-10-05", False),  # National Day, all of it
        ("2026-10-08", True),  # a Thursday, the first day after it
        ("2026-10-09", False),
        ("2026-10-10", False),  # a Saturday that is worked
        ("2026-10-12", True),
        ("2026-02-16", False),  # Spring Festival
        ("2026-02-24", True),  # a Tuesday
    ],
)
def test_the_day_of_clearing_is_the_first_on_which_people_work(day: str, begins: bool) -> None:
    assert clearing.is_day_of_clearing(date.fromisoformat(day), HouseRules()) is begins


def test_a_community_with_holidays_of_its_own_clears_after_them() -> None:
    rules = HouseRules(calendar=WorkCalendar({date(2026, 3, 9): False}))
    days = [date(2026, 3, 9) + timedelta(days=n) for n in range(7)]
    assert [day.day for day in days if clearing.is_day_of_clearing(day, rules)] == [10]
