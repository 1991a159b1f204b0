"""为什么, for a matter that a meeting has to do with: is it on the agenda, how does it count, and why not."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from models.base import insert_row
from models.meeting import AgendaIssue, AgendaItem, Meeting
from models.rules.meeting_workflow import Competence, ItemState, MeetingState
from services.meetings.agenda import draft_agenda
from services.meetings.agenda_approval import approve_agenda
from services.meetings.agenda_changes import drop_item
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

MEETING = "3月16日 12:00 西苑小区议事会"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


@pytest.fixture
def at(here: Neighbourhood, staff: Staff, wang: Person) -> Council:
    """In two weeks; the lamp waits for it, and it collects."""
    at = council(here, staff, state=MeetingState.COLLECTING)
    at.proposes(here.issue())
    return at


def why(person: Person, number: int = 1) -> str:
    """What is said beside the category, the place and the holder."""
    _, _, agenda = person.says(f"为什么 {number}").partition("\n")
    return agenda


def drafts(at: Council) -> None:
    here = at.here
    draft_agenda(here.session, at.meeting, at.series, at=here.now, rules=here.house.rules)


def approves(at: Council) -> None:
    here, zhao = at.here, at.staff.zhao.member_id
    approve_agenda(here.session, meeting_id=at.meeting_id, member_id=zhao, at=here.now, rules=here.house.rules)


def test_of_what_no_meeting_has_to_do_with_nothing_is_said(here: Neighbourhood, wang: Person) -> None:
    assert why(wang) == ""


def test_where_no_meeting_is_planned_that_is_the_reason(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    council(here, staff, state=MeetingState.PUBLISHED, days=-3).proposes(here.issue())
    assert why(wang) == "等着上会，开会的日子还没定，所以还没有列入议程。"


def test_a_candidate_hears_how_it_counts_now(here: Neighbourhood, wang: Person, at: Council) -> None:
    here.passes(days=10)
    assert why(wang) == (
        f"等着上{MEETING}，议程还没排。照现在算有10分：1户反映（2分）、已等10天（5分）、超期3天（3分）。现在能排在第1项。"
    )


def test_one_for_which_there_is_no_time_hears_its_place(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    at = council(here, staff, state=MeetingState.COLLECTING, length=20)
    at.proposes(here.issue())
    here.passes(days=2)
    zhou = here.person("zhou")
    zhou.reports("西苑小区5号楼门口的垃圾两天没人清")
    at.proposes(here.issue(2))
    assert why(wang).endswith("现在能排在第1项。")
    assert why(zhou, 2).endswith("比它分数高的把会排满了，要等再下一次，排在第1位。")


def test_a_draft_is_told_to_staff_alone_until_it_is_approved(
    here: Neighbourhood, staff: Staff, wang: Person, at: Council
) -> None:
    drafts(at)
    said = f"{MEETING}的议程正在等召集人批准，批准了会通知。这件事有2分：1户反映（2分）。"
    assert why(wang) == said
    assert why(staff.zhao) == f"{said}草案里是第1项。"


def test_on_the_agenda_it_hears_its_place_and_its_points(
    here: Neighbourhood, staff: Staff, wang: Person, at: Council
) -> None:
    here.passes(days=7)
    drafts(at)
    approves(at)
    assert why(wang) == f"已列入{MEETING}的议程，第1项。有5.5分：1户反映（2分）、已等7天（3.5分）。"


def test_what_was_put_off_twice_hears_that_it_must_be_talked_over(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    for days in (-60, -30):
        before = council(here, staff, state=MeetingState.PUBLISHED, days=days)
        item = before.item("楼道灯", issues=[], state=ItemState.ADJOURNED)
        insert_row(here.session, AgendaIssue, item_id=item, issue_id=here.issue().id, on_agenda=False)
        words = {"words": "要等物业报价"}
        here.session.execute(update(AgendaItem).where(AgendaItem.id == item).values(**words))
        here.session.execute(update(Meeting).where(Meeting.id == before.meeting_id).values(number=-days))
    at = council(here, staff, state=MeetingState.COLLECTING)
    at.proposes(here.issue())
    assert why(wang) == (
        f"1月31日的会议过，没有定下来：要等物业报价。等着上{MEETING}，议程还没排。照现在算有12分：1户反映（2分）、"
        "反复2次（10分）。已经推迟2次，这次必须议。现在能排在第1项。"
    )


def test_what_was_queued_or_taken_off_hears_why_and_of_the_next(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    at = council(here, staff, state=MeetingState.COLLECTING, length=20)
    at.proposes(here.issue())
    here.passes(days=2)
    zhou = here.person("zhou")
    zhou.reports("西苑小区5号楼门口的垃圾两天没人清")
    at.proposes(here.issue(2))
    drafts(at)
    approves(at)
    assert why(zhou, 2) == (
        "3月16日的会时间排满了，没有列入，排在下一次第1位。等着上会，开会的日子还没定，所以还没有列入议程。"
    )
    council(here, staff, days=40)
    assert why(zhou, 2).startswith("3月16日的会时间排满了，没有列入，排在下一次第1位。等着上4月13日 12:00 西苑小区")


def test_what_the_convener_took_off_hears_the_reason_once_it_is_approved(
    here: Neighbourhood, staff: Staff, wang: Person, at: Council
) -> None:
    zhou = here.person("zhou")
    zhou.reports("西苑小区5号楼门口的垃圾两天没人清")
    at.proposes(here.issue(2))
    drafts(at)
    item = next(each.id for each in at.items() if "灯" in each.title)
    drop_item(
        here.session,
        meeting_id=at.meeting_id,
        member_id=staff.zhao.member_id,
        item_id=item,
        words="物业已经答应换灯。",
        at=here.now,
    )
    assert "答应换灯" not in why(wang)
    approves(at)
    assert why(wang).startswith("3月16日的会没有列入，原因：物业已经答应换灯。等着上会，")


def test_a_duty_of_the_government_hears_that_no_meeting_takes_it_up(
    here: Neighbourhood, staff: Staff, wang: Person, at: Council
) -> None:
    drafts(at)
    here.session.execute(update(AgendaItem).values(competence=Competence.GOVERNMENT))
    assert why(wang) == f"这是政府部门的职责，{MEETING}不能列为议题，会退回承办人接着办。"


def test_what_was_settled_hears_what_came_of_it_once_it_is_published(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    at = council(here, staff, state=MeetingState.MINUTED)
    at.item("楼道灯", issues=[here.issue()])
    assert why(wang) == f"已列入{MEETING}的议程，第1项。"
    words = {"state": ItemState.REJECTED, "words": "大家不愿意出钱。"}
    here.session.execute(update(AgendaItem).values(**words))
    assert "不愿意" not in why(wang)
    here.session.execute(update(Meeting).values(state=MeetingState.PUBLISHED))
    assert why(wang) == f"{MEETING}：会上没有通过，大家不愿意出钱。"
