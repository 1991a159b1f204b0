"""A secretary's month, from T−14 to a verified resolution, with nothing but a phone; and what everybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from models.issue import Issue
from models.meeting import Meeting
from models.resolution import Resolution
from tests.stories.stage import Phone, Town, moment, town
from tests.stories.telegram_cast import (
    CHARGING,
    MEETING,
    PARKING,
    Cast,
    calendar_of,
    cast,
    proposes,
    reports,
    resident,
    sets_up,
    told,
)

AGREED = "在5号楼东侧装8个充电口"
STANDARD = "8个充电口都能用，线不拖地"
LAMP = "门口没有地方充电"
CARS = "门口车位乱停"
SOON = "现在等着上会，最近一次会是3月14日 15:00 西苑小区议事会，列上议程会通知。"
LATER = "现在等着上会，最近一次会是4月11日 15:00 西苑小区议事会，列上议程会通知。"


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, url=database_url, starts=moment(2, 25, 8)) as here:
        yield here


@dataclass(frozen=True)
class People:
    """``ma`` and ``tian`` come, ``gao`` does not; ``wang`` and ``gao`` raised the first matter, ``tian`` the second."""

    wang: Phone
    ma: Phone
    tian: Phone
    gao: Phone

    def all(self) -> tuple[Phone, ...]:
        return (self.wang, self.ma, self.tian, self.gao)


def test_a_secretary_s_month_by_phone_alone(here: Town) -> None:
    staff = cast(here)
    rooms = (("王阿姨", "501"), ("马师傅", "101"), ("田老师", "102"), ("高大爷", "201"))
    people = People(*(resident(here, name, room) for name, room in rooms))
    is_set_up_and_collects(here, staff, people)
    is_drafted_adjusted_and_approved(here, staff, people)
    invitations_are_answered(here, people)
    opinions_are_asked_for(here, staff, people)
    is_held(here, staff, people)
    minutes_are_corrected_and_published(here, staff, people)
    comes_into_force_and_is_carried_out(here, staff, people)
    is_verified_rated_and_closed(here, staff, people)
    assert here.audit() == []
    assert here.engine.findings == []  # nor did the nightly look find any


def is_set_up_and_collects(here: Town, staff: Cast, people: People) -> None:
    zhao, wang, gao, tian = staff.zhao, people.wang, people.gao, people.tian
    assert sets_up(zhao, ("101", "102", "201")) == (
        "西苑小区议事会每次都请：\n"
        "· 马师傅（西苑小区3号楼2单元101）：议事代表\n"
        "· 田老师（西苑小区3号楼2单元102）：议事代表\n"
        "· 高大爷（西苑小区3号楼2单元201）：议事代表"
    )
    assert told(people.ma, MEETING) == (
        "西苑小区议事会请您每次都来，身份是议事代表，一户一票。每月第二个周六 15:00，在红色议事厅。每次开会前会通知您。"
    )
    reports(wang, CHARGING)
    assert f"新事项 LN-2026-0001 【电动车充电】西苑小区5号楼 · {LAMP}" in told(zhao, "LN-2026-0001")
    zhao.presses("受理")
    assert told(wang, "LN-2026-0001").startswith(f"LN-2026-0001 已受理：西苑小区5号楼 · {LAMP}。")

    here.reaches(moment(2, 28, 10))  # T−14
    assert told(zhao, "征集议题") == (
        "西苑小区议事会 3月14日 15:00开会，现在开始征集议题。3月7日 9:00会把议题草案发给您。"
    )
    asked = "西苑小区议事会 3月14日 15:00开会。您有什么事想请大家一起商量？直接发一句话就行。"
    assert [told(each, "请大家一起商量") for each in people.all()] == [asked] * 4
    gao.says("西苑小区5号楼楼下没有充电的地方")
    assert gao.presses("我说的就是这件，一起跟进").startswith("已经把您加进 LN-2026-0001")
    proposes(zhao, 1)
    said = f"LN-2026-0001（{LAMP}）要大家一起商量，已提交小区议事会。{SOON}"
    assert [told(each, "LN-2026-0001") for each in (wang, gao)] == [said, said]
    reports(tian, PARKING)
    proposes(zhao, 2)
    assert told(tian, "LN-2026-0002") == (
        f"LN-2026-0002（{CARS}）要大家一起商量，已提交小区议事会。{SOON}"
    )


def is_drafted_adjusted_and_approved(here: Town, staff: Cast, people: People) -> None:
    zhao = staff.zhao
    here.reaches(moment(3, 7, 10))  # T−7
    draft = told(zhao, "议题草案")
    assert draft.startswith("西苑小区议事会第1次 3月14日 15:00 议题草案（约40分钟）：\n1 门口没有地方充电 · 2户")
    assert "\n2 门口车位乱停 · 1户" in draft
    assert draft.endswith("\n请在3月9日 9:00前批准，批准后才会通知大家。")
    zhao.presses("调整")
    assert "权限：居民自治的事，会上可以商量决定" in zhao.presses(CARS)
    zhao.presses("改时间")
    assert "议题草案（约50分钟，会议90分钟）" in zhao.says("30")
    zhao.presses("改好了")
    assert zhao.presses("批准并通知").startswith(
        "已批准。西苑小区议事会第1次会 3月14日 15:00开，2个议题，已通知4人，反映的居民也会收到。"
    )
    invited = people.ma.looks()
    assert [each.labels for each in invited] == [["参加", "不参加", "委托"]]
    assert invited[0].text.startswith(
        "请您参加西苑小区议事会第1次会\n时间：3月14日 15:00\n地点：红色议事厅\n您的身份：议事代表，一户一票\n"
        f"议题：\n1. {LAMP}\n2. {CARS}\n"
    )
    for raiser, number, what in ((people.gao, 1, LAMP), (people.tian, 2, CARS), (people.wang, 1, LAMP)):
        heard = raiser.reads()
        assert any(said.startswith("请您参加西苑小区议事会第1次会") for said in heard)
        listed = f"LN-2026-000{number}（{what}）已列入西苑小区议事会的议程，3月14日 15:00开会。为什么上会："
        assert any(said.startswith(listed) for said in heard)


def invitations_are_answered(here: Town, people: People) -> None:
    ma = people.ma
    answer = ma.presses("参加")
    assert answer.startswith("记下了：您参加西苑小区议事会 3月14日 15:00，地点红色议事厅。")
    ma.presses("加到日历")
    method, event = calendar_of(here, ma)
    assert (method, event.start, event.location) == ("REQUEST", moment(3, 14, 15), "红色议事厅")
    people.tian.presses("参加")
    people.wang.presses("参加")
    assert people.gao.presses("不参加") == "记下了：您不参加西苑小区议事会 3月14日 15:00。结果公示时会告诉您。"


def opinions_are_asked_for(here: Town, staff: Cast, people: People) -> None:
    here.reaches(moment(3, 11, 10))  # T−3
    asked = [told(each, "意见征集") for each in people.all()]
    assert asked == [
        "西苑小区议事会 3月14日 15:00开会，会前先听听大家的意见（意见征集，不是表决）：\n"
        f"1. {LAMP}\n2. {CARS}"
    ] * 4
    wang, zhao = people.wang, staff.zhao
    wang.presses("意见")
    wang.presses(LAMP)
    wang.presses("赞成")
    assert wang.says("装在东侧不挡路").startswith("写好了。召集人看过以后，别人就能看到，不显示您的名字。")
    wang.presses("好了")
    assert told(zhao, "有人写了一句话").startswith(MEETING)
    assert "“装在东侧不挡路”" in zhao.presses("审看意见")
    zhao.presses("公开")
    people.ma.presses("意见")
    people.ma.presses(LAMP)
    people.ma.presses("赞成")
    assert "有邻居说：“装在东侧不挡路”" in people.ma.presses("不说了")
    people.ma.presses("不看了")


def is_held(here: Town, staff: Cast, people: People) -> None:
    zhao, ma, tian = staff.zhao, people.ma, people.tian
    here.reaches(moment(3, 13, 10))  # T−1
    assert told(zhao, "请了4人") == (
        "西苑小区议事会 3月14日 15:00开会。请了4人：参加3，不参加1，委托0，没回复0。预计到会2户，开会要2户。"
    )
    assert told(ma, "提醒") == "提醒：西苑小区议事会 3月14日 15:00在红色议事厅开会，您说了会来。"
    here.reaches(moment(3, 14, 14, 35))
    assert "可以签到了" in told(zhao, "可以签到了")
    heard = ma.reads()
    assert heard[0] == "西苑小区议事会快开会了：3月14日 15:00，红色议事厅。"
    assert heard[1] == "西苑小区议事会可以签到了。到了会场请点一下。"
    assert ma.presses("签到") == "签到好了，西苑小区议事会。\n现在到会 1 户，还差 1 户。"
    assert tian.presses("签到") == "签到好了，西苑小区议事会。\n现在到会 2 户，人数够了。"
    here.reaches(moment(3, 14, 15))
    zhao.presses("主持")
    card = "西苑小区议事会正在开会。到会 2 户，人数够了。\n\n▶ 门口没有地方充电：正在议"
    assert zhao.presses("开会").startswith(card)
    assert zhao.answers[-1].edited  # the card was changed where it stood
    here.passes(minutes=15)
    zhao.presses("记一笔")
    zhao.says("装在东侧，离窗户远")
    adopts(zhao)
    zhao.presses("下一项")
    zhao.presses("再议")
    assert zhao.says("先量一量能画几个车位").endswith("议题都有结果了，可以散会。")
    assert zhao.presses("散会").startswith("西苑小区议事会散会了，到会 2 户。纪要草稿已经写好")


def adopts(zhao: Phone) -> None:
    zhao.presses("通过")
    zhao.says(AGREED)
    zhao.says(STANDARD)
    zhao.presses("承办单位（安居物业）")
    zhao.presses("两周内")
    zhao.says("大约6000元")
    zhao.says("公共收益")
    zhao.presses("马师傅（3号楼2单元）")
    assert zhao.presses("好了").startswith(f"记下了：“{LAMP}”通过。")


def minutes_are_corrected_and_published(here: Town, staff: Cast, people: People) -> None:
    zhao, ma, tian, gao = staff.zhao, people.ma, people.tian, people.gao
    draft = zhao.presses("纪要")
    assert f"1. {LAMP}（LN-2026-0001）\n装在东侧，离窗户远\n结果：通过。{AGREED}。" in draft
    assert f"标准：{STANDARD}。由承办单位（安居物业）在3月28日前落实。经费：大约6000元，来源：公共收益。" in draft
    zhao.presses("发给到会的人核对")
    asked = "西苑小区议事会第1次会的纪要请您核对：https://zhuoluo.example/minutes/"
    assert all(told(each, "核对").startswith(asked) for each in (ma, tian))
    ma.presses("无误")
    tian.presses("有误")
    assert tian.says("少写了：不够再加2个") == "好，您的话转给召集人了，改好了会再发给您看。"
    assert told(zhao, "有误") == (
        "西苑小区议事会第1次会的纪要，有人说有误：少写了：不够再加2个。请看一下，改好了再发给大家。"
    )
    zhao.presses("纪要")
    zhao.presses("改纪要")
    zhao.presses(f"1. {LAMP}（LN-2026-0001）")
    zhao.says("装在东侧，先装8个，不够再加2个。")
    assert zhao.presses("记漏了").startswith("改好了，现在是第2版。")
    zhao.presses("发给到会的人核对")
    for guest in (ma, tian):
        assert "纪要请您核对" in told(guest, "核对")
        assert guest.presses("无误") == "好，记下了：无误。谢谢您。"
    assert "第2版发给了2人：无误2，有误0，没回复0。" in zhao.says("纪要")
    assert f"1 {LAMP}：通过了。{AGREED}\n2 {CARS}：下次再议。先量一量能画几个车位" in zhao.presses("公示")
    assert zhao.presses("公示吧").startswith("公示了：https://zhuoluo.example/published/")

    outcome = (
        f"LN-2026-0001（{LAMP}）会上定了：{AGREED}。标准：{STANDARD}。由承办单位（安居物业）在3月28日前落实。"
        "现在公示到3月20日，有不同意见可以说。"
    )
    page = "西苑小区议事会第1次会的结果公示了：https://zhuoluo.example/published/"
    for raiser in (people.wang, gao):
        first, second = [said for said in raiser.reads() if "还在办" not in said][-2:]
        assert first == outcome
        assert second.startswith(page)
    first, second = tian.reads()
    assert first == f"LN-2026-0002（{CARS}）这次会上没有定下来：先量一量能画几个车位。下一次接着商量，{LATER}"
    assert second.startswith(page)
    assert told(staff.qian, LAMP) == (
        f"西苑小区议事会定了一件事要您落实：{LAMP}：{AGREED}。标准：{STANDARD}，3月28日前完成。"
        "公示到3月20日，生效后再通知您。"
    )
    published = here.opens(second.rpartition("：")[2])
    assert AGREED in published
    assert "马师傅" not in published  # names are reduced


def comes_into_force_and_is_carried_out(here: Town, staff: Cast, people: People) -> None:
    qian, ma = staff.qian, people.ma
    ma.reads()
    here.reaches(moment(3, 20, 12))
    assert the_resolution(here).state == "published"
    here.reaches(moment(3, 21, 12))
    assert told(qian, "决议生效了") == (
        f"“{LAMP}”的决议生效了：{AGREED}。标准：{STANDARD}。请在3月28日前完成，有进展就记一句（可附照片），居民会看到。"
    )
    assert told(ma, LAMP) == (
        f"“{LAMP}”的决议生效了，由承办单位（安居物业）在3月28日前落实。您是跟进小组成员，到期会请您看看达没达到标准：{STANDARD}。"
    )
    in_force = f"LN-2026-0001（{LAMP}）会上定了：{AGREED}。由承办单位（安居物业）落实，3月28日前完成。"
    assert [told(each, "会上定了") for each in (people.wang, people.gao)] == [in_force] * 2
    assert qian.presses("接下").startswith(f"接下了：“{LAMP}”，3月28日前完成。")
    assert told(staff.zhao, "已接下决议") == f"承办单位（安居物业）已接下决议“{LAMP}”，3月28日前完成。"

    here.reaches(moment(3, 24, 10))
    qian.presses("记进展")
    assert qian.sends_photo("电线拉好了，装了5个").startswith("记下了，反映的人和跟进小组会看到。")
    note = f"LN-2026-0001（{LAMP}）有进展：电线拉好了，装了5个。（附照片 1 张）"
    for raiser in (people.wang, people.gao):
        (shown,) = [each for each in raiser.looks() if "有进展" in each.text]
        assert (shown.text, shown.photos) == (note, 1)
    (shown,) = [each for each in ma.looks() if "有进展" in each.text]
    assert (shown.text, shown.photos) == (f"“{LAMP}”有进展：电线拉好了，装了5个。（附照片 1 张）", 1)


def is_verified_rated_and_closed(here: Town, staff: Cast, people: People) -> None:
    qian, wang, ma, gao = staff.qian, people.wang, people.ma, people.gao
    here.reaches(moment(3, 26, 10))
    assert qian.presses("说做完了").startswith("好的。已请跟进小组和反映的人共 3 人")
    judged = [told(each, "标准") for each in (wang, gao, ma)]
    assert all(f"{AGREED}。标准：{STANDARD}" in said for said in judged)
    assert ma.presses("达到标准") == "记下了，谢谢您去看。等别的人也看过，就告诉您结果。"
    wang.presses("达到标准")
    assert gao.presses("达到标准") == "记下了，谢谢您去看。都说达到了标准，这件事办完了。"
    for raiser, rating in ((wang, "满意"), (gao, "基本满意")):
        answer = next(each for each in raiser.looks() if "办好了" in each.text)
        assert answer.text.startswith(f"LN-2026-0001 办好了：{AGREED}。电线拉好了，装了5个")
        assert answer.labels == ["满意", "基本满意", "不满意"]
        assert raiser.presses(rating).startswith("谢谢您的评价，LN-2026-0001 记下了。")
    assert told(staff.zhao, "评下来达到标准") == (
        f"决议“{LAMP}”评下来达到标准（达到 3 人，没有 0 人），已答复反映的人。"
    )
    assert told(qian, "评下来达到标准") == f"决议“{LAMP}”评下来达到标准，办完了。谢谢。"
    here.passes(days=1)
    with here.looks() as session:
        issues = session.scalars(select(Issue).order_by(Issue.serial)).all()
        meeting = session.scalars(select(Meeting).order_by(Meeting.slot)).first()
        assert [issue.state for issue in issues] == ["closed", "to_deliberate"]
        assert meeting is not None
        assert meeting.state == "published"
    assert the_resolution(here).state == "done"


def the_resolution(here: Town) -> Resolution:
    with here.looks() as session:
        return session.scalars(select(Resolution)).one()
