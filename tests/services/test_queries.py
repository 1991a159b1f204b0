"""What each may see: own issues for raisers, the scope of their posts for staff, nothing for others."""

from __future__ import annotations

import pytest

from models.base import insert_row
from models.report import Report
from models.rules.errors import AlreadyDone, NotFound, TransitionNotAllowed
from models.rules.issue_workflow import Action
from services import doorstep, queries
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


def view(here: Neighbourhood, who: Person) -> queries.IssueView:
    return queries.view(here.session, issue_id=here.issue().id, member_id=who.member_id, at=here.now)


def test_a_raiser_reads_their_own_words_and_staff_everybodys(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    liu = here.person("liu")
    insert_row(
        here.session,
        Report,
        issue_id=here.issue().id,
        raiser_id=liu.member_id,
        platform="webchat",
        words="我家住 502，也黑",
        at=here.now,
    )
    wang.says("补充 1")
    wang.says("我家电话 139")
    assert view(here, wang).words == ("西苑小区3号楼2单元楼道灯坏了一个星期了没人管",)
    assert view(here, liu).words == ("我家住 502，也黑",)
    assert len(view(here, staff.li).words) == 2
    assert [step.action for step in view(here, liu).steps] == []  # neither what 王 told nor what he added
    assert [step.action for step in view(here, wang).steps] == [Action.REPORT, Action.SUPPLY]
    assert [step.action for step in view(here, staff.zhao).steps] == [Action.REPORT, Action.SUPPLY]


def test_the_deeds_on_offer_are_those_of_the_table(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    putting_right = (Action.CORRECT, Action.RELOCATE)
    assert view(here, wang).may == (Action.SUPPLY, *putting_right, Action.SPLIT, Action.URGE, Action.WITHDRAW)
    mine = (Action.ACCEPT, Action.ANSWER, Action.ASSIGN, Action.DECLINE, Action.HAND_OVER)
    together = (Action.MERGE, Action.SPLIT, Action.COUNT)
    talking = (Action.SUGGEST, Action.CONSULT)
    assert view(here, staff.li).may == (*mine, *putting_right, *together, *talking, Action.ASK_EXTENSION)
    above = (Action.SUPERVISE, Action.EXTEND, Action.REFUSE_EXTENSION, Action.WHISTLE)
    talking = (Action.PROPOSE, Action.CONSULT)
    assert view(here, staff.zhao).may == (Action.ASSIGN, Action.VOID, *putting_right, *together, *talking, *above)


def test_a_line_for_a_deed_is_refused_where_the_deed_would_be(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    def line(who: Person, action: Action) -> str:
        return queries.line_for(
            here.session, issue_id=here.issue().id, member_id=who.member_id, action=action, at=here.now
        ).number

    assert line(staff.li, Action.ACCEPT) == "LN-2026-0001"
    with pytest.raises(TransitionNotAllowed):
        line(staff.zhao, Action.ANSWER)
    with pytest.raises(NotFound):
        line(staff.qian, Action.ANSWER)
    staff.li.says("受理 1")
    with pytest.raises(AlreadyDone):
        line(staff.li, Action.ACCEPT)


def test_a_number_means_what_one_may_see(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    def find(who: Person, short: int = 1, number: str = "") -> int:
        return queries.find_issue(here.session, member_id=who.member_id, short=short, number=number, at=here.now)

    issue_id = here.issue().id
    for who in (wang, staff.li, staff.zhao, staff.sun):
        assert find(who) == find(who, number="LN-2026-0001") == issue_id
    for who in (staff.qian, here.person("stranger")):
        with pytest.raises(NotFound):
            find(who)


def test_tasks_are_what_ones_posts_hold_the_most_pressing_first(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    wang.reports("西苑小区3号楼2单元没水了")

    def tasks(who: Person) -> list[int]:
        return [line.short for line in queries.tasks(here.session, member_id=who.member_id, at=here.now)]

    assert tasks(staff.li) == [2, 1]
    assert tasks(staff.zhao) == tasks(wang) == []
    staff.li.says("上报 2")
    staff.li.says("全楼停水")
    assert (tasks(staff.li), tasks(staff.zhao)) == ([1], [2])


def test_the_oldest_unread_of_a_raiser_stands_for_all_of_theirs(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    staff.li.says("代报")
    for words in ("501 王大爷", "家里暖气不热", "1"):
        staff.li.says(words)
    here.deliver()
    staff.li.says("受理 2")
    here.deliver()
    (visit,) = doorstep.visits(here.session, member_id=staff.li.member_id, at=here.now)
    assert (visit.name, visit.number, visit.kind, len(visit.notice_ids)) == (
        "501 王大爷",
        "LN-2026-0002",
        "accept_raisers",
        2,
    )
    assert doorstep.visits(here.session, member_id=staff.qian.member_id, at=here.now) == []
    assert queries.without_account(here.session, issue_id=visit.issue_id) == ["501 王大爷"]


def test_few_compounds_are_offered_and_those_of_ones_own_community(here: Neighbourhood) -> None:
    mine = queries.compounds_near(here.session, community_id=here.ids.community)
    assert [name for _, name in mine] == ["西苑小区", "文化局家属院"]
    assert queries.compounds_near(here.session, community_id=None) == mine
    assert queries.compounds_near(here.session, community_id=None, limit=1) == []
