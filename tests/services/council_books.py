"""A council in whose books nothing is wrong: one meeting published, one called, one planned; for the audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.ballot import Ballot, Majority, VoteBase
from models.issue import Issue
from models.meeting import AgendaItem, Meeting, MeetingSeries
from models.member import Member
from models.resolution import Resolution
from models.rules.issue_workflow import Level, Nature
from models.rules.meeting_steps import Step
from models.rules.meeting_workflow import Capacity, Form, ItemState, MeetingState, QuorumRule
from services import deliberating, handling, intake
from services.audit import audit
from services.meetings import (
    agenda_approval,
    dispersing,
    minutes,
    publishing,
    series,
    settling,
    sitting,
    standing_members,
    voting,
)
from services.meetings.step_moments import step_moment
from tests.neighbourhood import settle, staffed

_TOLD = (("楼道灯坏了", "lighting"), ("夜里太吵", "noise"), ("门口堆垃圾", "sanitation"))
_TERMS = ("FREQ=MONTHLY;BYDAY=2SA", "每月第二个周六 15:00", "15:00", "红色议事厅", 90)


class CouncilBooks:
    """``decided`` was adopted by a ballot, ``rejected`` was not, ``scheduled`` stands on the next agenda."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.here = settle(session)
        self.staff = staffed(self.here)
        self.people = [self.here.person(name).member_id for name in ("wang", "liu")]
        for member, room in zip(self.people, ("301", "302"), strict=True):
            home = {"home_unit_id": self.here.ids.unit, "home_room": room, "community_id": self.here.ids.community}
            agreed = {"consent_version": self.here.house.rules.consent_version}
            session.execute(update(Member).where(Member.id == member).values(**home, **agreed))
        self.series = self._series()
        self.issues = {name: self._proposed(*told) for name, told in zip(("decided", "rejected"), _TOLD, strict=False)}
        self.past = self._called()
        self._held()
        self.here.passes(days=14)
        self.here.keeps_time()
        self.issues["scheduled"] = self._proposed(*_TOLD[2])
        self.coming = self._called()
        self.here.deliver()

    def __getitem__(self, name: str) -> Issue:
        return self.session.get_one(Issue, self.issues[name], populate_existing=True)

    def breaches(self) -> set[tuple[int, str, str]]:
        found = audit(self.session, at=self.here.now, rules=self.here.house.rules)
        assert len(found) == len(set(found))
        return {(breach.invariant, breach.subject, breach.what) for breach in found}

    def run(self, statement: Any) -> None:
        done = self.session.execute(statement, execution_options={"synchronize_session": False})
        assert getattr(done, "rowcount", 1)

    def item(self, name: str) -> int:
        title = self[name].summary
        return self.session.scalars(select(AgendaItem.id).where(AgendaItem.title == title)).one()

    @property
    def ballot(self) -> int:
        return self.session.scalars(select(Ballot.id)).one()

    @property
    def resolution(self) -> int:
        return self.session.scalars(select(Resolution.id)).one()

    def _by(self, member: int) -> dict[str, Any]:
        self.here.passes(minutes=1)
        return {"member_id": member, "at": self.here.now, "rules": self.here.house.rules}

    def _series(self) -> int:
        zhao = self.staff.zhao.member_id
        by = self._by(zhao)
        places = series.free_places(self.session, member_id=zhao, at=by["at"])
        place = next(each for each in places if each.level is Level.COMPOUND)
        terms = series.Terms(*_TERMS, Form.HALL, QuorumRule.HALF_OF_VOTERS)
        held = series.create_series(self.session, **by, place=place.key, label="西苑小区议事会", terms=terms)
        for member in self.people:
            standing_members.add_member(
                self.session, **by, series_id=held.id, added_id=member, capacity=Capacity.VOTER
            )
        return held.id

    def _proposed(self, words: str, category: str) -> int:
        ids = self.here.ids
        told = intake.Told(words, words, category, Nature.HELP, False, intake.Where(ids.compound))
        by = self._by(self.people[0])
        raiser = by.pop("member_id")
        issue = intake.report_issue(self.session, raiser_id=raiser, platform="webchat", told=told, **by)
        zhao = self.staff.zhao.member_id
        handling.accept_issue(self.session, issue_id=issue.id, **self._by(zhao))
        deliberating.propose_issue(
            self.session, issue_id=issue.id, level=Level.COMPOUND, words="商量", **self._by(zhao)
        )
        return issue.id

    def _called(self) -> int:
        """The next meeting, whose agenda is drafted and approved in time."""
        meeting = self.session.scalars(
            select(Meeting).where(Meeting.state == MeetingState.PLANNED).order_by(Meeting.meets_at).limit(1)
        ).one()
        of = self.session.get_one(MeetingSeries, self.series)
        for step in (Step.COLLECT, Step.DRAFT):
            moment = step_moment(meeting, of, step, self.here.house.rules)
            self.here.now = max(self.here.now, moment) + timedelta(minutes=1)
            self.here.keeps_time()
        by = self._by(self.staff.zhao.member_id)
        agenda_approval.approve_agenda(self.session, meeting_id=meeting.id, **by)
        return meeting.id

    def _held(self) -> None:
        zhao, session, past = self.staff.zhao.member_id, self.session, self.past
        self.here.now = session.get_one(Meeting, past).meets_at - timedelta(minutes=5)
        self.here.keeps_time()
        for member in self.people:
            sitting.check_in(session, meeting_id=past, **self._by(member))
        sitting.open_meeting(session, meeting_id=past, **self._by(zhao))
        terms: dict[str, Any] = {"base": VoteBase.PRESENT, "majority": Majority.MORE_THAN_HALF}
        terms |= {"secret": False, "closes_at": None}
        ballot = voting.open_ballot(
            session, item_id=self.item("decided"), question="", options=("换", "不换"), **terms, **self._by(zhao)
        )
        for member in self.people:
            voting.cast_vote(session, ballot_id=ballot.id, choice=0, invitation_id=None, **self._by(member))
        voting.close_ballot(session, ballot_id=ballot.id, **self._by(zhao))
        post = session.get_one(MeetingSeries, self.series).convener_id
        agreed = settling.Agreed("每层的灯晚上都亮", post, self.here.now.date() + timedelta(days=90))
        for name, outcome in (("decided", ItemState.ADOPTED), ("rejected", ItemState.REJECTED)):
            settling.settle_item(
                session,
                item_id=self.item(name),
                outcome=outcome,
                words="按大家说的办",
                agreed=agreed if outcome is ItemState.ADOPTED else None,
                **self._by(zhao),
            )
        dispersing.close_meeting(session, meeting_id=past, **self._by(zhao))
        minutes.send_minutes(session, meeting_id=past, site="", **self._by(zhao))
        publishing.publish_minutes(session, meeting_id=past, **self._by(zhao))
