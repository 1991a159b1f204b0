"""Issues that can be merged, and one like the issue they go into to which nothing is ever merged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.community import Unit
from models.issue import Issue
from models.member import Member
from models.report import Report
from models.rules.errors import RuleError
from models.rules.issue_workflow import Level, Nature, Outcome, Reason
from services import deliberating, following, handling, intake, merging, pressing, shelving, waiting
from tests.neighbourhood import Neighbourhood, settle, staffed

#: What a merge, and its undoing, may leave different: when people heard of it, and when the timer looks again.
UNWATCHED = {"told_at", "look_at"}
#: What is an issue's own from its birth.
OWN = {"id", "public_id", "serial", "number", "grounds", "asked_id"}


@dataclass
class Stage:
    """``into`` is merged into, ``twin`` has the same done to it and is left alone; both are 李's, the steward's."""

    session: Session
    here: Neighbourhood
    li: int
    zhao: int
    sun: int
    into: int = 0
    twin: int = 0

    def tells(self, words: str = "楼道灯坏了", *, urgent: bool = False, others: int = 0, unit: str = "2") -> int:
        """Somebody new reports a matter, and so many neighbours join."""
        ids = self.here.ids
        found = self.session.scalars(select(Unit.id).where(Unit.building_id == ids.building, Unit.number == unit)).one()
        told = intake.Told(
            words, words, "lighting", Nature.HELP, urgent, intake.Where(ids.compound, ids.building, found)
        )
        common: dict[str, Any] = {"platform": "webchat", "told": told, "rules": self.here.house.rules}
        issue = intake.report_issue(self.session, raiser_id=self.somebody(), at=self.here.now, **common)
        for _ in range(others):
            self.here.passes(minutes=1)
            intake.join_issue(
                self.session, issue_id=issue.id, raiser_id=self.somebody(), at=self.here.now, **common
            )
        return issue.id

    def somebody(self) -> int:
        member = Member(name="", created_at=self.here.now)
        self.session.add(member)
        self.session.flush()
        return member.id

    def does(self, deed: Callable[..., Any], issue_id: int, member_id: int | None = None, **details: Any) -> Any:
        """Done by the steward, or by somebody else."""
        return deed(
            self.session,
            issue_id=issue_id,
            member_id=member_id or self.li,
            at=self.here.now,
            rules=self.here.house.rules,
            **details,
        )

    def merges(self, issue_id: int, into_id: int | None = None) -> None:
        self.does(merging.merge_issues, issue_id, into_id=into_id or self.into, why="同一盏灯")

    def undoes(self, issue_id: int) -> None:
        self.does(merging.unmerge_issue, issue_id)

    def raiser(self, issue_id: int) -> int:
        """The first who told of it."""
        reports = select(Report.raiser_id).where(Report.issue_id == issue_id).order_by(Report.id).limit(1)
        return self.session.scalars(reports).one()

    def issue(self, issue_id: int) -> Issue:
        return self.session.get_one(Issue, issue_id, populate_existing=True)

    def columns(self, issue_id: int, *, without: set[str] | None = None) -> dict[str, Any]:
        issue = self.issue(issue_id)
        left_out = UNWATCHED | (without or set())
        return {c.name: getattr(issue, c.name) for c in Issue.__table__.columns if c.name not in left_out}

    def reports(self) -> dict[int, tuple[Any, ...]]:
        rows = self.session.execute(
            select(Report.id, Report.issue_id, Report.raiser_id, Report.words, Report.at, Report.since)
        )
        return {row.id: tuple(row) for row in rows}

    def both(self, deed: Callable[[int], Any]) -> None:
        """To the issue and its twin. What is refused is refused to both."""
        refused = []
        for issue_id in (self.into, self.twin):
            try:
                with self.session.begin_nested():
                    deed(issue_id)
                refused.append("")
            except RuleError as error:
                self.session.expire_all()
                refused.append(error.code)
        assert refused[0] == refused[1]

    def accepts(self, issue_id: int) -> None:
        self.does(handling.accept_issue, issue_id)

    def asks(self, issue_id: int) -> None:
        self.does(waiting.ask_raiser, issue_id, raiser_id=self.raiser(issue_id), words="哪一盏灯？")

    def hears(self, issue_id: int) -> None:
        self.does(following.supply_issue, issue_id, self.raiser(issue_id), words="楼下那盏")

    def shelves(self, issue_id: int) -> None:
        review = self.here.now + timedelta(days=30)
        self.does(
            shelving.shelve_issue, issue_id, self.zhao, words="等开春", reason=Reason.SEASON, review_at=review
        )

    def unshelves(self, issue_id: int) -> None:
        self.does(shelving.unshelve_issue, issue_id, self.zhao)

    def proposes(self, issue_id: int) -> None:
        self.does(deliberating.propose_issue, issue_id, self.zhao, level=Level.COMPOUND, words="大家商量")

    def extends(self, issue_id: int) -> None:
        """To a day that is later than the limit of the twin, which is never sooner."""
        own = max(self.issue(self.twin).landing_due, self.here.now)
        until = own.replace(hour=1, minute=0) + timedelta(days=2)
        self.does(pressing.ask_extension, issue_id, words="等配件", until=until)
        self.does(pressing.decide_extension, issue_id, self.sun, grant=True)

    def reopens(self, issue_id: int) -> None:
        """Answered, and not to everybody's content."""
        self.does(handling.answer_issue, issue_id, self.holder(issue_id), words="换了灯泡", outcome=Outcome.SOLVED)
        self.does(following.reopen_issue, issue_id, self.raiser(issue_id), words="又灭了")

    def holder(self, issue_id: int) -> int:
        return {"corridor": self.li, "grid": self.zhao}.get(self.issue(issue_id).rung, self.sun)

    def is_joined_urgently(self, issue_id: int) -> None:
        ids = self.here.ids
        where = intake.Where(ids.compound, ids.building, ids.unit)
        told = intake.Told("灯线冒火花", "灯线冒火花", "lighting", Nature.HELP, True, where)
        intake.join_issue(
            self.session,
            issue_id=issue_id,
            raiser_id=self.somebody(),
            platform="webchat",
            told=told,
            at=self.here.now,
            rules=self.here.house.rules,
        )


def stage(session: Session) -> Stage:
    here = settle(session)
    staff = staffed(here)
    return Stage(session, here, staff.li.member_id, staff.zhao.member_id, staff.sun.member_id)


def with_twins(session: Session) -> Stage:
    set_up = stage(session)
    set_up.into, set_up.twin = set_up.tells(), set_up.tells()
    return set_up

