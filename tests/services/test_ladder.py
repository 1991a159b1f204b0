"""Whose turn it is, when somebody on the ladder is no longer there."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from models.community import Street
from models.issue import Issue
from models.member import Account
from models.rules.issue_workflow import Outcome, State
from models.rules.posts import Role, Rung, ScopeKind
from services import following, handling, queries
from tests.neighbourhood import settle, staffed


def test_what_the_street_answered_is_reopened_at_the_desk_when_the_street_has_nobody_left(session: Session) -> None:
    here = settle(session)
    staff = staffed(here)
    officer, wang = here.person("officer"), here.person("wang")
    street = session.query(Street).one()
    here.appoint(officer, Role.STREET, ScopeKind.STREET, street.id, "凤栖街道")
    wang.reports()
    issue: Issue = here.issue()
    given = {"issue_id": issue.id, "rules": here.house.rules}
    for person in (staff.li, staff.zhao, staff.sun):
        handling.hand_over_issue(session, member_id=person.member_id, words="请上面协调", at=here.now, **given)
    handling.answer_issue(
        session, member_id=officer.member_id, words="换了灯泡", outcome=Outcome.SOLVED, at=here.now, **given
    )
    session.execute(update(Account).where(Account.member_id == officer.member_id).values(blocked_at=here.now))
    here.passes(hours=1)
    following.reopen_issue(session, member_id=wang.member_id, words="还是不亮", at=here.now, **given)
    issue = here.issue()
    assert (issue.state, issue.rung) == (State.RECEIVED, Rung.COMMUNITY)
    assert queries.holder_of(session, issue=issue) == (Role.COMMUNITY, "兰宁社区")
