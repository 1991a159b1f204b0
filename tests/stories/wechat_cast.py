"""西苑小区 with everybody on WeChat, and what conveners and residents do at every meeting, in their own words.

Nobody here has buttons: an option is answered by the number that stands before it. Who has not written for 48 hours, or
has had five messages since, reads what is owed to them above the next answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Organisation, OrganisationKind, Street, Unit
from models.issue import Issue
from models.meeting import Meeting, MeetingSeries, StandingMember
from models.member import Grant
from models.rules.meeting_workflow import Capacity
from models.rules.posts import Role, ScopeKind
from services import members
from tests.stories.stage import Phone, Town, moment

_HOURLY = ("lost_holders", "retention")  # 1,400 slots in a month of a story that is about neither


@dataclass(frozen=True)
class Cast:
    """Of 兰宁社区, each with a post: steward of 3号楼2单元, secretary, community, property company, street."""

    li: Phone
    zhao: Phone
    sun: Phone
    qian: Phone
    wu: Phone


def cast(here: Town) -> Cast:
    here.engine.leaves_out(*_HOURLY)
    names = ("李管家", "赵书记", "孙主任", "钱经理", "吴科长")
    found = Cast(*(here.phone(name, on="wechat") for name in names))
    ids = here.ids
    here.appoint(found.li, Role.STEWARD, ScopeKind.UNIT, ids.unit, "西苑小区3号楼2单元")
    here.appoint(found.zhao, Role.SECRETARY, ScopeKind.GRID, ids.grid, "第一网格")
    here.appoint(found.sun, Role.COMMUNITY, ScopeKind.COMMUNITY, ids.community, "兰宁社区")
    here.appoint(found.qian, Role.HANDLER, ScopeKind.ORGANISATION, ids.property, "安居物业")
    wu = found.wu.member_id
    with Session(here.database.engine) as session, session.begin():
        street = session.scalars(select(Street)).one()
        whole = {"scope_kind": ScopeKind.STREET, "scope_id": street.id, "community_id": None, "label": street.name}
        post = members.post_for(session, role=Role.STREET, **whole)  # type: ignore[arg-type]
        insert_row(session, Grant, member_id=wu, post_id=post.id, starts_at=here.now, confirmed_at=here.now)
    return found


def owners_committee(here: Town, name: str) -> Phone:
    """业主委员会 of 西苑小区, and who answers for it."""
    phone = here.phone(name, on="wechat")
    with Session(here.database.engine) as session, session.begin():
        label, kind = "西苑小区业主委员会", OrganisationKind.OWNERS
        place = {"community_id": here.ids.community, "compound_id": here.ids.compound}
        committee = insert_row(session, Organisation, **place, kind=kind, name=label)
    here.appoint(phone, Role.HANDLER, ScopeKind.ORGANISATION, committee, label)
    return phone


def resident(here: Town, name: str, room: str, *, unit: str = "2") -> Phone:
    """Lives in 3号楼."""
    phone = here.phone(name, on="wechat")
    with here.looks() as session:
        home = session.scalars(select(Unit.id).where(Unit.building_id == here.ids.building, Unit.number == unit)).one()
    here.lives_in(phone, room, unit=home)
    return phone


def stand(here: Town, label: str, *phones: Phone) -> None:
    """Are invited to each meeting of a series, with a vote."""
    ids = [phone.member_id for phone in phones]
    with Session(here.database.engine) as session, session.begin():
        series = session.scalars(select(MeetingSeries.id).where(MeetingSeries.label == label)).one()
        for member in ids:
            row = {"series_id": series, "member_id": member}
            insert_row(session, StandingMember, **row, capacity=Capacity.VOTER, added_at=here.now)


def comes(here: Town, month: int, day: int, hour: int = 12, minute: int = 0, *, days: float = 1) -> None:
    """Time goes on, and the timetable is struck every so many days and at the end: months in seconds."""
    when = moment(month, day, hour, minute)
    while here.now < when:
        here.clock.at = min(when, here.now + timedelta(days=days))
        here.keeps_time()


# What people read


def phone_of(phone: Phone) -> list[str]:
    """Everything on it, from the first day."""
    return [shown.text for shown in phone.line.screen()]


def heard(phone: Phone, *parts: str) -> bool:
    """Whether one message, however it came, has all of this in it."""
    return any(all(part in told for part in parts) for told in phone_of(phone))


def times_heard(phone: Phone, part: str) -> int:
    return sum(told.count(part) for told in phone_of(phone))


def page(here: Town, label: str, number: int = 1) -> str:
    """The public page of a meeting's minutes, as anybody's browser gets it."""
    with here.looks() as session:
        query = select(Meeting.public_id).join(MeetingSeries, MeetingSeries.id == Meeting.series_id)
        meeting = session.scalars(query.where(MeetingSeries.label == label, Meeting.number == number)).one()
    found = httpx.get(f"{here.server.url}/published/{meeting}", trust_env=False)
    assert found.status_code == 200
    return found.text


def issue(here: Town, serial: int = 1) -> Issue:
    with here.looks() as session:
        return session.scalars(select(Issue).where(Issue.serial == serial)).one()


# What people do


def catches_up(*phones: Phone) -> None:
    """Each writes until nothing is unread any more; five at a time are shown."""
    for phone in phones:
        while "条未读进展" in phone.says("你好"):
            pass


def reports(phone: Phone, sentence: str) -> str:
    """The whole of a report; returns its number."""
    shown = phone.says(sentence)
    if "不是同一件" in shown:
        shown = phone.presses("不是同一件")
    receipt = phone.presses("同意并提交" if "同意并提交" in shown else "提交")
    if "以后再说" in receipt:
        phone.presses("以后再说")
    return receipt.split("编号 ")[1].split("。")[0]


def sets_up(phone: Phone, *, place: str = "", rule: str = "每月第二个周六 15:00") -> str:
    """A convener founds a series. ``place``: where it could be for more than one."""
    if "哪一个？" in phone.says("议事会"):
        phone.presses(f"新设：{place}")
    for words in (rule, "就这样", "红色议事厅", "90", "红色议事厅", "过半数"):
        phone.says(words)
    return phone.presses("设好")


def proposes(phone: Phone, number: str, level: str) -> str:
    """To a meeting of that level; with a reason, where one is asked for."""
    phone.says(f"提交议事 {number}")
    said = phone.presses(level)
    return phone.says("要大家一起商量") if "请写一句原因" in said else said


def opens(chair: Phone, *guests: Phone) -> str:
    """Who is there checks in, and the meeting is opened."""
    for guest in guests:
        guest.says("签到")
    chair.says("主持")
    return chair.presses("开会")


def settles(chair: Phone, outcome: str, *words: str) -> str:
    """What came of the item in hand; ``words`` answer what is asked."""
    said = chair.presses(outcome)
    for each in words:
        said = chair.says(each)
    return said


def publishes(chair: Phone, *guests: Phone) -> str:
    """The meeting is closed; its minutes are sent round, found right and published."""
    if "1 散会" not in chair.says("主持"):
        chair.presses("更多")
    if "散会的话" in chair.presses("散会"):
        chair.presses("散会")
    chair.says("纪要")
    chair.presses("发给到会的人核对")
    for guest in guests:
        guest.says("核对纪要")
        guest.presses("无误")
    chair.says("纪要")
    chair.presses("公示")
    return chair.presses("公示吧")
