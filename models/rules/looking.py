"""What the timer has to do with an issue next, and when: the one place that knows (workflow.md, Clocks and ladder).

``look_at`` of an issue is the moment of :func:`next_act`; the sweep does what is due and asks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from models.rules.deadlines import Light, due, first_answer_due, yellow_at
from models.rules.house import HouseRules
from models.rules.issue_workflow import Outcome, State
from models.rules.posts import Rung

_AT_WORK = frozenset({State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS})
_WITH_MEETING = frozenset({State.TO_DELIBERATE, State.SCHEDULED, State.DECIDED})
_BEFORE_CLOSING = timedelta(days=1)


class Act(StrEnum):
    """In the order in which they are done where several are due at one moment."""

    RESUME = "resume"
    UNSHELVE = "unshelve"
    REVIEW = "review"
    CLIMB = "climb"
    WARN = "warn"
    FOLLOW_UP = "follow_up"
    HEARTBEAT = "heartbeat"


class Clocked(Protocol):
    """As much of an issue as its clocks need."""

    @property
    def state(self) -> State: ...
    @property
    def urgent(self) -> bool: ...
    @property
    def rung(self) -> Rung: ...
    @property
    def first_reported_at(self) -> datetime: ...
    @property
    def first_answer_due(self) -> datetime: ...
    @property
    def landing_due(self) -> datetime: ...
    @property
    def clock_since(self) -> datetime | None: ...
    @property
    def rung_since(self) -> datetime | None: ...
    @property
    def rung_due(self) -> datetime | None: ...
    @property
    def told_at(self) -> datetime | None: ...
    @property
    def warned(self) -> Light | None: ...
    @property
    def paused_at(self) -> datetime | None: ...
    @property
    def review_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> Outcome | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def followed_up_at(self) -> datetime | None: ...


def next_act(issue: Clocked, *, rules: HouseRules) -> tuple[datetime, Act] | None:
    """The earliest; None where nothing is left to do by itself."""
    return min(_acts(issue, rules), key=lambda act: (act[0], list(Act).index(act[1])), default=None)


def next_look(issue: Clocked, *, rules: HouseRules) -> datetime | None:
    act = next_act(issue, rules=rules)
    return act[0] if act else None


def climbs_at(issue: Clocked, *, rules: HouseRules) -> datetime | None:
    """When it goes to the rung above unless somebody does something: past the limit of its rung, past its landing, or
    not accepted in the time for a first answer. A rung that gets it late has its own time all the same."""
    came = issue.rung_since or issue.first_reported_at
    ends = issue.rung_due or issue.landing_due
    if issue.state is State.TO_DELIBERATE:
        return ends
    if issue.state not in _AT_WORK:
        return None
    moments = [ends]
    if issue.landing_due > came:
        moments.append(issue.landing_due)
    if issue.state is State.RECEIVED:
        hurry = issue.urgent and issue.warned is not Light.RED  # what is red is pressed daily, not every two hours
        own = first_answer_due(came, urgent=hurry, rules=rules)
        moments.append(max(issue.first_answer_due, own))
    return min(moments)


def _acts(issue: Clocked, rules: HouseRules) -> Iterator[tuple[datetime, Act]]:
    state = issue.state
    if state is State.WAITING and issue.paused_at is not None:
        yield due(issue.paused_at, rules.waiting_for_raiser, rules=rules), Act.RESUME
    if state is State.SHELVED and issue.review_at is not None:
        yield issue.review_at, Act.UNSHELVE
    if state in (State.ANSWERED, State.CLOSED) and issue.outcome is Outcome.EXPLAINED and issue.review_at is not None:
        yield issue.review_at, Act.REVIEW
    climbs = climbs_at(issue, rules=rules)
    if climbs is not None:
        yield climbs, Act.CLIMB
    if state in _AT_WORK | _WITH_MEETING:
        if issue.warned is None:
            since = issue.clock_since or issue.first_reported_at
            yield yellow_at(since, issue.landing_due, rules=rules), Act.WARN
        elif issue.warned is Light.YELLOW and state in _WITH_MEETING:
            yield issue.landing_due, Act.WARN  # at work it climbs instead, which says more
    if state in _AT_WORK | _WITH_MEETING | {State.WAITING}:
        yield (issue.told_at or issue.first_reported_at) + rules.heartbeat, Act.HEARTBEAT
    if state is State.ANSWERED and issue.answered_at is not None and issue.followed_up_at is None:
        answered = issue.answered_at
        last = answered + rules.rating_window - _BEFORE_CLOSING
        yield max(answered, min(max(issue.landing_due, answered + rules.follow_up), last)), Act.FOLLOW_UP
