"""Two communities in one house: whatever somebody does to an issue of the other, they learn not even that it exists."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from models.issue import HistoryEntry
from models.rules.errors import NotFound
from models.rules.house import HouseRules
from models.rules.issue_workflow import Action, Outcome, Rating
from models.rules.posts import Role, ScopeKind
from services import doorstep, following, handling, queries
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff, next_door

RULES = HouseRules()


@pytest.fixture
def foreign(here: Neighbourhood, staff: Staff) -> int:
    """An issue of 兰宁社区, with number 1; the actors below are all of 东湖社区."""
    here.person("wang").reports()
    return here.issue().id


@pytest.fixture
def strangers(here: Neighbourhood, foreign: int) -> dict[str, Person]:
    there = next_door(here)
    ids = there.ids
    posts = {
        "steward": (Role.STEWARD, ScopeKind.UNIT, ids.unit, "东湖小区1号楼1单元"),
        "secretary": (Role.SECRETARY, ScopeKind.GRID, ids.grid, "东湖网格"),
        "community": (Role.COMMUNITY, ScopeKind.COMMUNITY, ids.community, "东湖社区"),
        "administrator": (Role.ADMINISTRATOR, ScopeKind.COMMUNITY, ids.community, "东湖社区"),
        "handler": (Role.HANDLER, ScopeKind.ORGANISATION, ids.property, "东湖物业"),
    }
    found = {}
    for name, post in posts.items():
        found[name] = there.person(f"{name} 2")
        there.appoint(found[name], *post)
    found["resident"] = there.person("resident 2")
    found["resident"].reports("东湖小区1号楼1单元楼道灯坏了")  # number 1 there as well
    return found


DEEDS = ("受理", "当场办结", "答复", "上报", "派单", "满意", "不满意", "补充", "重新办理", "撤回", "进度", "已当面告知")
ROLES = ("steward", "secretary", "community", "administrator", "handler", "resident")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("deed", DEEDS)
def test_in_chat(here: Neighbourhood, strangers: dict[str, Person], foreign: int, role: str, deed: str) -> None:
    who = strangers[role]
    answer = who.says(f"{deed} LN-2026-0001" if deed == "进度" else f"{deed} 1")
    assert "LN-2026-0001" not in answer
    assert who.says("LN-2026-0001").startswith("没有找到这个编号的事")
    assert "LN-2026" not in who.says("我的任务")
    who.says("取消")
    assert here.issue().state == "received"
    deeds = here.session.scalars(select(HistoryEntry.action).where(HistoryEntry.issue_id == foreign)).all()
    assert deeds == [Action.REPORT]


CALLS: dict[str, Callable[..., object]] = {
    "accept": lambda s, **a: handling.accept_issue(s, **a, rules=RULES),
    "answer": lambda s, **a: handling.answer_issue(s, **a, words="好", outcome=Outcome.SOLVED, rules=RULES),
    "hand_over": lambda s, **a: handling.hand_over_issue(s, **a, words="好", rules=RULES),
    "assign": lambda s, **a: handling.assign_issue(s, **a, organisation_id=1, rules=RULES),
    "supply": lambda s, **a: following.supply_issue(s, **a, words="好", rules=RULES),
    "rate": lambda s, **a: following.rate_issue(s, **a, rating=Rating.BASIC, rules=RULES),
    "reopen": lambda s, **a: following.reopen_issue(s, **a, words="好", rules=RULES),
    "check reopening": lambda s, **a: following.check_reopening(s, **a, rules=RULES),
    "withdraw": lambda s, **a: following.withdraw_report(s, **a, rules=RULES),
    "view": lambda s, **a: queries.view(s, **a),
    "line": lambda s, **a: queries.line_for(s, **a, action=Action.ANSWER),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("call", sorted(CALLS))
def test_in_services(here: Neighbourhood, strangers: dict[str, Person], foreign: int, role: str, call: str) -> None:
    with pytest.raises(NotFound):
        CALLS[call](here.session, issue_id=foreign, member_id=strangers[role].member_id, at=here.now)


def test_what_a_list_shows_is_of_ones_own_community(here: Neighbourhood, strangers: dict[str, Person]) -> None:
    for person in strangers.values():
        for line in queries.tasks(here.session, member_id=person.member_id, at=here.now):
            assert line.number.startswith("DH-")
        assert doorstep.visits(here.session, member_id=person.member_id, at=here.now) == []
    assert audit(here.session, at=here.now) == []


def test_a_unit_of_another_community_cannot_be_given_an_issue(
    here: Neighbourhood, staff: Staff, strangers: dict[str, Person], foreign: int
) -> None:
    there = next(iter(strangers.values())).at.ids
    with pytest.raises(NotFound):
        handling.assign_issue(
            here.session,
            issue_id=foreign,
            member_id=staff.zhao.member_id,
            organisation_id=there.property,
            at=here.now,
            rules=RULES,
        )


def test_a_danger_there_alarms_nobody_here(here: Neighbourhood, staff: Staff, strangers: dict[str, Person]) -> None:
    strangers["resident"].says("东湖小区1号楼1单元闻到煤气味")
    here.deliver()
    assert not any("危险提醒" in message.text for message in (*staff.li.inbox, *staff.zhao.inbox, *staff.sun.inbox))
