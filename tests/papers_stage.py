"""A meeting with something in all of its papers, put straight into the database."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select, update

from models.ballot import Ballot, Majority, VoteBase
from models.base import insert_row
from models.community import Building, Unit
from models.issue import Issue
from models.meeting import AgendaItem, Meeting, MeetingInvitation, Referral
from models.member import Member, Post
from models.minutes import Minutes, MinutesCheck
from models.resolution import FollowUp, Objection, Resolution
from models.rules.issue_workflow import Level
from models.rules.meeting_workflow import Capacity, Competence, ItemState, MeetingState
from models.rules.posts import Role
from models.rules.resolution_workflow import ResolutionState
from tests.council import Council, council
from tests.neighbourhood import ANOTHER, SENTENCE, Neighbourhood, Person, Staff


def names(here: Neighbourhood, person: Person, name: str, *, building: str = "3", room: str = "") -> None:
    """Who somebody is and where they live."""
    unit = here.session.scalars(
        select(Unit.id)
        .join(Building, Building.id == Unit.building_id)
        .where(Building.compound_id == here.ids.compound, Building.number == building)
        .order_by(Unit.id)
    ).first()
    home = {"home_unit_id": unit, "home_room": room, "community_id": here.ids.community} if room else {}
    here.session.execute(update(Member).where(Member.id == person.member_id).values(name=name, **home))


def called(here: Neighbourhood, staff: Staff) -> Council:
    """Called for Monday the 16th: two issues, a matter of the owners, one that waits and one left out; 王芳 and 李明 of
    one household, 张桂兰 without a phone, 刘洋 from another building; the property company sends qian."""
    wang, ming, liu = here.person("wang"), here.person("ming"), here.person("liu")
    wang.reports(SENTENCE)
    here.passes(days=3)
    liu.reports(ANOTHER)
    stage = council(here, staff, state=MeetingState.CALLED)
    for person, name, building, room in (
        (wang, "王芳", "3", "501"),
        (ming, "李明", "3", "501"),
        (liu, "刘洋", "5", "102"),
    ):
        names(here, person, name, building=building, room=room)
        stage.seat(person)
    insert_row(
        here.session,
        MeetingInvitation,
        meeting_id=stage.meeting_id,
        name="张桂兰",
        household=f"home:{here.ids.unit}:101",
        capacity=Capacity.VOTER,
        invited_at=here.now,
    )
    names(here, staff.qian, "钱进")
    stage.seat(staff.qian, Capacity.DEPARTMENT)
    here.session.execute(update(Issue).where(Issue.serial == 1).values(households=12))
    stage.item("楼道灯坏了谁来修、多久巡查一次", issues=[here.issue(1)], minutes=20)
    stage.item("5号楼门口的垃圾两天没人清", issues=[here.issue(2)], minutes=15)
    stage.item("加装电梯怎么分摊费用", minutes=30, competence=Competence.OWNERS)
    left = {"meeting_id": stage.meeting_id, "kind": "free", "minutes": 10, "competence": "residents", "parts": {}}
    insert_row(here.session, AgendaItem, **left, title="广场舞的音量", state=ItemState.QUEUED, position=4, place=1)
    insert_row(
        here.session,
        AgendaItem,
        **left,
        title="换门禁卡",
        state=ItemState.DROPPED,
        position=5,
        words="物业已经在换了",
    )
    first = stage.items()[2]
    first.point, first.carried, first.mandatory = 6, 2, True
    here.session.flush()
    return stage


def held(here: Neighbourhood, staff: Staff, *, state: MeetingState = MeetingState.PUBLISHED) -> Council:
    """Published: the lamp is resolved by a ballot, the rubbish goes up, the lift was not reached."""
    stage = called(here, staff)
    finished(here, staff, stage, state=state)
    return stage


def finished(
    here: Neighbourhood, staff: Staff, stage: Council, *, state: MeetingState = MeetingState.PUBLISHED
) -> None:
    """What :func:`called` began."""
    here.passes(days=14, hours=2)
    session, items = here.session, stage.items()
    outcomes = (ItemState.ADOPTED, ItemState.REFERRED, ItemState.NOT_REACHED)
    for item, outcome in zip(items, outcomes, strict=False):
        item.state, item.settled_at = outcome, here.now
    meeting = session.get_one(Meeting, stage.meeting_id)
    meeting.state, meeting.opened_at, meeting.closed_at = state, here.now, here.now
    meeting.published_at = here.now if state is MeetingState.PUBLISHED else None
    items[1].level = Level.COMMUNITY
    rows = session.scalars(
        select(MeetingInvitation).where(MeetingInvitation.meeting_id == stage.meeting_id).order_by(MeetingInvitation.id)
    ).all()
    wang, _, liu, zhang, qian = rows
    wang.checked_in_at = qian.checked_in_at = liu.checked_in_at = here.now
    zhang.proxy_id = wang.id
    insert_row(
        session,
        Ballot,
        item_id=items[0].id,
        question="同意每月巡查一次楼道灯吗？",
        options=["同意", "不同意", "弃权"],
        base=VoteBase.PRESENT,
        base_count=3,
        majority=Majority.MORE_THAN_HALF,
        secret=False,
        opened_by_id=staff.zhao.member_id,
        opened_at=here.now,
        closed_at=here.now,
        result={"counts": [2, 1, 0], "base": 3, "needed": 2, "won": 0},
    )
    resolution = resolve(here, stage, items[0].id)
    insert_row(session, FollowUp, resolution_id=resolution, member_id=wang.member_id)
    insert_row(session, FollowUp, resolution_id=resolution, member_id=liu.member_id)
    insert_row(session, Objection, resolution_id=resolution, member_id=liu.member_id, words="太贵了", at=here.now)
    insert_row(
        session,
        Referral,
        item_id=items[1].id,
        issue_id=here.issue(2).id,
        from_level=Level.COMPOUND,
        to_level=Level.COMMUNITY,
        reason="要和环卫公司谈清运次数",
        until=here.now + timedelta(days=30),
        at=here.now,
    )
    minutes = insert_row(
        session,
        Minutes,
        meeting_id=stage.meeting_id,
        version=2,
        body={
            "opening": "会议由网格书记主持，安居物业到会听取意见。",
            "items": {
                str(items[0].id): "王芳说3号楼的灯一个星期没有人管。\n张桂兰希望晚上也有人巡查。物业表示可以每月巡查。",
                str(items[1].id): "刘洋说垃圾桶太少。大家认为要增加清运次数。",
            },
            "closing": "下次会议接着议加装电梯。",
        },
        at=here.now,
    )
    insert_row(session, Minutes, meeting_id=stage.meeting_id, version=1, body={"opening": "旧的一稿"}, at=here.now)
    insert_row(session, MinutesCheck, minutes_id=minutes, member_id=wang.member_id, correct=True, at=here.now)
    session.flush()


def resolve(here: Neighbourhood, stage: Council, item: int, *, serial: int = 1, words: str = "") -> int:
    """A resolution, published, of the property company."""
    owner = here.session.scalars(select(Post.id).where(Post.role == Role.HANDLER)).first()
    return insert_row(
        here.session,
        Resolution,
        community_id=here.ids.community,
        year=2026,
        serial=serial,
        item_id=item,
        meeting_id=stage.meeting_id,
        state=ResolutionState.PUBLISHED,
        words=words or "物业每月15号前巡查一次全部楼道灯，坏了的3天内换好。",
        standard="每层楼道晚上有灯，坏了的3天内换好",
        owner_id=owner,
        due_on=date(2026, 4, 30),
        budget="2000元",
        source="公共收益",
        review_on=date(2026, 6, 13),
        recorded_at=here.now,
        published_at=here.now,
        objections_until=here.now + timedelta(days=7),
    )
