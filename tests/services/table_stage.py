"""One issue in every state, brought there by the services, with everybody who can be something to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Building, Organisation, OrganisationKind, Street
from models.issue import Issue
from models.member import Post
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.house import HouseRules
from models.rules.issue_workflow import Level, Nature, Outcome, Rating, Reason, State
from models.rules.posts import Role, ScopeKind
from services import deliberating, following, handling, intake, merging, shelving, waiting
from services.members import post_for
from tests.council import council
from tests.neighbourhood import Neighbourhood, Person, settle, staffed

RAISERS = ("wang", "liu")


@dataclass
class Stage:
    """``issues``: by state; 王 and 刘 raised each. 李 the steward holds it, or 钱 of the property company where it is
    in progress. ``also``: one more that is new, into which the merged one went."""

    session: Session
    here: Neighbourhood
    people: dict[str, Person]
    posts: dict[str, int]  # by who is on them
    department: int
    issues: dict[State, int] = field(default_factory=dict)
    also: int = 0

    def issue(self, state: State) -> Issue:
        found = select(Issue).where(Issue.id == self.issues[state]).execution_options(populate_existing=True)
        return self.session.scalars(found).one()

    def id(self, name: str) -> int:
        return self.people[name].member_id

    def report_of(self, issue_id: int, raiser: str) -> int:
        mine = select(Report.id).where(Report.issue_id == issue_id, Report.raiser_id == self.id(raiser))
        return self.session.scalars(mine).one()

    def told(self, words: str = "楼道灯坏了", *, urgent: bool = False, photos: tuple[str, ...] = ()) -> intake.Told:
        ids = self.here.ids
        where = intake.Where(ids.compound, ids.building, ids.unit)
        return intake.Told(words, words, "lighting", Nature.HELP, urgent, where, photos)

    def elsewhere(self) -> intake.Where:
        other = select(Building.id).where(Building.compound_id == self.here.ids.compound, Building.number == "5")
        return intake.Where(self.here.ids.compound, self.session.scalars(other).one())

    def does(self, deed: Callable[..., Any], issue: int | State, who: str = "", **details: Any) -> Any:
        """``who`` empty: nobody has to be named."""
        self.here.passes(seconds=1)
        known: dict[str, Any] = {"issue_id": self.issues[issue] if isinstance(issue, State) else issue}
        if who:
            known["member_id"] = self.id(who)
        return deed(self.session, **known, at=self.here.now, rules=self.here.house.rules, **details)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done within has not happened."""
        now, savepoint = self.here.now, self.session.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()
            self.session.expire_all()
            self.here.now = now

    def reported(self) -> int:
        issue = 0
        for name in RAISERS:
            self.here.passes(minutes=1)
            known: dict[str, Any] = {"raiser_id": self.id(name), "platform": "webchat", "told": self.told()}
            known |= {"at": self.here.now, "rules": self.here.house.rules}
            if not issue:
                issue = intake.report_issue(self.session, **known).id
            else:
                intake.join_issue(self.session, issue_id=issue, **known)
        return issue

    def bring(self, issue: int, state: State) -> None:
        """From new, as people do it."""
        does = self.does
        match state:
            case State.ACCEPTED:
                does(handling.accept_issue, issue, "li")
            case State.IN_PROGRESS:
                does(handling.assign_issue, issue, "sun", organisation_id=self.here.ids.property)
            case State.WAITING:
                self.bring(issue, State.ACCEPTED)
                does(waiting.ask_raiser, issue, "li", raiser_id=self.id("wang"), words="几楼？")
            case State.TO_DELIBERATE:
                does(deliberating.propose_issue, issue, "zhao", level=Level.CORRIDOR, words="大家商量")
            case State.SCHEDULED:
                self.bring(issue, State.TO_DELIBERATE)
                meets = self.here.now + timedelta(days=3)
                does(deliberating.schedule_issue, issue, meeting="3月议事会", meets_at=meets)
            case State.DECIDED:
                self.bring(issue, State.SCHEDULED)
                until = self.here.now + timedelta(days=30)
                does(deliberating.decide_issue, issue, words="装声控灯", until=until)
            case State.SHELVED:
                self.bring(issue, State.ACCEPTED)
                review = {"reason": Reason.NO_MONEY, "review_at": self.here.now + timedelta(days=60)}
                does(shelving.shelve_issue, issue, "zhao", words="没有钱换", **review)
            case State.ANSWERED:
                does(handling.answer_issue, issue, "li", words="换了灯泡", outcome=Outcome.SOLVED)
            case State.CLOSED:
                self.bring(issue, State.ANSWERED)
                for name in RAISERS:
                    does(following.rate_issue, issue, name, rating=Rating.SATISFIED)
                self.everything_arrives()
                does(handling.close_when_settled, issue)
            case State.MERGED:
                does(merging.merge_issues, issue, "li", into_id=self.also)
            case State.WITHDRAWN:
                for name in RAISERS:
                    does(following.withdraw_report, issue, name)
            case State.VOID:
                does(shelving.void_issue, issue, "zhao", words="试一试的")

    def everything_arrives(self) -> None:
        for notice in self.session.scalars(select(Notice).where(Notice.state == NoticeState.OWED)):
            notice.state, notice.settled_at = NoticeState.SENT, self.here.now
        self.session.flush()


def build(session: Session) -> Stage:
    here = settle(session, rules=HouseRules(issues_per_hour=1_000, issues_per_day=1_000))
    staff = staffed(here)
    people = {"li": staff.li, "zhao": staff.zhao, "sun": staff.sun, "qian": staff.qian}
    for name in (*RAISERS, "ma", "tang", "cheng"):
        people[name] = here.person(name)
        people[name].says("你好")
    community = here.ids.community
    kind = OrganisationKind.DEPARTMENT
    department = insert_row(session, Organisation, community_id=community, kind=kind, name="路灯所")
    here.appoint(people["cheng"], Role.HANDLER, ScopeKind.ORGANISATION, department, "路灯所")
    street = session.scalars(select(Street.id)).one()
    scope: dict[str, Any] = {"scope_kind": ScopeKind.STREET, "scope_id": street, "community_id": None}
    post_for(session, role=Role.STREET, **scope, label="凤栖街道")
    here.appoint(people["tang"], Role.STREET, ScopeKind.STREET, street, "凤栖街道")
    posts = {
        who: session.scalars(select(Post.id).where(Post.role == role, Post.label == label)).one()
        for who, role, label in (
            ("li", Role.STEWARD, "西苑小区3号楼2单元"),
            ("zhao", Role.SECRETARY, "第一网格"),
            ("sun", Role.COMMUNITY, "兰宁社区"),
            ("tang", Role.STREET, "凤栖街道"),
            ("qian", Role.HANDLER, "安居物业"),
            ("cheng", Role.HANDLER, "路灯所"),
        )
    }
    stage = Stage(session, here, people, posts, department)
    for level in Level:  # somebody meets wherever an issue may be put up for discussion
        council(here, staff, level=level, watched=False)
    stage.also = stage.reported()
    for state in State:
        stage.issues[state] = stage.reported()
        stage.bring(stage.issues[state], state)
    stage.everything_arrives()
    assert {state: stage.issue(state).state for state in State} == {state: state for state in State}
    return stage
