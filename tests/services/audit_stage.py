"""Issues in which everything that tells somebody has happened, for the audit to find nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.issue import HistoryEntry, Issue
from models.notice import Notice
from models.report import Report
from models.rules.issue_workflow import Action, Nature, Outcome
from services import following, handling, intake, merging, pressing, splitting, waiting, whistles
from services.audit import audit
from tests.neighbourhood import Person, Staff, next_door, settle, staffed

WORDS = "楼道灯坏了"


class Books:
    """Issues in which everything that tells somebody has happened; nothing is broken."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.here = settle(session)
        self.staff: Staff = staffed(self.here)
        self.people = {name: self.here.person(name) for name in ("wang", "liu", "ma")}
        for person in self.people.values():
            person.says("你好")
        self.there = next_door(self.here)
        self.issues: dict[str, int] = {}
        self._lives()

    def __getitem__(self, name: str) -> Issue:
        found = select(Issue).where(Issue.id == self.issues[name]).execution_options(populate_existing=True)
        return self.session.scalars(found).one()

    def breaches(self) -> set[tuple[int, str, str]]:
        found = audit(self.session, at=self.here.now, rules=self.here.house.rules)
        assert len(found) == len(set(found))
        return {(breach.invariant, breach.subject, breach.what) for breach in found}

    def tells(self, name: str, *raisers: str) -> int:
        """The first reports it, the others join."""
        ids = self.here.ids
        where = intake.Where(ids.compound, ids.building, ids.unit)
        told = intake.Told(WORDS, WORDS, "lighting", Nature.HELP, False, where)
        for raiser in raisers:
            self.here.passes(minutes=25)
            known: dict[str, Any] = {"raiser_id": self.people[raiser].member_id, "platform": "webchat", "told": told}
            known |= {"at": self.here.now, "rules": self.here.house.rules}
            if raiser == raisers[0]:
                self.issues[name] = intake.report_issue(self.session, **known).id
            else:
                intake.join_issue(self.session, issue_id=self.issues[name], **known)
        return self.issues[name]

    def does(self, who: Person, deed: Callable[..., Any], name: str, **details: Any) -> Any:
        self.here.passes(minutes=1)
        known = {"issue_id": self.issues[name], "member_id": who.member_id, "at": self.here.now}
        return deed(self.session, **known, rules=self.here.house.rules, **details)

    def _lives(self) -> None:
        staff, (wang, liu, _) = self.staff, self.people.values()
        self.tells("new", "wang")
        self.does(staff.li, handling.accept_issue, "new")
        self.tells("closed", "liu")
        self.does(staff.li, handling.answer_issue, "closed", words="换了灯泡", outcome=Outcome.SOLVED)
        self.here.deliver()
        self.here.passes(days=6, minutes=1)
        self.here.keeps_time()  # she is asked whether it is solved
        self.here.deliver()
        self.here.passes(days=2)
        self.here.keeps_time()
        self.tells("reopened", "wang", "liu")
        self.does(staff.li, handling.answer_issue, "reopened", words="换了灯泡", outcome=Outcome.SOLVED)
        self.does(wang, following.reopen_issue, "reopened", words="又灭了")
        self.tells("asked", "liu")
        self.does(staff.li, handling.accept_issue, "asked")
        self.does(staff.li, waiting.ask_raiser, "asked", raiser_id=liu.member_id, words="几楼？")
        self.here.passes(days=6)
        self.here.keeps_time()  # and nobody answered
        self.tells("waiting", "ma")
        self.does(staff.li, handling.accept_issue, "waiting")
        who = self.people["ma"].member_id
        self.does(staff.li, waiting.ask_raiser, "waiting", raiser_id=who, words="哪一盏？")
        self.tells("declined", "wang")
        company = self.here.ids.property
        self.does(staff.sun, handling.assign_issue, "declined", organisation_id=company)
        self.does(staff.qian, handling.decline_issue, "declined", words="不是我们管", proposed="路灯所")
        self.tells("pressed", "liu")
        self.does(liu, pressing.urge_issue, "pressed")
        by = self.here.now + timedelta(days=1)
        called = {"organisations": [company], "words": "请带梯子", "arrive_by": by}
        self.does(staff.zhao, whistles.whistle, "pressed", **called)
        self.tells("merged", "wang", "ma")
        self.tells("joint", "liu")
        self.does(staff.li, handling.accept_issue, "merged")
        self.does(staff.li, merging.merge_issues, "merged", into_id=self.issues["joint"])
        self.does(staff.li, handling.accept_issue, "joint")
        self._splits(wang)
        self.here.deliver()

    def _splits(self, wang: Person) -> None:
        """Of what came with the merge, one report is split off again."""
        self.here.passes(minutes=1)
        known: dict[str, Any] = {"member_id": wang.member_id, "at": self.here.now, "rules": self.here.house.rules}
        gazetteer = self.here.house.gazetteer
        told = self.report("joint", "wang")
        self.issues["split"] = splitting.split_report(self.session, report_id=told, gazetteer=gazetteer, **known).id
        self.does(self.staff.li, handling.hand_over_issue, "joint", words="要请电工")

    def report(self, name: str, raiser: str) -> int:
        mine = select(Report.id).where(
            Report.issue_id == self.issues[name], Report.raiser_id == self.people[raiser].member_id
        )
        return self.session.scalars(mine).one()

    # Planting.

    def change(self, name: str, **values: object) -> None:
        self.session.execute(update(Issue).where(Issue.id == self.issues[name]).values(**values))

    def lose(self, name: str, kind: str, to: str = "") -> None:
        """Notices that were never written."""
        lost = delete(Notice).where(Notice.issue_id == self.issues[name], Notice.kind == kind)
        if to:
            lost = lost.where(Notice.member_id == self.people[to].member_id)
        assert self.session.connection().execute(lost).rowcount > 0

    def entry(self, name: str, action: Action) -> int:
        done = select(HistoryEntry.id).where(HistoryEntry.issue_id == self.issues[name], HistoryEntry.action == action)
        return self.session.scalars(done).one()

    def run(self, statement: Any) -> None:
        self.session.execute(statement, execution_options={"synchronize_session": False})
