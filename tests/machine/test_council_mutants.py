"""Bugs that somebody might write about meetings are found by their machine, or by the ends that it brings them to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import false, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.database import Database
from models.resolution import Resolution
from models.rules.errors import ResolutionRefused
from models.rules.meeting_workflow import MeetingActor
from models.rules.tally import count
from services import timetable
from services.meeting_people import meeting_actors
from services.meetings import agenda, agenda_approval, publishing, voting
from services.meetings import moves as meeting_moves
from services.meetings.resolutions import deeds as resolutions
from services.meetings.resolutions import objections, verifying
from tests.database import on_sqlite
from tests.machine.council import Council, on
from tests.machine.council_ends import everybody_is_willing, nobody_does_anything
from tests.machine.council_legs import WILLING, to_its_end, to_the_minutes
from tests.machine.landing import Turn
from tests.machine.proof import STEPS

Patch = pytest.MonkeyPatch
RUNS = 12


def _raisers_of_one_discussed_issue_are_not_told(patch: Patch) -> None:
    right = publishing._issues
    patch.setattr(publishing, "_issues", lambda session, item: right(session, item)[1:])


def _a_household_votes_twice(patch: Patch) -> None:
    patch.setattr(voting, "votes_cast", lambda *args, **details: {})


def _a_vote_is_left_out(patch: Patch) -> None:
    patch.setattr(voting, "count", lambda papers, **rule: count(papers[1:], **rule))


def _an_adopted_item_has_no_resolution(patch: Patch) -> None:
    patch.setattr(resolutions, "record", lambda *args, **details: None)


def _a_resolution_has_no_date(patch: Patch) -> None:
    right = resolutions.record

    def wrong(session: Session, **details: Any) -> Any:
        resolution = right(session, **details)
        session.execute(update(Resolution).where(Resolution.id == resolution.id).values(due_on=None))
        return resolution

    patch.setattr(resolutions, "record", wrong)


def _an_adjourned_issue_stays_on_the_old_agenda(patch: Patch) -> None:
    patch.setattr(publishing, "update", lambda table: update(table).where(false()))


def _a_cancelled_meeting_keeps_its_issues(patch: Patch) -> None:
    patch.setattr(agenda, "release_items", lambda *args, **details: 0)


def _what_was_announced_is_not_scheduled(patch: Patch) -> None:
    patch.setattr(agenda_approval, "schedule_issue", lambda *args, **details: None)


def _it_is_in_force_despite_an_objection(patch: Patch) -> None:
    patch.setattr(objections, "open_objections", lambda *args, **details: ())


def _anybody_may_lead_a_meeting(patch: Patch) -> None:
    chair = {MeetingActor.CONVENER}
    patch.setattr(meeting_moves, "meeting_actors", lambda *args, **details: meeting_actors(*args, **details) | chair)


def _a_referral_is_forgotten(patch: Patch) -> None:
    right = timetable.owe

    def wrong(session: Any, *, kind: str, **details: Any) -> bool:
        return kind != "referral_due" and right(session, kind=kind, **details)

    patch.setattr(timetable, "owe", wrong)


def _nothing_is_ever_found_done(patch: Patch) -> None:
    def refuse(*args: Any, **details: Any) -> None:
        raise ResolutionRefused(action="complete", state="verifying")

    patch.setattr(verifying, "_complete", refuse)


#: With a run in which the machine comes upon it early.
IN_A_RUN: Mapping[Callable[[Patch], None], int] = {
    _raisers_of_one_discussed_issue_are_not_told: 2,
    _a_household_votes_twice: 1,
    _a_vote_is_left_out: 1,
    _an_adopted_item_has_no_resolution: 1,
    _a_resolution_has_no_date: 1,
    _an_adjourned_issue_stays_on_the_old_agenda: 1,
    _a_cancelled_meeting_keeps_its_issues: 8,
    _what_was_announced_is_not_scheduled: 1,
    _anybody_may_lead_a_meeting: 1,
}
#: With how a meeting and its resolution go, and the end to which all is brought then.
AT_THE_END: Mapping[Callable[[Patch], None], tuple[Turn, Callable[[Council], None]]] = {
    _it_is_in_force_despite_an_objection: (WILLING._replace(flavour=4), nobody_does_anything),
    _a_referral_is_forgotten: (WILLING._replace(who=4), nobody_does_anything),
    _nothing_is_ever_found_done: (WILLING, everybody_is_willing),
}


def _lives(machine: type[Council], number: int) -> None:
    """A whole run without Hypothesis, which would repeat whatever it finds."""
    council = machine()
    try:
        council.two_matters_are_put_up(number=number)
        for _ in range(STEPS):
            council.something_happens()
            council.the_promises_hold()
        council.teardown()
    finally:
        council.session.close()


def _several(machine: type[Council], first: int) -> None:
    for number in range(first, first + RUNS):
        _lives(machine, number)


def _goes_straight(machine: type[Council], turn: Turn, end: Callable[[Council], None]) -> None:
    council = machine()
    try:
        council.two_matters_are_put_up(number=1)
        for leg in (to_the_minutes, to_its_end):
            for _ in leg(council, turn):
                council.the_promises_hold()
        end(council)
    finally:
        council.session.close()


@on_sqlite
@pytest.mark.parametrize(("mutant", "first"), IN_A_RUN.items())
def test_a_planted_bug_is_found(database: Database, mutant: Callable[[Patch], None], first: int) -> None:
    machine = on(database.engine)
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        with pytest.raises(Exception, match=r".+") as found:  # a breach, or the database that does not allow it
            _several(machine, first)
    assert isinstance(found.value, AssertionError | IntegrityError), "the patch is broken"


@on_sqlite
@pytest.mark.parametrize(("mutant", "way"), AT_THE_END.items())
def test_what_would_wait_for_ever_is_found_at_the_end(
    database: Database, mutant: Callable[[Patch], None], way: tuple[Turn, Callable[[Council], None]]
) -> None:
    machine = on(database.engine)
    _goes_straight(machine, *way)  # without the bug all is well
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        with pytest.raises(AssertionError):
            _goes_straight(machine, *way)
