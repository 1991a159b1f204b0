"""The table as it is carried out: every state, action and actor either moves and tells as one row says, or is refused
with the right code and nothing is written. And whoever is told reads a whole sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.issue import HistoryEntry, Issue
from models.merge import Merge
from models.notice import Notice, NoticeState
from models.report import Report
from models.rules.errors import RuleError, WordsNeeded
from models.rules.issue_workflow import (
    Action,
    Actor,
    Audience,
    IssueTransition,
    Level,
    Need,
    Outcome,
    Rating,
    Reason,
    State,
)
from models.rules.posts import Rung
from services.moving import Deed, lock_issue, move
from tests.database import fresh_database, opened
from tests.rules.test_workflow import ROWS
from tests.services.table_stage import RAISERS, Stage, build

#: Who acts as what. None: the timer, or a meeting.
ACTS_AS: dict[Actor, str | None] = {
    Actor.ANYONE: "ma",
    Actor.RAISER: "wang",
    Actor.ASKED: "wang",
    Actor.HOLDER: "li",
    Actor.HANDLER: "qian",
    Actor.HELPER: "cheng",
    Actor.STEWARD: "li",
    Actor.SECRETARY: "zhao",
    Actor.COMMUNITY: "sun",
    Actor.STREET: "tang",
    Actor.UPPER: "sun",
    Actor.MEETING: None,
    Actor.TIMER: None,
}
#: What gives the issue to somebody else is tried with the secretary, whoever it would be.
PASSES_ON = {
    Action.ASSIGN,
    Action.NAME_LEAD,
    Action.DECLINE,
    Action.HAND_OVER,
    Action.ESCALATE,
    Action.RELOCATE,
    Action.DECIDE,
    Action.RETURN,
    Action.REVIEW,
    Action.REOPEN,
    Action.APPEAL,
}
#: What stays in its state, or leaves it for the one it came from.
GOES_BACK = {Action.RESUME: State.ACCEPTED, Action.UNMERGE: State.RECEIVED}
RAISED = ["raiser", "raisers", "other_raisers", "silent_raisers"]
IN_ORDER = [*RAISED, "holder", "old_holder", "assigner", "above", "helpers"]  # who is two of these is told as the first
HOLDERS = {State.IN_PROGRESS: "qian"}  # elsewhere 李


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with (
        fresh_database("sqlite") as url,
        opened(url) as database,
        Session(database.engine, expire_on_commit=False) as session,
    ):
        yield build(session)


def _row(action: Action, state: State, actor: Actor | None) -> IssueTransition | None:
    return next((r for r in ROWS if r.action is action and state in r.sources and actor in r.by), None)


def _code(action: Action, state: State) -> str:
    led_here = any(row.target is state and state not in row.sources for row in ROWS if row.action is action)
    return "already_done" if led_here else "transition_not_allowed"


def _deed(stage: Stage, action: Action, actor: Actor | None) -> Deed:
    """With all that any row may need, and nothing that changes what it tells."""
    needs = {need for row in ROWS if row.action is action for need in row.needs}
    who = ACTS_AS[actor] if actor else "ma"
    soon = stage.here.now + timedelta(days=9)
    return Deed(
        action,
        stage.id(who) if who else None,
        {actor} if actor else (),
        words="就这么办" if Need.WORDS in needs else "",
        outcome=Outcome.SOLVED if Need.OUTCOME in needs else None,
        reason=Reason.SEASON if Need.REASON in needs else None,
        rating=Rating.BASIC if Need.RATING in needs else None,
        to_post=stage.posts["zhao"] if action in PASSES_ON else None,
        rung=Rung.GRID if action in PASSES_ON else None,
        raiser_id=stage.id("wang"),
        to_state=GOES_BACK.get(action),
        until=soon if Need.DATE in needs else None,
        asked=stage.id("wang") if action is Action.ASK else None,
        level=Level.COMPOUND if Need.LEVEL in needs else None,
        count=(9, 27) if Need.COUNT in needs else None,
        solved=False if Need.SOLVED in needs else None,
        helpers=[stage.posts["cheng"]] if action is Action.WHISTLE else (),
    )


def _get_ready(stage: Stage, action: Action, issue: Issue) -> None:
    """What the services do around a merge and its undoing."""
    if action is Action.MERGE:
        issue.merged_into_id = stage.also
    if action is Action.UNMERGE:
        merge = stage.session.scalars(select(Merge).where(Merge.merged_id == issue.id)).one()
        back = update(Report).where(Report.since == merge.at).values(issue_id=issue.id, since=None)
        stage.session.execute(back, execution_options={"synchronize_session": False})
        merge.undone_at, issue.merged_into_id = stage.here.now, None


def _expected_notices(
    stage: Stage, row: IssueTransition, state: State, deed: Deed
) -> dict[str, tuple[str, NoticeState]]:
    holder = HOLDERS.get(state, "li")
    passed_on = deed.action in PASSES_ON
    members = {
        "raiser": ["wang"],
        "raisers": list(RAISERS),
        "other_raisers": [name for name in RAISERS if stage.id(name) != deed.actor_id],
        "silent_raisers": list(RAISERS),
        "holder": ["zhao"] if passed_on else [holder],
        "old_holder": [holder] if passed_on else [],
        "assigner": ["sun"] if state is State.IN_PROGRESS else [],
        "above": ["zhao"],
        "helpers": ["cheng"],
    }
    found: dict[str, tuple[str, NoticeState]] = {}
    for audience in IN_ORDER:
        for name in members[audience] if Audience(audience) in row.tells else ():
            shown = stage.id(name) == deed.actor_id  # the reply has just said it
            found.setdefault(name, (f"{row.action}_{audience}", NoticeState.SHOWN if shown else NoticeState.OWED))
    return found


def _notices(stage: Stage, entry_id: int) -> dict[str, tuple[str, NoticeState]]:
    names = {person.member_id: name for name, person in stage.people.items()}
    rows = stage.session.execute(
        select(Notice.member_id, Notice.kind, Notice.state).where(Notice.history_id == entry_id)
    )
    return {names[row.member_id]: (row.kind, row.state) for row in rows}


def _written(stage: Stage) -> int:
    """Rows that this connection has changed so far."""
    stage.session.flush()
    return cast(sqlite3.Connection, stage.session.connection().connection.dbapi_connection).total_changes


def _happens(stage: Stage, state: State, deed: Deed) -> dict[str, Any]:
    count = select(func.count()).select_from(Notice)
    with stage.undone():
        before = stage.session.scalar(count) or 0
        issue = lock_issue(stage.session, stage.issues[state])
        _get_ready(stage, deed.action, issue)
        entry_id = move(stage.session, issue, deed, at=stage.here.now, rules=stage.here.house.rules)
        entry = stage.session.get_one(HistoryEntry, entry_id)
        stored = stage.session.scalars(select(Issue.state).where(Issue.id == issue.id)).one()
        notices = _notices(stage, entry_id)
        assert (stage.session.scalar(count) or 0) - before == len(notices)
        return {
            "state": stored,
            "entry": (entry.action, entry.from_state, entry.to_state, entry.actor_id),
            "notices": notices,
        }


def _refused(stage: Stage, state: State, deed: Deed) -> dict[str, Any]:
    issue, written = stage.issue(state), _written(stage)
    try:
        move(stage.session, issue, deed, at=stage.here.now, rules=stage.here.house.rules)
    except RuleError as refusal:
        return {"code": refusal.code, "written": _written(stage) - written}
    pytest.fail(f"not refused: {deed.action} from {state} by {deed.as_actor}")


def test_every_state_action_and_actor_moves_and_tells_as_the_table_says_or_is_refused(stage: Stage) -> None:
    stage.here.passes(minutes=1)
    wrong: dict[tuple[State, Action, Actor | None], tuple[Any, Any]] = {}
    moved = 0
    for action in Action:
        for actor in (None, *Actor):
            deed = _deed(stage, action, actor)
            for state in State:
                row = _row(action, state, actor)
                if row is None:
                    expected: dict[str, Any] = {"code": _code(action, state), "written": 0}
                    found = _refused(stage, state, deed)
                else:
                    moved += 1
                    to = row.target or GOES_BACK.get(action, state)
                    expected = {
                        "state": to,
                        "entry": (action, state, to, deed.actor_id),
                        "notices": _expected_notices(stage, row, state, deed),
                    }
                    found = _happens(stage, state, deed)
                if found != expected:
                    wrong[state, action, actor] = (found, expected)
    assert wrong == {}
    assert moved == sum(
        len({state for row in ROWS if row.action is action and actor in row.by for state in row.sources})
        for action in Action
        for actor in Actor
    )


LACKING: dict[Need, list[dict[str, Any]]] = {
    Need.WORDS: [{"words": ""}, {"words": " \n\u3000"}],
    Need.POST: [{"to_post": None}],
    Need.OUTCOME: [{"outcome": None}],
    Need.RATING: [{"rating": None}],
    Need.REASON: [{"reason": None}],
    Need.DATE: [{"until": None}],
    Need.LEVEL: [{"level": None}],
    Need.COUNT: [{"count": None}],
    Need.SOLVED: [{"solved": None}],
}


def test_without_what_its_row_needs_nothing_is_done(stage: Stage) -> None:
    done = []
    for row in ROWS:
        for need in row.needs:
            for lacking in LACKING[need]:
                actor = min(row.by)
                deed = replace(_deed(stage, row.action, actor), **lacking)
                for state in row.sources:
                    if _refused(stage, state, deed) != {"code": WordsNeeded.code, "written": 0}:
                        done.append((row.action, state, lacking))
    assert done == []
    assert {need for row in ROWS for need in row.needs} == LACKING.keys() == set(Need)


@pytest.mark.parametrize("lacking", [{"reason": None}, {"decider": " "}, {"until": None}], ids=lambda each: min(each))
def test_what_cannot_be_done_now_needs_its_reason_who_could_and_when_again(
    stage: Stage, lacking: dict[str, Any]
) -> None:
    explained = {"outcome": Outcome.EXPLAINED, "reason": Reason.NO_MONEY, "decider": "业主大会"}
    whole = replace(_deed(stage, Action.ANSWER, Actor.HOLDER), **explained, until=stage.here.now + timedelta(days=90))
    assert _happens(stage, State.ACCEPTED, whole)["state"] is State.ANSWERED
    without = replace(whole, **lacking)
    assert _refused(stage, State.ACCEPTED, without) == {"code": WordsNeeded.code, "written": 0}
