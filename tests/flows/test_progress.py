"""进度: own issues in one message, one in full by its number; no more of others than is theirs to know."""

from __future__ import annotations

from tests.neighbourhood import Neighbourhood, Staff


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
    assert wang.labels == ["补充", "撤回", "为什么"]
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
        "· 3月2日 12:00 答复：换了灯泡。（照片 1 张）",
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
        "steward": ["受理", "当场办结", "转物业", "上报网格", "不对"],
        "secretary": ["派单", "不对"],
        "community": ["派单", "不对"],
    }
    assert staff.qian.says("1").startswith("没有找到")
    staff.li.says("受理 1")
    staff.li.says("LN-2026-0001")
    assert staff.li.labels == ["当场办结", "转物业", "上报网格", "不对"]
    staff.li.says("上报 1")
    staff.li.says("灯线老化，要改线路")
    staff.zhao.says("LN-2026-0001")
    assert staff.zhao.labels == ["受理", "派单", "答复", "上报社区", "不对"]
    staff.zhao.says("派单 1")
    staff.zhao.says("1")
    staff.qian.says("LN-2026-0001")
    assert staff.qian.labels == ["答复", "不对"]


def test_of_an_answer_that_explains_the_reason_is_read_too(here: Neighbourhood, staff: Staff) -> None:
    wang = here.person("wang")
    wang.reports()
    staff.li.says("上报 1")
    staff.li.says("要改线路")
    for words in ("答复 1", "C", "暂时没有资金", "业主大会", "维修资金还没批下来。"):
        staff.zhao.says(words)
    here.deliver()
    assert wang.inbox[-1].text == (
        "LN-2026-0001 现在还办不了：维修资金还没批下来\n原因：暂时没有资金；可以决定的是：业主大会。\n您满意吗？"
    )
