"""What the timer does next with an issue: nothing at work is forgotten, and nothing is done twice at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.deadlines import Deadlines, Light, deadlines, due, light, paused, rung_due
from models.rules.house import HouseRules
from models.rules.issue_workflow import OPEN, Outcome, State
from models.rules.looking import Act, climbs_at, next_act, next_look
from models.rules.posts import Rung
from tests.rules.calendars import HOUSES, MOMENTS, STRETCHES

RULES = HouseRules()
MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)  # ten in the morning
AT_WORK = (State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS)
WITH_MEETING = (State.TO_DELIBERATE, State.SCHEDULED, State.DECIDED)
ENDED = (State.CLOSED, State.MERGED, State.WITHDRAWN, State.VOID)


@dataclass(frozen=True)
class Record:
    """As much of an issue as its clocks need: reported on a Monday, with the limits of an ordinary matter."""

    state: State = State.RECEIVED
    urgent: bool = False
    rung: Rung = Rung.CORRIDOR
    first_reported_at: datetime = MONDAY
    first_answer_due: datetime = MONDAY + timedelta(hours=24)
    landing_due: datetime = MONDAY + timedelta(days=7)
    clock_since: datetime | None = None
    rung_since: datetime | None = MONDAY
    rung_due: datetime | None = MONDAY + timedelta(hours=48)
    told_at: datetime | None = MONDAY
    warned: Light | None = None
    paused_at: datetime | None = None
    review_at: datetime | None = None
    outcome: Outcome | None = None
    answered_at: datetime | None = None
    followed_up_at: datetime | None = None


@st.composite
def records(draw: st.DrawFn, states: tuple[State, ...] = tuple(State)) -> Record:
    """Whatever may lie in the database: climbed, reopened, merged into, paused, extended, or from before the ladder."""
    first = draw(MOMENTS)

    def later(than: datetime = first) -> datetime:
        return than + draw(STRETCHES)

    state = draw(st.sampled_from(states))
    came = draw(st.none() | st.just(later()))
    landed = state in (State.ANSWERED, State.CLOSED)
    outcome = draw(st.sampled_from(Outcome)) if landed else None
    answer_by = later()
    return Record(
        state=state,
        urgent=draw(st.booleans()),
        rung=draw(st.sampled_from(Rung)),
        first_reported_at=first,
        first_answer_due=answer_by,
        landing_due=later(answer_by),
        clock_since=draw(st.none() | st.just(later())),
        rung_since=came,
        rung_due=later(came) if came else None,
        told_at=draw(st.none() | st.just(later())),
        warned=draw(st.sampled_from([None, Light.YELLOW, Light.RED])),
        paused_at=later(came or first) if state is State.WAITING else None,
        review_at=later() if state is State.SHELVED or outcome is Outcome.EXPLAINED else None,
        outcome=outcome,
        answered_at=later() if landed else None,
        followed_up_at=draw(st.none() | st.just(later())) if landed else None,
    )


def _begins_anew(issue: Record, *, at: datetime, rules: HouseRules) -> Record:
    return replace(issue, rung_since=at, rung_due=rung_due(at, rung=issue.rung, unit=None, rules=rules))


def _after(issue: Record, act: Act, *, at: datetime, rules: HouseRules) -> Record:
    """The issue once the timer has done it, as the services leave it."""
    now_is = light(at, since=issue.clock_since or issue.first_reported_at, ends=issue.landing_due, rules=rules)
    match act:
        case Act.RESUME:
            assert issue.paused_at is not None
            clocks = paused(Deadlines(issue.first_answer_due, issue.landing_due), since=issue.paused_at, until=at)
            term = issue.rung_due + max(timedelta(0), at - issue.paused_at) if issue.rung_due else None
            return replace(
                issue, state=State.ACCEPTED, landing_due=clocks.landing, rung_due=term, paused_at=None, told_at=at
            )
        case Act.UNSHELVE:
            back = replace(issue, state=State.ACCEPTED, review_at=None, told_at=at)
            return _begins_anew(back, at=at, rules=rules)
        case Act.REVIEW:
            clocks = deadlines(at, urgent=issue.urgent, category="other", rules=rules)
            back = replace(issue, state=State.RECEIVED, review_at=None, outcome=None, answered_at=None, warned=None)
            back = replace(back, first_answer_due=clocks.first_answer, landing_due=clocks.landing, clock_since=at)
            return _begins_anew(replace(back, told_at=at), at=at, rules=rules)
        case Act.CLIMB if issue.rung is Rung.STREET:  # nobody is above
            term = rung_due(at, rung=issue.rung, unit=None, rules=rules)
            if issue.state is State.TO_DELIBERATE:
                term = due(at, rules.waiting_for_meeting, rules=rules)
            return replace(issue, rung_since=at, rung_due=term, warned=Light.RED)
        case Act.CLIMB:
            above = replace(issue, state=State.RECEIVED, rung=list(Rung)[list(Rung).index(issue.rung) + 1], told_at=at)
            above = replace(above, warned=None if now_is is Light.GREEN else now_is)
            return _begins_anew(above, at=at, rules=rules)
        case Act.WARN:
            return replace(issue, warned=Light.YELLOW if now_is is Light.GREEN else now_is)
        case Act.FOLLOW_UP:
            return replace(issue, followed_up_at=at)
        case Act.HEARTBEAT:
            return replace(issue, told_at=at)


@given(HOUSES, records((*AT_WORK, *WITH_MEETING, State.WAITING, State.SHELVED)))
def test_the_timer_never_forgets_what_is_open(rules: HouseRules, issue: Record) -> None:
    assert issue.state in OPEN
    assert next_act(issue, rules=rules) is not None
    assert next_look(issue, rules=rules) is not None


@given(HOUSES, records(ENDED))
def test_what_has_ended_is_left_alone_but_for_a_review_that_was_promised(rules: HouseRules, issue: Record) -> None:
    act = next_act(issue, rules=rules)
    if issue.review_at is None:
        assert act is None
    else:
        assert act == (issue.review_at, Act.REVIEW)


@given(HOUSES, records(AT_WORK))
def test_everything_at_work_climbs_but_not_before_it_came_to_its_rung(rules: HouseRules, issue: Record) -> None:
    climbs = climbs_at(issue, rules=rules)
    assert climbs is not None
    assert climbs >= (issue.rung_since or issue.first_reported_at)
    assert climbs <= (issue.rung_due or issue.landing_due)


@given(HOUSES, records(AT_WORK))
def test_nobody_who_gets_it_late_loses_the_time_for_a_first_answer(rules: HouseRules, issue: Record) -> None:
    unaccepted, accepted = (climbs_at(replace(issue, state=state), rules=rules) for state in AT_WORK[:2])
    came = issue.rung_since or issue.first_reported_at
    assert unaccepted is not None
    assert accepted is not None
    assert unaccepted <= accepted  # accepting it only gives time
    if unaccepted < accepted:
        assert unaccepted >= deadlines(came, urgent=issue.urgent, category="other", rules=rules).first_answer


@given(HOUSES, records((State.WAITING,)), STRETCHES, STRETCHES)
def test_while_a_raiser_is_asked_it_does_not_climb_and_then_it_has_the_time_that_was_left(
    rules: HouseRules, issue: Record, waited: timedelta, longer: timedelta
) -> None:
    assert climbs_at(issue, rules=rules) is None
    assert issue.paused_at is not None
    left = climbs_at(replace(issue, state=State.ACCEPTED), rules=rules)
    early, late = (
        climbs_at(_after(issue, Act.RESUME, at=issue.paused_at + wait, rules=rules), rules=rules)
        for wait in (waited, waited + longer)
    )
    assert left is not None
    assert early is not None
    assert late is not None
    assert left <= early <= late
    if left > issue.paused_at and issue.rung_due is not None:
        assert early - left == waited


@given(HOUSES, records(), st.one_of(st.just(timedelta(0)), STRETCHES))
def test_one_look_does_nothing_twice_and_comes_to_an_end(rules: HouseRules, issue: Record, late: timedelta) -> None:
    """At the very moment or long after it, as when the program was down."""
    due_first = next_act(issue, rules=rules)
    if due_first is None:
        return
    at, done = due_first[0] + late, list[Act]()
    while (coming := next_act(issue, rules=rules)) is not None and coming[0] <= at:
        assert coming[1] not in done
        done.append(coming[1])
        issue = _after(issue, coming[1], at=at, rules=rules)
    assert done


@given(HOUSES, records(AT_WORK), st.integers(5, 30))
def test_left_alone_it_reaches_the_street_and_its_raisers_hear_of_it_all_the_way(
    house: HouseRules, issue: Record, days: int
) -> None:
    rules = replace(house, heartbeat=timedelta(days=days))
    heard = at = issue.told_at or issue.first_reported_at
    for _ in range(100):
        coming = next_act(issue, rules=rules)
        assert coming is not None
        at = max(at, coming[0])
        if coming[1] in (Act.HEARTBEAT, Act.CLIMB) and not (coming[1] is Act.CLIMB and issue.rung is Rung.STREET):
            assert at - heard <= rules.heartbeat
            heard = at
        issue = _after(issue, coming[1], at=at, rules=rules)
        if issue.rung is Rung.STREET:
            break
    assert issue.rung is Rung.STREET


@pytest.mark.parametrize(
    ("issue", "after", "act"),
    [
        (Record(), timedelta(hours=24), Act.CLIMB),  # not accepted
        (Record(state=State.ACCEPTED), timedelta(hours=48), Act.CLIMB),  # the steward's two days
        (Record(state=State.ACCEPTED, rung_due=MONDAY + timedelta(days=9)), timedelta(days=5.6), Act.WARN),
        (Record(state=State.ACCEPTED, rung_due=MONDAY + timedelta(days=9), warned=Light.YELLOW),
         timedelta(days=7), Act.CLIMB),  # landing is past
        (Record(state=State.WAITING, paused_at=MONDAY + timedelta(days=1)), timedelta(days=6), Act.RESUME),
        (Record(state=State.WAITING, paused_at=MONDAY + timedelta(days=4)), timedelta(days=7), Act.HEARTBEAT),
        (Record(state=State.SHELVED, review_at=MONDAY + timedelta(days=30)), timedelta(days=30), Act.UNSHELVE),
        (Record(state=State.SCHEDULED, warned=Light.RED), timedelta(days=7), Act.HEARTBEAT),
        (Record(state=State.DECIDED, warned=Light.YELLOW, told_at=MONDAY + timedelta(days=6)),
         timedelta(days=7), Act.WARN),
        (Record(state=State.TO_DELIBERATE, warned=Light.RED, told_at=MONDAY + timedelta(days=58),
                rung_due=MONDAY + timedelta(days=60)), timedelta(days=60), Act.CLIMB),
        (Record(state=State.ANSWERED, answered_at=MONDAY + timedelta(days=1)), timedelta(days=7), Act.FOLLOW_UP),
        (Record(state=State.ANSWERED, answered_at=MONDAY + timedelta(days=6)), timedelta(days=9), Act.FOLLOW_UP),
        (Record(state=State.ANSWERED, answered_at=MONDAY, landing_due=MONDAY + timedelta(days=30)),
         timedelta(days=6), Act.FOLLOW_UP),  # a day before the rating window closes
        (Record(state=State.CLOSED, answered_at=MONDAY, outcome=Outcome.EXPLAINED,
                review_at=MONDAY + timedelta(days=90)), timedelta(days=90), Act.REVIEW),
    ],
)  # fmt: skip
def test_what_comes_next(issue: Record, after: timedelta, act: Act) -> None:
    assert next_act(issue, rules=RULES) == (MONDAY + after, act)


def test_what_climbs_at_its_landing_is_not_also_called_red() -> None:
    issue = Record(state=State.ACCEPTED, rung_due=MONDAY + timedelta(days=7), warned=Light.YELLOW)
    came_late = replace(issue, rung_since=MONDAY + timedelta(days=8), rung_due=MONDAY + timedelta(days=13, hours=1))
    moments = [next_act(each, rules=RULES) for each in (issue, came_late)]
    assert moments == [(MONDAY + timedelta(days=7), Act.CLIMB), (MONDAY + timedelta(days=7), Act.HEARTBEAT)]


def test_a_rung_that_gets_an_overdue_issue_has_its_own_time_all_the_same() -> None:
    came = MONDAY + timedelta(days=20)
    issue = _begins_anew(Record(rung=Rung.GRID, warned=Light.RED), at=came, rules=RULES)
    assert climbs_at(issue, rules=RULES) == came + timedelta(hours=24)  # to accept it
    accepted = replace(issue, state=State.ACCEPTED)
    assert climbs_at(accepted, rules=RULES) == datetime(2026, 3, 27, 15, 59, 59, tzinfo=UTC)  # five working days


def test_a_rung_above_that_asks_about_an_overdue_matter_does_not_lose_it_when_the_answer_comes() -> None:
    came = MONDAY + timedelta(days=7)
    issue = replace(_begins_anew(Record(rung=Rung.GRID), at=came, rules=RULES), warned=Light.RED)
    asked = replace(issue, state=State.WAITING, paused_at=came + timedelta(days=1))
    at = came + timedelta(days=4)
    resumed = _after(asked, Act.RESUME, at=at, rules=RULES)
    assert issue.rung_due is not None
    assert climbs_at(resumed, rules=RULES) == issue.rung_due + timedelta(days=3)


def test_an_urgent_matter_nobody_accepts_climbs_every_two_hours() -> None:
    clocks = deadlines(MONDAY, urgent=True, category="lighting", rules=RULES)
    issue = Record(urgent=True, first_answer_due=clocks.first_answer, landing_due=clocks.landing)
    climbed = []
    while issue.rung is not Rung.STREET:
        coming = next_act(issue, rules=RULES)
        assert coming is not None
        issue = _after(issue, coming[1], at=coming[0], rules=RULES)
        climbed.append((coming[0] - MONDAY, coming[1], issue.rung))
    assert climbed == [
        (timedelta(hours=2), Act.CLIMB, Rung.GRID),
        (timedelta(hours=4), Act.CLIMB, Rung.COMMUNITY),
        (timedelta(hours=6), Act.CLIMB, Rung.STREET),
    ]
