"""Whoever asks about a matter that is on its way through a meeting hears of the meeting, and not of its landing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from models.meeting import AgendaItem, Meeting
from models.resolution import Resolution
from models.rules.deadlines import Light
from models.rules.issue_workflow import Action, Actor, Level
from models.rules.meeting_workflow import ItemState, MeetingState
from models.rules.posts import Role
from services import queries
from services.moving import Deed, lock_issue, move
from tests.agreement import agreed
from tests.council import Council, council
from tests.neighbourhood import ANOTHER, Neighbourhood, Person, Staff
from tests.statements import statements

LAMP = "LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期"
HELD = "红管家（西苑小区3号楼2单元）"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def called(here: Neighbourhood, staff: Staff, wang: Person) -> Council:
    """The lamp stands on the agenda of a meeting in two weeks."""
    called = council(here, staff, state=MeetingState.CALLED)
    called.item("楼道灯", issues=[here.issue()])
    return called


def in_lists(wang: Person, staff: Staff) -> set[str]:
    """What its raiser and its holder read of its date; that is the same."""
    wang.says("进度")
    return {wang.last.text.splitlines()[2].strip(), staff.li.says("我的任务").splitlines()[2].strip()}


def now(person: Person) -> str:
    """What the page of the issue says of the present."""
    return next(line for line in person.says("进度 1").splitlines() if line.startswith("现在："))


def told(here: Neighbourhood, person: Person, action: Action, **details: object) -> str:
    """What somebody reads after something was done to the lamp."""
    person.inbox.clear()
    issue = lock_issue(here.session, here.issue().id)
    as_actor = {Actor.RAISER, Actor.UPPER, Actor.TIMER, Actor.ANYONE}
    deed = Deed(action, None, as_actor, words="快一点", details=details or None)
    move(here.session, issue, deed, at=here.now, rules=here.house.rules)
    here.deliver()
    return person.inbox[-1].text


def test_what_no_meeting_takes_yet_says_by_when(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    council(here, staff, state=MeetingState.PUBLISHED, days=-3).proposes(here.issue())
    assert in_lists(wang, staff) == {f"待议，{HELD}，开会的日子还没定，最晚5月1日前上会"}
    assert now(wang) == f"现在：待议，{HELD}，等着上会，开会的日子还没定；到5月1日还没上会，就报到上一级"


def test_a_candidate_waits_for_the_next_meeting_of_its_place_and_level(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    council(here, staff, level=Level.COMMUNITY, days=2)
    council(here, staff, level=Level.CORRIDOR, days=3)
    later, sooner = council(here, staff, days=40), council(here, staff, days=12)
    later.proposes(here.issue())
    assert in_lists(wang, staff) == {f"待议，{HELD}，等着上会，最近一次会是3月14日 12:00"}
    assert now(wang).endswith("，等着上会，最近一次会是3月14日 12:00 西苑小区议事会，列上议程会通知")
    here.session.execute(update(Meeting).where(Meeting.id == sooner.meeting_id).values(state=MeetingState.DRAFTED))
    assert "4月11日 12:00" in now(wang)  # the draft is written without it


def test_until_a_draft_is_approved_nobody_hears_who_was_left_out(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    council(here, staff, days=40)
    drafted = council(here, staff, state=MeetingState.DRAFTED, days=7)
    item = drafted.item("楼道灯", issues=[here.issue()], state=ItemState.DRAFTED)
    assert "最近一次会是3月9日 12:00" in now(wang)
    here.session.execute(update(AgendaItem).where(AgendaItem.id == item).values(state=ItemState.QUEUED, place=1))
    assert "最近一次会是3月9日 12:00" in now(wang)
    here.session.execute(update(Meeting).where(Meeting.id == drafted.meeting_id).values(state=MeetingState.CALLED))
    assert "最近一次会是4月11日 12:00" in now(wang)


def test_on_an_agenda_it_waits_for_the_meeting(
    here: Neighbourhood, staff: Staff, wang: Person, called: Council
) -> None:
    assert in_lists(wang, staff) == {f"已列议程，{HELD}，3月16日 12:00 开会商议"}
    assert now(wang) == f"现在：已列议程，{HELD}，3月16日 12:00 到西苑小区议事会上商议"
    here.now = called.meeting.meets_at - timedelta(days=1)
    assert in_lists(wang, staff) == {f"已列议程，{HELD}，明天 12:00 开会商议"}
    assert now(wang).endswith("明天 12:00 到西苑小区议事会上商议（原定3月9日答复，已经过了）")


def test_after_the_meeting_it_waits_for_what_is_published(
    here: Neighbourhood, staff: Staff, wang: Person, called: Council
) -> None:
    here.session.execute(update(Meeting).values(state=MeetingState.MINUTED))
    assert in_lists(wang, staff) == {f"已列议程，{HELD}，3月16日 12:00 开会议过了，等公示结果"}
    assert "3月16日 12:00 在西苑小区议事会上议过了，结果公示时会通知" in now(wang)


def test_what_was_decided_waits_for_objections_and_then_for_who_carries_it_out(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()])
    assert in_lists(wang, staff) == {f"已列议程，{HELD}，会上定了，公示到3月9日"}
    assert now(wang).endswith(
        "会上定了，由承办单位（安居物业）在4月1日前落实；先公示到3月9日，没有异议就生效"
    )
    here.session.execute(update(Resolution).values(delayed_at=here.now))
    assert "会上定了，有异议，处理完再办" in in_lists(wang, staff).pop()
    assert now(wang).endswith("在4月1日前落实；有人提出异议，处理完再办")
    here.session.execute(update(Resolution).values(delayed_at=None))
    made.enters_force()
    assert now(wang).startswith("现在：决议落实中，承办单位（安居物业），会上定了，4月1日前落实")
    assert "决议落实中，承办单位（安居物业），4月1日前落实" in staff.qian.says("我的任务")


def test_the_sign_of_life_speaks_of_the_meeting(
    here: Neighbourhood, staff: Staff, wang: Person, called: Council
) -> None:
    here.deliver()
    here.now += timedelta(days=7, hours=1)
    wang.inbox.clear()
    here.keeps_time()
    here.deliver()
    assert wang.inbox[-1].text == (
        f"LN-2026-0001（楼道灯坏了一个星期）还在办，现在是已列议程，由{HELD}负责，没有忘记您的事。"
        "3月16日 12:00 到西苑小区议事会上商议。原来说3月9日前答复，已经过了，可以回复“催办 1”。"
    )


def test_a_warning_an_urge_and_a_reminder_from_above_speak_of_it(
    here: Neighbourhood, staff: Staff, wang: Person, called: Council
) -> None:
    meeting = "3月16日 12:00 到西苑小区议事会上商议"
    about = "LN-2026-0001（西苑小区3号楼2单元 · 楼道灯坏了一个星期）"
    assert told(here, staff.li, Action.WARN, light=Light.YELLOW.value, top=False) == (
        f"{about}原定3月9日前答复居民，快到了。{meeting}。请盯紧。"
    )
    assert told(here, staff.li, Action.URGE) == f"居民催办 {about}，{meeting}。请看看能不能快一些。"
    assert told(here, staff.zhao, Action.URGE) == f"居民催办 {about}，现在由{HELD}承办，{meeting}。请关注。"
    assert told(here, staff.li, Action.SUPERVISE) == f"上级督办 {about}：快一点。{meeting}。"


def test_clearing_and_the_ledgers_say_the_meeting_beside_the_days(
    here: Neighbourhood, staff: Staff, wang: Person, called: Council
) -> None:
    here.deliver()
    here.now += timedelta(days=8)
    assert staff.zhao.says("清账") != ""
    staff.zhao.says("先看看")
    assert f"{LAMP}\n　{HELD}，超 1 天，3月16日 12:00 开会商议\n" in staff.zhao.last.text
    staff.zhao.says("取消")
    staff.zhao.says("台账")
    assert f"已列议程，{HELD}，3月16日 12:00 开会商议" in staff.zhao.says("在办")
    staff.zhao.says("清账")
    cleared = "1 楼道灯坏了一个星期 · 西苑小区3号楼2单元，超 1 天，3月16日 12:00 开会商议"
    assert f"{cleared}，{HELD}" in staff.zhao.says("提醒")
    here.deliver()
    assert staff.li.inbox[-1].text == f"超期的有 1 件，请尽快办：\n{cleared}"
    assert [button.label for button in staff.li.inbox[-1].buttons] == ["进度 1"]


def test_a_neighbour_who_tells_of_the_same_hears_of_the_meeting(
    here: Neighbourhood, staff: Staff, wang: Person, called: Council
) -> None:
    zhou = here.person("zhou")
    asked = zhou.says("西苑小区3栋2单元灯不亮")
    assert "“楼道灯坏了一个星期”（已列议程，3月16日 12:00 开会商议）" in asked
    assert f"承办：{HELD}，3月16日 12:00 到西苑小区议事会上商议。" in zhou.says("1")
    assert "（已列议程，" not in wang.says("西苑小区3号楼2单元楼道灯坏了")
    assert f"现在：已列议程，{HELD}，3月16日 12:00 到西苑小区议事会上商议。" in wang.last.text


def test_another_owner_or_day_of_the_resolution_is_said_at_once(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()], owner=Role.STEWARD)
    made.enters_force()
    made.extend(staff.zhao, made.resolution.due_on + timedelta(days=9))
    assert in_lists(wang, staff) == {f"决议落实中，{HELD}，4月10日前落实"}


def test_a_list_asks_no_more_of_the_database_the_more_wait_for_meetings(
    here: Neighbourhood, staff: Staff, wang: Person, called: Council
) -> None:
    member_id = wang.member_id

    def asked() -> int:
        with statements(here.session) as seen:
            assert queries.own_issues(here.session, member_id=member_id)
        return len(seen)

    wang.reports(ANOTHER)
    called.proposes(here.issue(2))
    one_of_each = asked()
    wang.reports("西苑小区5号楼1单元水管漏水")
    called.item("水管", issues=[here.issue(3)])
    assert (one_of_each, asked()) == (3, 3)
