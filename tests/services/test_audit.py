"""查账 finds what it promises to find: one planted breach for each invariant, by SQL, behind everybody's back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.issue import HistoryEntry, Issue, IssueNumber
from models.member import Account, Post
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.issue_workflow import Action, State
from models.rules.posts import Role, ScopeKind
from services import support
from services.audit import audit
from tests.neighbourhood import Neighbourhood, Person, next_door, settle, staffed
from texts import text


@pytest.fixture
def here(session: Session) -> Neighbourhood:
    """One issue on its way, one answered, one closed; nothing is broken."""
    here = settle(session)
    staff = staffed(here)
    wang = here.person("wang")
    for _ in range(3):
        wang.reports()
    staff.li.says("受理 1")
    _settles(here, staff.li, 2)
    _settles(here, staff.li, 3)
    wang.says("满意 3")
    here.deliver()
    here.passes(hours=7)
    here.keeps_time()
    assert [here.issue(n).state for n in (1, 2, 3)] == [State.ACCEPTED, State.ANSWERED, State.CLOSED]
    assert audit(session, at=here.now) == []
    return here


def _settles(here: Neighbourhood, li: Person, serial: int) -> None:
    li.says(f"当场办结 {serial}")
    li.says("换了灯泡")
    here.deliver()


def _unreachable(here: Neighbourhood) -> None:
    here.session.execute(update(Account).where(Account.external_id == "li").values(blocked_at=here.now))


def _due_before_the_report(here: Neighbourhood) -> None:
    _change(here, 1, first_answer_due=here.now - timedelta(days=9))


def _landing_before_the_first_answer(here: Neighbourhood) -> None:
    _change(here, 1, landing_due=here.issue(1).first_answer_due - timedelta(seconds=1))


def _closed_while_owed(here: Neighbourhood) -> None:
    _notice(here, 3, "answer_raisers", state=NoticeState.OWED)


def _closed_while_parked(here: Neighbourhood) -> None:
    _notice(here, 3, "answer_raisers", state=NoticeState.PARKED)


def _raiser_never_told(here: Neighbourhood) -> None:
    _lost(here, 1, "accept_raisers")


def _receipt_never_given(here: Neighbourhood) -> None:
    _lost(here, 1, "report_raiser")


def _holder_never_told(here: Neighbourhood) -> None:
    _lost(here, 1, "report_holder")


def _rating_never_told(here: Neighbourhood) -> None:
    _lost(here, 3, "rate_holder")


def _moved_past_the_table(here: Neighbourhood) -> None:
    _change(here, 1, state=State.ANSWERED)


def _history_with_a_hole(here: Neighbourhood) -> None:
    entry = _entry(here, 2, Action.REPORT)
    here.session.execute(update(HistoryEntry).where(HistoryEntry.id == entry).values(to_state=State.WAITING))


def _no_history_at_all(here: Neighbourhood) -> None:
    issue = here.issue(1).id
    here.session.execute(update(Notice).where(Notice.issue_id == issue).values(history_id=None))
    here.session.execute(delete(HistoryEntry).where(HistoryEntry.issue_id == issue))


def _no_report(here: Neighbourhood) -> None:
    issue = here.issue(1).id
    here.session.execute(update(HistoryEntry).where(HistoryEntry.issue_id == issue).values(report_id=None))
    here.session.execute(delete(Report).where(Report.issue_id == issue))


def _first_report_too_late(here: Neighbourhood) -> None:
    _change(here, 1, first_reported_at=here.issue(1).first_reported_at + timedelta(seconds=1))


def _gap(here: Neighbourhood) -> None:
    here.session.execute(update(Issue).where(Issue.serial == 3).values(serial=4))
    here.session.execute(update(IssueNumber).values(last=4))


def _number_given_and_lost(here: Neighbourhood) -> None:
    here.session.execute(update(IssueNumber).values(last=4))


def _held_by_strangers(here: Neighbourhood) -> None:
    there = next_door(here)
    post = here.session.scalars(select(Post.id).where(Post.community_id == there.ids.community)).first()
    _change(here, 1, holder_id=post)


def _in_a_foreign_grid(here: Neighbourhood) -> None:
    _change(here, 1, grid_id=next_door(here).ids.grid)


def _in_a_foreign_compound(here: Neighbourhood) -> None:
    _change(here, 1, compound_id=next_door(here).ids.compound)


MUTANTS: list[tuple[int, str, Callable[[Neighbourhood], None]]] = [
    (1, "LN-2026-0001", _unreachable),
    (2, "LN-2026-0001", _due_before_the_report),
    (2, "LN-2026-0001", _landing_before_the_first_answer),
    (3, "LN-2026-0003", _closed_while_owed),
    (3, "LN-2026-0003", _closed_while_parked),
    (4, "LN-2026-0001", _raiser_never_told),
    (4, "LN-2026-0001", _receipt_never_given),
    (4, "LN-2026-0001", _holder_never_told),
    (4, "LN-2026-0003", _rating_never_told),
    (4, "LN-2026-0001", _moved_past_the_table),
    (4, "LN-2026-0002", _history_with_a_hole),
    (4, "LN-2026-0001", _no_history_at_all),
    (5, "LN-2026-0001", _no_report),
    (6, "LN-2026-0001", _first_report_too_late),
    (7, "community 1, 2026", _gap),
    (7, "community 1, 2026", _number_given_and_lost),
    (8, "LN-2026-0001", _held_by_strangers),
    (8, "LN-2026-0001", _in_a_foreign_grid),
    (8, "LN-2026-0001", _in_a_foreign_compound),
]


@pytest.mark.parametrize(
    ("invariant", "subject", "plant"), MUTANTS, ids=[plant.__name__.strip("_") for _, _, plant in MUTANTS]
)
def test_a_planted_breach_is_named(
    here: Neighbourhood, invariant: int, subject: str, plant: Callable[[Neighbourhood], None]
) -> None:
    plant(here)
    found = audit(here.session, at=here.now)
    assert (invariant, subject) in {(breach.invariant, breach.subject) for breach in found}
    assert {breach.subject for breach in found} == {subject}
    assert all(text(f"audit.{breach.what}") for breach in found)


def test_every_invariant_has_its_mutant() -> None:
    assert {invariant for invariant, _, _ in MUTANTS} == set(range(1, 9))


def test_an_unreachable_holder_is_no_breach_once_somebody_above_was_told(here: Neighbourhood) -> None:
    _unreachable(here)
    assert support.tell_of_lost_holders(here.session, at=here.now, rules=here.house.rules) == 1
    assert support.tell_of_lost_holders(here.session, at=here.now, rules=here.house.rules) == 0
    assert audit(here.session, at=here.now) == []


def test_who_came_to_a_post_later_need_not_have_heard_of_what_was_before(here: Neighbourhood) -> None:
    here.passes(days=1)
    here.appoint(here.person("new"), Role.STEWARD, ScopeKind.UNIT, here.ids.unit, "西苑小区3号楼2单元")
    assert audit(here.session, at=here.now) == []


def _change(here: Neighbourhood, serial: int, **values: object) -> None:
    here.session.execute(update(Issue).where(Issue.serial == serial).values(**values))


def _notice(here: Neighbourhood, serial: int, kind: str, **values: object) -> None:
    issue = here.issue(serial).id
    here.session.execute(update(Notice).where(Notice.issue_id == issue, Notice.kind == kind).values(**values))


def _lost(here: Neighbourhood, serial: int, kind: str) -> None:
    issue = here.issue(serial).id
    gone = here.session.connection().execute(delete(Notice).where(Notice.issue_id == issue, Notice.kind == kind))
    assert gone.rowcount > 0


def _entry(here: Neighbourhood, serial: int, action: Action) -> int:
    return here.session.scalars(
        select(HistoryEntry.id).where(HistoryEntry.issue_id == here.issue(serial).id, HistoryEntry.action == action)
    ).one()
