"""A month in 兰宁社区, which has two grids here, and in 东湖社区 next door, where nobody holds a post."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import insert_row
from models.community import Building, Grid, Unit
from models.issue import Issue
from models.member import Member
from models.report import Report
from models.rules.issue_workflow import Nature, Outcome, Rating, Reason
from models.rules.posts import Role, ScopeKind
from services import following, handling, intake
from services.figures import Asked, By, Figure, Group, Kind, Line, Month, Period, Scope, behind, overview
from services.intake import Where
from services.members import holders_of
from tests.neighbourhood import Neighbourhood, next_door, settle, staffed

ZONE = "Asia/Shanghai"
MARCH = Period(Month(2026, 3), ZONE)
EVERYWHERE = Scope(None)
SENTENCE = "楼道灯坏了一个星期"


@dataclass
class Stage:
    """李 is steward of 3号楼2单元, 赵 secretary of 第一网格, 孙 of the community, 钱 of the property company."""

    session: Session
    here: Neighbourhood
    there: Neighbourhood
    li: int
    zhao: int
    sun: int
    qian: int
    places: dict[str, Where]
    grids: dict[str, int]
    raisers: dict[int, int] = field(default_factory=dict)  # the first of each issue

    def tells(
        self, category: str = "lighting", *, at: str = "steward", recurs: int | None = None, who: int | None = None
    ) -> int:
        """Somebody reports a matter. Returns its issue."""
        raiser = who or self.somebody()
        told = intake.Told(SENTENCE, SENTENCE, category, Nature.HELP, False, self.places[at])
        issue = intake.report_issue(
            self.session,
            raiser_id=raiser,
            platform="webchat",
            told=told,
            at=self.here.now,
            rules=self.here.house.rules,
            recurs_id=recurs,
        )
        self.raisers[issue.id] = raiser
        return issue.id

    def joins(self, issue_id: int, who: int | None = None) -> int:
        """A neighbour adds a report. Returns the neighbour."""
        raiser = who or self.somebody()
        issue = self.session.get_one(Issue, issue_id)
        where = Where(issue.compound_id, issue.building_id, issue.unit_id)
        told = intake.Told(SENTENCE, SENTENCE, issue.category, Nature.HELP, False, where)
        intake.join_issue(
            self.session,
            issue_id=issue_id,
            raiser_id=raiser,
            platform="webchat",
            told=told,
            at=self.here.now,
            rules=self.here.house.rules,
        )
        return raiser

    def somebody(self) -> int:
        return insert_row(self.session, Member, name="", created_at=self.here.now)

    def does(self, deed: Callable[..., Any], issue_id: int, member_id: int, **details: Any) -> Any:
        common = {"at": self.here.now, "rules": self.here.house.rules}
        return deed(self.session, issue_id=issue_id, member_id=member_id, **common, **details)

    def holder(self, issue_id: int) -> int:
        """Somebody on the post that holds it."""
        post = self.session.scalars(select(Issue.holder_id).where(Issue.id == issue_id)).one()
        return holders_of(self.session, post_id=post, at=self.here.now)[0]

    def accepts(self, issue_id: int) -> None:
        self.does(handling.accept_issue, issue_id, self.holder(issue_id))

    def answers(self, issue_id: int, outcome: Outcome = Outcome.SOLVED) -> None:
        c: dict[str, Any] = {}
        if outcome is Outcome.EXPLAINED:
            c = {"reason": Reason.NO_MONEY, "decider": "区住建局", "review_at": MARCH.until}
        words = "换了新的灯泡，当天就亮了"
        self.does(handling.answer_issue, issue_id, self.holder(issue_id), words=words, outcome=outcome, **c)

    def rates(self, issue_id: int, rating: Rating, who: int | None = None) -> None:
        self.does(following.rate_issue, issue_id, who or self.raisers[issue_id], rating=rating)

    def report_of(self, member_id: int) -> Report:
        return self.session.scalars(select(Report).where(Report.raiser_id == member_id)).one()

    def number(self, issue_id: int) -> str:
        return self.session.get_one(Issue, issue_id).number

    def asked(self, scope: Scope = EVERYWHERE, period: Period | None = MARCH) -> Asked:
        return Asked(scope, period)

    def total(self, scope: Scope = EVERYWHERE, period: Period | None = MARCH) -> Group:
        return overview(self.session, self.asked(scope, period), at=self.here.now).total

    def figure(self, kind: Kind) -> Figure:
        return self.total().figures[kind]

    def counted(self, kind: Kind) -> tuple[float, int]:
        found = self.figure(kind)
        return float(found.numerator), found.denominator

    def groups(self, by: By, period: Period = MARCH) -> dict[str, Group]:
        found = overview(self.session, self.asked(period=period), by=by, at=self.here.now)
        return {group.name: group for group in found.groups}

    def behind(self, kind: Kind) -> list[Line]:
        return behind(self.session, self.asked(), kind, at=self.here.now)

    def amiss(self, kind: Kind) -> list[str]:
        """The numbers of the issues that keep a figure from being better."""
        return [line.number for line in self.behind(kind) if line.amiss]


def staged(session: Session) -> Stage:
    here = settle(session)
    ids = here.ids
    staff = staffed(here)
    there = next_door(here)
    second = insert_row(session, Grid, community_id=ids.community, name="第二网格")
    building = insert_row(session, Building, compound_id=ids.compound, grid_id=second, number="9", name="9号楼")
    unit = insert_row(session, Unit, building_id=building, number="1", name="1单元")
    post = (Role.SECRETARY, ScopeKind.GRID, second)
    here.appoint(here.person("wu"), *post, "第二网格")
    places = {
        "steward": Where(ids.compound, ids.building, ids.unit),
        "grid": Where(ids.compound),
        "second": Where(ids.compound, building, unit),
        "next door": Where(there.ids.compound, there.ids.building, there.ids.unit),
    }
    grids = {"first": ids.grid, "second": second, "next door": there.ids.grid}
    members = [person.member_id for person in (staff.li, staff.zhao, staff.sun, staff.qian)]
    return Stage(session, here, there, *members, places=places, grids=grids)
