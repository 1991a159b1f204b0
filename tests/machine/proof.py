"""Running the machine: how many runs of how many steps, and from which seed."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Engine

from tests.machine.landing import Landing, on

STEPS = 50
#: Shrinking a run of fifty steps takes minutes: ZHUOLUO_TEST_SHRINK=1 where somebody wants to read one.
PHASES = (Phase.generate, *([Phase.shrink] if "ZHUOLUO_TEST_SHRINK" in os.environ else []))


def run(engine: Engine, *, runs: int, start: int) -> Counter[str]:
    """Raises whatever breaks a promise. Returns how often each deed was done."""
    done: Counter[str] = Counter()
    machine = on(engine)

    def teardown(self: Landing) -> None:
        done.update(self.world.done)
        Landing.teardown(self)

    machine.teardown = teardown  # type: ignore[method-assign]
    play(machine, runs=runs, start=start)
    return done


def play(machine: type[RuleBasedStateMachine], *, runs: int, start: int) -> None:
    """Raises whatever breaks a promise."""
    chosen = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=PHASES,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(start)(machine), settings=chosen, _min_steps=STEPS)
