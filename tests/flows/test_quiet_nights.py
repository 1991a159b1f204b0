"""Quiet nights: what can wait is there in the morning, in one message; what cannot wakes whoever can help."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.notice import Notice, NoticeState
from services import documents
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, Staff

LAMP = "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"
WATER = "西苑小区3号楼2单元门口垃圾两天没人清"
BIKES = "西苑小区3号楼2单元楼道里堆满电动车"


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    here.deliver()
    return here.person("wang")


def at(here: Neighbourhood, clock: str) -> None:
    """The next time that the clocks of Lanzhou show it."""
    today = here.now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    local = datetime.fromisoformat(f"{today} {clock}+08:00")
    while local <= here.now:
        local += timedelta(days=1)
    here.now = local


def arrived(here: Neighbourhood, person: Person) -> list[str]:
    """What has come since the last look, several at once as one message."""
    seen = len(person.inbox)
    here.deliver(together=True)
    return [message.text for message in person.inbox[seen:]]


def test_a_steward_is_not_woken_by_a_lamp_and_finds_it_at_seven(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    at(here, "23:10")
    assert "LN-2026-0001" in wang.reports(LAMP)  # whoever writes is answered, whatever the hour
    assert arrived(here, staff.li) == []
    at(here, "06:59")
    assert arrived(here, staff.li) == []
    at(here, "07:00")
    (told,) = arrived(here, staff.li)
    assert told.startswith("新事项 LN-2026-0001 【照明】")


def test_a_steward_is_woken_by_gas(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    at(here, "23:10")
    wang.says("西苑小区3号楼2单元闻到煤气味")
    assert [text.startswith("【危险提醒】") for text in arrived(here, staff.li)] == [True]
    wang.says("1")
    (order,) = arrived(here, staff.li)
    assert order.startswith("新事项 LN-2026-0001（紧急）")


def test_what_waits_before_an_alarm_leaves_with_it(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    at(here, "23:10")
    wang.reports(LAMP)
    assert arrived(here, staff.li) == []
    wang.says("西苑小区3号楼2单元闻到煤气味")
    told = arrived(here, staff.li)
    assert [text[:8] for text in told] == ["新事项 LN-2", "【危险提醒】西苑"]
    assert arrived(here, staff.zhao) == []  # nobody else's lamp


def test_in_the_morning_a_night_is_one_message_in_order(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    at(here, "22:30")
    for words in (LAMP, WATER, BIKES):
        wang.reports(words)
    assert arrived(here, staff.li) == []
    at(here, "07:00")
    (told,) = arrived(here, staff.li)
    assert told.startswith("您有 3 条消息：\n\n· 新事项 LN-2026-0001")
    positions = [told.index(number) for number in ("LN-2026-0001", "LN-2026-0002", "LN-2026-0003")]
    assert positions == sorted(positions)
    assert told.endswith("（前面的事要办，就回复像“受理 1”这样的话，写上编号。）")


def test_the_last_is_answered_by_its_buttons_and_the_others_by_their_numbers(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    at(here, "22:30")
    for words in (LAMP, WATER, BIKES):
        wang.reports(words)
    at(here, "07:00")
    arrived(here, staff.li)
    message = staff.li.inbox[-1]
    assert [button.label for button in message.buttons] == ["受理", "当场办结", "转物业", "上报网格"]
    assert message.numbered
    assert "LN-2026-0003" in staff.li.says("1")
    assert "LN-2026-0001" in staff.li.says("受理 1")
    assert [here.issue(n).state for n in (1, 2, 3)] == ["accepted", "received", "accepted"]
    here.deliver()
    assert audit(here.session, at=here.now) == []


def test_the_photos_of_a_night_follow_its_words(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    at(here, "22:30")
    wang.says(LAMP, photos=1)
    wang.says("1")
    wang.says("以后再说")
    for words in (WATER, BIKES):
        wang.reports(words)
    at(here, "07:00")
    (told,) = arrived(here, staff.li)
    assert len(staff.li.inbox[-1].photos) == 1
    assert "照片 1 张" in told


def test_two_of_a_night_are_two_messages(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    at(here, "22:30")
    for words in (LAMP, WATER):
        wang.reports(words)
    at(here, "07:00")
    assert [text[:16] for text in arrived(here, staff.li)] == ["新事项 LN-2026-0001", "新事项 LN-2026-0002"]


def test_a_resident_sleeps_while_a_steward_works_late(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    wang.reports(LAMP)
    here.deliver()
    at(here, "22:05")
    assert "LN-2026-0001" in staff.li.says("受理 1")
    staff.li.says("当场办结 1")
    staff.li.says("换了灯泡，灯亮了")
    assert arrived(here, wang) == []
    at(here, "07:00")
    assert [text[:16] for text in arrived(here, wang)] == ["LN-2026-0001 已受理", "LN-2026-0001 办好了"]


def test_a_house_that_spares_nobody_tells_everything_at_once(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    here.house = replace(here.house, rules=replace(here.house.rules, quiet_from=None))
    at(here, "23:10")
    wang.reports(LAMP)
    assert len(arrived(here, staff.li)) == 1


def test_what_failed_before_the_night_is_not_hurried_by_an_alarm(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    """A pause that a platform asked for is kept; only what waits for the morning is released."""
    at(here, "21:58")
    wang.reports(LAMP)
    notice = here.session.query(Notice).filter_by(member_id=staff.li.member_id, state=NoticeState.OWED).one()
    notice.not_before, notice.reason = here.now + timedelta(minutes=30), "too many requests"
    here.session.flush()
    at(here, "22:10")
    wang.says("西苑小区3号楼2单元闻到煤气味")
    assert arrived(here, staff.li) == []
    at(here, "22:30")
    assert len(arrived(here, staff.li)) == 2


def test_a_file_asked_for_at_night_comes_at_night_and_alone(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    at(here, "22:30")
    for words in (LAMP, WATER, BIKES):
        wang.reports(words)
    documents.request_document(
        here.session, member_id=staff.li.member_id, kind="ledger", params={}, name="台账.xlsx", at=here.now,
        rules=here.house.rules,
    )  # fmt: skip
    document = documents.claim_owed(here.session, now=here.now)
    assert document is not None
    documents.ready(here.session, document=document, size=1, at=here.now, rules=here.house.rules)
    night, file = arrived(here, staff.li)
    assert night.startswith("您有 3 条消息")  # the steward is awake, and the order is kept
    assert file == "您要的“台账.xlsx”做好了。请在 24 小时内打开或者保存；过了时间，再要一次就行。"
    assert [file.name for file in staff.li.inbox[-1].files] == ["台账.xlsx"]
