"""西苑小区 with everybody on Telegram: buttons are pressed, and what people say is what they would say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

from models.rules.posts import Role, ScopeKind
from tests.stories.stage import Phone, Town, moment

CHARGING = "西苑小区5号楼门口没有地方充电，电动车到处拉飞线"
PARKING = "西苑小区3号楼2单元门口车位乱停，进不去"
MEETING = "西苑小区议事会"
_HOURLY = ("lost_holders", "retention")  # 1,400 slots in a month of a story that is about neither


@dataclass(frozen=True)
class Cast:
    """Of 兰宁社区, each with a post: steward of 3号楼2单元, secretary, community, property company."""

    li: Phone
    zhao: Phone
    sun: Phone
    qian: Phone


def cast(here: Town) -> Cast:
    here.engine.leaves_out(*_HOURLY)
    found = Cast(*map(here.phone, ("李管家", "赵书记", "孙主任", "钱经理")))
    ids = here.ids
    here.appoint(found.li, Role.STEWARD, ScopeKind.UNIT, ids.unit, "西苑小区3号楼2单元")
    here.appoint(found.zhao, Role.SECRETARY, ScopeKind.GRID, ids.grid, "第一网格")
    here.appoint(found.sun, Role.COMMUNITY, ScopeKind.COMMUNITY, ids.community, "兰宁社区")
    here.appoint(found.qian, Role.HANDLER, ScopeKind.ORGANISATION, ids.property, "安居物业")
    return found


def resident(here: Town, name: str, room: str) -> Phone:
    """Of 3号楼2单元."""
    phone = here.phone(name)
    here.lives_in(phone, room)
    return phone


def sets_up(zhao: Phone, people: Iterable[str], *, rule: str = "每月第二个周六 15:00") -> str:
    """A series in chat, with its standing members, found by name or by room. Returns how their list reads."""
    zhao.says("议事会")
    zhao.presses(f"新设：{MEETING}")
    zhao.says(rule)
    zhao.presses("就这样")
    zhao.says("红色议事厅")
    zhao.presses("90分钟")
    zhao.presses("红色议事厅")
    zhao.presses("议事代表过半数")
    assert zhao.presses("设好").startswith(f"{MEETING}设好了。")
    zhao.presses("议事代表")
    zhao.presses("加人")
    zhao.presses("议事代表")
    for wanted in people:
        answer = zhao.says(wanted)
        assert "已经告诉对方" in (answer if "已经告诉对方" in answer else zhao.says("1")), answer
    return zhao.presses("好了")


def reports(who: Phone, sentence: str) -> None:
    who.says(sentence)
    assert who.presses("提交").startswith("已收到，编号 LN-2026-")


def proposes(zhao: Phone, number: int) -> None:
    """To the compound's meeting."""
    zhao.says(f"提交议事 {number}")
    assert f"LN-2026-{number:04d} 已提交小区议事会" in zhao.presses("小区议事会")


def told(who: Phone, words: str) -> str:
    """The one message with these words among all that came by itself since the last look."""
    found = [said for said in who.reads() if words in said]
    assert len(found) == 1, (who.name, words, found)
    return found[0]


def not_told(who: Phone, words: str) -> None:
    assert not [said for said in who.reads() if words in said]


def calls(here: Town, zhao: Phone, *, agenda: int) -> str:
    """The agenda is drafted on 7 March; the secretary approves it with one tap. ``agenda``: how many items."""
    here.reaches(moment(3, 7, 10))
    told(zhao, "议题草案（约")
    answer = zhao.presses("批准并通知")
    assert answer.startswith(f"已批准。{MEETING}第1次会 3月14日 15:00开，{agenda}个议题，"), answer
    return answer


def calendar_of(here: Town, who: Phone) -> tuple[str | None, Event]:
    """The method and the event, as an independent library reads the file that has just arrived on that phone."""
    (shown,) = [each for each in who.looks() if each.files]
    assert shown.files == (f"{MEETING}0314.ics",)
    calendar = IcsCalendarStream.calendar_from_ics(here.last_file(who).decode())
    (event,) = calendar.events
    return calendar.method, event
