"""Asking a raiser costs nobody their time: neither the raisers, who wait, nor the rung that asked."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from models.rules.issue_workflow import State
from models.rules.looking import climbs_at
from models.rules.posts import Rung
from services import clocks, handling, waiting
from tests.services.merging_stage import Stage, stage


def _at_the_grid(session: Session) -> tuple[Stage, int]:
    """An urgent matter that 李 let lie until its landing was over; 赵, the secretary, has taken it up."""
    set_up = stage(session)
    issue_id = set_up.tells(urgent=True)
    set_up.accepts(issue_id)
    set_up.here.passes(hours=24)
    clocks.look_at(session, issue_id=issue_id, at=set_up.here.now, rules=set_up.here.house.rules)
    assert (set_up.issue(issue_id).rung, set_up.issue(issue_id).landing_due) == (Rung.GRID, set_up.here.now)
    set_up.here.passes(hours=1)
    set_up.does(handling.accept_issue, issue_id, set_up.zhao)
    return set_up, issue_id


def test_a_secretary_who_asks_about_an_overdue_matter_keeps_it_when_the_answer_comes(session: Session) -> None:
    set_up, issue_id = _at_the_grid(session)
    rules = set_up.here.house.rules
    climbs, landing = climbs_at(set_up.issue(issue_id), rules=rules), set_up.issue(issue_id).landing_due
    set_up.does(waiting.ask_raiser, issue_id, set_up.zhao, raiser_id=set_up.raiser(issue_id), words="哪一盏灯？")
    set_up.here.passes(days=4)
    set_up.hears(issue_id)
    assert clocks.look_at(session, issue_id=issue_id, at=set_up.here.now, rules=rules) == []
    issue = set_up.issue(issue_id)
    assert climbs is not None
    assert (issue.state, issue.rung) == (State.ACCEPTED, Rung.GRID)
    assert (climbs_at(issue, rules=rules), issue.landing_due) == (climbs + timedelta(days=4), landing)


def test_giving_it_to_the_company_after_a_question_takes_no_time_away(session: Session) -> None:
    set_up = stage(session)
    issue_id, rules = set_up.tells(), set_up.here.house.rules
    set_up.accepts(issue_id)
    set_up.asks(issue_id)
    set_up.here.passes(days=3)
    set_up.hears(issue_id)
    before = set_up.issue(issue_id).rung_due
    set_up.does(handling.assign_issue, issue_id, organisation_id=set_up.here.ids.property)
    assert set_up.issue(issue_id).rung_due == before
    assert clocks.look_at(session, issue_id=issue_id, at=set_up.here.now, rules=rules) == []
