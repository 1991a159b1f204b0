"""Who calls the meetings of a council and who comes: proposing, approving (some late), voting, keeping silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.district_holders import Holders
from bench.district_town import District, Spot
from models.base import undone_if_refused
from models.meeting import AgendaItem, Meeting, MeetingInvitation
from models.opinion import Stance
from models.resolution import Resolution
from models.rules.errors import AgendaRefused, RuleError
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level, Nature, State
from models.rules.meeting_workflow import (
    Capacity,
    Competence,
    ItemState,
    MeetingState,
    Rsvp,
)
from models.rules.tally import Majority, VoteBase
from services import deliberating, handling, intake
from services.intake import Told, Where
from services.meetings import agenda_approval, agenda_changes, calling, dispersing, opinions, settling, sitting, voting
from services.meetings import days as meeting_days
from services.meetings.agenda import agenda_of
from services.meetings.settling import Agreed, HandedOver

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_DAYS_OF_WORK = (3, 45)  # until a resolution is due
#: Category, words, and how often: residents' matters, some of the owners, some of the government.
_MATTERS = (
    ("parking", "电动车停车位怎么划", 10), ("sanitation", "楼道堆物大家轮流清理", 10), ("noise", "广场舞几点结束", 8),
    ("green", "楼前的树要不要修剪", 8), ("building", "楼道里加一个休息凳", 8), ("lighting", "晚上路灯什么时候关", 6),
    ("property_service", "快递柜放在哪里", 8), ("security", "单元门禁换不换", 3), ("elevator", "要不要加装电梯", 5),
    ("building", "动用维修资金修屋顶", 5), ("green", "绿地改成停车位", 4), ("illegal_build", "一楼私搭乱建的棚子", 4),
    ("parking", "充电桩装在什么地方", 10), ("noise", "装修时间怎么定", 6),
)  # fmt: skip
_FREE = ("上月物业费收支公开", "重阳节活动怎么办", "安全用电提醒", "志愿者排班")
_STANDARD = "现场划线完成，贴出照片，连续一周没有乱停"
_AGREED = "同意，从下个月起照此执行"


#: Up, from the community down again.
_ELSEWHERE = {
    Level.CORRIDOR: Level.COMPOUND,
    Level.COMPOUND: Level.COMMUNITY,
    Level.COMMUNITY: Level.COMPOUND,
}


@dataclass
class Circle:
    """One series and its people. ``owners``: posts that can carry something out."""

    series_id: int
    level: Level
    community: int
    convener: int
    upper: int
    residents: list[int]
    spots: list[Spot]
    owners: list[int]


class Chairs(Holders):
    """``circles`` by series."""

    def __init__(self, session: Session, district: District, *, rules: HouseRules, random: Random) -> None:
        super().__init__(session, district, rules=rules, random=random)
        self.circles: dict[int, Circle] = {}
        self._zone = ZoneInfo(rules.timezone)

    def hold(self, issue_id: int, member: int) -> None:
        """What is up for discussion waits for the meeting, and what was decided for its resolution."""
        if self._issue(issue_id).state not in (State.TO_DELIBERATE, State.SCHEDULED, State.DECIDED):
            super().hold(issue_id, member)

    def waits_until(self) -> datetime:
        """When somebody does something again."""
        return self._agenda[0][0] if self._agenda else datetime.max.replace(tzinfo=UTC)

    # Before the meeting.

    def raise_matter(self, series_id: int, _member: int) -> None:
        """A resident tells of something that concerns the neighbours, some join, and it is put up for discussion."""
        circle, random = self.circles[series_id], self.random
        category, words, _ = random.choices(_MATTERS, [each[2] for each in _MATTERS])[0]
        spot = random.choice(circle.spots)
        where = Where(spot.compound, spot.building, spot.unit)
        told = Told(words, words, category, Nature.HELP, False, where)
        people = random.sample(circle.residents, min(len(circle.residents), random.choice((1, 1, 2, 3))))
        issue = intake.report_issue(
            self.session, raiser_id=people[0], platform="webchat", told=told, at=self.now, rules=self.rules
        )
        for neighbour in people[1:]:
            intake.join_issue(
                self.session, issue_id=issue.id, raiser_id=neighbour, platform="webchat", told=told, at=self.now,
                rules=self.rules,
            )  # fmt: skip
        self.soon(8, "propose", issue.id, series_id)

    def propose(self, issue_id: int, series_id: int) -> None:
        issue, circle = self._issue(issue_id), self.circles[series_id]
        holder = self.district.on_post[issue.holder_id]
        if issue.state is State.RECEIVED:
            handling.accept_issue(self.session, **self._by(issue_id, holder))
        desk = self.district.desk[circle.community]
        deliberating.propose_issue(
            self.session, **self._by(issue_id, desk), level=circle.level, words="大家一起商量"
        )

    def _just_planned(self, meeting: Meeting) -> None:
        """Now and then a meeting will be moved or called off by its chair."""
        chance = self.random.random()
        days = self.random.choice((1, 2, 4, 6, 9, 12))
        if chance < 0.05:
            self.plan(meeting.meets_at - days * _DAY - 2 * _HOUR, "move_day", meeting.id)
        elif chance < 0.08:
            self.plan(meeting.meets_at - days * _DAY - 2 * _HOUR, "call_off", meeting.id)

    def move_day(self, meeting_id: int, _member: int) -> None:
        meeting, circle = self._with_circle(meeting_id)
        to = meeting.meets_at + self.random.choice((1, 2, 5, 7)) * _DAY
        meeting_days.move_by_chair(
            self.session, **self._at(meeting_id, circle.convener), to=to, words="会议室那天有别的用处"
        )

    def call_off(self, meeting_id: int, _member: int) -> None:
        _, circle = self._with_circle(meeting_id)
        meeting_days.cancel_by_chair(self.session, **self._at(meeting_id, circle.convener), words="这个月没有事")

    def _drafted(self, meeting: Meeting) -> None:
        chance, convener = self.random.random(), self._circle(meeting).convener
        if chance < 0.75:
            self.soon(30, "approve", meeting.id, convener)
        elif chance < 0.85:
            self.plan(self.now + 2.6 * _DAY, "approve", meeting.id, convener)  # after the reminder

    def _approval_climbed(self, meeting: Meeting) -> None:
        if self.random.random() < 0.7:
            self.soon(20, "approve", meeting.id, self._circle(meeting).upper)

    def approve(self, meeting_id: int, member: int) -> None:
        meeting = self._meeting(meeting_id)
        if meeting.state is not MeetingState.DRAFTED:
            return
        by: dict[str, Any] = {"meeting_id": meeting_id, "member_id": member, "at": self.now}
        view = agenda_of(self.session, meeting_id=meeting_id)
        for line in view.duties:
            agenda_changes.drop_item(self.session, **by, item_id=line.item_id, words="这是政府部门的职责，已经吹哨")
        if len(view.lines) > 2 and self.random.random() < 0.15:
            last = view.lines[-1].item_id
            agenda_changes.drop_item(self.session, **by, item_id=last, words="还要再了解情况")
        if self.random.random() < (0.25 if view.lines else 0.6):
            agenda_changes.add_free(self.session, **by, title=self.random.choice(_FREE), minutes=10)
        try:
            agenda_approval.approve_agenda(self.session, **by, rules=self.rules)
        except AgendaRefused as refused:
            self.refused[f"approve: {refused.params.get('why')}"] += 1

    def _called(self, meeting: Meeting) -> None:
        for seat in self._seats(meeting.id):
            if seat.member_id is not None and self.random.random() < 0.85:
                self.soon(60, "rsvp", meeting.id, seat.member_id)

    def _moved(self, meeting: Meeting) -> None:
        if meeting.state is MeetingState.CALLED:
            self._called(meeting)

    def rsvp(self, meeting_id: int, member: int) -> None:
        chance, proxy = self.random.random(), None
        answer = Rsvp.COMING if chance < 0.82 else Rsvp.NOT_COMING
        if chance > 0.94:
            voters = [s for s in self._seats(meeting_id) if s.capacity is Capacity.VOTER and s.member_id != member]
            if voters:
                answer, proxy = Rsvp.PROXY, self.random.choice(voters).id
        calling.answer_invitation(self.session, **self._at(meeting_id, member), rsvp=answer, proxy=proxy)

    def _opinions_asked(self, meeting: Meeting) -> None:
        for seat in self._seats(meeting.id):
            if seat.member_id is not None and self.random.random() < 0.4:
                self.soon(40, "opine", meeting.id, seat.member_id)

    def opine(self, meeting_id: int, member: int) -> None:
        for line in settling.announced_items(self.session, meeting_id=meeting_id):
            stance = self.random.choice(list(Stance))
            said: dict[str, Any] = {"item_id": line.item_id, "member_id": member, "at": self.now, "rules": self.rules}
            opinions.say(self.session, **said, stance=stance)
            if self.random.random() < 0.2:
                opinions.write(self.session, **said, words="我看行，先试一个月")

    # The meeting.

    def _doors_open(self, meeting: Meeting) -> None:
        """Whoever said so comes, and some who said nothing."""
        for seat in self._seats(meeting.id):
            often = {Rsvp.COMING: 0.93, None: 0.3, Rsvp.PROXY: 0.05}.get(seat.rsvp, 0.02)
            if seat.member_id is not None and self.random.random() < often:
                self.plan(self.now + self.random.uniform(1, 28) * _HOUR / 60, "arrives", meeting.id, seat.member_id)
        if self.random.random() < 0.97:
            self.plan(meeting.meets_at + _HOUR / 30, "conduct", meeting.id)

    def arrives(self, meeting_id: int, member: int) -> None:
        sitting.check_in(self.session, **self._at(meeting_id, member))

    def conduct(self, meeting_id: int, _member: int) -> None:
        meeting, circle = self._with_circle(meeting_id)
        chair = self._at(meeting_id, circle.convener)
        there = sitting.attendance(self.session, meeting)
        if not there.quorate and self.random.random() < 0.6:
            sitting.lack_quorum(self.session, **chair, words=f"只来了{there.households}户")
            return
        sitting.open_meeting(self.session, **chair)
        items = settling.announced_items(self.session, meeting_id=meeting_id)
        reached = items if self.random.random() < 0.85 else items[:-1]
        for number, line in enumerate(reached):
            self.plan(self.now + (2 + 9 * number) * _HOUR / 60, "talk", line.item_id)
        if self.random.random() < 0.96:
            self.plan(self.now + (10 + 9 * len(items)) * _HOUR / 60, "close", meeting_id)

    def talk(self, item_id: int, _member: int) -> None:
        item = self.session.get_one(AgendaItem, item_id, populate_existing=True)
        meeting, circle = self._with_circle(item.meeting_id)
        by: dict[str, Any] = {"item_id": item_id, "member_id": circle.convener, "at": self.now}
        settling.take_up(self.session, **by)
        if self.random.random() < 0.1:
            settling.note(
                self.session, meeting_id=meeting.id, item_id=item_id, member_id=circle.convener, words="大家说得很清楚",
                photos=(), at=self.now,
            )  # fmt: skip
        quorate = sitting.attendance(self.session, meeting).quorate
        can = quorate and item.competence is Competence.RESIDENTS
        won = True
        if can and self.random.random() < 0.35:
            won = self._vote_on(item, meeting, circle)
        outcome = self._outcome(item, circle, can=can, won=won)
        agreed = self._agreed(meeting, circle) if outcome is ItemState.ADOPTED else None
        handed = HandedOver(level=_ELSEWHERE[circle.level]) if outcome is ItemState.REFERRED else None
        settling.settle_item(
            self.session, **by, outcome=outcome, words=_AGREED if agreed else "大家谈了，记下来", rules=self.rules,
            agreed=agreed, handed_over=handed,
        )  # fmt: skip

    def _outcome(self, item: AgendaItem, circle: Circle, *, can: bool, won: bool) -> ItemState:
        chance = self.random.random()
        if can and won and chance < 0.72:
            return ItemState.ADOPTED
        if not won:
            return ItemState.REJECTED
        if chance < 0.84:
            return ItemState.ADJOURNED
        return ItemState.REFERRED if chance < 0.92 else ItemState.INFORMED

    def _vote_on(self, item: AgendaItem, meeting: Meeting, circle: Circle) -> bool:
        """Open or secret; whoever is there votes, also for whom they stand."""
        ballot = voting.open_ballot(
            self.session, item_id=item.id, member_id=circle.convener, question="", options=("赞成", "反对", "弃权"),
            base=self.random.choice(list(VoteBase)), majority=Majority.MORE_THAN_HALF,
            secret=self.random.random() < 0.4, closes_at=None, at=self.now, rules=self.rules,
        )  # fmt: skip
        seats = self._seats(meeting.id)
        there = {seat.id: seat for seat in seats if seat.checked_in_at is not None and seat.member_id is not None}
        for seat in seats:
            voter = there.get(seat.id) or there.get(seat.proxy_id or 0)
            if voter is None or seat.capacity is not Capacity.VOTER or self.random.random() < 0.04:
                continue
            choice = self.random.choices((0, 1, 2), (80, 15, 5))[0]
            named = None if voter is seat else seat.id
            self._attempt("vote", partial(
                voting.cast_vote, self.session, ballot_id=ballot.id, member_id=voter.member_id or 0, choice=choice,
                invitation_id=named, at=self.now, rules=self.rules,
            ))  # fmt: skip
        closed = voting.close_ballot(
            self.session, ballot_id=ballot.id, member_id=circle.convener, at=self.now, rules=self.rules
        )
        return (closed.result or {}).get("won") == 0

    def _agreed(self, meeting: Meeting, circle: Circle) -> Agreed:
        due = self.now.astimezone(self._zone).date() + timedelta(days=self.random.randint(*_DAYS_OF_WORK))
        there = [s.member_id for s in self._seats(meeting.id) if s.checked_in_at is not None and s.member_id]
        group = tuple(self.random.sample(there, min(2, len(there))))
        review = due + 10 * _DAY if self.random.random() < 0.15 else None
        return Agreed(_STANDARD, self.random.choice(circle.owners), due, "800元", "公共收益", group, review)

    def close(self, meeting_id: int, _member: int) -> None:
        _, circle = self._with_circle(meeting_id)
        dispersing.close_meeting(self.session, **self._at(meeting_id, circle.convener))

    # Who and what.

    def _attempt(self, what: str, deed: Callable[[], object]) -> None:
        try:
            with undone_if_refused(self.session):
                deed()
        except RuleError as error:
            self.refused[f"{what}: {error.code}"] += 1

    def _meeting(self, meeting_id: int) -> Meeting:
        return self.session.get_one(Meeting, meeting_id, populate_existing=True)

    def _resolution(self, resolution_id: int) -> Resolution:
        return self.session.get_one(Resolution, resolution_id, populate_existing=True)

    def _circle(self, meeting: Meeting) -> Circle:
        return self.circles[meeting.series_id]

    def _with_circle(self, meeting_id: int) -> tuple[Meeting, Circle]:
        meeting = self._meeting(meeting_id)
        return meeting, self._circle(meeting)

    def _seats(self, meeting_id: int) -> list[MeetingInvitation]:
        seats = select(MeetingInvitation).where(MeetingInvitation.meeting_id == meeting_id)
        return list(
            self.session.scalars(seats.order_by(MeetingInvitation.id).execution_options(populate_existing=True))
        )

    def _at(self, meeting_id: int, member: int) -> dict[str, Any]:
        return {"meeting_id": meeting_id, "member_id": member, "at": self.now, "rules": self.rules}

    def _for_owner(self, resolution: Resolution) -> dict[str, Any]:
        member = self.district.on_post[resolution.owner_id]
        return {"resolution_id": resolution.id, "member_id": member, "at": self.now, "rules": self.rules}
