"""Issues whose holder has gone silent are put before the staff."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.member import Account
from models.notice import Notice
from models.rules.issue_workflow import Level, Outcome
from services import deliberating, following, handling
from services.audit import audit
from services.support import tell_of_lost_holders
from tests.neighbourhood import Neighbourhood, Person, settle, staffed


def test_each_holder_who_is_lost_is_told_once(session: Session) -> None:
    here = settle(session)
    staff = staffed(here)
    here.person("wang").reports()

    def leaves(who: Person) -> int:
        here.passes(hours=1)
        session.execute(update(Account).where(Account.member_id == who.member_id).values(blocked_at=here.now))
        return tell_of_lost_holders(session, at=here.now, rules=here.house.rules)

    assert leaves(staff.li) == 1
    assert tell_of_lost_holders(session, at=here.now, rules=here.house.rules) == 0
    handling.assign_issue(
        session,
        issue_id=here.issue().id,
        member_id=staff.zhao.member_id,
        organisation_id=here.ids.property,
        at=here.now,
        rules=here.house.rules,
    )
    assert leaves(staff.qian) == 1
    assert _told(here) == [staff.sun.member_id, staff.sun.member_id]
    assert audit(session, at=here.now) == []


def test_whoever_was_told_at_birth_that_nobody_is_there_knows_it_when_it_goes_to_a_meeting(session: Session) -> None:
    here = settle(session)
    staff = staffed(here)
    wang = here.person("wang")
    session.execute(update(Account).where(Account.member_id != wang.member_id).values(blocked_at=here.now))
    wang.reports()
    here.passes(hours=1)
    deliberating.propose_issue(
        session,
        issue_id=here.issue().id,
        member_id=staff.sun.member_id,
        level=Level.COMPOUND,
        words="要大家商量",
        at=here.now,
        rules=here.house.rules,
    )
    assert audit(session, at=here.now) == []
    assert tell_of_lost_holders(session, at=here.now, rules=here.house.rules) == 0


def test_an_issue_that_is_opened_again_for_somebody_who_is_gone_is_put_before_the_staff_at_once(
    session: Session,
) -> None:
    here = settle(session)
    staff = staffed(here)
    here.person("wang").reports()
    handling.answer_issue(
        session,
        issue_id=here.issue().id,
        member_id=staff.li.member_id,
        words="换了灯泡",
        outcome=Outcome.SOLVED,
        at=here.now,
        rules=here.house.rules,
    )
    everybody_else = Account.member_id != here.person("wang").member_id
    session.execute(update(Account).where(everybody_else).values(blocked_at=here.now))
    following.reopen_issue(
        session,
        issue_id=here.issue().id,
        member_id=here.person("wang").member_id,
        words="还是不亮",
        at=here.now,
        rules=here.house.rules,
    )
    assert _told(here) != []
    assert audit(session, at=here.now) == []


def _told(here: Neighbourhood) -> list[int]:
    return list(here.session.scalars(select(Notice.member_id).where(Notice.kind == "holder_lost")))
