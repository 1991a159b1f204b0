"""进度: own issues in one message, one in full by its number; no more of others than is theirs to know."""

from __future__ import annotations

from handlers.messages import Outgoing
from models.base import insert_row
from models.issue import HistoryEntry
from models.rules.issue_workflow import Action
from services import merging
from tests.flows.offices import Offices
from tests.neighbourhood import Neighbourhood, Person, Staff


def test_a_list_says_number_matter_holder_limit_and_what_comes_next(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    wang.reports("西苑小区3号楼2单元没水了")
    assert wang.says("进度") == (
        "您有 2 件事：\n"
        "LN-2026-0002 【供水排水】（紧急）西苑小区3号楼2单元 · 没水了\n"
        "　已收到，红管家（西苑小区3号楼2单元），今天 14:00 前联系您\n"
        "LN-2026-0001 【照明】西苑小区3号楼2单元 · 楼道灯坏了一个星期\n"
        "　已收到，红管家（西苑小区3号楼2单元），明天 12:00 前联系您\n"
        "回复编号的最后几位（比如 2）看详细。"
    )


def test_one_issue_tells_its_story(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    assert wang.says("1") == (
        "LN-2026-0001 【照明】西苑小区3号楼2单元\n"
        "“西苑小区3号楼2单元楼道灯坏了一个星期了没人管”\n"
        "现在：已收到，红管家（西苑小区3号楼2单元），最晚明天 12:00 前联系，3月9日前答复\n"
        "· 3月2日 12:00 收到反映"
    )
    assert wang.labels == ["补充", "催办", "撤回", "为什么"]
    staff.li.says("受理 1")
    staff.li.says("转物业 1")
    staff.li.says("安居物业")
    staff.qian.says("答复 1")
    staff.qian.says("已经解决")
    staff.qian.says("换了灯泡。", photos=1)
    here.deliver()
    assert wang.says("LN-2026-0001").splitlines()[2:] == [
        "现在：已答复，承办单位（安居物业）",
        "· 3月2日 12:00 收到反映",
        "· 3月2日 12:00 红管家（西苑小区3号楼2单元）已受理",
        "· 3月2日 12:00 交给承办单位（安居物业）办理",
        "· 3月2日 12:00 答复：换了灯泡（照片 1 张）",
    ]
    assert wang.labels == ["评价", "补充", "重新办理"]
    assert len(wang.last.photos) == 1


def test_an_answered_issue_asks_for_a_rating_in_the_list(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡")
    assert "已答复，红管家（西苑小区3号楼2单元），请您评价\n" in wang.says("进度")


def test_a_neighbour_who_is_nothing_to_it_does_not_learn_that_it_exists(here: Neighbourhood) -> None:
    here.person("wang").reports()
    stranger = here.person("stranger")
    for words in ("1", "LN-2026-0001", "补充 1", "满意 1", "重新办理 1", "撤回 1"):
        assert stranger.says(words).startswith("没有找到这个编号的事")


def test_staff_are_offered_what_their_role_can_do(here: Neighbourhood, staff: Staff) -> None:
    here.person("wang").reports()
    offers = {}
    for name, person in (("steward", staff.li), ("secretary", staff.zhao), ("community", staff.sun)):
        person.says("1")
        offers[name] = person.labels
    assert offers == {
        "steward": ["受理", "当场办结", "转物业", "上报网格", "建议议事", "申请延期", "不对", "退单", "更多"],
        "secretary": ["派单", "提交议事", "督办", "不对", "吹哨", "微协商", "并案", "核户", "作废"],
        "community": ["派单", "提交议事", "督办", "不对", "吹哨", "微协商", "指定牵头", "并案", "更多"],
    }
    assert staff.qian.says("1").startswith("没有找到")
    staff.li.says("受理 1")
    staff.li.says("LN-2026-0001")
    assert staff.li.labels[:5] == ["当场办结", "转物业", "上报网格", "追问", "建议议事"]
    staff.li.says("上报 1")
    staff.li.says("灯线老化，要改线路")
    staff.zhao.says("LN-2026-0001")
    assert staff.zhao.labels[:5] == ["受理", "派单", "答复", "上报社区", "提交议事"]
    staff.zhao.says("派单 1")
    staff.zhao.says("1")
    staff.qian.says("LN-2026-0001")
    assert staff.qian.labels == ["答复", "追问", "申请延期", "退单", "不对"]


def test_of_an_answer_that_explains_the_reason_is_read_too(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    staff.li.says("上报 1")
    staff.li.says("要改线路")
    for words in ("答复 1", "C", "暂时没有资金", "业主大会", "三个月后", "维修资金还没批下来。"):
        staff.zhao.says(words)
    here.deliver()
    assert wang.inbox[-1].text == (
        "LN-2026-0001 现在还办不了：维修资金还没批下来\n原因：暂时没有资金；可以决定的是：业主大会。\n您满意吗？"
    )
    assert "答复：维修资金还没批下来（暂时没有资金，可以决定的是业主大会，6月2日再看）" in wang.says("LN-2026-0001")


#: What raisers read of an issue's history beside their own deeds.
TOLD_TO_RAISERS = {
    *(Action.ACCEPT, Action.ASSIGN, Action.NAME_LEAD, Action.HAND_OVER, Action.ESCALATE, Action.ANSWER, Action.CLOSE),
    *(Action.CORRECT, Action.RELOCATE, Action.MERGE, Action.UNMERGE, Action.SPLIT, Action.WHISTLE, Action.EXTEND),
    *(Action.PROPOSE, Action.SCHEDULE, Action.UNSCHEDULE, Action.DECIDE, Action.ADJOURN, Action.RETURN),
    *(Action.SHELVE, Action.UNSHELVE, Action.REVIEW, Action.RESUME, Action.REOPEN, Action.APPEAL, Action.VOID),
}

#: How every refusal begins that an option on the page must never lead to.
REFUSED = ("这一项要由", "这件事现在不能", "没有找到这个编号", "社区已经指定", "这件事已经申请过", "这件事刚才已经")


def press_them_all(here: Neighbourhood, person: Person, page: Outgoing, pressed: set[tuple[str, ...]]) -> None:
    """Press each option as if it were the only one, what is under 更多 included, and see that it is not refused."""
    issue = here.issue()
    assert len(page.buttons) <= 9
    for label in [button.label for button in page.buttons]:
        case = (person.external_id, issue.state, str(issue.holder_id), label)
        if case in pressed and label != "更多":
            continue
        pressed.add(case)
        undone = here.session.begin_nested()
        said = person.presses(label, on=page)
        assert not said.startswith(REFUSED), (*case, said)
        if label == "更多":
            press_them_all(here, person, person.last, pressed)
        undone.rollback()
        here.session.expire_all()


def test_whatever_the_page_offers_can_be_done(here: Neighbourhood, staff: Staff, offices: Offices) -> None:
    wang = here.person("wang")
    wang.reports()
    people = (wang, staff.li, staff.zhao, staff.sun, staff.qian, offices.zhou, offices.wu)
    stages = (
        (staff.zhao, "吹哨 1", "城管执法中队", "好了", "明天", "一起看看"),
        (staff.li, "受理 1"),
        (staff.li, "申请延期 1", "等配件", "1"),
        (staff.li, "追问 1", "几点开始不亮？"),
        (wang, "回答 1", "昨晚八点"),
        (staff.zhao, "同意延期 1"),
        (staff.li, "派单 1", "安居物业"),
        (staff.qian, "退单 1", "是街面的线", "城管执法中队"),
        (staff.zhao, "派单 1", "安居物业"),
        (staff.qian, "退单 1", "还是不归我们", "消防救援站"),
        (staff.sun, "指定牵头 1", "安居物业"),
        (offices.zhou, "报到 1"),
        (offices.zhou, "协办结果 1", "配电箱没有坏"),
        (staff.zhao, "挂账 1", "暂时没有资金", "要动维修资金", "半年后"),
        (staff.zhao, "恢复办理 1"),
        (staff.sun, "提交议事 1", "楼道会", "要换声控灯"),
    )
    pressed = set[tuple[str, ...]]()
    for who, *words in ((wang, "你好"), *stages):
        for said in words:
            reply = who.says(said)
            assert not reply.startswith(REFUSED), (who.external_id, said, reply)
        here.deliver()
        for person in people:
            if not person.says("LN-2026-0001").startswith("没有找到"):
                press_them_all(here, person, person.last, pressed)
    seen = {label for *_, label in pressed}
    assert {"报到", "协办结果", "审批延期", "指定牵头", "恢复办理", "回答", "催办", "退单", "作废", "督办"} <= seen


def test_raisers_read_what_was_done_and_not_what_offices_told_one_another(
    here: Neighbourhood, staff: Staff, offices: Offices
) -> None:
    wang = here.person("wang")
    wang.reports()
    for who, *words in (
        (staff.li, "派单 1", "先写一句交代", "今晚去看", "安居物业"),
        (staff.qian, "退单 1", "是街面的线", "消防救援站"),
        (staff.zhao, "吹哨 1", "城管执法中队", "好了", "明天下午3点", "别声张"),
        (staff.sun, "督办 1", "快一点"),
        (wang, "催办 1"),
    ):
        for said in words:
            who.says(said)
    assert wang.says("LN-2026-0001").splitlines()[3:] == [
        "· 3月2日 12:00 收到反映",
        "· 3月2日 12:00 交给承办单位（安居物业）办理",
        "· 3月2日 12:01 请城管执法中队到场一起办，3月3日 15:00 前到",
        "· 3月2日 12:01 催办",
    ]
    assert staff.zhao.says("LN-2026-0001").splitlines()[-8:] == [
        "协助：城管执法中队，还没有到，明天 15:00 前要到",
        "已经退单 1 次。",
        "· 3月2日 12:00 收到反映",
        "· 3月2日 12:00 交给承办单位（安居物业）办理：今晚去看",
        "· 3月2日 12:00 退给网格书记（第一网格）：是街面的线，建议由消防救援站办",
        "· 3月2日 12:01 请城管执法中队到场一起办，3月3日 15:00 前到：别声张",
        "· 3月2日 12:01 督办：快一点",
        "· 3月2日 12:01 居民催办",
    ]


def test_the_street_finds_the_issues_of_its_communities(here: Neighbourhood, staff: Staff, offices: Offices) -> None:
    here.person("wang").reports()
    assert offices.wu.says("1").startswith("LN-2026-0001 【照明】")
    assert offices.wu.labels[:2] == ["派单", "督办"]
    assert offices.zhou.says("1").startswith("没有找到")


def test_every_step_has_its_sentence_even_where_nothing_more_is_known_of_it(
    here: Neighbourhood, staff: Staff
) -> None:
    wang = here.person("wang")
    wang.reports()
    issue = here.issue()
    noise = {Action.WARN, Action.HEARTBEAT}
    for action in Action:
        insert_row(
            here.session,
            HistoryEntry,
            issue_id=issue.id,
            action=action,
            from_state=issue.state,
            to_state=issue.state,
            holder_id=issue.holder_id,
            at=here.now,
        )
    for reader, told in ((staff.zhao, set(Action) - noise), (wang, TOLD_TO_RAISERS)):
        lines = [line for line in reader.says("LN-2026-0001").splitlines() if line.startswith("· ")]
        assert len(lines) == len(told) + 1  # and the report itself
        assert "None" not in reader.last.text


def test_staff_read_how_many_it_concerns(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    merging.count_affected(
        here.session,
        issue_id=here.issue().id,
        member_id=staff.li.member_id,
        households=9,
        people=27,
        at=here.now,
        rules=here.house.rules,
    )
    assert "涉及 9 户 27 人。" in staff.li.says("LN-2026-0001")
    assert "27 人" not in wang.says("LN-2026-0001")


def test_of_many_issues_the_most_pressing_are_listed_and_any_other_is_named_by_its_number(
    here: Neighbourhood, staff: Staff
) -> None:
    for number in range(4):
        for matter in ("没水了", "门禁坏了", "楼道灯坏了"):
            here.passes(hours=1)
            here.person(f"neighbour{number}").reports(f"西苑小区5号楼{number % 2 + 1}单元{matter}")
    assert staff.sun.says("督办") == (
        "督办哪一件？（只列出最急的 9 件，别的请回复“督办”加编号，比如“督办 31”。）"
    )
    assert len(staff.sun.labels) == 9
    assert all("没水了" in label for label in staff.sun.labels[:4])
    assert staff.sun.says("督办 12").startswith("LN-2026-0012")
