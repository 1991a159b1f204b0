"""The table: every state, action and actor, either as one row says or refused with the right code."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pytest

from models.rules.errors import AlreadyDone, TransitionNotAllowed
from models.rules.issue_workflow import (
    BIRTH,
    ISSUE_WORKFLOW,
    OPEN,
    OTHER_SIDE,
    RAISING,
    Action,
    Actor,
    Audience,
    IssueTransition,
    Need,
    State,
)
from models.rules.workflow import Transition, allowed_actions, find_transition

FINAL = {State.CLOSED, State.MERGED, State.WITHDRAWN, State.VOID}
GROUPS = {
    "open": "received accepted in_progress waiting to_deliberate scheduled decided shelved",
    "work": "received accepted in_progress",
    "begun": "accepted in_progress",
    "office": "secretary community",
    "above": "secretary community street",
    "front": "steward secretary community",
    "staff": "holder steward secretary community street",
}
TOLD = {"all": "raisers holder old_holder"}
#: workflow.md, written once more by hand: action, from, to, by, told, needs; "-" is nobody, nothing, or no change.
DESIGN = """
  accept           | received             | accepted      | holder           | raisers              | -
  answer           | work decided         | answered      | holder           | raisers              | words outcome
  answer           | decided              | answered      | meeting          | raisers              | words outcome
  assign           | work                 | in_progress   | steward above    | all                  | post
  name_lead        | work                 | in_progress   | community street | all                  | post
  decline          | work                 | received      | handler steward  | assigner holder      | words
  hand_over        | work                 | received      | holder           | raisers holder       | words
  escalate         | open                 | received      | timer            | all                  | -
  void             | received             | void          | office           | raisers              | words
  ask              | begun                | waiting       | holder           | raiser               | words
  supply           | open answered        | -             | raiser           | holder               | -
  resume           | waiting              | -             | timer            | raiser holder        | -
  correct          | open                 | -             | staff            | raisers holder       | -
  correct          | received accepted    | -             | raiser           | raisers holder       | -
  relocate         | work                 | received      | staff            | all                  | -
  relocate         | received accepted    | received      | raiser           | all                  | -
  join             | open                 | -             | anyone           | raiser holder        | words
  merge            | open                 | merged        | front            | raisers              | -
  absorb           | open                 | -             | front            | holder               | -
  unmerge          | merged               | -             | front raiser     | raisers holder       | -
  release          | open answered        | -             | front raiser     | holder               | -
  release          | closed               | -             | front raiser     | -                    | -
  split            | open                 | -             | front raiser     | holder               | -
  count            | open                 | -             | front            | -                    | count
  suggest          | work                 | -             | steward          | above                | words
  propose          | work                 | to_deliberate | office           | raisers              | level
  propose          | work                 | to_deliberate | meeting          | raisers              | level
  schedule         | to_deliberate        | scheduled     | meeting          | raisers              | date
  schedule         | scheduled            | -             | meeting          | raisers              | words date
  unschedule       | scheduled            | to_deliberate | meeting          | raisers              | words
  decide           | scheduled            | decided       | meeting          | all                  | words date
  decide           | decided              | -             | meeting          |                      | words date
  adjourn          | scheduled            | to_deliberate | meeting          | raisers              | words
  return           | scheduled to_deliberate | accepted      | meeting          | all                  | words
  refer            | scheduled            | to_deliberate | meeting          | raisers holder       | words level date
  consult          | received             | accepted      | front            | raisers              | words
  consult          | begun                | -             | front            | raisers              | words
  agree            | work                 | -             | meeting          | raisers holder       | words
  shelve           | begun decided        | shelved       | office           | raisers              | words reason date
  unshelve         | shelved              | accepted      | office timer     | raisers holder       | -
  review           | answered closed      | received      | timer            | all                  | -
  urge             | open                 | -             | raiser           | holder above         | -
  supervise        | open                 | -             | upper            | holder               | words
  ask_extension    | work                 | -             | holder           | above                | words date
  extend           | open                 | -             | upper            | raisers holder       | date
  refuse_extension | open                 | -             | upper            | holder               | words
  whistle          | open                 | -             | above            | raisers helpers      | words date
  arrive           | open                 | -             | helper           | holder               | -
  help             | open                 | -             | helper           | holder               | words
  warn             | open                 | -             | timer            | holder               | -
  heartbeat        | open                 | -             | timer            | raisers              | -
  rate             | answered             | -             | raiser           | holder               | rating
  follow_up        | answered             | -             | timer            | silent_raisers       | -
  check            | answered             | -             | raiser           | holder               | solved
  close            | answered             | closed        | timer            | -                    | -
  reopen           | answered closed      | received      | raiser           | holder other_raisers | words
  appeal           | answered closed      | to_deliberate | raiser           | holder other_raisers | words level
  withdraw         | open                 | withdrawn     | raiser           | holder               | -
"""


def _names(cell: str, groups: Mapping[str, str] = GROUPS) -> list[str]:
    words = [] if cell == "-" else cell.split()
    return [name for word in words for name in groups.get(word, word).split()]


def _row(line: str) -> IssueTransition:
    action, sources, target, by, told, needs = (cell.strip() for cell in line.split("|"))
    return Transition(
        Action(action),
        frozenset(map(State, _names(sources))),
        None if target == "-" else State(target),
        frozenset(map(Actor, _names(by))),
        frozenset(map(Audience, _names(told, TOLD))),
        frozenset(map(Need, _names(needs))),
    )


ROWS = [_row(line) for line in DESIGN.strip().splitlines()]


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.REPORT])
def test_every_state_and_actor_as_the_design_says(action: Action) -> None:
    rows = [row for row in ROWS if row.action is action]
    for state, actor in product(State, Actor):
        allowing = [row for row in rows if state in row.sources and actor in row.by]
        if allowing:
            assert find_transition(ISSUE_WORKFLOW, action=action, state=state, roles={actor}) == allowing[0]
            assert action in allowed_actions(ISSUE_WORKFLOW, state=state, roles={actor})
            continue
        with pytest.raises(TransitionNotAllowed) as refused:
            find_transition(ISSUE_WORKFLOW, action=action, state=state, roles={actor})
        done = any(row.target is state and state not in row.sources for row in rows)
        assert refused.value.code == ("already_done" if done else "transition_not_allowed")
        assert isinstance(refused.value, AlreadyDone) == done
        assert action not in allowed_actions(ISSUE_WORKFLOW, state=state, roles={actor})


def test_the_table_has_these_rows_and_no_others() -> None:
    assert {row.action for row in ISSUE_WORKFLOW} == set(Action) - {Action.REPORT}
    assert set(ISSUE_WORKFLOW) == set(ROWS)
    assert len(ISSUE_WORKFLOW) == len(ROWS)


def test_a_report_is_told_to_who_made_it_and_to_who_must_act() -> None:
    assert (BIRTH.action, BIRTH.target, set(BIRTH.by)) == (Action.REPORT, State.RECEIVED, {Actor.ANYONE})
    assert (set(BIRTH.tells), set(BIRTH.needs)) == ({Audience.RAISER, Audience.HOLDER}, {Need.WORDS})


def test_nobody_at_all_may_do_nothing_at_all() -> None:
    for action, state in product(Action, State):
        with pytest.raises(TransitionNotAllowed):
            find_transition(ISSUE_WORKFLOW, action=action, state=state, roles=())


def test_a_final_state_is_left_only_by_who_is_not_content_by_a_promise_or_by_undoing() -> None:
    leaving = {
        (state, row.action)
        for row in ISSUE_WORKFLOW
        for state in FINAL & row.sources
        if row.target is not None or row.action is Action.UNMERGE
    }
    assert leaving == {
        (State.CLOSED, Action.REOPEN),
        (State.CLOSED, Action.APPEAL),
        (State.CLOSED, Action.REVIEW),
        (State.MERGED, Action.UNMERGE),
    }


def test_from_every_open_state_somebody_or_the_timer_can_lead_on() -> None:
    moved_by = {
        state: {row.action for row in ISSUE_WORKFLOW if state in row.sources and row.target not in (None, state)}
        for state in OPEN
    }
    assert all(actions - {Action.MERGE, Action.WITHDRAW} for state, actions in moved_by.items() if state != "waiting")
    assert Action.RESUME in {row.action for row in ISSUE_WORKFLOW if State.WAITING in row.sources}


def test_raisers_hear_of_every_change_of_state_or_holder_that_is_not_their_own() -> None:
    """But a refused unit, which changes nothing for them, and the end of the time in which an answer can be rated."""
    unheard = {
        row.action
        for row in ISSUE_WORKFLOW
        if row.target is not None and not row.by & RAISING and not row.tells & {Audience.RAISERS, Audience.RAISER}
    }
    assert unheard == {Action.DECLINE, Action.CLOSE}


def test_the_holder_hears_of_whatever_a_raiser_does() -> None:
    silent = {row.action for row in ISSUE_WORKFLOW if Actor.RAISER in row.by and Audience.HOLDER not in row.tells}
    assert silent <= OTHER_SIDE


def test_what_a_raiser_reads_is_never_without_words() -> None:
    for action in (Action.ANSWER, Action.HAND_OVER, Action.ASK, Action.SHELVE, Action.VOID, Action.REOPEN):
        assert all(Need.WORDS in row.needs for row in ISSUE_WORKFLOW if row.action is action)
