"""Proof of deliberation: meetings, items, ballots and resolutions with their issues; after each step the audit."""

from __future__ import annotations

import os
from collections import Counter

from bot.database import Database
from models.consultation import ConsultationState
from models.rules.meeting_workflow import MeetingAction
from models.rules.resolution_workflow import ResolutionAction
from tests.database import on_postgresql, on_sqlite
from tests.machine.council import Council, on
from tests.machine.council_deeds import DEEDS
from tests.machine.council_matters import RESOLVING
from tests.machine.proof import play

RUNS = int(os.environ.get("ZHUOLUO_TEST_COUNCIL_RUNS", "30"))
#: What is done by somebody, or by itself: all of it in a hundred runs.
ALL = (
    *DEEDS,
    *RESOLVING,
    *(f"meeting {action}" for action in MeetingAction if action is not MeetingAction.ALLOW),  # no duty of a government
    *(f"resolution {action}" for action in ResolutionAction),
    *(f"consultation {state}" for state in (ConsultationState.AGREED, ConsultationState.FAILED)),
    "referral answered",
)


def run(database: Database, *, runs: int, start: int) -> Counter[str]:
    """Raises whatever breaks a promise. Returns how often each deed was done."""
    done: Counter[str] = Counter()
    machine = on(database.engine)

    def teardown(self: Council) -> None:
        done.update(self.reached())
        Council.teardown(self)

    machine.teardown = teardown  # type: ignore[method-assign]
    play(machine, runs=runs, start=start)
    return done


@on_sqlite
def test_whatever_is_talked_over_comes_to_an_end_that_everybody_hears_of(database: Database) -> None:
    done = run(database, runs=RUNS, start=int(os.environ.get("ZHUOLUO_TEST_COUNCIL_SEED", "1")))
    never = sorted(each for each in ALL if not done[each])
    assert not never or RUNS < 100, f"a machine that never does {never}"


@on_postgresql
def test_it_does_there_too(database: Database) -> None:
    run(database, runs=5, start=2)
