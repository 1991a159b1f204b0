"""The state machine: any deed by anybody at any time, with failures; after each step the promises hold."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.notice import NoticeState
from models.rules.issue_workflow import Action
from tests.machine.deeds import allowed, deed
from tests.machine.world import Known, World, build

RESIDENTS = ("wang", "liu", "chen", "zhou")
_DURATIONS = (
    timedelta(minutes=20),
    timedelta(hours=3),
    timedelta(hours=26),
    timedelta(days=3),
    timedelta(days=8),
    timedelta(days=40),
)
_MOST_ISSUES = 6
HOLDING = (
    Action.ACCEPT,
    Action.ANSWER,
    Action.ASSIGN,
    Action.DECLINE,
    Action.NAME_LEAD,
    Action.HAND_OVER,
    Action.ASK,
)
RAISING = (
    Action.SUPPLY,
    Action.RATE,
    Action.CHECK,
    Action.REOPEN,
    Action.APPEAL,
    Action.URGE,
    Action.WITHDRAW,
)
TOGETHER = (Action.MERGE, Action.UNMERGE, Action.SPLIT, Action.MERGE, Action.COUNT)
TALKING = (
    Action.SUGGEST,
    Action.PROPOSE,
    Action.SCHEDULE,
    Action.DECIDE,
    Action.ADJOURN,
    Action.RETURN,
    Action.UNSCHEDULE,
)
PRESSING = (
    Action.SUPERVISE,
    Action.ASK_EXTENSION,
    Action.EXTEND,
    Action.REFUSE_EXTENSION,
    Action.WHISTLE,
    Action.ARRIVE,
    Action.HELP,
    Action.SHELVE,
    Action.UNSHELVE,
    Action.CORRECT,
    Action.RELOCATE,
    Action.VOID,
)


class Turn(NamedTuple):
    """Numbers that choose: taken modulo what there is. ``rightly`` 0: anybody does anything."""

    action: int
    which: int
    other: int
    who: int
    flavour: int
    rightly: int
    dies: bool


_SMALL = st.integers(0, 5)
_SELDOM = st.sampled_from([False] * 9 + [True])
_TURNS = st.builds(Turn, st.integers(0, 11), _SMALL, _SMALL, _SMALL, _SMALL, st.integers(0, 9), _SELDOM)
_CHANNELS = (NoticeState.SENT, NoticeState.PARKED, NoticeState.FAILED)


class Landing(RuleBasedStateMachine):
    """Each run begins in a community where nobody has said anything yet, and is undone at its end."""

    engine: Engine
    beginning: World

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.engine, expire_on_commit=False)
        self.world = self.beginning.again(self.session)
        self.issues: list[Known] = []

    @initialize(who=st.sampled_from(RESIDENTS), matter=st.integers(0, 3))
    def somebody_reports(self, who: str, matter: int) -> None:
        self.world.report(who, matter, urgent=False, unit=True)

    @rule(who=st.sampled_from(RESIDENTS), matter=st.integers(0, 3), urgent=st.booleans(), unit=st.booleans())
    def reports(self, who: str, matter: int, urgent: bool, unit: bool) -> None:
        if len(self.issues) < _MOST_ISSUES:
            self.world.report(who, matter, urgent=urgent, unit=unit)

    @rule(who=st.sampled_from(RESIDENTS), which=st.integers(0, 5), urgent=st.booleans())
    def joins(self, who: str, which: int, urgent: bool) -> None:
        self.world.join(who, self.issues[which % len(self.issues)], urgent=urgent)

    @rule(turn=_TURNS)
    def whoever_holds_it_does(self, turn: Turn) -> None:
        self._does(HOLDING, turn)

    @rule(turn=_TURNS)
    def whoever_raised_it_does(self, turn: Turn) -> None:
        self._does(RAISING, turn)

    @rule(turn=_TURNS)
    def some_are_put_together(self, turn: Turn) -> None:
        self._does(TOGETHER, turn)

    @rule(turn=_TURNS)
    def neighbours_talk(self, turn: Turn) -> None:
        self._does(TALKING, turn)

    @rule(turn=_TURNS)
    def somebody_presses(self, turn: Turn) -> None:
        self._does(PRESSING, turn)

    def _does(self, actions: tuple[Action, ...], turn: Turn) -> None:
        """Mostly what the table allows, on an issue where it can be done; sometimes anything by anybody."""
        world, issues = self.world, self.issues
        first = turn.action % len(actions)
        for action in actions[first:] + actions[:first]:
            rightly = turn.rightly > 0
            fitting = [issue for issue in issues if allowed(issue, action)] if rightly else issues
            if fitting:
                break
        else:
            return
        issue = fitting[turn.which % len(fitting)]
        people = world.who_may_be(issue, allowed(issue, action)) if rightly else []
        people = people or list(world.people.values())
        others = [other for other in issues if other.id != issue.id] or issues
        who, other = people[turn.who % len(people)], others[turn.other % len(others)]
        done = deed(world, action, issue, who, other, turn.flavour)
        if turn.dies:
            world.dies_while(done)
        else:
            world.attempt(action.value, done)

    @rule(duration=st.sampled_from(_DURATIONS))
    def time_passes(self, duration: timedelta) -> None:
        self.world.passes(duration)

    @rule(outcomes=st.lists(st.sampled_from(_CHANNELS), min_size=1, max_size=4))
    def notices_leave(self, outcomes: list[NoticeState]) -> None:
        self.world.deliver(cycle(outcomes))

    @rule(who=st.integers(0, 10))
    def writes_again(self, who: int) -> None:
        people = list(self.world.people.values())
        self.world.write_in(people[who % len(people)])

    @rule(who=st.integers(0, 10), back=st.booleans())
    def blocks_us(self, who: int, back: bool) -> None:
        people = list(self.world.people.values())
        member = people[who % len(people)]
        if back:
            self.world.comes_back(member)
        else:
            self.world.blocks(member)

    @invariant()
    def the_promises_hold(self) -> None:
        if self.world.changed:  # what was refused has been undone
            self.world.changed = False
            breaches = self.world.breaches()
            assert not breaches, breaches
            assert self.world.reports_are_conserved(), "a report was lost or changed"
            self.issues = self.world.known()

    def teardown(self) -> None:
        self.session.close()


def on(engine: Engine) -> type[Landing]:
    """The machine on an empty database. Only the community is committed to it."""
    with Session(engine, expire_on_commit=False) as session:
        beginning = build(session)
        session.commit()
    return type("LandingHere", (Landing,), {"engine": engine, "beginning": beginning})
