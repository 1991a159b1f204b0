"""评事: when its day is over, or its owner says that it is done, those concerned say whether it meets the standard."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from models.issue import HistoryEntry
from models.resolution import ResolutionEntry
from models.rules.errors import RuleError
from models.rules.issue_workflow import Action, State
from models.rules.resolution_workflow import ResolutionAction, ResolutionState
from services.audit import audit
from services.meetings.resolutions import verifying
from tests.agreement import WORDS, agreed, kinds
from tests.neighbourhood import Neighbourhood, Person, Staff


@pytest.fixture
def wang(here: Neighbourhood, staff: Staff) -> Person:
    wang = here.person("wang")
    wang.reports()
    return wang


def passes_to(here: Neighbourhood, day: date, hour: int = 9) -> None:
    """Hour by hour is not needed: whatever is due is done in one go, as after a downtime."""
    here.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)
    here.keeps_time()
    here.deliver()


def test_when_its_day_is_over_it_is_judged_also_after_a_downtime(
    here: Neighbourhood, staff: Staff, wang: Person
) -> None:
    made = agreed(here, staff, issues=[here.issue()], days=20)
    made.enters_force()
    passes_to(here, date(2026, 3, 22), hour=23)
    assert made.stands(ResolutionState.IN_FORCE)
    passes_to(here, date(2026, 4, 20))
    assert made.stands(ResolutionState.VERIFYING)
    assert kinds(here, wang)[-1] == "resolution_ask_verification_raisers"
    assert made.deeds[-2:] == [ResolutionAction.WARN, ResolutionAction.ASK_VERIFICATION]  # silent, then over
    before = len(made.deeds)
    here.keeps_time()
    assert len(made.deeds) == before
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


def test_silence_is_never_satisfaction(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    made = agreed(here, staff, issues=[here.issue()], days=20)
    made.enters_force()
    passes_to(here, date(2026, 3, 23))
    for _ in range(8):
        here.passes(days=1)
        here.keeps_time()
    assert made.stands(ResolutionState.VERIFYING)
    assert kinds(here, staff.qian).count("resolution_warn_owner") == 1  # of silence; now the others are waited for
    assert kinds(here, staff.zhao).count("resolution_unjudged_convener") == 1
    verifying.complete(
        here.session,
        resolution_id=made.resolution_id,
        member_id=staff.zhao.member_id,
        at=here.now,
        rules=here.house.rules,
    )
    assert (made.resolution.state, here.issue().state) == (ResolutionState.DONE, State.ANSWERED)
    assert made.resolution.look_at is None
    assert audit(here.session, at=here.now, rules=here.house.rules) == []


def test_one_yes_is_enough_when_the_others_were_waited_for(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    chen = here.person("chen")
    chen.says("你好")
    made = agreed(here, staff, issues=[here.issue()], days=20, follow_up=[chen])
    made.enters_force()
    passes_to(here, date(2026, 3, 23))
    made.verify(chen, met=True)
    assert made.stands(ResolutionState.VERIFYING)
    here.passes(days=6)
    here.keeps_time()
    assert (made.resolution.state, here.issue().state) == (ResolutionState.DONE, State.ANSWERED)
    answer = here.session.scalars(
        select(HistoryEntry.note).where(HistoryEntry.action == Action.ANSWER, HistoryEntry.issue_id == here.issue().id)
    ).one()
    assert answer == WORDS


def test_one_no_sends_it_back_when_they_were_waited_for(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    chen = here.person("chen")
    chen.says("你好")
    made = agreed(here, staff, issues=[here.issue()], days=20, follow_up=[chen])
    made.enters_force()
    passes_to(here, date(2026, 3, 23))
    for person, met, words in ((chen, False, "只有两个能用"), (wang, True, "")):
        made.verify(person, met=met, words=words)
    assert made.stands(ResolutionState.VERIFYING)
    here.passes(days=6)
    here.keeps_time()
    assert made.stands(ResolutionState.ACCEPTED)
    last = here.session.scalars(
        select(ResolutionEntry.note).where(ResolutionEntry.action == ResolutionAction.SEND_BACK)
    ).one()
    assert last == "只有两个能用"
    for _ in range(9):  # its day was over before: it is not asked again by itself
        here.passes(days=1)
        here.keeps_time()
    assert made.stands(ResolutionState.ACCEPTED)
    assert made.deeds[-1] is ResolutionAction.WARN


def test_nobody_judges_what_they_carry_out(here: Neighbourhood, staff: Staff, wang: Person) -> None:
    made = agreed(here, staff, issues=[here.issue()], follow_up=[staff.qian])
    made.enters_force()
    count = made.say_done(staff.qian)
    assert count == 1
    with pytest.raises(RuleError, match="own_work"):
        made.verify(staff.qian, met=True)
