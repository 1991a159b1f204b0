"""Issues that can be written to behind the services' back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from models.base import insert_row, new_public_id
from models.community import Street
from models.issue import HistoryEntry, Issue, IssueNumber
from models.member import Post
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.issue_workflow import Action
from models.rules.posts import Role, ScopeKind
from services.members import post_for
from tests.neighbourhood import Neighbourhood


@dataclass(frozen=True)
class Books:
    """An issue that is new (1), one that waits (2), one that is closed (3), and one (4) that is merged into 5."""

    here: Neighbourhood
    there: Neighbourhood

    def change(self, which: int, /, **values: object) -> None:
        self.here.session.execute(update(Issue).where(Issue.id == self.id(which)).values(**values))

    def id(self, serial: int) -> int:
        return self.here.issue(serial).id

    def report(self, serial: int) -> Report:
        return self.here.session.scalars(select(Report).where(Report.issue_id == self.id(serial))).one()

    def change_report(self, which: int, /, **values: object) -> None:
        told = self.report(which)
        self.here.session.execute(
            update(Report).where(Report.id == told.id).values(**values),
            execution_options={"synchronize_session": False},
        )

    def enter(self, which: int, /, **values: object) -> None:
        """A history entry that fits, but for ``values``."""
        issue = self.here.issue(which)
        fits = {
            "issue_id": issue.id,
            "action": Action.SUPPLY,
            "from_state": issue.state,
            "to_state": issue.state,
            "holder_id": issue.holder_id,
            "at": self.here.now,
        }
        insert_row(self.here.session, HistoryEntry, **fits | values)

    def copy(self, which: int, /, **values: object) -> None:
        """A new issue, numbered by the counter, that is like another but for ``values``."""
        issue, session = self.here.issue(which), self.here.session
        session.execute(update(IssueNumber).values(last=IssueNumber.last + 1))
        last = session.scalars(select(IssueNumber.last)).one()
        like = {column.key: getattr(issue, column.key) for column in Issue.__table__.columns if column.key != "id"}
        insert_row(session, Issue, **like | {"public_id": new_public_id(), "number": "LN-X", "serial": last} | values)

    def owe(self, which: int, /, **values: object) -> None:
        about = {
            "issue_id": self.id(which),
            "key": "x",
            "member_id": self.report(which).raiser_id,
            "kind": "x",
            "params": {},
        }
        times = {"not_before": self.here.now, "created_at": self.here.now}
        insert_row(
            self.here.session, Notice, **about, **times, policy="at_least_once", **{"state": NoticeState.OWED} | values
        )

    def change_notices(self, which: int, /, **values: object) -> None:
        self.here.session.execute(update(Notice).where(Notice.issue_id == self.id(which)).values(**values))

    def street(self) -> int:
        session = self.here.session
        street = session.scalars(select(Street.id)).one()
        scope: dict[str, Any] = {"scope_kind": ScopeKind.STREET, "scope_id": street, "community_id": None}
        return post_for(session, role=Role.STREET, **scope, label="凤栖街道").id

    def post_next_door(self) -> int:
        theirs = select(Post.id).where(Post.community_id == self.there.ids.community)
        return self.here.session.scalars(theirs.limit(1)).one()
