"""议题: the draft comes to the secretary, is changed by buttons or numbers, and approved with one tap."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.base import update_row
from models.document import Document
from models.meeting import AgendaIssue, AgendaItem, MeetingEntry
from models.rules.errors import AgendaRefused, MeetingRefused, NotFound
from models.rules.issue_workflow import State
from models.rules.meeting_workflow import Competence, ItemState, MeetingAction, MeetingState
from services.audit import audit
from services.meetings import agenda_changes
from services.meetings.agenda import draft_agenda
from services.meetings.candidates import collect_candidates
from tests.council import Council, council
from tests.neighbourhood import Neighbourhood, Person, Staff

LEAK = "西苑小区3号楼屋顶漏雨好几天了"
DANCE = "西苑小区广场舞噪音太大，晚上睡不着"
LIFT = "西苑小区5号楼想加装电梯"


def drafts(meeting: Council) -> None:
    here = meeting.here
    found = (here.session, meeting.meeting, meeting.series)
    collect_candidates(*found, at=here.now, rules=here.house.rules)
    draft_agenda(*found, at=here.now, rules=here.house.rules)
    here.deliver()


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    return here.person("wang")


@pytest.fixture
def chen(here: Neighbourhood, staff: Staff) -> Person:
    return here.person("chen")


@pytest.fixture
def meeting(here: Neighbourhood, staff: Staff, wang: Person, chen: Person) -> Council:
    """A draft with two matters: a leaking roof of two days more, and the noise of dancing."""
    wang.reports(LEAK)
    here.passes(days=2)
    chen.reports(DANCE)
    found = council(here, staff, days=7)
    found.stands(wang)
    for serial in (1, 2):
        found.proposes(here.issue(serial))
    here.deliver()
    drafts(found)
    return found


def titles(meeting: Council, state: ItemState) -> list[str]:
    return [item.title for item in meeting.items() if item.state is state]


def test_the_draft_comes_with_its_reasons_and_three_buttons(meeting: Council, staff: Staff) -> None:
    draft = staff.zhao.inbox[-1]
    assert draft.text == (
        "西苑小区议事会第1次 3月11日 12:00 议题草案（约40分钟）：\n"
        "1 屋顶漏雨好几天了 · 1户 · 已等2天（20分钟）\n"
        "2 广场舞噪音太大 · 1户（20分钟）\n"
        "请在3月6日 9:00前批准，批准后才会通知大家。"
    )
    assert [button.label for button in draft.buttons] == ["批准并通知", "调整", "看文档"]


def test_one_tap_approves_and_everybody_hears(
    here: Neighbourhood, staff: Staff, meeting: Council, wang: Person, chen: Person
) -> None:
    draft = staff.zhao.inbox[-1]
    assert staff.zhao.presses("批准并通知", on=draft) == (
        "已批准。西苑小区议事会第1次会 3月11日 12:00开，2个议题，已通知2人，反映的居民也会收到。"
        "要张贴的通知和签到表，请回复“材料”；看谁来谁不来，请回复“会议”。"
    )
    assert (meeting.meeting.state, meeting.meeting.number) == (MeetingState.CALLED, 1)
    assert [item.state for item in meeting.items()] == [ItemState.LISTED] * 2
    assert [here.issue(serial).state for serial in (1, 2)] == [State.SCHEDULED] * 2
    assert {link.on_agenda for link in here.session.query(AgendaIssue)} == {True}
    here.deliver()
    told = [message.text for message in wang.inbox]
    assert any(each.startswith("请您参加西苑小区议事会第1次会") for each in told)
    assert (
        "LN-2026-0001（屋顶漏雨好几天了）已列入西苑小区议事会的议程，3月11日 12:00开会。"
        "为什么上会：1户反映、已等2天。有话想说请回复“补充 1”。" in told
    )
    assert staff.zhao.says("议题").startswith("现在没有等您批准的议题草案")


def test_a_second_tap_says_how_it_stands(meeting: Council, staff: Staff) -> None:
    draft = staff.zhao.inbox[-1]
    staff.zhao.presses("批准并通知", on=draft)
    assert "已通知" in staff.zhao.presses("批准并通知", on=draft)
    assert meeting.series.last_number == 1


def test_items_change_places_and_minutes_with_the_sum_shown(meeting: Council, staff: Staff) -> None:
    staff.zhao.says("议题")
    assert staff.zhao.labels == ["批准并通知", "调整", "看文档"]
    staff.zhao.says("调整")
    assert staff.zhao.labels == ["屋顶漏雨好几天了", "广场舞噪音太大", "加一个议题", "改好了"]
    page = staff.zhao.says("2")
    assert page == (
        "第2项：广场舞噪音太大（20分钟）\n"
        "事项：LN-2026-0002\n"
        "得分2：1户反映（2分）\n"
        "权限：居民自治的事，会上可以商量决定（《城市居民委员会组织法》第九条）。\n"
        "要怎么改？"
    )
    assert staff.zhao.labels == ["往前移", "改时间", "去掉"]
    staff.zhao.says("往前移")
    assert staff.zhao.labels[:2] == ["广场舞噪音太大", "屋顶漏雨好几天了"]
    staff.zhao.says("1")
    assert staff.zhao.says("改时间") == "要几分钟？请写数字，最多90分钟。"
    assert staff.zhao.says("很久").startswith("请写一个数字")
    assert staff.zhao.says("100").startswith("时间要在1到90分钟之间")
    assert "（约45分钟，会议90分钟）" in staff.zhao.says("25分钟")
    staff.zhao.says("改好了")
    assert staff.zhao.labels == ["批准并通知", "调整", "看文档"]


def test_an_item_is_dropped_with_a_reason_put_back_and_dropped_again(
    here: Neighbourhood, staff: Staff, meeting: Council, chen: Person
) -> None:
    def drops() -> str:
        staff.zhao.says("广场舞噪音太大")
        assert staff.zhao.says("去掉") == "为什么不上会？请写一句，会告诉反映的居民。"
        return staff.zhao.says("已经和舞队说好了")

    staff.zhao.presses("调整", on=staff.zhao.inbox[-1])
    assert drops().startswith("已去掉“广场舞噪音太大”，批准以后会告诉居民。批准前可以放回来。\n")
    assert staff.zhao.labels == ["屋顶漏雨好几天了", "加一个议题", "放回或补上一项", "改好了"]
    here.deliver()
    assert not any("不上会" in message.text for message in chen.inbox)
    staff.zhao.says("放回")
    staff.zhao.says("1")
    assert titles(meeting, ItemState.DRAFTED) == ["屋顶漏雨好几天了", "广场舞噪音太大"]
    drops()
    staff.zhao.says("改好了")
    staff.zhao.says("批准并通知")
    here.deliver()
    assert chen.inbox[-1].text == (
        "LN-2026-0002（广场舞噪音太大）这次西苑小区议事会（3月11日 12:00）不上会。"
        "原因：已经和舞队说好了。会排到下一次，时间定了告诉您。"
    )
    assert here.issue(2).state is State.TO_DELIBERATE


def test_a_free_item_and_an_issue_by_its_number_are_added(
    here: Neighbourhood, staff: Staff, meeting: Council, chen: Person
) -> None:
    chen.reports("西苑小区5号楼门口的垃圾两天没人清")
    staff.zhao.presses("调整", on=staff.zhao.inbox[-1])
    staff.zhao.says("加一个议题")
    assert staff.zhao.says("3").startswith("这件事还没有提交到这一级会商量")
    meeting.proposes(here.issue(3))
    assert "（约60分钟，会议90分钟）" in staff.zhao.says("3")
    staff.zhao.says("加一个议题")
    assert staff.zhao.says("物业年度报告") == "要几分钟？请写数字，最多90分钟。"
    assert "（约75分钟，会议90分钟）" in staff.zhao.says("15")
    assert staff.zhao.labels[2:4] == [here.issue(3).summary, "物业年度报告"]


def test_a_matter_of_the_owners_carries_the_law(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.reports(LIFT)
    found = council(here, staff, days=7)
    found.proposes(here.issue(1))
    drafts(found)
    assert (
        "权限：业主共同决定的事，会上只能商量，不能决定。要交业主委员会组织业主表决（《民法典》第二百七十八条第7项："
        "改建、重建建筑物及其附属设施。面积和人数都要有三分之二以上的业主参加，参加的业主面积和人数都有四分之三以上同意）。"
    ) in staff.zhao.inbox[-1].text


def is_called_a_duty(here: Neighbourhood, meeting: Council, serial: int) -> str:
    """The tables take an issue for a duty of the government. Returns its title."""
    title = here.issue(serial).summary
    item = next(item for item in meeting.items() if item.title == title)
    update_row(here.session, AgendaItem, item.id, competence=Competence.GOVERNMENT, point=None)
    return title


def test_who_is_above_the_convener_may_allow_what_looked_like_a_duty(
    here: Neighbourhood, staff: Staff, meeting: Council
) -> None:
    title = is_called_a_duty(here, meeting, 2)
    staff.zhao.says("议题")
    staff.zhao.says("调整")
    assert staff.zhao.says(title).endswith("觉得可以议的，请上一级来说：上一级回复“议题”就能办。")
    assert staff.zhao.labels == ["去掉"]
    staff.sun.says("议题")
    staff.sun.says("调整")
    assert staff.sun.says(title).endswith("您是上一级，觉得这件可以议，请选“这件可以议”，写一句理由。")
    assert staff.sun.labels == ["去掉", "这件可以议"]
    assert staff.sun.says("这件可以议").startswith("为什么这件可以议？")
    assert staff.sun.sends_photo().startswith("还差一句话")
    said = staff.sun.says("只是商量几点停音乐，不是处罚。")
    assert said.startswith(f"“{title}”可以议了，已经告诉召集人。")
    assert "\n上一级说这件可以议：只是商量几点停音乐，不是处罚。" in said
    here.deliver()
    told = staff.zhao.inbox[-1]
    assert told.text == (
        f"西苑小区议事会 3月11日 12:00的议题“{title}”，原来看作政府部门的职责，上一级说可以议："
        "只是商量几点停音乐，不是处罚。已经放进草案，请看一下。"
    )
    entry = here.session.scalars(select(MeetingEntry).where(MeetingEntry.action == MeetingAction.ALLOW)).one()
    assert (entry.actor_id, entry.note) == (staff.sun.member_id, "只是商量几点停音乐，不是处罚。")
    assert entry.details is not None
    assert entry.details["title"] == title
    assert staff.zhao.presses("批准并通知", on=told).startswith("已批准。")
    assert titles(meeting, ItemState.LISTED) == [here.issue(1).summary, title]
    assert next(item for item in meeting.items() if item.title == title).competence is Competence.RESIDENTS
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


def test_what_owners_decide_by_law_stays_theirs(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    """Allowed, an item about the repair fund is still the owners' to decide; one that is the owners' is not asked."""
    wang.reports(LIFT)
    found = council(here, staff, days=7)
    found.proposes(here.issue())
    drafts(found)
    title = is_called_a_duty(here, found, 1)
    staff.sun.says("议题")
    staff.sun.says("调整")
    staff.sun.says(title)
    staff.sun.says("这件可以议")
    said = staff.sun.says("居民只是想先听听意见")
    assert "上一级说这件可以议：居民只是想先听听意见。" in said
    assert "会上只能商量，不能决定" in said
    assert (found.items()[0].competence, found.items()[0].point) == (Competence.OWNERS, 7)
    staff.sun.says(title)
    assert "这件可以议" not in staff.sun.labels
    with pytest.raises(AgendaRefused):
        agenda_changes.allow_item(
            here.session,
            meeting_id=found.meeting_id,
            member_id=staff.sun.member_id,
            item_id=found.items()[0].id,
            words="再议一次",
            at=here.now,
            rules=here.house.rules,
        )


def test_what_was_allowed_once_is_not_asked_about_at_the_next_meeting(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    wang.reports("西苑小区广场舞噪音太大，不听劝的该不该罚款")
    first = council(here, staff, days=7)
    first.proposes(here.issue())
    drafts(first)
    assert first.items()[0].competence is Competence.GOVERNMENT
    staff.sun.says("议题")
    staff.sun.says("调整")
    staff.sun.says(first.items()[0].title)
    staff.sun.says("这件可以议")
    staff.sun.says("商量的是音量，不是处罚")
    here.passes(days=20)
    second = council(here, staff, days=7)
    drafts(second)
    item = second.items()[0]
    assert (item.competence, item.state) == (Competence.RESIDENTS, ItemState.DRAFTED)
    assert "上一级说这件可以议：商量的是音量，不是处罚。" in staff.zhao.inbox[-1].text


def test_the_convener_alone_allows_nothing(here: Neighbourhood, staff: Staff, meeting: Council) -> None:
    title = is_called_a_duty(here, meeting, 2)
    item = next(item for item in meeting.items() if item.title == title)
    for person, refusal in ((staff.zhao, MeetingRefused), (staff.qian, NotFound)):
        with pytest.raises(refusal):
            agenda_changes.allow_item(
                here.session,
                meeting_id=meeting.meeting_id,
                member_id=person.member_id,
                item_id=item.id,
                words="我看可以议",
                at=here.now,
                rules=here.house.rules,
            )


def test_a_duty_of_the_government_is_no_item_and_goes_back_to_its_holder(
    here: Neighbourhood, staff: Staff, meeting: Council, wang: Person
) -> None:
    staff.zhao.presses("调整", on=staff.zhao.inbox[-1])
    staff.zhao.says("加一个议题")
    wang.reports("西苑小区5号楼一楼私搭乱建违建")
    meeting.proposes(here.issue(3))
    page = staff.zhao.says("3")
    title = here.issue(3).summary
    assert f"注意：“{title}”是政府部门的职责，不能列为议题。请把它去掉，批准后退回承办人；需要部门到场就吹哨。" in page
    staff.zhao.says("改好了")
    refused = staff.zhao.says("批准并通知")
    assert refused.startswith(f"“{title}”是政府部门的职责，不能列为议题。请点“调整”把它去掉")
    assert meeting.meeting.state is MeetingState.DRAFTED
    staff.zhao.says("调整")
    staff.zhao.says(title)
    staff.zhao.says("去掉")
    staff.zhao.says("请城管来查")
    staff.zhao.says("改好了")
    assert staff.zhao.says("批准并通知").startswith("已批准。")
    here.deliver()
    assert here.issue(3).state is State.ACCEPTED
    assert "请城管来查" in wang.inbox[-1].text


def test_an_empty_agenda_is_not_approved(here: Neighbourhood, staff: Staff) -> None:
    found = council(here, staff, days=7)
    drafts(found)
    assert "这次没有议题。" in staff.zhao.inbox[-1].text
    said = staff.zhao.says("议题")
    assert "现在没有议题。" in said
    assert staff.zhao.says("批准并通知").startswith("现在一个议题也没有，不能批准。")


def test_after_the_hour_it_is_too_late(here: Neighbourhood, staff: Staff, meeting: Council) -> None:
    here.passes(days=7)
    said = staff.zhao.presses("批准并通知", on=staff.zhao.inbox[-1])
    assert said.startswith("开会时间已经过了，不能再批准议题。")
    assert meeting.meeting.state is MeetingState.DRAFTED


def test_the_rung_above_may_approve_and_a_steward_may_not(
    here: Neighbourhood, staff: Staff, meeting: Council
) -> None:
    staff.li.says("你好")
    assert staff.li.says("议题").startswith("现在没有等您批准的议题草案")
    assert "已批准" not in staff.li.presses_button(f"do:agenda:0:{meeting.meeting_id}.approve")
    staff.sun.says("议题")
    assert staff.sun.says("1").startswith("已批准。")


def test_the_document_is_ordered(here: Neighbourhood, staff: Staff, meeting: Council) -> None:
    assert staff.zhao.presses("看文档", on=staff.zhao.inbox[-1]).startswith("文档正在准备，好了马上发给您。\n")
    (asked,) = here.session.query(Document)
    assert (asked.kind, asked.params, asked.name) == (
        "agenda_paper",
        {"meeting": meeting.meeting_id, "member": staff.zhao.member_id},
        "西苑小区议事会3月11日议题.docx",
    )


def test_going_back_and_giving_up_leave_the_draft_as_it_was(meeting: Council, staff: Staff) -> None:
    staff.zhao.presses("调整", on=staff.zhao.inbox[-1])
    staff.zhao.says("1")
    staff.zhao.says("去掉")
    assert staff.zhao.says("返回").startswith("第1项：屋顶漏雨好几天了")
    staff.zhao.says("取消")
    assert titles(meeting, ItemState.DRAFTED) == ["屋顶漏雨好几天了", "广场舞噪音太大"]
