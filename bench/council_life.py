"""What the people of a council do through a year, through the services: all of ``bench.council_people``, and what comes
after a meeting: minutes, objections, carrying out, judging.

Meetings and resolutions have histories; the life of the council is driven by reading what is new there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.council_people import Chairs, Circle
from bench.district_town import District
from models.meeting import Meeting, MeetingEntry
from models.minutes import Minutes
from models.resolution import Objection, Resolution, ResolutionEntry
from models.rules.house import HouseRules
from models.rules.meeting_workflow import (
    MeetingAction,
)
from models.rules.resolution_workflow import ResolutionAction, ResolutionState
from services.meetings import minutes, publishing
from services.meetings.resolutions import deeds as resolutions
from services.meetings.resolutions import objections, verifying

__all__ = ["Circle", "Council"]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Council(Chairs):
    """``moves``: what happened to meetings and resolutions, by kind."""

    def __init__(self, session: Session, district: District, *, rules: HouseRules, random: Random) -> None:
        super().__init__(session, district, rules=rules, random=random)
        self.moves = Counter[str]()
        self._seen_of_meetings = 0
        self._seen_of_resolutions = 0

    def read_news(self) -> None:
        super().read_news()
        for entry in self.session.scalars(
            select(MeetingEntry).where(MeetingEntry.id > self._seen_of_meetings).order_by(MeetingEntry.id)
        ).all():
            self._seen_of_meetings = entry.id
            self.moves[f"meeting {entry.action}"] += 1
            if react := _OF_MEETINGS.get(entry.action):
                react(self, self._meeting(entry.meeting_id))
        for told in self.session.scalars(
            select(ResolutionEntry)
            .where(ResolutionEntry.id > self._seen_of_resolutions)
            .order_by(ResolutionEntry.id)
        ).all():
            self._seen_of_resolutions = told.id
            self.moves[f"resolution {told.action}"] += 1
            if answer := _OF_RESOLUTIONS.get(told.action):
                answer(self, self._resolution(told.resolution_id))

    # After it.

    def _closed(self, meeting: Meeting) -> None:
        self.soon(self.random.choice((30, 30, 60, 150)), "send", meeting.id)

    def send(self, meeting_id: int, _member: int) -> None:
        _, circle = self._with_circle(meeting_id)
        minutes.send_minutes(self.session, **self._at(meeting_id, circle.convener), site="")

    def _sent(self, meeting: Meeting) -> None:
        for seat in self._seats(meeting.id):
            if seat.checked_in_at is not None and seat.member_id is not None and self.random.random() < 0.6:
                self.soon(40, "check_it", meeting.id, seat.member_id)
        self.plan(self.now + self.random.choice((1.1, 2.1, 3.1, 6.2)) * _DAY, "publish", meeting.id)

    def check_it(self, meeting_id: int, member: int) -> None:
        right = self.random.random() < 0.95
        minutes.check_minutes(
            self.session, **self._at(meeting_id, member), correct=right, words="" if right else "人数错了", version=None
        )

    def publish(self, meeting_id: int, _member: int) -> None:
        """Where somebody finds a mistake, it is corrected and sent again; the second time it is published anyhow."""
        _, circle = self._with_circle(meeting_id)
        by = self._at(meeting_id, circle.convener)
        last = minutes.last_sent(self.session, meeting_id=meeting_id)
        wrong = minutes.checks_of(self.session, meeting_id=meeting_id).wrong
        if wrong and isinstance(last, Minutes) and last.version == 1:
            minutes.edit_minutes(
                self.session, **by, based_on=1, changes={"closing": "人数已经更正"}, why="更正人数"
            )
            minutes.send_minutes(self.session, **by, site="")
            return
        publishing.publish_minutes(self.session, **by, despite=bool(wrong))

    def _announced(self, resolution: Resolution) -> None:
        circle = self._circle(self._meeting(resolution.meeting_id))
        if self.random.random() < 0.06:
            self.soon(60, "objects", resolution.id, self.random.choice(circle.residents))

    def objects(self, resolution_id: int, member: int) -> None:
        objections.object_to(
            self.session, resolution_id=resolution_id, member_id=member, platform="webchat", words="没有问过我们这一户",
            summary="对决议有异议", at=self.now, rules=self.rules,
        )  # fmt: skip

    def _objected(self, resolution: Resolution) -> None:
        if self.random.random() < 0.7:
            self.soon(70, "settle_objections", resolution.id)

    def _delayed(self, resolution: Resolution) -> None:
        self.soon(40, "settle_objections", resolution.id)

    def settle_objections(self, resolution_id: int, _member: int) -> None:
        circle = self._circle(self._meeting(self._resolution(resolution_id).meeting_id))
        still = select(Objection.id).where(Objection.resolution_id == resolution_id, Objection.settled_at.is_(None))
        for each in self.session.scalars(still.order_by(Objection.id)).all():
            objections.settle_objection(
                self.session, objection_id=each, member_id=circle.convener, uphold=self.random.random() < 0.3,
                words="已经当面说明，按多数人的意见办", at=self.now, rules=self.rules,
            )  # fmt: skip

    def _in_force(self, resolution: Resolution) -> None:
        if self.random.random() < 0.9:
            self.soon(40, "takes_on", resolution.id)

    def takes_on(self, resolution_id: int, _member: int) -> None:
        resolution = self._resolution(resolution_id)
        by = self._for_owner(resolution)
        if resolution.state is ResolutionState.IN_FORCE:
            resolutions.accept(self.session, **by)
        self.soon(24 * 8, "notes", resolution_id)
        due = datetime.combine(resolution.due_on, time(10), self._zone).astimezone(UTC)
        days = self.random.choices((-4, -1, 3, 9), (30, 45, 15, 10))[0]
        self.plan(max(self.now + _HOUR, due + days * _DAY), "carried_out", resolution_id)

    def notes(self, resolution_id: int, _member: int) -> None:
        resolution = self._resolution(resolution_id)
        if resolution.state in (ResolutionState.IN_FORCE, ResolutionState.ACCEPTED):
            resolutions.note(self.session, **self._for_owner(resolution), words="材料到了，这周开始做")
            if self.random.random() < 0.7:
                self.soon(24 * 9, "notes", resolution_id)

    def carried_out(self, resolution_id: int, _member: int) -> None:
        resolution = self._resolution(resolution_id)
        if resolution.state in (ResolutionState.IN_FORCE, ResolutionState.ACCEPTED):
            verifying.say_done(self.session, **self._for_owner(resolution))

    def _warned(self, resolution: Resolution) -> None:
        if self.random.random() < 0.7:
            self.soon(30, "takes_on", resolution.id)

    def _judging(self, resolution: Resolution) -> None:
        for member in verifying.asked(self.session, resolution, at=self.now):
            if self.random.random() < 0.75:
                self.soon(60, "judges", resolution.id, member)

    def judges(self, resolution_id: int, member: int) -> None:
        met = self.random.random() < 0.88
        verifying.verify(
            self.session, resolution_id=resolution_id, member_id=member, met=met, words="" if met else "线还没有划",
            at=self.now, rules=self.rules,
        )  # fmt: skip

    def _sent_back(self, resolution: Resolution) -> None:
        self.soon(60, "notes", resolution.id)
        self.plan(self.now + 6 * _DAY, "carried_out", resolution.id)


_OF_MEETINGS: dict[MeetingAction, Callable[[Council, Meeting], None]] = {
    MeetingAction.PLAN: Council._just_planned,
    MeetingAction.DRAFT: Council._drafted,
    MeetingAction.CLIMB: Council._approval_climbed,
    MeetingAction.APPROVE: Council._called,
    MeetingAction.MOVE: Council._moved,
    MeetingAction.ASK_OPINIONS: Council._opinions_asked,
    MeetingAction.OPEN_CHECK_IN: Council._doors_open,
    MeetingAction.CLOSE: Council._closed,
    MeetingAction.SEND_MINUTES: Council._sent,
}
_OF_RESOLUTIONS: dict[ResolutionAction, Callable[[Council, Resolution], None]] = {
    ResolutionAction.PUBLISH: Council._announced,
    ResolutionAction.OBJECT: Council._objected,
    ResolutionAction.DELAY: Council._delayed,
    ResolutionAction.ENTER_FORCE: Council._in_force,
    ResolutionAction.WARN: Council._warned,
    ResolutionAction.ASK_VERIFICATION: Council._judging,
    ResolutionAction.SEND_BACK: Council._sent_back,
}
