"""The table: every state, action and actor, either as one row says or refused with the right code."""

from __future__ import annotations

from itertools import product

import pytest

from models.rules.errors import AlreadyDone, TransitionNotAllowed
from models.rules.issue_workflow import BIRTH, ISSUE_WORKFLOW, OPEN, Action, Actor, Audience, Need, State
from models.rules.workflow import allowed_actions, find_transition

CLOSED = {State.CLOSED, State.MERGED, State.WITHDRAWN, State.VOID}

#: workflow.md, written once more by hand: action → from, to, by.
DESIGN: dict[Action, tuple[set[State], State | None, set[Actor]]] = {
    Action.ACCEPT: ({State.RECEIVED}, State.ACCEPTED, {Actor.HOLDER}),
    Action.ASSIGN: (
        {State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS},
        State.IN_PROGRESS,
        {Actor.STEWARD, Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET},
    ),
    Action.ANSWER: (
        {State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS, State.DECIDED},
        State.ANSWERED,
        {Actor.HOLDER},
    ),
    Action.HAND_OVER: ({State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS}, State.RECEIVED, {Actor.HOLDER}),
    Action.SUPPLY: (set(OPEN) | {State.ANSWERED}, None, {Actor.RAISER}),
    Action.RATE: ({State.ANSWERED}, None, {Actor.RAISER}),
    Action.CLOSE: ({State.ANSWERED}, State.CLOSED, {Actor.TIMER}),
    Action.REOPEN: ({State.ANSWERED, State.CLOSED}, State.RECEIVED, {Actor.RAISER}),
    Action.WITHDRAW: (set(OPEN), State.WITHDRAWN, {Actor.RAISER}),
    Action.JOIN: (set(OPEN), None, {Actor.ANYONE}),
}
STAFF = {Actor.HOLDER, Actor.STEWARD, Actor.SECRETARY, Actor.COMMUNITY, Actor.STREET}
NEW = {State.RECEIVED, State.ACCEPTED}
#: What was understood wrongly: staff put it right, and a raiser while it is new.
CORRECTIONS: dict[Action, tuple[set[State], State | None]] = {
    Action.CORRECT: (set(OPEN), None),
    Action.RELOCATE: (NEW | {State.IN_PROGRESS}, State.RECEIVED),
}


@pytest.mark.parametrize("action", list(DESIGN))
def test_every_state_and_actor_as_the_design_says(action: Action) -> None:
    sources, target, by = DESIGN[action]
    for state, actor in product(State, Actor):
        if state in sources and actor in by:
            row = find_transition(ISSUE_WORKFLOW, action=action, state=state, roles={actor})
            assert row.target == target
            assert action in allowed_actions(ISSUE_WORKFLOW, state=state, roles={actor})
            continue
        with pytest.raises(TransitionNotAllowed) as refused:
            find_transition(ISSUE_WORKFLOW, action=action, state=state, roles={actor})
        done = state == target and state not in sources
        assert refused.value.code == ("already_done" if done else "transition_not_allowed")
        assert isinstance(refused.value, AlreadyDone) == done
        assert action not in allowed_actions(ISSUE_WORKFLOW, state=state, roles={actor})


@pytest.mark.parametrize("action", list(CORRECTIONS))
def test_staff_correct_what_is_open_and_a_raiser_what_is_new(action: Action) -> None:
    sources, target = CORRECTIONS[action]
    for state, actor in product(State, Actor):
        if (state in sources and actor in STAFF) or (state in NEW and actor is Actor.RAISER):
            assert find_transition(ISSUE_WORKFLOW, action=action, state=state, roles={actor}).target == target
        else:
            with pytest.raises(TransitionNotAllowed):
                find_transition(ISSUE_WORKFLOW, action=action, state=state, roles={actor})


def test_the_table_has_these_rows_and_no_others() -> None:
    assert {row.action for row in ISSUE_WORKFLOW} == DESIGN.keys() | CORRECTIONS.keys()
    assert len(ISSUE_WORKFLOW) == len(DESIGN) + 2 * len(CORRECTIONS)
    assert (BIRTH.action, BIRTH.target, set(BIRTH.by)) == (Action.REPORT, State.RECEIVED, {Actor.ANYONE})


def test_nobody_at_all_may_do_nothing_at_all() -> None:
    for action, state in product(DESIGN, State):
        with pytest.raises(TransitionNotAllowed):
            find_transition(ISSUE_WORKFLOW, action=action, state=state, roles=())


def test_nothing_leaves_a_final_state_but_a_reopening() -> None:
    leaving = {row.action for row in ISSUE_WORKFLOW for state in CLOSED if state in row.sources}
    assert leaving == {Action.REOPEN}


def test_raisers_hear_of_every_change_of_holder_and_of_every_answer() -> None:
    for row in (BIRTH, *ISSUE_WORKFLOW):
        if row.action in (Action.ACCEPT, Action.ASSIGN, Action.ANSWER, Action.HAND_OVER, Action.RELOCATE):
            assert Audience.RAISERS in row.tells
        if row.action in (Action.REPORT, Action.SUPPLY, Action.RATE, Action.REOPEN, Action.WITHDRAW):
            assert Audience.HOLDER in row.tells


def test_what_a_raiser_reads_is_never_without_words() -> None:
    for action in (Action.ANSWER, Action.HAND_OVER, Action.REOPEN):
        (row,) = (row for row in ISSUE_WORKFLOW if row.action is action)
        assert Need.WORDS in row.needs
